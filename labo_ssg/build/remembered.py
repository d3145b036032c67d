"""Work that is done once: a step is asked only for what the cache does not hold under the same key."""

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

from labo_ssg.build.cache import Cache, Known
from labo_ssg.build.crew import Crew, Step
from labo_ssg.problems import Problem


class Job(NamedTuple):
    """A piece of work: what it is made from, at `path`; a digest of all that shapes it; what the step is told.

    `data` are its files as they were read, for those who do not see this disk, and () for the others.
    """

    path: str
    key: bytes
    order: Any
    data: tuple[tuple[bytes, list[Problem]], ...] = ()


class Done(NamedTuple):
    """What a step made: facts, the work itself, and what is wrong, for which nothing is kept.

    `passing` is the noun that the facts are, where they are not to be kept. `key` is that of the
    work where only the work itself shows all that shapes it, and so another one than its job's.
    """

    facts: bytes
    work: bytes = b""
    problems: tuple[Problem, ...] = ()
    passing: Any = None
    key: bytes = b""


def remember(
    cache: Cache,
    crew: Crew,
    kind: str,
    step: Step[Any, Job, Done],
    context: Any,
    jobs: Sequence[Job],
    *,
    worth: int,
    stage: str,
    prepare: Callable[[Job], Job] | None = None,
) -> tuple[dict[str, Known], list[Problem]]:
    """Return what is known of each of the `jobs`, by path, once all are done."""
    known = cache.facts(kind)
    waiting = [job for job in jobs if (before := known.get(job.path)) is None or before.key != job.key]
    found = {job.path: known[job.path] for job in jobs if job.path in known}
    problems: list[Problem] = []
    passing = []
    made = crew.share(step, context, waiting, worth=worth, prepare=prepare, stage=stage)
    for job, done in zip(waiting, made, strict=True):
        problems += done.problems
        if done.problems or done.passing is not None:
            passing.append(job.path)
            found[job.path] = Known(job.key, done.facts, done.passing)
        else:
            found[job.path] = cache.keep(kind, job.path, done.key or job.key, done.facts, done.work)
    cache.drop(kind, passing)
    return found, problems
