"""Golden cases in prose files: a sentence, a fence, the input, a line with a dot, the expected output, the fence.

A longer fence may hold a fence. Several files make a folder of `tests/cases/`, one family of rules each.
"""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

HERE = Path(__file__).parent / "cases"
CASE = re.compile(r"^(`{3,})\n(.*?)\n\.\n(.*?)\n?\1$", re.MULTILINE | re.DOTALL)


class Case(NamedTuple):
    """One case; `id` is its place, `file.txt:line`."""

    id: str
    source: str
    expected: str

    @property
    def family(self) -> str:
        """The name of its file."""
        return self.id.partition(".")[0]


def cases(folder: str) -> list[Case]:
    """Return the cases of the files of `tests/cases/<folder>`."""
    return list(_cases(folder))


def _cases(folder: str) -> Iterator[Case]:
    for path in sorted((HERE / folder).glob("*.txt")):
        text = path.read_text(encoding="utf-8")
        for case in CASE.finditer(text):
            line = text.count("\n", 0, case.start()) + 1
            yield Case(f"{path.name}:{line}", case[2], case[3])
