"""content/ + comments/ + site.yaml → Library and every Problem."""

import difflib
from collections.abc import Iterable, Sequence
from pathlib import Path, PurePosixPath
from zoneinfo import ZoneInfo

from msgspec.structs import replace

from labo_ssg.disk import files
from labo_ssg.formats import article as article_format
from labo_ssg.formats import comment as comment_format
from labo_ssg.formats import site_yaml
from labo_ssg.formats.article import MARKUPS
from labo_ssg.model import Article, Asset, Comment, Library, Section, Site, Term
from labo_ssg.problems import Place, Problem

SETTINGS = "site.yaml"
CONTENT = "content"
GLOSSARY = "glossaire.yaml"
APPROVED = "comments/approved"
PENDING = "comments/pending"


def read_library(root: Path) -> tuple[Library, list[Problem]]:
    """Read the site at `root`: what is well written, and every problem of the rest."""
    site, problems = read_site(root)
    paths, more = files.walk(root, CONTENT) if (root / CONTENT).is_dir() else ([], [_no_content(root)])
    problems += more
    texts = [PurePosixPath(CONTENT, one.path) for one in paths if PurePosixPath(one.path).suffix in MARKUPS]
    articles, more = _read_articles(root, [path for path in texts if path.stem != "index"], site)
    problems += more
    sections, more = _read_sections(root, texts)
    problems += more
    comments, more = _read_comments(root, APPROVED, {article.id for article in articles})
    problems += more
    known = {str(path.relative_to(CONTENT)) for path in texts} | {GLOSSARY}
    assets = tuple(Asset(one.path) for one in paths if one.path not in known)
    return Library(site, sections, articles, comments, assets), problems


def check_pending(root: Path, library: Library) -> list[Problem]:
    """Return the problems of the comments that wait, for those who will approve them."""
    pending, problems = _read_comments(root, PENDING, {article.id for article in library.articles})
    published = {(comment.article, comment.id) for comment in library.comments}
    for comment in pending:
        if (comment.article, comment.id) in published:
            what = f"comment `{comment.id}` is approved already"
            problems.append(Problem(comment.place, what, "delete the one that waits"))
    return problems


def read_site(root: Path) -> tuple[Site, list[Problem]]:
    """Read the settings and the glossary of the site at `root`."""
    if not (root / SETTINGS).is_file():
        hint = "go to the site's folder, name it with --root, or make one with `labo new DIR`"
        return site_yaml.NAMELESS, [Problem(Place(SETTINGS), f"there is no {SETTINGS} in {root}", hint)]
    data, problems = files.read(root, SETTINGS)
    if problems:
        return site_yaml.NAMELESS, problems
    site, problems = site_yaml.parse(data, SETTINGS)
    path = f"{CONTENT}/{GLOSSARY}"
    terms: tuple[Term, ...] = ()
    if (root / path).is_file():
        data, more = files.read(root, path)
        problems += more
        terms, more = site_yaml.parse_glossary(data, path)
        problems += more
    site = replace(site, glossary=(*site.glossary, *terms))
    return site, problems + site_yaml.check_glossary(site.glossary, path if terms else SETTINGS)


def _no_content(root: Path) -> Problem:
    return Problem(Place(CONTENT), f"there is no folder {CONTENT} in {root}", "the articles live there")


def _read_articles(root: Path, paths: Sequence[PurePosixPath], site: Site) -> tuple[tuple[Article, ...], list[Problem]]:
    zone = ZoneInfo(site.timezone)
    found: dict[str, Article] = {}
    problems = []
    for path in paths:
        data, more = files.read(root, str(path))
        if not more:
            article, more = article_format.parse(
                data, path, zone=zone, language=site.language, comments=site.comments.default
            )
            first = found.setdefault(article.id, article)
            if first is not article:
                what = f"the id `{article.id}` is that of {first.place.path} too"
                problems.append(Problem(Place(str(path), 1), what, "give one of the two an `id:` of its own"))
        problems += more
    return tuple(found.values()), problems


def _read_sections(root: Path, texts: Sequence[PurePosixPath]) -> tuple[tuple[Section, ...], list[Problem]]:
    """Return every folder that holds a text, at any depth, with what its index file says."""
    found: dict[tuple[str, ...], Section] = {}
    problems: list[Problem] = []
    for path in texts:
        if path.stem == "index":
            data, more = files.read(root, str(path))
            section, told = article_format.parse_section(data, path) if not more else (None, more)
            problems += told
            if section:
                first = found.setdefault(section.path, section)
                if first is not section:
                    what = f"the folder has another index file, {PurePosixPath(first.place.path).name}"
                    problems.append(Problem(Place(str(path), 1), what, "keep one of them"))
    for path in texts:
        for depth in range(1, len(path.parts) - 1):
            folder = path.parts[1 : depth + 1]
            place = Place(f"{CONTENT}/{'/'.join(folder)}")
            nameless = Section(folder, article_format.name_of(folder), "", 0, (), "markdown", "", place)
            found.setdefault(folder, nameless)
    return tuple(found[path] for path in sorted(found)), problems


def _read_comments(root: Path, state: str, articles: set[str]) -> tuple[tuple[Comment, ...], list[Problem]]:
    """Return the comments of the folder `state`, oldest first."""
    if not (root / state).is_dir():
        return (), []
    paths, problems = files.walk(root, state)
    found = []
    for one in paths:
        path = PurePosixPath(state, one.path)
        if len(path.parts) != 4 or path.suffix != ".md":
            what = "it is not where a comment can be"
            problems.append(Problem(Place(str(path)), what, f"expected {state}/<article>/<comment>.md"))
            continue
        data, more = files.read(root, str(path))
        comment, told = comment_format.parse(data, path) if not more else (None, more)
        problems += told
        if comment and comment.article in articles:
            found.append(comment)
        elif comment:
            problems.append(
                Problem(Place(str(path), 1), f"there is no article `{path.parent.name}`", _nearest(path, articles))
            )
    return tuple(sorted(found, key=lambda one: (one.date, one.article, one.id))), problems


def _nearest(path: PurePosixPath, articles: Iterable[str]) -> str:
    near = difflib.get_close_matches(path.parent.name, list(articles), 1)
    return f"did you mean `{near[0]}`?" if near else "an article's id is its file's name without the extension"
