"""What was found on the disk → a whole site, ready to be rendered, and every problem on the way."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import NamedTuple
from zoneinfo import ZoneInfo

from msgspec import Struct

from labo_ssg.build import reading
from labo_ssg.build.cache import Cache
from labo_ssg.build.crew import Crew
from labo_ssg.build.finding import Found
from labo_ssg.build.writing import Writing
from labo_ssg.disk.assets import read_assets
from labo_ssg.model import Article, Gist, Library, Talk, Written
from labo_ssg.packing import digest, pack
from labo_ssg.pages import links, shelves
from labo_ssg.pages.bundles import File
from labo_ssg.pages.links import Addresses
from labo_ssg.pages.plan import Plan, check_whole, plan, site_view
from labo_ssg.pages.shelves import Shelves
from labo_ssg.places import TEMPLATES, default_templates
from labo_ssg.problems import Problem
from labo_ssg.theme import Theme

COMPILED = "templates"  # where templates are kept as they were compiled
# What there are many of, by the kind of the work that makes it.
NOUNS: dict[str, type] = {"article": Article, "texts": Gist, "conversation": Talk}


class Studied(Struct, frozen=True):
    """A library that may be published, and what can be said of it without a text being rendered."""

    library: Library
    shelves: Shelves
    known: Addresses


class Design(NamedTuple):
    """A whole site: the library, what was written, the pages and how they look.

    `files` are those of each bundle of pages, by its name; `settings` is a digest of what shapes all pages: settings
    and glossary. `due` is when the next article of a later date is to be published, if any. `notes` tell which
    messages that wait a preview leaves out.
    """

    library: Library
    known: Addresses
    written: Written
    plan: Plan
    files: dict[str, list[File]]
    settings: bytes
    theme: Theme
    due: datetime | None
    notes: tuple[Problem, ...] = ()


def design(
    root: Path, found: Found, cache: Cache, crew: Crew, *, now: datetime, drafts: bool, compiled: Path | None = None
) -> tuple[Design, list[Problem]]:
    """Read what was `found`, study it, have its texts written, plan its pages; all problems of all steps are told.

    Templates are kept as they were `compiled` in a folder: beside the cache, unless another one is named.
    """
    whole, more = reading.read(root, found, cache, crew)
    problems = found.problems + more
    studied, more = study(whole, now=now, drafts=drafts)
    problems += more
    assets, more = read_assets(root, default_templates())
    problems += more
    site = site_view(studied.library, studied.shelves, studied.known, preview=found.pending)
    zone = ZoneInfo(studied.library.site.timezone)
    theme = Theme(root / TEMPLATES, site, zone, assets, compiled or cache.path.parent / COMPILED)
    checked = crew.begin(theme.check)  # to compile all templates takes as long as many texts
    writing = Writing(root, studied.library, whole, studied.known, cache, crew)
    written, more = writing.write(found)
    problems += more
    planned, more = plan(studied.library, studied.shelves, studied.known, written, preview=found.pending)
    settings = digest(pack(planned.frame))
    files = _files(planned, settings, cache)
    problems += more or _check_addresses(studied.library, planned, files, cache)
    problems += checked()
    notes = tuple(sorted({*found.notes, *writing.notes}))
    due = next_due(whole, now)
    made = Design(studied.library, studied.known, written, planned, files, settings, theme, due, notes)
    return made, sorted(set(problems))


def get_ready(cache: Cache) -> None:
    """Have at hand what a design needs of what is remembered: most of it will be as it was."""
    for kind, noun in NOUNS.items():
        for one in cache.facts(kind).values():
            one.value(noun)
    cache.facts("bundle")


def next_due(whole: Library, now: datetime) -> datetime | None:
    """Return when the next article of `whole` of a later date is to be published, None where there is none."""
    return min((one.date for one in whole.articles if one.date and one.date > now and not one.draft), default=None)


def _files(planned: Plan, settings: bytes, cache: Cache) -> dict[str, list[File]]:
    """Return the files of each bundle: those of one that is as it was are known without its pages being planned."""
    known, found = cache.facts("bundle"), {}
    for bundle in planned.bundles:
        key, before = digest(settings, bundle.digest), known.get(bundle.name)
        if before is None or before.key != key:
            cache.keep("bundle", bundle.name, key, pack(bundle.files), b"")
        found[bundle.name] = known[bundle.name].value(list[File])
    cache.drop("bundle", known.keys() - found.keys())
    return found


def _check_addresses(
    library: Library, planned: Plan, files: Mapping[str, Sequence[File]], cache: Cache
) -> list[Problem]:
    """Check that no two files share an address, unless all ask for those that were well the last time."""
    asked = (
        [card.path for card in planned.cards],
        [(one.path, one.aliases) for one in library.sections],
        [(one.place.path, one.id, one.aliases) for one in library.articles],
        [(one.path, one.widths) for one in library.assets],
        library.site.search,
    )
    kept = cache.facts("bundle")
    ground = digest(pack(asked), *[kept[name].facts for name in files])
    if cache.note("addresses") == ground:
        return []
    from labo_ssg.pages import claims

    problems = claims.check(library, [one for some in files.values() for one in some], planned.cards)
    if not problems:
        cache.keep_note("addresses", ground)
    return problems


def study(whole: Library, *, now: datetime, drafts: bool) -> tuple[Studied, list[Problem]]:
    """Return what may be published of `whole`, arranged, and the problems that show in the arrangement."""
    library = shelves.published(whole, now, drafts)
    rooms = shelves.arrange(library)
    return Studied(library, rooms, links.addresses(library, rooms)), check_whole(whole, rooms)
