"""A forge of our own, for the tests: real HTTP, a repository in memory, and the quirks that were seen on real ones."""

import json
import re
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from time import sleep
from typing import Any, ClassVar
from urllib.parse import parse_qsl, unquote, urlsplit

from depots import Depot, Pull

TOKEN = "s3cr3t-token-of-the-bot"
NAME = "asso/site"


class Answer(Exception):  # noqa: N818 - an answer that cuts the call short
    def __init__(self, status: int, body: Any = None, **headers: str) -> None:
        super().__init__(status)
        self.status, self.body, self.headers = status, body, headers


@dataclass
class Fault:
    """What goes wrong with calls: `done` tells whether the call is carried out all the same.

    A `status` of 0 is a connection that is closed without an answer.
    """

    method: str
    path: str
    status: int
    body: Any = None
    headers: dict[str, str] = field(default_factory=dict)
    done: bool = False
    times: int = 1
    slow: float = 0.0


@dataclass
class Call:
    method: str
    path: str
    asked: dict[str, str]
    body: dict[str, Any]
    match: "re.Match[str]"

    def __getitem__(self, name: str) -> str:
        return unquote(self.match[name])

    def fields(self, needed: str, allowed: str = "") -> dict[str, Any]:
        """Return the fields of the body, which must be these."""
        missing = set(needed.split()) - self.body.keys()
        unknown = self.body.keys() - {*needed.split(), *allowed.split()}
        if missing or unknown:
            raise Answer(422, {"message": f"Validation Failed: {sorted(missing)} missing, {sorted(unknown)} unknown"})
        return self.body


Route = tuple[str, str, Callable[[Any, Call], Any]]


def route(method: str, pattern: str) -> Callable[[Any], Any]:
    def marked(function: Any) -> Any:
        function.route = (method, pattern)
        return function

    return marked


class Forge:
    """A forge that runs; `calls` are those that came, `faults` what shall go wrong, `dies_after` how many it answers.

    With `mute`, the call that it dies with is carried out, but not answered. With `loses_first`, so is the first of
    each kind. `late`: what its lists of a pull request take for the branch's newest commit, one for each time they
    are asked for.
    """

    prefix: ClassVar[str] = ""
    header: ClassVar[str] = "Authorization"
    scheme: ClassVar[str] = "Bearer"
    page: ClassVar[str] = "per_page"
    most: ClassVar[int] = 100  # entries of a page

    def __init__(self, depot: Depot) -> None:
        self.depot = depot
        self.calls: list[str] = []
        self.faults: list[Fault] = []
        self.dies_after = 1_000_000
        self.mute = False
        self.loses_first = False
        self.lost: set[str] = set()
        self.may_write = True
        self.late: list[str] = []
        self.protected: set[str] = set()
        self.headers: list[dict[str, str]] = []
        self.lock = threading.Lock()
        functions = [getattr(type(self), name) for name in dir(type(self))]
        self.routes: list[Route] = [(*one.route, one) for one in functions if hasattr(one, "route")]
        self.url = ""

    def answer(self, method: str, target: str, headers: dict[str, str], data: bytes) -> Answer | None:
        """Return the answer to a call, None for a connection that is closed."""
        with self.lock:
            self.calls.append(f"{method} {target}")
            self.headers.append(headers)
            if len(self.calls) > self.dies_after:
                if self.mute and len(self.calls) == self.dies_after + 1:
                    self._done(method, target, headers, data)
                return None
            kind = f"{method} {target.partition('?')[0]}"
            if self.loses_first and kind not in self.lost:
                self.lost.add(kind)
                self._done(method, target, headers, data)
                return None
            fault = next((one for one in self.faults if method in one.method and re.search(one.path, target)), None)
            if fault is None:
                return self._done(method, target, headers, data)
            fault.times -= 1
            if not fault.times:
                self.faults.remove(fault)
            done = self._done(method, target, headers, data) if fault.done else None
        sleep(fault.slow)
        if not fault.status:
            return done if fault.slow else None
        return Answer(fault.status, fault.body, **fault.headers)

    def _done(self, method: str, target: str, headers: dict[str, str], data: bytes) -> Answer:
        try:
            return self._called(method, target, headers, data)
        except Answer as answer:
            return answer

    def _called(self, method: str, target: str, headers: dict[str, str], data: bytes) -> Answer:
        parts = urlsplit(target)
        if headers.get(self.header) != f"{self.scheme} {TOKEN}".strip():
            raise Answer(401, {"message": "Bad credentials"})
        asked = dict(parse_qsl(parts.query))
        for known, pattern, function in self.routes:
            match = re.fullmatch(self.prefix + pattern, parts.path)
            if match and known == method:
                if method != "GET" and not self.may_write:
                    raise Answer(403, {"message": "Resource not accessible by personal access token"})
                result = function(self, Call(method, target, asked, json.loads(data or b"{}"), match))
                if isinstance(result, list):
                    return self._paged(result, parts.path, asked)
                return Answer(201 if method == "POST" else 200, result)
        raise Answer(404, {"message": "Not Found"})

    def _paged(self, found: list[Any], path: str, asked: dict[str, str]) -> Answer:
        size, page = min(int(asked.get(self.page, 30)), self.most), int(asked.get("page", 1))
        last = -(-len(found) // size)
        pages = {"next": page + 1, "last": last} if page < last else {"first": 1, "prev": page - 1}
        shown = [f'<{self.root}{path}?page={number}>; rel="{name}"' for name, number in pages.items()]
        link = {"Link": ",".join(shown)} if last > 1 else {}
        return Answer(200, found[(page - 1) * size : page * size], **link)

    @property
    def root(self) -> str:
        """Return by which address the forge calls itself."""
        return self.url

    def listed_tip(self, pull: Pull) -> str:
        """Return the newest commit of a pull request, as the lists of its commits and files know it."""
        return self.late.pop(0) if self.late else self.depot.tip(pull)

    def edited(self, call: Call, text: str = "body", state: str = "state", closing: str = "closed") -> Pull:
        """Edit a pull request; the names are those of the fields."""
        told, pull = call.fields("", f"title {text} {state}"), self.pull(call)
        pull.title, pull.text = told.get("title", pull.title), told.get(text, pull.text)
        if told.get(state) == closing:
            pull.tip, pull.state = self.depot.tip(pull), "closed"
        return pull

    def branch(self, name: str) -> str:
        if name not in self.depot.branches:
            raise Answer(404, {"message": "Branch not found"})
        return self.depot.branches[name]

    def pull(self, call: Call) -> Pull:
        number = int(call["number"])
        if not 0 < number <= len(self.depot.pulls):
            raise Answer(404, {"message": "Not Found"})
        return self.depot.pulls[number - 1]

    def commit_at(self, name: str) -> str:
        found = name if name in self.depot.commits else self.depot.branches.get(name)
        if found is None:
            raise Answer(404, {"message": "Not Found"})
        return found

    def opened(self, branch: str, base: str, title: str, text: str) -> Pull:
        pull = Pull(len(self.depot.pulls) + 1, branch, base, title, text)
        self.depot.pulls.append(pull)
        return pull

    def check_free(self, branch: str) -> None:
        if branch in self.protected:
            raise Answer(403, {"message": f"You are not allowed to push to the protected branch {branch}"})


@contextmanager
def running(forge: Forge) -> Iterator[Forge]:
    """Have a forge answer on a port of its own, at `url`."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def handle_one_request(self) -> None:
            try:
                super().handle_one_request()
            except (BrokenPipeError, ConnectionResetError):  # who asked has gone: it had no patience
                self.close_connection = True

        def _answer(self) -> None:
            data = self.rfile.read(int(self.headers.get("content-length", 0)))
            headers = dict(self.headers.items())
            answer = forge.answer(self.command, self.path, {k.title(): v for k, v in headers.items()}, data)
            self.close_connection = True
            if answer is None:
                return
            body = answer.body if isinstance(answer.body, bytes) else json.dumps(answer.body).encode()
            body = b"" if answer.status == 204 else body
            self.send_response(answer.status)
            for name, value in {"Content-Type": "application/json", "Connection": "close", **answer.headers}.items():
                self.send_header(name.replace("_", "-"), value)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        do_GET = do_POST = do_PATCH = do_PUT = do_DELETE = _answer  # noqa: N815 - their names

        def log_message(self, *_: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        forge.url = f"http://127.0.0.1:{server.server_port}"
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        try:
            yield forge
        finally:
            server.shutdown()
            thread.join()
