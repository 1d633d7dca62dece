// The TypeScript SDK's SSEServerTransport with a tool that echoes, on Express, as
// the SDK's own example has it. The message is taken from the request as it
// comes: a body parser before it would parse each message twice. Prints its URL
// when it listens. Run with NODE_ENV=production.

const { createRequire } = require('node:module');

const fetched = createRequire(`${process.env.INTEROP_HOME}/node/node_modules/`);
const express = fetched('express');
const { Server } = fetched('@modelcontextprotocol/sdk/server/index.js');
const { SSEServerTransport } = fetched('@modelcontextprotocol/sdk/server/sse.js');
const { CallToolRequestSchema, ListToolsRequestSchema } = fetched(
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

function server() {
  const info = { name: 'typescript-sdk', version: '0' };
  const made = new Server(info, { capabilities: { tools: {} } });
  made.setRequestHandler(ListToolsRequestSchema, () => ({ tools: [echo] }));
  made.setRequestHandler(CallToolRequestSchema, ({ params }) => ({
    content: [{ type: 'text', text: params.arguments.text }],
  }));
  return made;
}

const transports = new Map();
const app = express();
app.disable('x-powered-by');
app.disable('etag');

app.get('/sse', async (_request, response) => {
  const transport = new SSEServerTransport('/messages', response);
  transports.set(transport.sessionId, transport);
  response.on('close', () => transports.delete(transport.sessionId));
  await server().connect(transport);
});

app.post('/messages', async (request, response) => {
  const transport = transports.get(request.query.sessionId);
  if (transport) await transport.handlePostMessage(request, response);
  else response.status(404).send('Session not found');
});

const listener = app.listen(0, '127.0.0.1', 4096, () => {
  console.log(`http://127.0.0.1:${listener.address().port}/sse`);
});
// A client that keeps its connection is not to lose it while it is measured.
listener.keepAliveTimeout = 600_000;
