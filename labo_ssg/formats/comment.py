"""A comment's file ↔ Comment.

comments/approved/<article>/<id>.md: a header, then the message as it was written. Where it was removed, its file is
a tombstone: the header alone, without a word of its author, so that the answers to it keep their place.
"""

import re
from datetime import UTC, datetime
from pathlib import PurePosixPath

from msgspec import Struct, to_builtins

from labo_ssg.formats import fields, frontmatter
from labo_ssg.model import Comment
from labo_ssg.problems import Place, Problem

ID = re.compile(r"[A-Za-z0-9._-]+")
UNKNOWN = datetime(1970, 1, 1, tzinfo=UTC)  # for a comment with problems, which is never published
WEBSITE = re.compile(r"https?://[^\s\"'<>\\]+")


class Screen(Struct, frozen=True):
    """What the inbox thought of a message, for those who decide: 100 is the rank of what nothing speaks against."""

    rank: int
    reasons: tuple[str, ...] = ()


class CommentHeader(Struct, frozen=True, omit_defaults=True):
    """The keys of a comment's front matter; `code` is the digest of what its author may withdraw it with.

    `erased` is when the message was removed: that of a tombstone, which has no author.
    """

    article: str
    author: str
    date: datetime
    reply_to: str = ""
    website: str = ""
    email: str = ""
    code: str = ""
    screen: Screen | None = None
    erased: datetime | None = None


class Tombstone(Struct, frozen=True, omit_defaults=True):
    """The keys that a tombstone keeps; the others are here to be told where they were left behind."""

    article: str
    date: datetime
    erased: datetime
    reply_to: str = ""
    author: str = ""
    website: str = ""
    email: str = ""
    code: str = ""
    screen: Screen | None = None


KEPT = ("article", "date", "erased", "reply_to")  # all that a tombstone says


def text(header: CommentHeader, message: str) -> bytes:
    """Return the file of a `message` that neither starts with a blank line nor ends with one."""
    return frontmatter.write(to_builtins(header, builtin_types=(datetime,)), message)


def tombstone(data: bytes, path: PurePosixPath, when: datetime) -> bytes:
    """Return the tombstone of the comment at `path`, whose file is `data`: what is left of it once it is removed.

    One that is a tombstone already stays as it is. Raise ValueError where its header cannot be read.
    """
    header = read_header(data, path)
    if header is None:
        raise ValueError(f"{path} is not the file of a comment")
    if header.erased:
        return data
    kept = Tombstone(header.article, header.date, when.replace(microsecond=0), header.reply_to)
    return frontmatter.write(to_builtins(kept, builtin_types=(datetime,)), "").rstrip(b"\n") + b"\n"


def read_header(data: bytes, path: PurePosixPath) -> CommentHeader | None:
    """Return the header of the comment at `path`, None where it has a problem; a tombstone's author is ""."""
    parts, problems = _read(data, path)
    return None if problems else CommentHeader(**{"author": "", **parts.values})


def _read(data: bytes, path: PurePosixPath) -> tuple[frontmatter.Parts, list[Problem]]:
    """Return the parts of a comment's file, read as those of a tombstone where it is one, and their problems."""
    parts, problems = frontmatter.read(data, str(path), CommentHeader)
    return frontmatter.read(data, str(path), Tombstone) if "erased" in parts.lines else (parts, problems)


def parse(data: bytes, path: PurePosixPath) -> tuple[Comment, list[Problem]]:
    """Read the comment at `path`, `comments/<state>/<article>/<id>.md`."""
    comment, _, problems = parse_whole(data, path)
    return comment, problems


def parse_whole(data: bytes, path: PurePosixPath) -> tuple[Comment, CommentHeader | None, list[Problem]]:
    """Read the comment at `path`, and its whole header, None where that cannot be read."""
    parts, problems = _read(data, path)
    values, lines = parts.values, parts.lines
    tell = fields.teller(str(path), lines, problems)
    header = None if problems else CommentHeader(**{"author": "", **values})
    folder = path.parent.name
    if not ID.fullmatch(path.stem):
        tell("", "the file's name cannot be a comment's id", "use letters, digits, `.`, `_` and `-`, then `.md`")
    if values.get("article", folder) != folder:
        tell("article", f"`article` is `{values['article']}`, the folder is `{folder}`", "the two must be the same")
    if "erased" in lines:
        problems += _left_behind(parts, path)
    elif values.get("author") == "":
        tell("author", "`author` is empty", "a comment needs a name, a pseudonym will do")
    if values.get("website") and not WEBSITE.fullmatch(values["website"]):
        tell("website", f"`website`: `{values['website']}` is not the address of a site", "write it in full: https://…")
    if values.get("email") and not values["email"].startswith("sealed:"):
        tell("email", "`email` is in clear", "remove it: only addresses sealed to the moderators' key are kept")
    if parts.body_line and not parts.body.strip() and "erased" not in lines:
        problems.append(Problem(Place(str(path), parts.body_line), "the message is empty", "delete the file"))
    comment = Comment(
        id=path.stem,
        article=folder,
        author=values.get("author", ""),
        date=fields.zoned(values.get("date", UNKNOWN), UTC),
        reply_to=values.get("reply_to", ""),
        website=values.get("website", ""),
        text=parts.body,
        place=Place(str(path), lines.get("reply_to", parts.body_line)),
        erased="erased" in lines,
    )
    return comment, header, sorted(problems)


def _left_behind(parts: frontmatter.Parts, path: PurePosixPath) -> list[Problem]:
    """Return a problem for all that is still in the tombstone at `path` of who wrote the message, and of what."""
    problems = []
    for key in parts.lines.keys() - set(KEPT):
        what = f"the message was removed (`erased`), but `{key}` is still there"
        problems.append(Problem(Place(str(path), parts.lines[key]), what, "remove the line"))
    if parts.body.strip():
        what = "the message was removed (`erased`), but its text is still there"
        hint = "remove the text, or the line `erased` if it is to be shown again"
        problems.append(Problem(Place(str(path), parts.body_line), what, hint))
    return problems
