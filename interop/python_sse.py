"""The official Python SDK, 1.x and 2.x alike."""

from mcp import ClientSession
from mcp.client.sse import sse_client

import checks


async def converse(url):
    async with sse_client(url) as streams, ClientSession(*streams) as session:
        await checks.initialize(session.initialize())
        await checks.tools(session.list_tools())
        await checks.bern(session.call_tool("get_current_temperature", {"city": "bern"}))
        await checks.atlantis(session.call_tool("get_current_temperature", {"city": "atlantis"}))
        await checks.cities(session.call_tool("list_cities", {}))
        await checks.resources(session.list_resources())
        await checks.resource(session.read_resource("aareguru://cities"))
        await checks.unknown_tool(session.call_tool("no_such_tool", {}))
        await checks.ping(session.send_ping())


checks.run("python mcp", "mcp", converse)
