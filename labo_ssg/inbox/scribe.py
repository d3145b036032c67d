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


class Scribe:
    """Has messages kept in the mailbox of the site at a root.

    The process is started with the first message, and anew with the next one should it die.
    """

    def __init__(self, root: Path) -> None:
        self._root = root
        self._writer: asyncio.StreamWriter | None = None
        self._starting = asyncio.Lock()
        self._numbers = count()
        self._asked: dict[int, asyncio.Future[Kept]] = {}
        self._listening: asyncio.Task[None] | None = None

    async def keep(self, header: CommentHeader, text: str, names: Sequence[Name]) -> Kept:
        """Keep a message as a mailbox does; raise OSError."""
        pen = await self._pen()
        number = next(self._numbers)
        self._asked[number] = asyncio.get_running_loop().create_future()
        try:
            pen.write(pack(Order(number, header, text, tuple(names))) + b"\n")
            await pen.drain()
            return await self._asked[number]
        finally:
            del self._asked[number]

    async def close(self) -> None:
        """Let the process end what it was told."""
        if self._writer:
            self._writer.close()
        if self._listening:
            await self._listening

    async def _pen(self) -> asyncio.StreamWriter:
        """Return what takes orders, of a process that runs."""
        async with self._starting:
            if self._writer is None:
                words = [sys.executable, "-P", "-m", __name__, str(self._root)]
                environment = {**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))}
                process = await asyncio.create_subprocess_exec(
                    *words, stdin=PIPE, stdout=PIPE, limit=LONGEST, env=environment
                )
                if process.stdin is None or process.stdout is None:
                    raise AssertionError("both were asked for")
                self._writer = process.stdin
                self._listening = asyncio.create_task(self._listen(process, process.stdout))
            return self._writer

    async def _listen(self, process: Process, answers: asyncio.StreamReader) -> None:
        """Hand on the answers of a process, until it ends."""
        async for line in answers:
            answer = unpack(line, Answer)
            asked = self._asked.get(answer.number)
            if asked is None or asked.done():
                continue  # whoever asked has not waited for it
            if answer.kept:
                asked.set_result(answer.kept)
            else:
                asked.set_exception(OSError(answer.error, answer.reason))
        self._writer = None
        status = await process.wait()
        for asked in self._asked.values():
            if not asked.done():
                asked.set_exception(OSError(errno.EIO, f"the process that keeps messages has ended ({status})"))


def main() -> None:
    """Do what is asked for on stdin, until its end."""
    for sign in (signal.SIGINT, signal.SIGTERM):  # which the inbox gets, too: it ends when it is ready
        signal.signal(sign, signal.SIG_IGN)
    mailbox = Mailbox(Path(sys.argv[1]))
    with ThreadPoolExecutor(HANDS) as hands:
        for line in sys.stdin.buffer:
            hands.submit(_obey, mailbox, unpack(line, Order))


def _obey(mailbox: Mailbox, order: Order) -> None:
    try:
        answer = Answer(order.number, mailbox.keep(order.header, order.text, order.names))
    except OSError as error:
        answer = Answer(order.number, error=error.errno or errno.EIO, reason=error.strerror or str(error))
    except Exception as error:  # whatever it is, somebody waits for an answer
        traceback.print_tb(error.__traceback__)  # its words may be a visitor's
        answer = Answer(order.number, error=errno.EIO, reason=type(error).__name__)
    os.write(sys.stdout.fileno(), pack(answer) + b"\n")  # in one piece, whoever else writes


if __name__ == "__main__":
    main()
