"""The pages that list articles: home, sections, tags, authors, and the indexes of the last two."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

from msgspec.structs import replace

from labo_ssg.model import NO_BODY, Article, Body, Conversation, Html, Kept, Link, Section
from labo_ssg.pages import shelves, urls
from labo_ssg.pages.frame import Frame
from labo_ssg.pages.materials import Materials, latest_talks, newest
from labo_ssg.pages.page import Page, Sketch
from labo_ssg.pages.views import Entry, HomeView, IndexView, ListView, Pagination, Quote, Shelf, TermView

ON_A_SHELF = 3  # articles shown for each section of the home page
QUOTED = 5  # comments quoted there


def home(materials: Materials) -> Iterator[Page]:
    """Yield the home page and the older articles' pages after it."""
    site, rooms = materials.site, materials.shelves
    intro = materials.body(())
    for number, articles, pagination in _pages(materials, urls.HOME, rooms.articles):
        entries = _entries(materials, articles)
        first = number == 1
        view = HomeView(
            url=urls.numbered(urls.HOME, number),
            title=site.title,
            description=site.description or intro.excerpt,
            language=site.language,
            feeds=materials.frame.feeds(),
            terms=_terms(materials, articles, intro if first else NO_BODY),
            card_size=materials.card_sizes.get(urls.CARD, ()),
            intro=Html(intro.html + intro.notes) if first else Html(""),
            lead=entries[0] if first and entries else None,
            latest=entries[1:] if first else entries,
            shelves=_home_shelves(materials) if first else (),
            quotes=(),
            pagination=pagination,
        )
        talks = _talks(materials) if first else ()
        sketch = Sketch(view.url, _with_quotes, (view, talks))
        yield Page(urls.file(view.url), "home.html", sketch if talks else view)


def sections(materials: Materials) -> Iterator[Page]:
    """Yield the pages of every section: its articles and those of the sections below it."""
    rooms = materials.shelves
    for path, section in rooms.sections.items():
        if not path:
            continue
        url, body = urls.section(path), materials.body(path)
        below = tuple(_shelf(materials, child) for child in shelves.children(rooms, path))
        common = {
            "title": section.title,
            "description": section.description or body.excerpt,
            "breadcrumb": materials.breadcrumb(path[:-1]),
            "section": urls.section(path[:1]),
            "feeds": (Link(section.title, urls.feed(url)), *materials.frame.feeds()),
        }
        yield from _list(materials, "section.html", url, rooms.by_section[path], common, body, below)


def tags(materials: Materials) -> Iterator[Page]:
    title = materials.frame.say("Tags")
    yield from _names(materials, ("tag.html", "tags.html"), urls.TAGS, urls.tag, title, materials.shelves.by_tag)


def authors(materials: Materials) -> Iterator[Page]:
    title, lists = materials.frame.say("Authors"), materials.shelves.by_author
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
        common = {"title": name, "breadcrumb": (*way, Link(title, root)), "feeds": materials.frame.feeds()}
        yield from _list(materials, template, address(name), lists[name], common)
    found = tuple(Shelf(name, address(name), "", len(lists[name]), ()) for name in names)
    language, feeds = materials.site.language, materials.frame.feeds()
    view = IndexView(url=root, title=title, language=language, breadcrumb=way, feeds=feeds, shelves=found)
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
    for number, group in enumerate(groups, 1):
        yield number, group, Pagination(number, len(groups), url)


def _terms(materials: Materials, articles: Iterable[Article], body: Body) -> tuple[TermView, ...]:
    gists = materials.written.gists
    leads = (term for article in articles for term in gists[article.id].lead_terms)
    return materials.frame.explained((*body.terms, *leads))


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


def _talks(materials: Materials) -> tuple[tuple[Entry, Kept], ...]:
    """Return the articles that were last talked about, and their conversations."""
    talks = ((article, materials.talk(article)) for article in latest_talks(materials, QUOTED))
    return tuple((materials.entries[article.id], talk.kept) for article, talk in talks if talk)


def _with_quotes(frame: Frame, view: HomeView, talks: tuple[tuple[Entry, Conversation], ...]) -> HomeView:
    """Return `view` with the beginnings of the newest comments of `talks`."""
    entries = {comment.article: entry for entry, talk in talks for comment in talk.comments}
    bodies = {comment.article: talk.bodies for _, talk in talks for comment in talk.comments}
    latest = newest((comment for _, talk in talks for comment in talk.comments), QUOTED)
    quotes = tuple(
        Quote(
            url=f"{entries[comment.article].url}#{urls.anchor(comment)}",
            author=comment.author,
            date=comment.date,
            article=entries[comment.article].title,
            language=entries[comment.article].language,
            excerpt=bodies[comment.article][comment.id].excerpt,
        )
        for comment in latest
    )
    return replace(view, quotes=quotes)
