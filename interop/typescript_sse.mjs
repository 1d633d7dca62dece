// The TypeScript SDK's own HTTP+SSE transport.

import { require, run } from './checks.mjs';
import { converse } from './typescript.mjs';

const { SSEClientTransport } = require('@modelcontextprotocol/sdk/client/sse.js');

run('typescript sdk', '@modelcontextprotocol/sdk', (url) =>
  converse(new SSEClientTransport(new URL(url))),
);
