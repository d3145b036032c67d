"""What every page is made from: the library, its lists, what was written, its articles' entries."""

from collections.abc import Iterable, Mapping
from functools import cache, partial
from heapq import nlargest

from labo_ssg.model import NO_BODY, Article, Body, Comment, Conversation, Kept, Library, Link, Site, Written
from labo_ssg.packing import Promised, Stamped, digest, pack, stamped
from labo_ssg.pages import entries, frame, translations, urls
from labo_ssg.pages.entries import Listed
from labo_ssg.pages.links import Addresses
from labo_ssg.pages.page import mark
from labo_ssg.pages.shelves import Shelves
from labo_ssg.pages.views import ImageView, Mention, Titled
from labo_ssg.problems import Place, Problem

Talked = Stamped[Kept] | Stamped[Conversation]
"""What is kept of the conversation about an article, or that of nobody."""

NO_TALK = stamped(Conversation())


class Materials:
    """All that the makers of pages share; what belongs to an article is by its id, and made once it is asked for.

    The `talks` are those that pages show: where there is no discussion, there is none. `marks` stand for what lists
    show of an article.
    """

    def __init__(
        self,
        library: Library,
        shelves: Shelves,
        written: Written,
        images: Mapping[str, ImageView],
        card_sizes: Mapping[str, tuple[int, int]],
    ) -> None:
        self.frame = frame.frame(library.site, card_sizes.get(urls.CARD, ()))
        self.library, self.shelves, self.written, self.card_sizes = library, shelves, written, card_sizes
        self.articles = {one.id: one for one in library.articles}
        self.translations = translations.by_article(library.articles)
        silent = {one.id for one in library.articles if one.comments == "off"}
        self.talks = {article: talk for article, talk in written.talks.items() if article not in silent}
        self._images = images
        self.article, self.texts = cache(self._article), cache(self._texts)
        self.mention, self.titled, self.listed = cache(self._mention), cache(self._titled), cache(self._listed)
        self.conversation, self.way = cache(self._conversation), cache(self._way)
        parents = {one.path: digest(pack(self.parent(one.path))) for one in library.sections} | {(): bytes(16)}
        self.marks = {one.id: self._mark(one, parents[one.section]) for one in library.articles}

    @property
    def site(self) -> Site:
        return self.frame.site

    def _way(self, path: tuple[str, ...]) -> Stamped[tuple[Link, ...]]:
        """Return the way from the home page to the section at `path`, which is its last step."""
        last = self.section(path) if path else Link(self.frame.say("Home"), urls.HOME)
        return stamped((*self.breadcrumb(path[:-1]), last) if path else (last,))

    def breadcrumb(self, path: tuple[str, ...]) -> tuple[Link, ...]:
        """Return the way itself."""
        return self.way(path).value

    def parent(self, path: tuple[str, ...]) -> Link | None:
        """Return the section at `path` as its articles name it, None for the root."""
        return self.section(path) if path else None

    def section(self, path: tuple[str, ...]) -> Link:
        return Link(self.shelves.sections[path].title, urls.section(path))

    def body(self, section: tuple[str, ...]) -> Body:
        """Return the text of a section."""
        return self.written.sections.get(section, NO_BODY)

    def _article(self, article: str) -> Stamped[Article]:
        # What shaped an article's texts, its file and how files are read, shaped the article too.
        return Stamped(self.articles[article], self.texts(article).digest)

    def _texts(self, article: str) -> Stamped[Kept]:
        return _marked(self.written.gists[article].kept)

    def _conversation(self, article: str) -> Talked:
        return _marked(self.talks[article].kept) if article in self.talks else NO_TALK

    def _mention(self, article: str) -> Stamped[Mention]:
        mention = translations.mention(self.articles[article])
        return Stamped(mention, pack(mention))  # which is hardly longer than its digest

    def _titled(self, article: str) -> Stamped[Titled]:
        one, mention = self.articles[article], self.mention(article).value
        titled = Titled(mention.title, mention.url, mention.language, one.date)
        return Stamped(titled, pack(titled))

    def _listed(self, article: str) -> Stamped[Listed]:
        """Return what lists show of an article: most of it is asked for by no page that has to be made."""
        one, gist = self.articles[article], self.written.gists[article]
        make = partial(
            entries.listed, one, gist, self.parent(one.section), self._images.get(article), self._count(article)
        )
        return Promised(make, self.marks[article])

    def _mark(self, article: Article, parent: bytes) -> bytes:
        image = self._images.get(article.id)
        sign, count = self.written.gists[article.id].sign, self._count(article.id).to_bytes(4, "big")
        return b"".join((sign, count, parent, pack(image) if image else b""))

    def _count(self, article: str) -> int:
        """Return the number of comments of an article."""
        talk = self.talks.get(article)
        return talk.count if talk else 0


def gather(
    library: Library,
    shelves: Shelves,
    known: Addresses,
    written: Written,
    card_sizes: Mapping[str, tuple[int, int]],
) -> tuple[Materials, list[Problem]]:
    """Return what the pages of `library` are made from, and the pictures that are nowhere."""
    images: dict[str, ImageView] = {}
    problems = []
    for article in library.articles:
        if not article.image:
            continue
        if image := entries.image(article, known):
            images[article.id] = image
        else:
            what = f"`image`: there is no file `{article.image.src}`"
            place = Place(article.place.path, article.lines.get("image", 1))
            problems.append(Problem(place, what, "the path starts at the article's folder, or with / at content/"))
    return Materials(library, shelves, written, images, card_sizes), problems


def _marked(kept: Kept) -> Stamped[Kept]:
    return Stamped(kept, mark(kept))


def latest_talks(materials: Materials, number: int) -> list[str]:
    """Return the articles whose talks hold the `number` newest comments of the site that have a page to stand on."""
    talks = {article: talk for article, talk in materials.talks.items() if talk.count}
    return nlargest(number, talks, key=lambda one: (talks[one].newest, talks[one].newest_id, one))


def newest(comments: Iterable[Comment], number: int) -> list[Comment]:
    """Return the `number` newest of those of `comments` that are published, newest first."""
    published = [one for one in comments if one.is_published]  # of a list that is short `nlargest` makes less work
    return nlargest(number, published, key=lambda one: (one.date, one.id))
