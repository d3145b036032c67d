"""Visitors who preview and send messages over connections that stay open: `bench/inbox.py` runs it in its own process.

Reads JSON from stdin, a `Task` and what to send; prints what came of it, `Outcome`. It asks little of the processor,
so that a server on the same machine keeps most of it: bodies are given, of answers only what is needed is looked at.
"""

import asyncio
import re
import sys
import time
from collections import deque
from typing import Any, cast

import msgspec
import uvloop


class Step(msgspec.Struct):
    """A form to post: where, and what."""

    path: str
    body: str


class Task(msgspec.Struct):
    """What to do: each of `messages` is a preview and the message itself, which are sent one after the other.

    What stands between `before` and `after` in the answer to the preview is put behind the message. `seconds` is
    how long messages are begun, 0 for until there are no more.
    """

    port: int
    connections: int
    kind: str  # of content
    previewed: int  # the status of an answer that shows a preview
    kept: int  # … that says that a message is kept
    messages: list[tuple[Step, Step]]
    before: str = ""
    after: str = ""
    seconds: float = 0.0


class Outcome(msgspec.Struct):
    """Milliseconds that each preview and each message took; the references of the messages that are kept."""

    seconds: float
    processor: float  # seconds of it that this process had
    previews: list[float]
    finals: list[float]
    references: list[str]
    refused: dict[str, int]  # answers of other statuses, by status


class Crowd:
    """What all visitors share."""

    def __init__(self, task: Task, mark: re.Pattern[bytes]) -> None:
        self.task, self.mark = task, mark
        self.waiting = deque(task.messages)
        self.outcome = Outcome(0.0, 0.0, [], [], [], {})
        self.end = time.perf_counter() + (task.seconds or 1e9)
        self.here, self.over = 0, asyncio.get_running_loop().create_future()
        self.number = self.brought = 0
        self.dialling: set[asyncio.Task[Any]] = set()

    def next(self) -> tuple[Step, Step] | None:
        return self.waiting.popleft() if self.waiting and time.perf_counter() < self.end else None

    def bring_another(self) -> None:
        """Have one more visitor begin, unless all are here: each comes once the one before has had an answer.

        libuv accepts one connection after each turn of the loop: of a crowd that comes at once, the last would wait
        for all messages of the first.
        """
        if self.brought < self.task.connections:
            self.brought += 1
            self.here += 1
            Visitor(self).begin()

    def leave(self) -> None:
        self.here -= 1
        if not self.here and not self.over.done():
            self.over.set_result(None)

    def dial(self, visitor: "Visitor") -> None:
        """Open a connection for a visitor."""
        loop = asyncio.get_running_loop()
        task = loop.create_task(loop.create_connection(lambda: Connection(visitor), "127.0.0.1", self.task.port))
        self.dialling.add(task)
        task.add_done_callback(self.dialling.discard)

    def fail(self, about: dict[str, Any]) -> None:
        if not self.over.done():
            self.over.set_exception(about.get("exception") or RuntimeError(about["message"]))

    def head(self, step: Step, length: int) -> bytes:
        """Return the head of a request, each from another sender."""
        self.number += 1
        sender = f"10.{self.number >> 16 & 255}.{self.number >> 8 & 255}.{self.number & 255}"
        return (
            f"POST {step.path} HTTP/1.1\r\nHost: 127.0.0.1:{self.task.port}\r\nX-Forwarded-For: {sender}\r\n"
            f"Content-Type: {self.task.kind}\r\nContent-Length: {length}\r\n\r\n"
        ).encode()


class Visitor:
    """Somebody who previews and sends one message after another; after a closed connection over the next one."""

    def __init__(self, crowd: Crowd) -> None:
        self.crowd = crowd
        self.connection: Connection | None = None
        self.message: tuple[Step, Step] | None = None
        self.final = False
        self.is_new = True
        self.token = b""
        self.asked = 0.0

    def begin(self) -> None:
        """Take the next message, or leave."""
        self.message, self.final, self.token = self.crowd.next(), False, b""
        if self.message:
            self.post()
        else:
            self.crowd.leave()
            if self.connection:
                self.connection.close()

    def post(self) -> None:
        self.asked = time.perf_counter()
        if self.connection:
            self.send(self.connection)
        else:
            self.crowd.dial(self)

    def send(self, connection: "Connection") -> None:
        """Send what is to be sent over a connection that is open."""
        self.connection = connection
        if self.message:
            step = self.message[self.final]
            body = step.body.encode() + self.token
            connection.write(self.crowd.head(step, len(body)) + body)

    def answered(self, answer: bytes) -> None:
        """Note what came, nothing where the connection was closed; go on with the message itself, or the next one."""
        task, outcome = self.crowd.task, self.crowd.outcome
        took = (time.perf_counter() - self.asked) * 1000
        status = int(answer[9:12] or b"0")
        if self.is_new:
            self.is_new = False
            self.crowd.bring_another()
        if status != (task.kept if self.final else task.previewed):
            outcome.refused[str(status)] = outcome.refused.get(str(status), 0) + 1
            self.begin()
        elif self.final:
            outcome.finals.append(took)
            found = self.crowd.mark.search(answer)
            outcome.references.append(found[1].decode() if found else "")
            self.begin()
        else:
            outcome.previews.append(took)
            if task.before:
                self.token = b"&token=" + between(answer, task.before.encode(), task.after.encode())
            self.final = True
            self.post()


class Connection(asyncio.Protocol):
    """A connection of a visitor: a whole answer, whose length its head says, is given to the visitor."""

    def __init__(self, visitor: Visitor) -> None:
        self.visitor: Visitor | None = visitor
        self.answer = bytearray()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = cast(asyncio.Transport, transport)
        self.write, self.close = self.transport.write, self.transport.close
        if self.visitor:
            self.visitor.send(self)

    def connection_lost(self, exc: Exception | None) -> None:
        if visitor := self.visitor:
            self.visitor = visitor.connection = None
            if visitor.message:
                visitor.answered(b"")

    def data_received(self, data: bytes) -> None:
        self.answer += data
        end = self.answer.find(b"\r\n\r\n")
        head = bytes(self.answer[: max(end, 0)]).lower()
        if end < 0 or len(self.answer) < end + 4 + int(between(head + b"\r", b"content-length:", b"\r")):
            return
        answer, visitor = bytes(self.answer), self.visitor
        self.answer.clear()
        if b"connection: close" in head or head.startswith(b"http/1.0"):
            self.close()
            if visitor:
                self.visitor = visitor.connection = None
        if visitor:
            visitor.answered(answer)


def between(text: bytes, before: bytes, after: bytes) -> bytes:
    return text.partition(before)[2].partition(after)[0]


async def run(task: Task) -> Outcome:
    html = task.kind.startswith("application/x-www")
    crowd = Crowd(task, re.compile(rb"<dd><code>([^<]*)" if html else rb'"id": ?([0-9]+)'))
    asyncio.get_running_loop().set_exception_handler(lambda _, about: crowd.fail(about))
    start, processor = time.perf_counter(), time.process_time()
    crowd.bring_another()
    await crowd.over
    crowd.outcome.seconds = time.perf_counter() - start
    crowd.outcome.processor = time.process_time() - processor
    return crowd.outcome


def main() -> None:
    task = msgspec.json.decode(sys.stdin.buffer.read(), type=Task)
    sys.stdout.buffer.write(msgspec.json.encode(uvloop.run(run(task))))


if __name__ == "__main__":
    main()
