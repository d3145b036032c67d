"""The messages that wait, for a preview: those that can be shown, and why the others are left out."""

from collections.abc import Collection, Iterator
from pathlib import Path
from typing import NamedTuple

from labo_ssg.build.finding import Found
from labo_ssg.build.reading import read_as_known
from labo_ssg.disk import discussions, files
from labo_ssg.disk.library import Reader
from labo_ssg.disk.messages import check_place
from labo_ssg.model import Comment
from labo_ssg.pages import threads
from labo_ssg.places import APPROVED, PENDING
from labo_ssg.problems import Place, Problem


class Articles(NamedTuple):
    """The ids of the articles that are published, and of all of them: a draft has no page to show a message on."""

    published: Collection[str]
    known: Collection[str]


class Waiting(NamedTuple):
    """The path and the digest of each message that can be shown, by article; `notes` tell of the others."""

    files: dict[str, list[tuple[str, bytes]]]
    notes: list[Problem]


def choose(root: Path, found: Found, articles: Articles, at: Reader) -> Waiting:
    """Return the messages among what was `found` that could be approved as they are; they hinder nothing else."""
    notes: list[Problem] = []
    by_article: dict[str, dict[str, Comment]] = {}
    digests: dict[str, bytes] = {}
    for path, known in _paths(found):
        if told := check_place(path):
            notes += told
            continue
        article = path.split("/")[2]
        if article not in articles.published:
            notes += [] if article in articles.known else discussions.homeless([path], articles.known)
            continue
        comment, told = _read(root, path, known, at)
        notes += told
        if not told:
            digests[path] = known
            by_article.setdefault(article, {})[path] = comment
    kept = {}
    for article, comments in sorted(by_article.items()):
        notes += _drop_unfit(root, article, comments, at)
        if comments:
            kept[article] = [(path, digests[path]) for path in sorted(comments)]
    return Waiting(kept, notes)


def _paths(found: Found) -> Iterator[tuple[str, bytes]]:
    """Yield the path and the digest of each file in the folder of messages that wait."""
    for folder, listing in sorted(found.folders.items()):
        if f"{folder}/".startswith(f"{PENDING}/"):
            yield from ((f"{folder}/{name}", known) for name, known in listing.files())


def _read(root: Path, path: str, known: bytes, at: Reader) -> tuple[Comment, list[Problem]]:
    """Return the message at `path`, and what keeps it from being approved, as far as its own file shows it."""
    data, unread = read_as_known(root, path, known)
    comment, told = discussions.parse_comment(data, path, at)
    if comment.erased:
        told = [Problem(Place(path), "it was removed, and waits for nothing", "delete the file")]
    elif files.exists(root, f"{APPROVED}/{comment.article}/{comment.id}.md"):
        told = [Problem(Place(path), f"comment `{comment.id}` is approved already", "delete the one that waits")]
    return comment, unread or told


def _drop_unfit(root: Path, article: str, comments: dict[str, Comment], at: Reader) -> list[Problem]:
    """Drop from the `comments` of an article those that answer what is not there; return why."""
    folder = f"{APPROVED}/{article}"
    approved = discussions.read_comments(root, folder, at)[0] if files.exists(root, folder) else ()
    notes: list[Problem] = []
    while True:  # to leave one out may leave another one without what it answers
        answers = threads.check([*approved, *comments.values()], {})
        unfit = [one for one in answers if one.place.path in comments]
        if not unfit:
            return notes
        for one in unfit:
            comments.pop(one.place.path, None)
        notes += unfit
