"""What every page is made from: the library, its lists, what was written, its articles' entries."""

from collections.abc import Iterable, Mapping
from functools import partial
from heapq import nlargest

from msgspec import Struct

from labo_ssg.model import NO_BODY, Article, Body, Comment, Kept, Library, Link, Site, Talk, Written
from labo_ssg.packing import Promised, Stamped, digest, pack, stamped
from labo_ssg.pages import entries, frame, translations, urls
from labo_ssg.pages.entries import Listed
from labo_ssg.pages.frame import Frame
from labo_ssg.pages.links import Addresses
from labo_ssg.pages.page import mark
from labo_ssg.pages.shelves import Shelves
from labo_ssg.pages.views import ImageView, Mention
from labo_ssg.problems import Place, Problem


class Materials(Struct, frozen=True):
    """All that the makers of pages share; what belongs to an article is by its id.

    The `talks` are those that pages show: where there is no discussion, there is none. `texts` and
    `conversations` are what is kept of an article's texts and of its talk.
    """

    frame: Frame
    library: Library
    shelves: Shelves
    written: Written
    card_sizes: Mapping[str, tuple[int, int]]
    articles: Mapping[str, Stamped[Article]]
    texts: Mapping[str, Stamped[Kept]]
    mentions: Mapping[str, Stamped[Mention]]
    talks: Mapping[str, Talk]
    conversations: Mapping[str, Stamped[Kept]]
    listed: dict[str, Stamped[Listed]]
    translations: Mapping[str, Stamped[tuple[Mention, ...]]]
    ways: dict[tuple[str, ...], Stamped[tuple[Link, ...]]]

    @property
    def site(self) -> Site:
        return self.frame.site

    def way(self, path: tuple[str, ...]) -> Stamped[tuple[Link, ...]]:
        """Return the way from the home page to the section at `path`, which is its last step."""
        if path not in self.ways:
            last = self.section(path) if path else Link(self.frame.say("Home"), urls.HOME)
            self.ways[path] = stamped((*self.breadcrumb(path[:-1]), last) if path else (last,))
        return self.ways[path]

    def breadcrumb(self, path: tuple[str, ...]) -> tuple[Link, ...]:
        """Return the way itself."""
        return self.way(path).value

    def section(self, path: tuple[str, ...]) -> Link:
        return Link(self.shelves.sections[path].title, urls.section(path))

    def body(self, section: tuple[str, ...]) -> Body:
        """Return the text of a section."""
        return self.written.sections.get(section, NO_BODY)


def gather(
    library: Library,
    shelves: Shelves,
    known: Addresses,
    written: Written,
    card_sizes: Mapping[str, tuple[int, int]],
) -> tuple[Materials, list[Problem]]:
    """Return what the pages of `library` are made from, and the pictures that are nowhere."""
    silent = {article.id for article in library.articles if article.comments == "off"}
    texts = {one.id: _marked(written.gists[one.id].kept) for one in library.articles}
    talks = {article: talk for article, talk in written.talks.items() if article not in silent}
    materials = Materials(
        frame=frame.frame(library.site, card_sizes.get(urls.CARD, ())),
        library=library,
        shelves=shelves,
        written=written,
        card_sizes=card_sizes,
        # What shaped an article's texts, its file and how files are read, shaped the article too.
        articles={one.id: Stamped(one, texts[one.id].digest) for one in library.articles},
        texts=texts,
        mentions={one.id: _mentioned(one) for one in library.articles},
        talks=talks,
        conversations={article: _marked(talk.kept) for article, talk in talks.items()},
        listed={},
        translations=translations.by_article(library.articles),
        ways={},
    )
    problems = []
    for article in library.articles:
        image = entries.image(article, known)
        materials.listed[article.id] = _listed(article, image, materials)
        if article.image and not image:
            what = f"`image`: there is no file `{article.image.src}`"
            place = Place(article.place.path, article.lines.get("image", 1))
            problems.append(Problem(place, what, "the path starts at the article's folder, or with / at content/"))
    return materials, problems


def _marked(kept: Kept) -> Stamped[Kept]:
    return Stamped(kept, mark(kept))


def _mentioned(article: Article) -> Stamped[Mention]:
    mention = translations.mention(article)
    return Stamped(mention, pack(mention))  # which is hardly longer than its digest


def _listed(article: Article, image: ImageView | None, materials: Materials) -> Stamped[Listed]:
    """Return what lists show of `article`: most of it is asked for by no page that has to be made."""
    gist, talk = materials.written.gists[article.id], materials.talks.get(article.id)
    section = materials.breadcrumb(article.section)[-1] if article.section else None
    count = talk.count if talk else 0
    known = digest(gist.sign, pack((section, count, image)))
    return Promised(partial(entries.listed, article, gist, section, image, count), known)


def latest_talks(materials: Materials, number: int) -> list[str]:
    """Return the articles whose talks hold the `number` newest comments of the site that have a page to stand on."""
    talks = {article: talk for article, talk in materials.talks.items() if talk.count}
    return nlargest(number, talks, key=lambda one: (talks[one].newest, talks[one].newest_id, one))


def newest(comments: Iterable[Comment], number: int) -> list[Comment]:
    """Return the `number` newest of those of `comments` that are published, newest first."""
    published = (one for one in comments if one.is_published)
    return nlargest(number, published, key=lambda one: (one.date, one.id))
