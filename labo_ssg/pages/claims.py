"""No two files of a site share an address: who asks for which file of the output, and who is first."""

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence, Set
from typing import NamedTuple

from labo_ssg.model import Library
from labo_ssg.pages import urls
from labo_ssg.pages.bundles import File
from labo_ssg.pages.cards import Card
from labo_ssg.problems import Place, Problem

# What the pages that no file asks for are called in messages.
_MADE = {
    "404.html": "the page for addresses that lead nowhere",
    "author.html": "the page of an author",
    "authors.html": "the list of authors",
    "feeds/atom.xml": "a feed",
    "feeds/sitemap.xml": "the map of the site",
    "glossary.html": "the glossary",
    "home.html": "the home page",
    "robots.txt": "the file for robots that every site has",
    "search.html": "the search page",
    "section.html": "a page of a section",
    "tag.html": "the page of a tag",
    "tags.html": "the list of tags",
}


class _Claim(NamedTuple):
    """What a file asks for: files of the output, all or none. `owner` is how messages call the file.

    An `alias` is as it was written; those that differ by their `query` share a page. `folder`
    is that of a section: where its address is taken, so are those of the files in it.
    """

    files: tuple[str, ...]
    place: Place
    owner: str
    alias: str = ""
    query: str = ""
    is_page: bool = False
    folder: str = ""


class _Taken(NamedTuple):
    """The owners of the files of the output, and of the folders that they need; the files of old addresses."""

    files: dict[str, str]
    folders: dict[str, str]
    moved: set[str]

    def add(self, file: str, owner: str) -> None:
        self.files.setdefault(file, owner)
        for folder in _folders(file):
            self.folders.setdefault(folder, owner)

    def claim(self, claim: _Claim) -> None:
        for file in claim.files:
            self.add(file, claim.owner)
            if claim.alias:
                self.moved.add(file)
                self.files.setdefault(f"{file}?{claim.query}", claim.owner)

    def owner(self, claim: _Claim) -> str:
        """Return who has one of the files already, or needs it as a folder, or as a file above it; "" for nobody."""
        for file in claim.files:
            if claim.alias and file in self.moved:
                owner = self.files.get(f"{file}?{claim.query}")
            else:
                above = (self.files[folder] for folder in _folders(file) if folder in self.files)
                owner = self.files.get(file) or self.folders.get(file) or next(above, "")
            if owner:
                return owner
        return ""


def _folders(file: str) -> Iterator[str]:
    """Yield the folders that hold `file`: "a/b/index.html" → "a/b", "a"."""
    while "/" in file:
        file = file.rpartition("/")[0]
        yield file


def check(library: Library, files: Sequence[File], cards: Sequence[Card]) -> list[Problem]:
    """Return a problem for each address that a file asks for and that is taken, as a file or as a folder.

    The `files` are those of all pages.
    """
    claims = list(_claims(library, {path for path, _ in files} | {card.path for card in cards}))
    made = Counter(path for path, template in files if template != "moved.html")
    made.subtract(file for claim in claims if claim.is_page for file in claim.files)
    taken = _Taken({}, {}, set())
    taken.add("assets/theme", "the theme's files")
    if library.site.search:
        taken.add("pagefind/index", "the index of the search")
    if any(card.path == urls.file(urls.CARD) for card in cards):
        taken.add(urls.file(urls.CARD), "the picture for links to the site")
    for path, template in reversed(files):  # of the pages at one address, those of files come first
        if made[path] > 0 and template in _MADE:
            taken.add(path, _MADE[template])
    problems = []
    misplaced: set[str] = set()
    for claim in claims:
        owner = taken.owner(claim)
        if not owner:
            taken.claim(claim)
        elif claim.alias or misplaced.isdisjoint(_folders(claim.place.path)):
            problems.append(_clash(claim, owner))
            misplaced.add(claim.folder)
    return problems


def _clash(claim: _Claim, owner: str) -> Problem:
    if not claim.alias:
        address = f"/{claim.files[0].removesuffix('index.html')}"
        hint = "rename one of the two" if "content/" in owner else "rename it"
        return Problem(claim.place, f"its address `{address}` is taken by {owner}", hint)
    if owner == claim.owner:
        return Problem(claim.place, f"its alias `{claim.alias}` is given twice, or is its address", "remove the alias")
    return Problem(claim.place, f"its alias `{claim.alias}` is taken by {owner}", "remove the alias")


def _claims(library: Library, made: Set[str]) -> Iterator[_Claim]:
    """Yield what the site's own files ask for, aliases last; of their feeds, those that are `made`."""
    aliases: list[_Claim] = []
    for section in library.sections:
        url, folder = urls.section(section.path), "/".join(("content", *section.path))
        is_nameless = section.place.path == folder
        place = section.place if is_nameless else Place(section.place.path, 1)
        owner = f"the folder {folder}" if is_nameless else place.path
        files = (urls.file(url), urls.file(urls.feed(url))) if section.path else (urls.file(url),)
        yield _Claim(files, place, owner, is_page=True, folder=folder)
        aliases += _aliases(section.aliases, place)
    for article in library.articles:
        url, place = urls.article(article), Place(article.place.path, 1)
        wanted = (urls.file(url), urls.file(urls.comments_feed(url)), urls.file(urls.card(url)))
        yield _Claim(tuple(file for file in wanted if file in made), place, place.path, is_page=True)
        aliases += _aliases(article.aliases, Place(place.path, article.lines.get("aliases", 1)))
    for asset in library.assets:
        path = f"content/{asset.path}"
        variants = (urls.file(urls.variant(asset.path, width)) for width in asset.widths)
        yield _Claim((asset.path, *variants), Place(path), path)
    yield from aliases


def _aliases(aliases: Iterable[str], place: Place) -> Iterator[_Claim]:
    for alias in aliases:
        address, query = urls.alias(alias)
        yield _Claim((urls.file(address),), place, place.path, alias, query)
