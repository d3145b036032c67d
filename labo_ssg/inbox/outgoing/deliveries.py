"""What goes out from the folder: each delivery is tried until it is done, ever more rarely.

A message is safe once its file is on the disk, and the visitor is told so; what follows never fails a visitor. A
delivery keeps no queue: what it has done is written where it did it, and what is due follows from the folder. So one
that is stopped, or killed, goes on where it was.
"""

import asyncio
import logging
import os
import secrets
import threading
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from functools import partial
from pathlib import Path
from typing import Protocol, TypeVar

from msgspec import Struct

from labo_ssg.disk import files
from labo_ssg.places import INBOX, PENDING, REMOVALS

FOLDERS = (PENDING, REMOVALS)
LOCK = f"{INBOX}/deliver.lock"

Result = TypeVar("Result")
_LOG = logging.getLogger(__name__)
_RANDOM = secrets.SystemRandom()


class Failed(Exception):  # noqa: N818 - it is no mistake of a programmer: one tries again
    """What is due could not be delivered, or not all of it; the text says why."""


class Delivery(Protocol):
    """Something that is to be done with the messages in the folder."""

    @property
    def name(self) -> str: ...

    def deliver(self) -> float | None:
        """Do all that is due now; return the seconds until more is due without news, None where nothing waits.

        Runs in a thread, one at a time, and may take a while. Raises Failed: it is tried again.
        """


class Pace(Struct, frozen=True):
    """How often things are tried, in seconds.

    `first` and `longest` are the pauses after a failure and after many; `gather` is how long others may join a
    message that has come; `poll` is how often the folder is looked at for what other processes put there, and the
    lock for whether its holder has died.
    """

    first: float = 1.0
    longest: float = 600.0
    gather: float = 0.5
    poll: float = 30.0


PACE = Pace()


class Deliveries:
    """The deliveries of the site at `root`; of several processes, one sees to them."""

    def __init__(self, root: Path, deliveries: Sequence[Delivery], pace: Pace = PACE) -> None:
        self._root = root
        self._deliveries = tuple(deliveries)
        self._pace = pace
        self._loop: asyncio.AbstractEventLoop | None = None
        self._news: list[asyncio.Event] = []
        self._threads: set[threading.Thread] = set()
        self._troubles: dict[str, str] = {}
        self._delivers = False
        self._finishing = asyncio.Event()
        self._finished = asyncio.Event()

    @property
    def delivers(self) -> bool:
        """Whether this process is the one that delivers."""
        return self._delivers

    def troubles(self) -> dict[str, str]:
        """Return why the last try failed, by the name of the delivery; all others are well."""
        return dict(self._troubles)

    async def run(self) -> None:
        """Deliver, once no other process does, until cancelled or finished; once at a time."""
        self._loop = asyncio.get_running_loop()
        try:
            while self._deliveries and not self._finishing.is_set():
                with ExitStack() as held:
                    if held.enter_context(files.lock_if_free(self._root / LOCK)):
                        await self._deliver_all(held)
                        return
                await self._pause(self._pace.poll)
        finally:
            self._loop = None
            self._finished.set()

    def wake(self) -> None:
        """Say that a message has been kept; from any thread, at no cost."""
        if loop := self._loop:
            try:
                loop.call_soon_threadsafe(self._ring)
            except RuntimeError:  # it was closed this moment; the next process looks into the folder
                _LOG.debug("a message came while the inbox stopped")

    async def finish(self, seconds: float) -> None:
        """Try once more what is due, then end `run`; return after `seconds` at the latest."""
        self._finishing.set()
        if self._loop:
            self._ring()
            try:
                await asyncio.wait_for(self._finished.wait(), seconds)
            except TimeoutError:
                _LOG.warning("deliveries are not done after %s seconds: they go on at the next start", seconds)

    def _ring(self) -> None:
        for news in self._news:
            news.set()

    async def _deliver_all(self, held: ExitStack) -> None:
        """Keep at all deliveries; the lock is let go once the last thread has ended, cancelled or not."""
        self._delivers = True
        self._news = [asyncio.Event() for _ in self._deliveries]
        looking = asyncio.create_task(self._look())
        keeping = [self._keep(one, news) for one, news in zip(self._deliveries, self._news, strict=True)]
        try:
            await asyncio.gather(*keeping)
        finally:
            looking.cancel()
            self._delivers = False
            if threads := [one for one in self._threads if one.is_alive()]:
                let_go = held.pop_all()
                threading.Thread(target=_close_after, args=(threads, let_go), daemon=True).start()

    async def _keep(self, delivery: Delivery, news: asyncio.Event) -> None:
        """Deliver at once, then after news and when more is due; after a failure, later and later."""
        failures = 0
        while True:
            news.clear()
            last = self._finishing.is_set()
            again = await self._try(delivery)
            if last:
                return
            if delivery.name in self._troubles:
                failures += 1
                await self._pause(self._pause_after(failures))  # news do not shorten it: they would wear out a server
            else:
                failures = 0
                await self._wait(news, again)
                await self._pause(self._pace.gather)

    async def _try(self, delivery: Delivery) -> float | None:
        """Deliver; note whether that failed."""
        reason = ""
        again = None
        try:
            again = await self._in_thread(delivery.deliver, delivery.name)
        except Failed as failed:
            reason = str(failed)
            _LOG.warning("%s: %s", delivery.name, reason)
        except Exception as error:  # a mistake in one delivery stops neither the others nor the inbox
            reason = repr(error)
            _LOG.exception("%s failed in a way that nobody foresaw", delivery.name)
        if reason:
            self._troubles[delivery.name] = reason
        else:
            self._troubles.pop(delivery.name, None)
        return again

    def _pause_after(self, failures: int) -> float:
        """Return the seconds of a pause, not always the same: so inboxes that failed together do not come together."""
        longest = min(self._pace.longest, self._pace.first * 2.0 ** min(failures - 1, 30))
        return _RANDOM.uniform(longest / 2, longest)

    async def _pause(self, seconds: float) -> None:
        await self._wait(self._finishing, seconds)

    async def _wait(self, event: asyncio.Event, seconds: float | None) -> None:
        """Wait for `event`, but no longer than `seconds`."""
        try:
            await asyncio.wait_for(event.wait(), seconds)
        except TimeoutError:
            return

    async def _look(self) -> None:
        """Look at the folders again and again for what other processes have put there."""
        seen, changed = None, False
        while True:
            try:
                now = await self._in_thread(lambda: _stamps(self._root), "look")
            except OSError:
                _LOG.exception("the folders of messages cannot be looked at")
            else:
                # After a change a second time: another one in the same tick of the clock does not show.
                if seen is not None and (now != seen or changed):
                    self._ring()
                seen, changed = now, now != seen
            await asyncio.sleep(self._pace.poll)

    async def _in_thread(self, call: Callable[[], Result], name: str) -> Result:
        """Call in a thread that keeps no process from ending, as those of `asyncio.to_thread` do."""
        loop = asyncio.get_running_loop()
        result: asyncio.Future[Result] = loop.create_future()

        def work() -> None:
            try:
                found = call()
            except BaseException as error:
                _settle(loop, result, partial(result.set_exception, error))
            else:
                _settle(loop, result, partial(result.set_result, found))

        thread = threading.Thread(target=work, name=f"deliver {name}", daemon=True)
        self._threads.add(thread)
        thread.start()
        try:
            return await result
        finally:
            if result.done() and not result.cancelled():
                self._threads.discard(thread)


def _settle(loop: asyncio.AbstractEventLoop, result: "asyncio.Future[Result]", settle: Callable[[], None]) -> None:
    """Tell the loop what a thread has found, if somebody still waits for it."""
    try:
        loop.call_soon_threadsafe(lambda: None if result.done() else settle())
    except RuntimeError:  # the loop is closed: nobody waits, and what was done is written where it was done
        _LOG.debug("a delivery ended after the inbox")


def _close_after(threads: Sequence[threading.Thread], held: ExitStack) -> None:
    """Let go of the lock once `threads` have ended: two processes never deliver at once."""
    for thread in threads:
        thread.join()
    held.close()


def _stamps(root: Path) -> dict[str, int]:
    """Return when each folder of messages was changed, in ns: cheap, whatever they hold."""
    stamps = {}
    for folder in FOLDERS:
        try:
            stamps[folder] = (root / folder).stat().st_mtime_ns
            with os.scandir(root / folder) as found:
                below = [entry for entry in found if entry.is_dir(follow_symlinks=False)]
        except FileNotFoundError:  # nothing has come yet
            continue
        for entry in below:
            try:
                stamps[f"{folder}/{entry.name}"] = entry.stat(follow_symlinks=False).st_mtime_ns
            except FileNotFoundError:  # removed this moment
                continue
    return stamps
