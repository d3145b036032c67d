"""A process of its own that keeps the messages: it waits for the disk, and for nothing else.

A thread would have to wait for the interpreter as well, twenty times a message, which pages keep busy: that took
longer than the disk, and slowed down the pages. An order is a line of JSON, and so is what became of it. The process
ends with its orders: were the inbox killed, what it was told to keep is kept, and told to nobody.
"""

import asyncio
import errno
import os
import signal
import sys
import traceback
from asyncio.subprocess import PIPE, Process
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from itertools import count
from pathlib import Path

from msgspec import Struct

from labo_ssg.formats.comment import CommentHeader
from labo_ssg.inbox.joined import Joined
from labo_ssg.inbox.mailbox import Kept, Mailbox, Name
from labo_ssg.packing import pack, unpack

HANDS = 8  # messages that wait for the disk at once
LONGEST = 2**16  # bytes of an answer


class Order(Struct, frozen=True):
    """A message to be kept under one of some names; the number is that of its answer."""

    number: int
    header: CommentHeader
    text: str
    names: tuple[Name, ...]


class Answer(Struct, frozen=True):
    """What became of an order: `kept`, or the number and the words of the system's error."""

    number: int
    kept: Kept | None = None
    error: int = 0
    reason: str = ""


Asked = dict[int, asyncio.Future[Kept]]
"""The orders that a process has not answered yet, by their numbers."""


class Scribe:
    """Has messages kept in the mailbox of the site at a root.

    The process is started with the first message, and anew with the next one should it die.
    """

    def __init__(self, root: Path) -> None:
        self._root = root
        self._starting = asyncio.Lock()
        self._numbers = count()
        self._running: tuple[Joined, Asked] | None = None
        self._listening: asyncio.Task[None] | None = None

    async def keep(self, header: CommentHeader, text: str, names: Sequence[Name]) -> Kept:
        """Keep a message as a mailbox does; raise OSError."""
        async with self._starting:
            pen, asked = self._running or await self._start()
        number = next(self._numbers)
        asked[number] = asyncio.get_running_loop().create_future()
        try:
            pen.write(pack(Order(number, header, text, tuple(names))) + b"\n")
            return await asked[number]
        finally:
            del asked[number]

    async def close(self) -> None:
        """Let the process end what it was told."""
        if self._running:
            self._running[0].close()
        if self._listening:
            await self._listening

    async def _start(self) -> tuple[Joined, Asked]:
        words = [sys.executable, "-P", "-m", __name__, str(self._root)]
        environment = {**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))}
        process = await asyncio.create_subprocess_exec(*words, stdin=PIPE, stdout=PIPE, limit=LONGEST, env=environment)
        if process.stdin is None or process.stdout is None:
            raise AssertionError("both were asked for")
        self._running = Joined(process.stdin, asyncio.get_running_loop()), {}
        self._listening = asyncio.create_task(self._listen(process, process.stdout, self._running[1]))
        return self._running

    async def _listen(self, process: Process, answers: asyncio.StreamReader, asked: Asked) -> None:
        """Hand on the answers of a process, until it ends."""
        try:
            async for line in answers:
                answer = unpack(line, Answer)
                waiting = asked.get(answer.number)
                if waiting is None or waiting.done():
                    continue  # whoever asked has not waited for it
                if answer.kept:
                    waiting.set_result(answer.kept)
                else:
                    waiting.set_exception(OSError(answer.error, answer.reason))
        finally:
            self._running = None
            if process.stdin:
                process.stdin.close()  # should it be the answer that was wrong
            for waiting in asked.values():
                if not waiting.done():
                    waiting.set_exception(OSError(errno.EIO, "the process that keeps messages has ended"))
            await process.wait()


def main() -> None:
    """Do what is asked for on stdin, until its end."""
    for sign in (signal.SIGINT, signal.SIGTERM):  # which the inbox gets, too: it ends when it is ready
        signal.signal(sign, signal.SIG_IGN)
    answers = os.dup(sys.stdout.fileno())
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())  # what anything prints is no answer
    mailbox = Mailbox(Path(sys.argv[1]))
    with ThreadPoolExecutor(HANDS) as hands:
        for line in sys.stdin.buffer:
            hands.submit(_obey, mailbox, unpack(line, Order), answers)


def _obey(mailbox: Mailbox, order: Order, answers: int) -> None:
    try:
        answer = Answer(order.number, mailbox.keep(order.header, order.text, order.names))
    except OSError as error:
        answer = Answer(order.number, error=error.errno or errno.EIO, reason=error.strerror or str(error))
    except Exception as error:  # whatever it is, somebody waits for an answer
        traceback.print_tb(error.__traceback__)  # its words may be a visitor's
        answer = Answer(order.number, error=errno.EIO, reason=type(error).__name__)
    os.write(answers, pack(answer) + b"\n")  # in one piece, whoever else writes


if __name__ == "__main__":
    main()
