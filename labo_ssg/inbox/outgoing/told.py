"""Remembers what a moderator was told of: a file of paths, one a line.

A line is written after a letter was sent: one that is lost tells a message twice, none loses it.
"""

import os
from collections.abc import Collection, Sequence
from pathlib import Path

from labo_ssg.disk import files

SLACK = 100  # lines of what is gone, from which the file is made shorter


class Told:
    """The paths in the file `path`, which need not be there."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._shortened = False

    def among(self, paths: Collection[str]) -> set[str]:
        """Return those of `paths` that are told; forget, now and then, what is not among them."""
        lines = self._read()
        if lines and (not self._shortened or len(lines) > len(paths) + SLACK):
            kept = [line for line in lines if line in paths]
            files.write_atomic(self._path, "".join(f"{line}\n" for line in kept).encode())
            self._shortened = True
        return lines & set(paths)

    def add(self, paths: Sequence[str]) -> None:
        """Write down that `paths` are told; they are on the disk when it returns."""
        self._path.parent.mkdir(parents=True, exist_ok=True)
        with self._path.open("ab") as file:
            # What comes first ends a line that was cut short when the machine stopped.
            file.write("".join(["\n", *(f"{path}\n" for path in paths)]).encode())
            file.flush()
            os.fsync(file.fileno())

    def _read(self) -> set[str]:
        try:
            data = self._path.read_bytes()
        except FileNotFoundError:
            return set()
        return {line for line in data.decode(errors="replace").split("\n")[:-1] if line}
