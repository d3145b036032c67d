"""Pushes the branch, never by force: where others were faster, what the bot committed goes upon theirs."""

import logging
from collections.abc import Iterator
from pathlib import Path

from labo_ssg.forge.git import (
    TRIES,
    MovedError,
    branch_of,
    check_calm,
    commit_at,
    head_of,
    move,
    no_tree,
    own_index,
)
from labo_ssg.forge.running import GitFailed, ask, run

_LOG = logging.getLogger(__name__)


def push(root: Path, bot: str) -> None:
    """Push the branch to its upstream; where others were faster, first set the commits of `bot` upon theirs.

    That is done beside the work tree, without a merge of texts; what is not the bot's is never rewritten. The folder
    then follows if it can do so without touching what an editor changed, as `git pull` would; if it cannot, the
    messages are with the others all the same. Raises GitFailed: to be tried again.
    """
    remote, target, tracking = upstream(root)
    for _ in range(TRIES):
        head, theirs = head_of(root), commit_at(root, tracking)
        mine = _set_upon(root, theirs, head, bot) if theirs and not _holds(root, head, theirs) else head
        if (theirs and _holds(root, theirs, mine)) or _is_taken(root, remote, mine, target):
            if mine != head and not _holds(root, mine, head):
                _follow(root, head, mine, bot)
            return
        run(root, "fetch", "--quiet", "--no-tags", "--no-recurse-submodules", "--no-write-fetch-head",
            remote, f"+{target}:{tracking}", network=True)  # fmt: skip
    raise GitFailed("git push: others push all the time")


def upstream(root: Path) -> tuple[str, str, str]:
    """Return the remote of the branch, the branch's name there, and that of the copy here."""
    branch = branch_of(root)
    form = "--format=%(upstream:remotename)%00%(upstream:remoteref)%00%(upstream)"
    remote, target, tracking = run(root, "for-each-ref", form, branch).decode().rstrip("\n").split("\0")
    if not tracking:
        name = branch.removeprefix("refs/heads/")
        raise GitFailed(f"git push: {name} has no upstream; run `git push --set-upstream origin {name}` once")
    return remote, target, tracking


def _is_taken(root: Path, remote: str, commit: str, target: str) -> bool:
    """Offer `commit` to the remote; tell whether it was taken, or others were faster."""
    words = ("push", "--porcelain", "--no-follow-tags", "--no-recurse-submodules", remote, f"{commit}:{target}")
    try:
        run(root, *words, network=True)
    except GitFailed as failed:
        if "[rejected]" in failed.output:
            return False
        raise
    return True


def _set_upon(root: Path, base: str, head: str, bot: str) -> str:
    """Write copies of the commits of `bot` that lead to `head`, upon `base`, but those that say nothing new."""
    for commit, address in _commits(root, base, head, "--no-merges"):
        if address == _address(bot):
            base = _copied(root, commit, base)
    return base


def _copied(root: Path, commit: str, base: str) -> str:
    """Write a copy of `commit` upon `base`; return `base` where that holds what it does already."""
    before = commit_at(root, f"{commit}^") or no_tree(root)
    with own_index() as index:
        # Three trees, path by path: what both sides changed, and not alike, is left open, and cannot be written.
        run(root, "read-tree", "-i", "-m", "--aggressive", before, base, commit, index=index)
        tree = run(root, "write-tree", index=index).decode().strip()
    if tree == run(root, "rev-parse", f"{base}^{{tree}}").decode().strip():
        return base
    _, rest = run(root, "cat-file", "commit", commit).split(b"\nauthor ", 1)  # what stood before: its tree, its parents
    text = f"tree {tree}\nparent {base}\nauthor ".encode() + rest
    return run(root, "hash-object", "-t", "commit", "-w", "--stdin", stdin=text).decode().strip()


def _follow(root: Path, head: str, new: str, bot: str) -> None:
    """Bring folder, index and branch from `head` to `new`, if nothing is lost by it."""
    if any(address != _address(bot) for _, address in _commits(root, new, head)):
        return  # an editor has commits here that are not with the others: to bring these together is theirs
    try:
        check_calm(root)
        ask(root, "update-index", "-q", "--refresh")
        # Of two trees, git checks all before it touches anything: what an editor changed stays, or nothing is done.
        run(root, "read-tree", "-m", "-u", head, new)
        move(root, new, head, "inbox: follow the upstream")
    except (GitFailed, MovedError) as failed:
        _LOG.info("messages are pushed, but this folder cannot follow its upstream: %s", failed)


def _holds(root: Path, later: str, earlier: str) -> bool:
    """Tell whether the commit `later` has `earlier` in its past, or is it."""
    return ask(root, "merge-base", "--is-ancestor", earlier, later) is not None


def _commits(root: Path, base: str, head: str, *words: str) -> Iterator[tuple[str, str]]:
    """Yield the commits that `head` has and `base` has not, oldest first, and the address of who committed each.

    One of which `base` has a copy is left out, whatever became of its files there since.
    """
    asked = ("--reverse", "--topo-order", "--cherry-pick", "--right-only", "--format=%ce", *words)
    lines = run(root, "rev-list", *asked, f"{base}...{head}").decode(errors="replace").splitlines()
    yield from ((name.removeprefix("commit "), address) for name, address in zip(lines[::2], lines[1::2], strict=True))


def _address(bot: str) -> str:
    return bot.removesuffix(">").partition("<")[2]
