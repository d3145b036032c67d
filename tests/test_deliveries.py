"""What is due goes out, again and again until it is done, from one process at a time."""

import asyncio
import logging
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest
from conftest import comment, run

from labo_ssg.inbox.outgoing.deliveries import LOCK, Deliveries, Delivery, Failed, Pace

QUICK = Pace(first=0.02, longest=0.08, gather=0.01, poll=0.05)
ALONE = """
import asyncio, sys, time
from pathlib import Path
from labo_ssg.inbox.outgoing.deliveries import Deliveries, Pace

class Marks:
    name = "marks"
    def deliver(self):
        root = Path(sys.argv[1])
        with (root / "delivered").open("a") as file:
            print(sys.argv[2], file=file)
        return 0.02

asyncio.run(Deliveries(Path(sys.argv[1]), [Marks()], Pace(poll=0.1, gather=0.02)).run())
"""


class Copies:
    """Copies the names of the messages to a list; fails as often as it is told to."""

    def __init__(self, root: Path, failures: Sequence[Exception] = (), name: str = "copies") -> None:
        self.name = name
        self.copied: list[list[str]] = []
        self.tried: list[float] = []
        self._root = root
        self._failures = list(failures)

    def deliver(self) -> None:
        self.tried.append(time.monotonic())
        if self._failures:
            raise self._failures.pop(0)
        found = sorted(path.name for path in self._root.glob("comments/pending/*/*.md"))
        done = [name for names in self.copied for name in names]
        if new := [name for name in found if name not in done]:
            self.copied.append(new)


class Slow:
    """Takes as long as it is let."""

    name = "slow"

    def __init__(self) -> None:
        self.begun = threading.Event()
        self.let = threading.Event()

    def deliver(self) -> None:
        self.begun.set()
        assert self.let.wait(20)


def put(root: Path, name: str) -> None:
    path = root / f"comments/pending/x/{name}.md"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(comment("x"), encoding="utf-8")


def wait_for(condition: Callable[[], object]) -> None:
    end = time.monotonic() + 20
    while not condition():
        assert time.monotonic() < end, "it never came"
        time.sleep(0.01)


async def until(condition: Callable[[], object]) -> None:
    await asyncio.to_thread(wait_for, condition)


async def running(deliveries: Deliveries, during: Callable[[], object]) -> None:
    """Run `deliveries` until `during` is true, then finish."""
    task = asyncio.create_task(deliveries.run())
    await until(during)
    await deliveries.finish(5)
    await asyncio.wait_for(task, 5)


def test_what_is_there_and_what_comes_goes_out(tmp_path: Path) -> None:
    copies = Copies(tmp_path)
    put(tmp_path, "before")
    deliveries = Deliveries(tmp_path, [copies], Pace(gather=0.2, poll=60))

    async def work() -> None:
        task = asyncio.create_task(deliveries.run())
        await until(lambda: copies.copied)
        assert deliveries.delivers
        for name in ("one", "two", "three"):
            put(tmp_path, name)
            await asyncio.to_thread(deliveries.wake)
        await until(lambda: len(copies.copied) > 1)
        await deliveries.finish(5)
        await task

    run(work())
    assert copies.copied[0] == ["before.md"]
    assert sorted(name for names in copies.copied for name in names) == ["before.md", "one.md", "three.md", "two.md"]
    assert len(copies.copied) <= 3, "what comes together goes out together"


def test_a_message_of_another_process_is_found(tmp_path: Path) -> None:
    copies = Copies(tmp_path)
    deliveries = Deliveries(tmp_path, [copies], QUICK)

    async def work() -> None:
        task = asyncio.create_task(deliveries.run())
        await until(lambda: deliveries.delivers and copies.tried)
        for name in ("one", "two"):
            put(tmp_path, name)
            await until(lambda name=name: [f"{name}.md"] in copies.copied)
        await deliveries.finish(5)
        await task

    run(work())


def test_what_fails_is_tried_ever_more_rarely_and_hinders_no_other(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    failing = Copies(tmp_path, [*[Failed("the server is down")] * 5, ValueError("a mistake")], name="failing")
    well = Copies(tmp_path)
    deliveries = Deliveries(tmp_path, [failing, well], QUICK)
    put(tmp_path, "one")
    seen: dict[str, str] = {}

    def done() -> bool:
        seen.update(deliveries.troubles())
        return bool(failing.copied)

    with caplog.at_level(logging.WARNING):
        run(running(deliveries, done))
    pauses = [later - sooner for sooner, later in zip(failing.tried, failing.tried[1:], strict=False)][:6]
    assert pauses[0] >= 0.01
    assert min(pauses[3:]) >= 0.04
    assert len(well.tried) < 5
    assert well.copied == [["one.md"]]
    assert seen["failing"] in ("the server is down", "ValueError('a mistake')")
    assert deliveries.troubles() == {}
    assert "failing: the server is down" in caplog.messages
    assert "failing failed in a way that nobody foresaw" in caplog.messages


def test_pauses_grow_to_ten_minutes(tmp_path: Path) -> None:
    pauses = [Deliveries(tmp_path, [])._pause_after(failures) for failures in range(1, 5000)]
    assert 0.5 <= pauses[0] <= 1
    assert 1 <= pauses[1] <= 2
    assert 300 <= min(pauses[20:]) <= max(pauses) <= 600


def test_finishing_tries_once_more_what_failed(tmp_path: Path) -> None:
    failing = Copies(tmp_path, [Failed("the server is down")])
    put(tmp_path, "one")
    deliveries = Deliveries(tmp_path, [failing])
    run(running(deliveries, lambda: deliveries.troubles()))
    assert failing.copied == [["one.md"]]


def test_finishing_waits_no_longer_than_it_may_and_the_lock_is_held_while_something_is_sent(tmp_path: Path) -> None:
    slow, copies = Slow(), Copies(tmp_path)
    first, second = Deliveries(tmp_path, [slow], QUICK), Deliveries(tmp_path, [copies], QUICK)

    async def work() -> None:
        task = asyncio.create_task(first.run())
        await until(slow.begun.is_set)
        start = time.monotonic()
        await first.finish(0.1)
        assert time.monotonic() - start < 2
        task.cancel()
        await asyncio.wait([task])
        other = asyncio.create_task(second.run())
        await asyncio.sleep(0.2)
        assert not second.delivers
        slow.let.set()
        await until(lambda: second.delivers)
        await second.finish(5)
        await other

    run(work())


def test_a_wake_before_and_after_is_harmless(tmp_path: Path) -> None:
    copies = Copies(tmp_path)
    deliveries = Deliveries(tmp_path, [copies], QUICK)
    deliveries.wake()
    run(running(deliveries, lambda: copies.tried))
    deliveries.wake()
    run(deliveries.finish(1))


def test_nothing_to_deliver_takes_no_lock(tmp_path: Path) -> None:
    nothing: list[Delivery] = []
    run(Deliveries(tmp_path, nothing).run())
    assert not (tmp_path / LOCK).exists()


def test_one_of_two_processes_delivers_and_the_other_takes_over(tmp_path: Path) -> None:
    def start(name: str) -> "subprocess.Popen[bytes]":
        return subprocess.Popen([sys.executable, "-c", ALONE, str(tmp_path), name])

    def delivered() -> list[str]:
        return (tmp_path / "delivered").read_text().split() if (tmp_path / "delivered").exists() else []

    first = start("first")
    wait_for(delivered)
    second = start("second")
    try:
        count = len(delivered())
        wait_for(lambda: len(delivered()) > count + 20)
        assert set(delivered()) == {"first"}
        os.kill(first.pid, signal.SIGKILL)
        wait_for(lambda: "second" in delivered())
    finally:
        for process in (first, second):
            process.kill()
            process.wait()
