"""The Atom feeds of articles and of comments."""

from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime
from functools import partial
from typing import Any

from msgspec import Struct

from labo_ssg.model import Article, Conversation, Html, Texts
from labo_ssg.packing import digest, pack
from labo_ssg.pages import bundles, urls
from labo_ssg.pages.bundles import Bundle
from labo_ssg.pages.entries import Listed
from labo_ssg.pages.frame import Frame
from labo_ssg.pages.materials import Materials, latest_talks, newest
from labo_ssg.pages.page import Page, Sketch
from labo_ssg.pages.views import FeedEntry, FeedView

LONGEST = 20  # entries
NEVER = datetime(1970, 1, 1, tzinfo=UTC)  # when a feed without entries was updated: Atom wants a date


class _Head(Struct, frozen=True):
    """A feed: its address, that of the page it follows, its title, when it began."""

    url: str
    page: str
    title: str
    began: datetime = NEVER


def feeds(materials: Materials) -> Iterator[Bundle]:
    """Yield the feed of the site, of each section, of all comments."""
    site, rooms = materials.site, materials.shelves
    yield _of_articles(materials, _Head(urls.FEED, urls.HOME, site.title), rooms.articles)
    for path, section in rooms.sections.items():
        if path:
            url = urls.section(path)
            head = _Head(urls.feed(url), url, f"{site.title} – {section.title}")
            yield _of_articles(materials, head, rooms.by_section[path])
    head = _Head(urls.COMMENTS_FEED, urls.HOME, f"{site.title} – {materials.frame.say('Comments')}")
    latest = latest_talks(materials, LONGEST)
    talks = tuple((materials.listed(one), materials.conversation(one)) for one in latest)
    yield from bundles.of("feed of comments", [_page(head.url, _comments, head, talks)])


def _of_articles(materials: Materials, head: _Head, articles: Sequence[Article]) -> Bundle:
    latest = [one.id for one in articles[:LONGEST]]
    kept = [materials.written.gists[one].kept for one in latest]
    known = digest(pack(head), *(part.encode() for one in kept for part in (one.path, one.key)))
    return Bundle(f"feed {head.url}", known, partial(_articles_page, materials, head, latest))


def _articles_page(materials: Materials, head: _Head, articles: Sequence[str]) -> Iterator[Page]:
    entries = tuple((materials.article(one), materials.texts(one)) for one in articles)
    yield _page(head.url, _articles, head, entries)


def of_talk(materials: Materials, article: str) -> Page:
    """Return the feed of the comments of an article."""
    url = urls.comments_feed(materials.mention(article).value.url)
    return _page(url, _talk, materials.listed(article), materials.conversation(article))


def _page(url: str, make: Callable[..., FeedView], *materials: Any) -> Page:
    return Page(urls.file(url), "feeds/atom.xml", Sketch(url, make, materials))


def _articles(frame: Frame, head: _Head, articles: tuple[tuple[Article, Texts], ...]) -> FeedView:
    entries = []
    for article, texts in articles:
        body, lead = texts.body, texts.lead
        published = article.date or NEVER
        entries.append(
            FeedEntry(
                url=urls.article(article),
                title=article.title,
                authors=article.authors,
                published=published,
                updated=article.updated or published,
                summary=lead.excerpt or body.excerpt,
                content=Html(lead.html + body.html + lead.notes + body.notes),
                language=article.language,
            )
        )
    return _feed(frame, head, entries)


def _talk(frame: Frame, listed: Listed, talk: Conversation) -> FeedView:
    article = listed.entry
    title = f"{article.title} – {frame.say('Comments')}"
    head = _Head(urls.comments_feed(article.url), article.url, title, article.date or NEVER)
    return _comments(frame, head, ((listed, talk),))


def _comments(frame: Frame, head: _Head, talks: tuple[tuple[Listed, Conversation], ...]) -> FeedView:
    articles = {comment.article: one.entry for one, talk in talks for comment in talk.comments}
    bodies = {comment.article: talk.bodies for _, talk in talks for comment in talk.comments}
    entries = []
    for comment in newest((comment for _, talk in talks for comment in talk.comments), LONGEST):
        body, article = bodies[comment.article][comment.id], articles[comment.article]
        entries.append(
            FeedEntry(
                url=f"{article.url}#{urls.anchor(comment)}",
                title=f"{comment.author} – {article.title}",
                authors=(comment.author,),
                published=comment.date,
                updated=comment.date,
                summary=body.excerpt,
                content=Html(body.html + body.notes),
                language=article.language,
            )
        )
    return _feed(frame, head, entries)


def _feed(frame: Frame, head: _Head, entries: Sequence[FeedEntry]) -> FeedView:
    return FeedView(
        url=head.url,
        title=head.title,
        description=frame.site.description,
        language=frame.site.language,
        page=head.page,
        updated=max((entry.updated for entry in entries), default=head.began),
        entries=tuple(entries),
    )
