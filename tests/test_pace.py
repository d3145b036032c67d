"""How many messages are taken: by whom, under what, and what happens where the store is full, slow or gone."""

import asyncio
import logging
import shutil
import socket
import subprocess
import threading
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta, timezone
from types import SimpleNamespace

import pytest
from conftest import run
from limits.aio.storage import memory
from limits.errors import ConfigurationError

from labo_ssg.inbox.screening import pace
from labo_ssg.inbox.screening.pace import Pace, Taken
from labo_ssg.model import PaceSettings

NOON = datetime(2021, 1, 13, 12, tzinfo=UTC)
REDIS = shutil.which("redis-server")


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> SimpleNamespace:
    """The clock of limits' memory, at the start of an hour: `seconds` may be set."""
    clock = SimpleNamespace(seconds=1_610_539_200.0)
    monkeypatch.setattr(memory, "time", SimpleNamespace(time=lambda: clock.seconds))
    return clock


def of(sender: int = 3, article: int = 5, store: str = "memory://", secret: bytes = b"secret") -> Pace:
    return Pace(PaceSettings(sender, article, store), secret)


async def told(pace: Pace, *messages: tuple[str, str], now: datetime = NOON) -> list[str]:
    """Return what is said of each message, from an address under an article."""
    return [(await taken(pace, address, article, now)).over for address, article in messages]


async def taken(pace: Pace, address: str, article: str, now: datetime = NOON) -> Taken:
    return await pace.take(pace.sender(address, now), article, now)


def test_a_sender_is_stopped_at_the_limit_and_others_are_not(clock: SimpleNamespace) -> None:
    async def scene() -> None:
        pace = of(sender=3)
        assert await told(pace, *[("192.0.2.1", "a")] * 4) == ["", "", "", "sender"]
        assert await told(pace, ("192.0.2.2", "a"), ("192.0.2.1", "b")) == ["", "sender"]

    run(scene())


def test_an_article_is_closed_at_its_limit_and_others_are_not(clock: SimpleNamespace) -> None:
    async def scene() -> None:
        pace = of(article=3)
        messages = [(f"192.0.2.{number}", "a") for number in range(4)]
        assert await told(pace, *messages, ("192.0.2.3", "b")) == ["", "", "", "article", ""]

    run(scene())


def test_what_was_taken_is_counted_and_what_was_not_is_not(clock: SimpleNamespace) -> None:
    async def scene() -> None:
        pace = of(sender=2, article=3)
        assert await taken(pace, "192.0.2.1", "a") == ("", 0, 0)
        assert await taken(pace, "192.0.2.1", "a") == ("", 1, 1)
        assert await taken(pace, "192.0.2.1", "a") == ("sender", 2, 2)
        assert await taken(pace, "192.0.2.1", "a") == ("sender", 2, 2)
        assert await taken(pace, "192.0.2.2", "a") == ("", 0, 2)
        assert await taken(pace, "192.0.2.2", "a") == ("article", 1, 3)
        assert await taken(pace, "192.0.2.2", "b") == ("", 1, 0)

    run(scene())


def test_an_hour_later_a_sender_is_heard_again(clock: SimpleNamespace) -> None:
    async def scene() -> None:
        pace = of(sender=4)
        await told(pace, *[("192.0.2.1", "a")] * 4)
        clock.seconds += 3600 + 1800  # half of what came in the hour before still counts
        assert await taken(pace, "192.0.2.1", "a") == ("", 2, 2)
        assert await told(pace, *[("192.0.2.1", "a")] * 2) == ["", "sender"]
        clock.seconds += 7200
        assert await taken(pace, "192.0.2.1", "a") == ("", 0, 0)

    run(scene())


SAME = {
    "an address and itself": ("192.0.2.1", "192.0.2.1", True),
    "two addresses": ("192.0.2.1", "192.0.2.2", False),
    "two addresses of one network of IPv6": ("2001:db8:1:2::1", "2001:db8:1:2:ffff:ffff:ffff:ffff", True),
    "two networks of IPv6": ("2001:db8:1:2::1", "2001:db8:1:3::1", False),
    "an address in capitals": ("2001:DB8::1", "2001:db8:0:0::2", True),
    "IPv4 written as IPv6": ("::ffff:192.0.2.1", "192.0.2.1", True),
    "two IPv4 written as IPv6": ("::ffff:192.0.2.1", "::ffff:192.0.2.2", False),
    "an interface": ("fe80::1%eth0", "fe80::2%eth1", True),
    "no address": ("testclient", "testclient", True),
    "none at all": ("", "testclient", False),
}


@pytest.mark.parametrize(("one", "other", "same"), SAME.values(), ids=SAME)
def test_who_counts_as_one_sender(clock: SimpleNamespace, one: str, other: str, same: bool) -> None:
    async def scene() -> None:
        assert await told(of(sender=1), (one, "a"), (other, "a")) == ["", "sender" if same else ""]

    run(scene())


def keys_of(secret: bytes, *moments: datetime) -> list[str]:
    """Return what the memory holds of an address and an article."""

    async def scene() -> list[str]:
        pace = of(secret=secret)
        for now in moments:
            await taken(pace, "192.0.2.77", "un-article", now)
        return sorted(pace._storage.storage)

    return run(scene())


def test_no_address_is_kept_and_each_day_and_site_has_digests_of_its_own(clock: SimpleNamespace) -> None:
    late = datetime(2021, 1, 14, 0, 30, tzinfo=timezone(timedelta(hours=1)))
    today = keys_of(b"secret", NOON, late)
    assert len(today) == 2
    assert not any(word in key for key in today for word in ("192", "0.2.77", "un-article"))
    assert [len(key.split("/")[1]) for key in today] == [32, 32]
    assert len(keys_of(b"secret", NOON, late + timedelta(hours=1))) == 3
    assert not set(today) & set(keys_of(b"another", NOON))


def test_a_flood_of_senders_leaves_the_memory_flat_until_they_expire(
    clock: SimpleNamespace, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pace, "CAPACITY", 300)  # and 4096 counters that senders share by then
    monkeypatch.setattr(pace, "SWEEP", 0.0)
    sizes = []

    async def scene() -> None:
        flood = of(sender=20, article=10**9)
        for number in range(15_000):
            await taken(flood, f"2001:db8:{number // 9999:x}:{number % 9999:x}::1", "a")
            if number % 1000 == 0:
                await asyncio.sleep(0)  # where what has expired is looked for
                sizes.append(len(flood._storage.storage))
        assert max(sizes) <= 300 + 16**pace.SHARED
        clock.seconds += 3 * 3600
        await taken(flood, "192.0.2.1", "a")
        await asyncio.sleep(0)
        assert len(flood._storage.storage) == len(flood._storage.expirations) == 2
        assert len(flood._storage.locks) <= 2

    run(scene())


def test_a_full_memory_still_stops_who_sends_too_much(clock: SimpleNamespace, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pace, "CAPACITY", 10)

    async def scene() -> None:
        full = of(sender=3, article=1000)
        await told(full, *[(f"192.0.2.{number}", "a") for number in range(20)])
        assert (await told(full, *[("198.51.100.1", "a")] * 4))[-1] == "sender"

    run(scene())


def test_a_store_of_no_known_kind_is_told_at_once() -> None:
    with pytest.raises(ConfigurationError):
        of(store="etcd://localhost")


def free_port() -> int:
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        port: int = listening.getsockname()[1]
        return port


@asynccontextmanager
async def opened(store: str, **limits: int) -> AsyncIterator[Pace]:
    one = of(store=store, **limits)
    try:
        yield one
    finally:
        await one.close()


def test_a_store_that_is_gone_loses_no_message_and_is_told_once_a_minute(caplog: pytest.LogCaptureFixture) -> None:
    async def scene() -> None:
        async with opened(f"redis://127.0.0.1:{free_port()}", sender=1) as gone:
            assert await told(gone, *[("192.0.2.1", "a")] * 2) == ["", ""]
            assert await taken(gone, "192.0.2.1", "a", NOON + timedelta(seconds=59)) == ("", 0, 0)
            assert len(caplog.records) == 1
            await taken(gone, "192.0.2.1", "a", NOON + timedelta(seconds=60))

    with caplog.at_level(logging.INFO):
        run(scene())
    assert [(one.name, one.levelname) for one in caplog.records] == [("labo_ssg.inbox.screening.pace", "ERROR")] * 2
    assert "the store of the pace does not answer" in caplog.text
    assert "192.0.2.1" not in caplog.text


def test_a_store_that_says_nothing_is_not_waited_for_and_stops_nobody_else(caplog: pytest.LogCaptureFixture) -> None:
    async def scene() -> int:
        turns = 0

        async def others() -> None:
            nonlocal turns
            while True:
                turns += 1
                await asyncio.sleep(0.01)

        with socket.create_server(("127.0.0.1", 0)) as silent:
            beside = asyncio.create_task(others())
            async with opened(f"redis://127.0.0.1:{silent.getsockname()[1]}") as slow:
                assert (await taken(slow, "192.0.2.1", "a")).over == ""
            beside.cancel()
        return turns

    start = time.monotonic()
    assert run(scene()) > 5
    assert time.monotonic() - start < 10 * pace.PATIENCE
    assert "TimeoutError" in caplog.text


@pytest.fixture(scope="module")
def redis(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A store of redis, on a port of its own."""
    if not REDIS:
        pytest.skip("there is no redis-server here (apt-get install redis-server)")
    pytest.importorskip("redis")
    port = free_port()
    folder = tmp_path_factory.mktemp("redis")
    words = [REDIS, "--port", str(port), "--bind", "127.0.0.1", "--save", "", "--dir", str(folder)]
    with subprocess.Popen(words, stdout=subprocess.PIPE, text=True) as running:
        assert running.stdout
        for line in running.stdout:
            if "Ready to accept connections" in line:
                break
        threading.Thread(target=running.stdout.read, daemon=True).start()
        yield f"redis://127.0.0.1:{port}"
        running.terminate()


def test_two_inboxes_count_together(redis: str) -> None:
    async def scene() -> None:
        async with opened(redis, sender=3, article=4) as one, opened(redis, sender=3, article=4) as other:
            assert await told(one, ("192.0.2.1", "a"), ("192.0.2.1", "a")) == ["", ""]
            assert await told(other, ("192.0.2.1", "a"), ("192.0.2.1", "a")) == ["", "sender"]
            assert await taken(one, "192.0.2.1", "a") == await taken(other, "192.0.2.1", "a") == ("sender", 3, 3)
            assert await told(one, ("192.0.2.2", "a"), ("192.0.2.2", "a")) == ["", "article"]

    run(scene())


def test_many_at_once_are_taken_up_to_the_limit(redis: str) -> None:
    async def scene() -> list[Taken]:
        async with opened(redis, sender=5, article=500) as one:
            return await asyncio.gather(*(taken(one, "192.0.2.9", "b") for _ in range(30)))

    said = [one.over for one in run(scene())]
    assert (said.count(""), said.count("sender")) == (5, 25)


def test_what_redis_holds_goes_by_itself(redis: str) -> None:
    import redis as client

    async def scene() -> None:
        async with opened(redis) as one:
            await taken(one, "192.0.2.66", "c")

    run(scene())
    with client.Redis.from_url(redis) as store:
        keys = list(store.scan_iter("*"))
        assert keys
        assert all(0 < store.ttl(key) <= 7200 for key in keys)
        assert not any(b"192.0" in key for key in keys)
