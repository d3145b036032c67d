"""The own times of a folder: what they tell of the names in it, and on which disk they do.

A name that comes, goes or leads to something else moves the times of its folder; what is
written into a file does not. Not every file system keeps to that, so it is tried.
"""

import os
import tempfile
from collections.abc import Callable, Mapping
from pathlib import Path

from labo_ssg.disk import files
from labo_ssg.disk.files import NO_TIMES, Times

TICK = 20_000_000  # nanoseconds: no disk's clock ticks more slowly…
WHOLE_SECONDS = 2_000_000_000  # … but for those that count seconds
_OLD = 1_000_000_000 * 1_000_000_000  # a time in 2001


def is_sure(changed: int, clock: int) -> bool:
    """Tell whether what was `changed` at a time (ns) would have another one after a change at `clock` or later."""
    return changed + (TICK if changed % 1_000_000_000 else WHOLE_SECONDS) < clock


def settled(found: Mapping[str, Times], clock: int) -> dict[str, Times]:
    """Return the times of folders that were looked at from `clock` (ns) on, without those that cannot be relied on."""
    return {path: one if one and is_sure(max(one[:2]), clock) else NO_TIMES for path, one in found.items()}


def on_disk(found: Mapping[str, Times], disk: int | None) -> dict[str, Times]:
    """Return the times of folders, without those of folders that lie elsewhere than on `disk`."""
    return {path: one if one and one[3] == disk else NO_TIMES for path, one in found.items()}


def telling_disk(place: Path) -> int | None:
    """Return the disk (`st_dev`) on which the folder `place` lies, if the times of folders there tell of all changes.

    No change is waited for: a folder is given an old time, which each change of a name must move.
    """
    try:
        with tempfile.TemporaryDirectory(dir=place, prefix=files.DRAFT) as name:
            tried = Path(name)
            return tried.stat().st_dev if all(moves(tried, change) for change in _CHANGES) else None
    except OSError:
        return None


def moves(folder: Path, change: Callable[[Path], object]) -> bool:
    """Tell whether a `change` of what is in `folder` moves its time."""
    os.utime(folder, ns=(_OLD, _OLD))
    change(folder)
    return folder.stat().st_mtime_ns != _OLD


_CHANGES: tuple[Callable[[Path], object], ...] = (
    lambda folder: (folder / "one").touch(),
    lambda folder: (folder / "other").touch(),
    lambda folder: (folder / "one").rename(folder / "two"),
    lambda folder: (folder / "other").replace(folder / "two"),
    lambda folder: (folder / "two").unlink(),
    lambda folder: (folder / "below").mkdir(),
    lambda folder: (folder / "below").rmdir(),
)
