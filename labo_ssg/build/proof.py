"""One text → its Html as the build would make it, for people who write."""

from datetime import datetime
from pathlib import Path, PurePosixPath
from typing import Literal

from labo_ssg.build import manuscripts
from labo_ssg.build.design import Studied, study
from labo_ssg.disk.discussions import parse_comment
from labo_ssg.disk.library import parse_article, read_library, reader
from labo_ssg.formats import article as article_format
from labo_ssg.formats import plain_text
from labo_ssg.markup import body as markup
from labo_ssg.model import Html, Manuscript, Markup
from labo_ssg.places import CONTENT
from labo_ssg.problems import Place, Problem

As = Literal["comment", "spip", "markdown"]


def proof(
    root: Path, data: bytes, path: Path | None, written_as: As | None, now: datetime
) -> tuple[Html, list[Problem]]:
    """Return the Html of `data`, and its own problems.

    `path` is its file's, None for text typed in; a header is read where it is a file's of
    the site. `written_as` says what the text is where its place does not.
    """
    studied, _ = study(read_library(root)[0], now=now, drafts=True)
    site = studied.library.site
    desk, at = manuscripts.desk(site), reader(site)
    inside = _inside(root, path)
    shown = str(inside or path or "stdin")
    if inside and inside.parts[0] == "comments" and not written_as:
        comment, problems = parse_comment(data, str(inside), at)
        languages = {article.id: article.language for article in studied.library.articles}
        language, links = languages.get(comment.article, site.language), _links(studied, comment.text, "spip", ())
        return _render(manuscripts.of_comment(desk, comment, comment.text, language, links), comment.place, problems)
    if inside and inside.parts[0] == CONTENT and inside.suffix in article_format.MARKUPS and not written_as:
        article, problems = parse_article(data, str(inside), at)
        links = _links(studied, article.text, article.markup, article.section)
        return _render(manuscripts.of_article(desk, article, article.text, links), article.place, problems)
    text, problems = plain_text.decode(data, shown)
    kind = written_as or ("markdown" if path and path.suffix == ".md" else "comment")
    written_in: Markup = "markdown" if kind == "markdown" else "spip"
    links = _links(studied, text, written_in, ())
    manuscript = manuscripts.of_text(desk, text, written_in, "comment" if kind == "comment" else "article", links)
    return _render(manuscript, Place(shown, 1), problems)


def _links(studied: Studied, text: str, written_in: Markup, folder: tuple[str, ...]) -> manuscripts.Links:
    """Return what a text of `folder` names of the site."""
    references = markup.references(text, written_in)
    return manuscripts.find_links(studied.known, references, folder, studied.library.site.base_url)


def _inside(root: Path, path: Path | None) -> PurePosixPath | None:
    """Return `path` relative to the site, None where it is outside."""
    if path is None or not path.resolve().is_relative_to(root.resolve()):
        return None
    relative = PurePosixPath(path.resolve().relative_to(root.resolve()).as_posix())
    return relative if len(relative.parts) > 1 else None


def _render(manuscript: Manuscript, place: Place, problems: list[Problem]) -> tuple[Html, list[Problem]]:
    body = manuscripts.render(manuscript, place, problems)
    return Html(body.html + body.notes), problems
