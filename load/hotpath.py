#!/usr/bin/env python3
"""Counts the instructions of one tool call, from the POST to the event.

The server runs under callgrind twice, for N calls and for 2 N calls; the
difference divided by N is the cost of one call. Unlike times, the counts
hardly depend on the load of the machine. Misses of first-level caches are
simulated by callgrind. Work in the kernel is not counted.

    make hotpath             # counts and compares with docs/PERFORMANCE.md
    load/hotpath.py --write  # writes the counts to docs/PERFORMANCE.md

Exits with status 1 if a server needs 10 % more instructions than documented.
"""

import argparse
import os
import re
import signal
import socket
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
TARGET = Path(os.environ.get("CARGO_TARGET_DIR", ROOT / "target")) / "dist"
SESSIONS = 8  # with one call in flight each

ECHO = '{"name":"echo","arguments":{"text":"How warm is the Aare in Bern?"}}'
BERN = '{"name":"get_current_temperature","arguments":{"city":"bern"}}'
UNLIMITED = "1000000000"

# The command of each server, and the call that it answers.
SERVERS = {
    "ceiling": ([TARGET / "load", "peer", "ceiling"], ECHO),
    "transport": ([TARGET / "load", "peer", "rmcp-transport"], ECHO),
    "product": ([TARGET / "aareguru-mcp", "serve", "--demo", "--http-port", "0"], BERN),
}

DOCUMENT = ROOT / "docs" / "PERFORMANCE.md"
BEGIN, END = "<!-- counted by load/hotpath.py --write -->\n", "<!-- until here -->\n"
MAX_GROWTH = 1.1

# Rows of the table, as sums of callgrind's events.
INSTRUCTIONS = "instructions of one call"
ROWS = {
    INSTRUCTIONS: ["Ir"],
    "misses of a 32 KiB instruction cache": ["I1mr"],
    "misses of a 32 KiB data cache": ["D1mr", "D1mw"],
}


class Client:
    """One session: its event stream and a connection for its POST requests."""

    def __init__(self, port):
        self.port = port
        self.stream = socket.create_connection(("127.0.0.1", port), 120)
        self.posts = socket.create_connection(("127.0.0.1", port), 120)
        self.events, self.answers = b"", b""
        self.stream.sendall(f"GET /sse HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\n\r\n".encode())
        self.path = re.search(rb"data: (\S+)", self.event(b"endpoint")).group(1).decode()

    def event(self, name=b"message"):
        """Returns the next event with this name."""
        while True:
            begin = self.events.find(b"event: " + name)
            end = self.events.find(b"\r\n\r\n", begin) if begin >= 0 else -1
            if end >= 0:
                event, self.events = self.events[begin:end], self.events[end + 4 :]
                return event
            self.events += receive(self.stream)

    def post(self, message):
        head = f"POST {self.path} HTTP/1.1\r\nHost: 127.0.0.1:{self.port}\r\n"
        head += f"Content-Type: application/json\r\nContent-Length: {len(message)}\r\n\r\n"
        self.posts.sendall((head + message).encode())

    def wait_accepted(self):
        while not self.answers.endswith(b"Accepted"):
            self.answers += receive(self.posts)
        assert self.answers.startswith(b"HTTP/1.1 202"), self.answers
        self.answers = b""

    def initialize(self):
        client = '"capabilities":{},"clientInfo":{"name":"hotpath","version":"0"}'
        self.post(
            '{"jsonrpc":"2.0","id":0,"method":"initialize","params":'
            f'{{"protocolVersion":"2025-06-18",{client}}}}}'
        )
        self.wait_accepted()
        self.event()
        self.post('{"jsonrpc":"2.0","method":"notifications/initialized"}')
        self.wait_accepted()

    def call(self, number, params):
        self.post(f'{{"jsonrpc":"2.0","id":{number},"method":"tools/call","params":{params}}}')

    def wait_answered(self):
        self.wait_accepted()
        answer = self.event()
        assert b'"result"' in answer and b'"isError":true' not in answer, answer


def receive(connection):
    data = connection.recv(65536)
    assert data, "the server closed a connection"
    return data


def run_calls(port, params, calls):
    clients = [Client(port) for _ in range(SESSIONS)]
    for client in clients:
        client.initialize()
    for number in range(1, calls // SESSIONS + 1):
        for client in clients:
            client.call(number, params)
        for client in clients:
            client.wait_answered()


def count(server, calls, out):
    """Runs a server for this many calls and returns its totals by row."""
    command, params = SERVERS[server]
    if not command[0].exists():
        sys.exit(f"{command[0]} is not built; run `make hotpath`")
    # On one core tokio starts one worker, which keeps the counts stable.
    core = str(min(os.sched_getaffinity(0)))
    valgrind = ["valgrind", "--quiet", "--tool=callgrind", f"--callgrind-out-file={out}"]
    valgrind += ["--cache-sim=yes", "--I1=32768,8,64", "--D1=32768,8,64"]
    environment = {
        "PATH": os.environ["PATH"],
        "HTTP_MAX_CONNECTIONS": UNLIMITED,
        "RATE_LIMIT_PER_MINUTE": UNLIMITED,
    }
    process = subprocess.Popen(
        ["taskset", "-c", core, *valgrind, *command],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        env=environment,
        text=True,
    )
    try:
        line = next((line for line in process.stdout if "http://" in line), None)
        if not line:
            sys.exit(f"{server} does not start under valgrind")
        port = int(re.search(r"http://[^/ ]*:(\d+)", line).group(1))
        run_calls(port, params, calls)
        if server == "product":
            process.send_signal(signal.SIGTERM)
        process.stdin.close()
        process.stdout.close()
        process.wait(120)
    finally:
        process.kill()
    return read_totals(out)


def read_totals(path):
    lines = path.read_text("utf-8", "replace").splitlines()
    values = {}
    for key in ("events", "totals"):
        values[key] = next(line for line in lines if line.startswith(f"{key}: ")).split()[1:]
    totals = dict(zip(values["events"], map(int, values["totals"])))
    return {row: sum(totals[event] for event in events) for row, events in ROWS.items()}


def table(costs):
    """Formats the counts as a Markdown table."""
    lines = [("", *costs), ("---", *("--:" for _ in costs))]
    for row in ROWS:
        lines.append((row, *(f"{cost[row]:,.0f}" for cost in costs.values())))
    return "".join(f"| {' | '.join(line)} |\n" for line in lines)


def documented():
    """Returns the instructions of one call in the document, by server."""
    lines = DOCUMENT.read_text("utf-8").splitlines()
    rows = [[cell.strip() for cell in line.strip("|").split("|")] for line in lines]
    total = next((number for number, row in enumerate(rows) if row[0] == INSTRUCTIONS), None)
    if total is None:
        return {}
    counts = (int(count.replace(",", "")) for count in rows[total][1:])
    return dict(zip(rows[total - 2][1:], counts))


def has_grown(costs):
    """Prints the change since the document was written; returns whether it is too large."""
    before = documented()
    grown = False
    for name, cost in costs.items():
        now = cost[INSTRUCTIONS]
        ratio = f"{now / costs['ceiling'][INSTRUCTIONS]:.2f} × ceiling" if "ceiling" in costs else ""
        change = f"{now / before[name] - 1:+.1%}" if name in before else ""
        print(f"{name:12}{now:10,.0f}{ratio:>18}{change:>10}")
        grown |= name in before and now > before[name] * MAX_GROWTH
    return grown


def write(text):
    document = DOCUMENT.read_text("utf-8")
    before, _, rest = document.partition(BEGIN)
    _, _, after = rest.partition(END)
    DOCUMENT.write_text(f"{before}{BEGIN}\n{text}\n{END}{after}", "utf-8")


def main():
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("servers", nargs="*", help=f"some of {', '.join(SERVERS)}")
    parser.add_argument("--calls", type=int, default=1000, help="N [default: 1000]")
    parser.add_argument("--write", action="store_true", help=f"write {DOCUMENT.name}")
    arguments = parser.parse_args()
    calls = max(arguments.calls // SESSIONS, 1) * SESSIONS
    costs = {}
    with tempfile.TemporaryDirectory() as directory:
        for server in arguments.servers or SERVERS:
            out = Path(directory) / server
            once, twice = count(server, calls, out), count(server, 2 * calls, out)
            costs[server] = {row: (twice[row] - once[row]) / calls for row in ROWS}
    if arguments.write:
        write(table(costs))
    print(table(costs))
    return has_grown(costs)


if __name__ == "__main__":
    sys.exit(main())
