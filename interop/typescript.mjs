// The official TypeScript SDK: a client, and a conversation over any transport.

import { check, require } from './checks.mjs';

const { Client } = require('@modelcontextprotocol/sdk/client/index.js');
const { LATEST_PROTOCOL_VERSION } = require('@modelcontextprotocol/sdk/types.js');

export const client = () => new Client({ name: 'interop', version: '1.0.0' });

// Connects, and checks the negotiated version.
export async function initialize(client, transport) {
  // The client passes the protocol version to its transport only.
  let agreed;
  const { setProtocolVersion } = transport;
  transport.setProtocolVersion = (version) => {
    agreed = version;
    setProtocolVersion?.call(transport, version);
  };
  const initialized = client.connect(transport).then(() => ({
    serverInfo: client.getServerVersion(),
    protocolVersion: agreed,
  }));
  await check.initialize(initialized, LATEST_PROTOCOL_VERSION);
}

export const temperature = (city) => ({ name: 'get_current_temperature', arguments: { city } });

export async function converse(transport) {
  const mcp = client();
  await initialize(mcp, transport);
  await check.tools(mcp.listTools());
  await check.bern(mcp.callTool(temperature('bern')));
  await check.atlantis(mcp.callTool(temperature('atlantis')));
  await check.cities(mcp.callTool({ name: 'list_cities', arguments: {} }));
  await check.resources(mcp.listResources());
  await check.resource(mcp.readResource({ uri: 'aareguru://cities' }));
  await check.unknownTool(mcp.callTool({ name: 'no_such_tool', arguments: {} }));
  await check.ping(mcp.ping());
  await mcp.close();
}
