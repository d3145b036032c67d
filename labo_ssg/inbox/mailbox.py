"""The folder in which messages are kept, one file each, before anybody is told that they are."""

import errno
from collections.abc import Iterable, Iterator
from datetime import datetime
from pathlib import Path, PurePosixPath
from typing import NamedTuple

from msgspec.structs import replace

from labo_ssg.disk import files, spool
from labo_ssg.disk.messages import path_of, whereabouts
from labo_ssg.formats import comment as comment_format
from labo_ssg.formats import removal
from labo_ssg.formats.comment import CommentHeader
from labo_ssg.formats.removal import Removal
from labo_ssg.moderation import proposed
from labo_ssg.places import APPROVED, PENDING, REMOVALS, WITHDRAWN

Name = tuple[str, str]
"""An id that a message may have, and the digest of the code that its author has by then."""


class Kept(NamedTuple):
    """The id of a message that is kept; `again` tells that it was kept before."""

    comment: str
    again: bool


class Found(NamedTuple):
    """Where a message lies: the folder of its state, its article, the digest of its author's code.

    `is_erased` tells that it was removed, and only its tombstone lies there.
    """

    state: str
    article: str
    code: str
    is_erased: bool = False


class Mailbox:
    """The messages of the site at a root. Its methods wait for the disk, and raise OSError."""

    def __init__(self, root: Path) -> None:
        self._root = root

    def open(self) -> int:
        """Make the folder of messages where there is none; return how many unfinished files were swept away."""
        spool.make_folder(self._root / PENDING)
        return spool.sweep(self._root / PENDING)

    def check(self) -> None:
        """Raise OSError where no message could be kept."""
        spool.try_out(self._root / PENDING)

    def keep(self, header: CommentHeader, text: str, names: Iterable[Name]) -> Kept:
        """Keep a message for good, once, under the first of the `names` that is free for it.

        Where it is there already, be it published since or withdrawn, it is left as it is.
        """
        self._check_folder(f"{PENDING}/{header.article}")
        for comment, code in names:
            if not self._is_taken(header.article, comment):
                path = self._root / path_of(PENDING, header.article, comment)
                if spool.keep_new(path, comment_format.text(replace(header, code=code), text)):
                    return Kept(comment, again=False)
            if self.find(header, text, comment):  # it was there, or another inbox was faster with the same message
                return Kept(comment, again=True)
        raise FileExistsError(errno.EEXIST, "other messages have all the names that this one may have")

    def find(self, header: CommentHeader, text: str, comment: str) -> bool:
        """Tell whether a message is kept, or was withdrawn, under the id `comment`: this very one, not another."""
        if files.exists(self._root, f"{WITHDRAWN}/{comment}"):
            return True
        for state in (PENDING, APPROVED):
            path = path_of(state, header.article, comment)
            if not files.exists(self._root, path):
                continue
            data, _ = files.read(self._root, path)
            there, _ = comment_format.parse(data, PurePosixPath(path))
            same = (there.author, there.reply_to, there.text) == (header.author, header.reply_to, f"{text}\n")
            if same:
                return True
        return False

    def locate(self, comment: str) -> Found | None:
        """Return where the message with the id `comment` lies, None where there is none."""
        for path in map(PurePosixPath, whereabouts(self._root, comment)):
            header = comment_format.read_header(files.read(self._root, str(path))[0], path)
            code, erased = (header.code, header.erased) if header else ("", None)
            return Found(str(path.parent.parent), path.parent.name, code, is_erased=erased is not None)
        return None

    def is_withdrawn(self, comment: str) -> bool:
        return files.exists(self._root, f"{WITHDRAWN}/{comment}")

    def is_merged(self, comment: str) -> bool:
        """Tell whether a message was approved on the forge, and is still to come from there."""
        found = proposed.find(self._root, comment)
        return found is not None and found.merged

    def withdraw(self, article: str, comment: str) -> bool:
        """Remove a message that waits; return False where it does not wait any more."""
        # The mark comes first: were the process killed between the two, the message would still wait, not be lost.
        spool.keep_new(self._root / WITHDRAWN / comment, b"")
        if spool.remove(self._root / path_of(PENDING, article, comment)):
            return True
        spool.remove(self._root / WITHDRAWN / comment)
        return False

    def asks_removal(self, article: str, comment: str) -> bool:
        """Tell whether the author of a published message has asked for its removal."""
        return files.exists(self._root, path_of(REMOVALS, article, comment))

    def ask_removal(self, article: str, comment: str, why: str, now: datetime) -> None:
        """Keep the request of an author that a published message be removed."""
        self._check_folder(f"{REMOVALS}/{article}")
        data = removal.text(article, Removal(now, why))
        spool.keep_new(self._root / path_of(REMOVALS, article, comment), data)

    def newest(self, number: int) -> Iterator[tuple[str, str, str]]:
        """Yield article, id and text of the newest messages that wait, at most `number`."""
        waiting = (
            (path.rpartition("/")[2].removesuffix(".md"), path)
            for path in files.walk(self._root, PENDING)[0]
            if path.endswith(".md") and path.count("/") == 1
        )
        for comment, path in sorted(waiting, reverse=True)[:number]:
            data, _ = files.read(self._root, f"{PENDING}/{path}")
            there, problems = comment_format.parse(data, PurePosixPath(f"{PENDING}/{path}"))
            if not problems:
                yield there.article, comment, there.text

    def _check_folder(self, path: str) -> None:
        """Raise OSError where a folder is a link: whoever planted it would choose where messages go."""
        if (self._root / path).is_symlink():
            raise OSError(errno.ELOOP, "the folder is a symbolic link", path)

    def _is_taken(self, article: str, comment: str) -> bool:
        """Tell whether any message is kept, or was withdrawn, under the id `comment`."""
        places = (path_of(PENDING, article, comment), path_of(APPROVED, article, comment))
        return any(files.exists(self._root, path) for path in (*places, f"{WITHDRAWN}/{comment}"))
