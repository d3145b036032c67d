"""The pictures that links to the site show elsewhere: what stands on each."""

from collections.abc import Iterable
from urllib.parse import urlsplit

from msgspec import Struct

from labo_ssg.model import Library, Site
from labo_ssg.pages import urls

CARD_SIZE = (1200, 630)  # pixels: what the networks that show such pictures ask for


class Card(Struct, frozen=True):
    """The words of a picture, and its `path` in the output folder."""

    path: str
    title: str
    kicker: str
    foot: str


def address(site: Site, article_url: str) -> str:
    """Return the address of the picture of an article: its own, or the site's."""
    return urls.card(article_url) if site.theme.social_images else urls.CARD


def cards(library: Library) -> list[Card]:
    """Return the site's own card and those of its articles, but for those that lie in `content/`."""
    site = library.site
    own = {asset.path for asset in library.assets}
    host = urlsplit(site.base_url).netloc
    found = [Card(urls.file(urls.CARD), site.title, "", site.tagline or host)]
    titles = {section.path: section.title for section in library.sections}
    for article in library.articles if site.theme.social_images else ():
        parent = titles[article.section] if article.section else ""
        found.append(Card(urls.file(urls.card(urls.article(article))), article.title, parent, site.title))
    return [card for card in found if card.path not in own]


def sizes(library: Library, made: Iterable[Card]) -> dict[str, tuple[int, int]]:
    """Return the width and height in pixels of each picture that may stand for a page, by address."""
    own = {urls.asset(asset.path): (asset.width, asset.height) for asset in library.assets if asset.width}
    return own | {urls.asset(card.path): CARD_SIZE for card in made}
