"""The commits of the branch → who decided what, when and why.

What a decision was, and why, its commit says. What a pull request has approved is seen by the files that have come to
comments/approved with it: a squash, a rebase, or a corrected branch makes other commits, with other words, than the
proposal had. Of a pull request, the one who has merged it is the one who has decided, as far as git knows.
"""

import os
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path, PurePosixPath
from typing import NamedTuple

from labo_ssg.disk.messages import check_place
from labo_ssg.forge import git
from labo_ssg.forge.running import run
from labo_ssg.moderation.record import Record, said
from labo_ssg.places import APPROVED, PENDING

_FORM = "%H%x00%P%x00%aI%x00%an <%ae>%x00%cn <%ce>%x00%B%x00"
_OF_FORGES = frozenset({"noreply@github.com"})  # who commits there what somebody merges on the page


class _Commit(NamedTuple):
    name: str
    parents: tuple[str, ...]
    date: datetime
    author: str
    committer: str
    text: str

    @property
    def is_direct(self) -> bool:
        """Tell whether its author has committed it, as decisions are made here."""
        return _address(self.author) == _address(self.committer)


class _Came(NamedTuple):
    """A message that has come to comments/approved: its article, its blob; `waited`: it has left comments/pending."""

    article: str
    blob: str
    waited: bool


def decisions(root: Path, bot: str) -> Iterator[Record]:
    """Yield what was decided on the branch; what `bot` ("Name <address>") has committed was proposed; raise GitFailed.

    Each commit is looked at once, by the way that it came to the branch.
    """
    commits = {one.name: one for one in _log(root)}
    if commits:
        story = _Story(root, commits, _address(bot) if bot else "")
        yield from story.told(git.head_of(root), None)


def since(root: Path, commit: str) -> Iterator[Record]:
    """Yield what the commits say that do not lead to `commit`, "" for all of them; raise GitFailed."""
    older = ("--not", commit) if commit and git.commit_at(root, commit) else ()
    for one in _log(root, *older):
        yield from said(one.text, one.date, one.author)


def _log(root: Path, *older: str) -> Iterator[_Commit]:
    if not git.head_of(root):
        return
    fields = run(root, "log", "--topo-order", f"--format={_FORM}", "HEAD", *older).decode(errors="replace").split("\0")
    for name, parents, date, author, committer, text in zip(*(fields[at::6] for at in range(6)), strict=False):
        moment = datetime.fromisoformat(date).astimezone(UTC)
        yield _Commit(name.strip(), tuple(parents.split()), moment, author, committer, text)


class _Story:
    """The commits of a branch, and the messages that each has brought to comments/approved."""

    def __init__(self, root: Path, commits: dict[str, _Commit], bot: str) -> None:
        self._commits, self._bot = commits, bot
        self._came = _arrivals(root, commits)
        self._sent = _sent(root, [one.blob for came in self._came.values() for one in came.values() if not one.waited])
        self._seen: set[str] = set()

    def told(self, tip: str, merge: _Commit | None) -> Iterator[Record]:
        """Yield the decisions from `tip` on back, oldest first; `merge` has brought them, if any has."""
        line = []
        while tip in self._commits and tip not in self._seen:  # of a shallow clone, the first parents are not there
            line.append(self._commits[tip])
            self._seen.add(tip)
            tip = next(iter(line[-1].parents), "")
        for one in reversed(line):
            found = list(self._said(one, merge if merge and self._is_bot(one.committer) else one))
            for parent in one.parents[1:]:
                found += self.told(parent, one)
            yield from found
            if not (merge and self._is_bot(one.committer)):  # what was proposed, the merge shows
                yield from self._shown(one, {record.comment for record in found})

    def _said(self, one: _Commit, by: _Commit) -> Iterator[Record]:
        """Yield what a commit says; of what was proposed, what `by` has brought: a file may have left the proposal."""
        came = self._came.get(by.name, {})
        is_own = one.is_direct and not self._is_bot(one.author)
        for record in said(one.text, by.date, self._decider(by)):
            if is_own or record.decision != "approved" or record.comment in came:
                yield record

    def _shown(self, one: _Commit, told: set[str]) -> Iterator[Record]:
        """Yield what a commit has approved, and neither it nor what it has brought was `told` to say.

        What was never a visitor's, as an answer of the editors, or comments from elsewhere, was not approved.
        """
        for comment, found in self._came.get(one.name, {}).items():
            if comment not in told and (found.waited or found.blob in self._sent):
                yield Record(one.date, comment, "approved", self._decider(one), found.article)

    def _decider(self, one: _Commit) -> str:
        """Return who has decided by a commit: who has rebased what the bot proposed is its committer."""
        by_whom = _address(one.committer)
        is_rebased = self._is_bot(one.author) and by_whom not in (self._bot, *_OF_FORGES)
        return one.committer if is_rebased else one.author

    def _is_bot(self, who: str) -> bool:
        return bool(self._bot) and _address(who) == self._bot


def _arrivals(root: Path, commits: dict[str, _Commit]) -> dict[str, dict[str, _Came]]:
    """Return what each commit has brought to comments/approved, as seen from its first parent, by the id.

    What the first commit of all holds was there: nobody knows who has decided it.
    """
    pairs = "".join(f"{one.name} {one.parents[0]}\n" for one in commits.values() if one.parents)
    words = ("diff-tree", "--stdin", "-r", "-z", "--no-renames", "--relative", "--", APPROVED, PENDING)
    fields = iter(run(root, *words, stdin=pairs.encode()).split(b"\0")[:-1])
    changes: dict[str, dict[str, dict[str, tuple[str, str]]]] = {}
    name = ""
    for field in fields:
        if not field.startswith(b":"):
            name = field.decode()
            continue
        _, _, _, blob, letter = field.decode().split(" ")
        path = PurePosixPath(os.fsdecode(next(fields)))
        if not check_place(str(path)):
            kind = f"{letter} {path.parent.parent}"
            changes.setdefault(name, {}).setdefault(kind, {})[path.stem] = (path.parent.name, blob)
    return {name: _brought(kinds) for name, kinds in changes.items()}


def _brought(kinds: dict[str, dict[str, tuple[str, str]]]) -> dict[str, _Came]:
    """Return the messages that a commit has brought; one whose article was renamed was there before."""
    left = kinds.get(f"D {PENDING}", {})
    stayed = kinds.get(f"D {APPROVED}", {})
    found = kinds.get(f"A {APPROVED}", {})
    return {
        comment: _Came(article, blob, comment in left)
        for comment, (article, blob) in found.items()
        if comment not in stayed
    }


def _sent(root: Path, blobs: list[str]) -> set[str]:
    """Return those of `blobs` that are visitors' messages: to each, the inbox has given a code."""
    found = zip(blobs, git.contents(root, blobs), strict=True)
    return {blob for blob, data in found if b"\ncode: " in data.partition(b"\n---\n")[0]}


def _address(who: str) -> str:
    return who.removesuffix(">").rpartition("<")[2].strip()
