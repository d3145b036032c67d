"""content/ + comments/ + site.yaml → Library and every Problem."""

import difflib
from collections.abc import Iterable, Sequence
from contextlib import suppress
from datetime import UTC
from pathlib import Path, PurePosixPath
from zoneinfo import ZoneInfo

from msgspec.structs import replace

from labo_ssg.disk import files
from labo_ssg.formats import article as article_format
from labo_ssg.formats import comment as comment_format
from labo_ssg.formats import site_yaml
from labo_ssg.formats.article import MARKUPS
from labo_ssg.model import Article, Asset, Comment, Library, Section, Site, Term
from labo_ssg.pages import links, threads, urls
from labo_ssg.pictures.measure import measure
from labo_ssg.pictures.variants import widths
from labo_ssg.problems import Place, Problem

SETTINGS = "site.yaml"
CONTENT = "content"
GLOSSARY = "glossaire.yaml"
COMMENTS = "comments"
APPROVED = "comments/approved"
PENDING = "comments/pending"

PICTURES = (*links.PHOTOGRAPHS, ".svg")

# Names under which a text or a setting would be passed over, and the name that is read.
OTHER_ENDINGS = {".markdown": ".md", ".mdown": ".md", ".mkd": ".md", ".mkdn": ".md"}
OTHER_GLOSSARIES = {"glossaire.yml", "glossary.yaml", "glossary.yml"}


def read_library(root: Path) -> tuple[Library, list[Problem]]:
    """Read the site at `root`: what is well written, and every problem of the rest."""
    site, problems = read_site(root)
    paths, refused = _walk_content(root)
    problems += refused if files.exists(root, SETTINGS) else []
    texts = [path for path in paths if path.suffix in MARKUPS]
    articles, more = _read_articles(root, [path for path in texts if path.stem != "index"], site)
    articles += _unseen(refused, site)
    problems += more
    sections, more = _read_sections(root, texts)
    problems += more
    known = {article.id for article in articles}
    comments, more = _read_comments(root, APPROVED, known, all_known=not refused)
    problems += more + _check_comment_folders(root)
    others = [path for path in paths if path.suffix not in MARKUPS and str(path) != f"{CONTENT}/{GLOSSARY}"]
    for path in others:
        problems += _check_name(path) or files.check_readable(root, str(path))
    assets = tuple(_asset(root, path) for path in others)
    return Library(site, sections, articles, comments, assets), problems


def _asset(root: Path, path: PurePosixPath) -> Asset:
    """Return the file at `path`, measured where it is a picture."""
    below = str(path.relative_to(CONTENT))
    if path.suffix.lower() not in PICTURES:
        return Asset(below)
    with suppress(OSError), (root / path).open("rb") as file:  # what cannot be read has been told
        if size := measure(file, path.suffix.lower()):
            return Asset(below, size.width, size.height, widths(size))
    return Asset(below)


def check_pending(root: Path, library: Library) -> list[Problem]:
    """Return the problems of the comments that wait, for those who will approve them."""
    pending, problems = _read_comments(root, PENDING, {article.id for article in library.articles}, all_known=True)
    published = {(comment.article, comment.id) for comment in library.comments}
    for comment in pending:
        if (comment.article, comment.id) in published:
            what = f"comment `{comment.id}` is approved already"
            problems.append(Problem(Place(comment.place.path, 1), what, "delete the one that waits"))
    together = {(one.article, one.id): one for one in (*library.comments, *pending)}.values()
    for article in {comment.article for comment in pending}:
        answers = threads.check([one for one in together if one.article == article], {})
        problems += [problem for problem in answers if problem.place.path.startswith(PENDING)]
    return problems


def read_site(root: Path) -> tuple[Site, list[Problem]]:
    """Read the settings and the glossary of the site at `root`."""
    if not files.exists(root, SETTINGS):
        hint = "go to the site's folder, name it with --root, or make one with `labo new DIR`"
        hint = f"rename site.yml to {SETTINGS}" if files.exists(root, "site.yml") else hint
        return site_yaml.NAMELESS, [Problem(Place(SETTINGS), f"there is no {SETTINGS} in {root}", hint)]
    data, problems = files.read(root, SETTINGS)
    if problems:
        return site_yaml.NAMELESS, problems
    site, places, problems = site_yaml.parse(data, SETTINGS)
    terms, more_places, more = _read_glossary(root)
    problems += more
    site, places = replace(site, glossary=(*site.glossary, *terms)), (*places, *more_places)
    return site, problems + site_yaml.check_glossary(site.glossary, places, urls.slug)


def _read_glossary(root: Path) -> tuple[tuple[Term, ...], tuple[Place, ...], list[Problem]]:
    path = f"{CONTENT}/{GLOSSARY}"
    if not files.is_plain(root, path):  # the walk through the content tells what it is
        return (), (), []
    data, problems = files.read(root, path)
    return ((), (), problems) if problems else site_yaml.parse_glossary(data, path)


def _walk_content(root: Path) -> tuple[list[PurePosixPath], list[Problem]]:
    """Return the files of the content, and the problems of what cannot be one."""
    if not files.exists(root, CONTENT):
        return [], [
            Problem(Place(CONTENT), f"there is no folder {CONTENT} in {root}", "make it: the articles live there")
        ]
    found, problems = files.walk(root, CONTENT)
    return [PurePosixPath(CONTENT, path) for path in found], problems


def _check_name(path: PurePosixPath) -> list[Problem]:
    """Return a problem where the file at `path` is likely a text, and its name says otherwise."""
    ending = path.suffix.lower()
    meant = path.with_suffix(OTHER_ENDINGS.get(ending, ending))
    if meant.suffix in MARKUPS:
        what = f"a text's name ends in `{meant.suffix}`, not in `{path.suffix}`"
        return [Problem(Place(str(path)), what, f"rename it to {meant.name}")]
    if len(path.parts) == 2 and path.name in OTHER_GLOSSARIES:
        return [Problem(Place(str(path)), "the glossary has another name", f"rename it to {GLOSSARY}")]
    return []


def _read_articles(root: Path, paths: Sequence[PurePosixPath], site: Site) -> tuple[tuple[Article, ...], list[Problem]]:
    """Return every article; one with problems too, so that links to it make no more of them."""
    zone = ZoneInfo(site.timezone)
    found: dict[str, Article] = {}
    problems = []
    for path in paths:
        data, more = files.read(root, str(path))
        article, told = article_format.parse(
            data, path, zone=zone, language=site.language, comments=site.comments.default
        )
        if first := found.get(article.id):
            told += _double(article, first)
            article = replace(article, id=str(path))
        found[article.id] = article
        problems += more or told
    return tuple(found.values()), problems


def _unseen(refused: Iterable[Problem], site: Site) -> tuple[Article, ...]:
    """Return articles for the texts that were refused unread, so that links to them make no more problems."""
    paths = [PurePosixPath(problem.place.path) for problem in refused]
    return tuple(
        article_format.parse(b"", path, zone=UTC, language=site.language, comments="open")[0]
        for path in paths
        if path.suffix in MARKUPS
    )


def _double(article: Article, first: Article) -> list[Problem]:
    """Return the problem of a second article of the same id; the plan tells of those that share an address too."""
    if (article.section, article.stem) == (first.section, first.stem):
        return []
    what = f"the id `{article.id}` is that of {first.place.path} too"
    return [Problem(Place(article.place.path, 1), what, "give one of the two an `id:` of its own")]


def _read_sections(root: Path, texts: Sequence[PurePosixPath]) -> tuple[tuple[Section, ...], list[Problem]]:
    """Return every folder that holds a text, at any depth, with what its index file says."""
    found: dict[tuple[str, ...], Section] = {}
    problems: list[Problem] = []
    for path in texts:
        if path.stem == "index":
            data, more = files.read(root, str(path))
            section, told = article_format.parse_section(data, path)
            first = found.setdefault(section.path, section)
            if first is not section:
                what = f"the folder has another index file, {PurePosixPath(first.place.path).name}"
                told.append(Problem(Place(str(path), 1), what, "keep one of them"))
            problems += more or told
    for path in texts:
        for depth in range(1, len(path.parts) - 1):
            folder = path.parts[1 : depth + 1]
            place = Place(f"{CONTENT}/{'/'.join(folder)}")
            nameless = Section(folder, article_format.name_of(folder), "", 0, (), "markdown", "", place)
            found.setdefault(folder, nameless)
    return tuple(found[path] for path in sorted(found)), problems


def _read_comments(
    root: Path, state: str, articles: set[str], *, all_known: bool
) -> tuple[tuple[Comment, ...], list[Problem]]:
    """Return the comments of the folder `state`, oldest first.

    `all_known` tells that `articles` are all there are: that some could not be seen is no mistake of their comments.
    """
    if not files.exists(root, state):
        return (), []
    paths, problems = files.walk(root, state)
    found = []
    for below in paths:
        path = PurePosixPath(state, below)
        if len(path.parts) != 4 or path.suffix != ".md":
            what = "it is not where a comment can be"
            problems.append(Problem(Place(str(path)), what, f"expected {state}/<article>/<comment>.md"))
            continue
        data, more = files.read(root, str(path))
        comment, told = comment_format.parse(data, path)
        problems += more or told
        if comment.article in articles:
            found.append(comment)
        elif all_known:
            what = f"there is no article `{path.parent.name}`"
            problems.append(Problem(Place(str(path), 1), what, _nearest(path, articles)))
    return tuple(sorted(found, key=lambda one: (one.date, one.article, one.id))), problems


def _check_comment_folders(root: Path) -> list[Problem]:
    """Return a problem for each folder whose name is nearly that of one of comments."""
    known = [PurePosixPath(state).name for state in (PENDING, APPROVED)]
    problems = []
    for name in files.folders(root, COMMENTS):
        near = difflib.get_close_matches(name, known, 1, 0.7)
        if near and name not in known:
            place = Place(f"{COMMENTS}/{name}")
            problems.append(Problem(place, "no comment is read from here", f"did you mean {COMMENTS}/{near[0]}?"))
    return problems


def _nearest(path: PurePosixPath, articles: Iterable[str]) -> str:
    near = difflib.get_close_matches(path.parent.name, list(articles), 1)
    return f"did you mean `{near[0]}`?" if near else "an article's id is its file's name without the extension"
