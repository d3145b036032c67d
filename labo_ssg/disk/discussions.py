"""comments/ → the comments of each article, and every Problem."""

import difflib
from collections.abc import Collection, Iterable, Sequence
from pathlib import Path, PurePosixPath

from labo_ssg.disk import files
from labo_ssg.disk.library import Reader
from labo_ssg.disk.messages import check_place
from labo_ssg.formats import comment as comment_format
from labo_ssg.markup import titles
from labo_ssg.model import Comment, Library
from labo_ssg.pages import threads
from labo_ssg.places import APPROVED, PENDING
from labo_ssg.problems import Place, Problem


def parse_comment(data: bytes, path: str, at: Reader) -> tuple[Comment, list[Problem]]:
    """Return the comment that `data` is, typeset."""
    found, problems = comment_format.parse(data, PurePosixPath(path))
    return titles.comment(found, at.typeset(at.language)), problems


def in_order(comments: Iterable[Comment]) -> tuple[Comment, ...]:
    """Return `comments`, oldest first."""
    return tuple(sorted(comments, key=lambda one: (one.date, one.article, one.id)))


def read_comments(root: Path, state: str, at: Reader) -> tuple[tuple[Comment, ...], list[Problem]]:
    """Return the comments of the folder `state` with their texts, oldest first, and the problems of their files."""
    paths, problems = files.walk(root, state) if files.exists(root, state) else ([], [])
    found = []
    for path in (f"{state}/{below}" for below in paths):
        if told := check_place(path):
            problems += told
            continue
        data, unread = files.read(root, path)
        comment, told = parse_comment(data, path, at)
        found.append(comment)
        problems += unread or told
    return in_order(found), problems


def homeless(paths: Iterable[str], articles: Collection[str]) -> list[Problem]:
    """Return a problem for each comment at `paths`, that are those of none of the `articles`."""
    found = []
    hints: dict[str, str] = {}
    for path in paths:
        folder = path.split("/")[2]
        if folder not in hints:
            hints[folder] = guess(folder, articles)
        found.append(Problem(Place(path, 1), f"there is no article `{folder}`", hints[folder]))
    return found


def guess(article: str, articles: Collection[str]) -> str:
    """Return the hint for the id of an article that is none of `articles`."""
    near = difflib.get_close_matches(article, list(articles), 1)
    return f"did you mean `{near[0]}`?" if near else "an article's id is its file's name without the extension"


def check_pending(root: Path, library: Library, at: Reader) -> list[Problem]:
    """Return the problems of the comments that wait, for those who will approve them."""
    ids = {article.id for article in library.articles}
    read, problems = read_comments(root, PENDING, at)
    problems += homeless([_path(one) for one in read if one.article not in ids], ids)
    pending = [one for one in read if one.article in ids]
    approved = _beside(root, {comment.article for comment in pending}, at)
    published = {(comment.article, comment.id) for comment in approved}
    for comment in pending:
        if (comment.article, comment.id) in published:
            what = f"comment `{comment.id}` is approved already"
            problems.append(Problem(Place(_path(comment), 1), what, "delete the one that waits"))
    together = {(one.article, one.id): one for one in (*approved, *pending)}.values()
    for article in {comment.article for comment in pending}:
        answers = threads.check([one for one in together if one.article == article], {})
        problems += [problem for problem in answers if problem.place.path.startswith(PENDING)]
    return problems


def _beside(root: Path, articles: Iterable[str], at: Reader) -> Sequence[Comment]:
    """Return the approved comments of some articles."""
    found: list[Comment] = []
    for article in sorted(articles):
        folder = f"{APPROVED}/{article}"
        found += read_comments(root, folder, at)[0] if files.exists(root, folder) else ()
    return found


def _path(comment: Comment) -> str:
    return comment.place.path
