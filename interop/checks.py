"""The checks of the Python clients; `checks.mjs` has the same for JavaScript.

A check takes the request, not its answer, so that every failure, such as a timeout, is
reported with the name of the check. The expected values are in `expected.json`.
"""

import asyncio
import json
import logging
import sys
from importlib.metadata import version
from pathlib import Path

try:
    from mcp_types.version import LATEST_HANDSHAKE_VERSION as REQUESTED_VERSION
except ImportError:  # mcp 1.x
    from mcp.types import LATEST_PROTOCOL_VERSION as REQUESTED_VERSION

EXPECTED = json.loads(Path(__file__).with_name("expected.json").read_text("utf-8"))
TIMEOUT_SECONDS = 30
steps = ["connect"]  # the last one is running


class Mismatch(Exception):
    pass


def run(client, package, converse):
    """Runs `converse(url)` and prints one line with the result."""
    logging.disable()  # the line contains the error
    label = f"{client} {version(package)}"
    try:
        asyncio.run(asyncio.wait_for(converse(sys.argv[1]), TIMEOUT_SECONDS))
    except BaseException as error:
        print(f"FAIL {label}: {steps[-1]}: {reason(error)}")
        sys.exit(1)
    print(f"ok   {label:<26} {', '.join(steps[1:])}")


def reason(error):
    """Returns the first error within nested groups, as one line."""
    while isinstance(error, BaseExceptionGroup):
        error = error.exceptions[0]
    if isinstance(error, TimeoutError):
        return f"not finished within {TIMEOUT_SECONDS} s"
    text = str(error) if isinstance(error, Mismatch) else f"{type(error).__name__}: {error}"
    return " ".join(text.split())


def equal(what, expected, got):
    if expected != got:
        raise Mismatch(f"{what}: expected {expected!r}, got {got!r}")


def holds(what, parts, text):
    missing = [part for part in parts if part not in text]
    if missing:
        raise Mismatch(f"{what}: expected {missing} in it, got {text!r}")


def names_all_places(what, entries):
    def names(entry, place):
        return place in (entry.values() if isinstance(entry, dict) else [entry])

    places = EXPECTED["places"]
    equal(f"number of {what}", len(places), len(entries))
    equal(what, places, [p for p in places if any(names(e, p) for e in entries)])


def text_of(answer):
    return next((c["text"] for c in answer["content"] if c["type"] == "text"), "")


def answers(wanted, answer):
    """Checks whether a tool returned a result or an error."""
    got = "error" if answer.get("isError") else "result"
    equal("outcome", wanted, got if got == wanted else f"{got}: {text_of(answer)}")


def step(examine):
    """Turns a function that checks answers into one that checks requests."""

    async def check(request):
        steps.append(examine.__name__.replace("_", " "))
        answer = await request
        # The field names on the wire, which are the same in all versions of the SDK.
        examine(answer.model_dump(mode="json", by_alias=True, exclude_none=True))

    return check


@step
def initialize(answer):
    equal("server name", EXPECTED["server"], answer["serverInfo"]["name"])
    equal("protocol version", min(REQUESTED_VERSION, EXPECTED["newest_protocol"]), answer["protocolVersion"])


@step
def tools(answer):
    tools = {tool["name"]: tool for tool in answer["tools"]}
    for name in EXPECTED["tools"]:
        tool = tools.get(name, {})
        wanted = ["name", "title", "description", "inputSchema", "outputSchema", "annotations"]
        equal(f"parts of tool {name}", wanted, [part for part in wanted if tool.get(part)])
        equal(f"readOnlyHint of {name}", True, tool["annotations"].get("readOnlyHint"))


@step
def bern(answer):
    answers("result", answer)
    holds("text", EXPECTED["bern"]["text"], text_of(answer))
    data, wanted = answer.get("structuredContent", {}), EXPECTED["bern"]["data"]
    equal("structuredContent", wanted, {key: data.get(key) for key in wanted})


@step
def atlantis(answer):
    answers("error", answer)
    holds("text", ["atlantis", *EXPECTED["places"]], text_of(answer))


@step
def cities(answer):
    answers("result", answer)
    names_all_places("cities", answer.get("structuredContent", {}).get("cities", []))


@step
def resources(answer):
    holds("uris", [EXPECTED["resource"]["uri"]], [r["uri"] for r in answer["resources"]])


@step
def resource(answer):
    content = answer["contents"][0]
    equal("uri", EXPECTED["resource"]["uri"], content["uri"])
    equal("mimeType", EXPECTED["resource"]["type"], content.get("mimeType"))
    document = json.loads(content["text"])
    names_all_places("places", document["cities"] if isinstance(document, dict) else document)


async def unknown_tool(request):
    steps.append("unknown tool")
    try:
        answer = await request
    except Exception as error:
        if not hasattr(error, "error"):
            raise
        equal("error code", EXPECTED["unknown_tool_code"], error.error.code)
    else:
        raise Mismatch(f"expected an error, got {answer!r}")


async def ping(request):
    steps.append("ping")
    await request
