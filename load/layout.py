#!/usr/bin/env python3
"""Lists the functions that calls go through, for the linker to put side by side.

The server runs under callgrind: opens sessions, and answers calls of its tools.
What it ran for each of them goes to crates/aareguru-mcp/layout.ld, a linker script
that crates/aareguru-mcp/build.rs uses: first what every call goes through, then
what else sessions and tools do. docs/PERFORMANCE.md tells what it is good for.

Names are kept without what differs from build to build. A name that no longer
exists does no harm, one that is missing costs a little time: to run this once in a
while is enough.

    make layout
"""

import re
import subprocess
import sys
import tempfile
from pathlib import Path

import hotpath

LIST = hotpath.ROOT / "crates" / "aareguru-mcp" / "layout.ld"

PAGE = 4096
CALLS = 200
SESSIONS = 8
TOOLS = [
    hotpath.BERN,
    '{"name":"get_current_conditions","arguments":{"city":"thun"}}',
    '{"name":"get_flow_danger_level","arguments":{"city":"bern"}}',
    '{"name":"get_forecast","arguments":{"city":"bern"}}',
    '{"name":"compare_cities","arguments":{}}',
    '{"name":"list_cities","arguments":{}}',
]

HEAD = """\
/* Written by load/layout.py (`make layout`); not to be edited.
   The functions that calls go through, without the hashes of crates. */
SECTIONS
{
"""


def calls(count):
    """Counts the functions' instructions while the same is asked again and again."""
    return profile(lambda port: hotpath.converse(port, hotpath.BERN, count))


def sessions(count):
    """The same for sessions, of which each asks everything twice."""

    def talk(port):
        for _ in range(count):
            client = hotpath.Client(port)
            client.initialize()
            for number, tool in enumerate(2 * TOOLS, 1):
                client.call(number, tool)
                client.answered()
            client.close()

    return profile(talk)


def profile(talk):
    with tempfile.TemporaryDirectory() as directory:
        return hotpath.profile("product", talk, Path(directory) / "out", "--demangle=no").by_function


def more(once, twice, least):
    """What ran for what was done more often, by its name for the linker."""
    ran = (pattern(name) for name in twice if twice[name] - once[name] >= least)
    return {name for name in ran if name}


def pattern(function):
    """A function's name, with all of its hashes and what depends on them left open;
    nothing for what is not ours to move."""
    function = re.sub(r"('\d+|\.llvm\.\d+)$", "", function)
    if not function.startswith("_R"):
        return None
    function = re.sub(r"Cs[0-9a-zA-Z]+_", "Cs*_", function)
    return re.sub(r"B[0-9a-zA-Z]*_", "B*_", function)


def section(name, functions):
    lines = "".join(f"    *(.text.{function})\n" for function in sorted(functions))
    return f"  {name} :\n  {{\n{lines}  }}\n"


def extents(functions):
    """Where those of these names begin in the program, and their bytes."""
    command = ["nm", "--print-size", "--defined-only", hotpath.SERVERS["product"][0][0]]
    for line in subprocess.run(command, capture_output=True, check=True, text=True).stdout.splitlines():
        fields = line.split()
        if len(fields) == 4 and pattern(fields[3]) in functions:
            yield int(fields[0], 16), int(fields[1], 16)


def main():
    every_call = more(calls(CALLS), calls(2 * CALLS), CALLS // 2)
    others = more(sessions(SESSIONS), sessions(2 * SESSIONS), SESSIONS) - every_call
    sections = section(".text.calls", every_call) + section(".text.sessions", others)
    LIST.write_text(f"{HEAD}{sections}}}\nINSERT BEFORE .text;\n", "utf-8")
    pages, size = set(), 0
    for begin, length in extents(every_call):
        pages.update(range(begin // PAGE, (begin + length - 1) // PAGE + 1))
        size += length
    print(f"{len(every_call)} functions for every call, on {len(pages)} pages;", end=" ")
    print(f"side by side, on {-(-size // PAGE)}")
    print(f"{len(others)} others")


if __name__ == "__main__":
    sys.exit(main())
