"""A message is erased: its text and its author's name leave the site; what remains elsewhere is told."""

from datetime import datetime
from pathlib import Path, PurePosixPath

from msgspec import Struct

from labo_ssg.disk import files
from labo_ssg.disk.messages import path_of, whereabouts
from labo_ssg.forge import git
from labo_ssg.formats import comment as comment_format
from labo_ssg.moderation import journal
from labo_ssg.moderation import plan as plans
from labo_ssg.moderation.decisions import LONGEST, held, writable
from labo_ssg.moderation.plan import Done, Move, Plan, Put, Take, Task
from labo_ssg.moderation.record import Record
from labo_ssg.places import APPROVED, PENDING, REMOVALS


class Remains(Struct, frozen=True):
    """Where copies of a message may remain: `commits` of the repository hold it, `remotes` have been given them."""

    paths: tuple[str, ...]
    commits: int
    remotes: tuple[str, ...]


def erase(root: Path, comment: str, moderator: str, reason: str, now: datetime) -> Done:
    """Erase the message with the id `comment`, waiting or published, in one commit by `moderator`.

    Of one that was published a tombstone stays, so that the answers to it stand. Raise LookupError where there is no
    such message, ValueError where its file cannot be read, GitFailed, OSError.
    """
    with held(root):
        plans.check(root)
        paths = whereabouts(root, comment)
        if not paths:
            raise LookupError(f"no message {comment} waits or is published")
        article = PurePosixPath(paths[0]).parent.name
        requests = [path for path in [path_of(REMOVALS, article, comment)] if files.exists(root, path)]
        steps = [*(_step(root, path, now) for path in paths), *map(Take, requests)]
        record = Record(now, comment, "erased", moderator, article, writable(" ".join(reason.split()))[:LONGEST])
        return plans.carry_out(root, Plan(moderator, f"Erase a message on {article}", (Task(record, tuple(steps)),)))


def _step(root: Path, path: str, now: datetime) -> Move | Put | Take:
    if path.startswith(f"{PENDING}/"):
        return Take(path)
    return Put(path, comment_format.tombstone(files.read(root, path)[0], PurePosixPath(path), now))


def find_by_code(root: Path, digest: str) -> list[str]:
    """Return the ids of the messages whose author's code has this `digest`."""
    found = []
    for state in (APPROVED, PENDING):
        for below in files.walk(root, state)[0] if files.exists(root, state) else []:
            path = PurePosixPath(state, below)
            header = comment_format.read_header(files.read(root, str(path))[0], path)
            if header and header.code == digest:
                found.append(path.stem)
    return found


def remains(root: Path, comment: str, article: str) -> Remains:
    """Return where copies of an erased message may still be; raise GitFailed."""
    paths = tuple(path_of(state, article, comment) for state in (PENDING, APPROVED))
    if not journal.in_git(root):
        return Remains(paths, 0, ())
    return Remains(paths, git.count_commits(root, paths), git.remotes(root))
