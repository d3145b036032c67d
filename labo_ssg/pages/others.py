"""The pages that are about the site: glossary, 404, sitemap, robots.txt, old addresses."""

from collections.abc import Iterator, Sequence

from msgspec.structs import replace

from labo_ssg.packing import stamped
from labo_ssg.pages import shelves, urls
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
            used.setdefault(anchor, []).append(materials.mentions[article.id].value)
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


def for_robots(materials: Materials, pages: Sequence[Page], *, preview: bool) -> Iterator[Page]:
    """Yield robots.txt and, but for a `preview`, the sitemap of those of `pages` that a search engine should know."""
    found: dict[str, SitemapEntry] = {}
    for one in materials.library.articles:
        url, languages = materials.mentions[one.id].value.url, materials.translations.get(one.id)
        found[url] = SitemapEntry(url, one.updated or one.date, languages.value if languages else ())
    kinds = {"home.html", "section.html", "article.html", "tag.html", "author.html", "glossary.html"}
    shown = (page.view.url for page in pages if page.template in kinds and "/page/" not in page.view.url)
    entries = stamped(tuple([found.get(url) or SitemapEntry(url, None, ()) for url in shown]))
    made = [] if preview else [(urls.SITEMAP, "feeds/sitemap.xml")]
    for url, template in (*made, (urls.ROBOTS, "robots.txt")):
        yield Page(urls.file(url), template, Sketch(url, _sitemap, (url, entries)))


def _sitemap(frame: Frame, url: str, entries: tuple[SitemapEntry, ...]) -> SitemapView:
    return SitemapView(url=url, title="", language=frame.site.language, entries=entries)


def moved(materials: Materials) -> Iterator[Page]:
    """Yield a page at each old address; those that differ by their query (`/spip.php?article12`) share one."""
    library = materials.library
    old = [(alias, one.title, urls.article(one)) for one in library.articles for alias in one.aliases]
    old += [(alias, one.title, urls.section(one.path)) for one in library.sections for alias in one.aliases]
    targets: dict[str, str] = {}
    queries: dict[str, list[OldAddress]] = {}
    for alias, title, target in sorted(old):
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
