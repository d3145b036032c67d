"""comments/pending/ → the messages that wait for a decision."""

import re
from collections.abc import Iterable, Sequence
from pathlib import Path, PurePosixPath

from msgspec.structs import asdict

from labo_ssg.disk import files
from labo_ssg.disk.messages import check_place, path_of
from labo_ssg.formats import comment as comment_format
from labo_ssg.formats.comment import CommentHeader
from labo_ssg.places import PENDING
from labo_ssg.problems import Problem

_LINK = re.compile(r"https?://[^\s\]<>\"')]+")


class Pending(CommentHeader, frozen=True, kw_only=True, omit_defaults=False):
    """A message that waits: its header, its `id` and its `text`; `links` are those it spells out."""

    id: str
    text: str

    @property
    def path(self) -> str:
        return path_of(PENDING, self.article, self.id)

    @property
    def links(self) -> tuple[str, ...]:
        found = _LINK.findall(self.text)
        return tuple(dict.fromkeys([self.website, *found] if self.website else found))


def waiting(root: Path) -> tuple[list[Pending], list[Problem]]:
    """Return the messages that wait at `root`, oldest first, and the problems of those that cannot be read."""
    found = list[Pending]()
    paths, problems = files.walk(root, PENDING) if files.exists(root, PENDING) else ([], [])
    for path in paths:
        one, told = read(root, f"{PENDING}/{path}")
        problems += told
        if one:
            found.append(one)
    return sorted(found, key=lambda one: (one.date, one.id)), sorted(problems)


def read(root: Path, path: str) -> tuple[Pending | None, list[Problem]]:
    """Return the message in the file at `path`, None where it has a problem."""
    if told := check_place(path):
        return None, told
    data, problems = files.read(root, path)
    if problems:
        return None, problems
    comment, header, problems = comment_format.parse_whole(data, PurePosixPath(path))
    if header is None or problems:
        return None, problems
    keys = {**asdict(header), "date": comment.date}  # in a zone, which a header may leave out
    return Pending(id=comment.id, text=comment.text, **keys), []


def pick(found: Sequence[Pending], names: Iterable[str]) -> tuple[list[Pending], list[str]]:
    """Return those of `found` that are meant by `names`, in their order, and the names that mean none, or several.

    A name is an id, the path of a file, or how an id ends, as far as one alone does.
    """
    by_id: dict[str, list[Pending]] = {}
    for one in found:
        by_id.setdefault(one.id, []).append(one)
    picked: dict[str, Pending] = {}
    unknown = []
    for name in names:
        place = PurePosixPath(name)
        meant = by_id.get(place.name.removesuffix(".md"), [])
        if len(place.parts) > 1:
            meant = [one for one in meant if one.article == place.parent.name]
        meant = meant or [one for one in found if len(name) >= SHORTEST and one.id.endswith(name)]
        if len(meant) == 1:
            picked[meant[0].path] = meant[0]
        else:
            unknown.append(name)
    return list(picked.values()), unknown


SHORTEST = 4  # letters of the end of an id that may stand for it
