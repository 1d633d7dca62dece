#!/usr/bin/env python3
"""Counts the instructions of one tool call, from the POST to the event.

A server runs under callgrind and answers N calls, and another one 2 N; the
difference, divided by N, is one call and nothing else. Counts hardly change
from run to run, however busy the machine is: a few percent more are a
regression. What the kernel does is not counted. Beside them stand the misses
of first-level caches, as callgrind simulates them: how much code and data a
call goes through.

    make hotpath                      # all servers, beside docs/PERFORMANCE.md
    load/hotpath.py --write           # writes the counts there
    load/hotpath.py --functions 40    # and the dearest functions

Fails if a server takes a tenth more than what stands in docs/PERFORMANCE.md.
"""

import argparse
import collections
import os
import re
import signal
import socket
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
TARGET = Path(os.environ.get("CARGO_TARGET_DIR", ROOT / "target")) / "profiling"
SESSIONS = 8  # posts that are under way at once
FEW = 250  # instructions that are not worth a line

ECHO = '{"name":"echo","arguments":{"text":"How warm is the Aare in Bern?"}}'
BERN = '{"name":"get_current_temperature","arguments":{"city":"bern"}}'
OUT_OF_REACH = "1000000000"

# What runs, and what it is asked.
SERVERS = {
    "ceiling": ([TARGET / "load", "peer", "ceiling"], ECHO),
    "transport": ([TARGET / "load", "peer", "ours"], ECHO),
    "product": ([TARGET / "aareguru-mcp", "serve", "--demo", "--http-port", "0"], BERN),
}

# The steps of a call of the product: what is spent in these functions and in
# all that they call. A step within another one is indented.
STEPS = {
    "HTTP: read the head": r"^<hyper::proto::h1::role::Server as .*>::parse$",
    "checks": r"^<aareguru_mcp::guard::check::Checked<.*> as tower_service::Service<.*>>::call$",
    "line in the log": r"^<tracing_core::event::Event>::dispatch",
    "transport": r"^rmcp_sse::message::accept::<.*>::{closure#0}$",
    "  read the body": r"^<http_body_util::combinators::collect::Collect<.*> as .*>::poll$",
    "  parse the message": r"^rmcp_sse::parse::message$",
    "  the tool": r"^<.* as rmcp::handler::server::ServerHandler>::call_tool$",
    "    the API's answer, from the cache": r"^<aareguru::fetch::Fetcher<.*>>::get_if_fresh$",
    "  write and queue the event": r"^<rmcp_sse::session::Session<.*>>::send$",
    "HTTP: take the event": r"^<rmcp_sse::response::SseBody as http_body::Body>::poll_frame$",
    "HTTP: write the head": r"^<hyper::proto::h1::conn::Conn<.*>>::write_head$",
    "HTTP: write": r"^<hyper::proto::h1::io::Buffered<.*>>::poll_flush$",
}

DOCUMENT = ROOT / "docs" / "PERFORMANCE.md"
BEGIN, END = "<!-- counted by load/hotpath.py --write -->\n", "<!-- until here -->\n"
TOTAL = "**instructions of one call**"
MOST_GROWTH = 1.1
MISSES = {
    "misses of a cache of 32 KiB for code": ["I1mr"],
    "misses of a cache of 32 KiB for data": ["D1mr", "D1mw"],
}


class Client:
    """One session: its stream, and a connection to post on."""

    def __init__(self, port):
        self.port = port
        self.stream = socket.create_connection(("127.0.0.1", port), 120)
        self.posts = socket.create_connection(("127.0.0.1", port), 120)
        self.events, self.answers = b"", b""
        self.stream.sendall(f"GET /sse HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\n\r\n".encode())
        self.path = re.search(rb"data: (\S+)", self.event(b"endpoint")).group(1).decode()

    def event(self, name=b"message"):
        """Everything up to the end of the next event."""
        while True:
            begin = self.events.find(b"event: " + name)
            end = self.events.find(b"\r\n\r\n", begin) if begin >= 0 else -1
            if end >= 0:
                event, self.events = self.events[begin:end], self.events[end + 4 :]
                return event
            self.events += received(self.stream)

    def post(self, message):
        head = f"POST {self.path} HTTP/1.1\r\nHost: 127.0.0.1:{self.port}\r\n"
        head += f"Content-Type: application/json\r\nContent-Length: {len(message)}\r\n\r\n"
        self.posts.sendall((head + message).encode())

    def accepted(self):
        while not self.answers.endswith(b"Accepted"):
            self.answers += received(self.posts)
        assert self.answers.startswith(b"HTTP/1.1 202"), self.answers
        self.answers = b""

    def initialize(self):
        client = '"capabilities":{},"clientInfo":{"name":"hotpath","version":"0"}'
        self.post(
            '{"jsonrpc":"2.0","id":0,"method":"initialize","params":'
            f'{{"protocolVersion":"2025-06-18",{client}}}}}'
        )
        self.accepted()
        self.event()
        self.post('{"jsonrpc":"2.0","method":"notifications/initialized"}')
        self.accepted()

    def call(self, number, params):
        self.post(f'{{"jsonrpc":"2.0","id":{number},"method":"tools/call","params":{params}}}')

    def answered(self):
        self.accepted()
        answer = self.event()
        assert b'"result"' in answer and b'"isError":true' not in answer, answer

    def close(self):
        self.stream.close()
        self.posts.close()


def received(connection):
    data = connection.recv(65536)
    assert data, "the server has closed a connection"
    return data


def converse(port, params, calls):
    clients = [Client(port) for _ in range(SESSIONS)]
    for client in clients:
        client.initialize()
    for number in range(1, calls // SESSIONS + 1):
        for client in clients:
            client.call(number, params)
        for client in clients:
            client.answered()


def calls_of(server, calls, directory):
    """The profile of a server that answers so many calls."""
    _, params = SERVERS[server]
    out = Path(directory) / f"{server}.{calls}"
    return profile(server, lambda port: converse(port, params, calls), out)


def profile(server, talk, out, *options):
    """The profile of a server with which something talks, which knows its port."""
    command, _ = SERVERS[server]
    if not command[0].exists():
        sys.exit(f"{command[0]} is not built: see `make hotpath`")
    # On one core tokio starts one worker, so that nothing is stolen or woken
    # by chance.
    core = str(min(os.sched_getaffinity(0)))
    valgrind = ["valgrind", "--quiet", "--tool=callgrind", f"--callgrind-out-file={out}"]
    valgrind += ["--cache-sim=yes", "--I1=32768,8,64", "--D1=32768,8,64", *options]
    environment = {
        "PATH": os.environ["PATH"],
        "HTTP_MAX_CONNECTIONS": OUT_OF_REACH,
        "RATE_LIMIT_PER_MINUTE": OUT_OF_REACH,
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
        talk(port)
        if server == "product":
            process.send_signal(signal.SIGTERM)
        process.stdin.close()
        process.stdout.close()
        process.wait(120)
    finally:
        process.kill()
    return Profile(out)


class Profile:
    """What stands in a file of callgrind: the instructions of each function by
    the file that their lines are in, and of each function with what it calls."""

    def __init__(self, path):
        self.by_function = collections.Counter()
        self.by_file = collections.Counter()
        self.inclusive = collections.Counter()
        # Of callgrind's events, by their names.
        self.totals = collections.Counter()
        events = []
        names = {}

        def name(kind, text):
            number, _, given = text.partition(" ")
            if not number.startswith("("):
                return text
            if given:
                names[kind, number] = given
            return names[kind, number]

        function = callee = file = obj = ""
        is_call = False
        for line in path.read_text("utf-8", "replace").splitlines():
            key, separator, value = line.partition("=")
            if separator and key.isalpha():
                if key in ("fl", "fi", "fe"):
                    file = name("file", value)
                elif key == "ob":
                    obj = name("object", value)
                elif key == "fn":
                    function = name("function", value)
                elif key == "cfn":
                    callee = name("function", value)
                elif key in ("cfi", "cfl"):
                    name("file", value)
                elif key == "cob":
                    name("object", value)
                elif key == "calls":
                    is_call = True
            elif line.startswith("events: "):
                events = line.split()[1:]
            elif line.startswith("totals: "):
                self.totals.update(dict(zip(events, map(int, line.split()[1:]))))
            elif line and (line[0] in "+-*" or line[0].isdigit()):
                cost = int(line.split()[1])
                if is_call:
                    is_call = False
                    if callee != function:
                        self.inclusive[callee] += cost
                else:
                    self.by_function[function] += cost
                    self.by_file[obj if file == "???" else file] += cost
                    self.inclusive[function] += cost

    def per_call(self, twice, calls):
        """One call, from this profile and that of twice as many calls."""
        for counter, double in zip(self.counters(), twice.counters()):
            for key in counter.keys() | double.keys():
                counter[key] = (double[key] - counter[key]) / calls
        return self

    def counters(self):
        return self.by_function, self.by_file, self.inclusive, self.totals

    def total(self):
        return sum(self.by_function.values())

    def by_crate(self):
        crates = collections.Counter()
        for file, cost in self.by_file.items():
            crates[crate(file)] += cost
        return crates


def crate(file):
    """The crate that a source file belongs to."""
    for pattern, group in [
        (r"/registry/src/[^/]+/(.+?)-\d+\.\d+[^/]*/", None),
        (r"/rustc/[^/]+/library/|/library/(?:std|core|alloc)/|/rust/deps/", "std"),
        (r"(?:^|/)crates/([^/]+)/", None),
        (r"(?:^|/)load/src/", "load"),
        (r"/(?:libc|ld-linux)[-.x\d_]*so|^\./|malloc|memcpy|x86_64", "jemalloc and libc (allocation, copies)"),
    ]:
        if found := re.search(pattern, file):
            return group or found.group(1)
    # What is inside std, hashbrown, has no whole path.
    return Path(file).name if file.startswith("/") else "std"


def plain(function):
    """A function's name without the hash and the mark of recursion."""
    return re.sub(r"(::h[0-9a-f]{16})?('\d+)?$", "", function)


def table(profiles):
    """The counts by crate, as Markdown."""
    columns = [profile.by_crate() for profile in profiles.values()]
    crates = sorted(set().union(*columns), key=lambda name: -columns[-1][name])
    few = {name for name in crates if max(column[name] for column in columns) < FEW}
    lines = [("", *profiles), ("---", *("--:" for _ in profiles))]
    lines.append((TOTAL, *(f"{profile.total():,.0f}" for profile in profiles.values())))
    for name, events in MISSES.items():
        misses = (sum(profile.totals[event] for event in events) for profile in profiles.values())
        lines.append((name, *(f"{count:,.0f}" for count in misses)))
    for name in crates:
        if name not in few:
            lines.append((name, *(f"{column[name]:,.0f}" for column in columns)))
    rest = (sum(column[name] for name in few) for column in columns)
    lines.append(("others", *(f"{cost:,.0f}" for cost in rest)))
    return markdown(lines)


def steps(profile):
    """What the steps of a call take, with all that they call, as Markdown."""
    lines = [("step of the product, with all that it calls", "instructions"), ("---", "--:")]
    for step, pattern in STEPS.items():
        costs = [cost for name, cost in profile.inclusive.items()
                 if re.search(pattern, plain(name))]
        if not costs:
            sys.exit(f"no function of this build is the step `{step.strip()}`: see STEPS")
        depth = len(step) - len(step.lstrip())
        lines.append(("– " * (depth // 2) + step.lstrip(), f"{max(costs):,.0f}"))
    return markdown(lines)


def markdown(lines):
    return "".join(f"| {' | '.join(line)} |\n" for line in lines)


def committed():
    """What stands in the document, by server."""
    lines = DOCUMENT.read_text("utf-8").splitlines()
    rows = [[cell.strip() for cell in line.strip("|").split("|")] for line in lines]
    total = next((number for number, row in enumerate(rows) if row[0] == TOTAL), None)
    if total is None:
        return {}
    numbers = (int(number.replace(",", "")) for number in rows[total][1:])
    return dict(zip(rows[total - 2][1:], numbers))


def has_grown(profiles):
    """Tells how the counts have changed since they were written down."""
    before = committed()
    grown = False
    print(f"{'instructions of one call':30}{'now':>10}{'ceiling':>10}{'docs':>10}")
    for name, profile in profiles.items():
        now = profile.total()
        ceiling = f"{now / profiles['ceiling'].total():.2f} ×" if "ceiling" in profiles else ""
        change = f"{now / before[name] - 1:+.1%}" if name in before else ""
        print(f"{name:30}{now:10,.0f}{ceiling:>10}{change:>10}")
        grown |= name in before and now > before[name] * MOST_GROWTH
    return grown


def write(text):
    document = DOCUMENT.read_text("utf-8")
    before, _, rest = document.partition(BEGIN)
    _, _, after = rest.partition(END)
    DOCUMENT.write_text(before + BEGIN + text + END + after, "utf-8")


def print_functions(name, profile, count):
    for what, costs in [
        ("without what they call", profile.by_function),
        ("with what they call", profile.inclusive),
    ]:
        print(f"\nthe dearest functions of {name}, {what}")
        for function, cost in costs.most_common(count):
            print(f"{cost:10,.0f}  {plain(function)[:150]}")


def main():
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("servers", nargs="*", help=f"some of {', '.join(SERVERS)}")
    parser.add_argument("--calls", type=int, default=1000, help="N [default: 1000]")
    parser.add_argument("--functions", type=int, metavar="COUNT", help="show the dearest")
    parser.add_argument("--write", action="store_true", help=f"write {DOCUMENT.name}")
    arguments = parser.parse_args()
    calls = max(arguments.calls // SESSIONS, 1) * SESSIONS
    profiles = {}
    with tempfile.TemporaryDirectory() as directory:
        for server in arguments.servers or SERVERS:
            once, twice = (calls_of(server, n, directory) for n in (calls, 2 * calls))
            profiles[server] = once.per_call(twice, calls)
    text = "\n" + table(profiles)
    if "product" in profiles:
        text += "\n" + steps(profiles["product"])
    if arguments.write:
        write(text + "\n")
    print(text)
    for name, measured in profiles.items():
        if arguments.functions:
            print_functions(name, measured, arguments.functions)
    return has_grown(profiles)


if __name__ == "__main__":
    sys.exit(main())
