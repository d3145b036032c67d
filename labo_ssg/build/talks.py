"""Which files make up the conversation of each article."""

from collections.abc import Iterable
from typing import NamedTuple

from labo_ssg.build.finding import Found
from labo_ssg.disk import discussions
from labo_ssg.disk.messages import check_place
from labo_ssg.packing import cut
from labo_ssg.places import APPROVED, CONTENT
from labo_ssg.problems import Problem

File = tuple[str, bytes]
"""The path of a file and its digest."""


class TalkOrder(NamedTuple):
    """The comments of an article in a language: the names of their files, slashes between, and the digests of these.

    `pending` are the paths and digests of those that wait, which a preview shows among them.
    """

    language: str
    joined: str
    digests: bytes
    pending: tuple[File, ...] = ()

    def files(self, article: str) -> list[File]:
        """Return the path of each file of the `article`, and its digest."""
        names = self.joined.split("/") if self.joined else ()
        approved = [
            (f"{APPROVED}/{article}/{name}", known) for name, known in zip(names, cut(self.digests), strict=True)
        ]
        return [*approved, *self.pending]


class Folder(NamedTuple):
    """The comments of an article: the names of their files with slashes between, the digests one after another.

    `pending` are the paths and digests of those that wait.
    """

    article: str
    joined: str
    digests: bytes
    pending: tuple[File, ...] = ()


def folders(found: Found, articles: Iterable[str]) -> tuple[dict[str, Folder], list[Problem]]:
    """Return the folders of comments that belong to an article, by path, and the problems of the others."""
    folders: dict[str, Folder] = {}
    problems: list[Problem] = []
    all_known = not any(one.place.path.startswith(CONTENT) for one in found.problems)
    ids = set(articles)
    homeless = []
    for path, listing in found.folders.items():
        if path.startswith(APPROVED):
            joined, digests = listing.joined, listing.digests
            is_place = path.count("/") == 2
            if not is_place or f"{joined}/".count(".md/") <= joined.count("/"):  # there is another file than comments
                problems += [one for name in listing.names() for one in check_place(f"{path}/{name}")]
                good = [(name, known) for name, known in listing.files() if is_place and name.endswith(".md")]
                joined, digests = "/".join(name for name, _ in good), b"".join(known for _, known in good)
            if not joined:
                continue
            folder = Folder(path.rpartition("/")[2], joined, digests)
            if folder.article in ids:
                folders[path] = folder
            elif all_known:
                homeless += [f"{path}/{name}" for name in joined.split("/")]
    return folders, problems + discussions.homeless(homeless, ids)
