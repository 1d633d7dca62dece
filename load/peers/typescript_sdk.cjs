// The TypeScript SDK's SSEServerTransport with an echo tool, on Express, as in the
// example of the SDK, but without a body parser, which would parse each message
// twice. Prints its URL when it listens. Run with NODE_ENV=production.

const { createRequire } = require('node:module');

const requireInstalled = createRequire(`${process.env.INTEROP_HOME}/node/node_modules/`);
const express = requireInstalled('express');
const { Server } = requireInstalled('@modelcontextprotocol/sdk/server/index.js');
const { SSEServerTransport } = requireInstalled('@modelcontextprotocol/sdk/server/sse.js');
const { CallToolRequestSchema, ListToolsRequestSchema } = requireInstalled(
  '@modelcontextprotocol/sdk/types.js',
);

const echo = {
  name: 'echo',
  inputSchema: {
    type: 'object',
    properties: { text: { type: 'string' } },
    required: ['text'],
  },
};

function createServer() {
  const info = { name: 'typescript-sdk', version: '0' };
  const server = new Server(info, { capabilities: { tools: {} } });
  server.setRequestHandler(ListToolsRequestSchema, () => ({ tools: [echo] }));
  server.setRequestHandler(CallToolRequestSchema, ({ params }) => ({
    content: [{ type: 'text', text: params.arguments.text }],
  }));
  return server;
}

const transports = new Map();
const app = express();
app.disable('x-powered-by');
app.disable('etag');

app.get('/sse', async (_request, response) => {
  const transport = new SSEServerTransport('/messages', response);
  transports.set(transport.sessionId, transport);
  response.on('close', () => transports.delete(transport.sessionId));
  await createServer().connect(transport);
});

app.post('/messages', async (request, response) => {
  const transport = transports.get(request.query.sessionId);
  if (transport) await transport.handlePostMessage(request, response);
  else response.status(404).send('Session not found');
});

const listener = app.listen(0, '127.0.0.1', 4096, () => {
  console.log(`http://127.0.0.1:${listener.address().port}/sse`);
});
// Longer than a measure, so that idle connections stay open.
listener.keepAliveTimeout = 600_000;
