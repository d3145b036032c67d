"""What builds remember of pure work, in one SQLite file: to delete it costs time and nothing else.

Each piece of work has a place, named by its kind and its source, and a key, a digest of all
that shaped it. Where the key is another one, the work is done again and takes the place of
what was there: what is kept grows with the site, not with its history. Facts are what all
pages may need of a work, and are at hand; the work itself is loaded where it is shown.
"""

import os
import sqlite3
import sys
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from functools import cache, lru_cache
from pathlib import Path
from typing import Any, TypeVar
from zlib import crc32

import msgspec

from labo_ssg.disk.sources import Listing, Listings
from labo_ssg.packing import digest, unpack
from labo_ssg.places import installed

NAME = "cache.sqlite"
PATIENCE = 60.0  # seconds to wait for another process that reads
OUTPUTS = 6  # output folders that are known, the latest ones

_TABLES = """
BEGIN;
CREATE TABLE facts (kind TEXT, path TEXT, key BLOB, facts BLOB, PRIMARY KEY (kind, path)) WITHOUT ROWID;
CREATE TABLE works (id INTEGER PRIMARY KEY, kind TEXT, path TEXT, key BLOB, work BLOB, UNIQUE (kind, path));
CREATE TABLE folders (tree TEXT, path TEXT, listing BLOB, PRIMARY KEY (tree, path)) WITHOUT ROWID;
CREATE TABLE notes (name TEXT PRIMARY KEY, note BLOB) WITHOUT ROWID;
"""

_LISTING = msgspec.msgpack.Decoder(Listing)
_packed = msgspec.msgpack.Encoder().encode

Value = TypeVar("Value")


class Missing(KeyError):  # noqa: N818 - what happened to it
    """A work is not where it was kept."""


class Known(msgspec.Struct):
    """The key and the facts of a piece of work that was done; `noun` is what the facts are, once it was asked for."""

    key: bytes
    facts: bytes
    noun: Any = None

    def value(self, kind: type[Value]) -> Value:
        """Return the facts as the noun they are."""
        if self.noun is None:
            self.noun = unpack(self.facts, kind)
        found: Value = self.noun
        return found


class Cache:
    """The memory of the builds of a site. What is read once stays at hand."""

    def __init__(self, path: Path, word: str = "") -> None:
        self.path, self.word = path, word
        # The builds of a preview come from several threads, one at a time.
        self._connection = sqlite3.connect(path, timeout=PATIENCE, check_same_thread=False)
        self._inode, self._read_at = path.stat().st_ino, self._version()
        self._facts: dict[str, dict[str, Known]] = {}
        self._folders: dict[str, Listings] = {}

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

    def facts(self, kind: str) -> dict[str, Known]:
        """Return all that is known of the works of a `kind`, by path."""
        if kind not in self._facts:
            rows = self._connection.execute("SELECT path, key, facts FROM facts WHERE kind = ?", (kind,))
            self._facts[kind] = {path: Known(key, _unsealed(facts)) for path, key, facts in rows}
        return self._facts[kind]

    def keep(self, kind: str, path: str, key: bytes, facts: bytes, work: bytes) -> Known:
        """Remember a piece of work, in the place of what was there."""
        known = self.facts(kind)[path] = Known(key, facts)
        self._connection.execute("REPLACE INTO facts VALUES (?, ?, ?, ?)", (kind, path, key, _sealed(facts)))
        if work:
            self.put(kind, path, work, key)
        return known

    def put(self, kind: str, path: str, work: bytes, key: bytes = b"") -> None:
        """Remember a work; one without a key is asked for by its place alone."""
        statement = "REPLACE INTO works (kind, path, key, work) VALUES (?, ?, ?, ?)"
        self._connection.execute(statement, (kind, path, key, _sealed(work)))

    def get(self, kind: str, path: str) -> bytes:
        """Return what was `put` in a place, b"" for nothing."""
        query = "SELECT work FROM works WHERE kind = ? AND path = ?"
        row = self._connection.execute(query, (kind, path)).fetchone()
        return _unsealed(row[0]) if row else b""

    def remove(self, kind: str, paths: Iterable[str]) -> None:
        """Forget what was `put` in some places."""
        places = [(kind, path) for path in paths]
        self._connection.executemany("DELETE FROM works WHERE kind = ? AND path = ?", places)

    def drop(self, kind: str, paths: Iterable[str]) -> None:
        """Forget the works of a `kind` from some paths."""
        known = self.facts(kind)
        gone = [(kind, path) for path in paths if known.pop(path, None)]
        for table in ("facts", "works"):
            self._connection.executemany(f"DELETE FROM {table} WHERE kind = ? AND path = ?", gone)  # noqa: S608 - ours

    def folders(self, tree: str) -> Listings:
        """Return the folders of a `tree` as they were."""
        if tree not in self._folders:
            rows = self._connection.execute("SELECT path, listing FROM folders WHERE tree = ?", (tree,))
            self._folders[tree] = {path: _LISTING.decode(_unsealed(listing)) for path, listing in rows}
        return self._folders[tree]

    def keep_folders(self, tree: str, folders: Listings) -> None:
        """Remember the folders of a `tree`."""
        known = self.folders(tree)
        changed = [path for path in known.keys() | folders.keys() if known.get(path) is not folders.get(path)]
        gone = [(tree, path) for path in changed if path not in folders]
        there = [(tree, path, _sealed(_packed(folders[path]))) for path in changed if path in folders]
        self._connection.executemany("DELETE FROM folders WHERE tree = ? AND path = ?", gone)
        self._connection.executemany("REPLACE INTO folders VALUES (?, ?, ?)", there)
        self._folders[tree] = dict(folders)

    def note(self, name: str) -> bytes:
        """Return what was noted under `name`, b"" for nothing."""
        row = self._connection.execute("SELECT note FROM notes WHERE name = ?", (name,)).fetchone()
        return _unsealed(row[0]) if row else b""

    def keep_note(self, name: str, note: bytes) -> None:
        self._connection.execute("REPLACE INTO notes VALUES (?, ?)", (name, _sealed(note)))

    def use(self, output: str) -> None:
        """Note that a build into `output` knows its folder by this name; forget all but the latest of such folders."""
        names = msgspec.json.decode(self.note("outputs") or b"[]", type=list[str])
        latest = [output, *(name for name in names if name != output)]
        for name in latest[OUTPUTS:]:
            self.keep_folders(name, {})
            self._connection.execute("DELETE FROM works WHERE kind = ?", (f"history {name}",))
            notes = (f"pages {name}", f"way {name}", f"last {name}")
            self._connection.execute("DELETE FROM notes WHERE name IN (?, ?, ?)", notes)
        if latest != names:
            self.keep_note("outputs", msgspec.json.encode(latest[:OUTPUTS]))

    def commit(self) -> None:
        """Make sure of what was remembered so far: other processes can load it from now on."""
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
    return _unsealed(rows[0][0])


def _sealed(data: bytes) -> bytes:
    """Return `data` with a sum by which one sees later that it is whole: a disk may change what nobody wrote."""
    return crc32(data).to_bytes(4, "big") + data


def _unsealed(sealed: bytes) -> bytes:
    """Return what was sealed; raise sqlite3.DatabaseError where it is not as it was."""
    data = sealed[4:]
    if crc32(data).to_bytes(4, "big") != sealed[:4]:
        raise sqlite3.DatabaseError("a part of it is not as it was written")
    return data


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
    ours = [path for path in sorted(home.rglob("*")) if path.is_file() and path.suffix in (".py", ".po", ".mo")]
    own = (part for path in ours for part in (str(path.relative_to(home)).encode(), path.read_bytes()))
    return digest(sys.version.encode(), msgspec.json.encode(installed()), *own)
