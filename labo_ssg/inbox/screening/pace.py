"""How many messages are taken in an hour, and requests in a minute; the only importer of limits.

Counted with a sliding window counter, two numbers a sender: a little less exact than a moving window, which keeps the
time of each message, and which limits' own memory clears by sending every key to a thread at every message.
No address is kept, but a digest for two hours, which the day and a secret shape: a list of addresses does not undo it.
"""

import asyncio
import logging
from collections import Counter
from datetime import UTC, datetime, timedelta
from hashlib import blake2b
from ipaddress import IPv6Address, ip_address
from typing import NamedTuple

from limits import RateLimitItem, RateLimitItemPerHour
from limits.aio.storage import MemoryStorage, RedisStorage
from limits.aio.storage.redis.redispy import RedispyBridge
from limits.aio.strategies import SlidingWindowCounterRateLimiter
from limits.errors import ConfigurationError, StorageError
from limits.storage import storage_from_string

from labo_ssg.model import PaceSettings

PATIENCE = 1.0  # seconds that a visitor waits for the store
CAPACITY = 20_000  # counters in memory; then senders share what follows, until the hours have passed
SHARED = 3  # hex digits of a sender's key by then: 4096 counters
SWEEP = 60.0  # seconds between two looks for counters in memory whose hours have passed
SILENCE = timedelta(minutes=1)  # between two words on the same failure

NoStore = ConfigurationError  # what is raised where limits has no store of a kind

_LOG = logging.getLogger(__name__)


class Taken(NamedTuple):
    """Whose limit a message is over, "sender" or "article", "" where it is taken; and how many came before it.

    They came in the last hour, of its sender and under its article, and are counted up to the limit.
    """

    over: str
    by_sender: int
    under_article: int


class Pace:
    """What was taken of late from each sender, and under each article.

    `secret` is the same in all inboxes of a site that count together, and another for each site; 64 bytes at most.
    Where the store does not answer, messages are taken uncounted. A sender that is "" stands for nobody:
    what comes from there is counted under its article alone.
    """

    def __init__(self, settings: PaceSettings, secret: bytes) -> None:
        """Open the store, without asking it anything; raise NoStore where limits has none of its kind."""
        scheme, _, rest = settings.store.removeprefix("async+").partition("://")
        client = {"implementation": "redispy"} if scheme.startswith("redis") else {}
        self._storage = storage_from_string(f"async+{scheme}://{rest}", wrap_exceptions=True, **client)
        self._limiter = SlidingWindowCounterRateLimiter(self._storage)
        self._by_sender = RateLimitItemPerHour(settings.sender, namespace="labo-sender")
        self._under_article = RateLimitItemPerHour(settings.article, namespace="labo-article")
        self._secret = secret
        self._told: datetime | None = None
        self._most = settings.requests
        self._minute: datetime | None = None
        self._requests: Counter[str] = Counter()

    def sender(self, address: str, now: datetime) -> str:
        """Return what stands for an address on the day of `now`, for all that follows: a digest, or ""."""
        if not address:
            return ""
        day = now.astimezone(UTC).date().isoformat().encode()
        key = blake2b(_home(address).encode(), key=self._secret, salt=day, digest_size=16).hexdigest()
        full = isinstance(self._storage, MemoryStorage) and len(self._storage.storage) >= CAPACITY
        return key[:SHARED] if full else key

    async def take(self, sender: str, article: str, now: datetime) -> Taken:
        """Count a message, unless it is over a limit. The store has a clock of its own, `now` is for the log."""
        try:
            async with asyncio.timeout(PATIENCE):
                return await self._take(sender, self._article(article))
        except (StorageError, OSError) as error:  # TimeoutError is an OSError
            if self._told is None or abs(now - self._told) >= SILENCE:
                self._told = now
                why = getattr(error, "storage_error", error)
                _LOG.error("the store of the pace does not answer, messages are taken uncounted: %r", why)
            return Taken("", 0, 0)

    def is_hasty(self, sender: str, now: datetime, weight: int = 1) -> bool:
        """Count a request, of whatever kind; tell whether it is one too many of its sender in this minute.

        One of some `weight` counts as so many. That is for this process alone to know: it is its own time that
        previews cost.
        """
        if not sender:
            return False
        minute = now.replace(second=0, microsecond=0)
        if minute != self._minute:
            self._minute = minute
            self._requests.clear()
        sender = sender[:SHARED] if len(self._requests) >= CAPACITY else sender
        self._requests[sender] += weight
        return self._requests[sender] > self._most

    async def close(self) -> None:
        """Let go of the store; limits has no word for it."""
        if isinstance(self._storage, MemoryStorage) and self._storage.timer:
            self._storage.timer.cancel()
        bridge = self._storage.bridge if isinstance(self._storage, RedisStorage) else None
        if isinstance(bridge, RedispyBridge):
            await bridge.storage.aclose()

    async def _take(self, sender: str, article: str) -> Taken:
        if isinstance(self._storage, MemoryStorage) and not self._storage.timer:
            # While there is one, limits starts none of its own, which looks at all counters at each message.
            self._storage.timer = asyncio.create_task(_sweep(self._storage))
        by_sender = await self._taken(self._by_sender, sender) if sender else 0
        under_article = await self._taken(self._under_article, article)
        over = ""
        if by_sender >= self._by_sender.amount:
            over = "sender"
        elif not await self._limiter.hit(self._under_article, article):
            over = "article"
        # Another message of the same sender may have been quicker, in another inbox, since the first look.
        elif sender and not await self._limiter.hit(self._by_sender, sender):
            over = "sender"
        return Taken(over, by_sender, under_article)

    async def _taken(self, item: RateLimitItem, key: str) -> int:
        return item.amount - (await self._limiter.get_window_stats(item, key)).remaining

    def _article(self, article: str) -> str:
        return blake2b(article.encode("utf-8", "surrogatepass"), key=self._secret, digest_size=16).hexdigest()


async def _sweep(storage: MemoryStorage) -> None:
    """Forget again and again the counters whose hours have passed."""
    while True:
        await asyncio.sleep(SWEEP)
        for key in [*storage.expirations]:
            await storage.get(key)  # which forgets it


def _home(address: str) -> str:
    """Return an IPv4 address, or the /64 network of an IPv6 one: a home or a telephone picks any of its addresses."""
    try:
        ip = ip_address(address)
    except ValueError:  # of no network: a socket of this machine
        return address
    if not isinstance(ip, IPv6Address):
        return str(ip)
    return str(ip.ipv4_mapped or IPv6Address(int(ip) >> 64 << 64))
