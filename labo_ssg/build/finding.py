"""What lies in the folders of a site, every file with its digest."""

import difflib
import secrets
from collections.abc import Callable, Iterable, Sequence, Set
from functools import partial
from pathlib import Path, PurePosixPath
from typing import NamedTuple

from labo_ssg.build.cache import Cache
from labo_ssg.build.crew import Crew
from labo_ssg.build.standing import GENERATION
from labo_ssg.disk import beside, files, sources
from labo_ssg.disk.committed import by_git
from labo_ssg.disk.files import Times
from labo_ssg.disk.scan import Begun, rescan
from labo_ssg.disk.sources import Listings
from labo_ssg.places import APPROVED, COMMENTS, CONTENT, PENDING
from labo_ssg.problems import Place, Problem

TREE, WITH_PENDING = "sources", "sources with pending"  # two trees: a preview and a build take turns, none forgets
READABLE = 200  # files to read from which other processes may help


class Found(NamedTuple):
    """The folders of a site as they lie on the disk, the digests of what is in `content/`, by path, and problems.

    `is_new` tells that something may not be as the last build found it, `is_other` that hardly anything is, as in a new
    clone; `times` are the folders' own. With `pending`, messages that wait are among the folders; `notes` then tell
    what cannot be one, which hinders nobody.
    """

    folders: Listings
    contents: dict[str, bytes]
    problems: list[Problem]
    is_new: bool
    is_other: bool
    times: dict[str, Times]
    pending: bool = False
    notes: tuple[Problem, ...] = ()

    @property
    def tree(self) -> str:
        return WITH_PENDING if self.pending else TREE


def find(
    root: Path,
    cache: Cache,
    crew: Crew,
    touched: Set[str] | None = None,
    *,
    pending: bool = False,
    get_ready: Callable[[], object] = lambda: None,
) -> Found:
    """Return what lies below `root`, every file with its digest, messages that are `pending` only if asked for.

    `touched` are the folders in which something may have changed since the cache was filled, None for all. Where it is
    soon seen that something has, one can `get_ready` for it while others look at the rest.
    """
    wanted = (CONTENT, APPROVED, PENDING) if pending else (CONTENT, APPROVED)
    tops = [top for top in wanted if files.exists(root, top)]
    known = cache.tree(WITH_PENDING if pending else TREE)
    committed, is_other = None, False
    if touched is None:
        begun = Begun(root, tops, known, copies=crew.copies, early=True)
        is_other = begun.is_other
        asking = beside.begin(partial(by_git, root)) if is_other and crew.copies else None
        if begun.is_new:
            get_ready()
        scanned, committed = begun.seen, asking() if asking else None
    else:
        scanned = rescan(root, tops, known, touched)
    read = partial(_digests, root, crew)
    folders = sources.complete(root, scanned.tree.folders, scanned.changed, known.folders, read, committed)
    notes = tuple(one for one in scanned.problems if one.place.path.startswith(PENDING))
    problems = [one for one in scanned.problems if one not in notes] + _check_comments(root)
    contents = {path: one for path, one in folders.items() if f"{path}/".startswith(f"{CONTENT}/")}
    by_path = sources.digests_by_path(contents)
    is_new, times = bool(scanned.changed), scanned.tree.times
    return Found(folders, by_path, problems, is_new, is_other, times, pending=pending, notes=notes)


def keep(found: Found, cache: Cache, clock: int) -> None:
    """Remember what was found from `clock` (ns) on."""
    cache.keep_times(found.tree, found.times, clock, at_once=found.is_new)
    if found.is_new:
        known = cache.folders(found.tree)
        fresh = {path: sources.settled(one, clock) for path, one in found.folders.items() if known.get(path) is not one}
        cache.keep_folders(found.tree, {**found.folders, **fresh})
        cache.keep_note(GENERATION, secrets.token_bytes(8))


def _digests(root: Path, crew: Crew, paths: Sequence[str]) -> Iterable[bytes]:
    here = crew if not crew.apart else Crew(1)
    return here.share(sources.read_digest, root, paths, worth=READABLE * 5)


def _check_comments(root: Path) -> list[Problem]:
    """Return a problem for each folder whose name is nearly that of one of comments."""
    known = [PurePosixPath(state).name for state in (PENDING, APPROVED)]
    problems = []
    for name in files.folders(root, COMMENTS):
        near = difflib.get_close_matches(name, known, 1, 0.7)
        if near and name not in known:
            place = Place(f"{COMMENTS}/{name}")
            problems.append(Problem(place, "no comment is read from here", f"did you mean {COMMENTS}/{near[0]}?"))
    return problems
