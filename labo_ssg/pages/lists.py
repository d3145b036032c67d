"""The pages that list articles: home, sections, tags, authors, and the indexes of the last two."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

from labo_ssg.model import NO_BODY, Article, Body, Html, Link, Section
from labo_ssg.pages import shelves, urls
from labo_ssg.pages.materials import Materials, latest_comments
from labo_ssg.pages.views import Entry, HomeView, IndexView, ListView, Page, Pagination, Quote, Shelf, TermView

ON_A_SHELF = 3  # articles shown for each section of the home page
QUOTED = 5  # comments quoted there


def home(materials: Materials) -> Iterator[Page]:
    """Yield the home page and the older articles' pages after it."""
    site, rooms = materials.site, materials.shelves
    intro = materials.bodies.sections.get((), NO_BODY)
    for number, articles, pagination in _pages(materials, urls.HOME, rooms.articles):
        entries = _entries(materials, articles)
        first = number == 1
        view = HomeView(
            url=urls.numbered(urls.HOME, number),
            title=site.title,
            description=site.description or intro.excerpt,
            language=site.language,
            feeds=materials.feeds(),
            terms=_terms(materials, articles, intro if first else NO_BODY),
            intro=Html(intro.html + intro.notes) if first else Html(""),
            lead=entries[0] if first and entries else None,
            latest=entries[1:] if first else entries,
            shelves=_home_shelves(materials) if first else (),
            quotes=_quotes(materials) if first else (),
            pagination=pagination,
        )
        yield Page(urls.file(view.url), "home.html", view)


def sections(materials: Materials) -> Iterator[Page]:
    """Yield the pages of every section: its articles and those of the sections below it."""
    rooms = materials.shelves
    for path, section in rooms.sections.items():
        if not path:
            continue
        url, body = urls.section(path), materials.bodies.sections.get(path, NO_BODY)
        below = tuple(_shelf(materials, child) for child in shelves.children(rooms, path))
        common = {
            "title": section.title,
            "description": section.description or body.excerpt,
            "breadcrumb": materials.breadcrumb(path[:-1]),
            "section": urls.section(path[:1]),
            "feeds": (Link(section.title, urls.feed(url)), *materials.feeds()),
        }
        yield from _list(materials, "section.html", url, rooms.by_section[path], common, body, below)


def tags(materials: Materials) -> Iterator[Page]:
    title = materials.say("Tags")
    yield from _names(materials, ("tag.html", "tags.html"), urls.TAGS, urls.tag, title, materials.shelves.by_tag)


def authors(materials: Materials) -> Iterator[Page]:
    title, lists = materials.say("Authors"), materials.shelves.by_author
    yield from _names(materials, ("author.html", "authors.html"), urls.AUTHORS, urls.author, title, lists)


def _names(
    materials: Materials,
    templates: tuple[str, str],
    root: str,
    address: Callable[[str], str],
    title: str,
    lists: Mapping[str, list[Article]],
) -> Iterator[Page]:
    """Yield the pages of each tag or author, and the index of them all."""
    way = materials.breadcrumb(())
    template, index = templates
    names = sorted(lists, key=lambda name: (urls.slug(name), name))
    for name in names:
        common = {"title": name, "breadcrumb": (*way, Link(title, root)), "feeds": materials.feeds()}
        yield from _list(materials, template, address(name), lists[name], common)
    found = tuple(Shelf(name, address(name), "", len(lists[name]), ()) for name in names)
    language = materials.site.language
    view = IndexView(url=root, title=title, language=language, breadcrumb=way, feeds=materials.feeds(), shelves=found)
    yield Page(urls.file(root), index, view)


def _list(
    materials: Materials,
    template: str,
    url: str,
    articles: Sequence[Article],
    common: Mapping[str, object],
    body: Body = NO_BODY,
    below: tuple[Shelf, ...] = (),
) -> Iterator[Page]:
    for number, some, pagination in _pages(materials, url, articles):
        view = ListView(
            url=urls.numbered(url, number),
            language=materials.site.language,
            terms=_terms(materials, some, body if number == 1 else NO_BODY),
            body=Html(body.html + body.notes) if number == 1 else NO_BODY.html,
            shelves=below if number == 1 else (),
            entries=_entries(materials, some),
            count=len(articles),
            pagination=pagination,
            **common,  # type: ignore[arg-type] # each caller gives title, breadcrumb, feeds
        )
        yield Page(urls.file(view.url), template, view)


def _pages(
    materials: Materials, url: str, articles: Sequence[Article]
) -> Iterator[tuple[int, Sequence[Article], Pagination]]:
    """Yield the articles of each page of a list (one page at least) with its number and its neighbours."""
    size = materials.site.per_page
    groups = [articles[start : start + size] for start in range(0, len(articles), size)] or [articles]
    addresses = tuple(urls.numbered(url, number) for number in range(1, len(groups) + 1))
    for number, group in enumerate(groups, 1):
        previous = addresses[number - 2] if number > 1 else ""
        following = addresses[number] if number < len(groups) else ""
        yield number, group, Pagination(number, addresses, previous, following)


def _terms(materials: Materials, articles: Iterable[Article], body: Body) -> tuple[TermView, ...]:
    leads = (materials.bodies.leads.get(article.id, NO_BODY) for article in articles)
    return materials.explained((body, *leads))


def _entries(materials: Materials, articles: Iterable[Article]) -> tuple[Entry, ...]:
    return tuple(materials.entries[article.id] for article in articles)


def _home_shelves(materials: Materials) -> tuple[Shelf, ...]:
    """Return the top sections that have something to show, each with its latest articles."""
    found = (_shelf(materials, section, ON_A_SHELF) for section in shelves.children(materials.shelves, ()))
    return tuple(shelf for shelf in found if shelf.count)


def _shelf(materials: Materials, section: Section, shown: int = 0) -> Shelf:
    articles = materials.shelves.by_section[section.path]
    entries = _entries(materials, articles[:shown])
    return Shelf(section.title, urls.section(section.path), section.description, len(articles), entries)


def _quotes(materials: Materials) -> tuple[Quote, ...]:
    """Return the beginnings of the latest comments of the site."""
    return tuple(
        Quote(
            url=f"{materials.entries[comment.article].url}#{urls.anchor(comment)}",
            author=comment.author,
            date=comment.date,
            article=materials.entries[comment.article].title,
            language=materials.entries[comment.article].language,
            excerpt=materials.bodies.comments[comment.article][comment.id].excerpt,
        )
        for comment in latest_comments(materials, QUOTED)
    )
