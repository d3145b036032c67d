"""Commits what was put into comments/pending and comments/removals, or taken away, and pushes it.

What is to be done is what git has not committed: nothing else is remembered.
"""

import logging
import re
from collections.abc import Sequence
from pathlib import Path, PurePosixPath

from labo_ssg.disk import files
from labo_ssg.forge import git
from labo_ssg.forge.git import Change
from labo_ssg.forge.push import push
from labo_ssg.forge.running import GitFailed
from labo_ssg.formats import comment
from labo_ssg.inbox.outgoing.deliveries import FOLDERS, Failed
from labo_ssg.places import APPROVED, PENDING, REMOVALS

TRAILERS = 100  # messages that are named in a commit
NAME = 60  # characters of a visitor's name in a subject
_FILE = re.compile(rf"({PENDING}|{REMOVALS})/[^/.][^/]*/[A-Za-z0-9_-][A-Za-z0-9._-]*\.md")
_LOG = logging.getLogger(__name__)


class CommitDelivery:
    """One commit by `bot` ("Name <address>") for all that has come and gone since the last one, then a push.

    A message is only ever committed as it was put there: what an editor changed in a file stays with the editor, as
    does what an editor has staged as removed, and a message that was moved to comments/approved, until that is
    committed: so no commit is without it.
    """

    name = "commit"

    def __init__(self, root: Path, bot: str, *, push: bool) -> None:
        self._root = root
        self._bot = bot
        self._push = push

    def deliver(self) -> None:
        """Commit and push; raise Failed with the words of git."""
        try:
            if not git.is_repository(self._root):
                raise Failed("the site's folder is no git repository: run `git init`, or set `mailbox: folder`")
            if hidden := git.ignored(self._root, [f"{folder}/x/x.md" for folder in FOLDERS]):
                folders = " and ".join(str(PurePosixPath(path).parent.parent) for path in hidden)
                raise Failed(f"{folders} cannot be committed: .gitignore passes over it")
            if paths := self._due():
                git.commit(self._root, paths, self._bot, self._message)
                self._tidy()
            if self._push:
                push(self._root, self._bot)
        except GitFailed as failed:
            raise Failed(str(failed)) from failed

    def _due(self) -> list[str]:
        """Return the paths of the files to commit."""
        changes = [one for one in git.uncommitted(self._root, FOLDERS) if _FILE.fullmatch(one.path)]
        gone = [one.path for one in changes if one.kind == "gone" and not one.staged]
        moved = self._moved(gone)
        kept = {path for path in gone if path not in moved}
        return [one.path for one in changes if one.kind in ("new", "stale") or one.path in kept]

    def _moved(self, gone: Sequence[str]) -> set[str]:
        """Return those of the files that lie in comments/approved now, and are not committed there."""
        places = {path.replace(PENDING, APPROVED, 1): path for path in gone if path.startswith(f"{PENDING}/")}
        there = {place for place in places if files.is_plain(self._root, place)}
        if not there:
            return set()
        folders = sorted({place.rpartition("/")[0] for place in there})
        return {places[one.path] for one in git.uncommitted(self._root, folders) if one.path in there}

    def _message(self, changes: Sequence[Change]) -> str:
        new = [one.path for one in changes if one.kind != "gone"]
        messages = [path for path in new if path.startswith(f"{PENDING}/")]
        requests = [path for path in new if path.startswith(f"{REMOVALS}/")]
        gone = len(changes) - len(new)
        parts = [self._receive(messages), _ask(requests), _put_away(gone)]
        subject = ", ".join(filter(None, parts))
        named = [one.path for one in changes][:TRAILERS]
        trailers = "".join(f"Comment: {PurePosixPath(path).stem}\n" for path in named)
        return f"{subject[:1].upper()}{subject[1:]}\n\n{trailers}"

    def _receive(self, paths: Sequence[str]) -> str:
        if len(paths) != 1:
            return f"receive {len(paths)} messages" if paths else ""
        path = PurePosixPath(paths[0])
        data, _ = files.read(self._root, paths[0])
        header = comment.read_header(data, path)
        author = _in_a_line(header.author) if header else ""
        return (
            f"receive a message of {author} on {path.parent.name}"
            if author
            else f"receive a message on {path.parent.name}"
        )

    def _tidy(self) -> None:
        try:
            git.tidy(self._root)
        except GitFailed as failed:  # it is committed all the same
            _LOG.warning("%s", failed)


def _ask(paths: Sequence[str]) -> str:
    if len(paths) != 1:
        return f"ask for {len(paths)} messages to be removed" if paths else ""
    return f"ask for a message on {PurePosixPath(paths[0]).parent.name} to be removed"


def _put_away(count: int) -> str:
    if count == 0:
        return ""
    return "put a decided message away" if count == 1 else f"put {count} decided messages away"


def _in_a_line(name: str) -> str:
    """Return a visitor's name without what could start a line, or a trailer, of its own."""
    shown = " ".join("".join(one if one.isprintable() else " " for one in name).split())
    return shown if len(shown) <= NAME else f"{shown[: NAME - 1]}…"
