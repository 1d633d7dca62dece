"""FastMCP, which takes a URL that ends in /sse for HTTP+SSE, and any other for Streamable HTTP."""

from fastmcp import Client

import checks


async def typed(request):
    """FastMCP makes an object of the structured content, by the tool's outputSchema."""
    checks.steps.append("typed")
    data = (await request).data
    wanted = checks.EXPECTED["bern"]["data"]
    checks.equal("data", wanted, {key: getattr(data, key, None) for key in wanted})


def discovered(client):
    """Where there is Streamable HTTP, it speaks the revision without sessions."""
    checks.steps.append("discovered")
    checks.equal("protocol version", "2026-07-28", client.protocol_version)
    checks.equal("server name", checks.EXPECTED["server"], client.server_info.name)


async def converse(url):
    has_sessions = url.endswith("/sse")
    async with Client(url, auto_initialize=not has_sessions) as client:
        if has_sessions:
            await checks.initialize(client.initialize())
        else:
            discovered(client)
        await checks.tools(client.list_tools_mcp())
        await checks.bern(client.call_tool_mcp("get_current_temperature", {"city": "bern"}))
        await typed(client.call_tool("get_current_temperature", {"city": "bern"}))
        await checks.atlantis(client.call_tool_mcp("get_current_temperature", {"city": "atlantis"}))
        await checks.cities(client.call_tool_mcp("list_cities", {}))
        await checks.resources(client.list_resources_mcp())
        await checks.resource(client.read_resource_mcp("aareguru://cities"))
        await checks.unknown_tool(client.call_tool_mcp("no_such_tool", {}))
        if has_sessions:
            await checks.ping(client.ping())


checks.run("fastmcp", "fastmcp", converse)
