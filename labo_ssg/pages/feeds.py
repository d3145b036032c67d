"""The Atom feeds of articles and of comments."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime

from labo_ssg.model import NO_BODY, Article, Comment, Html
from labo_ssg.pages import urls
from labo_ssg.pages.materials import Materials, latest_comments, newest
from labo_ssg.pages.views import FeedEntry, FeedView, Page

LONGEST = 20  # entries
NEVER = datetime(1970, 1, 1, tzinfo=UTC)  # when a feed without entries was updated: Atom wants a date


def feeds(materials: Materials) -> Iterator[Page]:
    """Yield the feed of the site, of each section, of all comments and of each discussion."""
    site, rooms = materials.site, materials.shelves
    yield _feed(materials, urls.FEED, urls.HOME, site.title, _articles(materials, rooms.articles))
    for path, section in rooms.sections.items():
        if path:
            url = urls.section(path)
            title = f"{site.title} – {section.title}"
            yield _feed(materials, urls.feed(url), url, title, _articles(materials, rooms.by_section[path]))
    known = {article.id: article for article in materials.library.articles}
    words = materials.say("Comments")
    latest = _comments(materials, latest_comments(materials, LONGEST), known)
    yield _feed(materials, urls.COMMENTS_FEED, urls.HOME, f"{site.title} – {words}", latest)
    for article in materials.library.articles:
        if article.comments != "off":
            url = urls.article(article)
            entries = _comments(materials, newest(rooms.comments.get(article.id, ()), LONGEST), known)
            updated = article.date or NEVER
            yield _feed(materials, urls.comments_feed(url), url, f"{article.title} – {words}", entries, updated)


def _feed(
    materials: Materials, url: str, page: str, title: str, entries: tuple[FeedEntry, ...], updated: datetime = NEVER
) -> Page:
    view = FeedView(
        url=url,
        title=title,
        description=materials.site.description,
        language=materials.site.language,
        page=page,
        updated=max((entry.updated for entry in entries), default=updated),
        entries=entries,
    )
    return Page(urls.file(url), "feeds/atom.xml", view)


def _articles(materials: Materials, articles: Sequence[Article]) -> tuple[FeedEntry, ...]:
    bodies = materials.bodies
    found = []
    for article in articles[:LONGEST]:
        body, lead = bodies.articles.get(article.id, NO_BODY), bodies.leads.get(article.id, NO_BODY)
        published = article.date or NEVER
        found.append(
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
    return tuple(found)


def _comments(
    materials: Materials, comments: Sequence[Comment], articles: Mapping[str, Article]
) -> tuple[FeedEntry, ...]:
    found = []
    for comment in comments:
        body, article = materials.bodies.comments[comment.article][comment.id], articles[comment.article]
        found.append(
            FeedEntry(
                url=f"{urls.article(article)}#{urls.anchor(comment)}",
                title=f"{comment.author} – {article.title}",
                authors=(comment.author,),
                published=comment.date,
                updated=comment.date,
                summary=body.excerpt,
                content=Html(body.html + body.notes),
                language=article.language,
            )
        )
    return tuple(found)
