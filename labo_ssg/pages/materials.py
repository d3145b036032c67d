"""What every page is made from: the library, its lists, its bodies, its articles' entries."""

from collections.abc import Iterable, Mapping
from heapq import nlargest

from msgspec import Struct

from labo_ssg import language
from labo_ssg.model import NO_BODY, Article, Bodies, Body, Comment, Library, Link, Site, Target
from labo_ssg.pages import links, translations, urls
from labo_ssg.pages.links import Addresses
from labo_ssg.pages.shelves import Shelves
from labo_ssg.pages.views import Entry, ImageView, Mention, TermView
from labo_ssg.problems import Place, Problem


class Materials(Struct, frozen=True):
    """All that the makers of pages share."""

    site: Site
    library: Library
    shelves: Shelves
    bodies: Bodies
    entries: Mapping[str, Entry]
    terms: Mapping[str, TermView]
    translations: Mapping[str, tuple[Mention, ...]]

    def say(self, words: str) -> str:
        """Return `words` in the site's language."""
        return language.translations(self.site.language).gettext(words)

    def breadcrumb(self, path: tuple[str, ...]) -> tuple[Link, ...]:
        """Return the way from the home page to the section at `path`, which is its last step."""
        steps = (path[:depth] for depth in range(1, len(path) + 1))
        return (Link(self.say("Home"), urls.HOME), *map(self.section, steps))

    def section(self, path: tuple[str, ...]) -> Link:
        return Link(self.shelves.sections[path].title, urls.section(path))

    def feeds(self) -> tuple[Link, ...]:
        """Return the feeds that every page names."""
        return (Link(self.site.title, urls.FEED), Link(self.say("Comments"), urls.COMMENTS_FEED))

    def explained(self, bodies: Iterable[Body]) -> tuple[TermView, ...]:
        """Return the terms that `bodies` explain, in the glossary's order."""
        used = {anchor for body in bodies for anchor in body.terms}
        return tuple(term for anchor, term in self.terms.items() if anchor in used) if used else ()


def gather(library: Library, shelves: Shelves, known: Addresses, bodies: Bodies) -> tuple[Materials, list[Problem]]:
    """Return what the pages of `library` are made from, and the pictures that are nowhere."""
    terms = {
        urls.slug(term.word): TermView(
            urls.slug(term.word), term.word, term.also, term.definition, term.details, term.url
        )
        for term in sorted(library.site.glossary, key=lambda one: urls.slug(one.word))
    }
    entries: dict[str, Entry] = {}
    languages = translations.by_article(library.articles)
    materials = Materials(library.site, library, shelves, bodies, entries, terms, languages)
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
    image = article.image
    target = links.resolve(known, image.src, article.section) if image else None
    return Entry(
        url=urls.article(article),
        title=article.title,
        lead=materials.bodies.leads.get(article.id, NO_BODY).html,
        date=article.date,
        updated=article.updated,
        authors=tuple(Link(name, urls.author(name)) for name in article.authors),
        section=materials.section(article.section) if article.section else None,
        image=picture(target, image.alt, image.credit) if image and target else None,
        discussion=article.comments,
        comments=0 if article.comments == "off" else len(materials.shelves.comments.get(article.id, ())),
        language=article.language,
    )


def picture(target: Target, alt: str, credit: str = "") -> ImageView:
    """Return the picture at `target` as pages show it."""
    found = target.picture
    width, height, variants = (found.width, found.height, found.variants) if found else (0, 0, ())
    return ImageView(target.url, alt, credit, width, height, variants)


def latest_comments(materials: Materials, number: int) -> list[Comment]:
    """Return the `number` newest comments of the site, among those that have a page to stand on."""
    shown = (one for one in materials.library.comments if materials.entries[one.article].discussion != "off")
    return newest(shown, number)


def newest(comments: Iterable[Comment], number: int) -> list[Comment]:
    """Return the `number` newest of `comments`, newest first."""
    return nlargest(number, comments, key=lambda one: (one.date, one.id))
