"""What every page is made from: the library, its lists, what was written, its articles' entries."""

from collections.abc import Iterable, Mapping
from heapq import nlargest

from msgspec import Struct

from labo_ssg.model import NO_BODY, Article, Body, Comment, Library, Link, Site, Talk, Target, Written
from labo_ssg.pages import frame, links, translations, urls
from labo_ssg.pages.frame import Frame
from labo_ssg.pages.links import Addresses
from labo_ssg.pages.shelves import Shelves
from labo_ssg.pages.views import Entry, ImageView, Mention
from labo_ssg.problems import Place, Problem


class Materials(Struct, frozen=True):
    """All that the makers of pages share."""

    frame: Frame
    library: Library
    shelves: Shelves
    written: Written
    entries: Mapping[str, Entry]
    translations: Mapping[str, tuple[Mention, ...]]
    card_sizes: Mapping[str, tuple[int, int]]
    ways: dict[tuple[str, ...], tuple[Link, ...]]

    @property
    def site(self) -> Site:
        return self.frame.site

    def breadcrumb(self, path: tuple[str, ...]) -> tuple[Link, ...]:
        """Return the way from the home page to the section at `path`, which is its last step."""
        if path not in self.ways:
            last = self.section(path) if path else Link(self.frame.say("Home"), urls.HOME)
            self.ways[path] = (*self.breadcrumb(path[:-1]), last) if path else (last,)
        return self.ways[path]

    def section(self, path: tuple[str, ...]) -> Link:
        return Link(self.shelves.sections[path].title, urls.section(path))

    def talk(self, article: Article) -> Talk | None:
        """Return the conversation that the page of `article` shows, None where there is none."""
        return None if article.comments == "off" else self.written.talks.get(article.id)

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
    entries: dict[str, Entry] = {}
    languages = translations.by_article(library.articles)
    materials = Materials(frame.frame(library.site), library, shelves, written, entries, languages, card_sizes, {})
    problems = []
    for article in library.articles:
        entries[article.id] = _entry(article, materials, known)
        if article.image and not entries[article.id].image:
            what = f"`image`: there is no file `{article.image.src}`"
            place = Place(article.place.path, article.lines.get("image", 1))
            problems.append(Problem(place, what, "the path starts at the article's folder, or with / at content/"))
    return materials, problems


def _entry(article: Article, materials: Materials, known: Addresses) -> Entry:
    """Return `article` as the lists show it."""
    image, talk = article.image, materials.talk(article)
    target = links.resolve(known, image.src, article.section) if image else None
    return Entry(
        url=urls.article(article),
        title=article.title,
        lead=materials.written.gists[article.id].lead,
        date=article.date,
        updated=article.updated,
        authors=tuple(Link(name, urls.author(name)) for name in article.authors),
        section=materials.breadcrumb(article.section)[-1] if article.section else None,
        image=picture(target, image.alt, image.credit) if image and target else None,
        discussion=article.comments,
        comments=talk.count if talk else 0,
        language=article.language,
    )


def picture(target: Target, alt: str, credit: str = "") -> ImageView:
    """Return the picture at `target` as pages show it."""
    found = target.picture
    width, height, variants = (found.width, found.height, found.variants) if found else (0, 0, ())
    return ImageView(target.url, alt, credit, width, height, variants)


def latest_talks(materials: Materials, number: int) -> list[Article]:
    """Return the articles among whose comments are the `number` newest of the site that have a page to stand on."""
    talks = ((materials.talk(article), article) for article in materials.library.articles)
    found = ((talk.newest, talk.newest_id, article.id, article) for talk, article in talks if talk)
    return [article for *_, article in nlargest(number, found, key=lambda one: one[:3])]


def newest(comments: Iterable[Comment], number: int) -> list[Comment]:
    """Return the `number` newest of `comments`, newest first."""
    return nlargest(number, comments, key=lambda one: (one.date, one.id))
