"""The files below some folders, each known by a digest of its bytes; most are not read to know it.

A file that has the size, the times and the inode that it had is taken for the same one, but
for one that was changed so shortly before it was looked at that another change might not
have moved the clock. In a new clone, where all of these are new, git knows the digests.
"""

import os
from collections.abc import Callable, Iterable, Iterator, Sequence, Set
from pathlib import Path

import msgspec
from msgspec.structs import replace

from labo_ssg.disk import files
from labo_ssg.disk.committed import Blobs, Committed, by_git
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

    def sizes(self) -> list[int]:
        return [stamp[0] for stamp in _STAMPS.decode(self.stamps)]

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


def complete(
    root: Path,
    found: Listings,
    changed: Set[str],
    known: Listings,
    read: Read,
    committed: Committed | None = None,
) -> Listings:
    """Return the folders that were `found`, those that `changed` with all digests.

    Those of many `known` files are asked of git, unless somebody has already, and tells what
    was `committed`; the others of `read`.
    """
    folders = dict(found)
    waiting = [path for path in changed if path in folders and UNKNOWN in folders[path].digests]
    again = [path for path in waiting if path in known]
    if sum(folders[path].digests.count(UNKNOWN) for path in again) > MANY:
        blobs = by_git(root) if committed is None else committed
        for path in again:
            folders[path] = _recognised(folders[path], known[path], blobs.get(path))
    unread = {path: names for path in waiting if (names := _unknown(folders[path]))}
    paths = [join(path, name) for path, names in unread.items() for name in names]
    digests = dict(zip(paths, read(paths), strict=True))
    for path in unread:
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


def join(folder: str, name: str) -> str:
    return f"{folder}/{name}" if folder else name


def _recognised(listing: Listing, before: Listing, blobs: Blobs | None) -> Listing:
    """Return `listing` with the digests of the files that were there `before`, of the same size, as git says.

    What git changes as it writes a file (the ends of its lines) has another size.
    """
    if blobs is None:
        return listing
    sizes = listing.sizes()
    if (listing.joined, sizes) == (before.joined, before.sizes()) and blobs == (before.joined, before.digests):
        return replace(listing, digests=before.digests)  # as most folders are
    known = {(name, size): one for (name, one), size in zip(before.files(), before.sizes(), strict=True)}
    committed = dict(zip(blobs.joined.split("/"), cut(blobs.digests), strict=True))

    def recognised(name: str, size: int, digest: bytes) -> bytes:
        blob = committed.get(name, UNKNOWN)
        return blob if digest == UNKNOWN and known.get((name, size)) == blob else digest

    return replace(listing, digests=b"".join(map(recognised, listing.names(), sizes, cut(listing.digests))))


def _unknown(listing: Listing) -> list[str]:
    """Return the names of the files whose digest is not known."""
    if UNKNOWN not in listing.digests:
        return []
    known = zip(listing.files(), listing.sizes(), strict=True)
    return [name for (name, digest), size in known if digest == UNKNOWN and size != files.NO_FILE]
