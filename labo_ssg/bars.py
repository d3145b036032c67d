"""How far a build is, as bars on a terminal. The only importer of rich."""

import os
import sys
import time
from types import TracebackType
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from rich.progress import Progress, TaskID

PATIENCE = 1.0  # seconds for which a build says nothing
BETWEEN = 0.1  # seconds between two looks of the bars


class Bars:
    """A bar on stderr for each stage, from the moment on at which it takes long; nothing of it stays.

    There is none where stderr is no terminal that can draw it, or where all are to be `silent`. They
    are drawn as they are told of, and by no thread: a process with threads is not safe to fork.
    """

    def __init__(self, *, silent: bool) -> None:
        self._silent = silent or not sys.stderr.isatty() or os.environ.get("TERM", "dumb") == "dumb"
        self._start = self._drawn = time.monotonic()
        self._before: dict[str, int] = {}  # what was done of a stage in parts that have ended
        self._part: dict[str, tuple[int, int]] = {}
        self._tasks: dict[str, TaskID] = {}
        self._progress: Progress | None = None

    def __enter__(self) -> "Bars":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._progress:
            self._progress.stop()

    def show(self, stage: str, done: int, total: int) -> None:
        """Show that `done` of the `total` that is to do in a part of a `stage` is done."""
        if self._silent:
            return
        if not done:
            self._before[stage] = self._before.get(stage, 0) + self._part.get(stage, (0, 0))[1]
        self._part[stage] = (done, total)
        now = time.monotonic()
        if now - self._start >= PATIENCE and (now - self._drawn >= BETWEEN or done == total):
            self._drawn = now
            self._draw()

    def _draw(self) -> None:
        if not self._progress:
            self._progress = _started()
        for stage, (done, total) in self._part.items():
            if stage not in self._tasks:
                self._tasks[stage] = self._progress.add_task(stage, total=None)
            before = self._before[stage]
            self._progress.update(self._tasks[stage], completed=before + done, total=before + total)
        self._progress.refresh()


def _started() -> "Progress":
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, ProgressColumn, Task, TextColumn
    from rich.text import Text

    class Rate(ProgressColumn):
        """How many are done in a second."""

        def render(self, task: Task) -> Text:
            speed = task.finished_speed or task.speed
            return Text(f"{speed:,.0f}/s" if speed else "", style="progress.data.speed")

    columns = (TextColumn("{task.description:>10}"), BarColumn(), MofNCompleteColumn(), Rate())
    progress = Progress(*columns, console=Console(stderr=True), transient=True, auto_refresh=False)
    progress.start()
    return progress
