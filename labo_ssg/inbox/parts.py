"""The parts of an inbox, put together: of one that stands alone, and of the one in a preview."""

from collections.abc import Callable, Sequence
from datetime import datetime
from pathlib import Path
from typing import NamedTuple

from anyio import to_thread

from labo_ssg.formats.comment import CommentHeader
from labo_ssg.inbox.codes import secret
from labo_ssg.inbox.http.metrics import Metrics
from labo_ssg.inbox.http.web import Web
from labo_ssg.inbox.mailbox import Kept, Mailbox, Name
from labo_ssg.inbox.reception import Keep, Newsstand, Reception
from labo_ssg.inbox.screening.pace import Pace
from labo_ssg.inbox.screening.twins import Recent
from labo_ssg.inbox.status import Counter
from labo_ssg.inbox.tokens import Tokens
from labo_ssg.model import InboxSettings


class Parts(NamedTuple):
    """What answers, and what it shares with the work beside its answers."""

    web: Web
    mailbox: Mailbox
    recent: Recent
    pace: Pace
    metrics: Metrics


def assemble(
    root: Path,
    settings: InboxSettings,
    editions: Newsstand,
    clock: Callable[[], datetime],
    keep: Keep | None = None,
    wake: Callable[[], None] = lambda: None,
) -> Parts:
    """Return the parts of an inbox of the site at `root`; raise OSError, Weak.

    Messages are kept by `keep`, in a thread where there is none; `wake` is called after each.
    """
    mailbox, recent, metrics = Mailbox(root), Recent(), Metrics()
    tokens = Tokens(secret(root))
    pace = Pace(settings.pace, tokens.pace())
    reception = Reception(editions, mailbox, tokens, pace, recent, keep or _in_a_thread(mailbox), wake)
    web = Web(editions, reception, Counter(reception, mailbox, tokens), pace, metrics, clock, settings.proxies)
    return Parts(web, mailbox, recent, pace, metrics)


def _in_a_thread(mailbox: Mailbox) -> Keep:
    """Return what keeps messages while others are answered."""

    async def keep(header: CommentHeader, text: str, names: Sequence[Name]) -> Kept:
        return await to_thread.run_sync(mailbox.keep, header, text, names)

    return keep
