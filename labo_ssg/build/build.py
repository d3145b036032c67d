"""The conductor: the whole build, told in one function."""

import time
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import NamedTuple
from zoneinfo import ZoneInfo

from msgspec import Struct

from labo_ssg.build import anchors, manuscripts, publish
from labo_ssg.disk.library import CONTENT, check_pending, read_library
from labo_ssg.markup import titles
from labo_ssg.model import Library
from labo_ssg.pages import links, shelves
from labo_ssg.pages.links import Addresses
from labo_ssg.pages.plan import Plan, check_whole, plan
from labo_ssg.pages.shelves import Shelves
from labo_ssg.problems import Place, Problem
from labo_ssg.theme import Broken, Theme


class Report(Struct, frozen=True):
    """What a build did, or the problems for which it did nothing; `partial` says that it did a part."""

    pages: int = 0
    articles: int = 0
    comments: int = 0
    written: int = 0
    removed: int = 0
    seconds: float = 0.0
    foreign: tuple[str, ...] = ()
    problems: tuple[Problem, ...] = ()
    partial: bool = False


class Studied(Struct, frozen=True):
    """A library that may be published, and what can be said of it without a text being rendered."""

    library: Library
    shelves: Shelves
    known: Addresses


class Made(NamedTuple):
    """A whole site in memory: its library, its plan and its files, or the problems for which it has none."""

    library: Library
    plan: Plan
    files: dict[str, bytes]
    problems: list[Problem]


def build(root: Path, output: Path, *, now: datetime, drafts: bool) -> Report:
    """Build the site at `root` into `output`, or say why it was not."""
    start = time.perf_counter()
    made = make(root, *read_library(root), now=now, drafts=drafts)
    problems = made.problems or _check_output(root, output)
    if problems:
        return Report(problems=tuple(problems))
    copied = {asset.path: root / CONTENT / asset.path for asset in made.library.assets}
    try:
        outcome = publish.publish(made.files, copied, output, root)
    except OSError as error:
        return Report(problems=(_cannot_write(error, output),), partial=True)
    if outcome.problems:
        return Report(problems=outcome.problems)
    return Report(
        pages=sum(page.path.endswith(".html") for page in made.plan.pages),
        articles=len(made.library.articles),
        comments=len(made.library.comments),
        written=outcome.written,
        removed=outcome.removed,
        seconds=round(time.perf_counter() - start, 3),
        foreign=outcome.foreign,
    )


def check(root: Path, *, now: datetime) -> list[Problem]:
    """Return every problem of the site at `root`, those of drafts and of waiting comments included."""
    whole, found = read_library(root)
    everything = make(root, whole, found, now=now, drafts=True)
    problems = [*make(root, whole, found, now=now, drafts=False).problems, *everything.problems]
    if not problems:
        problems = anchors.check(everything.library, everything.files)
    problems += check_pending(root, whole)
    return sorted(set(problems))


def make(root: Path, whole: Library, found: Sequence[Problem], *, now: datetime, drafts: bool) -> Made:
    """Study what was read, render the texts, plan the pages, render them; all problems of all steps are told.

    `found` are those of the reading.
    """
    studied, more = study(whole, now=now, drafts=drafts)
    problems = [*found, *more]
    bodies, more = manuscripts.write_bodies(studied.library, studied.known)
    problems += more
    planned, more = plan(studied.library, studied.shelves, studied.known, bodies)
    problems += more
    theme = Theme(root / "templates", planned.site, ZoneInfo(studied.library.site.timezone))
    problems += theme.check()
    if problems:
        return Made(studied.library, planned, {}, sorted(set(problems)))
    made, problems = _render(planned, theme)
    return Made(studied.library, planned, made, sorted(problems))


def study(whole: Library, *, now: datetime, drafts: bool) -> tuple[Studied, list[Problem]]:
    """Return what may be published of `whole`, arranged, and the problems that show in the arrangement."""
    library = titles.typeset(shelves.published(whole, now, drafts))
    rooms = shelves.arrange(library)
    return Studied(library, rooms, links.addresses(library, rooms)), check_whole(rooms)


def _render(planned: Plan, theme: Theme) -> tuple[dict[str, bytes], list[Problem]]:
    """Return the theme's assets and every page; one problem for each place where a template fails."""
    made = theme.files()
    problems: dict[Place, Problem] = {}
    for page in planned.pages:
        try:
            made[page.path] = theme.render(page)
        except Broken as broken:
            problems.setdefault(broken.problem.place, broken.problem)
    return made, list(problems.values())


def _check_output(root: Path, output: Path) -> list[Problem]:
    """Refuse to write where the site's own files are."""
    inside, target = root.resolve(), output.resolve()
    place = Place(str(output))
    if not output.is_dir() and (output.exists() or output.is_symlink()):
        kind = "a link that leads nowhere" if output.is_symlink() else "a file"
        return [Problem(place, f"the output is {kind}", "name a folder with --output")]
    own = [inside / name for name in (CONTENT, "comments", "templates", ".git")]
    mixes = target in (inside, inside / ".labo") or target in inside.parents
    if mixes or any(target == one or one in target.parents for one in own):
        return [Problem(place, "the output folder holds the site's own files", "name another one with --output")]
    return []


def _cannot_write(error: OSError, output: Path) -> Problem:
    what = f"it cannot be written: {(error.strerror or str(error)).lower()}"
    hint = "each file there is whole, of this build or of the last; mend the cause and build again"
    return Problem(Place(str(error.filename2 or error.filename or output)), what, hint)
