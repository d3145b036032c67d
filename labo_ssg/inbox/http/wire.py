"""Connections that may not dawdle: whatever a visitor owes the inbox comes soon, and is of a decent size.

uvicorn leaves both to a proxy; an inbox may stand without one, and slow or endless requests would fill it.
What a connection may hold is bounded (head, trailers, body, requests in a row), and so is how long it waits for the
other side: for a head, for the rest of a body, for an answer to be taken. Where there are too many connections, those
that wait make room for those that come, first of all the oldest of whoever has most of them.
"""

from asyncio.events import TimerHandle
from collections import Counter
from typing import Any, ClassVar

from starlette.responses import PlainTextResponse
from uvicorn.protocols.http.httptools_impl import STATUS_LINE, HttpToolsProtocol

from labo_ssg.inbox.http.guard import STRICT
from labo_ssg.inbox.http.posted import LARGEST
from labo_ssg.inbox.joined import Joined

HEAD = 32 * 1024  # bytes of a request that are not its body: its head, its trailers, what parts its chunks
LINES = 100  # headers
SLICE = 8 * 1024  # bytes that are read at a time: by so much may a head be larger
IN_A_ROW = 8  # requests that were sent before the first of them is answered
CONNECTIONS = 256  # at once
ANSWERS = 256  # that are being made at once, even to those who have left
PATIENCE = 10.0  # seconds in which a head must come
BODY = 30.0  # seconds in which a body must come, even one that nobody reads
TAKING = 60.0  # seconds in which an answer must be taken

BUSY = PlainTextResponse(
    "Very many people are here just now. Go back in a minute: what you typed is still in the form.\n",
    503,
    {**STRICT, "Retry-After": "60", "Connection": "close"},
)


class Connection(HttpToolsProtocol):
    """uvicorn's own connection, with limits of size and of time for each request."""

    _waiting: ClassVar[dict["Connection", None]] = {}  # those that the other side owes something, oldest first
    _alarm: TimerHandle | None = None
    _aside = 0  # bytes of the request beside its body
    _body = 0  # bytes of its body
    _in_body = False

    def connection_made(self, transport: Any) -> None:
        super().connection_made(transport)
        self.transport: Any = Joined(transport, self.loop)
        self._wait(PATIENCE)
        if len(self.connections) > CONNECTIONS:
            self._make_room()

    def connection_lost(self, exc: Exception | None) -> None:
        self._stop_waiting()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        for start in range(0, len(data), SLICE):
            part = data[start : start + SLICE]
            self._aside += len(part)
            super().data_received(part)
            if self.transport.is_closing():
                return
            if self._aside > HEAD:
                self._refuse(431, "The head of the request is too large.")
                return

    def on_message_begin(self) -> None:
        if len(self.pipeline) >= IN_A_ROW:
            raise ValueError("too many requests in a row")  # httptools makes it a bad request
        super().on_message_begin()
        self._in_body, self._body = False, 0
        if self.cycle:  # not the first one, which is awaited since the connection was made
            self._wait(PATIENCE)

    def on_header(self, name: bytes, value: bytes) -> None:
        if len(self.headers) >= LINES:
            raise ValueError("too many headers")
        if not self._in_body:  # a trailer could pretend to be what a proxy has said, or a browser
            super().on_header(name, value)

    def on_headers_complete(self) -> None:
        self._check(self.parser.get_http_version(), [name for name, _ in self.headers])
        self._in_body = True
        self._wait(BODY)
        self.app = BUSY if len(self.tasks) >= ANSWERS else self.config.loaded_app
        super().on_headers_complete()

    def _check(self, version: str, names: list[bytes]) -> None:
        """Refuse what a proxy may understand otherwise: for which host a request is, and where it ends."""
        hosts = names.count(b"host")
        if version not in ("1.0", "1.1") or hosts > 1 or (version == "1.1" and not hosts):  # RFC 9112, § 3.2
            raise ValueError("it is not said for which host this is")
        if version == "1.0" and b"transfer-encoding" in names:  # RFC 9112, § 6.1
            raise ValueError("where this ends cannot be told")

    def on_body(self, body: bytes) -> None:
        self._aside -= len(body)
        self._body += len(body)
        room = LARGEST + 1 - (self._body - len(body))  # one byte more tells that it is too large
        super().on_body(body[: max(room, 0)])

    def on_message_complete(self) -> None:
        self._aside = 0
        self._stop_waiting()
        super().on_message_complete()
        if self.cycle and self.cycle.response_complete:  # it was answered before its body had come
            self._wait(PATIENCE)

    def on_response_complete(self) -> None:
        self.transport.flush()
        super().on_response_complete()
        if self.transport.is_closing() or self.transport.get_write_buffer_size():
            self._wait(TAKING)
        elif not self.cycle.more_body and not self.pipeline:
            self._wait(PATIENCE)

    def send_400_response(self, msg: str) -> None:
        self._refuse(400, msg)

    def _unsupported_upgrade_warning(self) -> None:
        """Answer as if no upgrade had been asked for, without a word (RFC 9110, § 7.8)."""

    def _refuse(self, status: int, words: str) -> None:
        """Answer in place of the application, unless it has all that it needs to answer itself, and close."""
        cycle = self.cycle
        if cycle and cycle.more_body and not cycle.response_started and not self.pipeline:
            cycle.disconnected = True
            cycle.message_event.set()
        if not cycle or cycle.response_complete or cycle.disconnected:
            body = f"{words}\n".encode()
            told = {**STRICT, "content-type": "text/plain; charset=utf-8", "content-length": str(len(body))}
            lines = [(name.encode(), value.encode()) for name, value in {**told, "connection": "close"}.items()]
            lines = [*self.server_state.default_headers, *lines]
            head = b"".join(b"%b: %b\r\n" % line for line in lines)
            self.transport.write(STATUS_LINE[status] + head + b"\r\n" + body)
        self.transport.close()
        self._wait(TAKING)

    def _wait(self, seconds: float) -> None:
        self._stop_waiting()
        self._waiting[self] = None
        self._alarm = self.loop.call_later(seconds, self._give_up)

    def _stop_waiting(self) -> None:
        self._waiting.pop(self, None)
        if self._alarm:
            self._alarm.cancel()
            self._alarm = None

    def _make_room(self) -> None:
        peers = Counter(one.client and one.client[0] for one in self._waiting)
        peer = peers.most_common(1)[0][0]
        next(one for one in self._waiting if (one.client and one.client[0]) == peer)._give_up()

    def _give_up(self) -> None:
        self._stop_waiting()
        self.transport.abort()
