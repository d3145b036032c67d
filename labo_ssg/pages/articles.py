"""The page of each article, its discussion included."""

from collections.abc import Iterator, Sequence
from functools import cache, partial

from labo_ssg.model import Article, Comment, Conversation, Html, Link, Texts
from labo_ssg.packing import Stamped, digest, stamped
from labo_ssg.pages import cards, fallbacks, feeds, forms, threads, urls
from labo_ssg.pages.bundles import Bundle
from labo_ssg.pages.entries import Listed
from labo_ssg.pages.frame import Frame
from labo_ssg.pages.materials import Materials
from labo_ssg.pages.page import Page, Sketch
from labo_ssg.pages.views import ArticleView, Mention

# What stands for what an article does not have.
NOBODY: Stamped[None] = stamped(None)
NO_SIZE: Stamped[tuple[int, ...]] = stamped(())
NO_TRANSLATION: Stamped[tuple[Mention, ...]] = stamped(())

Neighbour = Stamped[Mention] | Stamped[None]


class Articles:
    """The page of every article, and the feed of its comments: planned folder by folder."""

    def __init__(self, materials: Materials) -> None:
        self._materials = materials
        self._folders: dict[tuple[str, ...], list[str]] = {}
        for article in materials.library.articles:
            self._folders.setdefault(article.section, []).append(article.id)
        self._lists: dict[tuple[str, ...], list[str]] = {}  # of those that have neighbours, the oldest first
        for article in reversed(materials.shelves.articles):
            self._lists.setdefault(article.section, []).append(article.id)
        self._near = cache(self._neighbours)

    def bundles(self) -> Iterator[Bundle]:
        """Yield the pages of the articles of each folder, and after them the feeds of their comments."""
        for folder, articles in self._folders.items():
            yield Bundle(f"articles {urls.section(folder)}", self._digest(folder), partial(self._pages, articles))

    def page(self, article: str) -> Page | None:
        """Return the page of an article, None where there is none."""
        return self._page(article) if article in self._materials.articles else None

    def _digest(self, folder: tuple[str, ...]) -> bytes:
        """Return what stands for the pages of a folder: its articles, in order, are neighbours of each other alone."""
        at = self._materials
        parts = [at.way(folder).digest]
        for one in self._folders[folder]:
            kept, talk = at.written.gists[one].kept, at.talks.get(one)
            parts += (kept.path.encode(), kept.key.encode(), at.marks[one], talk.kept.key.encode() if talk else b"")
            parts += (at.translations[one].digest if one in at.translations else b"", self._card_size(one).digest)
        return digest(*parts)

    def _pages(self, articles: Sequence[str]) -> Iterator[Page]:
        yield from map(self._page, articles)
        for article in articles:
            if self._materials.articles[article].comments != "off":
                yield feeds.of_talk(self._materials, article)

    def _page(self, article: str) -> Page:
        at = self._materials
        url, folder = at.mention(article).value.url, at.articles[article].section
        known = (
            at.article(article),
            at.listed(article),
            at.way(folder),
            *self._near(folder).get(article, (NOBODY, NOBODY)),
            at.translations.get(article, NO_TRANSLATION),
            self._card_size(article),
            at.texts(article),
            at.conversation(article),
        )
        return Page(urls.file(url), "article.html", Sketch(url, view, known))

    def _card_size(self, article: str) -> Stamped[tuple[int, ...]]:
        at = self._materials
        size = at.card_sizes.get(urls.card(at.mention(article).value.url)) if at.site.theme.social_images else None
        return stamped(size) if size else NO_SIZE

    def _neighbours(self, folder: tuple[str, ...]) -> dict[str, tuple[Neighbour, Neighbour]]:
        """Return the older and the newer article of each one of a folder, by its id."""
        articles = self._lists.get(folder, [])
        mentions: list[Neighbour] = [NOBODY, *map(self._materials.mention, articles), NOBODY]
        return dict(zip(articles, zip(mentions, mentions[2:], strict=False), strict=False))


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
