"""The pictures that a build makes: smaller ones of the site's own, and those of shared links; each is made once."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import cache, partial
from hashlib import sha256
from importlib import resources
from itertools import chain
from pathlib import Path
from typing import NamedTuple

import msgspec

from labo_ssg.build.reading import CHANGED
from labo_ssg.disk import files
from labo_ssg.model import Library, ThemeSettings, Written
from labo_ssg.packing import digest_of_file
from labo_ssg.pages import links, urls
from labo_ssg.pages.cards import Card
from labo_ssg.pages.links import Addresses
from labo_ssg.places import CONTENT, installed
from labo_ssg.problems import Place, Problem

KEPT = "pictures"  # the folder of what was made, by a digest of all that shapes it: to delete it costs time alone
FONT = resources.files("font_source_serif_pro") / "files" / "SourceSerifPro-Bold.ttf"
SPARE = 256  # pictures kept that no page shows any more, beside as many as are shown


class _Changed(Exception):  # noqa: N818 - what happened to the file
    """A picture is not the one any more that was found."""


class _Order(NamedTuple):
    """A picture to make: the `path` it is published under, where it is kept, how it is made and from what."""

    path: str
    kept: Path
    make: Callable[[], bytes]
    source: str


def shown(library: Library, known: Addresses, written: Written) -> frozenset[str]:
    """Return the paths in `content/` of the pictures that the pages show."""
    some = [one.pictures for one in written.gists.values()] + [one.pictures for one in written.sections.values()]
    some += [one.pictures for one in written.talks.values()]
    found = set(chain.from_iterable(some))
    for article in library.articles:
        target = links.resolve(known, article.image.src, article.section) if article.image else None
        if target and target.picture:
            found.add(target.picture.path)
    return frozenset(found)


def make(
    library: Library, paths: frozenset[str], cards: Sequence[Card], digests: Mapping[str, bytes], root: Path, work: Path
) -> tuple[dict[str, Path], list[Problem]]:
    """Return every picture that the build of `library` makes, by its path in the output folder; raise OSError.

    `paths` are those, in `content/`, of the pictures that are to be had in several widths; `digests` those of
    the files of the site at `root`, by path. What was made is kept in `work`.
    """
    if problems := _check(library, paths):
        return {}, problems
    home = work / KEPT
    orders = [*_variants(library, paths, digests, root, home), *_cards(library.site.theme, cards, root, home)]
    with ThreadPoolExecutor() as pool:
        faults = [fault for fault in pool.map(_carry_out, filter(_is_missing, orders)) if fault]
    if not faults:
        _forget({order.kept for order in orders}, home)
    return {order.path: order.kept for order in orders}, sorted(set(faults))


def _check(library: Library, paths: frozenset[str]) -> list[Problem]:
    """Return a problem for each picture that is shown and is none."""
    what = "it is shown as a picture, and cannot be read as one"
    hint = "save it anew in a program for pictures, or remove it from the text"
    broken = (one for one in library.assets if one.path in paths and not one.width)
    return [Problem(Place(f"{CONTENT}/{asset.path}"), what, hint) for asset in broken]


def _variants(
    library: Library, paths: frozenset[str], digests: Mapping[str, bytes], root: Path, home: Path
) -> Iterable[_Order]:
    for asset in library.assets:
        if asset.widths and asset.path in paths:
            source = f"{CONTENT}/{asset.path}"
            name = digests[source].hex()
            for width in asset.widths:
                kept = home / f"{name}-{width}-{_recipe()}.webp"
                make = partial(_shrunk, root / source, width, digests[source])
                yield _Order(urls.file(urls.variant(asset.path, width)), kept, make, source)


def _shrunk(source: Path, width: int, known: bytes) -> bytes:
    from labo_ssg.pictures.variants import shrink  # what makes pictures is loaded where one is made

    data = source.read_bytes()
    if digest_of_file(data) != known:
        raise _Changed
    return shrink(data, width)


def _drawn(words: tuple[str, str, str], look: tuple[str, str, str, str, bytes]) -> bytes:
    from labo_ssg.pictures.card import Look, draw

    return draw(*words, Look(*look))


def _cards(theme: ThemeSettings, cards: Sequence[Card], root: Path, home: Path) -> Iterable[_Order]:
    own = root / CONTENT / theme.social_font
    font = own.read_bytes() if theme.social_font else FONT.read_bytes()
    colors = theme.colors
    look = (colors.paper, colors.ink, colors.second_ink, colors.accent, font)
    style = sha256(msgspec.json.encode((_recipe(), look[:-1])) + font).digest()
    source = f"{CONTENT}/{theme.social_font}" if theme.social_font else "site.yaml"
    for card in cards:
        words = (card.title, card.kicker, card.foot)
        kept = home / f"{sha256(style + msgspec.json.encode(words)).hexdigest()[:24]}.png"
        yield _Order(card.path, kept, partial(_drawn, words, look), source)


@cache
def _recipe() -> str:
    """Return a digest of the code that makes pictures: what it made before it changed is made anew."""
    room = Path(__file__).parent.parent / "pictures"
    versions = [one for one in installed() if one.lower().startswith("pillow-")]
    parts = (path.read_bytes() for path in sorted(room.glob("*.py")))
    return sha256(b"".join((*parts, *map(str.encode, versions)))).hexdigest()[:8]


def _is_missing(order: _Order) -> bool:
    """Tell whether a picture is to be made."""
    return not (order.kept.is_file() and order.kept.stat().st_size)  # a disk that lost its power leaves empty files


def _carry_out(order: _Order) -> Problem | None:
    """Make a picture that is not there yet."""
    from labo_ssg.pictures.measure import Unreadable

    try:
        data = order.make()
    except Unreadable as error:
        return Problem(Place(order.source), f"it cannot be used: {error}", "save it anew, or remove it")
    except _Changed:
        return Problem(Place(order.source), CHANGED, "build again")
    files.write_atomic(order.kept, data)
    return None


def _forget(used: set[Path], folder: Path) -> None:
    """Remove the oldest of the pictures that no page shows any more, where they are many."""
    others = sorted((one for one in folder.glob("*") if one not in used), key=lambda one: one.stat().st_mtime)
    for path in others[: max(0, len(others) - len(used) - SPARE)]:
        path.unlink(missing_ok=True)
