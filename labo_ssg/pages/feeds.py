"""The Atom feeds of articles and of comments."""

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime

from msgspec import Struct

from labo_ssg.model import Article, Conversation, Html, Kept, Texts
from labo_ssg.pages import urls
from labo_ssg.pages.frame import Frame
from labo_ssg.pages.materials import Materials, latest_talks, newest
from labo_ssg.pages.page import Page, Sketch
from labo_ssg.pages.translations import mention
from labo_ssg.pages.views import FeedEntry, FeedView, Mention

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
    words = materials.frame.say("Comments")
    head = _Head(urls.COMMENTS_FEED, urls.HOME, f"{site.title} – {words}")
    yield _of_comments(materials, head, latest_talks(materials, LONGEST))
    for article in materials.library.articles:
        if article.comments != "off":
            url = urls.article(article)
            head = _Head(urls.comments_feed(url), url, f"{article.title} – {words}", article.date or NEVER)
            yield _of_comments(materials, head, [article])


def _of_articles(materials: Materials, head: _Head, articles: Sequence[Article]) -> Page:
    entries = tuple((article, materials.written.gists[article.id].kept) for article in articles[:LONGEST])
    return Page(urls.file(head.url), "feeds/atom.xml", Sketch(head.url, _articles, (head, entries)))


def _of_comments(materials: Materials, head: _Head, articles: Sequence[Article]) -> Page:
    talks = ((article, materials.talk(article)) for article in articles)
    found: tuple[tuple[Mention, Kept], ...] = tuple((mention(article), talk.kept) for article, talk in talks if talk)
    return Page(urls.file(head.url), "feeds/atom.xml", Sketch(head.url, _comments, (head, found)))


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


def _comments(frame: Frame, head: _Head, talks: tuple[tuple[Mention, Conversation], ...]) -> FeedView:
    articles = {comment.article: article for article, talk in talks for comment in talk.comments}
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
