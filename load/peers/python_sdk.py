"""The Python SDK's SseServerTransport with an echo tool, in its fastest configuration:
its low-level server on uvicorn with uvloop and httptools, without a framework and an
access log. Prints its URL when it listens."""

import logging
import socket

import mcp_types as types
import uvicorn
from mcp.server.lowlevel import Server
from mcp.server.sse import SseServerTransport


async def call_tool(_context, params):
    text = (params.arguments or {})["text"]
    return types.CallToolResult(content=[types.TextContent(type="text", text=text)])


async def list_tools(_context, _params):
    schema = {
        "type": "object",
        "properties": {"text": {"type": "string"}},
        "required": ["text"],
    }
    return types.ListToolsResult(tools=[types.Tool(name="echo", input_schema=schema)])


server = Server("python-sdk", on_call_tool=call_tool, on_list_tools=list_tools)
options = server.create_initialization_options()
transport = SseServerTransport("/messages/")


async def app(scope, receive, send):
    if scope["path"] == "/sse":
        async with transport.connect_sse(scope, receive, send) as (incoming, outgoing):
            await server.run(incoming, outgoing, options)
    else:
        await transport.handle_post_message(scope, receive, send)


def main():
    logging.disable(logging.WARNING)
    listener = socket.create_server(("127.0.0.1", 0), backlog=4096)
    listener.setblocking(False)
    config = uvicorn.Config(
        app,
        loop="uvloop",
        http="httptools",
        ws="none",
        lifespan="off",
        interface="asgi3",
        access_log=False,
        log_config=None,
        server_header=False,
        proxy_headers=False,
        # Longer than a measure, so that idle connections stay open.
        timeout_keep_alive=600,
    )
    print(f"http://127.0.0.1:{listener.getsockname()[1]}/sse", flush=True)
    uvicorn.Server(config).run(sockets=[listener])


main()
