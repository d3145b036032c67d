"""The course of a proposal, on any forge: what is there already, what is missing, and only that.

All is looked up anew each time, nothing is remembered here: so it may be asked twice, and end half-way, and be asked
again. What is written is the commit first, then the pull request: a branch without one is a proposal cut short.

What moderators did on the branch stays. A file that a commit of the branch has put, and that is not on it any more,
was removed by hand: it does not come back. One that was put and then changed keeps the change. (A branch that was
rewritten by force tells nothing of what was on it before.)
"""

import time
from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Protocol

from msgspec import Struct
from msgspec.structs import replace

from labo_ssg.forge.api import Refused
from labo_ssg.forge.proposal import Change, ForgeFailed, Proposal, Standing, State
from labo_ssg.forge.writing import Writing, blob
from labo_ssg.places import APPROVED

TRIES = 4  # times that one starts again because somebody else was faster
LOOKS = 5  # times that one looks at what a forge may tell a moment late
TOLD = 250  # commits of a pull request that GitHub tells of: with that many, there may be more


class Moved(Exception):  # noqa: N818 - nobody's mistake
    """Main, or the branch, is not where it was a moment ago: all is looked up again."""


class Pull(Struct, frozen=True):
    """A pull request, as a forge shows it."""

    branch: str
    number: int
    state: State
    url: str
    title: str = ""
    text: str = ""
    by: str = ""


class Remote(Protocol):
    """What a driver can do on its forge, each a call or a few."""

    def last(self, branch: str) -> Pull | None:
        """Return the pull request of `branch` that is open, else the newest one, of this repository and no fork."""
        ...

    def tip(self, branch: str) -> str:
        """Return the id of the branch's newest commit, "" where there is no such branch."""
        ...

    def files(self, commit: str, paths: Collection[str]) -> dict[str, str]:
        """Return the files of `commit` by path, with the ids of their blobs: `paths` at least, as far as they exist."""
        ...

    def decided_by(self, pull: Pull) -> str:
        """Return who merged or closed a pull request, "" where that is not known."""
        ...

    def commits(self, pull: Pull) -> list[str]:
        """Return the ids of the commits of a pull request."""
        ...

    def log(self, branch: str, path: str) -> list[str]:
        """Return the ids of the two newest commits of `branch` that touch `path`."""
        ...

    def puts(self, pull: Pull) -> set[str]:
        """Return the files that a pull request adds or changes."""
        ...

    def catch_up(self, pull: Pull) -> None:
        """Bring what is new on main to the branch, if that can be done without a conflict."""
        ...

    def write(self, writing: Writing) -> None:
        """Write the commit and move the branch there; raise Moved, or Refused, where somebody was faster."""
        ...

    def open(self, proposal: Proposal) -> Pull:
        """Open a pull request."""
        ...

    def reword(self, pull: Pull, proposal: Proposal) -> None:
        """Give a pull request the title and the text of `proposal`."""
        ...

    def close(self, pull: Pull) -> None:
        """Close a pull request without merging it."""
        ...

    def delete(self, branch: str) -> None:
        """Delete a branch; it may be gone already."""
        ...


class Course:
    """A forge: what `Forge` asks for, by means of what a driver can do. `main` is its main branch.

    What it may tell late is looked at again after `pause` seconds.
    """

    def __init__(self, remote: Remote, main: str, pause: float) -> None:
        self.remote = remote
        self._main = main
        self._pause = pause

    def propose(self, proposal: Proposal) -> Standing:
        """See `Forge.propose`. Where nothing is left to propose, nothing is made, and the last one's standing said."""
        for _ in range(TRIES):
            try:
                return self._proposed(proposal)
            except Moved:
                continue
        raise ForgeFailed(f"others change {proposal.branch} or {self._main} all the time", "it is tried again later")

    def standing(self, branch: str) -> Standing:
        pull = self.remote.last(branch)
        if pull is None:
            return Standing("none")
        if pull.state == "open":
            return _standing(pull, self.remote.puts(pull))
        return _standing(replace(pull, by=pull.by or self.remote.decided_by(pull)), ())

    def withdraw(self, branch: str) -> None:
        pull = self.remote.last(branch)
        if pull and pull.state == "open":
            self.remote.close(pull)
        if self.remote.tip(branch):
            self.remote.delete(branch)

    def holds(self, paths: Collection[str]) -> set[str]:
        return set(paths) & self.remote.files(self._tip_of_main(), paths).keys() if paths else set()

    def _tip_of_main(self) -> str:
        """Return the newest commit of main. Seen on Gitea: just after the first push, it knows of no branch yet."""
        for look in range(LOOKS):
            if tip := self.remote.tip(self._main):
                return tip
            if look < LOOKS - 1:
                time.sleep(self._pause)
        hint = (
            "was the site pushed there? `repository` in site.yaml says its `branch`;"
            " the token must be allowed to read the repository"
        )
        raise ForgeFailed(f"there is no branch {self._main}", hint)

    def _proposed(self, proposal: Proposal) -> Standing:
        start = self._tip_of_main()
        asked = [path for one in proposal.changes for path in (one.path, one.old) if path]
        there = self.remote.files(start, asked)
        wanted = [one for one in proposal.changes if there.get(one.path) != blob(one)]
        pull = self.remote.last(proposal.branch)
        state = pull.state if pull else "none"
        if not wanted and state != "open":
            return _standing(pull, ())
        tip = self.remote.tip(proposal.branch)
        put = self.remote.puts(pull) if pull and state == "open" and tip else set()
        if wanted:
            writing = Writing(proposal, tuple(wanted), start, there, tip, reset=bool(tip))
            if tip and state in ("open", "none"):
                writing = self._added(writing, pull, asked)
            if writing.changes:
                self._write(writing)
            put |= {one.path for one in (writing.changes if state == "open" else wanted)}
        if tip and state == "open":
            put -= self._taken_off(proposal, put)
        return _standing(self._shown(pull, proposal), put)

    def _taken_off(self, proposal: Proposal, put: Collection[str]) -> set[str]:
        """Take off the branch what is not proposed any more; return these paths. What main has is not among them."""
        gone = [path for path in proposal.gone if path in put]
        if gone:
            tip = self.remote.tip(proposal.branch)
            here = self.remote.files(tip, gone)
            leaving, words = tuple(path for path in gone if path in here), replace(proposal, message=proposal.farewell)
            if leaving:
                self._write(Writing(words, (), tip, here, tip, reset=False, gone=leaving))
        return set(gone)

    def _added(self, writing: Writing, pull: Pull | None, asked: Sequence[str]) -> Writing:
        """Return what is missing on a branch that is under way, to be added to what it holds."""
        proposal, tip = writing.proposal, writing.tip
        here = self.remote.files(tip, asked)
        missing = [one for one in writing.changes if here.get(one.path) != blob(one)]
        if missing and pull:
            missing = self._untouched(missing, here, pull, writing)
        if any(writing.leaves(one) and one.old not in here for one in missing):  # the branch is older than the message
            if pull is None:
                return writing  # nobody has seen it yet: it is begun again
            self.remote.catch_up(pull)
            tip = self.remote.tip(proposal.branch)
            here = self.remote.files(tip, asked)
        return Writing(proposal, tuple(missing), tip, here, tip, reset=False)

    def _untouched(
        self, missing: Iterable[Change], here: Mapping[str, str], pull: Pull, writing: Writing
    ) -> list[Change]:
        """Return those that nobody has removed from the branch, or changed there."""
        missing = list(missing)
        commits = self._commits(pull, writing.tip)
        paths = [one.path for one in missing]
        if len(commits) <= 1:
            states = {path: int(path in here) for path in paths}
        elif len(commits) <= len(missing):
            trees = [self.remote.files(commit, paths) for commit in commits]
            states = {path: len({tree[path] for tree in trees if path in tree}) for path in paths}
        else:
            known, full = set(commits), len(commits) >= TOLD
            logs = {path: self.remote.log(writing.proposal.branch, path) for path in paths}
            states = {path: sum(full or commit in known for commit in log) for path, log in logs.items()}
        return [one for one in missing if states[one.path] <= int(one.path in here)]

    def _commits(self, pull: Pull, tip: str) -> list[str]:
        """Return the commits of a pull request, `tip` among them: what was just pushed, forges list a moment late."""
        commits = self.remote.commits(pull)
        for _ in range(LOOKS - 1):
            if tip in commits or len(commits) >= TOLD:
                break
            time.sleep(self._pause)
            commits = self.remote.commits(pull)
        return commits

    def _write(self, writing: Writing) -> None:
        try:
            self.remote.write(writing)
        except Refused as refused:
            # 500: seen on Forgejo, where a file is gone, and on Gitea, where somebody pushed in between.
            if refused.status in (400, 404, 409, 422, 500) and self._has_moved(writing):
                raise Moved from refused
            raise

    def _has_moved(self, writing: Writing) -> bool:
        """Tell whether the branch, or main where the commit was to stand upon it, is not where it was."""
        if self.remote.tip(writing.proposal.branch) != writing.tip:
            return True
        return writing.start != writing.tip and self._tip_of_main() != writing.start

    def _shown(self, pull: Pull | None, proposal: Proposal) -> Pull:
        """Return the open pull request of a branch that is there, with the proposal's title and text."""
        if pull is None or pull.state != "open":
            return self.remote.open(proposal)
        if (_plain(pull.title), _plain(pull.text)) != (_plain(proposal.title), _plain(proposal.text)):
            self.remote.reword(pull, proposal)
        return pull


def arrived(
    remote: Remote, branch: str, before: str, changes: Collection[Change], gone: Collection[str] = ()
) -> bool | None:
    """Return True if a commit with `changes`, without what is `gone`, is on `branch`, None if it is still at `before`.

    Raise Moved where it is at another commit.

    The branch itself is looked at: seen on Gitea, a commit that was made is answered by 422.
    """
    tip = remote.tip(branch)
    if tip in ("", before):
        return None
    here = remote.files(tip, [*(one.path for one in changes), *gone])
    if here.keys() & set(gone) or not all(here.get(one.path) == blob(one) for one in changes):
        raise Moved
    return True


def _standing(pull: Pull | None, put: Iterable[str]) -> Standing:
    if pull is None:
        return Standing("none")
    paths = tuple(sorted(path for path in put if f"/{APPROVED}/" in f"/{path}"))
    return Standing(pull.state, pull.url, pull.number, pull.by, paths if pull.state == "open" else ())


def _plain(text: str) -> str:
    """Return a text without what forges do to the ends of lines."""
    return text.replace("\r\n", "\n").strip()
