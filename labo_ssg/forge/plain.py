"""A repository without a forge: a branch is pushed, and a text asks somebody to pull it.

All is made of git's plumbing beside the work tree, upon the remote's own main branch: nothing that editors have here
is touched. What was last seen of a branch on the remote is kept under refs/labo/: a branch that is gone from the
remote was merged, if main holds what it put, and else refused.
"""

import os
import re
import tempfile
from collections.abc import Collection, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from labo_ssg.forge import git
from labo_ssg.forge.course import Course, Moved, Pull
from labo_ssg.forge.git import commit_at, own_index
from labo_ssg.forge.proposal import ForgeFailed, Proposal, Standing, State
from labo_ssg.forge.running import GitFailed, ask, run
from labo_ssg.forge.writing import Writing, who
from labo_ssg.places import APPROVED

SEEN = "refs/labo"  # where the remote's branches are kept here, as they were last seen
_CREDENTIALS = re.compile(r"(?<=://)[^/@\s]+@")
_LATE = ("[rejected]", "[remote rejected]", "stale info", "cannot lock ref")


class Plain(Course):
    """The repository that `remote` (a name, or an address) stands for in the clone at `root`; `main` is its branch."""

    def __init__(self, root: Path, remote: str, main: str) -> None:
        self._branches = Branches(root, remote, main)
        super().__init__(self._branches, main, pause=0.0)

    def propose(self, proposal: Proposal) -> Standing:
        with _told():
            return super().propose(proposal)

    def standing(self, branch: str) -> Standing:
        with _told():
            return super().standing(branch)

    def withdraw(self, branch: str) -> None:
        with _told():
            super().withdraw(branch)

    def holds(self, paths: Collection[str]) -> set[str]:
        with _told():
            return super().holds(paths)

    def request_pull(self, branch: str) -> str:
        """Return the text that asks somebody to pull `branch`, as git writes it: where it lies, what it changes."""
        with _told():
            return self._branches.request_pull(branch)


class Branches:
    """The branches of a remote, by git alone."""

    def __init__(self, root: Path, remote: str, main: str) -> None:
        self._root = git.top(root)  # where git's own paths begin
        self._remote = remote
        self._main = main

    def last(self, branch: str) -> Pull | None:
        """Return what a branch would be on a forge. It is open while it is there and main does not hold it."""
        there = self._fetched(branch)
        seen = commit_at(self._root, f"{SEEN}/{branch}")
        if not seen:
            return None
        state: State = "merged" if self._is_merged(seen) else "open" if branch in there else "closed"
        return Pull(branch, 0, state, "")

    def _fetched(self, branch: str) -> set[str]:
        """Fetch main and `branch` as they are; return those of them that are there."""
        names = {f"refs/heads/{name}": name for name in (self._main, branch)}
        told = run(self._root, "ls-remote", self._remote, *names, network=True).decode().splitlines()
        tips = {names[ref]: commit for commit, _, ref in (line.partition("\t") for line in told) if ref in names}
        new = [name for name, commit in tips.items() if commit_at(self._root, f"{SEEN}/{name}") != commit]
        if new:
            words = ("--quiet", "--no-tags", "--no-recurse-submodules", "--no-write-fetch-head")
            refs = [f"+refs/heads/{name}:{SEEN}/{name}" for name in new]
            run(self._root, "fetch", *words, self._remote, *refs, network=True)
        return set(tips)

    def _is_merged(self, commit: str) -> bool:
        """Tell whether main has a commit in its past, or, as after a squash or a rebase, the messages that it puts."""
        main = f"{SEEN}/{self._main}"
        if ask(self._root, "merge-base", "--is-ancestor", commit, main) is not None:
            return True
        put = [path for path in self._put(commit) if f"/{APPROVED}/" in f"/{path}"]
        theirs, ours = self.files(main, put), self.files(commit, put)
        return bool(put) and all(theirs.get(path) == ours[path] for path in put)

    def _put(self, commit: str) -> set[str]:
        base = self._base(commit)
        words = ("diff-tree", "-r", "-z", "--no-renames", "--name-only", "--diff-filter=AMT", base, commit)
        return set(_paths(run(self._root, *words)))

    def _base(self, commit: str) -> str:
        found = ask(self._root, "merge-base", f"{SEEN}/{self._main}", commit)
        if found is None:
            raise ForgeFailed(f"a branch shares nothing with {self._main}", "delete it on the remote")
        return found.decode().split()[0]

    def tip(self, branch: str) -> str:
        return commit_at(self._root, f"{SEEN}/{branch}") if branch in self._fetched(branch) else ""

    def files(self, commit: str, paths: Collection[str]) -> dict[str, str]:
        tops = sorted({path.partition("/")[0] for path in paths})
        found = {}
        for entry in run(self._root, "ls-tree", "-r", "-z", commit, "--", *tops).split(b"\0")[:-1] if tops else ():
            about, _, path = entry.partition(b"\t")
            found[os.fsdecode(path)] = about.split(b" ")[2].decode()
        return found

    def decided_by(self, pull: Pull) -> str:
        return pull.by

    def commits(self, pull: Pull) -> list[str]:
        return run(self._root, "rev-list", f"{SEEN}/{self._main}..{SEEN}/{pull.branch}").decode().split()

    def log(self, branch: str, path: str) -> list[str]:
        return run(self._root, "rev-list", "-2", f"{SEEN}/{branch}", "--", path).decode().split()

    def puts(self, pull: Pull) -> set[str]:
        return self._put(f"{SEEN}/{pull.branch}")

    def catch_up(self, pull: Pull) -> None:
        """Merge main into the branch, file by file; where both sides changed one, leave that to those who decide."""
        main, tip = commit_at(self._root, f"{SEEN}/{self._main}"), commit_at(self._root, f"{SEEN}/{pull.branch}")
        with own_index() as index:
            run(self._root, "read-tree", "-i", "-m", "--aggressive", self._base(tip), tip, main, index=index)
            if run(self._root, "ls-files", "--unmerged", "-z", index=index):
                return
            tree = run(self._root, "write-tree", index=index).decode().strip()
        author = run(self._root, "show", "-s", "--format=%an <%ae>", tip).decode(errors="replace").strip()
        made = self._committed(tree, (tip, main), author, f"Merge {self._main} into {pull.branch}\n")
        self._push(pull.branch, made, ())

    def write(self, writing: Writing) -> None:
        proposal = writing.proposal
        lease: tuple[str, ...] = ()
        if writing.reset:
            self._check_ours(writing)
        if writing.reset or not writing.tip:
            lease = (f"--force-with-lease=refs/heads/{proposal.branch}:{writing.tip}",)
        lines = [f"0 {'0' * 40}\t{path}" for path in writing.removed]
        blobs = self._stored([one.data for one in writing.changes])
        lines += [f"100644 {made}\t{one.path}" for one, made in zip(writing.changes, blobs, strict=True)]
        with own_index() as index:
            run(self._root, "read-tree", writing.start, index=index)
            told = "".join(f"{line}\0" for line in lines).encode()
            run(self._root, "update-index", "-z", "--index-info", index=index, stdin=told)
            tree = run(self._root, "write-tree", index=index).decode().strip()
        made = self._committed(tree, (writing.start,), proposal.author, proposal.message)
        self._push(proposal.branch, made, lease)

    def _check_ours(self, writing: Writing) -> None:
        """Raise ForgeFailed where somebody else's commits would be lost with the old branch."""
        proposal = writing.proposal
        asked = ("log", "-z", "--format=%ae", writing.tip, f"^{SEEN}/{self._main}")
        found = run(self._root, *asked).decode(errors="replace").split("\0")
        if others := {one.strip() for one in found if one.strip()} - {who(proposal.author)["email"]}:
            whose = ", ".join(sorted(others))
            hint = "delete the branch on the remote, once nothing on it is needed any more"
            raise ForgeFailed(f"{proposal.branch} is decided, but has commits of {whose} that main has not", hint)

    def _stored(self, contents: Sequence[bytes]) -> list[str]:
        """Write the contents as objects; return their ids. One process for all: there may be a thousand."""
        with tempfile.TemporaryDirectory(prefix="labo-") as folder:
            paths = [Path(folder) / str(number) for number in range(len(contents))]
            for path, data in zip(paths, contents, strict=True):
                path.write_bytes(data)
            names = "".join(f"{path}\n" for path in paths).encode()
            found = run(self._root, "hash-object", "-w", "--no-filters", "--stdin-paths", stdin=names)
        return found.decode().split()

    def _committed(self, tree: str, parents: Sequence[str], author: str, message: str) -> str:
        told = who(author)
        names = {"NAME": told["name"], "EMAIL": told["email"]}
        environment = {f"GIT_{role}_{key}": value for role in ("AUTHOR", "COMMITTER") for key, value in names.items()}
        words = ["commit-tree", tree, *(word for parent in parents for word in ("-p", parent))]
        stdin = message.encode(errors="replace")
        return run(self._root, *words, stdin=stdin, environment=environment).decode().strip()

    def _push(self, branch: str, commit: str, lease: tuple[str, ...]) -> None:
        words = ("push", "--porcelain", "--no-follow-tags", "--no-recurse-submodules", *lease, self._remote)
        try:
            run(self._root, *words, f"{commit}:refs/heads/{branch}", network=True)
        except GitFailed as failed:
            if self.tip(branch) == commit:  # only the answer was lost
                return
            if any(word in failed.output for word in _LATE) and "declined" not in failed.output:
                raise Moved from failed
            raise
        run(self._root, "update-ref", f"{SEEN}/{branch}", commit)

    def open(self, proposal: Proposal) -> Pull:
        """A branch that is there is all that is open."""
        return Pull(proposal.branch, 0, "open", "")

    def reword(self, pull: Pull, proposal: Proposal) -> None:
        """No words stand beside a branch."""

    def close(self, pull: Pull) -> None:
        """There is nothing but the branch."""

    def delete(self, branch: str) -> None:
        run(self._root, "push", "--porcelain", self._remote, f":refs/heads/{branch}", network=True)

    def request_pull(self, branch: str) -> str:
        if branch not in self._fetched(branch):
            raise ForgeFailed(f"there is no branch {branch} on the remote", "it was merged, or deleted")
        main, tip = f"{SEEN}/{self._main}", f"{SEEN}/{branch}"
        url = self._remote
        if "/" not in url:
            url = run(self._root, "remote", "get-url", url).decode().strip()
        text = run(self._root, "request-pull", main, url, f"{tip}:refs/heads/{branch}", network=True)
        return without_credentials(text.decode(errors="replace"))


@contextmanager
def _told() -> Iterator[None]:
    """Say what git says as a forge's failure, without the password that an address may hold."""
    try:
        yield
    except GitFailed as failed:
        hint = "can this machine push there without being asked? try `git push --dry-run`"
        raise ForgeFailed(without_credentials(f"{failed} {failed.output}".strip()), hint) from None


def without_credentials(text: str) -> str:
    """Return a text without the names and passwords that stand in its addresses."""
    return _CREDENTIALS.sub("", text)


def _paths(found: bytes) -> list[str]:
    return [os.fsdecode(path) for path in found.split(b"\0") if path]
