// The official TypeScript SDK over each of its transports.
//
//   typescript_sdk.mjs URL sse|http|ws
//   typescript_sdk.mjs PROGRAM stdio
//   typescript_sdk.mjs URL auto sse|http    detects the transport, and expects the given one

import { equal, require, run } from './checks.mjs';
import { client, converse } from './typescript.mjs';

const { SSEClientTransport } = require('@modelcontextprotocol/sdk/client/sse.js');
const { StreamableHTTPClientTransport } = require(
  '@modelcontextprotocol/sdk/client/streamableHttp.js',
);
const { WebSocketClientTransport } = require('@modelcontextprotocol/sdk/client/websocket.js');
const { StdioClientTransport } = require('@modelcontextprotocol/sdk/client/stdio.js');

const transports = {
  sse: (url) => new SSEClientTransport(new URL(url)),
  http: (url) => new StreamableHTTPClientTransport(new URL(url)),
  ws: (url) => new WebSocketClientTransport(new URL(url)),
  stdio: (command) => new StdioClientTransport({ command, args: ['stdio', '--demo'] }),
};

// Detects the transport as the documentation of the SDK describes.
async function automatic(url) {
  let chosen = 'http';
  const probe = client();
  try {
    await probe.connect(transports.http(url));
    await probe.close();
  } catch {
    chosen = 'sse';
  }
  equal('transport', wanted, chosen);
  await converse(transports[chosen](url));
}

const [transport, wanted] = process.argv.slice(3);
const talk = transport === 'auto' ? automatic : (target) => converse(transports[transport](target));

run(['typescript', transport, wanted].filter(Boolean).join(' '), '@modelcontextprotocol/sdk', talk);
