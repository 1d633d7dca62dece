// Bridges between a client that speaks only stdio and the server:
//
//   stdio_bridge.mjs URL mcp-remote [sse-only|fallback]
//   stdio_bridge.mjs URL supergateway

import { check, modules, require, run } from './checks.mjs';
import { converse } from './typescript.mjs';

const { StdioClientTransport } = require('@modelcontextprotocol/sdk/client/stdio.js');
const [name, strategy] = process.argv.slice(3);

const options = {
  // By default it tries Streamable HTTP first, and falls back if that is refused.
  'mcp-remote': (url) => [url, ...(strategy === 'sse-only' ? ['--transport', strategy] : [])],
  supergateway: (url) => ['--sse', url],
};

function bridge(url) {
  const args = [`${modules}/.bin/${name}`, ...options[name](url)];
  // It writes files to the home folder, which must not be the user's.
  const env = { ...process.env, HOME: `${process.env.INTEROP_HOME}/${name}-home` };
  return new StdioClientTransport({ command: process.execPath, args, env, stderr: 'pipe' });
}

async function throughBridge(url) {
  const transport = bridge(url);
  let log = '';
  transport.stderr.on('data', (chunk) => (log += chunk));
  await converse(transport);
  if (strategy === 'fallback') await check.fallback(log);
}

run([name, strategy].filter(Boolean).join(' '), name, throughBridge);
