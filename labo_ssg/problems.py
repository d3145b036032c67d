"""How a mistake in somebody's file is told: where, what, and what to do.

A Problem is a value, not an exception: readers collect them, so that one run
shows an author every mistake at once. Only `cli` and `preview` show them.
"""

from msgspec import Struct


class Place(Struct, frozen=True, order=True, array_like=True):
    """A line of a file, counted from 1; line 0 means the file as a whole.

    `path` is relative to the site's root, with forward slashes.
    """

    path: str
    line: int = 0

    def __str__(self) -> str:
        return f"{self.path}:{self.line}" if self.line else self.path


class Problem(Struct, frozen=True, order=True):
    """What is wrong at a place, and a hint that says what to do about it."""

    place: Place
    what: str
    hint: str = ""

    def __str__(self) -> str:
        hint = f"\n  hint: {self.hint}" if self.hint else ""
        return f"{self.place}: {self.what}{hint}"
