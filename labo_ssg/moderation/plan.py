"""A plan of what is to be moved, written down before anything is: who dies on the way is followed by who ends it.

`.labo/moderation/plan.json` is there from before the first file moves until the decision is committed, or in the
journal. What is refused lies beside it meanwhile: so at no moment is a message nowhere.
"""

import logging
from collections.abc import Iterable, Sequence
from contextlib import suppress
from pathlib import Path

import msgspec
from msgspec import Struct

from labo_ssg.disk import files, spool
from labo_ssg.forge import git
from labo_ssg.moderation import journal
from labo_ssg.moderation.journal import Record
from labo_ssg.places import WORK

FOLDER = f"{WORK}/moderation"
LOCK, PLAN, TAKEN = f"{FOLDER}/lock", f"{FOLDER}/plan.json", f"{FOLDER}/taken"

log = logging.getLogger(__name__)


class Step(Struct, frozen=True, tag_field="do"):
    """Something that is done to files, and may be done twice; paths are relative to the site's root."""


class Move(Step, frozen=True, tag="move"):
    """The file at `path` is moved to `to`, byte for byte."""

    path: str
    to: str


class Put(Step, frozen=True, tag="put"):
    """The file at `path` is to hold `data`."""

    path: str
    data: bytes


class Take(Step, frozen=True, tag="take"):
    """The file at `path` leaves."""

    path: str


class Task(Struct, frozen=True):
    """What one decision does; where its first step finds no file any more, there is nothing left to decide."""

    record: Record
    steps: tuple[Move | Put | Take, ...]


class Plan(Struct, frozen=True):
    """The decisions of one session, and how their commit begins."""

    moderator: str
    subject: str
    tasks: tuple[Task, ...]


class Done(Struct, frozen=True):
    """What a plan came to: the decisions that were carried out, those that came too late, and the commit, if any."""

    records: tuple[Record, ...] = ()
    late: tuple[Record, ...] = ()
    commit: str = ""


def check(root: Path) -> None:
    """Raise GitFailed where a plan could not be committed now."""
    if journal.in_git(root):
        git.check_calm(root)


def carry_out(root: Path, plan: Plan) -> Done:
    """Do what `plan` says, and keep a record of it; the lock is held. Raise GitFailed, OSError: `resume` ends it."""
    spool.put(root / PLAN, msgspec.json.encode(plan))
    return _do(root, plan, was_begun=False)


def resume(root: Path) -> Done:
    """End what a process that died has begun, if any has; the lock is held. Raise GitFailed, OSError."""
    try:
        data = (root / PLAN).read_bytes()
    except FileNotFoundError:
        return Done()
    plan = msgspec.json.decode(data, type=Plan)
    log.warning("a session of %s was cut short: it is ended first", plan.moderator)
    return _do(root, plan, was_begun=True)


def _do(root: Path, plan: Plan, *, was_begun: bool) -> Done:
    done, late = list[Task](), list[Task]()
    for task in plan.tasks:
        first, *others = task.steps
        is_there = _take_step(root, first)
        (done if is_there else late).append(task)
        for step in others if is_there else ():
            _take_step(root, step)
    records = [task.record for task in done]
    records = _unwritten(root, records) if was_begun else records
    paths = sorted({path for task in done for step in task.steps for path in _paths(step)})
    made = _keep(root, plan, records, paths) if records else ""
    for name in files.walk(root, TAKEN)[0] if files.exists(root, TAKEN) else []:
        (root / TAKEN / name).unlink()
    spool.remove(root / PLAN)
    for path in paths:
        _tidy(root, path)
    return Done(tuple(task.record for task in done), tuple(task.record for task in late), made)


def _take_step(root: Path, step: Move | Put | Take) -> bool:
    """Do what `step` says; tell whether it is done, now or before."""
    if isinstance(step, Put):
        spool.put(root / step.path, step.data)
        return True
    to = root / (step.to if isinstance(step, Move) else f"{TAKEN}/{step.path.replace('/', '--')}")
    if to.exists():
        spool.remove(root / step.path)  # as good as moved: whoever planned it saw to that
        return True
    return spool.move(root / step.path, to)


def _unwritten(root: Path, records: Sequence[Record]) -> list[Record]:
    """Return those of `records` that were not written down before a process died."""
    if not records:
        return []
    start = min(one.date for one in records)
    known = {(one.comment, one.decision) for one in journal.read(root) if one.date >= start}
    return [one for one in records if (one.comment, one.decision) not in known]


def _keep(root: Path, plan: Plan, records: Sequence[Record], paths: Sequence[str]) -> str:
    """Commit `paths` with the `records`, or write these into the journal where there is no git."""
    if not journal.in_git(root):
        journal.append(root, records)
        return ""
    text = f"{plan.subject}\n\n{journal.trailers(records)}"
    return git.commit(root, paths, plan.moderator, lambda _: text, always=True)


def _paths(step: Move | Put | Take) -> Iterable[str]:
    return (step.path, step.to) if isinstance(step, Move) else (step.path,)


def _tidy(root: Path, path: str) -> None:
    """Remove the folder of an article that has no file left."""
    with suppress(OSError):  # it has
        (root / path).parent.rmdir()
