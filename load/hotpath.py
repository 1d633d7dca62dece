#!/usr/bin/env python3
"""Counts the instructions of one tool call, from the POST to the event.

A server runs under callgrind and answers N calls, and another one 2 N; the
difference, divided by N, is one call and nothing else. Counts hardly change
from run to run, however busy the machine is: a few percent more are a
regression. The instructions of the kernel are not among them.

    make hotpath                      # all servers, as a table
    load/hotpath.py --steps           # and the steps of a call of the product
    load/hotpath.py --functions 40    # and its dearest functions
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

ECHO = '{"name":"echo","arguments":{"text":"How warm is the Aare in Bern?"}}'
BERN = '{"name":"get_current_temperature","arguments":{"city":"bern"}}'
OUT_OF_REACH = "1000000000"

# What runs, what it is asked, and the group of crates that is "ours" in it.
SERVERS = {
    "ceiling": ([TARGET / "load", "peer", "ceiling"], ECHO),
    "transport": ([TARGET / "load", "peer", "ours"], ECHO),
    "product": ([TARGET / "aareguru-mcp", "serve", "--demo", "--http-port", "0"], BERN),
}

# The steps of a call of the product: what is spent in these functions and in
# all that they call. A step within another one is indented.
STEPS = {
    "read and parse the head (hyper)": r"proto::h1::role::Server as .*Http1Transaction>::parse$",
    "route (matchit)": r"matchit::.*::at$",
    "all layers and the handler": r"<aareguru_mcp::http::observe::Observe<.*>::call$",
    "  request span": r"tracing::span::Span::new|tracing::span::Span::make_with|Span::child_of_with",
    "  log line and counts of the request": r"observe::Running::answered$",
    "  transport: from the POST to the event": r"message::accept",
    "    parse the message": r"rmcp_sse::parse::message$",
    "    tool": r"aareguru_mcp::mcp::tools::call::|aareguru_mcp::mcp::tools::tell::",
    "      cache": r"fetch::Fetch<.*>::get::",
    "    write the event": r"rmcp_sse::event::Message::new$",
    "    queue the event": r"rmcp_sse::outbox::Outbox::push$",
    "send the event": r"rmcp_sse::.*poll_frame$|rmcp_sse::outbox::Outbox::poll_next$",
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
            client.post(
                f'{{"jsonrpc":"2.0","id":{number},"method":"tools/call","params":{params}}}'
            )
        for client in clients:
            client.accepted()
            answer = client.event()
            assert b'"result"' in answer and b'"isError":true' not in answer, answer


def profile(server, calls, directory):
    """The profile of a server that answers so many calls."""
    command, params = SERVERS[server]
    out = Path(directory) / f"{server}.{calls}"
    # On one core tokio starts one worker, so that nothing is stolen or woken
    # by chance.
    core = str(min(os.sched_getaffinity(0)))
    valgrind = ["valgrind", "--quiet", "--tool=callgrind", f"--callgrind-out-file={out}"]
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
        line = next(line for line in process.stdout if "http://" in line)
        port = int(re.search(r"http://[^/ ]*:(\d+)", line).group(1))
        converse(port, params, calls)
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
        return self.by_function, self.by_file, self.inclusive

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
        (r"/rustc/[^/]+/library/|/library/(?:std|core|alloc)/", "std"),
        (r"(?:^|/)crates/([^/]+)/", None),
        (r"(?:^|/)load/src/", "load"),
        (r"/(?:libc|ld-linux)[-.x\d_]*so|^\./|malloc|memcpy|x86_64", "libc (allocation, copies)"),
    ]:
        if found := re.search(pattern, file):
            return group or found.group(1)
    return Path(file).name


def short(function):
    """A function's name without the hash and with less of what is in <>."""
    function = re.sub(r"::h[0-9a-f]{16}$", "", function)
    return function if len(function) <= 150 else function[:70] + " … " + function[-77:]


def print_crates(profiles):
    columns = [profile.by_crate() for profile in profiles.values()]
    crates = sorted(set().union(*columns), key=lambda name: -max(c[name] for c in columns))
    print(f"{'':34}" + "".join(f"{name:>12}" for name in profiles))
    print(f"{'instructions per call':34}" + row(p.total() for p in profiles.values()))
    for name in crates:
        if max(column[name] for column in columns) >= 50:
            print(f"{'  ' + name:34}" + row(column[name] for column in columns))


def row(numbers):
    return "".join(f"{number:12,.0f}" for number in numbers)


def print_steps(profile):
    print("\nsteps of a call of the product, with all that they call")
    for step, pattern in STEPS.items():
        matches = [cost for name, cost in profile.inclusive.items()
                   if re.search(pattern, short(name))]
        print(f"{step:46}{max(matches, default=0):12,.0f}")


def print_functions(name, profile, count):
    print(f"\nthe dearest functions of {name}, without what they call")
    for function, cost in profile.by_function.most_common(count):
        print(f"{cost:10,.0f}  {short(function)}")
    print(f"\nand with what they call")
    for function, cost in profile.inclusive.most_common(count * 4):
        print(f"{cost:10,.0f}  {short(function)}")


def main():
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("servers", nargs="*", help=f"some of {', '.join(SERVERS)}")
    parser.add_argument("--calls", type=int, default=1000, help="N [default: 1000]")
    parser.add_argument("--steps", action="store_true", help="show the steps of a call")
    parser.add_argument("--functions", type=int, metavar="COUNT", help="show the dearest")
    arguments = parser.parse_args()
    calls = max(arguments.calls // SESSIONS, 1) * SESSIONS
    profiles = {}
    with tempfile.TemporaryDirectory() as directory:
        for server in arguments.servers or SERVERS:
            once, twice = (profile(server, n, directory) for n in (calls, 2 * calls))
            profiles[server] = once.per_call(twice, calls)
    print_crates(profiles)
    if arguments.steps and "product" in profiles:
        print_steps(profiles["product"])
    if arguments.functions:
        for name, measured in profiles.items():
            print_functions(name, measured, arguments.functions)


if __name__ == "__main__":
    sys.exit(main())
