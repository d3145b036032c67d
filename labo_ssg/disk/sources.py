"""The files below some folders, each known by a digest of its bytes; most are not read to know it.

A file that has the size, the times and the inode that it had is taken for the same one, but
for one that was changed so shortly before it was looked at that another change might not
have moved the clock. In a new clone, where all of these are new, git knows the digests.
"""

import os
import subprocess
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import cached_property, partial
from pathlib import Path
from typing import NamedTuple

import msgspec
from msgspec.structs import replace

from labo_ssg.disk import beside, files
from labo_ssg.disk.files import Entry, Seen
from labo_ssg.packing import DIGEST, cut, file_digest
from labo_ssg.problems import Problem

UNKNOWN = bytes(DIGEST)
BLOCK = 1 << 20  # bytes of a file that are read at once
TICK = 20_000_000  # nanoseconds: no disk's clock ticks more slowly…
WHOLE_SECONDS = 2_000_000_000  # … but for those that count seconds
WORTH = 1000  # folders that take longer than to make a copy of this process
MANY = 64  # files that seem new, from which it is worth asking git

_ENTRIES = msgspec.msgpack.Decoder(list[Entry])


class Listing(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """The files right in a folder, by name.

    `stamps` are their packed entries; `joined` are their names with slashes between them, and
    `digests` follow, both in the same order: most folders are as they were, and no stamp of
    theirs is unpacked.
    """

    stamps: bytes
    digests: bytes
    joined: str

    @property
    def entries(self) -> list[Entry]:
        return _ENTRIES.decode(self.stamps)

    def names(self) -> list[str]:
        return self.joined.split("/")

    def files(self) -> Iterator[tuple[str, bytes]]:
        """Yield the name and the digest of each file."""
        yield from zip(self.names(), cut(self.digests), strict=True)


def listing(entries: Sequence[Entry], digests: bytes) -> Listing:
    """Return the listing of a folder that has these files."""
    return Listing(msgspec.msgpack.encode(entries), digests, "/".join([entry[0] for entry in entries]))


Listings = dict[str, Listing]
"""By the path of the folder below the root, with forward slashes; a folder without files has none."""

Look = Callable[[Path, str], Seen]
"""Looks at what is right in a folder."""

Read = Callable[[Sequence[str]], Iterable[bytes]]
"""Gives the digests of the files at some paths, `UNKNOWN` for those that cannot be read."""


class Scan(NamedTuple):
    """What is there, the folders in which something may have changed or is gone, and what cannot be a file."""

    folders: Listings
    changed: set[str]
    problems: list[Problem]


def rescan(root: Path, tops: Iterable[str], known: Listings, touched: Iterable[str]) -> Scan:
    """Look again at what is right in the folders that were `touched`, below `tops`, and below new ones."""
    beneath = tuple(f"{top}/" for top in tops)
    again = {path for path in touched if f"{path}/".startswith(beneath)}
    gone = {path for path in again if not (root / path).is_dir()}
    kept = {
        path: listing
        for path, listing in known.items()
        if path not in again and not any(path.startswith(f"{one}/") for one in gone)
    }
    problems = _look(root, sorted(again - gone), known, files.look, kept)
    return _compared(kept, known, problems)


def scan(root: Path, tops: Iterable[str], known: Listings, look: Look = files.look) -> Scan:
    """Look at the files below the folders `tops` of `root`; the digest of one that is not `known` is `UNKNOWN`."""
    return Begun(root, tops, known, look).seen


class Begun:
    """A `scan` that was begun, at which copies of this process look, if there are to be any and it is worth it."""

    def __init__(
        self, root: Path, tops: Iterable[str], known: Listings, look: Look = files.look, *, copies: int = 0
    ) -> None:
        self._known, self._found, self._problems = known, dict[str, Listing](), list[Problem]()
        waiting = list(tops)
        while waiting and (not copies or len(waiting) < WORTH):  # one level after another, until there is enough
            below = []
            for folder in waiting:
                more, problems = _look_at(root, folder, known, look, self._found)
                below += more
                self._problems += problems
            waiting = below
        shares = [waiting[number::copies] for number in range(copies)] if waiting else []
        self._others = [beside.begin(partial(_share, root, share, known, look)) for share in shares]

    @cached_property
    def seen(self) -> Scan:
        """What was seen, once all has been looked at."""
        for other in self._others:
            same, new, problems = other()
            self._found |= {path: self._known[path] for path in same} | new
            self._problems += problems
        return _compared(self._found, self._known, self._problems)


def _share(root: Path, first: Sequence[str], known: Listings, look: Look) -> tuple[list[str], Listings, list[Problem]]:
    """Look at the `first` folders and all below; return the paths of those that are as they were, others, problems."""
    found: Listings = {}
    problems = _look(root, first, known, look, found)
    same = [path for path, listing in found.items() if known.get(path) is listing]
    return same, {path: found[path] for path in found.keys() - set(same)}, problems


def _look(root: Path, first: Iterable[str], known: Listings, look: Look, found: Listings) -> list[Problem]:
    """Add to `found` the `first` folders and all below them that are not in it already; return the problems."""
    problems: list[Problem] = []
    waiting = list(first)
    while waiting:
        below, more = _look_at(root, waiting.pop(), known, look, found)
        waiting += [folder for folder in below if folder not in found]
        problems += more
    return problems


def _look_at(root: Path, at: str, known: Listings, look: Look, found: Listings) -> tuple[list[str], list[Problem]]:
    """Add the folder `at` to `found`, if there are files in it; return the folders below it, and the problems."""
    seen = look(root, at)
    if seen.files:
        before = known.get(at)
        same = before and before.stamps == msgspec.msgpack.encode(seen.files)
        found[at] = before if before and same else listing(seen.files, _digests(seen.files, before))
    return seen.folders, seen.problems


def _compared(found: Listings, known: Listings, problems: list[Problem]) -> Scan:
    changed = {path for path in known.keys() | found.keys() if known.get(path) is not found.get(path)}
    return Scan(found, changed, problems)


def complete(root: Path, scanned: Scan, known: Listings, read: Read) -> Listings:
    """Return the folders of `scanned` with all digests, those of `known` files from git, the others from `read`."""
    folders = dict(scanned.folders)
    waiting = {path: names for path in scanned.changed if (names := _unknown(folders.get(path)))}
    if sum(len(names) for path, names in waiting.items() if path in known) > MANY:
        committed = by_git(root)
        for path in waiting:
            folders[path] = _recognised(folders[path], known.get(path), path, committed)
        waiting = {path: _unknown(folders[path]) for path in waiting}
    paths = [join(path, name) for path, names in waiting.items() for name in names]
    digests = dict(zip(paths, read(paths), strict=True))
    for path in waiting:
        parts = (digests.get(join(path, name), digest) for name, digest in folders[path].files())
        folders[path] = replace(folders[path], digests=b"".join(parts))
    return folders


def read_digest(root: Path, path: str) -> bytes:
    """Return the digest of the file at `path` below `root`, `UNKNOWN` where it cannot be read."""
    try:
        descriptor = os.open(f"{root}/{path}", os.O_RDONLY)  # thousands are read, of which a Path each takes too long
        try:
            size = os.fstat(descriptor).st_size
            found = file_digest(size)
            while block := os.read(descriptor, min(size + 1, BLOCK)):
                found.update(block)
        finally:
            os.close(descriptor)
    except OSError:
        return UNKNOWN
    return found.digest()


def settled(listing: Listing, clock: int) -> Listing:
    """Return `listing` as it may be trusted later: what was changed just before `clock` (ns) is looked at again."""
    entries = listing.entries
    if all(_is_sure(entry, clock) for entry in entries):
        return listing
    kept = [entry if _is_sure(entry, clock) else (entry[0], entry[1], 0, 0, 0) for entry in entries]
    return replace(listing, stamps=msgspec.msgpack.encode(kept))


def digests_by_path(folders: Listings) -> dict[str, bytes]:
    """Return the digest of each file of some `folders`, by its path."""
    found: dict[str, bytes] = {}
    for folder, listing in folders.items():
        above = f"{folder}/" if folder else ""
        found.update(zip([above + name for name in listing.names()], cut(listing.digests), strict=True))
    return found


def by_git(root: Path) -> dict[str, bytes]:
    """Return the digests of the files below `root` that lie there as they were committed; none without git."""
    try:
        tracked = _git(root, "ls-files", "-s", "-v", "-z")
        changed = set(_git(root, "diff-files", "--name-only", "-z", "--relative"))
    except (OSError, subprocess.CalledProcessError):
        return {}
    found = {}
    for line in tracked:
        about, _, path = line.partition("\t")
        state, mode, blob, stage = about.split(" ")
        # In another state than H, git was told to pass the file over, changed or not.
        if state == "H" and mode.startswith("100") and stage == "0" and len(blob) == 2 * DIGEST and path not in changed:
            found[path] = bytes.fromhex(blob)
    return found


def join(folder: str, name: str) -> str:
    return f"{folder}/{name}" if folder else name


def _git(root: Path, *words: str) -> list[str]:
    done = subprocess.run(["git", *words], cwd=root, capture_output=True, check=True)  # noqa: S603, S607 - git itself
    return [os.fsdecode(one) for one in done.stdout.split(b"\0") if one]


def _digests(entries: Sequence[Entry], before: Listing | None) -> bytes:
    """Return the digests of `entries`: those that they had where nothing was done to them."""
    if before is None:
        return UNKNOWN * len(entries)
    known = {entry: digest for entry, (_, digest) in zip(before.entries, before.files(), strict=True)}
    return b"".join(known.get(entry, UNKNOWN) for entry in entries)


def _recognised(listing: Listing, before: Listing | None, folder: str, committed: Mapping[str, bytes]) -> Listing:
    """Return `listing` with the digests of the files that were there `before`, of the same size, as git says.

    What git changes as it writes a file (the ends of its lines) has another size.
    """
    if before is None:
        return listing
    known = {entry[:2]: digest for entry, (_, digest) in zip(before.entries, before.files(), strict=True)}

    def recognised(entry: Entry, digest: bytes) -> bytes:
        blob = committed.get(join(folder, entry[0]), UNKNOWN)
        return blob if digest == UNKNOWN and known.get(entry[:2]) == blob else digest

    digests = (digest for _, digest in listing.files())
    return replace(listing, digests=b"".join(map(recognised, listing.entries, digests)))


def _unknown(listing: Listing | None) -> list[str]:
    """Return the names of the files whose digest is not known."""
    if listing is None or UNKNOWN not in listing.digests:
        return []
    sizes = {entry[0]: entry[1] for entry in listing.entries}
    return [name for name, digest in listing.files() if digest == UNKNOWN and sizes[name] != files.NO_FILE]


def _is_sure(entry: Entry, clock: int) -> bool:
    """Tell whether a change after `clock` would show in the stamp of `entry`."""
    changed = max(entry[2], entry[3])
    return changed + (TICK if changed % 1_000_000_000 else WHOLE_SECONDS) < clock
