"""Whether a build would change anything: all that decides it is as it was when the last one ended."""

import os
from datetime import datetime
from pathlib import Path

import msgspec

from labo_ssg.build.cache import Cache
from labo_ssg.disk import files
from labo_ssg.packing import digest
from labo_ssg.places import SETTINGS, TEMPLATES, default_templates

GENERATION = "generation"  # the note that changes when a source does


class Last(msgspec.Struct, frozen=True, array_like=True):
    """A build that went well: what it stood on, from when until when it is right (POSIX time), what it made."""

    ground: bytes
    since: float
    until: float
    pages: int
    articles: int
    comments: int
    foreign: tuple[str, ...]


def looks(root: Path) -> bytes:
    """Return a digest of the settings and of all templates as they are now.

    It is taken before a build reads them: what changes meanwhile then shows in the next one.
    """
    parts = [files.read(root, SETTINGS)[0]]
    for folder in dict.fromkeys((root / TEMPLATES, default_templates())):
        for path in sorted(files.all_files(folder, through_links=True)):
            kind = b"file" if files.is_plain(folder, path) else b"link"
            parts += (os.fsencode(path), kind, files.read(folder, path)[0])
    return digest(*parts)


def ground(seen: bytes, cache: Cache, *, drafts: bool, pending: bool) -> bytes:
    """Return a digest of all that decides what a build makes, but for the time; `seen` is that of the looks."""
    return digest(b"drafts" if drafts else b"", b"pending" if pending else b"", cache.note(GENERATION), seen)


def recall(cache: Cache, output: str, on: bytes, now: datetime) -> Last | None:
    """Return the last build into `output`, where a new one at `now`, `on` this ground, would make the same."""
    note = cache.note(f"last {output}")
    last = msgspec.msgpack.decode(note, type=Last) if note else None
    return last if last and last.ground == on and last.since <= now.timestamp() < last.until else None


def remember(cache: Cache, output: str, last: Last) -> None:
    cache.keep_note(f"last {output}", msgspec.msgpack.encode(last))
