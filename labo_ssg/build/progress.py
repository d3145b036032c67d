"""How far a build has come: told to whoever asked, who alone knows how to show it."""

from collections.abc import Callable, Iterable, Iterator
from typing import TypeVar

READING, WRITING, RENDERING, PUBLISHING = "reading", "writing", "rendering", "publishing"
WAITING = "waiting"  # for another build of the same site

One = TypeVar("One")
Tell = Callable[[str, int, int], None]
"""Takes a stage, how much of it is done, and how much there is to do: first 0, in the end all."""


def silent(stage: str, done: int, total: int) -> None:
    """Tell nobody."""


def counted(tell: Tell, stage: str, some: Iterable[One], total: int) -> Iterator[One]:
    """Yield each of `some`, of which there are `total`; tell of each once it was worked on."""
    if total:
        tell(stage, 0, total)
    for done, one in enumerate(some, 1):
        yield one
        tell(stage, done, total)
