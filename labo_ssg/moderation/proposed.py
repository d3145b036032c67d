"""What was proposed, written down: a file in .labo/moderation/proposed/ for each message, until it is settled here."""

import logging
from datetime import datetime
from pathlib import Path

import msgspec
from msgspec import Struct

from labo_ssg.disk import files, spool
from labo_ssg.disk.messages import path_of
from labo_ssg.moderation import plan as plans
from labo_ssg.packing import digest
from labo_ssg.places import APPROVED, PENDING

FOLDER = f"{plans.FOLDER}/proposed"
TOGETHER, ALONE = "labo/comments", "labo/comment-"  # git has no branch below another one: so not labo/comments/…
LONGEST = 64  # characters of a message's id in the name of its branch: Gitea takes a hundred in all

log = logging.getLogger(__name__)


class Proposed(Struct, frozen=True):
    """A message that was proposed: where, and when; `merged`: the forge's main branch holds it."""

    comment: str
    article: str
    branch: str
    date: datetime
    url: str = ""
    number: int = 0
    merged: bool = False

    @property
    def pending(self) -> str:
        return path_of(PENDING, self.article, self.comment)

    @property
    def approved(self) -> str:
        return path_of(APPROVED, self.article, self.comment)


def find(root: Path, comment: str) -> Proposed | None:
    """Return the record of the message with the id `comment`, None where it is not proposed."""
    try:
        return msgspec.json.decode((root / FOLDER / f"{comment}.json").read_bytes(), type=Proposed)
    except FileNotFoundError:
        return None
    except (msgspec.DecodeError, OSError) as error:  # it is proposed again, and found to be there
        log.warning("the record of %s cannot be read: %s", comment, error)
        return None


def recorded(root: Path) -> dict[str, Proposed]:
    """Return all records, by the id of the message, oldest first."""
    if not files.exists(root, FOLDER):
        return {}
    names = [name.removesuffix(".json") for name in files.walk(root, FOLDER)[0] if name.endswith(".json")]
    found = [one for name in names if (one := find(root, name))]
    return {one.comment: one for one in sorted(found, key=lambda one: (one.date, one.comment))}


def write(root: Path, one: Proposed) -> None:
    """Write down a record, or what it has become; raise OSError."""
    spool.put(root / FOLDER / f"{one.comment}.json", msgspec.json.encode(one))


def forget(root: Path, one: Proposed) -> None:
    """Remove a record: the message is settled; raise OSError."""
    spool.remove(root / FOLDER / f"{one.comment}.json")


def branch_of(comment: str) -> str:
    """Return the branch on which a message is proposed alone: git, and forges, do not take all names of files."""
    if "." not in comment and len(comment) <= LONGEST:
        return f"{ALONE}{comment}"
    return f"{ALONE}{comment.replace('.', '-')[:LONGEST]}-{digest(comment.encode()).hex()[:8]}"
