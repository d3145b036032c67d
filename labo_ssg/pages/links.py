"""Library → what each internal reference of a text leads to."""

import posixpath
import re
import unicodedata
from collections.abc import Iterable
from urllib.parse import unquote

from msgspec import Struct

from labo_ssg.model import Asset, Library, Picture, Target, Variant
from labo_ssg.pages import urls
from labo_ssg.pages.shelves import Shelves

PHOTOGRAPHS = (".avif", ".gif", ".jpeg", ".jpg", ".png", ".webp")  # a drawing may have no size

# SPIP's own addresses, as they stand in `aliases`, and how its links name them.
_SPIP_ADDRESS = re.compile(r"/?(?:spip\.php)?\?(article|rubrique|mot|auteur|breve|site)([0-9]+)$")


class Addresses(Struct, frozen=True):
    """Every target, by its file under `content/`, by its URL and aliases, by its name."""

    by_file: dict[str, Target]
    by_url: dict[str, Target]
    by_name: dict[str, Target]


def addresses(library: Library, shelves: Shelves) -> Addresses:
    """Return all that a text of the site can lead to; each target's `url` is a path of the site."""
    found = Addresses({}, {}, {})

    def add(url: str, title: str, aliases: Iterable[str] = (), picture: Picture | None = None) -> Target:
        target = Target(url, title, picture)
        found.by_url[url] = target
        for alias in aliases:
            found.by_url.setdefault(alias, target)
            address, query = urls.alias(alias)
            if not query:
                found.by_url.setdefault(address, target)
            if match := _SPIP_ADDRESS.fullmatch(alias):
                found.by_name.setdefault(match[1] + match[2], target)
        return target

    for path, section in shelves.sections.items():
        target = add(urls.section(path), section.title, section.aliases)
        for name in ("index.md", "index.spip", ""):
            found.by_file[_composed("/".join((*path, name)).rstrip("/"))] = target
        add(urls.feed(urls.section(path)), section.title)
    for article in library.articles:
        target = add(urls.article(article), article.title, article.aliases)
        if article.comments != "off":
            feed = urls.comments_feed(target.url)
            found.by_url[feed] = Target(feed, article.title)
        found.by_file[_composed(article.place.path.removeprefix("content/"))] = target
        found.by_name.setdefault(article.id, target)
    for asset in library.assets:
        target = add(urls.asset(asset.path), posixpath.basename(asset.path), picture=_picture(asset))
        found.by_file[_composed(asset.path)] = target
    for name in shelves.by_tag:
        add(urls.tag(name), name)
    for name in shelves.by_author:
        add(urls.author(name), name)
    always = (urls.HOME, urls.TAGS, urls.AUTHORS, urls.FEED, urls.COMMENTS_FEED, urls.SITEMAP, urls.ROBOTS)
    chosen = [(urls.GLOSSARY, library.site.glossary), (urls.SEARCH, library.site.search and library.articles)]
    for url in (*always, *(url for url, wanted in chosen if wanted)):
        add(url, library.site.title)
    return found


def _picture(asset: Asset) -> Picture | None:
    if not asset.width and not asset.path.lower().endswith(PHOTOGRAPHS):
        return None
    variants = tuple(Variant(urls.variant(asset.path, width), width) for width in asset.widths)
    return Picture(asset.path, asset.width, asset.height, variants)


def resolve(known: Addresses, reference: str, folder: tuple[str, ...]) -> Target | None:
    """Return what `reference` leads to from a text of `folder`, or None.

    A reference is a path from the folder (`../ptce/un-pole.md`, `carte.svg`), a path from
    the root (`/territoires/`), SPIP's name of an object (`article12`) or an article's id.
    """
    if reference in known.by_name:
        return known.by_name[reference]
    if reference.startswith("/"):
        return by_address(known, reference) or _file(known, reference[1:], ())
    if match := _SPIP_ADDRESS.fullmatch(reference):
        return known.by_name.get(match[1] + match[2])
    return _file(known, reference, folder)


def by_address(known: Addresses, path: str) -> Target | None:
    """Return what is at `path`, which starts at the root and may be quoted or not, with its last slash or not."""
    spellings = (path, f"{path}/", urls.normal(path), f"{urls.normal(path)}/")
    return next((known.by_url[one] for one in spellings if one in known.by_url), None)


def _file(known: Addresses, reference: str, folder: tuple[str, ...]) -> Target | None:
    path = posixpath.normpath("/".join((*folder, unquote(reference))))
    return known.by_file.get("" if path == "." else _composed(path))


def _composed(path: str) -> str:
    """Return `path` with each accent in its letter: some systems store them apart, keyboards do not type them so."""
    return path if path.isascii() else unicodedata.normalize("NFC", path)
