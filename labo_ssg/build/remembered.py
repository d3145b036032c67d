"""Work that is done once: a step is asked only for what the cache does not hold under the same key."""

from collections.abc import Callable, Mapping
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
    keys: Mapping[str, bytes],
    order: Callable[[str], Any],
    *,
    worth: int,
    stage: str,
    prepare: Callable[[Job], Job] | None = None,
) -> tuple[dict[str, Known], list[Problem]]:
    """Return what is known of the work at each path of `keys`, once all is done that has another key.

    `order` returns what the step is told of the work at a path. What is known of other paths is there too.
    """
    known = cache.facts(kind)
    waiting = [
        Job(path, key, order(path))
        for path, key in keys.items()
        if (before := known.get(path)) is None or before.key != key
    ]
    problems: list[Problem] = []
    passing = {}
    made = crew.share(step, context, waiting, worth=worth, prepare=prepare, stage=stage)
    for job, done in zip(waiting, made, strict=True):
        problems += done.problems
        if done.problems or done.passing is not None:
            fleeting = Known(job.key, done.facts)
            passing[job.path] = fleeting if done.passing is None else fleeting.passing(done.passing)
        else:
            cache.keep(kind, job.path, done.key or job.key, done.facts, done.work)
    cache.drop(kind, passing)
    return known | passing, problems
