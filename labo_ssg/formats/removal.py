"""The file of a wish to have a message removed ↔ Removal.

comments/removals/<article>/<id of the message>.md: a header, then the visitor's words, if any.
"""

from datetime import UTC, datetime
from pathlib import PurePosixPath

from msgspec import Struct

from labo_ssg.formats import fields, frontmatter


class RemovalHeader(Struct, frozen=True):
    """The keys of its front matter."""

    article: str
    date: datetime


class Removal(Struct, frozen=True):
    """A wish to have a message removed."""

    date: datetime
    words: str


def text(article: str, wish: Removal) -> bytes:
    """Return the file of a wish to have a message on `article` removed."""
    return frontmatter.write({"article": article, "date": wish.date}, wish.words)


def read(data: bytes, path: PurePosixPath) -> Removal | None:
    """Return the wish in the file at `path`, None where that has a problem."""
    parts, problems = frontmatter.read(data, str(path), RemovalHeader)
    if problems:
        return None
    header = RemovalHeader(**parts.values)
    return Removal(fields.zoned(header.date, UTC), parts.body.strip())
