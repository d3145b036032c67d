"""The files below some folders, each known by a digest of its bytes; most are not read to know it.

A file that has the size, the times and the inode that it had is taken for the same one, but
for one that was changed so shortly before it was looked at that another change might not
have moved the clock. In a new clone, where all of these are new, git knows the digests.
"""

import os
import subprocess
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence, Set
from pathlib import Path

import msgspec
from msgspec.structs import replace

from labo_ssg.disk import files
from labo_ssg.disk.files import Entry, Stamp
from labo_ssg.disk.times import is_sure
from labo_ssg.packing import DIGEST, cut, file_digest

UNKNOWN = bytes(DIGEST)
BLOCK = 1 << 20  # bytes of a file that are read at once
MANY = 64  # files that seem new, from which it is worth asking git

packed = msgspec.msgpack.Encoder().encode
_STAMPS = msgspec.msgpack.Decoder(list[Stamp])


class Listing(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """The files right in a folder, by name.

    `joined` are their names with slashes between them, `stamps` are packed, and `digests` follow
    one another, all in the same order: most folders are as they were, and no stamp of theirs is
    unpacked.
    """

    stamps: bytes
    digests: bytes
    joined: str

    @property
    def entries(self) -> list[Entry]:
        return list(zip(self.names(), _STAMPS.decode(self.stamps), strict=True))

    def names(self) -> list[str]:
        return self.joined.split("/")

    def files(self) -> Iterator[tuple[str, bytes]]:
        """Yield the name and the digest of each file."""
        yield from zip(self.names(), cut(self.digests), strict=True)


def listing(entries: Sequence[Entry], digests: bytes) -> Listing:
    """Return the listing of a folder that has these files."""
    return Listing(packed([entry[1] for entry in entries]), digests, "/".join([entry[0] for entry in entries]))


def relisted(entries: Sequence[Entry], before: Listing | None) -> Listing:
    """Return the listing of a folder that has these files: that of `before`, where it is the same.

    Files to which nothing was done have the digests that they had, the others `UNKNOWN`.
    """
    now = listing(entries, UNKNOWN * len(entries))
    if before is None:
        return now
    if (now.stamps, now.joined) == (before.stamps, before.joined):
        return before
    known = dict(zip(before.entries, cut(before.digests), strict=True))
    return replace(now, digests=b"".join(known.get(entry, UNKNOWN) for entry in entries))


Listings = dict[str, Listing]
"""By the path of the folder below the root, with forward slashes; a folder without files has none."""

Read = Callable[[Sequence[str]], Iterable[bytes]]
"""Gives the digests of the files at some paths, `UNKNOWN` for those that cannot be read."""


def complete(root: Path, found: Listings, changed: Set[str], known: Listings, read: Read) -> Listings:
    """Return the folders that were `found`, those that `changed` with all digests.

    Those of `known` files are asked of git, the others of `read`.
    """
    folders = dict(found)
    waiting = {path: names for path in changed if (names := _unknown(folders.get(path)))}
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
    stamps = _STAMPS.decode(listing.stamps)
    if all(is_sure(max(stamp[1:3]), clock) for stamp in stamps):
        return listing
    kept = [stamp if is_sure(max(stamp[1:3]), clock) else (stamp[0], 0, 0, 0) for stamp in stamps]
    return replace(listing, stamps=packed(kept))


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


def _recognised(listing: Listing, before: Listing | None, folder: str, committed: Mapping[str, bytes]) -> Listing:
    """Return `listing` with the digests of the files that were there `before`, of the same size, as git says.

    What git changes as it writes a file (the ends of its lines) has another size.
    """
    if before is None:
        return listing
    known = {
        (name, stamp[0]): digest for (name, stamp), digest in zip(before.entries, cut(before.digests), strict=True)
    }

    def recognised(entry: Entry, digest: bytes) -> bytes:
        blob = committed.get(join(folder, entry[0]), UNKNOWN)
        return blob if digest == UNKNOWN and known.get((entry[0], entry[1][0])) == blob else digest

    return replace(listing, digests=b"".join(map(recognised, listing.entries, cut(listing.digests))))


def _unknown(listing: Listing | None) -> list[str]:
    """Return the names of the files whose digest is not known."""
    if listing is None or UNKNOWN not in listing.digests:
        return []
    known = zip(listing.entries, cut(listing.digests), strict=True)
    return [name for (name, stamp), digest in known if digest == UNKNOWN and stamp[0] != files.NO_FILE]
