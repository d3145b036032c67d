"""The two steps that take time, Manuscript → Body and Page → bytes, in this process or in several.

Both are pure, so what they make does not depend on how many processes share the work.
"""

import multiprocessing
import pickle
import sys
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Executor, ProcessPoolExecutor
from contextlib import contextmanager
from functools import lru_cache, partial
from typing import TypeVar

from labo_ssg.markup import body as markup
from labo_ssg.model import Body, Manuscript
from labo_ssg.pages.views import Page
from labo_ssg.problems import Problem
from labo_ssg.theme import Broken, Theme

CHUNK = 48  # texts or pages that a process takes at once
WORTH = 400  # texts that take longer than it takes to start other processes

Work = TypeVar("Work")
Done = TypeVar("Done")


@contextmanager
def crew(jobs: int, texts: int) -> Iterator[Executor | None]:
    """Give what shares the work among `jobs` processes, None where this one does it sooner alone."""
    if jobs < 2 or texts < WORTH:
        yield None
        return
    # To fork is quick and shares the memory, where it is safe: on Linux, while there is one thread.
    way = "fork" if sys.platform == "linux" else "spawn"
    with ProcessPoolExecutor(jobs, multiprocessing.get_context(way)) as pool:
        yield pool


def write(manuscripts: Sequence[Manuscript], pool: Executor | None) -> Iterator[Body | str]:
    """Yield the body of each manuscript, or why it cannot be rendered."""
    return _share(_write, manuscripts, pool)


def render(pages: Sequence[Page], theme: Theme, pool: Executor | None) -> Iterator[bytes | Problem]:
    """Yield the file of each page, or why its template fails."""
    if pool is None:
        return (_render(theme, page) for page in pages)
    return _share(partial(_render_apart, pickle.dumps(theme.parts)), pages, pool)


def _share(step: Callable[[Work], Done], works: Sequence[Work], pool: Executor | None) -> Iterator[Done]:
    if pool is None:
        return map(step, works)
    chunks = [works[start : start + CHUNK] for start in range(0, len(works), CHUNK)]
    return (done for some in pool.map(partial(_all, step), chunks) for done in some)


def _all(step: Callable[[Work], Done], works: Sequence[Work]) -> list[Done]:
    return [step(work) for work in works]


def _write(manuscript: Manuscript) -> Body | str:
    try:
        return markup.render_body(manuscript)
    except markup.Unrenderable as error:
        return str(error)


def _render(theme: Theme, page: Page) -> bytes | Problem:
    try:
        return theme.render(page)
    except Broken as broken:
        return broken.problem


def _render_apart(parts: bytes, page: Page) -> bytes | Problem:
    return _render(_theme(parts), page)


@lru_cache(maxsize=1)
def _theme(parts: bytes) -> Theme:
    """Return the theme made of the pickled `parts`, once a process."""
    return Theme(*pickle.loads(parts))  # noqa: S301 - this program's own, a moment ago
