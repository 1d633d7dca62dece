"""FastMCP, which takes a URL that ends in /sse for HTTP+SSE."""

from fastmcp import Client

import checks


async def typed(request):
    """FastMCP makes an object of the structured content, by the tool's outputSchema."""
    checks.steps.append("typed")
    data = (await request).data
    wanted = checks.EXPECTED["bern"]["data"]
    checks.equal("data", wanted, {key: getattr(data, key, None) for key in wanted})


async def converse(url):
    async with Client(url, auto_initialize=False) as client:
        await checks.initialize(client.initialize())
        await checks.tools(client.list_tools_mcp())
        await checks.bern(client.call_tool_mcp("get_current_temperature", {"city": "bern"}))
        await typed(client.call_tool("get_current_temperature", {"city": "bern"}))
        await checks.atlantis(client.call_tool_mcp("get_current_temperature", {"city": "atlantis"}))
        await checks.cities(client.call_tool_mcp("list_cities", {}))
        await checks.resources(client.list_resources_mcp())
        await checks.resource(client.read_resource_mcp("aareguru://cities"))
        await checks.unknown_tool(client.call_tool_mcp("no_such_tool", {}))
        await checks.ping(client.ping())


checks.run("fastmcp", "fastmcp", converse)
