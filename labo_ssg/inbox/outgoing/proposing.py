"""Proposes the messages that wait on the site's forge, and brings here what was decided there.

The forge is asked every few minutes, and as soon as it calls (`inbox/http/hook`): a file says so, for the process that
was called need not be the one that delivers.
"""

import logging
import time
from collections.abc import Callable, Iterable, Mapping
from datetime import datetime
from pathlib import Path

from labo_ssg.disk import spool
from labo_ssg.forge.proposal import ForgeFailed
from labo_ssg.forge.running import GitFailed
from labo_ssg.inbox.outgoing.deliveries import Failed
from labo_ssg.model import Site
from labo_ssg.moderation import queue
from labo_ssg.moderation.proposals import Outcome, Proposals, Show
from labo_ssg.moderation.proposed import recorded
from labo_ssg.moderation.record import Record
from labo_ssg.places import INBOX
from labo_ssg.problems import Problem

CALLED = f"{INBOX}/forge-called"
EVERY = 300.0  # seconds between two questions to the forge
MANY = 20  # open proposals beyond which it is asked less often: it counts the questions
LOOK = 15.0  # seconds between two looks whether the forge has called another process

log = logging.getLogger(__name__)


class ProposalDelivery:
    """The pull requests of the site at `root`; `environ` holds the forge's token."""

    name = "proposals"

    def __init__(
        self, root: Path, site: Site, show: Show, environ: Mapping[str, str], clock: Callable[[], datetime]
    ) -> None:
        self._root, self._site, self._show, self._environ, self._clock = root, site, show, environ, clock
        self._asked = float("-inf")  # when the forge was asked last
        self._told: set[Problem] = set()

    def deliver(self) -> float | None:
        """Bring here what was decided, propose what waits; raise Failed."""
        try:
            return self._deliver()
        except ModuleNotFoundError as error:
            raise Failed(f"the package {error.name} is missing: pip install 'labo-ssg[forge]'") from error
        except ForgeFailed as failed:
            raise Failed(f"{failed}: {failed.hint}" if failed.hint else str(failed)) from failed
        except GitFailed as failed:
            raise Failed(str(failed)) from failed
        except OSError as error:
            raise Failed(f"{(error.strerror or str(error)).lower()}: {error.filename or self._root}") from error

    def _deliver(self) -> float | None:
        known = recorded(self._root)
        waiting, problems = queue.waiting(self._root)
        new = [one for one in waiting if one.id not in known]
        is_called = (self._root / CALLED).exists()
        pause = EVERY * max(1.0, sum(not one.merged for one in known.values()) / MANY)
        is_due = bool(known) and (is_called or time.monotonic() - self._asked >= pause)
        if is_due or new:
            from labo_ssg.forge.connect import connect  # wants a package more than the inbox itself

            forge = connect(self._root, self._site.repository, self._environ)
            desk = Proposals(self._root, forge, self._site, self._show)
            if is_due:
                spool.remove(self._root / CALLED)  # first: who calls from now on is heard again
                problems += self._log(desk.tidy(self._clock()))
                self._asked = time.monotonic()
            problems += self._log(desk.propose(new, self._site.inbox.group, self._clock()))
        self._tell(problems)
        return LOOK if recorded(self._root) else None

    def _log(self, outcomes: Iterable[Outcome]) -> list[Problem]:
        problems = []
        for one in outcomes:
            if isinstance(one, Problem):
                problems.append(one)
            elif isinstance(one, Record):
                log.info(one.decision, extra={"comment": one.comment})
            else:
                log.info("proposed", extra={"comment": one.comment})
        return problems

    def _tell(self, problems: Iterable[Problem]) -> None:
        """Log each problem once: it is met at every look until somebody has seen to it."""
        found = set(problems)
        for one in sorted(found - self._told):
            log.warning("a message wants a look", extra={"place": str(one.place), "reason": one.what})
        self._told = found


def call(root: Path) -> None:
    """Have the forge asked soon; raise OSError."""
    spool.put(root / CALLED, b"")
