"""An inbox among people who mean no good: a real one, asked in every wrong way, that goes on to serve all others."""

import concurrent.futures
import contextlib
import itertools
import json
import logging
import os
import re
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import NamedTuple
from urllib.parse import quote, urlencode

import psutil
import pytest
from conftest import article, comment, dom, labo, write_site
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from labo_ssg.formats import comment as comment_format
from labo_ssg.inbox import form
from labo_ssg.inbox.http.guard import Guard, origin
from labo_ssg.inbox.http.log import Lines
from labo_ssg.inbox.tokens import Tokens

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="it takes /proc, and all of 127.0.0.0/8")

OWN = "https://essai.example"
FRIEND = "https://ailleurs.example"
SITE = f"""title: Essai
base_url: {OWN}
comments: {{inbox: /inbox/}}
inbox:
  origins: [{FRIEND}]
  pace: {{sender: 100000, article: 100000, requests: 1000000}}
"""
ANSWERED = "20210113T100000Z-abcdef"
FILES = {
    "content/ouvert.md": article(),
    "content/autre.md": article("Autre"),
    "content/clos.md": article("Clos", comments="closed"),
    f"comments/approved/ouvert/{ANSWERED}.md": comment("ouvert", author="Ada"),
}
HONEST = {"article": "ouvert", "author": "Jeanne", "text": "Un message honnête et assez long."}
EXTRA = 64 * 1024 * 1024  # bytes of memory that an attack may cost
FORM = "application/x-www-form-urlencoded"
GUARDED = {
    "content-security-policy": "default-src 'none'",
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",
    "referrer-policy": "same-origin",
    "cross-origin-opener-policy": "same-origin",
    "cache-control": "",
}
IMPATIENT = """
from labo_ssg.inbox.http import posted, wire
wire.PATIENCE, wire.BODY, wire.TAKING, posted.PATIENCE = 1.0, 3.0, 2.0, 1.5
from labo_ssg.cli.commands import main
main()
"""
STOPPED_SOON = """
from labo_ssg.inbox import serve
serve.GRACE = 2
from labo_ssg.cli.commands import main
main()
"""


class Answer(NamedTuple):
    """What came back."""

    status: int
    headers: list[tuple[str, str]]
    body: bytes

    def header(self, name: str) -> str:
        return ", ".join(value for known, value in self.headers if known == name)


class Inbox:
    """A running inbox of the site at a root."""

    def __init__(self, root: Path, code: str = "", **environment: str) -> None:
        self.root, self._log = root, root.parent / f"{root.name}.log"
        command = ["-c", code] if code else ["-m", "labo_ssg"]
        with self._log.open("wb") as log:
            self.process = subprocess.Popen(
                [sys.executable, *command, "inbox", "--root", str(root), "--port", "0"],
                stderr=log,
                env={**os.environ, **environment},
            )
        end = time.monotonic() + 30
        while not (found := re.search(r"Uvicorn running on http://127\.0\.0\.1:(\d+)", self.log)):
            assert self.process.poll() is None, self.log
            assert time.monotonic() < end, self.log
            time.sleep(0.05)
        self.port = int(found[1])

    @property
    def log(self) -> str:
        return self._log.read_text()

    @property
    def peak(self) -> int:
        """The most memory that the process has held since `forget_peak`, in bytes: a sample would miss it."""
        status = Path(f"/proc/{self.process.pid}/status").read_text()
        return int(status.partition("VmHWM:")[2].split()[0]) * 1024

    def forget_peak(self) -> None:
        Path(f"/proc/{self.process.pid}/clear_refs").write_text("5")

    def connect(self, source: str = "127.0.0.1", timeout: float = 10) -> socket.socket:
        return socket.create_connection(("127.0.0.1", self.port), timeout, (source, 0))

    def send(self, data: bytes, source: str = "127.0.0.1", timeout: float = 10) -> bytes:
        """Send `data`, and return all that comes until the other side closes."""
        with self.connect(source, timeout) as connection:
            with contextlib.suppress(ConnectionError):
                connection.sendall(data)
            return received(connection)

    def ask(
        self,
        method: str,
        target: str | bytes,
        body: bytes = b"",
        headers: Mapping[str, str] | None = None,
        source: str = "127.0.0.1",
    ) -> Answer:
        """Send one request, and return the answer to it."""
        given = {"Host": "essai.example", "Connection": "close", **(headers or {})}
        if body or method == "POST":
            given["Content-Length"] = str(len(body))
        lines = "".join(f"{name}: {value}\r\n" for name, value in given.items()).encode()
        path = target.encode() if isinstance(target, str) else target
        return only(self.send(b"%s %s HTTP/1.1\r\n%s\r\n%s" % (method.encode(), path, lines, body), source))

    def post(
        self,
        fields: Mapping[str, str],
        target: str = "/inbox/",
        headers: Mapping[str, str] | None = None,
        source: str = "127.0.0.1",
    ) -> Answer:
        return self.ask("POST", target, urlencode(fields).encode(), {"Content-Type": FORM, **(headers or {})}, source)

    def keep(self, fields: Mapping[str, str], headers: Mapping[str, str] | None = None, **how: str) -> Answer:
        """Preview a message, and confirm it."""
        return self.post({**fields, "token": self.token(fields, headers, **how)}, headers=headers, **how)

    def token(self, fields: Mapping[str, str], headers: Mapping[str, str] | None = None, **how: str) -> str:
        answer = self.post(fields, headers=headers, **how)
        assert answer.status == 200, answer.body.decode()
        return re.search(rb'name="token" value="([^"]+)"', answer.body)[1].decode()  # type: ignore[index]

    def stop(self) -> int:
        self.process.terminate()
        return self.process.wait(30)


def received(connection: socket.socket) -> bytes:
    data = b""
    with contextlib.suppress(ConnectionError):
        while piece := connection.recv(65536):
            data += piece
    return data


def only(data: bytes) -> Answer:
    """Return the one answer that `data` is."""
    head, _, body = data.partition(b"\r\n\r\n")
    first, *lines = head.decode("latin-1").split("\r\n")
    assert re.fullmatch(r"HTTP/1\.1 \d{3} [\w -]+", first), data[:300]
    headers = [(name.lower(), value.strip()) for name, _, value in (line.partition(":") for line in lines)]
    return Answer(int(first.split()[1]), headers, body)


def check(answer: Answer) -> Answer:
    """Check what every answer must be, whatever was asked."""
    assert answer.status < 500 or answer.status == 503, answer
    assert b"Traceback" not in answer.body
    assert b'File "' not in answer.body
    assert answer.header("server") == ""
    for name, value in GUARDED.items():
        assert len([one for one, _ in answer.headers if one == name]) == 1, (name, answer.headers)
        assert answer.header(name).startswith(value)
    assert "unsafe" not in answer.header("content-security-policy")
    if answer.header("cache-control") != "no-store":
        assert answer.header("cache-control") in ("no-cache", "public, max-age=31536000, immutable")
    return answer


def lines_of(log: str) -> list[dict[str, str]]:
    return [json.loads(line) for line in log.splitlines()]


@pytest.fixture(scope="module")
def inbox(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Inbox]:
    """An inbox that is attacked by all tests of this module, and is checked at the end."""
    root = write_site(tmp_path_factory.mktemp("hostile") / "site", {"site.yaml": SITE, **FILES})
    before = {path: path.read_bytes() for path in everything(root.parent) if path.is_file()}
    running = Inbox(root)
    yield running
    assert check(running.post(HONEST)).status == 200
    assert running.stop() == 0
    lines = lines_of(running.log)
    assert [line for line in lines if "traceback" in line] == []
    assert {line["event"] for line in lines if line["level"] == "error"} <= {"not kept"}  # behind a link
    after = everything(root.parent)
    new = {path.relative_to(root).parts[:2] for path in after - before.keys() - {root.parent / "site.log"}}
    assert {part for part in new if part[0] != ".labo"} <= {("comments", "pending"), ("comments", "removals")}
    assert {path: path.read_bytes() for path in before} == before
    for path in (root / "comments" / "pending").rglob("*.md"):
        _, problems = comment_format.parse(path.read_bytes(), path.relative_to(root))
        assert problems == []


def everything(folder: Path) -> set[Path]:
    return {path for path in folder.rglob("*") if path.is_file() or path.is_symlink()}


# Single requests that are wrong in one way.


def lines(*some: str) -> bytes:
    return "".join(f"{line}\r\n" for line in some).encode("latin-1") + b"\r\n"


HOST = "Host: essai.example"
LAST = "Connection: close"
POST = ("POST /inbox/ HTTP/1.1", HOST, f"Content-Type: {FORM}", LAST)
CHUNKED = "Transfer-Encoding: chunked"
MANY = [f"X-{number}: 1" for number in range(90)]

WIRE: dict[str, tuple[bytes, set[int]]] = {
    "nothing of HTTP": (b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n\r\n", {400}),
    "HTTP/2 with prior knowledge": (b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", {400}),
    "HTTP/1.0, without a host": (lines("GET /inbox/ HTTP/1.0"), {200}),
    "HTTP/0.9": (b"GET /inbox/\r\n\r\n", {400}),
    "HTTP/9.9": (lines("GET /inbox/ HTTP/9.9", HOST, LAST), {400}),
    "an absolute address, of another host": (lines("GET http://mal.example/inbox/ HTTP/1.1", HOST, LAST), {200}),
    "a path that starts as a host": (lines("GET //mal.example/inbox/ HTTP/1.1", HOST, LAST), {404, 400}),
    "no path": (lines("GET  HTTP/1.1", HOST, LAST), {400}),
    "a star": (lines("OPTIONS * HTTP/1.1", HOST, LAST), {404}),
    "CONNECT": (lines("CONNECT mal.example:443 HTTP/1.1", HOST, LAST), {400}),
    "no host": (lines("GET /inbox/ HTTP/1.1", LAST), {400}),
    "a host that is none": (lines("GET /inbox/ HTTP/1.1", "Host: [::1\t\xff", LAST), {200}),
    "two hosts": (lines("GET /inbox/ HTTP/1.1", HOST, "Host: mal.example", LAST), {400}),
    "a path beyond ASCII": (lines("GET /inbox/\xe9 HTTP/1.1", HOST, LAST), {400, 404}),
    "a NUL in a header": (b"GET /inbox/ HTTP/1.1\r\nHost: a\r\nX: a\0b\r\n\r\n", {400}),
    "a header over two lines": (
        b"GET /inbox/ HTTP/1.1\r\nHost: a\r\nX: a\r\n b\r\nConnection: close\r\n\r\n",
        {200, 400},
    ),
    "lines that end without CR": (b"GET /inbox/ HTTP/1.1\nHost: a\n\n", {400}),
    "very many headers": (lines("GET /inbox/ HTTP/1.1", HOST, *MANY, *MANY, LAST), {400}),
    "a very long header": (lines("GET /inbox/ HTTP/1.1", HOST, f"X: {'a' * 60_000}", LAST), {431}),
    "a very long name of a header": (lines("GET /inbox/ HTTP/1.1", HOST, f"{'a' * 60_000}: b", LAST), {431}),
    "a very long address": (lines(f"GET /inbox/{'a' * 60_000} HTTP/1.1", HOST, LAST), {431}),
    "a very long query": (lines(f"GET /inbox/?{'a' * 20_000} HTTP/1.1", HOST, LAST), {200}),
    "a websocket": (
        lines(
            "GET /inbox/ HTTP/1.1",
            HOST,
            "Connection: Upgrade, close",
            "Upgrade: websocket",
            "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==",
            "Sec-WebSocket-Version: 13",
        ),
        {200},
    ),
    "HTTP/2 by upgrade": (lines("GET /inbox/ HTTP/1.1", HOST, "Connection: Upgrade, close", "Upgrade: h2c"), {200}),
    "a body of two lengths": (lines(*POST, "Content-Length: 3", "Content-Length: 5") + b"a=b&c", {400}),
    "a body of a length and of chunks": (lines(*POST, "Content-Length: 3", CHUNKED) + b"0\r\n\r\n", {400}),
    "chunks in HTTP/1.0": (lines("POST /inbox/ HTTP/1.0", CHUNKED) + b"0\r\n\r\n", {400}),
    "a coding that is none": (lines(*POST, "Transfer-Encoding: xchunked") + b"0\r\n\r\n", {400}),
    "a coding after the chunks": (lines(*POST, "Transfer-Encoding: chunked, gzip") + b"0\r\n\r\n", {400}),
    "a length below zero": (lines(*POST, "Content-Length: -1"), {400}),
    "a length with a plus": (lines(*POST, "Content-Length: +3") + b"a=b", {400}),
    "a length beyond all numbers": (lines(*POST, f"Content-Length: {'9' * 5000}"), {400}),
    "a length of terabytes": (lines(*POST, "Content-Length: 9999999999999"), {413}),
    "a chunk of terabytes": (lines(*POST, CHUNKED) + b"fffffffffff\r\n" + b"a" * 200_000, {413}),
    "a chunk whose size is none": (lines(*POST, CHUNKED) + b"zz\r\n", {400}),
    "an endless size of a chunk": (lines(*POST, CHUNKED) + b"1;" + b"a" * 200_000, {400, 431}),
    "endless trailers": (lines(*POST, CHUNKED) + b"0\r\n" + b"X: a\r\n" * 50_000, {400, 431}),
    "an endless trailer": (lines(*POST, CHUNKED) + b"0\r\nX: " + b"a" * 200_000, {400, 431}),
    "a body that is compressed": (
        lines(*POST, "Content-Encoding: gzip", "Content-Length: 4") + b"\x1f\x8b\x08\x00",
        {415},
    ),
    "a form of JSON": (
        lines("POST /inbox/ HTTP/1.1", HOST, "Content-Type: application/json", "Content-Length: 2", LAST) + b"{}",
        {415},
    ),
    "a form of no type": (lines("POST /inbox/ HTTP/1.1", HOST, "Content-Length: 3", LAST) + b"a=b", {415}),
    "a request before its end, and another": (
        lines(*POST, "Content-Length: 3") + b"a=b" + lines("GET /secret HTTP/1.1"),
        {503},
    ),
    "garbage after the last request": (lines("GET /inbox/ HTTP/1.1", HOST, LAST) + b"\0" * 5000, {200}),
}


@pytest.mark.parametrize(("data", "statuses"), WIRE.values(), ids=WIRE)
def test_a_request_that_is_wrong_on_the_wire(inbox: Inbox, data: bytes, statuses: set[int]) -> None:
    answer = inbox.send(data)
    assert check(only(answer)).status in statuses
    assert inbox.ask("GET", "/healthz").status == 200


def body_of(*parts: bytes, boundary: bytes = b"x") -> bytes:
    return b"".join(b"--%s\r\n%s\r\n" % (boundary, part) for part in parts) + b"--%s--\r\n" % boundary


def part(name: str, value: bytes, more: str = "") -> bytes:
    return f'Content-Disposition: form-data; name="{name}"{more}\r\n\r\n'.encode() + value


PLAIN = "multipart/form-data; boundary=x"
HONEST_PARTS = [part(name, value.encode()) for name, value in HONEST.items()]
BODIES: dict[str, tuple[str, bytes, int]] = {
    "parts as they should be": (PLAIN, body_of(*HONEST_PARTS), 200),
    "parts of which one is no UTF-8": (PLAIN, body_of(*HONEST_PARTS[:2], part("text", b"\xe9" * 50)), 400),
    "parts whose charset takes hours": (f"{PLAIN}; charset=punycode", body_of(part("text", b"9" * 90_000)), 503),
    "parts whose charset makes halves of signs": (
        f"{PLAIN}; charset=utf-7",
        body_of(*HONEST_PARTS[:2], part("text", b"Un message +2AA- honnete")),
        200,
    ),
    "parts whose charset is no charset": (f"{PLAIN}; charset=zlib", body_of(*HONEST_PARTS), 200),
    "a file": (PLAIN, body_of(part("text", b"a", '; filename="../../x"')), 400),
    "very many parts": (PLAIN, body_of(*[part("a", b"")] * 1500), 400),
    "parts within parts": (PLAIN, body_of(b"Content-Type: multipart/mixed; boundary=y\r\n\r\n--y\r\n\r\n"), 400),
    "a part of no name": (PLAIN, body_of(b"Content-Disposition: form-data\r\n\r\na"), 400),
    "a part with a huge header": (PLAIN, body_of(b"X: " + b"a" * 90_000 + b"\r\n" + part("text", b"a")), 400),
    "a part with very many headers": (PLAIN, body_of(b"X: a\r\n" * 15_000 + part("text", b"a")), 400),
    "no boundary": ("multipart/form-data", body_of(*HONEST_PARTS), 400),
    "a boundary that is none": ("multipart/form-data; boundary=\x01", body_of(*HONEST_PARTS), 400),
    "a huge boundary": (f"multipart/form-data; boundary={'x' * 9000}", b"--" + b"x" * 9000, 400),
    "another boundary": ("multipart/form-data; boundary=y", body_of(*HONEST_PARTS), 400),
    "nearly the boundary, again and again": (PLAIN, body_of(part("text", b"\r\n--" * 20_000)), 503),
    "parts that do not end": (PLAIN, b"--x\r\n" + part("text", b"a" * 90_000), 503),
    "an empty body of parts": (PLAIN, b"", 503),
    "nothing": (FORM, b"", 503),
    "very many fields": (FORM, b"a=b&" * 20_000, 400),
    "the same field often": (FORM, b"article=ouvert&author=J&text=Un+message+bien+long&text=autre", 200),
    "no UTF-8": (FORM, b"article=ouvert&author=J&text=%E9%E9%E9", 400),
    "halves of signs": (FORM, b"article=ouvert&author=J&text=%ED%A0%80", 400),
    "bytes that are none of a form": (FORM, b"text=\xff\xfe\x00", 400),
    "only signs that cannot be shown": (FORM, b"article=ouvert&author=J&text=" + b"%00" * 3000, 422),
    "NULs": (FORM, b"article=ouv%00ert&author=J%00&text=Un%00+message+bien+long", 200),
    "percent signs": (FORM, b"article=ouvert&author=J&text=" + b"%" * 15_000, 200),
    "a large text": (FORM, b"article=ouvert&author=J&text=" + b"a" * 90_000, 422),
    "too large a text": (FORM, b"text=" + b"a" * 200_000, 413),
    "far too large a text": (FORM, b"text=" + b"a" * 2_000_000, 413),
}


@pytest.mark.parametrize(("kind", "body", "status"), BODIES.values(), ids=BODIES)
def test_a_body_that_is_wrong(inbox: Inbox, kind: str, body: bytes, status: int) -> None:
    start = time.monotonic()
    assert check(inbox.ask("POST", "/inbox/", body, {"Content-Type": kind})).status == status
    assert time.monotonic() - start < 3


IDS = [
    "", ".", "..", "../..", "../../site", ".labo", "./ouvert", "ouvert/", "/etc/passwd", "%2e%2e", "..%2f..",
    "ouvert\0", "ouvert\r\nX: y", "OUVERT", "a" * 5000, "é", "ouvert.md", "~", "*", "${HOME}", "approved",
    "\u2024\u2024", "-rf",
]  # fmt: skip


@pytest.mark.parametrize("id_", IDS, ids=repr)
def test_ids_that_are_none_lead_nowhere(inbox: Inbox, id_: str) -> None:
    clean = " ".join(id_.replace("\0", "").split())
    known = clean == "ouvert"  # what nobody sees is left out of what was typed
    assert check(inbox.post({**HONEST, "article": id_})).status == (200 if known else 503)
    assert check(inbox.post({**HONEST, "reply_to": id_})).status == (422 if clean else 200)
    assert check(inbox.post({"reference": id_, "code": "AAAA-BBBB-CCCC-DDDD"}, "/inbox/status")).status == 404
    assert check(inbox.post({"reference": ANSWERED, "code": id_}, "/inbox/status")).status == 404
    for path in (f"/inbox/reply/{quote(id_, safe='')}/{ANSWERED}", f"/inbox/reply/ouvert/{quote(id_, safe='')}"):
        assert check(inbox.ask("GET", path)).status == 404
    for path in (f"/inbox/assets/x/{quote(id_, safe='')}", f"/inbox/assets/{quote(id_, safe='')}/style.css"):
        assert check(inbox.ask("GET", path)).status in (200, 404)


@pytest.mark.parametrize("method", ["HEAD", "OPTIONS", "PUT", "DELETE", "PATCH", "TRACE", "PROPFIND", "MKCALENDAR"])
def test_other_methods_are_answered_and_do_nothing(inbox: Inbox, method: str) -> None:
    for path in ("/inbox/", "/inbox/status", f"/inbox/reply/ouvert/{ANSWERED}", "/healthz", "/metrics", "/", "/inbox"):
        answer = check(inbox.ask(method, path, b"", {"X-Secret": "echo me", "Origin": OWN}))
        assert answer.status in ((200, 308, 404, 405) if method == "HEAD" else (400, 404, 405))
        assert b"echo me" not in answer.body


def test_nobody_is_sent_to_another_host(inbox: Inbox) -> None:
    for path in ("/inbox", "/inbox/status/", "/inbox//", "//mal.example/inbox", "/inbox/?next=https://mal.example"):
        answer = check(inbox.ask("GET", path, b"", {"Host": "mal.example", "X-Forwarded-Host": "mal.example"}))
        assert answer.header("location") in ("", "/inbox/")
        assert b"mal.example" not in answer.body


# Whose form it is.


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({}, 200),
        ({"Origin": OWN}, 200),
        ({"Origin": FRIEND, "Sec-Fetch-Site": "cross-site"}, 200),
        ({"Origin": "null", "Sec-Fetch-Site": "same-origin"}, 200),
        ({"Sec-Fetch-Site": "none"}, 200),
        ({"Sec-Fetch-Site": "same-site"}, 200),
        ({"Host": "localhost:8025", "Origin": "http://localhost:8025"}, 200),
        ({"Host": "inbox.example", "Origin": "https://inbox.example"}, 200),
        ({"Origin": "https://mal.example"}, 403),
        ({"Origin": "https://mal.example", "Sec-Fetch-Site": "same-site"}, 403),
        ({"Origin": "https://mal.example", "Sec-Fetch-Site": "cross-site"}, 403),
        ({"Sec-Fetch-Site": "cross-site"}, 403),
        ({"Sec-Fetch-Site": "cross-site", "Origin": "null"}, 403),
        ({"Origin": "null"}, 403),
        ({"Origin": "null", "Host": ""}, 403),
        ({"Origin": f"{OWN}.mal.example"}, 403),
        ({"Origin": f"{OWN}:444"}, 403),
        ({"Origin": "http://essai.example:80@mal.example"}, 403),
        ({"Origin": "http://["}, 403),
        ({"Origin": "http://[::1]:99999999"}, 403),
        ({"Origin": "https://\xff\xfe"}, 403),
        ({"Origin": "file://essai.example"}, 403),
        ({"Origin": "", "Host": "["}, 200),
    ],
    ids=str,
)
def test_whose_form_it_is(inbox: Inbox, headers: dict[str, str], status: int) -> None:
    body = urlencode(HONEST).encode()
    sent = {"Host": "essai.example", "Content-Type": FORM, "Content-Length": str(len(body)), **headers}
    head = "".join(f"{name}: {value}\r\n" for name, value in {**sent, "Connection": "close"}.items())
    answer = check(only(inbox.send(f"POST /inbox/ HTTP/1.1\r\n{head}\r\n".encode("latin-1") + body)))
    assert answer.status == status
    listed = headers.get("Origin") in (OWN, FRIEND)
    assert answer.header("access-control-allow-origin") == (headers["Origin"] if listed else "")


def test_a_browser_may_ask_before_it_sends_a_form_from_elsewhere(inbox: Inbox) -> None:
    asks = {"Access-Control-Request-Method": "POST"}
    assert check(inbox.ask("OPTIONS", "/inbox/", b"", {**asks, "Origin": FRIEND})).status == 200
    refused = check(inbox.ask("OPTIONS", "/inbox/", b"", {**asks, "Origin": "https://mal.example"}))
    assert refused.header("access-control-allow-origin") == ""


def test_origins_are_compared_as_browsers_write_them() -> None:
    assert origin("HTTPS://Essai.Example:443/blog/") == "https://essai.example"
    assert origin("http://essai.example:8080") == "http://essai.example:8080"
    assert origin("https://école.example") == "https://xn--cole-9oa.example"
    assert origin("http://[2001:DB8::1]:80/") == "http://[2001:db8::1]"
    assert [*map(origin, ["null", "", "//a.example", "http://", "http://a:b", "data:x", "http://[", "http://..é"])] == [
        ""
    ] * 8
    headers = Guard(lambda *_: None, ["https://школа.example"])._headers  # type: ignore[arg-type,return-value]
    assert b"https://xn--80atdl2c.example" in dict(headers)[b"content-security-policy"]


# What was shown, and what is confirmed.


def test_a_token_is_of_one_text_under_one_article_and_of_its_time(inbox: Inbox) -> None:
    token = inbox.token(HONEST)
    others = [
        {"text": "Un tout autre message, assez long."},
        {"article": "autre"},
        {"author": "Jeann"},
        {"reply_to": ANSWERED},
        {"website": "https://mal.example"},
        {"token": token[:-2] + ("A" if token[-2] != "A" else "B") + token[-1]},  # the last sign has bits to spare
        {"token": token.replace(".", "..")},
        {"token": f".{token}"},
        {"token": "x" * 50_000},
        {"token": "é\ud7ff😀\0"},
        {"token": "null.AAAA"},
    ]
    before = set((inbox.root / "comments" / "pending").rglob("*.md"))
    for change in others:
        answer = check(inbox.post({**HONEST, "token": token, **change}))
        assert answer.status == 200
        assert b'name="token"' in answer.body
    assert set((inbox.root / "comments" / "pending").rglob("*.md")) == before
    first, second = inbox.post({**HONEST, "token": token}), inbox.post({**HONEST, "token": token})
    assert (check(first).status, check(second).status) == (201, 200)
    assert len(set((inbox.root / "comments" / "pending").rglob("*.md")) - before) == 1


def test_a_token_of_another_time_or_secret_shows_the_message_again(inbox: Inbox) -> None:
    from datetime import UTC, datetime, timedelta

    secret = (inbox.root / ".labo" / "inbox" / "secret").read_bytes().strip()
    typed, now = form.read(HONEST), datetime.now(UTC)
    for tokens, moment in [
        (Tokens(secret), now - timedelta(hours=13)),
        (Tokens(secret), now + timedelta(hours=1)),
        (Tokens(b"x" * 64), now),
        (Tokens(b""), now),
    ]:
        answer = check(inbox.post({**HONEST, "token": tokens.sign(typed, moment)}))
        assert answer.status == 200
        assert b'name="token"' in answer.body


def test_the_secret_is_for_its_owner_alone(inbox: Inbox) -> None:
    assert (inbox.root / ".labo" / "inbox" / "secret").stat().st_mode & 0o777 == 0o600


def test_a_message_obeys_its_own_code_alone(inbox: Inbox) -> None:
    receipts = [inbox.keep({**HONEST, "text": f"Le message numéro {number}, assez long."}).body for number in (1, 2)]
    (first, code), (second, other) = (re.findall(rb"<dd><code>([^<]+)</code></dd>", one) for one in receipts)
    for typed in (other, b"", code[:-1], code + b"A", code.replace(b"-", b"\0"), b"sha256:" + code, b"\xff" * 16):
        ask = urlencode({"reference": first, "code": typed, "withdraw": "yes"}, errors="replace").encode()
        assert check(inbox.ask("POST", "/inbox/status", ask, {"Content-Type": FORM})).status in (400, 404)
    assert (inbox.root / f"comments/pending/ouvert/{first.decode()}.md").is_file()
    gone = inbox.post({"reference": first.decode(), "code": code.decode(), "withdraw": "yes"}, "/inbox/status")
    assert check(gone).status == 200
    assert not (inbox.root / f"comments/pending/ouvert/{first.decode()}.md").exists()
    assert (inbox.root / f"comments/pending/ouvert/{second.decode()}.md").is_file()


def test_a_message_is_not_put_behind_a_link(inbox: Inbox, tmp_path: Path) -> None:
    (inbox.root / "comments/pending/autre").symlink_to(tmp_path)
    try:
        assert check(inbox.keep({**HONEST, "article": "autre"})).status == 503
        assert list(tmp_path.iterdir()) == []
    finally:
        (inbox.root / "comments/pending/autre").unlink()


XSS = """"'><script>alert(1)</script><img src=x onerror=alert(1)>{{ 7*7 }}</textarea>&#x3C;"""


def test_nothing_that_was_typed_becomes_markup(inbox: Inbox) -> None:
    answers = [
        inbox.post({**HONEST, **{name: f"{XSS} {name}" for name in ("author", "website", "email", "text", "token")}}),
        inbox.post({**HONEST, "author": XSS}),
        inbox.post({**HONEST, "text": XSS * 20, "website": "https://a.example/?javascript:alert(1)"}),
        inbox.post({**HONEST, "text": XSS, "article": XSS}),
        inbox.post({**HONEST, "text": XSS, "article": "clos"}),
        inbox.post({**HONEST, "reply_to": XSS}),
        inbox.post(
            {**HONEST, "text": f"[a->javascript:alert(1)] [{XSS}->https://a.example] <a href='javascript:x'>y</a>"}
        ),
        inbox.post({"reference": XSS, "code": XSS, "why": XSS}, "/inbox/status"),
        inbox.ask("GET", f"/inbox/{quote(XSS)}"),
        inbox.ask("GET", f"/inbox/reply/ouvert/{quote(XSS, safe='')}"),
    ]
    for answer in answers:
        if check(answer).header("content-type").startswith("text/plain"):
            continue
        for element in dom(answer.body).iter():
            assert element.tag != "img"
            assert not [name for name in element.attrib if name.startswith("on") or name == "style"]
            assert not [value for value in element.attrib.values() if value.strip().startswith("javascript:")]
            if element.tag == "script":
                assert element.attrib["src"].startswith("/inbox/assets/")
                assert not element.text


def test_lines_in_a_name_stay_a_name(inbox: Inbox) -> None:
    split = "Jeanne\r\nX-Injected: 1\n---\nemail: a@b.example\ncode: sha256:0\u2028\x85\x0b"
    answer = check(inbox.keep({**HONEST, "author": split, "text": "---\nauthor: Autre\n---\n" + HONEST["text"]}))
    assert answer.status == 201
    assert answer.header("x-injected") == ""
    reference = re.search(rb"<dd><code>(\w{16}-\w{6})", answer.body)[1].decode()  # type: ignore[index]
    path = inbox.root / f"comments/pending/ouvert/{reference}.md"
    there, problems = comment_format.parse(path.read_bytes(), path.relative_to(inbox.root))
    assert problems == []
    assert there.author == "Jeanne X-Injected: 1 --- email: a@b.example code: sha256:0"
    assert there.text.startswith("---\nauthor: Autre\n---\n")


# Whatever comes.

LEAN = settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
SIGNS = st.text(st.characters(exclude_categories=["Cs"]), max_size=200)
NAMES = st.sampled_from(["article", "reply_to", "author", "email", "website", "text", "token", "reference", "code"])


@LEAN
@given(author=SIGNS, website=SIGNS | st.just("https://a.example/"), text=SIGNS.map(lambda one: f"Un message {one}"))
def test_whatever_is_typed_is_kept_as_it_was_or_refused(inbox: Inbox, author: str, website: str, text: str) -> None:
    typed = {"article": "ouvert", "author": author, "website": website, "text": text}
    shown = check(inbox.post(typed))
    assert shown.status in (200, 422)
    if shown.status == 422:
        return
    answer = check(inbox.keep(typed))
    assert answer.status == 201
    reference = re.search(rb"<dd><code>(\w{16}-\w{6})", answer.body)[1].decode()  # type: ignore[index]
    path = inbox.root / f"comments/pending/ouvert/{reference}.md"
    there, problems = comment_format.parse(path.read_bytes(), path.relative_to(inbox.root))
    assert problems == []
    expected = form.read(typed)
    assert (there.author, there.website, there.text) == (expected.author, expected.website, f"{expected.text}\n")


@LEAN
@given(st.lists(st.tuples(NAMES | SIGNS, SIGNS), max_size=45), st.sampled_from(["/inbox/", "/inbox/status"]))
def test_whatever_fields_come_are_answered(inbox: Inbox, fields: list[tuple[str, str]], path: str) -> None:
    answer = inbox.ask("POST", path, urlencode(fields).encode(), {"Content-Type": FORM})
    assert check(answer).status in (200, 400, 404, 413, 422, 503)


HEADERS = st.sampled_from(
    """Host Origin Sec-Fetch-Site X-Forwarded-For X-Forwarded-Proto Forwarded Content-Type Content-Encoding Expect Range
    If-None-Match Cookie Authorization Accept Accept-Encoding Upgrade Connection TE Trailer X-HTTP-Method-Override
    Access-Control-Request-Method Content-Disposition""".split()
)
VALUES = st.text(
    st.characters(min_codepoint=32, max_codepoint=255, exclude_characters="\x7f"), max_size=60
) | st.sampled_from(
    ["null", "100-continue", "close", "keep-alive", "upgrade", "h2c", FORM, PLAIN, "127.0.0.1", "[::1", "same-origin"]
)
PARTS = st.sampled_from(
    [
        "inbox",
        "status",
        "reply",
        "assets",
        "ouvert",
        ANSWERED,
        "healthz",
        "metrics",
        "..",
        ".",
        "%2e%2e",
        "%00",
        "%FF",
        "",
        "style.css",
    ]
) | st.binary(max_size=12).map(quote)


@LEAN
@given(
    method=st.sampled_from("GET HEAD POST PUT DELETE OPTIONS PATCH TRACE".split()),
    path=st.lists(PARTS, max_size=5).map(lambda parts: "/" + "/".join(parts)),
    headers=st.dictionaries(HEADERS, VALUES, max_size=5),
    body=st.binary(max_size=300),
)
def test_whatever_is_asked_is_answered(
    inbox: Inbox, method: str, path: str, headers: dict[str, str], body: bytes
) -> None:
    given = {"Host": "essai.example", **headers}
    lines = "".join(f"{name}: {value}\r\n" for name, value in given.items() if name != "Connection")
    head = f"{method} {path} HTTP/1.1\r\n{lines}Content-Length: {len(body)}\r\nConnection: close\r\n\r\n"
    answer = inbox.send(head.encode("latin-1") + body).removeprefix(b"HTTP/1.1 100 Continue\r\n\r\n")
    assert check(only(answer)).status != 201


@LEAN
@given(
    st.lists(
        st.binary(max_size=40) | st.sampled_from([b"\r\n", b"GET /inbox/ HTTP/1.1\r\n", b": ", b"\0"]), max_size=12
    )
)
def test_whatever_bytes_come_do_no_harm(inbox: Inbox, pieces: list[bytes]) -> None:
    with inbox.connect() as connection:
        connection.sendall(b"".join(pieces))
        connection.shutdown(socket.SHUT_WR)
    assert inbox.process.poll() is None


# Where requests come from, and how fast.


@pytest.fixture(scope="module")
def paced(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Inbox]:
    """An inbox that believes 127.0.0.1 alone where a request comes from, and takes 2 messages and 28 requests."""
    settings = f"title: Essai\nbase_url: {OWN}\ninbox: {{proxies: [127.0.0.1], pace: {{sender: 2, requests: 28}}}}\n"
    root = write_site(tmp_path_factory.mktemp("paced") / "site", {"site.yaml": settings, **FILES})
    running = Inbox(root)
    yield running
    assert running.stop() == 0


def test_nobody_outruns_the_pace_by_saying_to_be_somebody_else(paced: Inbox) -> None:
    number = itertools.count(1)

    def send(source: str, told: str) -> int:
        fields = {**HONEST, "text": f"Le message numéro {next(number)}, assez long."}
        return check(paced.keep(fields, {"X-Forwarded-For": told}, source=source)).status

    assert [send("127.0.0.2", f"192.0.2.{one}") for one in (1, 2, 3)] == [201, 201, 429]
    assert [send("127.0.0.3", f"127.0.0.1, 192.0.2.{one}") for one in (1, 2, 3)] == [201, 201, 429]
    # A trusted one is believed, of the last address that is not its own, whatever was said before it.
    assert [send("127.0.0.1", f"192.0.2.{one}, 198.51.100.7") for one in (1, 2, 3)] == [201, 201, 429]
    assert [send("127.0.0.1", "198.51.100.8"), send("127.0.0.1", "2001:db8::1")] == [201, 201]
    assert [send("127.0.0.1", f"2001:db8::{one}") for one in (2, 3)] == [201, 429]
    # What a proxy cannot name is nobody, and stops nobody.
    assert [send("127.0.0.1", f"{'x' * 9000}\xff, , ") for _ in range(3)] == [201, 201, 201]


def test_who_asks_too_fast_is_told_so_and_others_are_answered(paced: Inbox) -> None:
    if time.time() % 60 > 55:
        time.sleep(6)  # all within a minute
    asked = [paced.post({"reference": ANSWERED, "code": "AAAABBBBCCCCDDDD"}, "/inbox/status", source="127.0.0.5")]
    asked += [paced.post(HONEST, source="127.0.0.5") for _ in range(9)]
    asked += [paced.post({**HONEST, "text": "mot " * 1500}, source="127.0.0.5") for _ in range(2)]
    asked += [paced.ask("GET", f"/inbox/reply/ouvert/{ANSWERED}", source="127.0.0.5") for _ in range(5)]
    assert [check(one).status for one in asked] == [404] + [200] * 9 + [200, 200] + [200] * 3 + [429] * 2
    assert asked[-1].header("retry-after") == "60"
    assert check(paced.post(HONEST, source="127.0.0.6")).status == 200
    assert check(paced.ask("GET", "/healthz", source="127.0.0.5")).status == 200


# What is said of visitors: nothing.


def test_nothing_of_a_person_is_in_the_log_or_the_numbers(inbox: Inbox) -> None:
    person = {"author": "Zoé-Quidam", "website": "https://quidam.example", "email": "zoe@quidam.example"}
    text = "Quidam écrit un message assez long ici."
    headers = {
        "User-Agent": "Quidam/5.0",
        "X-Forwarded-For": "203.0.113.77",
        "Cookie": "quidam=1",
        "Referer": "https://quidam.example/",
    }
    fields = {**HONEST, **person, "text": text}
    kept = inbox.keep(fields, headers)
    reference, code = re.findall(rb"<dd><code>([^<]+)</code></dd>", kept.body)
    for wrong in (b"article=\xff quidam", b"quidam" * 40_000, b"quidam&" * 100):
        inbox.ask("POST", "/inbox/", wrong, {"Content-Type": FORM, **headers})
    inbox.post({**fields, "article": "quidam"}, headers=headers)
    inbox.post({"reference": reference.decode(), "code": "quidam", "why": "quidam"}, "/inbox/status", headers)
    inbox.post({"reference": reference.decode(), "code": code.decode()}, "/inbox/status", headers)
    inbox.ask("GET", "/quidam?quidam", headers=headers)
    inbox.ask("GET", "/inbox/reply/quidam/quidam", headers=headers)
    inbox.send(b"quidam\0\r\n\r\n")
    inbox.send(lines("GET /inbox/ HTTP/1.1", "Upgrade: websocket", "Connection: upgrade, close", "X: quidam"))
    numbers = check(inbox.ask("GET", "/metrics")).body.decode()
    health = check(inbox.ask("GET", "/healthz")).body.decode()
    for told in (inbox.log, numbers, health):
        for secret in ("quidam", "zoé", "zo\\u00e9", "203.0.113.77", code.decode().lower(), text.lower()):
            assert secret not in told.lower()
    peers = re.sub(r"Uvicorn running on http://127\.0\.0\.1:\d+", "", inbox.log)
    assert not re.search(r"\d+\.\d+\.\d+\.\d+", peers)
    assert str(inbox.root) not in health


def test_a_failure_is_logged_by_where_it_happened_not_by_what_was_written() -> None:
    written = "Quidam\x9b31m\u2028"
    try:
        try:
            raise KeyError(written)
        except KeyError as error:
            raise ValueError(written) from error
    except ValueError:
        record = logging.LogRecord("x", logging.ERROR, "", 0, "failed", (), sys.exc_info())
    line = Lines().format(record)
    assert "Quidam" not in line
    assert line.isascii()
    assert re.findall(r"\b\w+Error\b(?=\n)", json.loads(line)["traceback"]) == ["KeyError", "ValueError"]


# Many at once, and slow ones.


def closed_after(connection: socket.socket) -> float:
    start = time.monotonic()
    received(connection)
    return time.monotonic() - start


def test_whoever_dawdles_is_let_go(tmp_path: Path) -> None:
    """With a clock that runs faster: 1 s for a head, 1.5 s to read a body, 3 s for one that nobody reads."""
    slow = Inbox(write_site(tmp_path / "site", {"site.yaml": SITE, **FILES}), IMPATIENT)
    chatty = lines("GET /inbox/ HTTP/1.1", HOST, "Content-Length: 50")
    scenes = {
        "says nothing": (b"", b"", 0),
        "half a head, a byte at a time": (b"GET /inbox/ HTTP/1.1\r\nX: ", b"a", 0),
        "a body, a byte at a time": (lines(*POST, "Content-Length: 5000"), b"a", 408),
        "chunks, a byte at a time": (lines(*POST, CHUNKED), b"1\r\na\r\n", 408),
        "a body that nobody reads": (chatty, b"a", 200),
        "a body that nobody reads, and nothing after it": (chatty + b"a" * 49, b"", 200),
        "blank lines after an answer": (lines("GET /inbox/ HTTP/1.1", HOST), b"\r\n", 200),
        "trailers, one at a time": (lines(*POST, CHUNKED) + b"0\r\n", b"X: y\r\n", 408),
    }

    def play(scene: tuple[bytes, bytes, int]) -> tuple[int, float]:
        first, then, _ = scene
        start = time.monotonic()
        with slow.connect(timeout=0.2) as connection:
            connection.sendall(first)
            data = b""
            while time.monotonic() - start < 12:
                try:
                    piece = connection.recv(65536)
                    data += piece
                    if not piece:
                        break
                except TimeoutError:
                    pass
                except OSError:
                    break
                with contextlib.suppress(OSError):
                    connection.sendall(then)
        return (only(data).status if data else 0), time.monotonic() - start

    with concurrent.futures.ThreadPoolExecutor(len(scenes)) as pool:
        played = [*pool.map(play, scenes.values())]
    slow.stop()
    told = {name: (status, seconds) for name, (status, seconds) in zip(scenes, played, strict=True)}
    assert {name: status for name, (status, _) in told.items()} == {name: scene[2] for name, scene in scenes.items()}
    assert max(seconds for _, seconds in told.values()) < 11, told


def test_visitors_are_served_among_hundreds_that_keep_it_waiting(inbox: Inbox) -> None:
    with contextlib.ExitStack() as held:
        for number in range(600):
            one = held.enter_context(inbox.connect("127.0.0.2"))
            one.sendall(lines(*POST, "Content-Length: 5000") + b"a=b" if number % 2 else b"GET /inbox/ HTTP/1.1\r\nX: ")
        start = time.monotonic()
        for _ in range(5):
            assert check(inbox.keep({**HONEST, "text": f"Au milieu de la foule, {time.monotonic()}."})).status == 201
        assert time.monotonic() - start < 10
        assert psutil.Process(inbox.process.pid).num_fds() < 400
    assert check(inbox.ask("GET", "/healthz")).status == 200


def test_an_inbox_that_can_take_no_more_says_so(tmp_path: Path) -> None:
    full = "from labo_ssg.inbox.http import wire\nwire.ANSWERS = 0\nfrom labo_ssg.cli.commands import main\nmain()"
    inbox = Inbox(write_site(tmp_path / "site", {"site.yaml": SITE, **FILES}), full)
    answer = check(inbox.post(HONEST))
    assert (answer.status, answer.header("retry-after")) == (503, "60")
    assert inbox.stop() == 0


def test_requests_in_a_row_are_answered_in_order_and_not_without_end(inbox: Inbox) -> None:
    row = [
        lines("GET /healthz HTTP/1.1", HOST),
        lines("GET /nowhere HTTP/1.1", HOST),
        lines("GET /healthz HTTP/1.1", HOST, LAST),
    ]
    found = re.findall(rb"HTTP/1.1 (\d+)", inbox.send(b"".join(row)))
    assert found == [b"200", b"404", b"200"]
    data = inbox.send(row[1] * 20_000)
    assert data.count(b"HTTP/1.1 404") <= 20


def flood(inbox: Inbox, first: bytes, then: bytes, times: int, connections: int) -> None:
    """Open connections, and on each send something, then something else as often as it is taken."""
    with contextlib.ExitStack() as held:
        many = [held.enter_context(inbox.connect("127.0.0.2", 5)) for _ in range(connections)]
        for one in many:
            with contextlib.suppress(OSError):
                one.sendall(first)
                one.setblocking(False)
        for _ in range(times):
            for one in many:
                with contextlib.suppress(OSError):
                    one.send(then)
        inbox.ask("GET", "/healthz")


BIG = b"a" * 65536
FLOODS = {
    "bodies just below the limit": (lines(*POST, "Content-Length: 98303") + b"a=" + BIG, b"a" * 16_000, 2),
    "chunks without end": (lines(*POST, CHUNKED), b"10000\r\n" + BIG + b"\r\n", 8),
    "bodies that nobody reads": (lines("GET /inbox/ HTTP/1.1", CHUNKED), b"10000\r\n" + BIG + b"\r\n", 8),
    "heads without end": (b"GET /inbox/ HTTP/1.1\r\nX: ", BIG, 8),
    "headers without end": (b"GET /inbox/ HTTP/1.1\r\n", b"a:\r\n" * 16_000, 4),
    "addresses without end": (b"GET /", BIG, 8),
    "trailers without end": (lines(*POST, CHUNKED) + b"0\r\n", b"a:\r\n" * 16_000, 4),
    "requests in a row, whose answers nobody takes": (b"", lines("GET /inbox/ HTTP/1.1", HOST) * 1500, 4),
}


@pytest.mark.parametrize(("first", "then", "times"), FLOODS.values(), ids=FLOODS)
def test_no_flood_takes_more_than_64_mb(inbox: Inbox, first: bytes, then: bytes, times: int) -> None:
    inbox.post(HONEST)
    inbox.forget_peak()
    before = psutil.Process(inbox.process.pid).memory_info().rss
    flood(inbox, first, then, times, 250)
    assert inbox.peak - before < EXTRA, (inbox.peak - before) >> 20
    assert check(inbox.post(HONEST)).status == 200


def test_forms_at_the_limit_all_at_once_take_no_more_than_64_mb(inbox: Inbox) -> None:
    large = {**HONEST, "text": "{{a}} [b->https://c.example] <code>x</code>\n\n" * 350}
    multi = body_of(*[part(f"f{number}", b"a" * 2000) for number in range(39)])
    inbox.post(large)
    inbox.forget_peak()
    before = psutil.Process(inbox.process.pid).memory_info().rss
    with concurrent.futures.ThreadPoolExecutor(40) as pool:
        some = [pool.submit(inbox.post, large) for _ in range(60)]
        some += [pool.submit(inbox.ask, "POST", "/inbox/", multi, {"Content-Type": PLAIN}) for _ in range(200)]
        assert {check(one.result()).status for one in some} == {200, 503}
    assert inbox.peak - before < EXTRA, (inbox.peak - before) >> 20


# The end, and what keeps it from beginning.


def test_a_stop_lets_what_was_begun_end_and_then_quits(tmp_path: Path) -> None:
    """With 2 seconds to end it in."""
    inbox = Inbox(write_site(tmp_path / "site", {"site.yaml": SITE, **FILES}), STOPPED_SOON)
    body = urlencode(HONEST).encode()
    head = lines(*POST, f"Content-Length: {len(body)}")
    with inbox.connect(timeout=30) as fast, inbox.connect(timeout=30) as slow, inbox.connect(timeout=30) as idle:
        for one in (fast, slow):
            one.sendall(head + body[:20])
        idle.sendall(b"GET /inbox/ HT")
        time.sleep(0.3)
        start = time.monotonic()
        inbox.process.send_signal(signal.SIGTERM)
        time.sleep(0.5)
        with pytest.raises(OSError, match="refused"):
            inbox.connect()
        fast.sendall(body[20:])
        assert only(received(fast)).status == 200
        answer = check(only(received(slow)))
        assert answer.status == 503
        assert b"go back" in answer.body.lower()
        assert inbox.process.wait(5) == 0
        assert 1.5 < time.monotonic() - start < 5
    assert "traceback" not in inbox.log


@pytest.mark.parametrize("second", [signal.SIGTERM, signal.SIGINT])
def test_a_second_signal_ends_it_at_once(tmp_path: Path, second: signal.Signals) -> None:
    inbox = Inbox(write_site(tmp_path / "site", {"site.yaml": SITE, **FILES}))
    with inbox.connect() as slow:
        slow.sendall(lines(*POST, "Content-Length: 500"))
        time.sleep(0.2)
        inbox.process.send_signal(signal.SIGTERM)
        time.sleep(0.5)
        assert inbox.process.poll() is None
        start = time.monotonic()
        inbox.process.send_signal(second)
        assert inbox.process.wait(5) == 0
        assert time.monotonic() - start < 4
    assert "traceback" not in inbox.log


def test_a_port_that_is_taken_is_told_in_words(tmp_path: Path) -> None:
    root = write_site(tmp_path, {"site.yaml": SITE, **FILES})
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        for workers in (1, 2):
            told = labo("inbox", "--root", root, "--port", port, "--workers", workers)
            assert told.returncode == 2
            assert f"port {port}: address already in use" in told.stderr
            assert "Traceback" not in told.stderr


@pytest.mark.parametrize(
    ("settings", "environment", "status", "words"),
    [
        ("comments: {inbox: 'mailto:a@b.example'}", {}, 1, "is no address that an inbox could answer at"),
        ("comments: {inbox: new-file}\nrepository: https://github.com/a/b", {}, 1, "is no address that an inbox"),
        ("comment: {inbox: /inbox/}", {}, 1, "site.yaml:3: unknown key `comment`"),
        ("inbox: {pace: {requests: 0}}", {}, 1, "write numbers of 1 or more"),
        ("", {"LABO_SECRET": "short"}, 2, "LABO_SECRET has 5 characters"),
    ],
    ids=str,
)
def test_what_keeps_an_inbox_from_starting_is_told_in_words(
    tmp_path: Path, settings: str, environment: dict[str, str], status: int, words: str
) -> None:
    root = write_site(tmp_path, {**FILES, "site.yaml": f"title: Essai\nbase_url: {OWN}\n{settings}\n"})
    told = labo("inbox", "--root", root, "--port", 0, **environment)
    assert told.returncode == status
    assert words in told.stderr
    assert "Traceback" not in told.stderr
    assert "short" not in told.stderr.replace("shorter", "")
