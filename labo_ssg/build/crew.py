"""Those who do the work of a build: this process alone, or others that share it.

A step is a pure function of a context, the same for all orders, and of one order; so what is
made does not depend on who makes it. Orders travel in chunks, in their order.
"""

import os
import pickle
import signal
import sys
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Executor, Future
from functools import lru_cache
from types import TracebackType
from typing import Any, TypeVar

from labo_ssg.build.progress import Tell, counted, silent
from labo_ssg.problems import Problem

CHUNK = 32  # orders that a process takes at once, at most
AHEAD = 4  # chunks that wait for each process
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
    """`jobs` processes, which are started when there is enough to do for them, or those of an `executor`.

    `apart` tells that they do not see this machine's disk: all that they need must be in their orders.
    `tell` is told how far they are; `load` is called before they start, to load once what all of them will need.
    """

    ahead = AHEAD

    def __init__(
        self,
        jobs: int,
        executor: Executor | None = None,
        tell: Tell = silent,
        load: Callable[[], None] = lambda: None,
    ) -> None:
        self.jobs, self.apart, self.tell, self._load = jobs, executor is not None, tell, load
        self._executor = executor

    @property
    def copies(self) -> int:
        """How many copies of this process may look at files for it."""
        return 2 if self.jobs > 1 and not self.apart else 0

    def __enter__(self) -> "Crew":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._executor and not self.apart:
            self._executor.shutdown(cancel_futures=True)

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
            done = self._share(step, context, orders, prepare if self.apart else None)
        return counted(self.tell, stage, done, len(orders)) if stage else done

    def begin(self, work: Callable[[], Done]) -> Callable[[], Done]:
        """Begin some `work`, if others of this machine are there to do it; return what waits for it, or does it."""
        if self._executor is None or self.apart:
            return work
        return self._executor.submit(work).result

    def _share(
        self,
        step: Step[Context, Order, Done],
        context: Context,
        orders: Sequence[Order],
        prepare: Callable[[Order], Order] | None,
    ) -> Iterator[Done]:
        executor = self._started()
        packed = pickle.dumps(context)
        size = max(1, min(CHUNK, len(orders) // (self.jobs * AHEAD)))
        chunks = (orders[start : start + size] for start in range(0, len(orders), size))
        ready = ([prepare(order) for order in chunk] if prepare else chunk for chunk in chunks)
        running: deque[Future[list[Done]]] = deque()
        for chunk in ready:
            running.append(executor.submit(_do_all, step, packed, chunk))
            if len(running) > self.jobs * self.ahead:
                yield from running.popleft().result()
        while running:
            yield from running.popleft().result()

    def _started(self) -> Executor:
        if self._executor is None:
            # Loaded here: a small change needs none of it.
            import multiprocessing
            from concurrent.futures import ProcessPoolExecutor

            self._load()
            # To fork is quick and shares the memory, where it is safe: on Linux, while there is one thread.
            way = "fork" if sys.platform == "linux" else "spawn"
            context = multiprocessing.get_context(way)
            self._executor = ProcessPoolExecutor(self.jobs, context, _end_with, (os.getpid(),))
        return self._executor


def _end_with(parent: int) -> None:
    """Have this process be killed when its `parent` is: it would wait for ever, and hold the lock of the site."""
    if sys.platform == "linux":
        import ctypes

        ctypes.CDLL(None).prctl(_DEATH_SIGNAL, signal.SIGKILL)
        if os.getppid() != parent:  # it was killed before
            os._exit(1)


def _do_all(step: Step[Any, Order, Done], context: bytes, orders: Sequence[Order]) -> list[Done]:
    unpacked = _context(context)
    return [step(unpacked, order) for order in orders]


@lru_cache(maxsize=2)
def _context(packed: bytes) -> Any:
    """Return the context of a step, unpacked once a process."""
    return pickle.loads(packed)  # noqa: S301 - this program's own, a moment ago


def forget() -> None:
    """Drop the contexts of steps: another process than that of the build lives on after it."""
    _context.cache_clear()
