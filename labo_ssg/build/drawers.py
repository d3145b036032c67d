"""Small things that are asked for all at once, by path: they lie many to a drawer, so that few rows are read.

Where one of them changes, its drawer is written anew, and no other one.
"""

import sqlite3
from collections.abc import Iterable, Mapping
from typing import Generic, TypeVar
from zlib import crc32

import msgspec

Thing = TypeVar("Thing")

DRAWERS = 256
TABLE = "CREATE TABLE drawers (cabinet TEXT, number INTEGER, things BLOB, PRIMARY KEY (cabinet, number)) WITHOUT ROWID;"

_encode = msgspec.msgpack.Encoder().encode


class Cabinet(Generic[Thing]):
    """The drawers of one name: `things` are all that is in them, by path."""

    def __init__(self, connection: sqlite3.Connection, name: str, kind: type[Thing]) -> None:
        self._connection, self._name = connection, name
        self._drawers: dict[int, dict[str, Thing]] = {}
        self._changed: set[int] = set()
        self.things: dict[str, Thing] = {}
        decoder = msgspec.msgpack.Decoder(dict[str, kind])  # type: ignore[valid-type] # it is one when this runs
        for number, packed in connection.execute("SELECT number, things FROM drawers WHERE cabinet = ?", (name,)):
            self._drawers[number] = decoder.decode(unsealed(packed))
            self.things.update(self._drawers[number])

    def put(self, path: str, thing: Thing) -> None:
        """Have `thing` take the place of what was at `path`."""
        number = _drawer(path)
        self.things[path] = self._drawers.setdefault(number, {})[path] = thing
        self._changed.add(number)

    def remove(self, paths: Iterable[str]) -> list[str]:
        """Remove what is at some paths; return those at which something was."""
        gone = [path for path in paths if self.things.pop(path, None) is not None]
        for path in gone:
            number = _drawer(path)
            del self._drawers[number][path]
            self._changed.add(number)
        return gone

    def become(self, things: Mapping[str, Thing]) -> None:
        """Hold these `things`, and no others."""
        known = self.things
        self.remove([path for path in known if path not in things])
        for path, thing in things.items():
            if known.get(path) is not thing:
                self.put(path, thing)

    def write(self) -> None:
        """Write the drawers in which something has changed."""
        for number in self._changed:
            things = self._drawers[number]
            row = (self._name, number, sealed(_encode(things)))
            if things:
                self._connection.execute("REPLACE INTO drawers VALUES (?, ?, ?)", row)
            else:
                self._connection.execute("DELETE FROM drawers WHERE cabinet = ? AND number = ?", row[:2])
        self._changed.clear()


def _drawer(path: str) -> int:
    """Return the number of the drawer in which the thing at `path` lies."""
    return crc32(path.encode()) % DRAWERS


def sealed(data: bytes) -> bytes:
    """Return `data` with a sum by which one sees later that it is whole: a disk may change what nobody wrote."""
    return crc32(data).to_bytes(4, "big") + data


def unsealed(sealed: bytes) -> bytes:
    """Return what was sealed; raise sqlite3.DatabaseError where it is not as it was."""
    data = sealed[4:]
    if crc32(data).to_bytes(4, "big") != sealed[:4]:
        raise sqlite3.DatabaseError("a part of it is not as it was written")
    return data
