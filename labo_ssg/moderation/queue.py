"""comments/pending/ → the messages that wait for a decision."""

import re
from collections.abc import Iterable, Sequence
from datetime import datetime
from pathlib import Path, PurePosixPath

from msgspec import Struct

from labo_ssg.disk import files
from labo_ssg.formats import comment as comment_format
from labo_ssg.formats.comment import Screen
from labo_ssg.places import APPROVED, PENDING
from labo_ssg.problems import Place, Problem

_LINK = re.compile(r"https?://[^\s\]<>\"')]+")


class Pending(Struct, frozen=True):
    """A message that waits; `email` is sealed, `code` the digest of its author's, `links` are those it spells out."""

    id: str
    article: str
    author: str
    date: datetime
    text: str
    reply_to: str = ""
    website: str = ""
    email: str = ""
    code: str = ""
    screen: Screen | None = None

    @property
    def path(self) -> str:
        return path_of(PENDING, self.article, self.id)

    @property
    def links(self) -> tuple[str, ...]:
        found = _LINK.findall(self.text)
        return tuple(dict.fromkeys([self.website, *found] if self.website else found))


def path_of(state: str, article: str, comment: str) -> str:
    """Return where a comment lies while it is in `state`, a folder."""
    return f"{state}/{article}/{comment}.md"


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
    place = PurePosixPath(path)
    if len(place.parts) != 4 or place.suffix != ".md":
        hint = f"expected {PENDING}/<article>/<comment>.md"
        return None, [Problem(Place(path), "it is not where a message can wait", hint)]
    data, problems = files.read(root, path)
    if problems:
        return None, problems
    comment, header, problems = comment_format.parse_whole(data, place)
    if header is None or problems:
        return None, problems
    return Pending(
        id=comment.id,
        article=comment.article,
        author=comment.author,
        date=comment.date,
        text=comment.text,
        reply_to=comment.reply_to,
        website=comment.website,
        email=header.email,
        code=header.code,
        screen=header.screen,
    ), []


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


def whereabouts(root: Path, comment: str) -> list[str]:
    """Return the paths at which a message of this id lies, waiting or published."""
    return [
        path
        for state in (PENDING, APPROVED)
        for article in files.folders(root, state)
        if files.exists(root, path := path_of(state, article, comment))
    ]
