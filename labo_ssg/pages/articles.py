"""The page of each article, its discussion included."""

from collections.abc import Iterator

from labo_ssg.model import Article, Comment, Conversation, Html, Link, Texts
from labo_ssg.packing import Stamped, stamped
from labo_ssg.pages import cards, fallbacks, forms, threads, urls
from labo_ssg.pages.entries import Listed
from labo_ssg.pages.frame import Frame
from labo_ssg.pages.materials import Materials
from labo_ssg.pages.page import Page, Sketch
from labo_ssg.pages.views import ArticleView, Mention

# What stands for what an article does not have.
NOBODY: Stamped[None] = stamped(None)
NO_SIZE: Stamped[tuple[int, ...]] = stamped(())
NO_TALK = stamped(Conversation())
NO_TRANSLATION: Stamped[tuple[Mention, ...]] = stamped(())

Neighbour = Stamped[Mention] | Stamped[None]


def articles(materials: Materials) -> Iterator[Page]:
    """Yield the page of every article, in the library's order."""
    near = _neighbours(materials)
    for article in materials.library.articles:
        yield _page(article, materials, near.get(article.id, (NOBODY, NOBODY)))


def _page(article: Article, materials: Materials, near: tuple[Neighbour, Neighbour]) -> Page:
    one = article.id
    url = materials.mentions[one].value.url
    size = materials.card_sizes.get(urls.card(url)) if materials.site.theme.social_images else None
    known = (
        materials.articles[one],
        materials.listed[one],
        materials.way(article.section),
        *near,
        materials.translations.get(one, NO_TRANSLATION),
        stamped(size) if size else NO_SIZE,
        materials.texts[one],
        materials.conversations.get(one, NO_TALK),
    )
    return Page(urls.file(url), "article.html", Sketch(url, view, known))


def view(
    frame: Frame,
    article: Article,
    listed: Listed,
    way: tuple[Link, ...],
    previous: Mention | None,
    following: Mention | None,
    translations: tuple[Mention, ...],
    card_size: tuple[int, ...],
    texts: Texts,
    talk: Conversation,
) -> ArticleView:
    entry, lead, body = listed.entry, texts.lead, texts.body
    comments_feed = urls.comments_feed(entry.url) if article.comments != "off" else ""
    feeds = (Link(f"{article.title} – {frame.say('Comments')}", comments_feed),) if comments_feed else ()
    form, editors = forms.form(frame, article), frame.site.comments.editors

    def reply(comment: Comment) -> str:
        """Return where `comment` is answered."""
        if not form or not comment.is_published:
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
        comments=sum(one.is_published for one in talk.comments),
        comments_feed=comments_feed,
        thread=threads.thread(talk.comments, entry.url, talk.bodies, editors, reply, frame.say),
        form=form,
        previous=previous,
        next=following,
        extra=article.extra,
        translations=translations,
        card=cards.address(frame.site, entry.url),
        card_size=card_size,
    )


def _neighbours(materials: Materials) -> dict[str, tuple[Neighbour, Neighbour]]:
    """Return the older and the newer article of the same section, by article id."""
    folders: dict[tuple[str, ...], list[str]] = {}
    for article in reversed(materials.shelves.articles):
        folders.setdefault(article.section, []).append(article.id)
    near: dict[str, tuple[Neighbour, Neighbour]] = {}
    for folder in folders.values():
        mentions: list[Neighbour] = [NOBODY, *[materials.mentions[one] for one in folder], NOBODY]
        near.update(zip(folder, zip(mentions, mentions[2:], strict=False), strict=False))
    return near
