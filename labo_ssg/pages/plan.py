"""Library → every Page, feeds and redirects included."""

import re
from typing import NamedTuple

from labo_ssg.model import Library, Link, Partner, Target, Written
from labo_ssg.pages import (
    bundles,
    cards,
    feeds,
    links,
    lists,
    looks,
    messages,
    others,
    shelves,
    translations,
    urls,
)
from labo_ssg.pages.articles import Articles
from labo_ssg.pages.bundles import Bundle
from labo_ssg.pages.cards import Card
from labo_ssg.pages.entries import picture
from labo_ssg.pages.frame import Frame
from labo_ssg.pages.links import Addresses
from labo_ssg.pages.materials import gather
from labo_ssg.pages.page import Page
from labo_ssg.pages.shelves import Shelves
from labo_ssg.pages.views import PartnerView, SiteView
from labo_ssg.problems import Place, Problem


class Plan(NamedTuple):
    """The pages of a site, in bundles, in the order in which they are best published; what all share; the cards.

    `samples` lie nowhere: they show whether the templates of the inbox work.
    """

    frame: Frame
    bundles: list[Bundle]
    articles: Articles
    samples: list[Page]
    cards: list[Card]


def check_whole(whole: Library, rooms: Shelves) -> list[Problem]:
    """Return the problems that show only when all the files of a site are seen together.

    `rooms` hold what may be published of `whole`.
    """
    return shelves.check_names(rooms) + translations.check(whole.articles)


def plan(
    library: Library, rooms: Shelves, known: Addresses, written: Written, *, preview: bool
) -> tuple[Plan, list[Problem]]:
    """Return every page of `library`; pages come before the lists and feeds that point to them.

    A `preview`, which shows messages that wait, is announced to no search engine.
    """
    drawn = cards.cards(library)
    materials, problems = gather(library, rooms, known, written, cards.sizes(library, drawn))
    of_articles = Articles(materials)
    planned = [
        *of_articles.bundles(),
        *lists.sections(materials),
        *lists.tags(materials),
        *lists.authors(materials),
        *bundles.of("glossary", others.glossary(materials)),
        *bundles.of("search", others.search(materials)),
        *bundles.of("not found", others.not_found(materials)),
        *others.moved(materials),
        *lists.home(materials),
        *feeds.feeds(materials),
        *others.for_robots(materials, preview=preview),
    ]
    problems += _check_settings(library, known)
    samples = list(messages.samples(materials, of_articles.page))
    return Plan(materials.frame, planned, of_articles, samples, drawn), problems


def site_view(library: Library, rooms: Shelves, known: Addresses, *, preview: bool) -> SiteView:
    """Return what every page knows of the site, of which no text is known yet."""
    site = library.site
    top = shelves.children(rooms, ())
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
        search=urls.SEARCH if site.search and library.articles else "",
        style=looks.style_sheet(site.theme),
        extra=site.extra,
        preview=preview,
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
