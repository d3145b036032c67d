"""The pages that are about the site: glossary, 404, sitemap, robots.txt, old addresses."""

from collections.abc import Iterator, Sequence
from functools import partial

from msgspec.structs import replace

from labo_ssg.packing import Promised, digest, pack
from labo_ssg.pages import bundles, shelves, urls
from labo_ssg.pages.bundles import Bundle
from labo_ssg.pages.frame import Frame
from labo_ssg.pages.materials import Materials
from labo_ssg.pages.page import Page, Sketch
from labo_ssg.pages.views import (
    GlossaryView,
    Mention,
    MovedView,
    NotFoundView,
    OldAddress,
    SearchView,
    SitemapEntry,
    SitemapView,
)


def glossary(materials: Materials) -> Iterator[Page]:
    """Yield the glossary's page, each term with the articles that use it."""
    if not materials.frame.terms:
        return
    used: dict[str, list[Mention]] = {}
    for article in materials.shelves.articles:
        for anchor in materials.written.gists[article.id].terms:
            used.setdefault(anchor, []).append(materials.mention(article.id).value)
    view = GlossaryView(
        url=urls.GLOSSARY,
        title=materials.frame.say("Glossary"),
        language=materials.site.language,
        breadcrumb=materials.breadcrumb(()),
        feeds=materials.frame.feeds(),
        entries=tuple(
            replace(term, articles=tuple(used.get(term.anchor, ()))) for term in materials.frame.terms.values()
        ),
    )
    yield Page(urls.file(view.url), "glossary.html", view)


def search(materials: Materials) -> Iterator[Page]:
    """Yield the page on which a script searches, where the settings ask for it and there is something to find."""
    if materials.site.search and materials.library.articles:
        view = SearchView(
            url=urls.SEARCH,
            title=materials.frame.say("Search"),
            language=materials.site.language,
            breadcrumb=materials.breadcrumb(()),
            feeds=materials.frame.feeds(),
        )
        yield Page(urls.file(view.url), "search.html", view)


def not_found(materials: Materials) -> Iterator[Page]:
    view = NotFoundView(
        url=urls.NOT_FOUND,
        title=materials.frame.say("Page not found"),
        language=materials.site.language,
        breadcrumb=materials.breadcrumb(()),
        feeds=materials.frame.feeds(),
        sections=tuple(materials.section(one.path) for one in shelves.children(materials.shelves, ())),
    )
    yield Page(urls.file(view.url), "404.html", view)


def for_robots(materials: Materials, *, preview: bool) -> Iterator[Bundle]:
    """Yield robots.txt and, but for a `preview`, the sitemap of the pages that a search engine should know."""
    rooms, articles = materials.shelves, materials.library.articles
    others = [urls.section(path) for path in rooms.sections if path]
    others += [urls.tag(name) for name in sorted(rooms.by_tag, key=lambda name: (urls.slug(name), name))]
    others += [urls.author(name) for name in sorted(rooms.by_author, key=lambda name: (urls.slug(name), name))]
    others += [urls.GLOSSARY] if materials.frame.terms else []
    others += [urls.HOME]
    marks = [materials.written.gists[one.id].sign for one in articles]  # of address and dates, among others
    marks += [one.digest for one in materials.translations.values()]
    entries = Promised(partial(_entries, materials, others), digest(pack(others), *marks))
    made = [] if preview else [(urls.SITEMAP, "feeds/sitemap.xml")]
    pages = [
        Page(urls.file(url), template, Sketch(url, _sitemap, (url, entries)))
        for url, template in (*made, (urls.ROBOTS, "robots.txt"))
    ]
    return bundles.of("for robots", pages)


def _entries(materials: Materials, others: Sequence[str]) -> tuple[SitemapEntry, ...]:
    found = []
    for one in materials.library.articles:
        url, languages = materials.mention(one.id).value.url, materials.translations.get(one.id)
        found.append(SitemapEntry(url, one.updated or one.date, languages.value if languages else ()))
    return (*found, *[SitemapEntry(url, None, ()) for url in others])


def _sitemap(frame: Frame, url: str, entries: tuple[SitemapEntry, ...]) -> SitemapView:
    return SitemapView(url=url, title="", language=frame.site.language, entries=entries)


def moved(materials: Materials) -> Iterator[Bundle]:
    """Yield a page at each old address; those that differ by their query (`/spip.php?article12`) share one."""
    library = materials.library
    old = [(alias, one.title, urls.article(one)) for one in library.articles for alias in one.aliases]
    old += [(alias, one.title, urls.section(one.path)) for one in library.sections for alias in one.aliases]
    yield Bundle("old addresses", digest(pack(old)), partial(_moved, materials, sorted(old)))


def _moved(materials: Materials, old: Sequence[tuple[str, str, str]]) -> Iterator[Page]:
    targets: dict[str, str] = {}
    queries: dict[str, list[OldAddress]] = {}
    for alias, title, target in old:
        url, query = urls.alias(alias)
        if query:
            queries.setdefault(url, []).append(OldAddress(query, title, target))
        else:
            targets[url] = target
    for url in sorted(targets.keys() | queries):
        view = MovedView(
            url=url,
            title=materials.frame.say("This page has moved"),
            language=materials.site.language,
            breadcrumb=materials.breadcrumb(()),
            target=targets.get(url, ""),
            queries=tuple(queries.get(url, ())),
        )
        yield Page(urls.file(url), "moved.html", view)
