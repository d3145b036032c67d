"""content/ + site.yaml → Library and every Problem."""

from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from pathlib import Path, PurePosixPath
from typing import NamedTuple
from zoneinfo import ZoneInfo

from msgspec.structs import replace

from labo_ssg.disk import files
from labo_ssg.formats import article as article_format
from labo_ssg.formats import site_yaml
from labo_ssg.formats.article import MARKUPS
from labo_ssg.markup import body as markup
from labo_ssg.markup import titles
from labo_ssg.model import Article, Asset, Discussion, Library, Section, Site, Term, Typography
from labo_ssg.pages import links, urls
from labo_ssg.places import CONTENT, GLOSSARY, SETTINGS
from labo_ssg.problems import Place, Problem

PICTURES = (*links.PHOTOGRAPHS, ".svg")

# Names under which a text or a setting would be passed over, and the name that is read.
OTHER_ENDINGS = {".markdown": ".md", ".mdown": ".md", ".mkd": ".md", ".mkdn": ".md"}
OTHER_GLOSSARIES = {"glossaire.yml", "glossary.yaml", "glossary.yml"}


class Reader(NamedTuple):
    """How the files of a site are read: what its settings say for all of them."""

    timezone: str
    language: str
    typography: Typography
    discussion: Discussion

    def typeset(self, language: str) -> titles.Typeset:
        return titles.of(language, self.typography)


class Contents(NamedTuple):
    """The paths of what is in `content/`, in order, and the problems of what cannot be a file there."""

    articles: list[str]
    sections: list[str]
    assets: list[str]
    refused: list[Problem]


ReadArticle = tuple[Article, list[Problem]]
ReadSection = tuple[Section, list[Problem]]


def read_library(root: Path) -> tuple[Library, list[Problem]]:
    """Read the site at `root`, its articles with their texts: what is well written, and every problem of the rest."""
    site, problems = read_site(root)
    at = reader(site)
    contents = sort_out(*_walk(root))
    articles = [read_article(root, path, at) for path in contents.articles]
    sections = [read_section(root, path, at) for path in contents.sections]
    library, more = gather(site, contents, articles, sections, [read_asset(root, path) for path in contents.assets])
    for path in contents.assets:
        more += files.check_readable(root, path)
    return library, problems + (more if files.exists(root, SETTINGS) else [])


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
    return titles.site(site), problems + site_yaml.check_glossary(site.glossary, places, urls.slug)


def reader(site: Site) -> Reader:
    return Reader(site.timezone, site.language, site.typography, site.comments.default)


def sort_out(paths: Iterable[str], refused: list[Problem]) -> Contents:
    """Return what the files of `content/` at `paths` are, by their names."""
    found = Contents([], [], [], refused)
    for path in sorted(paths):
        stem, dot, suffix = path.rpartition("/")[2].rpartition(".")
        if dot + suffix in MARKUPS:
            (found.sections if stem == "index" else found.articles).append(path)
        elif path != GLOSSARY:
            found.assets.append(path)
    return found


def read_article(root: Path, path: str, at: Reader) -> ReadArticle:
    """Read an article; one with problems too, so that links to it make no more of them."""
    data, problems = files.read(root, path)
    return parse_article(data, path, at) if not problems else (parse_article(b"", path, at)[0], problems)


def parse_article(data: bytes, path: str, at: Reader) -> ReadArticle:
    """Return the article that `data` is, typeset, with what it names of the site."""
    zone = ZoneInfo(at.timezone)
    found, problems = article_format.parse(
        data, PurePosixPath(path), zone=zone, language=at.language, comments=at.discussion
    )
    named = (markup.references(text, found.markup) for text in (found.description, found.text) if text)
    references = tuple(dict.fromkeys(one for some in named for one in some))
    typeset = titles.article(found, at.typeset(found.language), at.typeset(at.language))
    return replace(typeset, references=references), problems


def read_section(root: Path, path: str, at: Reader) -> ReadSection:
    """Read the index file of a section."""
    data, problems = files.read(root, path)
    section, told = parse_section(data, path, at)
    return section, problems or told


def parse_section(data: bytes, path: str, at: Reader) -> ReadSection:
    """Return the section that `data` describes, typeset."""
    found, problems = article_format.parse_section(data, PurePosixPath(path))
    return titles.section(found, at.typeset(at.language)), problems


def read_asset(root: Path, path: str) -> Asset:
    """Return the file at `path`, measured where it is a picture."""
    below = path.removeprefix(f"{CONTENT}/")
    suffix = PurePosixPath(path).suffix.lower()
    if suffix in PICTURES:
        from labo_ssg.pictures.measure import measure  # loaded for a picture that is new
        from labo_ssg.pictures.variants import widths

        with suppress(OSError), (root / path).open("rb") as file:  # what cannot be read is told elsewhere
            if size := measure(file, suffix):
                return Asset(below, size.width, size.height, widths(size))
    return Asset(below)


def gather(
    site: Site,
    contents: Contents,
    articles: Iterable[ReadArticle],
    sections: Iterable[ReadSection],
    assets: Sequence[Asset],
) -> tuple[Library, list[Problem]]:
    """Return the library of what was read, in the order of `contents`, and the problems of all of it."""
    problems = list(contents.refused)
    found = [*_apart(articles, problems), *_unseen(contents.refused, reader(site))]
    folders = _folders(contents, _only_one(sections, problems), reader(site))
    for path in contents.assets:
        problems += _check_name(PurePosixPath(path))
    return Library(site, folders, tuple(found), tuple(assets)), problems


def _walk(root: Path) -> tuple[list[str], list[Problem]]:
    """Return the files of the content, and the problems of what cannot be one."""
    if not files.exists(root, CONTENT):
        return [], [no_content(root)]
    found, problems = files.walk(root, CONTENT)
    return [f"{CONTENT}/{path}" for path in found], problems


def no_content(root: Path) -> Problem:
    return Problem(Place(CONTENT), f"there is no folder {CONTENT} in {root}", "make it: the articles live there")


def _read_glossary(root: Path) -> tuple[tuple[Term, ...], tuple[Place, ...], list[Problem]]:
    if not files.is_plain(root, GLOSSARY):  # the walk through the content tells what it is
        return (), (), []
    data, problems = files.read(root, GLOSSARY)
    return ((), (), problems) if problems else site_yaml.parse_glossary(data, GLOSSARY)


def _check_name(path: PurePosixPath) -> list[Problem]:
    """Return a problem where the file at `path` is likely a text, and its name says otherwise."""
    ending = path.suffix.lower()
    meant = path.with_suffix(OTHER_ENDINGS.get(ending, ending))
    if meant.suffix in MARKUPS:
        what = f"a text's name ends in `{meant.suffix}`, not in `{path.suffix}`"
        return [Problem(Place(str(path)), what, f"rename it to {meant.name}")]
    if len(path.parts) == 2 and path.name in OTHER_GLOSSARIES:
        return [Problem(Place(str(path)), "the glossary has another name", "rename it to glossaire.yaml")]
    return []


def _apart(articles: Iterable[ReadArticle], problems: list[Problem]) -> Iterator[Article]:
    """Yield every article, each with an id of its own; add what is told of them to `problems`."""
    found: dict[str, Article] = {}
    for article, told in articles:
        path = article.place.path
        first = found.setdefault(article.id, article)
        if first is not article:
            told = [*told, *_double(article, first)]
            article = replace(article, id=path)
        problems += told
        yield article


def _unseen(refused: Iterable[Problem], at: Reader) -> Iterator[Article]:
    """Yield articles for the texts that were refused unread, so that links to them make no more problems."""
    for problem in refused:
        if PurePosixPath(problem.place.path).suffix in MARKUPS:
            yield parse_article(b"", problem.place.path, at)[0]


def _double(article: Article, first: Article) -> list[Problem]:
    """Return the problem of a second article of the same id; the plan tells of those that share an address too."""
    if (article.section, article.stem) == (first.section, first.stem):
        return []
    what = f"the id `{article.id}` is that of {first.place.path} too"
    return [Problem(Place(article.place.path, 1), what, "give one of the two an `id:` of its own")]


def _only_one(sections: Iterable[ReadSection], problems: list[Problem]) -> dict[tuple[str, ...], Section]:
    """Return the sections that an index file describes; a folder has one."""
    found: dict[tuple[str, ...], Section] = {}
    for section, told in sections:
        first = found.setdefault(section.path, section)
        problems += told
        if first is not section:
            what = f"the folder has another index file, {PurePosixPath(first.place.path).name}"
            problems.append(Problem(Place(section.place.path, 1), what, "keep one of them"))
    return found


def _folders(contents: Contents, described: dict[tuple[str, ...], Section], at: Reader) -> tuple[Section, ...]:
    """Return every folder that holds a text, at any depth, with what its index file says."""
    found = dict(described)
    done = at.typeset(at.language)
    for folder in {path.rpartition("/")[0] for path in (*contents.articles, *contents.sections)}:
        parts = tuple(folder.split("/")[1:])
        for depth in range(1, len(parts) + 1):
            path = parts[:depth]
            if path not in found:
                place = Place(f"{CONTENT}/{'/'.join(path)}")
                title = done(article_format.name_of(path))
                found[path] = Section(path, title, "", 0, (), "markdown", "", place)
    return tuple(found[path] for path in sorted(found))
