"""Library → its articles by section, tag and author, newest first."""

from collections.abc import Iterable
from datetime import datetime

from msgspec import Struct
from msgspec.structs import replace

from labo_ssg.model import Article, Library, Section
from labo_ssg.pages import urls
from labo_ssg.problems import Place, Problem


class Shelves(Struct, frozen=True):
    """The lists of a site. A section's articles are its own and those of the sections below it.

    `below` are the sections right below another one, in the order that their index files ask for.
    """

    articles: tuple[Article, ...]
    sections: dict[tuple[str, ...], Section]
    below: dict[tuple[str, ...], list[Section]]
    by_section: dict[tuple[str, ...], list[Article]]
    by_tag: dict[str, list[Article]]
    by_author: dict[str, list[Article]]


def published(library: Library, now: datetime, drafts: bool) -> Library:
    """Return `library` without what is held back: drafts, and what is dated after `now`."""
    if drafts:
        return library
    kept = tuple(one for one in library.articles if not one.draft and (one.date is None or one.date <= now))
    return replace(library, articles=kept)


def arrange(library: Library) -> Shelves:
    """Return the lists of `library`; an article without a date comes last."""
    listed = sorted((one for one in library.articles if one.listed), key=lambda one: one.place)
    listed.sort(key=lambda one: one.date.timestamp() if one.date else float("-inf"), reverse=True)
    by_section: dict[tuple[str, ...], list[Article]] = {section.path: [] for section in library.sections}
    by_tag: dict[str, list[Article]] = {}
    by_author: dict[str, list[Article]] = {}
    for article in listed:
        for depth in range(1, len(article.section) + 1):
            by_section.setdefault(article.section[:depth], []).append(article)
        for name in article.tags:
            by_tag.setdefault(name, []).append(article)
        for name in article.authors:
            by_author.setdefault(name, []).append(article)
    sections = {one.path: one for one in library.sections}
    return Shelves(tuple(listed), sections, _below(library.sections), by_section, by_tag, by_author)


def _below(sections: Iterable[Section]) -> dict[tuple[str, ...], list[Section]]:
    found: dict[tuple[str, ...], list[Section]] = {}
    for section in sorted(sections, key=lambda one: (one.order, one.title.casefold(), one.path)):
        if section.path:
            found.setdefault(section.path[:-1], []).append(section)
    return found


def children(shelves: Shelves, path: tuple[str, ...]) -> list[Section]:
    """Return the sections right below `path`."""
    return shelves.below.get(path, [])


def check_names(shelves: Shelves) -> list[Problem]:
    """Return a problem for each tag or author that cannot have a page of its own."""
    problems = []
    for kind, lists, address in (("tag", shelves.by_tag, urls.tag), ("author", shelves.by_author, urls.author)):
        first: dict[str, str] = {}
        for name in sorted(lists, key=lambda one: (-len(lists[one]), one)):
            if len(urls.slug(name).encode()) > urls.LONGEST_NAME:
                what, hint = f"the {kind} `{name[:60]}…` is too long for an address", "make it shorter"
                problems += [Problem(_place(one, kind), what, hint) for one in lists[name]]
            usual = first.setdefault(address(name), name)
            for article in lists[name] if usual != name else ():
                what = f"the {kind}s `{name}` and `{usual}` would share the page {address(name)}"
                hint = "write them the same way, or rename one of them"
                problems.append(Problem(_place(article, kind), what, hint))
    return problems


def _place(article: Article, kind: str) -> Place:
    """Return where the header of `article` gives its tags or authors."""
    lines = article.lines
    return Place(article.place.path, lines.get(f"{kind}s", lines.get(kind, 1)))
