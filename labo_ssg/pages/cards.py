"""The pictures that links to the site show elsewhere: what stands on each."""

from collections.abc import Iterable
from urllib.parse import urlsplit

from msgspec import Struct

from labo_ssg.model import Library, Link, Site
from labo_ssg.pages import urls
from labo_ssg.pages.views import ArticleView, Page

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


def cards(library: Library, pages: Iterable[Page]) -> list[Card]:
    """Return the site's own card and those of the articles among `pages`, but for those that lie in `content/`."""
    site = library.site
    own = {asset.path for asset in library.assets}
    host = urlsplit(site.base_url).netloc
    found = [Card(urls.file(urls.CARD), site.title, "", site.tagline or host)]
    for page in pages:
        view = page.view
        if isinstance(view, ArticleView) and view.card != urls.CARD:
            parent = view.parent or Link("", "")
            found.append(Card(urls.file(view.card), view.title, parent.title, site.title))
    return [card for card in found if card.path not in own]
