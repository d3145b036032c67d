"""What all pages of a site share."""

from collections.abc import Iterable

from msgspec import Struct
from msgspec.structs import replace

from labo_ssg import language
from labo_ssg.model import InboxSettings, Link, Site
from labo_ssg.pages import urls
from labo_ssg.pages.views import TermView


class Frame(Struct, frozen=True):
    """The settings of a site, and the terms of its glossary by their anchors, in order.

    `card_size` is that of the picture that stands for all pages without one of their own, () where it is not known.
    """

    site: Site
    terms: dict[str, TermView]
    card_size: tuple[int, ...] = ()

    def say(self, words: str) -> str:
        """Return `words` in the site's language."""
        return language.translations(self.site.language).gettext(words)

    def feeds(self) -> tuple[Link, ...]:
        """Return the feeds that every page names."""
        return (Link(self.site.title, urls.FEED), Link(self.say("Comments"), urls.COMMENTS_FEED))

    def explained(self, anchors: Iterable[str]) -> tuple[TermView, ...]:
        """Return the terms of some `anchors`, in the glossary's order."""
        used = set(anchors)
        return tuple(term for anchor, term in self.terms.items() if anchor in used) if used else ()


def frame(site: Site, card_size: tuple[int, ...]) -> Frame:
    """Return what the pages of `site` share."""
    terms = {
        urls.slug(term.word): TermView(
            urls.slug(term.word), term.word, term.also, term.definition, term.details, term.url
        )
        for term in sorted(site.glossary, key=lambda one: urls.slug(one.word))
    }
    return Frame(replace(site, inbox=InboxSettings()), terms, card_size)  # no page depends on those settings
