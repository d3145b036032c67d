"""A decision taken back: messages that were decided wait again, each by the file that it had."""

from collections.abc import Sequence
from datetime import datetime
from pathlib import Path, PurePosixPath

from msgspec import Struct

from labo_ssg.disk import files
from labo_ssg.disk.messages import path_of
from labo_ssg.formats import comment as comment_format
from labo_ssg.moderation import plan as plans
from labo_ssg.moderation.decisions import Session, held
from labo_ssg.moderation.plan import Done, Move, Plan, Put, Take, Task
from labo_ssg.moderation.record import Record
from labo_ssg.places import APPROVED, PENDING
from labo_ssg.problems import Place, Problem


class Decided(Struct, frozen=True):
    """A decision that was carried out, and the file of its message as it waited."""

    record: Record
    data: bytes


def reopen(root: Path, decided: Sequence[Decided], moderator: str, now: datetime) -> Session:
    """Take back what can be of `decided`, all in one commit by `moderator` ("Name <address>").

    The answer of the editors that was published with a message leaves with it. Raise GitFailed, OSError as `decide`.
    """
    with held(root):
        plans.check(root)
        tasks, problems = [], list[Problem]()
        for one in decided:
            replies, others = _answers(root, one.record)
            told = _obstacles(root, one, others)
            problems += told
            if not told:
                tasks.append(_task(one, replies, moderator, now))
        done = plans.carry_out(root, Plan(moderator, _subject(tasks), tuple(tasks))) if tasks else Done()
    return Session(done, (*problems, *(_gone(one) for one in done.late)))


def _answers(root: Path, record: Record) -> tuple[list[str], list[str]]:
    """Return the paths of the published answers to a message: that of its own decision, and the others."""
    own, others = list[str](), list[str]()
    folder = f"{APPROVED}/{record.article}"
    for name in files.walk(root, folder)[0] if files.exists(root, folder) else ():
        path = f"{folder}/{name}"
        header = comment_format.read_header(files.read(root, path)[0], PurePosixPath(path))
        if header and header.reply_to == record.comment:
            (own if header.date == record.date else others).append(path)
    return own, others


def _obstacles(root: Path, one: Decided, others: Sequence[str]) -> list[Problem]:
    waits, published = (path_of(state, one.record.article, one.record.comment) for state in (PENDING, APPROVED))
    if files.exists(root, waits):
        return [Problem(Place(waits, 1), "it waits already", "decide it again")]
    is_published = files.exists(root, published)
    if one.record.decision != "approved":
        hint = "somebody has brought it back by other means"
        return [Problem(Place(published, 1), "it is published by now", hint)] if is_published else []
    if not is_published:
        return [Problem(Place(published, 1), "it is not published any more", "somebody has removed it since")]
    if files.read(root, published)[0] != one.data:
        return [Problem(Place(published, 1), "it was changed since it was published", "remove it by hand, if it must")]
    if others:
        hint = f"{others[0]} would answer nothing: take back that one first"
        return [Problem(Place(published, 1), "it has been answered since", hint)]
    return []


def _task(one: Decided, replies: Sequence[str], moderator: str, now: datetime) -> Task:
    record = Record(now, one.record.comment, "reopened", moderator, one.record.article)
    waits, published = (path_of(state, record.article, record.comment) for state in (PENDING, APPROVED))
    if one.record.decision != "approved":
        return Task(record, (Put(waits, one.data),))
    return Task(record, (Move(published, waits), *map(Take, replies)))


def _subject(tasks: Sequence[Task]) -> str:
    if len(tasks) == 1:
        return f"Take back a decision on {tasks[0].record.article}"
    return f"Take back {len(tasks)} decisions"


def _gone(record: Record) -> Problem:
    place = Place(path_of(APPROVED, record.article, record.comment))
    return Problem(place, "it is not published any more", "somebody has removed it since")
