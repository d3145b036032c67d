"""The conductor: the whole build, told in one function."""

import time
from collections.abc import Sequence
from concurrent.futures import BrokenExecutor, Executor
from datetime import datetime
from pathlib import Path
from typing import NamedTuple
from zoneinfo import ZoneInfo

from msgspec import Struct

from labo_ssg.build import anchors, manuscripts, pictures, publish, search, steps
from labo_ssg.disk.assets import TEMPLATES, read_assets
from labo_ssg.disk.library import CONTENT, check_pending, read_library
from labo_ssg.markup import titles
from labo_ssg.model import Library
from labo_ssg.pages import links, messages, shelves
from labo_ssg.pages.links import Addresses
from labo_ssg.pages.plan import Plan, check_whole, plan
from labo_ssg.pages.shelves import Shelves
from labo_ssg.problems import Place, Problem
from labo_ssg.theme import Theme, default_templates

WORK = ".labo"  # what builds keep for the next ones


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
    """A whole site in memory: its library, its plan, its files and the pictures it shows, by their path in `content/`.

    Where there are problems, there are no files.
    """

    library: Library
    plan: Plan
    theme: Theme
    files: dict[str, bytes]
    shown: frozenset[str]
    problems: list[Problem]


def build(root: Path, output: Path, *, now: datetime, drafts: bool, jobs: int = 1) -> Report:
    """Build the site at `root` into `output`, or say why it was not; `jobs` processes share a large one."""
    return build_and_keep(root, output, now=now, drafts=drafts, jobs=jobs)[0]


def build_and_keep(
    root: Path, output: Path, *, now: datetime, drafts: bool, jobs: int = 1
) -> tuple[Report, Made | None]:
    """Build the site at `root` into `output`, and return it too, None where it was not published."""
    start = time.perf_counter()
    whole, found = read_library(root)
    try:
        with steps.crew(jobs, len(whole.articles) + len(whole.comments)) as pool:
            made = make(root, whole, found, now=now, drafts=drafts, pool=pool)
    except BrokenExecutor:
        what, hint = "a process that shared the work was killed", "there may be too little memory: try --jobs 1"
        return Report(problems=(Problem(Place(str(root)), what, hint),)), None
    problems = made.problems or _check_output(root, output)
    if problems:
        return Report(problems=tuple(problems)), None
    try:
        copied, problems = _gather(made, root)
    except OSError as error:
        return Report(problems=(_cannot_write(error, root / WORK),)), None
    if problems:
        return Report(problems=tuple(sorted(problems))), None
    try:
        outcome = publish.publish(made.files, copied, output, root)
    except OSError as error:
        return Report(problems=(_cannot_write(error, output),), partial=True), None
    if outcome.problems:
        return Report(problems=outcome.problems), None
    report = Report(
        pages=sum(page.path.endswith(".html") for page in made.plan.pages),
        articles=len(made.library.articles),
        comments=len(made.library.comments),
        written=outcome.written,
        removed=outcome.removed,
        seconds=round(time.perf_counter() - start, 3),
        foreign=outcome.foreign,
    )
    return report, made


def _gather(made: Made, root: Path) -> tuple[dict[str, Path], list[Problem]]:
    """Return the files that are published as they lie on the disk, by their path in the output folder."""
    assets = {asset.path: root / CONTENT / asset.path for asset in made.library.assets}
    drawn, problems = pictures.make(made.library, made.shown, made.plan.cards, root)
    index: dict[str, Path] = {}
    if made.library.site.search:
        articles = {page.path: made.files[page.path] for page in made.plan.pages if page.template == "article.html"}
        index, more = search.index(articles, made.library.site.language, root)
        problems += more
    return {**assets, **drawn, **index}, problems


def check(root: Path, *, now: datetime) -> list[Problem]:
    """Return every problem of the site at `root`, those of drafts and of waiting comments included."""
    whole, found = read_library(root)
    everything = make(root, whole, found, now=now, drafts=True, pool=None)
    problems = [*make(root, whole, found, now=now, drafts=False, pool=None).problems, *everything.problems]
    if not problems:
        problems = anchors.check(everything.library, everything.files)
        problems += pictures.make(everything.library, everything.shown, everything.plan.cards, root)[1]
    problems += check_pending(root, whole)
    return sorted(set(problems))


def make(
    root: Path, whole: Library, found: Sequence[Problem], *, now: datetime, drafts: bool, pool: Executor | None
) -> Made:
    """Study what was read, render the texts, plan the pages, render them; all problems of all steps are told.

    `found` are those of the reading; `pool` are the processes that share the work, None for this one.
    """
    studied, more = study(whole, now=now, drafts=drafts)
    problems = [*found, *more]
    bodies, more = manuscripts.write_bodies(studied.library, studied.known, pool)
    problems += more
    planned, more = plan(studied.library, studied.shelves, studied.known, bodies)
    problems += more
    assets, more = read_assets(root, default_templates())
    problems += more
    theme = Theme(root / TEMPLATES, planned.site, ZoneInfo(studied.library.site.timezone), assets)
    problems += theme.check()
    shown = pictures.shown(studied.library, studied.known, bodies)
    if problems:
        return Made(studied.library, planned, theme, {}, shown, sorted(set(problems)))
    made, problems = _render(planned, theme, pool)
    return Made(studied.library, planned, theme, made, shown, sorted(problems))


def study(whole: Library, *, now: datetime, drafts: bool) -> tuple[Studied, list[Problem]]:
    """Return what may be published of `whole`, arranged, and the problems that show in the arrangement."""
    library = titles.typeset(shelves.published(whole, now, drafts))
    rooms = shelves.arrange(library)
    return Studied(library, rooms, links.addresses(library, rooms)), check_whole(whole, rooms)


def _render(planned: Plan, theme: Theme, pool: Executor | None) -> tuple[dict[str, bytes], list[Problem]]:
    """Return the theme's assets and every page; one problem for each place where a template fails."""
    made = theme.files()
    problems: dict[Place, Problem] = {}
    pages = [*planned.pages, *messages.samples(planned)]
    for page, done in zip(pages, steps.render(pages, theme, pool), strict=True):
        if isinstance(done, bytes):
            made[page.path] = done
        else:
            problems.setdefault(done.place, done)
    made.pop(messages.UNPUBLISHED, None)
    return made, list(problems.values())


def _check_output(root: Path, output: Path) -> list[Problem]:
    """Refuse to write where the site's own files are."""
    inside, target = root.resolve(), output.resolve()
    place = Place(str(output))
    if not output.is_dir() and (output.exists() or output.is_symlink()):
        kind = "a link that leads nowhere" if output.is_symlink() else "a file"
        return [Problem(place, f"the output is {kind}", "name a folder with --output")]
    own = [inside / name for name in (CONTENT, "comments", "templates", ".git")]
    mixes = target in (inside, inside / WORK) or target in inside.parents
    if mixes or any(target == one or one in target.parents for one in own):
        return [Problem(place, "the output folder holds the site's own files", "name another one with --output")]
    return []


def _cannot_write(error: OSError, output: Path) -> Problem:
    what = f"it cannot be written: {(error.strerror or str(error)).lower()}"
    hint = "each file there is whole, of this build or of the last; mend the cause and build again"
    return Problem(Place(str(error.filename2 or error.filename or output)), what, hint)
