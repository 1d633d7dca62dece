"""A Locust test of an MCP server over HTTP+SSE.

A user is a session: it opens an event stream, initializes, and calls tools. Locust's
response time is the time until the answer has arrived on the stream, not until the
server has accepted the message. An error or a missing answer is a failure.

    locust --locustfile load/locustfile.py --host http://127.0.0.1:8000 \\
        --headless --users 20 --spawn-rate 5 --run-time 30s

`--sse-path` and `--api-key` (or MCP_API_KEY) are options for other servers.
"""

import itertools
import json
import time
from urllib.parse import urljoin, urlsplit

import gevent
from gevent.event import AsyncResult
from locust import User, between, events, task
from locust.exception import StopUser
from urllib3 import PoolManager, Timeout

ANSWER_SECONDS = 10

PLACES = itertools.cycle(["bern", "thun", "interlaken", "olten"])


@events.init_command_line_parser.add_listener
def add_options(parser):
    parser.add_argument("--sse-path", default="/sse", help="The path of the event stream")
    parser.add_argument(
        "--api-key", env_var="MCP_API_KEY", default="", is_secret=True, help="Sent as X-API-Key"
    )


@events.init.add_listener
def begin_now(**_):
    # The loop's clock is not updated while modules are imported; without this, that
    # time would be part of the run.
    gevent.get_hub().loop.update_now()


class SessionEnded(Exception):
    """The server closed the event stream, or did not open it."""


class ToolError(Exception):
    """The answer is an error."""


class Session:
    """One MCP session: an event stream, read by a greenlet, and POSTs."""

    def __init__(self, host, sse_path, headers):
        self.url = urljoin(host, sse_path)
        # One connection for the stream, and one for POST requests.
        self.http = PoolManager(maxsize=2, retries=False)
        self.headers = headers
        self.ids = itertools.count()
        self.waiting = {}
        self.endpoint = AsyncResult()
        self.stream = self.http.request(
            "GET",
            self.url,
            headers={**headers, "Accept": "text/event-stream"},
            preload_content=False,
            timeout=Timeout(connect=ANSWER_SECONDS, read=None),
        )
        if self.stream.status != 200:
            raise SessionEnded(f"HTTP status {self.stream.status} to the GET of the stream")
        self.reader = gevent.spawn(self.read)

    def read(self):
        try:
            for name, data in server_sent_events(self.stream.stream(amt=None)):
                if name == "endpoint":
                    self.endpoint.set(same_origin(self.url, data))
                elif name == "message":
                    self.receive(json.loads(data))
            ended = SessionEnded("the server closed the stream")
        except Exception as error:  # on any error, all waiting calls must fail
            ended = SessionEnded(f"stream lost: {error}")
        for waiting in [self.endpoint, *self.waiting.values()]:
            if not waiting.ready():
                waiting.set_exception(ended)

    def receive(self, message):
        # Requests and notifications of the server are not answers.
        if "method" not in message and message.get("id") in self.waiting:
            self.waiting.pop(message["id"]).set(message)

    def initialize(self):
        self.request(
            "initialize",
            {
                "protocolVersion": "2025-06-18",
                "capabilities": {},
                "clientInfo": {"name": "locust", "version": "0"},
            },
        )
        self.post({"jsonrpc": "2.0", "method": "notifications/initialized"})

    def request(self, method, params):
        """Posts a request and waits for its answer on the stream."""
        number = next(self.ids)
        answer = self.waiting[number] = AsyncResult()
        try:
            self.post({"jsonrpc": "2.0", "id": number, "method": method, "params": params})
            message = answer.get(timeout=ANSWER_SECONDS)
        finally:
            self.waiting.pop(number, None)
        if "error" in message:
            raise ToolError(message["error"]["message"])
        if message["result"].get("isError"):
            raise ToolError(message["result"]["content"][0]["text"])
        return message

    def post(self, message):
        response = self.http.request(
            "POST",
            self.endpoint.get(timeout=ANSWER_SECONDS),
            json=message,
            headers=self.headers,
            timeout=ANSWER_SECONDS,
        )
        if response.status not in (200, 202, 204):
            raise SessionEnded(f"HTTP status {response.status} to a POST")

    def close(self):
        self.reader.kill()
        self.stream.close()
        self.http.clear()


class MCPUser(User):
    """Calls mostly for the temperature of a place, sometimes other tools."""

    wait_time = between(1, 3)

    def on_start(self):
        options = self.environment.parsed_options
        key = options.api_key
        headers = {"X-API-Key": key} if key else {}
        self.session = None
        with self.timed("open a session"):
            self.session = Session(self.host, options.sse_path, headers)
            self.session.initialize()

    def on_stop(self):
        if self.session:
            self.session.close()

    @task(6)
    def temperature(self):
        self.call("get_current_temperature", {"city": next(PLACES)})

    @task(2)
    def conditions(self):
        self.call("get_current_conditions", {"city": "bern"})

    @task(1)
    def compare(self):
        self.call("compare_cities", {"cities": ["bern", "thun"]})

    @task(1)
    def cities(self):
        self.call("list_cities", {})

    def call(self, tool, arguments):
        with self.timed(tool) as seen:
            answer = self.session.request("tools/call", {"name": tool, "arguments": arguments})
            seen.length = len(json.dumps(answer))

    def timed(self, name):
        return Timed(self, name)


class Timed:
    """Reports the duration and the outcome of an operation to Locust.

    A user whose session has ended stops, and `User` does not start another. The number of
    failures is the number of lost sessions.
    """

    def __init__(self, user, name):
        self.user = user
        self.name = name
        self.length = 0

    def __enter__(self):
        self.begun = time.perf_counter()
        return self

    def __exit__(self, _kind, error, _traceback):
        if error is not None and not isinstance(error, Exception):
            # The test has finished (GreenletExit), which is not a failure.
            return False
        self.user.environment.events.request.fire(
            request_type="MCP",
            name=self.name,
            response_time=(time.perf_counter() - self.begun) * 1000,
            response_length=self.length,
            exception=error,
            context=self.user.context(),
        )
        if isinstance(error, ToolError) or error is None:
            return True
        raise StopUser from error


def server_sent_events(chunks):
    """Yields the name and data of the events in a body of any chunks."""
    rest, name, data = b"", "message", []
    for chunk in chunks:
        *lines, rest = (rest + chunk).split(b"\n")
        for line in lines:
            line = line.rstrip(b"\r").decode()
            if not line:
                if data:
                    yield name, "\n".join(data)
                name, data = "message", []
                continue
            field, _, value = line.partition(":")
            value = value.removeprefix(" ")
            if field == "event":
                name = value
            elif field == "data":
                data.append(value)


def same_origin(url, endpoint):
    """Returns the URL for POST requests. The endpoint is a path, or a URL of the same origin."""
    absolute = urljoin(url, endpoint)
    if urlsplit(absolute)[:2] != urlsplit(url)[:2]:
        raise SessionEnded(f"the endpoint has another origin: {absolute}")
    return absolute
