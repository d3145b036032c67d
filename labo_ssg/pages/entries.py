"""An article as lists show it."""

from msgspec import Struct

from labo_ssg.model import Article, Body, Gist, Link, Target
from labo_ssg.packing import digest, pack
from labo_ssg.pages import links, urls
from labo_ssg.pages.links import Addresses
from labo_ssg.pages.views import Entry, ImageView


class Listed(Struct, frozen=True):
    """An article as lists show it, and the terms that its lead explains."""

    entry: Entry
    terms: tuple[str, ...]


def sign(article: Article, lead: Body) -> bytes:
    """Return what stands for all that `listed` takes from the file of `article`."""
    one = article
    dates, discussion = (one.date, one.updated), (one.comments, one.language)
    return digest(pack((urls.article(one), one.title, dates, one.authors, discussion, lead.html, lead.terms)))


def listed(article: Article, gist: Gist, section: Link | None, image: ImageView | None, comments: int) -> Listed:
    """Return `article` as the lists show it, with its `section` and the number of its `comments`."""
    entry = Entry(
        url=urls.article(article),
        title=article.title,
        lead=gist.lead,
        date=article.date,
        updated=article.updated,
        authors=tuple([Link(name, urls.author(name)) for name in article.authors]),
        section=section,
        image=image,
        discussion=article.comments,
        comments=comments,
        language=article.language,
    )
    return Listed(entry, gist.lead_terms)


def image(article: Article, known: Addresses) -> ImageView | None:
    """Return the picture that stands for `article`, None where there is none."""
    image = article.image
    target = links.resolve(known, image.src, article.section) if image else None
    return picture(target, image.alt, image.credit) if image and target else None


def picture(target: Target, alt: str, credit: str = "") -> ImageView:
    """Return the picture at `target` as pages show it."""
    found = target.picture
    width, height, variants = (found.width, found.height, found.variants) if found else (0, 0, ())
    return ImageView(target.url, alt, credit, width, height, variants)
