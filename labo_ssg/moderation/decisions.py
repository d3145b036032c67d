"""The decisions of a moderator, carried out: messages are published or leave, and a record is kept."""

import secrets
import string
from collections.abc import Container, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import Literal

from msgspec import Struct

from labo_ssg.disk import files
from labo_ssg.disk.library import read_site
from labo_ssg.disk.messages import path_of
from labo_ssg.formats import comment as comment_format
from labo_ssg.formats.comment import CommentHeader
from labo_ssg.moderation import plan as plans
from labo_ssg.moderation.articles import Articles
from labo_ssg.moderation.plan import Done, Move, Plan, Put, Take, Task
from labo_ssg.moderation.queue import Pending
from labo_ssg.moderation.record import Record
from labo_ssg.places import APPROVED, PENDING
from labo_ssg.problems import Place, Problem

LETTERS = string.ascii_lowercase + string.digits
LONGEST = 500  # characters of a reason

Ruling = Literal["approved", "rejected", "spam"]
"""What a moderator decides of a message that waits."""


class Verdict(Struct, frozen=True):
    """A decision on a message that waits; `reply`, in SPIP's markup, is published beneath it, as the editors'."""

    message: Pending
    ruling: Ruling
    reason: str = ""
    reply: str = ""


class Session(Struct, frozen=True):
    """What became of the verdicts of a session: what was done, and why the rest was not."""

    done: Done
    problems: tuple[Problem, ...] = ()


@contextmanager
def held(root: Path) -> Iterator[None]:
    """Be the only one who decides at `root`, once what another has begun is ended; raise GitFailed, OSError."""
    with files.lock(root / plans.LOCK):
        plans.resume(root)
        yield


def decide(root: Path, verdicts: Sequence[Verdict], moderator: str, now: datetime, *, apart: bool = False) -> Session:
    """Carry out what can be of `verdicts`, all in one commit by `moderator` ("Name <address>").

    With `apart` there is no commit, as for messages that git does not know: the file of decisions keeps the record.
    Raise GitFailed or OSError where nothing could be done, or where it could not be ended: whoever decides next ends
    it first.
    """
    with held(root):
        if not apart:
            plans.check(root)
        going, problems = sort_out(root, verdicts)
        tasks = tuple(_task(root, one, moderator, now) for one in going)
        done = plans.carry_out(root, Plan(moderator, subject(going), tasks, apart=apart)) if tasks else Done()
        problems += [_late(root, one) for one in done.late]
    return Session(done, tuple(problems))


def sort_out(root: Path, verdicts: Sequence[Verdict], *, together: bool = True) -> tuple[list[Verdict], list[Problem]]:
    """Return those of `verdicts` that can be carried out, answers behind what they answer, and why others cannot.

    Where they are not carried out `together`, no one may answer another one of them.
    """
    if len({one.message.path for one in verdicts}) < len(verdicts):
        raise ValueError("two verdicts on one message")
    known, going, problems = Articles(root), list[Verdict](), list[Problem]()
    for one in verdicts:
        told = _obstacles(root, one, known)
        problems += told
        going += [] if told else [one]
    while True:
        approved = {_published(one.message): one.message for one in going if together and one.ruling == "approved"}
        orphans = [one for one in going if one.ruling == "approved" and _is_orphan(root, one.message, approved)]
        if not orphans:
            return sorted(going, key=lambda one: _depth(one, approved)), problems
        problems += [_unanswerable(one.message) for one in orphans]
        going = [one for one in going if one not in orphans]


def _published(message: Pending) -> str:
    return path_of(APPROVED, message.article, message.id)


def _answered(message: Pending) -> str:
    """Return where the message lies that `message` answers, "" for none."""
    return path_of(APPROVED, message.article, message.reply_to) if message.reply_to else ""


def _is_orphan(root: Path, message: Pending, approved: Container[str]) -> bool:
    above = _answered(message)
    return bool(above) and above not in approved and not files.exists(root, above)


def _depth(verdict: Verdict, approved: Mapping[str, Pending]) -> int:
    """Return how many of the `approved` must be published first, one answering the other."""
    message = verdict.message
    seen = {message.id}
    while verdict.ruling == "approved" and (above := approved.get(_answered(message))) and above.id not in seen:
        message = above
        seen.add(above.id)
    return len(seen)


def _unanswerable(message: Pending) -> Problem:
    what = f"it answers `{message.reply_to}`, which is not published"
    return Problem(Place(message.path, 1), what, "approve that one first, or both together")


def _obstacles(root: Path, verdict: Verdict, known: Articles) -> list[Problem]:
    """Return what keeps `verdict`, by itself, from being carried out."""
    message = verdict.message
    place = Place(message.path, 1)
    if not files.exists(root, message.path):
        return [
            Problem(place, "it does not wait any more", f"`labo comments log {message.id}` tells what became of it")
        ]
    if verdict.ruling != "approved":
        return []
    published = _published(message)
    if files.exists(root, published) and files.read(root, published)[0] != files.read(root, message.path)[0]:
        what = f"{published} is there already, and is another message"
        return [Problem(place, what, "give this one's file another name")]
    if not known.has(message.article):
        return [known.missing(message.article, message.path)]
    return []


def _task(root: Path, verdict: Verdict, moderator: str, now: datetime) -> Task:
    message = verdict.message
    reason = writable(" ".join(verdict.reason.split()))[:LONGEST]
    record = Record(now, message.id, verdict.ruling, moderator, message.article, reason)
    if verdict.ruling != "approved":
        return Task(record, (Take(message.path),))
    replies = (_reply(root, verdict, now),) if verdict.reply.strip() else ()
    return Task(record, (Move(message.path, _published(message)), *replies), _answered(message))


def writable(text: str) -> str:
    """Return `text` without halves of characters: words typed in another encoding bring some."""
    return text.encode(errors="replace").decode()


def _reply(root: Path, verdict: Verdict, now: datetime) -> Put:
    """Return the editors' answer to a message, as a file that is published with it."""
    site, _ = read_site(root)
    author = next(iter(site.comments.editors), site.title)
    header = CommentHeader(verdict.message.article, author, now, verdict.message.id)
    name = f"{now:%Y%m%dT%H%M%SZ}-{''.join(secrets.choice(LETTERS) for _ in range(6))}"
    return Put(path_of(APPROVED, header.article, name), comment_format.text(header, writable(verdict.reply.strip())))


def subject(verdicts: Sequence[Verdict]) -> str:
    """Return the first line of the commit that carries out `verdicts`."""
    if len(verdicts) == 1:
        [one] = verdicts
        verb = {"approved": "Approve", "rejected": "Reject", "spam": "Put away as spam"}[one.ruling]
        return f"{verb} a message on {one.message.article}"
    counted = {
        "Approve": sum(one.ruling == "approved" for one in verdicts),
        "reject": sum(one.ruling == "rejected" for one in verdicts),
        "put away as spam": sum(one.ruling == "spam" for one in verdicts),
    }
    parts = [f"{verb} {number} message{'s' * (number != 1)}" for verb, number in counted.items() if number]
    line = ", ".join(parts)
    return line[:1].upper() + line[1:]


def _late(root: Path, record: Record) -> Problem:
    place = Place(path_of(PENDING, record.article, record.comment))
    if files.exists(root, place.path):
        return Problem(place, "what it answers left while you decided, or was not published", "")
    return Problem(place, "it left while you decided: its author has withdrawn it, or somebody has decided", "")
