"""Library → every Page, feeds and redirects included."""

import re
from collections.abc import Mapping
from typing import NamedTuple

from msgspec.structs import replace

from labo_ssg.model import Bodies, Library, Link, Partner, Site, Target
from labo_ssg.pages import (
    articles,
    claims,
    feeds,
    links,
    lists,
    looks,
    others,
    shelves,
    structured,
    threads,
    translations,
    urls,
)
from labo_ssg.pages.cards import CARD_SIZE, Card, cards
from labo_ssg.pages.links import Addresses
from labo_ssg.pages.materials import Materials, gather, picture
from labo_ssg.pages.shelves import Shelves
from labo_ssg.pages.views import Page, PartnerView, SiteView
from labo_ssg.problems import Place, Problem


class Plan(NamedTuple):
    """The pages of a site, in the order in which they are best published, what all templates see, the cards."""

    site: SiteView
    pages: list[Page]
    cards: list[Card]


def check_whole(whole: Library, rooms: Shelves) -> list[Problem]:
    """Return the problems that show only when all the files of a site are seen together.

    `rooms` hold what may be published of `whole`.
    """
    problems = shelves.check_names(rooms) + translations.check(whole.articles)
    homes = {comment.id: comment.article for comments in rooms.comments.values() for comment in comments}
    for comments in rooms.comments.values():
        problems += threads.check(comments, homes)
    return problems


def plan(library: Library, rooms: Shelves, known: Addresses, bodies: Bodies) -> tuple[Plan, list[Problem]]:
    """Return every page of `library`; pages come before the lists and feeds that point to them."""
    materials, problems = gather(library, rooms, known, bodies)
    pages = [
        *articles.articles(materials),
        *lists.sections(materials),
        *lists.tags(materials),
        *lists.authors(materials),
        *others.glossary(materials),
        *others.search(materials),
        *others.not_found(materials),
        *others.moved(materials),
        *lists.home(materials),
        *feeds.feeds(materials),
    ]
    pages += others.sitemap(materials, pages)
    sizes = {urls.asset(asset.path): (asset.width, asset.height) for asset in library.assets if asset.width}
    words = cards(library, pages)
    sizes |= {urls.asset(card.path): CARD_SIZE for card in words}
    pages = [_described(page, library.site, sizes) for page in pages]
    problems += claims.check(library, pages, words)
    problems += _check_settings(library, known)
    return Plan(_site(materials, known), pages, words), problems


def _described(page: Page, site: Site, sizes: Mapping[str, tuple[int, int]]) -> Page:
    """Return `page` with what it says to machines; `sizes` are those of the cards, by address."""
    view = page.view
    size = sizes.get(view.card, ())
    return replace(page, view=replace(view, data=structured.data(view, site), card_size=size))


def _site(materials: Materials, known: Addresses) -> SiteView:
    site = materials.site
    top = shelves.children(materials.shelves, ())
    return SiteView(
        title=site.title,
        tagline=site.tagline,
        description=site.description,
        language=site.language,
        base_url=site.base_url,
        menu=site.menu or tuple(Link(one.title, urls.section(one.path)) for one in top),
        footer=site.footer,
        partners=tuple(_partner(one, known) for one in site.partners),
        social=site.social,
        has_glossary=bool(site.glossary),
        search=urls.SEARCH if site.search and materials.library.articles else "",
        style=looks.style_sheet(site.theme),
        extra=site.extra,
    )


def _partner(partner: Partner, known: Addresses) -> PartnerView:
    target = links.by_address(known, partner.logo) if partner.logo else None
    logo = picture(target or Target(partner.logo), partner.name) if partner.logo else None
    return PartnerView(partner.name, partner.url, logo)


def _check_settings(library: Library, known: Addresses) -> list[Problem]:
    """Return a problem for each entry of `site.yaml` that leads to no page of the site."""
    site = library.site
    named = [(key, link.url) for key in ("menu", "footer", "social", "partners") for link in getattr(site, key)]
    named += [("partners", partner.logo) for partner in site.partners if partner.logo]
    problems = []
    if (font := site.theme.social_font) and font not in {asset.path for asset in library.assets}:
        what = f"`theme.social_font`: there is no file content/{font}"
        problems.append(Problem(Place("site.yaml"), what, "put the font there, its path starts at content/"))
    return problems + [
        Problem(
            Place("site.yaml"), f"`{key}`: there is no page or file at `{url}`", "write its address from the root: /…"
        )
        for key, url in named
        if url.startswith("/") and not links.by_address(known, re.split("[?#]", url)[0])
    ]
