"""A plan of what is to be moved, written down before anything is: who dies on the way is followed by who ends it.

`.labo/moderation/plan.json` is there from before the first file moves until the decision is committed, or in the
journal. What is refused lies beside it meanwhile: so at no moment is a message nowhere. Who ends it looks first at what
was written down since: a decision that was is not carried out, nor written down, a second time.
"""

import logging
import shutil
from collections.abc import Iterable, Sequence
from contextlib import suppress
from pathlib import Path

import msgspec
from msgspec import Struct
from msgspec.structs import replace

from labo_ssg.disk import files, spool
from labo_ssg.forge import git, reach
from labo_ssg.forge.reach import OutOfReach
from labo_ssg.moderation import journal
from labo_ssg.moderation.record import Record, trailers
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
    """What one decision does; where its first step finds no file any more, there is nothing left to decide.

    Nor is there while no file is at `needs`: that of the message that this one answers.
    """

    record: Record
    steps: tuple[Move | Put | Take, ...]
    needs: str = ""


class Plan(Struct, frozen=True):
    """The decisions of one session, and how their commit begins; `head` is where the branch was before.

    With `apart` there is no commit: the file of decisions keeps the record.
    """

    moderator: str
    subject: str
    tasks: tuple[Task, ...]
    head: str = ""
    apart: bool = False


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
    """Do what `plan` says, and keep a record of it; the lock is held. Raise GitFailed, OSError: `resume` ends it.

    Raise OutOfReach, before anything is done, where git could never commit it.
    """
    if journal.in_git(root) and not plan.apart:
        reach.check(root, sorted(_all_paths(plan)))
    plan = replace(plan, head=git.head_of(root) if journal.in_git(root) else "")
    spool.put(root / PLAN, msgspec.json.encode(plan))
    return _do(root, plan, [task.record for task in plan.tasks])


def resume(root: Path) -> Done:
    """End what a process that died has begun, if any has; the lock is held. Raise GitFailed, OSError."""
    try:
        data = (root / PLAN).read_bytes()
    except FileNotFoundError:
        return Done()
    plan = msgspec.json.decode(data, type=Plan)
    log.warning("a session of %s was cut short: it is ended first", plan.moderator)
    _sweep(root, plan)
    if journal.in_git(root) and not plan.apart:
        try:
            reach.check(root, sorted(_all_paths(plan)))
        except OutOfReach as failed:  # else no decision would ever be possible again
            log.warning("%s: it is ended without a commit, %s keeps the record", failed, journal.JOURNAL)
            plan = replace(plan, apart=True)
    return _do(root, plan, journal.unwritten(root, [task.record for task in plan.tasks], plan.head))


def _sweep(root: Path, plan: Plan) -> None:
    """Remove what the process that died was writing: who holds the lock is the only one who writes there."""
    steps = [step for task in plan.tasks for step in task.steps]
    places = [step.to if isinstance(step, Move) else step.path for step in steps if not isinstance(step, Take)]
    for folder in {(root / place).parent for place in places}:
        for path in folder.iterdir() if folder.is_dir() else ():
            if files.is_draft(path.name):
                path.unlink()


def _do(root: Path, plan: Plan, unwritten: Sequence[Record]) -> Done:
    """Do what is left of `plan`: all whose record is `unwritten`."""
    done, late = list[Task](), list[Task]()
    for task in plan.tasks:
        (done if task.record not in unwritten or _take_steps(root, task) else late).append(task)
    records = [task.record for task in done if task.record in unwritten]
    paths = sorted({path for task in done for step in task.steps for path in _paths(step)})
    made = _keep(root, plan, records, paths)
    if files.exists(root, TAKEN):
        shutil.rmtree(root / TAKEN)
    spool.remove(root / PLAN)
    for path in paths:
        _tidy(root, path)
    return Done(tuple(task.record for task in done), tuple(task.record for task in late), made)


def _take_steps(root: Path, task: Task) -> bool:
    """Do what `task` says; tell whether there was still something to decide."""
    if task.needs and not files.exists(root, task.needs):
        return False
    first, *others = task.steps
    if not _take_step(root, first):
        return False
    for step in others:
        _take_step(root, step)
    return True


def _take_step(root: Path, step: Move | Put | Take) -> bool:
    """Do what `step` says; tell whether it is done, now or before."""
    if isinstance(step, Put):
        spool.put(root / step.path, step.data)
        return True
    to = root / (step.to if isinstance(step, Move) else f"{TAKEN}/{step.path}")
    if to.exists():
        spool.remove(root / step.path)  # as good as moved: whoever planned it saw to that
        return True
    return spool.move(root / step.path, to)


class _WrittenError(Exception):
    """What is to be written down was, in the meantime."""


def _keep(root: Path, plan: Plan, records: Sequence[Record], paths: Sequence[str]) -> str:
    """Commit `paths` with the `records`, or write these into the journal where there is no git."""
    if plan.apart or not journal.in_git(root):
        journal.append(root, records)
        return ""
    paths = [path for path in paths if not reach.is_behind_link(root, path)]

    def text(_: object) -> str:
        # A git that outlived the process that had started it may only now have moved the branch.
        left = journal.unwritten(root, records, plan.head)
        if not left:
            raise _WrittenError
        return f"{plan.subject}\n\n{trailers(left)}"

    try:
        if records:
            return git.commit(root, paths, plan.moderator, text, always=True)
    except _WrittenError:
        pass
    git.settle(root, paths)
    return ""


def _all_paths(plan: Plan) -> set[str]:
    return {path for task in plan.tasks for step in task.steps for path in _paths(step)}


def _paths(step: Move | Put | Take) -> Iterable[str]:
    return (step.path, step.to) if isinstance(step, Move) else (step.path,)


def _tidy(root: Path, path: str) -> None:
    """Remove the folder of an article that has no file left."""
    with suppress(OSError):  # it has
        (root / path).parent.rmdir()
