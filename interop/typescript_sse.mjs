// The official TypeScript SDK.

import { check, require, run } from './checks.mjs';

const { Client } = require('@modelcontextprotocol/sdk/client/index.js');
const { SSEClientTransport } = require('@modelcontextprotocol/sdk/client/sse.js');
const { LATEST_PROTOCOL_VERSION } = require('@modelcontextprotocol/sdk/types.js');

// The client tells only its transport which protocol version was agreed on.
class Transport extends SSEClientTransport {
  setProtocolVersion(version) {
    this.agreed = version;
    super.setProtocolVersion(version);
  }
}

async function converse(url) {
  const client = new Client({ name: 'interop', version: '1.0.0' });
  const transport = new Transport(new URL(url));
  const initialized = client.connect(transport).then(() => ({
    serverInfo: client.getServerVersion(),
    protocolVersion: transport.agreed,
  }));
  const temperature = (city) =>
    client.callTool({ name: 'get_current_temperature', arguments: { city } });

  await check.initialize(initialized, LATEST_PROTOCOL_VERSION);
  await check.tools(client.listTools());
  await check.bern(temperature('bern'));
  await check.atlantis(temperature('atlantis'));
  await check.cities(client.callTool({ name: 'list_cities', arguments: {} }));
  await check.resources(client.listResources());
  await check.resource(client.readResource({ uri: 'aareguru://cities' }));
  await check.unknownTool(client.callTool({ name: 'no_such_tool', arguments: {} }));
  await check.ping(client.ping());
  await client.close();
}

run('typescript sdk', '@modelcontextprotocol/sdk', converse);
