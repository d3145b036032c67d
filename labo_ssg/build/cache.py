"""What builds remember of pure work, in one SQLite file: to delete it costs time and nothing else.

Each piece of work has a place, named by its kind and its source, and a key, a digest of all
that shaped it. Where the key is another one, the work is done again and takes the place of
what was there: what is kept grows with the site, not with its history. Facts are what all
pages may need of a work: they lie in drawers, and are at hand. The work itself is loaded where it is shown.
"""

import os
import sqlite3
import sys
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from functools import cache, lru_cache
from pathlib import Path
from typing import Any, TypeVar

import msgspec

from labo_ssg.build.drawers import TABLE, Cabinet, sealed, unsealed
from labo_ssg.disk import files
from labo_ssg.disk.files import Times
from labo_ssg.disk.scan import Tree
from labo_ssg.disk.sources import Listing, Listings
from labo_ssg.disk.times import on_disk, settled, telling_disk
from labo_ssg.packing import digest, unpack
from labo_ssg.places import installed

NAME = "cache.sqlite"
PATIENCE = 60.0  # seconds to wait for another process that reads
FEW = 100  # folders that are sooner listed once more than remembered
CODE = (".py", ".po", ".mo")
OUTPUTS = 6  # output folders that are known, the latest ones

_TABLES = f"""
BEGIN;
{TABLE}
CREATE TABLE works (id INTEGER PRIMARY KEY, kind TEXT, path TEXT, key BLOB, work BLOB, UNIQUE (kind, path));
CREATE TABLE notes (name TEXT PRIMARY KEY, note BLOB) WITHOUT ROWID;
"""

Value = TypeVar("Value")


class Missing(KeyError):  # noqa: N818 - what happened to it
    """A work is not where it was kept."""


class Known(msgspec.Struct, array_like=True, dict=True):
    """The key and the facts of a piece of work that was done; the noun that the facts are stays at hand."""

    key: bytes
    facts: bytes

    def value(self, kind: type[Value]) -> Value:
        """Return the facts as the noun they are."""
        try:
            found: Value = self.__dict__["noun"]
        except KeyError:
            found = self.__dict__["noun"] = unpack(self.facts, kind)
        return found

    def passing(self, noun: object) -> "Known":
        """Return the same, of which the facts do not tell the `noun`."""
        self.__dict__["noun"] = noun
        return self


class Cache:
    """The memory of the builds of a site. What is read once stays at hand."""

    def __init__(self, path: Path, word: str = "") -> None:
        self.path, self.word = path, word
        # The builds of a preview come from several threads, one at a time.
        self._connection = sqlite3.connect(path, timeout=PATIENCE, check_same_thread=False)
        self._inode, self._read_at = path.stat().st_ino, self._version()
        self._cabinets: dict[str, Cabinet[Any]] = {}

    def is_of(self, program: bytes) -> bool:
        """Tell whether the file was made by this `program`; raise sqlite3.DatabaseError where it is none of ours."""
        row = self._connection.execute("SELECT note FROM notes WHERE name = 'recipe'").fetchone()
        return bool(row) and row[0] == program

    def is_current(self) -> bool:
        """Tell whether the file is still the one that was read, and nobody else has changed it."""
        try:
            return self.path.stat().st_ino == self._inode and self._version() == self._read_at
        except (OSError, sqlite3.Error):
            return False

    def _version(self) -> int:
        """Return a number that changes when another connection does something to the file."""
        found: int = self._connection.execute("PRAGMA data_version").fetchone()[0]
        return found

    def cabinet(self, name: str, kind: type[Value]) -> Cabinet[Value]:
        """Return the small things of a `kind` that are kept under `name`, by path."""
        if name not in self._cabinets:
            self._cabinets[name] = Cabinet(self._connection, name, kind)
        return self._cabinets[name]

    def facts(self, kind: str) -> dict[str, Known]:
        """Return all that is known of the works of a `kind`, by path."""
        return self._facts(kind).things

    def _facts(self, kind: str) -> Cabinet[Known]:
        return self.cabinet(f"facts {kind}", Known)

    def keep(self, kind: str, path: str, key: bytes, facts: bytes, work: bytes) -> None:
        """Remember a piece of work, in the place of what was there."""
        self._facts(kind).put(path, Known(key, facts))
        if work:
            self.put(kind, path, work, key)

    def put(self, kind: str, path: str, work: bytes, key: bytes = b"") -> None:
        """Remember a work; one without a key is asked for by its place alone."""
        statement = "REPLACE INTO works (kind, path, key, work) VALUES (?, ?, ?, ?)"
        self._connection.execute(statement, (kind, path, key, sealed(work)))

    def get(self, kind: str, path: str) -> bytes:
        """Return what was `put` in a place, b"" for nothing."""
        query = "SELECT work FROM works WHERE kind = ? AND path = ?"
        row = self._connection.execute(query, (kind, path)).fetchone()
        return unsealed(row[0]) if row else b""

    def remove(self, kind: str, paths: Iterable[str]) -> None:
        """Forget what was `put` in some places."""
        places = [(kind, path) for path in paths]
        self._connection.executemany("DELETE FROM works WHERE kind = ? AND path = ?", places)

    def drop(self, kind: str, paths: Iterable[str]) -> None:
        """Forget the works of a `kind` from some paths."""
        self.remove(kind, self._facts(kind).remove(paths))

    def folders(self, tree: str) -> Listings:
        """Return the folders of a `tree` as they were."""
        return self.cabinet(f"folders {tree}", Listing).things

    def keep_folders(self, tree: str, folders: Listings) -> None:
        """Remember the folders of a `tree`."""
        self.cabinet(f"folders {tree}", Listing).become(folders)

    def tree(self, name: str) -> Tree:
        """Return the folders of a tree as they were, and the times by which they are known again."""
        return Tree(self.folders(name), self.cabinet(f"times {name}", Times).things)

    def keep_times(self, tree: str, times: Mapping[str, Times], clock: int, *, at_once: bool) -> None:
        """Remember the own times of the folders of a `tree` that were looked at from `clock` (ns) on.

        It must have its folders kept as they were then. Unless `at_once`, that is left for
        later where to list those that are new takes less time than to write.
        """
        known = self.tree(tree).times
        if at_once or (known != times and sum(known.get(path) != one for path, one in times.items()) >= FEW):
            found = on_disk(settled(times, clock), telling_disk(self.path.parent))
            same = {path: known[path] for path, one in found.items() if known.get(path) == one}
            self.cabinet(f"times {tree}", Times).become(found | same)

    def note(self, name: str) -> bytes:
        """Return what was noted under `name`, b"" for nothing."""
        row = self._connection.execute("SELECT note FROM notes WHERE name = ?", (name,)).fetchone()
        return unsealed(row[0]) if row else b""

    def keep_note(self, name: str, note: bytes) -> None:
        self._connection.execute("REPLACE INTO notes VALUES (?, ?)", (name, sealed(note)))

    def use(self, output: str) -> None:
        """Note that a build into `output` knows its folder by this name; forget all but the latest of such folders."""
        names = msgspec.json.decode(self.note("outputs") or b"[]", type=list[str])
        latest = [output, *(name for name in names if name != output)]
        for name in latest[OUTPUTS:]:
            for cabinet in (f"folders {name}", f"times {name}", f"pages {name}", f"bundles {name}"):
                self._cabinets.pop(cabinet, None)
                self._connection.execute("DELETE FROM drawers WHERE cabinet = ?", (cabinet,))
            self._connection.execute("DELETE FROM works WHERE kind = ?", (f"history {name}",))
            notes = (f"way {name}", f"last {name}")
            self._connection.execute("DELETE FROM notes WHERE name IN (?, ?)", notes)
        if latest != names:
            self.keep_note("outputs", msgspec.json.encode(latest[:OUTPUTS]))

    def commit(self) -> None:
        """Make sure of what was remembered so far: other processes can load it from now on."""
        for cabinet in self._cabinets.values():
            cabinet.write()
        self._connection.commit()

    def close(self) -> None:
        """Forget what was not committed."""
        self._connection.close()


@contextmanager
def opened(folder: Path, damage: str = "") -> Iterator[Cache]:
    """Give the cache in `folder`: a new one where there is none that this program, as it is now, can use.

    `damage` is what was found wrong with the one that is there, in spite of its good looks.
    """
    path = folder / NAME
    path.parent.mkdir(parents=True, exist_ok=True)
    found = _open(path, damage)
    try:
        yield found
    finally:
        found.close()


def load(path: Path, kind: str, source: str, key: bytes) -> bytes:
    """Return the work of a `kind` and a `source` from the cache at `path`; raise KeyError where it is not there."""
    query = "SELECT work FROM works WHERE kind = ? AND path = ? AND key = ?"
    rows = _reader(path, os.getpid(), path.stat().st_ino).execute(query, (kind, source, key)).fetchall()
    if not rows:
        raise Missing(source)
    return unsealed(rows[0][0])


@lru_cache(maxsize=1)
def _reader(path: Path, process: int, inode: int) -> sqlite3.Connection:
    """Return a connection of this `process`, and of no other one, to the cache that is at `path` now."""
    return sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro", uri=True, timeout=PATIENCE, check_same_thread=False)


def damage(error: Exception) -> str:
    """Return what `error` says of a cache that is not as it was written, "" where it says something else."""
    if isinstance(error, sqlite3.OperationalError):  # the disk is full, for example
        return "" if getattr(error, "sqlite_errorcode", sqlite3.SQLITE_ERROR) != sqlite3.SQLITE_ERROR else str(error)
    if isinstance(error, sqlite3.DatabaseError | msgspec.DecodeError | UnicodeDecodeError):
        return str(error)
    return f"nothing is kept of {error.args[0]}" if isinstance(error, Missing) else ""


def _open(path: Path, damaged: str) -> Cache:
    if path.exists():
        try:
            found = Cache(path)
            if not damaged and found.is_of(recipe()):
                return found
            found.close()
        except sqlite3.DatabaseError as error:
            damaged = damaged or str(error)
        for old in path.parent.glob(f"{NAME}*"):  # with the journal of what was going on
            old.unlink()
    _reader.cache_clear()
    word = f"{path} could not be used ({damaged}); it is made anew, all pages are too" if damaged else ""
    found = Cache(path, word)
    found._connection.executescript(_TABLES)
    found._connection.execute("REPLACE INTO notes VALUES ('recipe', ?)", (recipe(),))
    found.commit()
    return found


@cache
def recipe() -> bytes:
    """Return a digest of all code that takes part in a build: ours, the packages', Python's."""
    home = Path(__file__).parent.parent
    ours = sorted(path for path in files.all_files(home) if path.endswith(CODE))
    own = (part for path in ours for part in (path.encode(), files.read(home, path)[0]))
    return digest(sys.version.encode(), msgspec.json.encode(installed()), *own)
