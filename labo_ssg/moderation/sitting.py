"""What a moderator has chosen so far of a heap of messages; kept on the disk until it is carried out.

Nothing is decided by it: a process that dies leaves the choices, and the next one takes them up.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Literal

import msgspec
from msgspec import Struct

from labo_ssg.disk import files, spool
from labo_ssg.moderation.decisions import Verdict
from labo_ssg.moderation.plan import FOLDER
from labo_ssg.moderation.queue import Pending

KEPT, LOCK = f"{FOLDER}/review.json", f"{FOLDER}/review.lock"

Ruling = Literal["approved", "rejected", "spam", "later"]


class Choice(Struct, frozen=True):
    """What was chosen for a message; "later" leaves it waiting."""

    ruling: Ruling
    reason: str = ""
    reply: str = ""


class Sitting:
    """The messages that wait, the one that is `at` hand, and what was chosen; each choice is on the disk at once."""

    def __init__(self, root: Path, waiting: Sequence[Pending]) -> None:
        """Begin with the messages that are `waiting`, at least one. Raise OSError."""
        self._root = root
        self.waiting = tuple(waiting)
        self._by_name = {(one.article, one.id): one for one in self.waiting}
        self.at = 0
        self.choices: dict[str, Choice] = {}
        self._past: list[tuple[int, Choice | None]] = []

    @property
    def message(self) -> Pending:
        return self.waiting[self.at]

    @property
    def above(self) -> Pending | None:
        """The message that the one at hand answers, where it waits, too."""
        return self._by_name.get((self.message.article, self.message.reply_to))

    @property
    def choice(self) -> Choice | None:
        """What was chosen for the message at hand."""
        return self.choices.get(self.message.path)

    @property
    def is_through(self) -> bool:
        """Tell whether something was chosen for each message."""
        return len(self.choices) == len(self.waiting)

    def count(self, ruling: Ruling) -> int:
        return sum(one.ruling == ruling for one in self.choices.values())

    def verdicts(self) -> list[Verdict]:
        """Return what is to be carried out."""
        return [
            Verdict(one, chosen.ruling, chosen.reason, chosen.reply)
            for one in self.waiting
            if (chosen := self.choices.get(one.path)) and chosen.ruling != "later"
        ]

    def choose(self, choice: Choice) -> None:
        """Take `choice` for the message at hand, and go to the next one that is left. Raise OSError."""
        self._past.append((self.at, self.choice))
        self.choices[self.message.path] = choice
        self._keep()
        number = len(self.waiting)
        left = (at % number for at in range(self.at + 1, self.at + number))
        self.at = next((at for at in left if self.waiting[at].path not in self.choices), self.at)

    def undo(self) -> bool:
        """Take the last choice back, and go to its message; tell whether there was one. Raise OSError."""
        if not self._past:
            return False
        self.at, before = self._past.pop()
        if before:
            self.choices[self.message.path] = before
        else:
            del self.choices[self.message.path]
        self._keep()
        return True

    def move(self, step: int) -> None:
        """Go `step` messages on, or back, as far as there are some."""
        self.at = min(max(self.at + step, 0), len(self.waiting) - 1)

    def take_up(self, kept: dict[str, Choice]) -> None:
        """Go on with what was chosen before. Raise OSError."""
        there = {one.path for one in self.waiting}
        self.choices = {path: choice for path, choice in kept.items() if path in there}
        self.at = next((at for at, one in enumerate(self.waiting) if one.path not in self.choices), 0)
        self._keep()

    def _keep(self) -> None:
        spool.put(self._root / KEPT, msgspec.json.encode(self.choices))


def kept(root: Path) -> dict[str, Choice]:
    """Return what was chosen before and not carried out, by the path of each message."""
    try:
        return msgspec.json.decode((root / KEPT).read_bytes(), type=dict[str, Choice])
    except FileNotFoundError:
        return {}
    except (msgspec.DecodeError, msgspec.ValidationError):  # of another version: it decides nothing
        return {}


def forget(root: Path) -> None:
    """Forget what was chosen: it is carried out, or given up. Raise OSError."""
    spool.remove(root / KEPT)


@contextmanager
def alone(root: Path) -> Iterator[bool]:
    """Be the only one who sits at `root`; give whether that is so."""
    with files.lock_if_free(root / LOCK) as is_free:
        yield is_free
