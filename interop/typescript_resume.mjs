// The TypeScript SDK over Streamable HTTP, asking one question. What is tried is
// that it gets its answer although the connection breaks on which it was asked:
// the SDK comes back by itself, with the id of the last event.
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
