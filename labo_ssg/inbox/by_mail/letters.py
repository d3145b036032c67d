"""A letter → a file in comments/pending, or the problems that it has."""

from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path, PurePosixPath
from typing import NamedTuple

from msgspec import Struct

from labo_ssg import language
from labo_ssg.disk import discussions, files
from labo_ssg.disk.library import read_library
from labo_ssg.disk.spool import keep_new
from labo_ssg.formats import comment as comment_format
from labo_ssg.formats import fields
from labo_ssg.formats.comment import CommentHeader
from labo_ssg.inbox import form
from labo_ssg.inbox.by_mail import mail
from labo_ssg.inbox.form import Submission
from labo_ssg.model import Article, CommentSettings, Site
from labo_ssg.pages import shelves
from labo_ssg.places import APPROVED, PENDING, SETTINGS
from labo_ssg.problems import Place, Problem

AGAIN = "correct the file, then import it again"

Seal = Callable[[str], str]
"""Seals an address of e-mail."""


class Desk(NamedTuple):
    """The site at `root` for which letters are taken in, its published articles by id."""

    root: Path
    site: Site
    articles: dict[str, Article]


class Taken(Struct, frozen=True):
    """What became of a letter: the `path` of its message below the site, "" where it was refused.

    `is_new` is false where it lay there already; `word` is a remark, "" for none.
    """

    path: str = ""
    is_new: bool = False
    word: str = ""
    problems: tuple[Problem, ...] = ()


def open_desk(root: Path, now: datetime) -> tuple[Desk, list[Problem]]:
    """Return what is needed to take letters in, and the problems of the site's settings."""
    library, problems = read_library(root)
    articles = shelves.published(library, now, drafts=False).articles
    desk = Desk(root, library.site, {article.id: article for article in articles})
    return desk, [problem for problem in problems if problem.place.path == SETTINGS]


def take(desk: Desk, data: bytes, name: str, *, article: str, seal: Seal, now: datetime) -> Taken:
    """Keep the message of the letter `data`, which messages call `name`, for the moderators.

    `article` is where it belongs, "" where the letter says so itself. Raise OSError.
    """
    letter = mail.read(data)
    submission = Submission(
        article=article or letter.article,
        reply_to=letter.reply_to,
        author=letter.author or letter.sender,
        email=letter.address if form.EMAIL.fullmatch(letter.address) else "",
        website=letter.website,
        text=letter.text,
    )
    problems = _problems(desk, submission, Place(name))
    if problems:
        return Taken(problems=tuple(problems))
    word = f"{letter.attachments} file(s) that came with it are left out" if letter.attachments else ""
    if known := _find(desk.root, submission.article, letter.suffix):
        return Taken(known, word=word)
    date = min(letter.date or now, now).astimezone(UTC).replace(microsecond=0)
    path = f"{PENDING}/{submission.article}/{date:%Y%m%dT%H%M%SZ}-{letter.suffix}.md"
    text = _file(desk.site, submission, date, seal)
    if told := comment_format.parse(text, PurePosixPath(path))[1]:
        return Taken(problems=tuple(Problem(Place(name), one.what, one.hint) for one in told))
    return Taken(path, keep_new(desk.root / path, text), word)


def _problems(desk: Desk, submission: Submission, place: Place) -> list[Problem]:
    """Return what keeps a message from being taken, for the person who imports it."""
    name, parent = submission.article, submission.reply_to
    if not name:
        return [Problem(place, "it does not say which article it belongs to", "name one with --article ID")]
    article = desk.articles.get(name)
    if not article:
        hint = f"{discussions.guess(fields.shorten(name), desk.articles)}; or name it with --article ID"
        return [Problem(place, f"there is no article `{fields.shorten(name)}`", hint)]
    if article.comments != "open":
        what = f"the discussion of `{name}` is {article.comments}: it takes no message"
        return [Problem(place, what, f"write `comments: open` in {article.place.path}, if it should")]
    problems = []
    if parent and not _is_published(desk.root, name, parent):
        what = f"it answers `{fields.shorten(parent)}`, which is not among the approved comments of `{name}`"
        problems.append(Problem(place, what, f"approve that one first, or remove the line from the letter; {AGAIN}"))
    problems += [
        Problem(place, f"`{name}`: {said}", AGAIN) for name, said in _complaints(submission, desk.site.comments).items()
    ]
    return problems


def _complaints(submission: Submission, settings: CommentSettings) -> dict[str, str]:
    """Return what the form would say of a message, in English, by the name of the field."""
    return form.check(submission, settings, lambda words: words)


def _is_published(root: Path, article: str, comment: str) -> bool:
    path = f"{APPROVED}/{article}/{comment}.md"
    if not (comment_format.ID.fullmatch(comment) and files.is_plain(root, path)):
        return False
    header = comment_format.read_header(files.read(root, path)[0], PurePosixPath(path))
    return header is None or header.erased is None


def _find(root: Path, article: str, suffix: str) -> str:
    """Return the path of the message that was made of the same letter, "" where there is none."""
    for folder in (f"{PENDING}/{article}", f"{APPROVED}/{article}"):
        for one in (root / folder).glob(f"*-{suffix}.md"):
            return f"{folder}/{one.name}"
    return ""


def _file(site: Site, submission: Submission, date: datetime, seal: Seal) -> bytes:
    """Return the file of a message; without a key, or where the site asks for none, the address is not in it."""
    submission = form.asked(submission, site.comments)
    header = CommentHeader(
        article=submission.article,
        author=submission.author or language.translations(site.language).gettext("Anonymous"),
        date=date,
        reply_to=submission.reply_to,
        website=submission.website,
        email=seal(submission.email) if submission.email else "",
    )
    return comment_format.text(header, submission.text)
