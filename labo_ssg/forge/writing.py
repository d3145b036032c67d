"""What a commit on a forge is made of: its changes, where it stands, and in what parts it is sent."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import TypeVar

from msgspec import Struct

from labo_ssg.forge.proposal import Change, Proposal
from labo_ssg.packing import digest_of_file

Item = TypeVar("Item")


class Writing(Struct, frozen=True):
    """One commit to be written: `changes` upon the commit `start`, which holds `there` (path → id of the blob).

    The files that are `gone` leave with it, too.

    `tip` is where the branch is now, "" where it is not; `reset`: what it holds is done with, and is written over.
    """

    proposal: Proposal
    changes: tuple[Change, ...]
    start: str
    there: Mapping[str, str]
    tip: str
    reset: bool
    gone: tuple[str, ...] = ()

    @property
    def removed(self) -> list[str]:
        """Return the files that move away, as far as they are there, and those that are gone."""
        return [*(one.old for one in self.changes if self.leaves(one)), *self.gone]

    def leaves(self, change: Change) -> bool:
        """Tell whether `change` is a move, as seen from `start`."""
        return bool(change.old) and change.old != change.path and change.old in self.there


def blob(change: Change) -> str:
    """Return the id that git gives to what a change puts."""
    return digest_of_file(change.data).hex()


def who(author: str) -> dict[str, str]:
    """Return the two parts of "Name <address>"."""
    name, _, address = author.removesuffix(">").partition("<")
    return {"name": name.strip(), "email": address.strip()}


def weight(change: Change) -> int:
    return len(change.data)


def batches(
    items: Iterable[Item], weigh: Callable[[Item], int], most: int, count: int = 10_000
) -> Iterator[list[Item]]:
    """Yield the items in parts that one call can carry: no heavier than `most`, no more than `count`."""
    batch: list[Item] = []
    size = 0
    for item in items:
        if batch and (size + weigh(item) > most or len(batch) == count):
            yield batch
            batch, size = [], 0
        batch.append(item)
        size += weigh(item)
    if batch:
        yield batch
