"""What lies below some folders now, and in which of them something has changed.

A folder whose own times are as they were holds the same names: it is not listed again, its files
alone are looked at. Only those of which something may be otherwise are listed, and what is new below.
"""

import os
from collections.abc import Callable, Iterable, Sequence, Set
from functools import cached_property, partial
from itertools import accumulate, chain
from pathlib import Path
from typing import NamedTuple

from labo_ssg.disk import beside, files
from labo_ssg.disk.files import NO_TIMES, Seen, Stamp, Times
from labo_ssg.disk.sources import Listings, join, packed, relisted
from labo_ssg.problems import Problem

WORTH = 1000  # folders that take longer than to make a copy of this process
TRIED = 50  # folders that show whether it is worth it to ask the others for their times


class Tree(NamedTuple):
    """Folders by their paths below a root: the files in them, where there are any, and the own times of each folder."""

    folders: Listings
    times: dict[str, Times]


class Kind(NamedTuple):
    """How a tree is looked at: how a folder is listed, and what of a file tells whether it is the same."""

    look: Callable[[Path, str], Seen]
    stamp: Callable[[os.stat_result], Stamp]


SOURCES = Kind(files.look, files.stamp)
COPIES = Kind(files.look_over, files.stamp_of_copy)


class Scan(NamedTuple):
    """What is there, the folders in which something may have changed or is gone, and what cannot be a file."""

    tree: Tree
    changed: set[str]
    problems: list[Problem]


def scan(root: Path, tops: Iterable[str], known: Tree, kind: Kind = SOURCES) -> Scan:
    """Look at the files below the folders `tops` of `root`; the digest of one that is not `known` is `UNKNOWN`."""
    return Begun(root, tops, known, kind).seen


def rescan(root: Path, tops: Iterable[str], known: Tree, touched: Iterable[str], kind: Kind = SOURCES) -> Scan:
    """Look again at what is right in the folders that were `touched`, below `tops`, and below new ones."""
    tops = set(tops)
    beneath = tuple(join(top, "") for top in tops)
    again = {path for path in touched if path in known.times or join(path, "").startswith(beneath)}
    if not again and tops <= known.times.keys():
        return Scan(Tree(dict(known.folders), dict(known.times)), set(), [])
    folders = {path: one for path, one in known.folders.items() if path not in again}
    times = {path: one for path, one in known.times.items() if path not in again}
    walk = _Walk(root, known, kind, Tree(folders, times))
    walk.go(tops - times.keys())
    # What lies below a folder that was touched is come to from there, if it is there still.
    for path in again - tops:
        if path.rpartition("/")[0] not in again and files.is_folder(root, path):
            walk.go([path])
    walk.leave(again - times.keys())
    return walk.end()


class Begun:
    """A `scan` that was begun, at which copies of this process look, if there are to be any and it is worth it.

    `is_other` tells that most folders are others than those that are known, as in a new clone,
    `is_new` that something is known to have changed; it may have where not. That is looked for
    right here if it is to be known `early`.
    """

    def __init__(
        self,
        root: Path,
        tops: Iterable[str],
        known: Tree,
        kind: Kind = SOURCES,
        *,
        copies: int = 0,
        early: bool = False,
    ) -> None:
        is_like = _is_like(root, known)
        self.is_other = not is_like and any(known.times.values())
        if is_like:
            self.is_new, self._end = _begin_check(root, list(tops), known, kind, copies, early=early)
        else:
            self.is_new = self.is_other or not known.folders
            self._end = _begin_walk(root, list(tops), known, kind, copies)

    @cached_property
    def seen(self) -> Scan:
        """What was seen, once all has been looked at."""
        return self._end()


def _is_like(root: Path, known: Tree) -> bool:
    """Tell whether most folders seem to be those that are `known`; they are others in a new clone, for example."""
    paths = list(known.times)
    some = paths[:: max(1, len(paths) // TRIED)]
    return bool(some) and 2 * len(_with_other_times(root, some, known)) <= len(some)


def _begin_check(
    root: Path, tops: list[str], known: Tree, kind: Kind, copies: int, *, early: bool
) -> tuple[bool, Callable[[], Scan]]:
    """Begin to look for those of the `known` folders that are not as they were; return what then looks at these."""
    paths = list(known.folders)
    size = -(-len(paths) // copies) if copies and len(paths) >= WORTH else 0
    shares = [paths[start : start + size] for start in range(0, len(paths), size)] if size else []
    others = [beside.begin(partial(_with_other_files, root, share, known, kind)) for share in shares]
    times = partial(_with_other_times, root, known.times, known)
    if shares and not early:
        others.append(beside.begin(times))
    unlike = [] if shares and not early else times()
    unlike += [] if shares else _with_other_files(root, paths, known, kind)
    is_new = any(known.times.get(path) for path in unlike)
    return is_new, lambda: rescan(root, tops, known, chain(unlike, *[other() for other in others]), kind)


def _with_other_times(root: Path, paths: Iterable[str], known: Tree) -> list[str]:
    """Return those of the folders at `paths` that have other times than those that are `known`, or are gone."""
    times = known.times

    def is_same(ask: Callable[[str], os.stat_result], path: str) -> bool:
        return bool(times[path]) and files.times(ask(path or ".")) == times[path]

    return _unlike(root, paths, is_same)


def _with_other_files(root: Path, paths: Iterable[str], known: Tree, kind: Kind) -> list[str]:
    """Return those of the folders at `paths` that have not all the files that are `known`, as they were."""

    def is_same(ask: Callable[[str], os.stat_result], path: str) -> bool:
        listing = known.folders[path]
        return packed([kind.stamp(ask(join(path, name))) for name in listing.names()]) == listing.stamps

    return _unlike(root, paths, is_same)


def _unlike(
    root: Path, paths: Iterable[str], is_same: Callable[[Callable[[str], os.stat_result], str], bool]
) -> list[str]:
    """Return those of the folders at `paths` that are not the same, for one who may ask for what is on the disk."""
    try:
        place = os.open(root, os.O_RDONLY | os.O_DIRECTORY)
    except OSError:
        return list(paths)
    ask = partial(os.stat, dir_fd=place, follow_symlinks=False)  # a path that begins here is found faster
    found = []
    try:
        for path in paths:
            try:
                if is_same(ask, path):
                    continue
            except OSError:
                pass
            found.append(path)
    finally:
        os.close(place)
    return found


def _begin_walk(root: Path, tops: list[str], known: Tree, kind: Kind, copies: int) -> Callable[[], Scan]:
    """Begin to list all folders; return what ends it."""
    walk = _Walk(root, known, kind, Tree({}, {}))
    waiting = tops
    while waiting and (not copies or len(waiting) < WORTH):  # one level after another, until there is enough
        waiting = [below for folder in waiting for below in walk.look_at(folder)]
    shares = [waiting[number::copies] for number in range(copies)] if waiting else []
    others = [beside.begin(partial(_share, root, share, known, kind)) for share in shares]

    def end() -> Scan:
        for other in others:
            walk.join(*other())
        return walk.end()

    return end


def _share(root: Path, first: Sequence[str], known: Tree, kind: Kind) -> tuple[list[str], Tree, list[Problem]]:
    """Look at the `first` folders and all below; return the paths of those that are as they were, others, problems."""
    walk = _Walk(root, known, kind, Tree({}, {}))
    walk.go(first)
    folders, times = walk.found
    same = [path for path, listing in folders.items() if known.folders.get(path) is listing]
    return same, Tree({path: folders[path] for path in folders.keys() - set(same)}, times), walk.problems


class _Walk:
    """A walk through folders of a `root`: what was `found` on it so far."""

    def __init__(self, root: Path, known: Tree, kind: Kind, found: Tree) -> None:
        self._root, self._known, self._kind, self.found = root, known, kind, found
        self.problems: list[Problem] = []

    def go(self, first: Iterable[str]) -> None:
        """Look at the `first` folders, and at all below them that were not found before."""
        waiting = list(first)
        while waiting:
            waiting += [below for below in self.look_at(waiting.pop()) if below not in self.found.times]

    def look_at(self, folder: str) -> list[str]:
        """List a folder; return those right below it."""
        seen = self._kind.look(self._root, folder)
        # What is a problem must be told each time.
        self.found.times[folder] = NO_TIMES if seen.problems else seen.times
        self.problems += seen.problems
        if seen.files:
            self.found.folders[folder] = relisted(seen.files, self._known.folders.get(folder))
        return seen.folders

    def join(self, same: Iterable[str], others: Tree, problems: Iterable[Problem]) -> None:
        """Add what a `_share` found."""
        self.found.folders.update({path: self._known.folders[path] for path in same}, **others.folders)
        self.found.times.update(others.times)
        self.problems += problems

    def leave(self, gone: Set[str]) -> None:
        """Leave out what was found below folders that are `gone`: by another way, a link, it may seem to be there."""
        for part in self.found if gone else ():
            for path in [path for path in part if not gone.isdisjoint(accumulate(path.split("/"), join))]:
                del part[path]

    def end(self) -> Scan:
        found, known = self.found.folders, self._known.folders
        changed = {path for path in known.keys() | found.keys() if known.get(path) is not found.get(path)}
        return Scan(self.found, changed, self.problems)
