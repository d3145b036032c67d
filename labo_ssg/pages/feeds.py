"""The Atom feeds of articles and of comments."""

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime

from msgspec import Struct

from labo_ssg.model import Article, Conversation, Html, Texts
from labo_ssg.pages import urls
from labo_ssg.pages.articles import NO_TALK
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


def feeds(materials: Materials) -> Iterator[Page]:
    """Yield the feed of the site, of each section, of all comments and of each discussion."""
    site, rooms = materials.site, materials.shelves
    yield _of_articles(materials, _Head(urls.FEED, urls.HOME, site.title), rooms.articles)
    for path, section in rooms.sections.items():
        if path:
            url = urls.section(path)
            head = _Head(urls.feed(url), url, f"{site.title} – {section.title}")
            yield _of_articles(materials, head, rooms.by_section[path])
    head = _Head(urls.COMMENTS_FEED, urls.HOME, f"{site.title} – {materials.frame.say('Comments')}")
    talks = tuple((materials.listed[one], materials.conversations[one]) for one in latest_talks(materials, LONGEST))
    yield Page(urls.file(head.url), "feeds/atom.xml", Sketch(head.url, _comments, (head, talks)))
    for article in materials.library.articles:
        if article.comments != "off":
            yield _of_talk(materials, article.id)


def _of_articles(materials: Materials, head: _Head, articles: Sequence[Article]) -> Page:
    entries = tuple((materials.articles[one.id], materials.texts[one.id]) for one in articles[:LONGEST])
    return Page(urls.file(head.url), "feeds/atom.xml", Sketch(head.url, _articles, (head, entries)))


def _of_talk(materials: Materials, article: str) -> Page:
    listed, talk = materials.listed[article], materials.conversations.get(article, NO_TALK)
    url = urls.comments_feed(materials.mentions[article].value.url)
    return Page(urls.file(url), "feeds/atom.xml", Sketch(url, _talk, (listed, talk)))


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
