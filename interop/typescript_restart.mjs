// The TypeScript SDK over a restart of the server. This program starts and stops the
// server: AAREGURU_MCP_BIN is its program, AAREGURU_MCP_PORT its port (any free port by
// default).

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { check, Mismatch, require, run, Skipped } from './checks.mjs';
import { client, initialize, temperature } from './typescript.mjs';

const { SSEClientTransport } = require('@modelcontextprotocol/sdk/client/sse.js');
const { McpError } = require('@modelcontextprotocol/sdk/types.js');

// Starts a server, and returns it with its URL when it is ready.
async function start(program, port) {
  const args = ['serve', '--demo', '--http-port', port];
  const server = spawn(program, args, { env: {}, stdio: ['ignore', 'pipe', 'ignore'] });
  process.once('exit', () => server.kill('SIGKILL')); // on a timeout
  for await (const line of createInterface({ input: server.stdout })) {
    const [url] = line.match(/http:\/\/\S+\/sse/) ?? [];
    if (!url) continue;
    server.stdout.resume(); // discards the rest of the output
    return { server, url };
  }
  throw new Mismatch('the server ended before it was ready');
}

async function stop({ server }) {
  const exit = once(server, 'exit');
  server.kill('SIGTERM');
  const [status, signal] = await exit;
  if (status !== 0) throw new Mismatch(`the server ended with ${status ?? signal}`);
}

// Retries like a user until the call succeeds. Errors of the server are not retried.
async function untilAnswered(call, transport) {
  for (;;) {
    const reconnected = once(transport._eventSource, 'endpoint');
    try {
      return await call();
    } catch (error) {
      if (error instanceof McpError) throw error;
      await reconnected;
    }
  }
}

async function acrossRestart() {
  const { AAREGURU_MCP_BIN: program, AAREGURU_MCP_PORT: port = '0' } = process.env;
  if (!program) throw new Skipped('AAREGURU_MCP_BIN does not name a server to start');
  const first = await start(program, port);
  const transport = new SSEClientTransport(new URL(first.url));
  const mcp = client();
  await initialize(mcp, transport);
  await check.bern(mcp.callTool(temperature('bern')));
  await check.restart(stop(first));
  const second = await start(program, new URL(first.url).port);
  await check.bern(untilAnswered(() => mcp.callTool(temperature('bern')), transport));
  await mcp.close();
  await stop(second);
}

run('typescript restart', '@modelcontextprotocol/sdk', acrossRestart);
