"""Connections that may not dawdle: a request's head comes soon, and is of a decent size.

uvicorn leaves both to a proxy; an inbox may stand without one, and slow or endless heads would fill it.
"""

from asyncio.events import TimerHandle
from typing import Any

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

HEAD = 32 * 1024  # bytes of a request before its body
PATIENCE = 10.0  # seconds in which they must come


class Connection(HttpToolsProtocol):
    """uvicorn's own connection, with a limit of size and of time for each head."""

    _alarm: TimerHandle | None = None
    _size = 0

    def connection_made(self, transport: Any) -> None:
        super().connection_made(transport)
        self._wait()

    def connection_lost(self, exc: Exception | None) -> None:
        self._stop_waiting()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        if self._alarm:
            self._size += len(data)
            if self._size > HEAD + 64 * 1024:  # the first bytes of a body may have come along
                self._give_up()
                return
        super().data_received(data)

    def on_message_begin(self) -> None:
        super().on_message_begin()
        if not self._alarm:  # the next request of a connection
            self._wait()

    def on_url(self, url: bytes) -> None:
        super().on_url(url)
        self._measure(len(self.url))

    def on_header(self, name: bytes, value: bytes) -> None:
        super().on_header(name, value)
        self._measure(sum(len(name) + len(value) for name, value in self.headers))

    def on_headers_complete(self) -> None:
        self._stop_waiting()
        super().on_headers_complete()

    def _measure(self, size: int) -> None:
        if size > HEAD:
            raise ValueError("the head of the request is too large")  # httptools makes it a bad request

    def _wait(self) -> None:
        self._size = 0
        self._alarm = self.loop.call_later(PATIENCE, self._give_up)

    def _stop_waiting(self) -> None:
        if self._alarm:
            self._alarm.cancel()
            self._alarm = None

    def _give_up(self) -> None:
        self._stop_waiting()
        if not self.transport.is_closing():
            self.transport.close()
