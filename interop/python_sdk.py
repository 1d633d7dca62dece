"""The official Python SDK, 1.x and 2.x, over each of its transports.

    python_sdk.py URL sse|http|ws
    python_sdk.py PROGRAM stdio
    python_sdk.py URL auto sse|http    detects the transport, and expects the given one
"""

import sys
import warnings
from contextlib import asynccontextmanager

from mcp import ClientSession

import checks

transport = sys.argv[2]
warnings.simplefilter("ignore")  # mcp 1 warns that mcp 2 has no WebSocket


@asynccontextmanager
async def connected(transport, target):
    """Connects, and yields the two streams."""
    if transport == "sse":
        from mcp.client.sse import sse_client

        connection = sse_client(target)
    elif transport == "http":
        from mcp.client.streamable_http import streamable_http_client

        connection = streamable_http_client(target)
    elif transport == "ws":
        from mcp.client.websocket import websocket_client

        connection = websocket_client(target)
    else:
        from mcp.client.stdio import StdioServerParameters, stdio_client

        connection = stdio_client(StdioServerParameters(command=target, args=["stdio", "--demo"]))
    async with connection as streams:
        yield streams[:2]


async def talk(transport, target):
    async with connected(transport, target) as streams, ClientSession(*streams) as session:
        await checks.initialize(session.initialize())
        await checks.tools(session.list_tools())
        await checks.bern(session.call_tool("get_current_temperature", {"city": "bern"}))
        await checks.atlantis(session.call_tool("get_current_temperature", {"city": "atlantis"}))
        await checks.cities(session.call_tool("list_cities", {}))
        await checks.resources(session.list_resources())
        await checks.resource(session.read_resource("aareguru://cities"))
        await checks.unknown_tool(session.call_tool("no_such_tool", {}))
        await checks.ping(session.send_ping())


async def converse(target):
    if transport != "auto":
        return await talk(transport, target)
    # Detects the transport as the specification requires.
    try:
        chosen = "http"
        await talk(chosen, target)
    except BaseException as error:
        if checks.steps[-1] != "initialize" or "405" not in f"{error!r} {checks.reason(error)}":
            raise
        del checks.steps[1:]
        chosen = "sse"
        await talk(chosen, target)
    checks.steps.append(f"chose {chosen}")
    checks.equal("transport", sys.argv[3], chosen)


checks.run(f"python {' '.join(sys.argv[2:])}", "mcp", converse)
