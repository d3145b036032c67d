"""Messages that are proposed on a forge: each has a record here, until what became of it there is done here, too.

A message stays in comments/pending until the forge's main branch holds it, or whoever decides there has refused it: at
no moment is it nowhere. All may be asked again, after whatever failure: the forge is looked at first.
"""

import logging
import re
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from datetime import datetime
from functools import cached_property
from itertools import groupby
from pathlib import Path

from msgspec.structs import replace

from labo_ssg.disk import files, spool
from labo_ssg.disk.messages import path_of
from labo_ssg.forge import git
from labo_ssg.forge.proposal import Change, Forge, Proposal, Standing
from labo_ssg.forge.running import run
from labo_ssg.model import ProposalGroup, Site
from labo_ssg.moderation import journal, proposal_text, queue
from labo_ssg.moderation import plan as plans
from labo_ssg.moderation.decisions import Verdict, decide, held, sort_out, subject
from labo_ssg.moderation.plan import Plan, Take, Task
from labo_ssg.moderation.proposal_text import Entry
from labo_ssg.moderation.proposed import TOGETHER, Proposed, branch_of, forget, recorded, write
from labo_ssg.moderation.queue import Pending
from labo_ssg.moderation.record import Record, trailers
from labo_ssg.moderation.showing import Shown
from labo_ssg.places import APPROVED, WITHDRAWN
from labo_ssg.problems import Place, Problem

LOCK = f"{plans.FOLDER}/proposing.lock"
_UNFIT = re.compile(r"[^\w .@+-]")  # for the name of who has decided

Show = Callable[[str], Shown]
"""Shows the message in the file at a path; raises LookupError, ValueError where it cannot."""

log = logging.getLogger(__name__)


Outcome = Proposed | Record | Problem
"""What was proposed, what was decided on the forge and is done here, what somebody must look at."""


class Proposals:
    """The proposals of the site at `root` on `forge`; after ForgeFailed, GitFailed, OSError one asks again."""

    def __init__(self, root: Path, forge: Forge, site: Site, show: Show) -> None:
        self._root, self._forge, self._site, self._show = root, forge, site, show

    @cached_property
    def _folder(self) -> str:
        """The site's folder in its repository, with a slash, or "": as git has it, else as the settings do."""
        said = self._site.repository.folder if self._site.repository else ""
        return git.prefix(self._root) if journal.in_git(self._root) else f"{said}/" if said else ""

    def propose(self, messages: Sequence[Pending], group: ProposalGroup, now: datetime) -> Iterator[Outcome]:
        """Propose those of `messages` that are not yet, `each` alone or all `together`; yield what is done as it is."""
        with files.lock(self._root / LOCK):
            known = recorded(self._root)
            others = {one.id for one in messages if one.id in known and known[one.id].article != one.article}
            for one in messages:
                if one.id in others:
                    what = f"another message of this name is proposed, on {known[one.id].article}"
                    yield Problem(Place(one.path), what, "rename this file")
            new = [one for one in messages if one.id not in known]
            if group == "together":
                yield from self._propose_together(new, now)
                return
            # An answer waits until what it answers is published: nobody knows which of the two is merged first.
            free, problems = sort_out(self._root, [Verdict(one, "approved") for one in new], together=False)
            yield from problems
            for verdict in free:
                yield from self._send(branch_of(verdict.message.id), [verdict.message], [verdict.message], now)

    def tidy(self, now: datetime) -> Iterator[Outcome]:
        """Do here what was decided on the forge; yield what is done, and what somebody must look at."""
        with files.lock(self._root / LOCK):
            yield from self._tidy(list(recorded(self._root).values()), now)

    def _propose_together(self, new: Sequence[Pending], now: datetime) -> Iterator[Outcome]:
        if not new:
            return
        # What the last round has brought must be known before the next one takes its name.
        yield from self._tidy([one for one in recorded(self._root).values() if one.branch == TOGETHER], now)
        there = [message for one in self._open(TOGETHER) if (message := self._read(one))]
        together = [*there, *new]
        verdicts = [Verdict(one, "approved") for one in together]
        free, problems = sort_out(self._root, verdicts)
        yield from (one for one in problems if one.place.path in {message.path for message in new})
        going = [one.message for one in free]
        if any(one in going for one in new):
            yield from self._send(TOGETHER, going, [one for one in going if one in new], now)

    def _open(self, branch: str) -> list[Proposed]:
        return [one for one in recorded(self._root).values() if one.branch == branch and not one.merged]

    def _read(self, one: Proposed) -> Pending | None:
        """Return a message that was proposed and still waits."""
        return queue.read(self._root, one.pending)[0] if files.exists(self._root, one.pending) else None

    def _send(
        self, branch: str, messages: Sequence[Pending], new: Sequence[Pending], now: datetime
    ) -> Iterator[Proposed | Problem]:
        """Have `messages` proposed on `branch`, and write down which of them are `new` there."""
        standing = self._forge.propose(self._proposal(branch, messages, now))
        absent = self._absent(new, standing)
        for one in new:
            if one in absent:
                hint = "decide it here, or propose it again once that pull request is decided"
                where = standing.url or f"the branch {branch}"
                yield Problem(Place(one.path), f"it was taken off {where} before, and is not put back", hint)
                continue
            # Where the main branch holds it already there may be nothing to show: the next tidying tells.
            made = Proposed(one.id, one.article, branch, now, standing.url, standing.number)
            write(self._root, made)
            yield made

    def _absent(self, new: Sequence[Pending], standing: Standing) -> list[Pending]:
        """Return those of the `new` ones that neither the open pull request nor the main branch holds."""
        if standing.state != "open":
            return []
        places = {self._there(path_of(APPROVED, one.article, one.id)): one for one in new}
        left = [path for path in places if path not in standing.paths]
        held_there = self._forge.holds(left)
        return [places[path] for path in left if path not in held_there]

    def _there(self, path: str) -> str:
        """Return what a file of the site is called in the repository, in which the site may be a folder."""
        return f"{self._folder}{path}"

    def _proposal(self, branch: str, messages: Sequence[Pending], now: datetime) -> Proposal:
        bot, together = self._site.inbox.bot, branch == TOGETHER
        entries, changes, records = [], [], []
        for one in messages:
            data, problems = files.read(self._root, one.path)
            if problems:  # it left this moment
                continue
            entries.append(Entry(one, self._shown(one.path)))
            place = self._there(path_of(APPROVED, one.article, one.id))
            changes.append(Change(place, data, self._there(one.path)))
            records.append(Record(now, one.id, "approved", bot, one.article))
        title = proposal_text.title(entries, self._site)
        text = proposal_text.text(entries, self._site, together=together, folder=self._folder)
        first = subject([Verdict(one.message, "approved") for one in entries]) if entries else title
        gone = tuple(self._there(one.approved) for one in self._gone(branch))
        return Proposal(
            *(branch, title, text, f"{first}\n\n{trailers(records)}", bot, tuple(changes)),
            gone=gone if entries else (),
            farewell=f"Take off {'a message' if len(gone) == 1 else f'{len(gone)} messages'}: withdrawn, or decided\n",
        )

    def _gone(self, branch: str) -> list[Proposed]:
        """Return what is proposed on a branch, and was withdrawn or decided here meanwhile."""
        return [one for one in self._open(branch) if not files.exists(self._root, one.pending)]

    def _shown(self, path: str) -> Shown | None:
        try:
            return self._show(path)
        except (LookupError, ValueError, OSError) as error:
            log.warning("%s cannot be shown, it is proposed as it is written: %s", path, error)
            return None

    def _tidy(self, ones: Sequence[Proposed], now: datetime) -> Iterator[Outcome]:
        with held(self._root):  # what was cut short is ended first: it may be what is to be done
            asked = [one for one in ones if not self._is_done(one)]
        for branch, group in groupby(sorted(asked, key=lambda one: one.branch), key=lambda one: one.branch):
            among = list(group)
            # In this order: what is merged in between is held, and not taken for left out.
            standing = self._forge.standing(branch)
            there = self._forge.holds([self._there(one.approved) for one in among])
            for one in among:
                yield from self._settle(one, standing, now, is_there=self._there(one.approved) in there)
            yield from self._take_off(branch, standing, now)

    def _is_done(self, one: Proposed) -> bool:
        """Tell whether a message is merged, and has left from here or leaves by a pull; forget it after that."""
        if not one.merged or (files.exists(self._root, one.pending) and not self._is_tracked(one.pending)):
            return False
        if files.exists(self._root, one.approved):
            forget(self._root, one)
        return True

    def _settle(self, one: Proposed, standing: Standing, now: datetime, *, is_there: bool) -> Iterator[Outcome]:
        """Do here what was decided of a message."""
        is_another = bool(one.number and standing.number and one.number != standing.number)
        if is_there:
            yield from self._publish(one, standing, now)
        elif one.merged:  # it was published, and removed since
            forget(self._root, one)
        elif standing.state == "none":
            forget(self._root, one)
            if files.exists(self._root, one.pending):
                hint = "it still waits here: `labo comments propose` proposes it again"
                yield Problem(Place(one.pending), f"the forge knows nothing of the branch {one.branch}", hint)
        elif standing.state != "open" or is_another:
            yield from self._refuse(one, standing, now)

    def _publish(self, one: Proposed, standing: Standing, now: datetime) -> Iterator[Outcome]:
        """Let a message leave from here that the forge's main branch holds."""
        with held(self._root):
            is_new = not one.merged
            if is_new:
                write(self._root, replace(one, merged=True))
            record = Record(now, one.comment, "approved", _who(standing), one.article, _told(one))
            if files.exists(self._root, one.pending) and not self._is_tracked(one.pending):
                if journal.in_git(self._root):  # the commit that a pull brings says who has decided
                    spool.remove(self._root / one.pending)
                    with suppress(OSError):
                        (self._root / one.pending).parent.rmdir()
                else:
                    plan = Plan(record.moderator, "", (Task(record, (Take(one.pending),)),), apart=True)
                    plans.carry_out(self._root, plan)
            if files.exists(self._root, one.approved):  # a pull has brought it: all is as if it had been decided here
                forget(self._root, one)
        if is_new:
            yield record
        if is_new and files.exists(self._root, f"{WITHDRAWN}/{one.comment}"):
            hint = f"its author does not want it to be read: `labo comments erase {one.comment}` once it is here"
            yield Problem(Place(one.approved), "it was withdrawn, and published all the same", hint)

    def _refuse(self, one: Proposed, standing: Standing, now: datetime) -> Iterator[Outcome]:
        message = self._read(one)
        if message:
            apart = not self._is_tracked(one.pending)
            verdict = Verdict(message, "rejected", _told(one))
            session = decide(self._root, [verdict], _who(standing), now, apart=apart)
            yield from session.done.records
            yield from session.problems
        elif files.exists(self._root, one.pending):
            yield Problem(Place(one.pending), "it was refused, but cannot be read", "look at it, and remove it")
            return
        forget(self._root, one)

    def _take_off(self, branch: str, standing: Standing, now: datetime) -> Iterator[Problem]:
        """Have what was withdrawn or decided here meanwhile proposed no more; tell what still is."""
        gone = self._gone(branch)
        if standing.state != "open" or not gone:
            return
        left = [message for one in self._open(branch) if (message := self._read(one))] if branch == TOGETHER else []
        if not left:
            self._forge.propose(self._proposal(branch, [], now))  # its page shows the words no more
            self._forge.withdraw(branch)
            for one in gone:
                forget(self._root, one)
            return
        for one in gone:
            # Seen off the branch while that was open, and not on main: nobody can merge it any more.
            if self._there(one.approved) not in standing.paths:
                forget(self._root, one)
        now_there = self._forge.propose(self._proposal(branch, left, now)).paths
        for one in gone:
            if (path := self._there(one.approved)) in now_there:
                where = standing.url or f"the branch {branch}"
                what = "it was withdrawn or decided here, and is still proposed"
                yield Problem(Place(one.pending), what, f"remove it from {where}: {path}")

    def _is_tracked(self, path: str) -> bool:
        """Tell whether git knows a file here: a pull, or a commit, then takes it away."""
        return journal.in_git(self._root) and bool(run(self._root, "ls-files", "-z", "--", path))


def _who(standing: Standing) -> str:
    """Return who has decided, as the journal has it."""
    return f"{_UNFIT.sub('', standing.by).strip() or 'the forge'} <>"


def _told(one: Proposed) -> str:
    return f"decided on the forge: {one.url or one.branch}"
