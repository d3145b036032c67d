"""Library → every Page, feeds and redirects included."""

from collections import Counter
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from labo_ssg.model import Bodies, Library, Link
from labo_ssg.pages import articles, feeds, lists, others, shelves, threads, urls
from labo_ssg.pages.links import Addresses
from labo_ssg.pages.materials import Materials, gather
from labo_ssg.pages.shelves import Shelves
from labo_ssg.pages.views import Page, SiteView
from labo_ssg.problems import Place, Problem


class Plan(NamedTuple):
    """The pages of a site, in the order in which they are best published, and what all templates see."""

    site: SiteView
    pages: list[Page]


def check_whole(rooms: Shelves) -> list[Problem]:
    """Return the problems that show only when all the files of a site are seen together."""
    problems = shelves.check_spelling(rooms)
    for comments in rooms.comments.values():
        problems += threads.check(comments)
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
        *others.not_found(materials),
        *others.moved(materials),
        *lists.home(materials),
        *feeds.feeds(materials),
    ]
    pages += others.sitemap(materials, pages)
    problems += _check_addresses(library, pages)
    problems += _check_menus(library, known)
    return Plan(_site(materials), pages), problems


def _site(materials: Materials) -> SiteView:
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
        partners=site.partners,
        social=site.social,
        has_glossary=bool(site.glossary),
        extra=site.extra,
    )


def _check_addresses(library: Library, pages: Sequence[Page]) -> list[Problem]:
    """Return a problem for each address that a file asks for and that is taken."""
    claims = list(_claims(library))
    claimed = {file for file, _ in claims}
    always = Counter(page.path for page in pages)
    always.subtract(claimed & always.keys())
    owners = {file: "a page that every site has" for file, times in always.items() if times > 0}
    problems = []
    for file, place in claims:
        if file in owners:
            what = f"its address `/{file.removesuffix('index.html')}` is taken by {owners[file]}"
            problems.append(Problem(place, what, "rename one of the two, or remove the alias"))
        owners.setdefault(file, place.path)
    return problems


def _claims(library: Library) -> Iterator[tuple[str, Place]]:
    """Yield the files of the output that the site's own files ask for, aliases last."""
    aliases: list[tuple[str, Place]] = []
    items = [(urls.section(one.path), one.place.path, one.aliases) for one in library.sections]
    items += [(urls.article(one), one.place.path, one.aliases) for one in library.articles]
    for url, path, old in items:
        place = Place(path, 1)
        yield urls.file(url), place
        for alias in old:
            address, query = urls.alias(alias)
            aliases.append((f"{urls.file(address)}?{query}" if query else urls.file(address), place))
    for asset in library.assets:
        yield asset.path, Place(f"content/{asset.path}")
    yield from aliases


def _check_menus(library: Library, known: Addresses) -> list[Problem]:
    """Return a problem for each entry of `site.yaml` that leads to no page of the site."""
    site = library.site
    named = [(key, link.url) for key in ("menu", "footer", "social", "partners") for link in getattr(site, key)]
    named += [("partners", partner.logo) for partner in site.partners if partner.logo]
    return [
        Problem(
            Place("site.yaml"), f"`{key}`: there is no page or file at `{url}`", "write its address from the root: /…"
        )
        for key, url in named
        if url.startswith("/") and url.partition("#")[0] not in known.by_url
    ]
