"""The conductor: the whole build, told in one function."""

import math
import os
import sqlite3
import tempfile
import time
from collections.abc import Iterator
from concurrent.futures import BrokenExecutor
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

from msgspec import Struct
from msgspec.structs import replace

from labo_ssg.build import cache, finding, standing
from labo_ssg.build.cache import Cache
from labo_ssg.build.crew import Crew
from labo_ssg.build.output import Output
from labo_ssg.build.publish import PartlyWritten
from labo_ssg.disk import files
from labo_ssg.places import CONTENT, LOCK, SETTINGS, WORK
from labo_ssg.problems import Place, Problem

if TYPE_CHECKING:
    from labo_ssg.build.design import Design


class Report(Struct, frozen=True):
    """What a build did, or the problems for which it did nothing; `partial` says that it did a part.

    `word` is what else its user should know.
    """

    pages: int = 0
    articles: int = 0
    comments: int = 0
    written: int = 0
    removed: int = 0
    seconds: float = 0.0
    foreign: tuple[str, ...] = ()
    problems: tuple[Problem, ...] = ()
    partial: bool = False
    word: str = ""


def build(root: Path, output: Path, *, now: datetime, drafts: bool, jobs: int = 1, remembers: bool = True) -> Report:
    """Build the site at `root` into `output`, or say why it was not; `jobs` processes share a large one.

    Unless it `remembers`, nothing of what earlier builds did is used, nor kept.
    """
    return build_and_keep(root, output, now=now, drafts=drafts, jobs=jobs, remembers=remembers, keep=False)[0]


def build_and_keep(
    root: Path,
    output: Path,
    *,
    now: datetime,
    drafts: bool,
    jobs: int = 1,
    remembers: bool = True,
    keep: bool = True,
) -> tuple[Report, "Design | None"]:
    """Build the site at `root` into `output`, and return its design too, None where it was not published.

    Unless it is to `keep`, there is no design either where nothing has changed.
    """
    start = time.perf_counter()
    problems = _check_output(root, output)
    if problems:
        return Report(problems=tuple(problems)), None
    work = root / WORK
    if not files.exists(root, SETTINGS):  # a folder that is no site stays as it is
        from labo_ssg.disk.library import read_site

        return Report(problems=tuple(read_site(root)[1])), None
    try:
        with files.lock(work / LOCK), _memory(work, remembers=remembers) as memory, Crew(jobs) as crew:
            folder = Output(output, root, work, memory)
            report, made = _build(root, folder, memory, crew, now=now, drafts=drafts, keep=keep)
    except BrokenExecutor:
        what, hint = "a process that shared the work was killed", "there may be too little memory: try --jobs 1"
        return Report(problems=(Problem(Place(str(root)), what, hint),)), None
    except PartlyWritten as partly:
        return Report(problems=(_cannot_write(partly.error, output),), partial=True), None
    except OSError as error:
        return Report(problems=(_cannot_write(error, work),)), None
    except sqlite3.Error as error:
        what, hint = f"it cannot be written: {error}", "mend the cause, or delete the file: that costs time alone"
        return Report(problems=(Problem(Place(str(work / cache.NAME)), what, hint),)), None
    return replace(report, seconds=round(time.perf_counter() - start, 3), word=memory.word), made


def _build(
    root: Path, output: Output, memory: Cache, crew: Crew, *, now: datetime, drafts: bool, keep: bool
) -> tuple[Report, "Design | None"]:
    """Build; what was done is remembered, whether the site could be published or not."""
    clock = _clock(root)
    found = finding.find(root, memory, crew)
    if not (keep or found.is_new or found.problems) and output.is_untouched:
        last = standing.recall(memory, output.name, standing.ground(root, memory, drafts=drafts), now)
        if last:
            return Report(last.pages, last.articles, last.comments, foreign=last.foreign), None
    # What is below is not loaded for a site that is as it was.
    from labo_ssg.build.design import design
    from labo_ssg.build.refresh import Refresh

    made, problems = design(root, found, memory, crew, now=now, drafts=drafts)
    finding.keep(found, memory, clock)
    memory.commit()
    if problems:
        return Report(problems=tuple(problems)), None
    outcome, problems = Refresh(output).carry_out(made, found, crew, now)
    if problems:
        memory.commit()
        return Report(problems=tuple(problems)), None
    report = Report(
        pages=sum(page.path.endswith(".html") for page in made.plan.pages),
        articles=len(made.library.articles),
        comments=sum(talk.count for talk in made.written.talks.values()),
        written=outcome.written,
        removed=outcome.removed,
        foreign=outcome.foreign,
    )
    until = made.due.timestamp() if made.due else math.inf
    ground = standing.ground(root, memory, drafts=drafts)
    counts = (report.pages, report.articles, report.comments, report.foreign)
    standing.remember(memory, output.name, standing.Last(ground, now.timestamp(), until, *counts))
    memory.commit()
    return report, made


@contextmanager
def _memory(work: Path, *, remembers: bool) -> Iterator[Cache]:
    """Give the memory of earlier builds, or an empty one that is forgotten."""
    if remembers:
        with cache.opened(work) as memory:
            yield memory
    else:
        with scratch(work) as folder, cache.opened(folder) as memory:
            yield memory


@contextmanager
def scratch(work: Path) -> Iterator[Path]:
    """Give a folder for the time of a build, on the disk of the site where it may be written to."""
    home = work if os.access(work, os.W_OK) else None
    with tempfile.TemporaryDirectory(dir=home, prefix=files.DRAFT) as folder:
        yield Path(folder)


def _clock(root: Path) -> int:
    """Return the time of the disk on which the site lies, in nanoseconds."""
    lock = root / WORK / LOCK
    os.utime(lock)
    return lock.stat().st_mtime_ns


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


def _cannot_write(error: OSError, place: Path) -> Problem:
    what = f"it cannot be written: {(error.strerror or str(error)).lower()}"
    hint = "each file there is whole, of this build or of the last; mend the cause and build again"
    return Problem(Place(str(error.filename2 or error.filename or place)), what, hint)
