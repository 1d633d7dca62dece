// The TypeScript SDK over Streamable HTTP with one call. The test breaks the connection
// of the call, and checks that the answer still arrives: the SDK reconnects by itself
// with the id of the last event.
//
//   typescript_resume.mjs URL

import { equal, require, run } from './checks.mjs';
import { client, initialize, temperature } from './typescript.mjs';

const { StreamableHTTPClientTransport } = require(
  '@modelcontextprotocol/sdk/client/streamableHttp.js',
);

async function resumes(url) {
  const mcp = client();
  await initialize(mcp, new StreamableHTTPClientTransport(new URL('/mcp', url)));
  const answer = await mcp.callTool(temperature('bern'));
  equal('resumed', 'bern', answer.structuredContent?.city);
  await mcp.close();
}

run('typescript resume', '@modelcontextprotocol/sdk', resumes);
