"""Those who do the work of a build: this process alone, or others that share it.

A step is a pure function of a context, the same for all orders, and of one order; so what is
made does not depend on who makes it. Orders are done in chunks, in their order.
"""

import gc
import os
import signal
import sys
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import Future
from contextlib import contextmanager
from types import TracebackType
from typing import TYPE_CHECKING, Any, NamedTuple, TypeVar

from labo_ssg.build.progress import Tell, counted, silent
from labo_ssg.problems import Problem

if TYPE_CHECKING:
    from concurrent.futures import ProcessPoolExecutor

CHUNK = 0.5  # of the orders from which a step is worth sharing: so many a process takes at once, at most
GARBAGE = (20_000, 20, 20)  # a process that renders thousands of pages is to look for it, whatever the first one does
AHEAD = 4  # chunks that wait for each process
ENOUGH = 3  # chunks each of the others should have at hand, before this process does one itself
_DEATH_SIGNAL = 1  # PR_SET_PDEATHSIG of Linux

Context = TypeVar("Context")
Order = TypeVar("Order")
Done = TypeVar("Done")
Step = Callable[[Context, Order], Done]


class Lost(Exception):  # noqa: N818 - what happened to the others, told as a Problem
    """Those who share the work are gone, or cannot do it."""

    def __init__(self, problem: Problem) -> None:
        super().__init__(problem)
        self.problem = problem


class Crew:
    """`jobs` processes of this machine: this one, and others that are started anew for each step worth sharing.

    Those are copies of this process: the context and the orders are at hand in each of them, and what travels
    is which orders to do, and what was made. `tell` is told how far they are; `load` is called before the
    first ones start, to load once what all of them will need.
    """

    apart = False  # whether they do not see this machine's disk: all that they need must be in their orders
    ahead = AHEAD

    def __init__(self, jobs: int, tell: Tell = silent, load: Callable[[], None] = lambda: None) -> None:
        self.jobs, self.tell, self._load = jobs, tell, load
        self._pool: ProcessPoolExecutor | None = None
        self._aside: list[Callable[[], Any]] = []  # what is to be done beside the next step,
        self._begun: dict[Callable[[], Any], Future[Any]] = {}  # and what was done beside another one

    @property
    def copies(self) -> int:
        """How many copies of this process may look at files for it."""
        return 2 if self.jobs > 1 and not self.apart else 0

    def __enter__(self) -> "Crew":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._part()

    def share(
        self,
        step: Step[Context, Order, Done],
        context: Context,
        orders: Sequence[Order],
        *,
        worth: int,
        prepare: Callable[[Order], Order] | None = None,
        stage: str = "",
    ) -> Iterator[Done]:
        """Yield what `step` makes of each of the `orders`, which are the work of a `stage`.

        From `worth` orders on it takes longer than to start other processes. `prepare` puts into
        an order what those that work apart need.
        """
        if len(orders) < worth or (self.jobs < 2 and not self.apart):
            done: Iterator[Done] = (step(context, order) for order in orders)
        else:
            done = self._share(step, context, orders, prepare, int(worth * CHUNK))
        return counted(self.tell, stage, done, len(orders)) if stage else done

    def begin(self, work: Callable[[], Done]) -> Callable[[], Done]:
        """Have some `work` done beside the next step that is shared; return what waits for it.

        Where there was no such step, it is done when it is waited for.
        """
        self._aside.append(work)

        def end() -> Done:
            if work in self._begun:
                found: Done = self._begun.pop(work).result()
                return found
            self._aside.remove(work)
            return work()

        return end

    def _share(
        self,
        step: Step[Context, Order, Done],
        context: Context,
        orders: Sequence[Order],
        prepare: Callable[[Order], Order] | None,
        chunk: int,
    ) -> Iterator[Done]:
        have_done = self._gather(step, context, orders, prepare)
        size = max(1, min(chunk, len(orders) // (self.jobs * AHEAD)))
        running: deque[Future[list[Done]]] = deque()
        with _garbage_looked_for():
            for start in range(0, len(orders), size):
                some = slice(start, start + size)
                if self._have_enough(running):
                    running.append(_finished([step(context, order) for order in orders[some]]))
                else:
                    running.append(have_done(some))
                while running and (running[0].done() or len(running) > self.jobs * self.ahead):
                    yield from running.popleft().result()
            while running:
                yield from running.popleft().result()
        self._part()

    def _have_enough(self, running: Iterable[Future[list[Done]]]) -> bool:
        """Tell whether the others have enough to do for now, and this process should do something too."""
        return not self.apart and sum(not one.done() for one in running) >= ENOUGH * (self.jobs - 1)

    def _gather(
        self,
        step: Step[Context, Order, Done],
        context: Context,
        orders: Sequence[Order],
        prepare: Callable[[Order], Order] | None,
    ) -> Callable[[slice], Future[list[Done]]]:
        """Gather those who do the work; return what has a chunk of the `orders` be done."""
        # Loaded here: a small change needs none of it.
        import multiprocessing
        from concurrent.futures import ProcessPoolExecutor

        self._load()
        # To fork is quick and shares the memory, where it is safe: on Linux, while there is one thread.
        way = multiprocessing.get_context("fork" if sys.platform == "linux" else "spawn")
        work = _Work(step, context, orders, tuple(self._aside))
        self._pool = pool = ProcessPoolExecutor(self.jobs - 1, way, _take_up, (os.getpid(), work))
        self._begun |= {one: pool.submit(_do_aside, number) for number, one in enumerate(self._aside)}
        self._aside.clear()
        return lambda chunk: pool.submit(_do, chunk)

    def _part(self) -> None:
        """Have those who did a step end."""
        if self._pool:
            self._pool.shutdown(cancel_futures=True)
            self._pool = None


@contextmanager
def _garbage_looked_for() -> Iterator[None]:
    """Have garbage be looked for among what is made from now on, as in the other processes."""
    usual = gc.get_threshold()
    gc.freeze()
    gc.set_threshold(*GARBAGE)
    try:
        yield
    finally:
        gc.set_threshold(*usual)
        gc.unfreeze()


def _finished(done: list[Done]) -> Future[list[Done]]:
    """Return what this process has done as if another one had."""
    found: Future[list[Done]] = Future()
    found.set_result(done)
    return found


class _Work(NamedTuple):
    """The work of a step, and what is to be done beside it."""

    step: Step[Any, Any, Any]
    context: Any
    orders: Sequence[Any]
    aside: tuple[Callable[[], Any], ...]


_taken_up: list[_Work] = []  # the work of this process, where it is one of a crew


def _take_up(parent: int, work: _Work) -> None:
    """Have this process take up a `work`, and be killed when its `parent` is.

    It would wait for ever otherwise, and hold the lock of the site.
    """
    if sys.platform == "linux":
        import ctypes

        ctypes.CDLL(None).prctl(_DEATH_SIGNAL, signal.SIGKILL)
        if os.getppid() != parent:  # it was killed before
            os._exit(1)
    gc.freeze()  # to look for garbage among what both share would write to it, and so make a copy of all
    gc.set_threshold(*GARBAGE)
    _taken_up.append(work)


def _do(chunk: slice) -> list[Any]:
    [work] = _taken_up
    return [work.step(work.context, order) for order in work.orders[chunk]]


def _do_aside(number: int) -> Any:
    [work] = _taken_up
    return work.aside[number]()
