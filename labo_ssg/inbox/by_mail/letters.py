"""A letter → a file in comments/pending, or the problems that it has."""

from collections.abc import Callable
from datetime import UTC, datetime
from html import escape
from pathlib import Path, PurePosixPath
from typing import NamedTuple
from urllib.parse import urlsplit

from msgspec import Struct
from msgspec.structs import replace

from labo_ssg import language
from labo_ssg.build.edition import Editions
from labo_ssg.disk import discussions, files
from labo_ssg.disk.library import read_library
from labo_ssg.disk.spool import keep_new
from labo_ssg.formats import comment as comment_format
from labo_ssg.formats import fields
from labo_ssg.formats.comment import CommentHeader, Screen
from labo_ssg.inbox import form
from labo_ssg.inbox.by_mail import mail
from labo_ssg.inbox.codes import code, hashed, secret
from labo_ssg.inbox.form import Submission
from labo_ssg.inbox.mailbox import Mailbox
from labo_ssg.inbox.screening.screen import HASTY, Circumstances, screen
from labo_ssg.inbox.screening.twins import Recent, fingerprint
from labo_ssg.markup.body import Unrenderable
from labo_ssg.model import Article, CommentSettings, Site
from labo_ssg.pages import shelves
from labo_ssg.places import APPROVED, PENDING, SETTINGS
from labo_ssg.problems import Place, Problem

REMEMBERED = 2000  # messages that wait whose text is compared
AGAIN = "correct the file, then import it again"

Seal = Callable[[str], str]
"""Seals an address of e-mail."""


class Desk(NamedTuple):
    """The site at `root` for which letters are taken in, its published articles by id.

    `editions` show a message as it would be published; `recent` are the texts of others that wait.
    """

    root: Path
    site: Site
    articles: dict[str, Article]
    editions: Editions
    recent: Recent


class Taken(Struct, frozen=True):
    """What became of a letter: the `path` of its message below the site, "" where it was refused.

    `is_new` is false where it lay there already; `word` is a remark, "" for none. `code` is that of its author, ""
    where it was made with another secret.
    """

    path: str = ""
    is_new: bool = False
    code: str = ""
    word: str = ""
    problems: tuple[Problem, ...] = ()


def open_desk(root: Path, now: datetime) -> tuple[Desk, list[Problem]]:
    """Return what is needed to take letters in, and the problems of the site's settings; raise OSError."""
    library, problems = read_library(root)
    articles = shelves.published(library, now, drafts=False).articles
    editions, recent = Editions(root, ""), Recent()
    for _, comment, text in reversed([*Mailbox(root).newest(REMEMBERED)]) if files.exists(root, PENDING) else ():
        recent.add(fingerprint(text), comment)
    desk = Desk(root, library.site, {one.id: one for one in articles}, editions, recent)
    return desk, [problem for problem in problems if problem.place.path == SETTINGS]


def take(desk: Desk, data: bytes, name: str, *, article: str, seal: Seal, now: datetime) -> Taken:
    """Keep the message of the letter `data`, which messages call `name`, for the moderators.

    `article` is where it belongs, "" where the letter says so itself. Raise OSError, Weak.
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
        return Taken(known, code=_code(desk, known), word=word)
    date = min(letter.date or now, now).astimezone(UTC).replace(microsecond=0)
    path = f"{PENDING}/{submission.article}/{date:%Y%m%dT%H%M%SZ}-{letter.suffix}.md"
    header = _header(desk.site, submission, date, seal)
    text = comment_format.text(header, submission.text)
    if told := comment_format.parse(text, PurePosixPath(path))[1]:
        return Taken(problems=tuple(Problem(Place(name), one.what, one.hint) for one in told))
    comment = PurePosixPath(path).stem
    made, screened = code(secret(desk.root), comment), _screened(desk, submission, header, comment, now)
    text = comment_format.text(replace(header, code=hashed(made), screen=screened), submission.text)
    is_new = keep_new(desk.root / path, text)
    return Taken(path, is_new, made if is_new else _code(desk, path), word)


def _code(desk: Desk, path: str) -> str:
    """Return the code of the author of the message at `path`, "" where another secret has made it, or none has."""
    place = PurePosixPath(path)
    header = comment_format.read_header(files.read(desk.root, path)[0], place)
    made = code(secret(desk.root), place.stem)
    return made if header and header.code == hashed(made) else ""


def _screened(desk: Desk, submission: Submission, header: CommentHeader, comment: str, now: datetime) -> Screen:
    """Return what speaks against a message, as of one that came by the form; how it was sent tells nothing here."""
    submission = form.asked(submission, desk.site.comments)
    known = fingerprint(submission.text)
    home = urlsplit(desk.site.base_url).hostname or ""
    around = Circumstances(seconds=HASTY, by_sender=0, under_article=0, twins=desk.recent.find(known), home=home)
    say = language.translations(desk.site.language).gettext
    found = screen(submission, _html(desk, header, submission, now), around, desk.site.inbox.screen, say)
    desk.recent.add(known, comment)
    return found


def _html(desk: Desk, header: CommentHeader, submission: Submission, now: datetime) -> str:
    """Return a message as the site would show it; where the site has mistakes, no more than its words."""
    try:
        desk.editions.refresh(now)
        return desk.editions.current.show(comment_format.text(header, submission.text), header.article, "letter").html
    except (LookupError, Unrenderable):
        return escape(submission.text, quote=False)


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


def _header(site: Site, submission: Submission, date: datetime, seal: Seal) -> CommentHeader:
    """Return the header of a message; without a key, or where the site asks for none, the address is not in it."""
    submission = form.asked(submission, site.comments)
    return CommentHeader(
        article=submission.article,
        author=submission.author or language.translations(site.language).gettext("Anonymous"),
        date=date,
        reply_to=submission.reply_to,
        website=submission.website,
        email=seal(submission.email) if submission.email else "",
    )
