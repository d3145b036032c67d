"""The page of each article, its discussion included."""

from collections.abc import Iterator

from labo_ssg.model import NO_BODY, Article, Html, Link
from labo_ssg.pages import cards, threads, urls
from labo_ssg.pages.materials import Materials
from labo_ssg.pages.translations import mention
from labo_ssg.pages.views import ArticleView, FormView, Mention, Page


def articles(materials: Materials) -> Iterator[Page]:
    """Yield the page of every article, in the library's order."""
    near = _neighbours(materials)
    for article in materials.library.articles:
        view = _view(article, materials, *near.get(article.id, (None, None)))
        yield Page(urls.file(view.url), "article.html", view)


def _view(article: Article, materials: Materials, previous: Mention | None, following: Mention | None) -> ArticleView:
    site, bodies = materials.site, materials.bodies
    entry = materials.entries[article.id]
    body = bodies.articles.get(article.id, NO_BODY)
    lead = bodies.leads.get(article.id, NO_BODY)
    comments = () if article.comments == "off" else materials.shelves.comments.get(article.id, ())
    written = bodies.comments.get(article.id, {})
    shown = (lead, body, *(written[comment.id] for comment in comments))
    comments_feed = urls.comments_feed(entry.url) if article.comments != "off" else ""
    feeds = (Link(f"{article.title} – {materials.say('Comments')}", comments_feed),) if comments_feed else ()
    form = _form(article, materials)
    return ArticleView(
        url=entry.url,
        title=article.title,
        description=lead.excerpt or body.excerpt,
        language=article.language,
        breadcrumb=materials.breadcrumb(article.section),
        section=urls.section(article.section[:1]) if article.section else "",
        feeds=(*feeds, *materials.feeds()),
        id=article.id,
        date=article.date,
        updated=article.updated,
        authors=entry.authors,
        parent=entry.section,
        lead=lead.html,
        body=body.html,
        notes=Html(lead.notes + body.notes),
        headings=body.headings,
        image=entry.image,
        source=article.source,
        tags=tuple(Link(name, urls.tag(name)) for name in article.tags),
        terms=materials.explained(shown),
        discussion=article.comments,
        comments=len(comments),
        comments_feed=comments_feed,
        thread=threads.thread(comments, entry.url, written, site.comments.editors, form.action if form else ""),
        form=form,
        previous=previous,
        next=following,
        extra=article.extra,
        translations=materials.translations.get(article.id, ()),
        card=cards.address(site, entry.url),
    )


def _form(article: Article, materials: Materials) -> FormView | None:
    settings = materials.site.comments
    if article.comments != "open":
        return None
    return FormView(settings.inbox, article.id, settings.notice, settings.privacy)


def _neighbours(materials: Materials) -> dict[str, tuple[Mention | None, Mention | None]]:
    """Return the older and the newer article of the same section, by article id."""
    folders: dict[tuple[str, ...], list[Article]] = {}
    for article in reversed(materials.shelves.articles):
        folders.setdefault(article.section, []).append(article)
    near = {}
    for folder in folders.values():
        links = [None, *map(mention, folder), None]
        near.update({one.id: (links[at], links[at + 2]) for at, one in enumerate(folder)})
    return near
