"""One text → its Html as the build would make it, for people who write."""

from datetime import datetime
from pathlib import Path, PurePosixPath
from typing import Literal
from zoneinfo import ZoneInfo

from labo_ssg.build import manuscripts
from labo_ssg.build.build import study
from labo_ssg.disk.library import CONTENT, read_library
from labo_ssg.formats import article as article_format
from labo_ssg.formats import comment as comment_format
from labo_ssg.formats import plain_text
from labo_ssg.model import Html, Manuscript
from labo_ssg.problems import Place, Problem

As = Literal["comment", "spip", "markdown"]


def proof(
    root: Path, data: bytes, path: Path | None, written_as: As | None, now: datetime
) -> tuple[Html, list[Problem]]:
    """Return the Html of `data`, and its own problems.

    `path` is its file's, None for text typed in; a header is read where it is a file's of
    the site. `written_as` says what the text is where its place does not.
    """
    desk, articles = _desk(root, now)
    inside = _inside(root, path)
    shown = str(inside or path or "stdin")
    if inside and inside.parts[0] == "comments" and not written_as:
        comment, problems = comment_format.parse(data, inside)
        language = articles.get(comment.article, desk.site.language)
        return _render(manuscripts.of_comment(desk, comment, language), comment.place, problems)
    if inside and inside.parts[0] == CONTENT and inside.suffix in article_format.MARKUPS and not written_as:
        site = desk.site
        article, problems = article_format.parse(
            data, inside, zone=ZoneInfo(site.timezone), language=site.language, comments=site.comments.default
        )
        return _render(manuscripts.of_article(desk, article), article.place, problems)
    text, problems = plain_text.decode(data, shown)
    kind = written_as or ("markdown" if path and path.suffix == ".md" else "comment")
    manuscript = manuscripts.of_text(
        desk, text, "markdown" if kind == "markdown" else "spip", "comment" if kind == "comment" else "article"
    )
    return _render(manuscript, Place(shown, 1), problems)


def _desk(root: Path, now: datetime) -> tuple[manuscripts.Desk, dict[str, str]]:
    """Return what manuscripts are made with at `root`, and the language of each article."""
    whole, _ = read_library(root)
    studied, _ = study(whole, now=now, drafts=True)
    languages = {article.id: article.language for article in studied.library.articles}
    return manuscripts.desk(studied.library, studied.known), languages


def _inside(root: Path, path: Path | None) -> PurePosixPath | None:
    """Return `path` relative to the site, None where it is outside."""
    if path is None or not path.resolve().is_relative_to(root.resolve()):
        return None
    relative = PurePosixPath(path.resolve().relative_to(root.resolve()).as_posix())
    return relative if len(relative.parts) > 1 else None


def _render(manuscript: Manuscript, place: Place, problems: list[Problem]) -> tuple[Html, list[Problem]]:
    body = manuscripts.render(manuscript, place, problems)
    return Html(body.html + body.notes), problems
