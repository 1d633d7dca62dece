"""FastMCP. It uses HTTP+SSE for URLs that end in /sse, and Streamable HTTP for all others."""

from fastmcp import Client

import checks


async def typed(request):
    """Checks the object that FastMCP creates from the structured content by the outputSchema."""
    checks.steps.append("typed")
    data = (await request).data
    wanted = checks.EXPECTED["bern"]["data"]
    checks.equal("data", wanted, {key: getattr(data, key, None) for key in wanted})


def discovered(client):
    """Checks that FastMCP uses the revision without sessions over Streamable HTTP."""
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
