"""The pages that list articles: home, sections, tags, authors, and the indexes of the last two."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import NamedTuple

from msgspec import Struct

from labo_ssg.model import NO_BODY, Article, Body, Conversation, Html, Link, Section
from labo_ssg.packing import Stamped, digest, pack, stamped
from labo_ssg.pages import bundles, shelves, urls
from labo_ssg.pages.bundles import Bundle
from labo_ssg.pages.entries import Listed
from labo_ssg.pages.frame import Frame
from labo_ssg.pages.materials import Materials, Talked, latest_talks, newest
from labo_ssg.pages.page import Page, Sketch
from labo_ssg.pages.views import HomeView, IndexView, ListView, Mention, Pagination, Quote, Shelf, TermView, Titled

ON_A_SHELF = 3  # articles shown for each section of the home page
QUOTED = 5  # comments quoted there
NOTHING = stamped(NO_BODY)


class _Row(NamedTuple):
    """A section and its articles."""

    section: Section
    articles: Sequence[Article]


class Common(Struct, frozen=True):
    """What the pages of a list have in common; `count` is the number of its articles."""

    title: str
    count: int
    description: str = ""
    breadcrumb: tuple[Link, ...] = ()
    section: str = ""
    feeds: tuple[Link, ...] = ()


def home(materials: Materials) -> Iterator[Bundle]:
    """Yield the home page and the older articles' pages after it."""
    intro, talks = materials.body(()), _talks(materials)
    rows = [_Row(one, materials.shelves.by_section[one.path]) for one in shelves.children(materials.shelves, ())]
    rows = [row for row in rows if row.articles]  # the top sections that have something to show
    articles = materials.shelves.articles
    parts = [pack(intro), pack([(row.section, len(row.articles)) for row in rows])]
    parts += [materials.marks[one.id] for row in rows for one in row.articles[:ON_A_SHELF]]
    parts += [part for mention, talk in talks for part in (mention.digest, talk.digest)]
    known = digest(*parts, _mark(materials, articles))

    def make() -> Iterator[Page]:
        description = materials.site.description or intro.excerpt
        on_shelves = tuple(_shelf(materials, row, ON_A_SHELF) for row in rows)
        for number, entries, pagination in _pages(materials, urls.HOME, articles):
            url = urls.numbered(urls.HOME, number)
            on_first = (intro, on_shelves, talks) if number == 1 else (NOTHING, (), ())
            yield Page(urls.file(url), "home.html", Sketch(url, _home, (description, entries, pagination, *on_first)))

    yield Bundle("home", known, make)


def _home(
    frame: Frame,
    description: str,
    entries: tuple[Listed, ...],
    pagination: Pagination,
    intro: Body,
    shelves: tuple[Shelf, ...],
    talks: tuple[tuple[Mention, Conversation], ...],
) -> HomeView:
    shown = tuple(one.entry for one in entries)
    first = pagination.number == 1
    return HomeView(
        url=pagination.at(pagination.number),
        title=frame.site.title,
        description=description,
        language=frame.site.language,
        feeds=frame.feeds(),
        terms=_terms(frame, intro, entries),
        intro=Html(intro.html + intro.notes),
        lead=shown[0] if first and shown else None,
        latest=shown[1:] if first else shown,
        shelves=shelves,
        quotes=_quotes(talks),
        pagination=pagination,
    )


def sections(materials: Materials) -> Iterator[Bundle]:
    """Yield the pages of every section: its articles and those of the sections below it."""
    rooms = materials.shelves
    for path, section in rooms.sections.items():
        if not path:
            continue
        url, body = urls.section(path), materials.body(path)
        common = Common(
            title=section.title,
            count=len(rooms.by_section[path]),
            description=section.description or body.excerpt,
            breadcrumb=materials.breadcrumb(path[:-1]),
            section=urls.section(path[:1]),
            feeds=(Link(section.title, urls.feed(url)), *materials.frame.feeds()),
        )
        rows = (_Row(child, rooms.by_section[child.path]) for child in shelves.children(rooms, path))
        below = tuple(_shelf(materials, row) for row in rows)
        yield _list(materials, "section.html", url, rooms.by_section[path], common, body, below)


def tags(materials: Materials) -> Iterator[Bundle]:
    title = materials.frame.say("Tags")
    yield from _names(materials, ("tag.html", "tags.html"), urls.TAGS, urls.tag, title, materials.shelves.by_tag)


def authors(materials: Materials) -> Iterator[Bundle]:
    title, lists = materials.frame.say("Authors"), materials.shelves.by_author
    yield from _names(materials, ("author.html", "authors.html"), urls.AUTHORS, urls.author, title, lists)


def _names(
    materials: Materials,
    templates: tuple[str, str],
    root: str,
    address: Callable[[str], str],
    title: str,
    lists: Mapping[str, list[Article]],
) -> Iterator[Bundle]:
    """Yield the pages of each tag or author, and the index of them all."""
    way, feeds = materials.breadcrumb(()), materials.frame.feeds()
    template, index = templates
    names = sorted(lists, key=lambda name: (urls.slug(name), name))
    for name in names:
        common = Common(name, len(lists[name]), breadcrumb=(*way, Link(title, root)), feeds=feeds)
        several = len(lists[name]) > materials.site.per_page
        titles = tuple([materials.titled(one.id) for one in lists[name]]) if several else ()
        yield _list(materials, template, address(name), lists[name], common, titles=titles)
    found = tuple(Shelf(name, address(name), "", len(lists[name]), ()) for name in names)
    language = materials.site.language
    view = IndexView(url=root, title=title, language=language, breadcrumb=way, feeds=feeds, shelves=found)
    yield from bundles.of(index, [Page(urls.file(root), index, view)])


def _list(
    materials: Materials,
    template: str,
    url: str,
    articles: Sequence[Article],
    common: Common,
    body: Body = NO_BODY,
    below: tuple[Shelf, ...] = (),
    titles: tuple[Stamped[Titled], ...] = (),
) -> Bundle:
    """Return the pages of a list; its `body`, the shelves `below` and the `titles` stand on the first one."""

    def make() -> Iterator[Page]:
        shared = stamped(common)
        for number, entries, pagination in _pages(materials, url, articles):
            here = urls.numbered(url, number)
            on_first = (body, below, titles) if number == 1 else (NOTHING, (), ())
            yield Page(urls.file(here), template, Sketch(here, _listed, (shared, entries, pagination, *on_first)))

    known = digest(template.encode(), pack((common, body, below)), _mark(materials, articles))
    return Bundle(f"{template} {url} {common.title}", known, make)


def _mark(materials: Materials, articles: Sequence[Article]) -> bytes:
    """Return what stands for a list of `articles`."""
    return digest(*[materials.marks[one.id] for one in articles])


def _listed(
    frame: Frame,
    common: Common,
    entries: tuple[Listed, ...],
    pagination: Pagination,
    body: Body,
    shelves: tuple[Shelf, ...],
    titles: tuple[Titled, ...],
) -> ListView:
    return ListView(
        url=pagination.at(pagination.number),
        title=common.title,
        description=common.description,
        language=frame.site.language,
        breadcrumb=common.breadcrumb,
        section=common.section,
        feeds=common.feeds,
        terms=_terms(frame, body, entries),
        body=Html(body.html + body.notes),
        shelves=shelves,
        entries=tuple(one.entry for one in entries),
        titles=titles,
        count=common.count,
        pagination=pagination,
    )


def _pages(
    materials: Materials, url: str, articles: Sequence[Article]
) -> Iterator[tuple[int, tuple[Stamped[Listed], ...], Pagination]]:
    """Yield the articles of each page of a list (one page at least) with its number and its neighbours."""
    size, listed = materials.site.per_page, materials.listed
    entries = tuple([listed(article.id) for article in articles])
    groups = [entries[start : start + size] for start in range(0, len(entries), size)] or [entries]
    for number, group in enumerate(groups, 1):
        yield number, group, Pagination(number, len(groups), url)


def _terms(frame: Frame, body: Body, entries: Iterable[Listed]) -> tuple[TermView, ...]:
    return frame.explained((*body.terms, *(term for one in entries for term in one.terms)))


def _shelf(materials: Materials, row: _Row, shown: int = 0) -> Shelf:
    section, articles = row
    entries = tuple(materials.listed(article.id).value.entry for article in articles[:shown])
    return Shelf(section.title, urls.section(section.path), section.description, len(articles), entries)


def _talks(materials: Materials) -> tuple[tuple[Stamped[Mention], Talked], ...]:
    """Return the articles that were last talked about, and their conversations."""
    return tuple((materials.mention(one), materials.conversation(one)) for one in latest_talks(materials, QUOTED))


def _quotes(talks: tuple[tuple[Mention, Conversation], ...]) -> tuple[Quote, ...]:
    """Return the beginnings of the newest comments of `talks`."""
    articles = {comment.article: article for article, talk in talks for comment in talk.comments}
    bodies = {comment.article: talk.bodies for _, talk in talks for comment in talk.comments}
    latest = newest((comment for _, talk in talks for comment in talk.comments), QUOTED)
    return tuple(
        Quote(
            url=f"{articles[comment.article].url}#{urls.anchor(comment)}",
            author=comment.author,
            date=comment.date,
            article=articles[comment.article].title,
            language=articles[comment.article].language,
            excerpt=bodies[comment.article][comment.id].excerpt,
        )
        for comment in latest
    )
