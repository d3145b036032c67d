"""git, as the inbox uses it: what is not committed, and one commit of some files.

Editors may be at work in the same folder, so a commit is made of git's plumbing, in an index of its own, rather than
by `git commit --only -- paths`: what they staged is neither swept in nor lost, nothing that they changed is touched,
the files need not be staged first, no hook runs (one could refuse or rewrite a visitor's message), and nobody is
asked to sign. The order makes a process that dies harmless: the objects are written, then the branch is moved, if it
is still where it was, then the editors' own index learns of these paths; where that was cut short, `uncommitted`
tells so ("stale") and the next `commit` ends it. The other order would leave files that `git reset --hard` removes.
"""

import os
import tempfile
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Literal, NamedTuple

from labo_ssg.forge.running import GitFailed, Index, ask, begun, run

TRIES = 5  # times that one starts again because somebody else was faster
PATIENCE = 5.0  # seconds that one waits for an editor's command to let the index go

Kind = Literal["new", "changed", "gone", "stale"]
"""How a file is to HEAD; `stale`: as HEAD has it, or in neither, but the index says otherwise."""

_UNDER_WAY = {
    "MERGE_HEAD": "merge",
    "rebase-merge": "rebase",
    "rebase-apply": "rebase",
    "CHERRY_PICK_HEAD": "cherry-pick",
    "REVERT_HEAD": "revert",
}
_KINDS: dict[bytes, Kind] = {b"A": "new", b"D": "gone"}


class Change(NamedTuple):
    """A file that is not as HEAD has it; `path` is relative to the site's root. `staged`: an editor has said so."""

    path: str
    kind: Kind
    staged: bool = False


class MovedError(Exception):
    """The branch is not where it was a moment ago."""


def is_repository(root: Path) -> bool:
    """Tell whether `root` lies in a work tree of git; raise GitFailed where git refuses to say."""
    try:
        return run(root, "rev-parse", "--is-inside-work-tree") == b"true\n"
    except GitFailed as failed:
        if "not a git repository" in str(failed):
            return False
        raise


def ignored(root: Path, paths: Iterable[str]) -> list[str]:
    """Return those of `paths` that `.gitignore` and its like pass over."""
    found = ask(root, "check-ignore", "-z", "--stdin", stdin=_joined(paths)) or b""
    return [os.fsdecode(path) for path in found.split(b"\0") if path]


def uncommitted(root: Path, folders: Sequence[str]) -> list[Change]:
    """Return the files below `folders` of `root` that are not as HEAD has them, in order. Nothing is locked."""
    words = ("status", "--porcelain", "-z", "--untracked-files=all", "--no-renames", "--ignore-submodules=all")
    states: dict[str, set[str]] = {}
    for entry in run(root, *words, "--", *folders).split(b"\0"):
        if entry:
            states.setdefault(os.fsdecode(entry[3:]), set()).add(entry[:2].decode())
    above = prefix(root)
    return [_change(path.removeprefix(above), found) for path, found in sorted(states.items())]


def _change(path: str, states: set[str]) -> Change:
    """Read what `git status` says of a path: how the index is to HEAD, and the file to the index."""
    state = next((one for one in states if one != "??"), "??")
    index, tree = state[0], state[1]
    there = "??" in states or "D" not in (index, tree)
    committed = index not in "A?"
    if there == committed:
        stale = (index == "D") if there else True
        return Change(path, "stale" if stale else "changed", index not in " ?")
    return Change(path, "new" if there else "gone", index not in " ?")


def commit(
    root: Path, paths: Sequence[str], author: str, message: Callable[[Sequence[Change]], str], *, always: bool = False
) -> str:
    """Commit `paths` and nothing else, as they lie there, by `author` ("Name <address>").

    `message` is asked for once it is known what differs from HEAD. Returns the commit's id, "" where nothing differs:
    there is no commit then, unless there is to be one `always`, for its message.
    Raises GitFailed where no branch is checked out or a merge, a rebase or the like is under way: what is committed
    then could be lost with it.
    """
    for _ in range(TRIES):
        try:
            return _commit(root, paths, author, message, always=always)
        except MovedError:
            continue
    raise GitFailed("git commit: the branch moves all the time")


def _commit(
    root: Path, paths: Sequence[str], author: str, message: Callable[[Sequence[Change]], str], *, always: bool
) -> str:
    folder = check_calm(root)
    head, above = head_of(root), prefix(root)
    made, tops = "", {above + path for path in paths}
    with own_index() as index:
        if head:
            run(root, "read-tree", head, index=index)
        run(root, "update-index", "-z", "--add", "--remove", "--stdin", index=index, stdin=_joined(paths))
        differing = _differing(root, head, index)
        if differing or always:
            changes = [Change(one.path.removeprefix(above), _KINDS.get(one.letter, "changed")) for one in differing]
            tree = run(root, "write-tree", index=index).decode().strip()
            made = _write_commit(root, tree, head, author, message(changes))
            _move_and_tell(root, folder, made, head, tops)
    if lines := _news(root, made or head, tops):  # an editor was faster with the index, or a process died there
        run(root, "update-index", "-z", "--index-info", stdin=lines)
    return made


def _write_commit(root: Path, tree: str, parent: str, author: str, message: str) -> str:
    name, _, address = author.removesuffix(">").partition("<")
    who = {"NAME": name.strip(), "EMAIL": address}
    environment = {f"GIT_{role}_{key}": value for role in ("AUTHOR", "COMMITTER") for key, value in who.items()}
    parents = ("-p", parent) if parent else ()
    words = ("commit-tree", tree, *parents)
    return run(root, *words, stdin=message.encode(errors="replace"), environment=environment).decode().strip()


def move(root: Path, new: str, old: str, why: str) -> None:
    """Move the branch from `old` to `new`; raise MovedError where it is elsewhere already."""
    try:
        run(root, "update-ref", "-m", why, "HEAD", new, old)
    except GitFailed:
        if head_of(root) != old:
            raise MovedError from None
        raise


def _move_and_tell(root: Path, folder: Path, new: str, old: str, tops: set[str]) -> None:
    """Move the branch, and the editors' index with it.

    The git that will tell the index has it locked while it waits for its input: a commit of an editor between the two
    steps would take the messages back. If this process dies, that git has no more input, and lets the lock go.
    """
    moved, news = False, _news(root, new, tops)
    try:
        with begun(root, "update-index", "-z", "--index-info") as given:
            _wait_for(lambda: (folder / "index.lock").exists())
            move(root, new, old, "inbox: commit")
            moved = True
            given.append(news)
    except GitFailed:
        if not moved:
            raise


def _news(root: Path, head: str, tops: set[str]) -> bytes:
    """Return what the editors' index must be told to have the paths `tops` as `head` has them.

    Otherwise it would say that they are to be removed, and the next commit of an editor would do so.
    """
    differing = [one for one in _differing(root, head) if one.path in tops]
    return b"".join(b"%b %b 0\t%b\0" % (one.mode, one.blob, os.fsencode(one.path)) for one in differing)


def settle(root: Path, paths: Sequence[str]) -> None:
    """Let the editors' index have `paths` as HEAD has them: who committed them may have died before that.

    Raise GitFailed as `commit` does.
    """
    check_calm(root)
    above = prefix(root)
    if lines := _news(root, head_of(root), {above + path for path in paths}):
        run(root, "update-index", "-z", "--index-info", stdin=lines)


def tidy(root: Path) -> None:
    """Let git pack its objects, if it thinks it is time: plumbing never does, and each commit leaves some files."""
    run(root, "gc", "--auto", "--quiet")


def check_calm(root: Path) -> Path:
    """Return git's own folder; raise GitFailed where somebody's command is under way, or no branch checked out."""
    branch_of(root)
    folder = Path(os.fsdecode(run(root, "rev-parse", "--absolute-git-dir").removesuffix(b"\n")))
    for name, what in _UNDER_WAY.items():
        if (folder / name).exists():
            raise GitFailed(f"git commit: a {what} is under way in this folder; end it, or give it up")
    if not _wait_for(lambda: not (folder / "index.lock").exists()):
        raise GitFailed(f"git commit: {folder / 'index.lock'} is there: another git runs, or died")
    return folder


def _wait_for(condition: Callable[[], bool]) -> bool:
    """Wait a while for `condition`; tell whether it came."""
    end = time.monotonic() + PATIENCE
    while not condition():
        if time.monotonic() > end:
            return False
        time.sleep(0.002)
    return True


def branch_of(root: Path) -> str:
    found = ask(root, "symbolic-ref", "-q", "HEAD")
    if found is None:
        raise GitFailed("git commit: no branch is checked out")
    return found.decode().strip()


def head_of(root: Path) -> str:
    return commit_at(root, "HEAD")


def commit_at(root: Path, name: str) -> str:
    """Return the id of the commit that is called `name`, "" for none."""
    return (ask(root, "rev-parse", "--verify", "--quiet", f"{name}^{{commit}}") or b"").decode().strip()


def count_commits(root: Path, paths: Sequence[str]) -> int:
    """Return how many commits of any branch have changed one of `paths`."""
    return int(run(root, "rev-list", "--all", "--count", "--full-history", "--", *paths))


def remotes(root: Path) -> tuple[str, ...]:
    """Return the names of the repositories that this one was told of."""
    return tuple(run(root, "remote").decode().split())


def top(root: Path) -> Path:
    """Return the top of the work tree in which `root` lies."""
    return Path(os.fsdecode(run(root, "rev-parse", "--show-toplevel").removesuffix(b"\n")))


def prefix(root: Path) -> str:
    """Return the path of `root` below the top of its work tree, with a slash, "" at the top."""
    return os.fsdecode(run(root, "rev-parse", "--show-prefix").removesuffix(b"\n"))


def contents(root: Path, blobs: Sequence[str]) -> Iterator[bytes]:
    """Yield what is in each of the `blobs`, by their ids."""
    told = run(root, "cat-file", "--batch", stdin="".join(f"{blob}\n" for blob in blobs).encode()) if blobs else b""
    at = 0
    for _ in blobs:
        start = told.index(b"\n", at) + 1
        end = start + int(told[at:start].split(b" ")[2])  # <id> blob <size>
        yield told[start:end]
        at = end + 1


def no_tree(root: Path) -> str:
    """Return the id of a tree that holds nothing."""
    return run(root, "hash-object", "-t", "tree", "-w", "--stdin").decode().strip()


class _Differing(NamedTuple):
    """A path (relative to the work tree's top) that an index has otherwise than a commit, and what the commit has."""

    path: str
    letter: bytes
    mode: bytes
    blob: bytes


def _differing(root: Path, head: str, index: Index = None) -> list[_Differing]:
    found = run(root, "diff-index", "--cached", "--no-renames", "-z", head or no_tree(root), index=index).split(b"\0")
    differing = []
    for about, path in zip(found[:-1:2], found[1::2], strict=True):
        mode, _, blob, _, letter = about.removeprefix(b":").split(b" ")
        differing.append(_Differing(os.fsdecode(path), letter, mode, blob))
    return differing


@contextmanager
def own_index() -> Iterator[Path]:
    """Give the path of an index of one's own, which is not there yet."""
    with tempfile.TemporaryDirectory(prefix="labo-") as folder:
        yield Path(folder) / "index"


def _joined(paths: Iterable[str]) -> bytes:
    return b"".join(os.fsencode(path) + b"\0" for path in paths)
