"""The page of each article, its discussion included."""

from collections.abc import Iterator

from labo_ssg.model import Article, Comment, Conversation, Html, Link, Texts
from labo_ssg.pages import cards, fallbacks, forms, threads, urls
from labo_ssg.pages.frame import Frame
from labo_ssg.pages.materials import Materials
from labo_ssg.pages.page import Page, Sketch
from labo_ssg.pages.translations import mention
from labo_ssg.pages.views import ArticleView, Entry, Mention

Near = tuple[Mention | None, Mention | None]
"""The article before another one, and the one after it."""


def articles(materials: Materials) -> Iterator[Page]:
    """Yield the page of every article, in the library's order."""
    near = _neighbours(materials)
    for article in materials.library.articles:
        yield _page(article, materials, near.get(article.id, (None, None)))


def _page(article: Article, materials: Materials, near: Near) -> Page:
    talk, entry = materials.talk(article), materials.entries[article.id]
    way = materials.breadcrumb(article.section)
    translations = materials.translations.get(article.id, ())
    texts = materials.written.gists[article.id].kept
    size = materials.card_sizes.get(cards.address(materials.site, entry.url), ())
    sketched = (article, entry, way, near, translations, size, texts, talk.kept if talk else Conversation())
    return Page(urls.file(entry.url), "article.html", Sketch(entry.url, view, sketched))


def view(
    frame: Frame,
    article: Article,
    entry: Entry,
    way: tuple[Link, ...],
    near: Near,
    translations: tuple[Mention, ...],
    card_size: tuple[int, ...],
    texts: Texts,
    talk: Conversation,
) -> ArticleView:
    lead, body = texts.lead, texts.body
    comments_feed = urls.comments_feed(entry.url) if article.comments != "off" else ""
    feeds = (Link(f"{article.title} – {frame.say('Comments')}", comments_feed),) if comments_feed else ()
    form, editors = forms.form(frame, article), frame.site.comments.editors

    def reply(comment: Comment) -> str:
        """Return where `comment` is answered."""
        if not form:
            return ""
        by_post = form.kind == "post"
        return urls.reply(form.action, comment) if by_post else fallbacks.link(frame, article, comment.id)

    return ArticleView(
        url=entry.url,
        title=article.title,
        description=lead.excerpt or body.excerpt,
        language=article.language,
        breadcrumb=way,
        section=urls.section(article.section[:1]) if article.section else "",
        feeds=(*feeds, *frame.feeds()),
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
        terms=frame.explained(term for one in (lead, body, *talk.bodies.values()) for term in one.terms),
        discussion=article.comments,
        comments=len(talk.comments),
        comments_feed=comments_feed,
        thread=threads.thread(talk.comments, entry.url, talk.bodies, editors, reply),
        form=form,
        previous=near[0],
        next=near[1],
        extra=article.extra,
        translations=translations,
        card=cards.address(frame.site, entry.url),
        card_size=card_size,
    )


def _neighbours(materials: Materials) -> dict[str, Near]:
    """Return the older and the newer article of the same section, by article id."""
    folders: dict[tuple[str, ...], list[Article]] = {}
    for article in reversed(materials.shelves.articles):
        folders.setdefault(article.section, []).append(article)
    near = {}
    for folder in folders.values():
        links = [None, *map(mention, folder), None]
        near.update({one.id: (links[at], links[at + 2]) for at, one in enumerate(folder)})
    return near
