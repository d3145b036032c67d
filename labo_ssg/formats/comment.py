"""A comment's file ↔ Comment.

comments/approved/<article>/<id>.md: a header, then the message as it was written.
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
    """The keys of a comment's front matter; `code` is the digest of what its author may withdraw it with."""

    article: str
    author: str
    date: datetime
    reply_to: str = ""
    website: str = ""
    email: str = ""
    code: str = ""
    screen: Screen | None = None


def text(header: CommentHeader, message: str) -> bytes:
    """Return the file of a `message` that neither starts with a blank line nor ends with one."""
    return frontmatter.write(to_builtins(header, builtin_types=(datetime,)), message)


def read_header(data: bytes, path: PurePosixPath) -> CommentHeader | None:
    """Return the header of the comment at `path`, None where it has a problem."""
    parts, problems = frontmatter.read(data, str(path), CommentHeader)
    return None if problems else CommentHeader(**parts.values)


def parse(data: bytes, path: PurePosixPath) -> tuple[Comment, list[Problem]]:
    """Read the comment at `path`, `comments/<state>/<article>/<id>.md`."""
    comment, _, problems = parse_whole(data, path)
    return comment, problems


def parse_whole(data: bytes, path: PurePosixPath) -> tuple[Comment, CommentHeader | None, list[Problem]]:
    """Read the comment at `path`, and its whole header, None where that cannot be read."""
    parts, problems = frontmatter.read(data, str(path), CommentHeader)
    values, lines = parts.values, parts.lines
    tell = fields.teller(str(path), lines, problems)
    header = None if problems else CommentHeader(**values)
    folder = path.parent.name
    if not ID.fullmatch(path.stem):
        tell("", "the file's name cannot be a comment's id", "use letters, digits, `.`, `_` and `-`, then `.md`")
    if values.get("article", folder) != folder:
        tell("article", f"`article` is `{values['article']}`, the folder is `{folder}`", "the two must be the same")
    if values.get("author") == "":
        tell("author", "`author` is empty", "a comment needs a name, a pseudonym will do")
    if values.get("website") and not WEBSITE.fullmatch(values["website"]):
        tell("website", f"`website`: `{values['website']}` is not the address of a site", "write it in full: https://…")
    if values.get("email") and not values["email"].startswith("sealed:"):
        tell("email", "`email` is in clear", "remove it: only addresses sealed to the moderators' key are kept")
    if parts.body_line and not parts.body.strip():
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
    )
    return comment, header, sorted(problems)
