"""The parts of an inbox, put together: of one that stands alone, and of the one in a preview."""

from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import NamedTuple

from labo_ssg.inbox.mailbox import Mailbox
from labo_ssg.inbox.metrics import Metrics
from labo_ssg.inbox.pace import Pace
from labo_ssg.inbox.reception import Newsstand, Reception
from labo_ssg.inbox.status import Counter
from labo_ssg.inbox.tokens import Tokens, secret
from labo_ssg.inbox.twins import Recent
from labo_ssg.inbox.web import Web
from labo_ssg.model import InboxSettings


class Parts(NamedTuple):
    """What answers, and what it shares with the work beside its answers."""

    web: Web
    mailbox: Mailbox
    recent: Recent
    pace: Pace
    metrics: Metrics


def assemble(
    root: Path, settings: InboxSettings, editions: Newsstand, clock: Callable[[], datetime], wake: Callable[[], None]
) -> Parts:
    """Return the parts of an inbox of the site at `root`; raise OSError, Weak.

    `wake` is called when a message has been kept.
    """
    mailbox, recent, metrics = Mailbox(root), Recent(), Metrics()
    tokens = Tokens(secret(root))
    pace = Pace(settings.pace, tokens.pace())
    reception = Reception(editions, mailbox, tokens, pace, recent, wake)
    web = Web(editions, reception, Counter(reception, mailbox, tokens), pace, metrics, clock, settings.proxies)
    return Parts(web, mailbox, recent, pace, metrics)
