"""The conductor: the whole build, told in one function."""

import math
import os
import sqlite3
import tempfile
import time
from collections.abc import Iterator, Set
from concurrent.futures import BrokenExecutor
from contextlib import ExitStack, contextmanager
from datetime import datetime
from functools import partial
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from msgspec import Struct
from msgspec.structs import replace

from labo_ssg.build import cache, finding, standing
from labo_ssg.build.crew import Crew, Lost
from labo_ssg.build.output import Output
from labo_ssg.build.progress import WAITING, Tell, silent
from labo_ssg.build.publish import PartlyWritten
from labo_ssg.build.releases import Releases
from labo_ssg.disk import files
from labo_ssg.places import CONTENT, LOCK, SETTINGS, WORK
from labo_ssg.problems import Place, Problem

if TYPE_CHECKING:
    from labo_ssg.build.design import Design


class Report(Struct, frozen=True):
    """What a build did, or the problems for which it did nothing; `partial` says that it did a part.

    `word` is what else its user should know, `notes` which messages a preview leaves out, and why.
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
    notes: tuple[Problem, ...] = ()


def build(
    root: Path,
    output: Path,
    *,
    now: datetime,
    drafts: bool,
    pending: bool = False,
    jobs: int = 1,
    cluster: str = "",
    remembers: bool = True,
    tell: Tell = silent,
) -> Report:
    """Build the site at `root` into `output`, or say why it was not; with `pending`, a preview of messages that wait.

    `jobs` processes share a large one, or the workers of the Dask `cluster` at an address. Unless
    it `remembers`, nothing of what earlier builds did is used, nor kept. `tell` is told how far it is.
    """
    crew = Crewing(jobs, cluster, tell)
    with Workshop(root, output, drafts=drafts, pending=pending, crew=crew, remembers=remembers) as workshop:
        return workshop.build(now)[0]


class Crewing(NamedTuple):
    """Who shares the work of a large site: `jobs` processes, or the workers of a `cluster`.

    `tell` is told how far they are.
    """

    jobs: int = 1
    cluster: str = ""
    tell: Tell = silent

    def gather(self) -> Crew:
        """Return those who share the work, who start when there is enough of it."""
        if not self.cluster:
            return Crew(self.jobs, tell=self.tell, load=_load)
        from labo_ssg.build.cluster import Cluster

        return Cluster(self.cluster, self.tell)


def _load() -> None:
    """Load what a build needs that has much to do: a process that is forked from this one then has it."""
    for name in ("build.design", "build.refresh", "markup.markdown"):
        import_module(f"labo_ssg.{name}")


def _get_ready(output: Output) -> None:
    """Have at hand what a build needs that has something to do."""
    from labo_ssg.build import design, refresh  # noqa: F401 - loaded for what comes next

    design.get_ready(output.cache)
    output.get_ready()


ALONE = Crewing()


class Workshop:
    """The builds of a site into one folder, one after another: what the first one read stays at hand."""

    def __init__(
        self,
        root: Path,
        output: Path,
        *,
        drafts: bool,
        pending: bool = False,
        crew: Crewing = ALONE,
        remembers: bool = True,
    ) -> None:
        self._root, self._folder, self._work = root, output, root / WORK
        self._drafts, self._pending, self._crew, self._remembers = drafts, pending, crew, remembers
        self._held = ExitStack()
        self._output: Output | None = None
        self._is_sound = True  # whether the last build had no problem to tell again

    def __enter__(self) -> "Workshop":
        return self

    def __exit__(self, *about: object) -> None:
        self._let_go()

    def build(
        self, now: datetime, *, touched: Set[str] | None = None, keep: bool = False
    ) -> tuple[Report, "Design | None"]:
        """Build, or say why it was not done; return the design too, None where the site was not published.

        `touched` are the folders of the site in which something may have changed since the last
        build, None for all. Unless it is to `keep`, there is no design where nothing has changed.
        """
        start = time.perf_counter()
        if problems := refuse(self._root, self._folder):
            return Report(problems=tuple(problems)), None
        try:
            try:
                report, made = self._attempt(now, touched, keep=keep)
            except (sqlite3.Error, ValueError, LookupError) as error:
                if not (damage := cache.damage(error)):
                    raise
                self._let_go()
                # With another memory: a damaged one costs time alone.
                report, made = self._attempt(now, None, damage, keep=keep)
        except (BrokenExecutor, Lost, OSError, PartlyWritten, sqlite3.Error) as error:
            self._let_go()  # what was not brought to its end is not built upon
            return Report(
                problems=(problem_of(error, self._root, self._folder),), partial=isinstance(error, PartlyWritten)
            ), None
        self._is_sound = not report.problems
        return replace(report, seconds=round(time.perf_counter() - start, 3)), made

    def _attempt(
        self, now: datetime, touched: Set[str] | None, damage: str = "", *, keep: bool
    ) -> tuple[Report, "Design | None"]:
        """Build with what is at hand; `damage` is what was found wrong with the cache."""
        waiting = partial(self._crew.tell, WAITING, 0, 0)
        with files.lock(self._work / LOCK, waiting), self._crew.gather() as crew:
            at_hand = self._output if self._output and self._output.cache.is_current() else None
            output = at_hand or self._open(crew, damage)
            some = touched if at_hand and self._is_sound else None
            report, made = self._build(output, crew, now, some, keep=keep)
            return replace(report, word=output.cache.word), made

    def _build(
        self, output: Output, crew: Crew, now: datetime, touched: Set[str] | None, *, keep: bool
    ) -> tuple[Report, "Design | None"]:
        """Build; what was done is remembered, whether the site can be published or not."""
        root, memory = self._root, output.cache
        clock, looks = files.clock(self._work / LOCK), standing.looks(root)
        ready = partial(_get_ready, output)
        found = finding.find(root, memory, crew, touched, pending=self._pending, get_ready=ready)
        # What is still to be done takes one process, where there is something to do; a new clone is much to look at.
        output.look(min(crew.copies, 1) if found.is_new and not found.is_other else crew.copies)
        if not (keep or found.is_new or found.problems) and output.is_untouched:
            last = standing.recall(memory, output.name, self._ground(looks, memory), now)
            if last:
                finding.keep(found, memory, clock)
                output.learn(clock)
                memory.commit()
                return Report(last.pages, last.articles, last.comments, foreign=last.foreign), None
        # What is below is not loaded for a site that is as it was.
        from labo_ssg.build.design import design
        from labo_ssg.build.refresh import Refresh

        made, problems = design(root, found, memory, crew, now=now, drafts=self._drafts)
        finding.keep(found, memory, clock)
        memory.commit()
        if problems:
            return Report(problems=tuple(problems)), None
        outcome, problems = Refresh(output).carry_out(made, found, crew, now)
        if problems:
            memory.commit()
            return Report(problems=tuple(problems)), None
        report = Report(
            pages=sum(path.endswith(".html") for files in made.files.values() for path, _ in files),
            articles=len(made.library.articles),
            comments=sum(talk.count for talk in made.written.talks.values()),
            written=outcome.written,
            removed=outcome.removed,
            foreign=outcome.foreign,
            notes=made.notes,
        )
        until = made.due.timestamp() if made.due else math.inf
        settled = standing.looks(root) == looks  # else some pages look as they did, others as they do now
        # What has notes is looked at again each time: they must be told again.
        ground = self._ground(looks, memory) if settled and not made.notes else b""
        if not settled:
            output.doubt()
        counts = (report.pages, report.articles, report.comments, report.foreign)
        standing.remember(memory, output.name, standing.Last(ground, now.timestamp(), until, *counts))
        output.learn_anew(clock, files.clock(self._work / LOCK))
        memory.commit()
        return report, made

    def _ground(self, looks: bytes, memory: cache.Cache) -> bytes:
        return standing.ground(looks, memory, drafts=self._drafts, pending=self._pending)

    def _open(self, crew: Crew, damage: str) -> Output:
        """Open what earlier builds remembered, or an empty memory that will be forgotten."""
        self._let_go()
        place = self._work if self._remembers else self._held.enter_context(scratch(self._work))
        memory = self._held.enter_context(cache.opened(place, damage))
        self._output = Output(self._folder, self._root, self._work, memory)
        self._held.callback(self._output.wait)
        return self._output

    def _let_go(self) -> None:
        self._output = None
        self._held.close()


def problem_of(error: Exception, root: Path, output: Path) -> Problem:
    """Return the problem behind what kept a build of the site at `root` into `output` from its end."""
    if isinstance(error, BrokenExecutor):
        what, hint = "a process that shared the work was killed", "there may be too little memory: try --jobs 1"
        return Problem(Place(str(root)), what, hint)
    if isinstance(error, Lost):
        return error.problem
    if isinstance(error, PartlyWritten):
        return _cannot_write(error.error, output)
    if isinstance(error, OSError):
        return _cannot_write(error, root / WORK)
    what, hint = f"it cannot be written: {error}", "mend the cause, or delete the file: that costs time alone"
    return Problem(Place(str(root / WORK / cache.NAME)), what, hint)


@contextmanager
def scratch(work: Path) -> Iterator[Path]:
    """Give a folder for the time of a build, on the disk of the site where it may be written to."""
    home = work if os.access(work, os.W_OK) else None
    with tempfile.TemporaryDirectory(dir=home, prefix=files.DRAFT) as folder:
        yield Path(folder)


def refuse(root: Path, output: Path) -> list[Problem]:
    """Refuse what is no site, and to write where the site's own files are."""
    if not files.exists(root, SETTINGS):  # a folder that is no site stays as it is
        from labo_ssg.disk.library import read_site

        return read_site(root)[1]
    inside, target = root.resolve(), output.resolve()
    place = Place(str(output))
    if not output.is_dir() and (output.exists() or output.is_symlink()) and not Releases(output).shown:
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
