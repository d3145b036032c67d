"""Files that are ready → the output folder, one whole file at a time; nothing else in it is touched."""

import shutil
from collections.abc import Iterable, Mapping, Set
from contextlib import suppress
from hashlib import sha256
from pathlib import Path
from typing import NamedTuple

import msgspec

from labo_ssg.build.progress import PUBLISHING, Tell, counted, silent
from labo_ssg.disk import files
from labo_ssg.problems import Place, Problem

RECORD = "published"  # the folder of what earlier builds wrote, so that only that is ever removed


class Ready(NamedTuple):
    """Where a file of the site lies that may have to be written; `moves` tells that it waits there for nothing else."""

    source: Path
    moves: bool = False


class Outcome(NamedTuple):
    """How many files were written and removed, which ones in the folder are not the site's, and what was in the way.

    Where something was in the way, nothing was written.
    """

    written: int = 0
    removed: int = 0
    foreign: tuple[str, ...] = ()
    problems: tuple[Problem, ...] = ()


class PartlyWritten(Exception):  # noqa: N818 - what happened to the folder
    """The output folder could be written in part, for the reason that `error` gives."""

    def __init__(self, error: OSError) -> None:
        super().__init__(str(error))
        self.error = error


def output_id(output: Path, root: Path) -> str:
    """Return the name of `output` in what is kept of the site at `root`; a clone of both has the same one."""
    place, home = output.resolve(), root.resolve()
    inside = place.relative_to(home) if place.is_relative_to(home) else place
    return sha256(inside.as_posix().encode()).hexdigest()[:16]


def publish(
    fresh: Mapping[str, Ready], ours: Set[str], present: Set[str], output: Path, record: Path, tell: Tell = silent
) -> Outcome:
    """Write the `fresh` files into `output`, in their order; remove what an earlier build left and is none of `ours`.

    `ours` are all files of the site, `present` all that are in the folder now, by their paths in
    it; `record` is the file that says which of them are ours to remove. Raise PartlyWritten where
    the folder cannot be written: what was there is then still there, each file old or new, and the
    next build goes on.
    """
    earlier = _read_record(record)
    stale = earlier - ours
    problems = _obstacles(fresh.keys(), stale, output)
    if problems:
        return Outcome(problems=tuple(problems))
    drafts = {path for path in present if path.rpartition("/")[2].startswith(files.DRAFT)} if earlier else set()
    for path in drafts:  # what a process that was killed was writing
        (output / path).unlink()
    if not ours <= earlier or stale:
        # A file is ours from before it is written, whatever happens meanwhile.
        files.write_atomic(record, msgspec.json.encode(sorted(ours | earlier)))
    try:
        removed = _write_all(fresh, stale, output, tell)
    except OSError as error:
        raise PartlyWritten(error) from error
    if not ours <= earlier or stale:
        files.write_atomic(record, msgspec.json.encode(sorted(ours)))
    return Outcome(len(fresh), removed, tuple(sorted(present - ours - stale - drafts)))


def _write_all(fresh: Mapping[str, Ready], stale: Set[str], output: Path, tell: Tell) -> int:
    """Write the `fresh` files, remove the `stale` ones; return how many of these were there."""
    first = _in_the_way(fresh.keys(), stale)
    removed = sum(_remove(output / path, output) for path in sorted(first))
    for path, ready in counted(tell, PUBLISHING, fresh.items(), len(fresh)):
        _write(ready, output / path)
    return removed + sum(_remove(output / path, output) for path in sorted(stale - first))


def _obstacles(wanted: Set[str], stale: Set[str], output: Path) -> list[Problem]:
    """Return what stands where a folder or a file of the site should, and is not ours to remove."""
    problems = []
    hint = "move it away: only what earlier builds wrote is ever removed"
    for folder in sorted(_folders(wanted)):
        place = output / folder
        if place.is_symlink():
            what = "a symbolic link stands where a folder of the site should"
            problems.append(Problem(Place(str(place)), what, "the site must not be written elsewhere; remove the link"))
        elif place.exists() and not place.is_dir() and folder not in stale:
            problems.append(Problem(Place(str(place)), "a file stands where a folder of the site should", hint))
    emptied = _folders(stale)
    for path in sorted(wanted):
        place = output / path
        if place.is_dir() and not place.is_symlink() and not _only_holds(place, path, stale, emptied):
            problems.append(Problem(Place(str(place)), "a folder stands where a file of the site should", hint))
    return problems


def _only_holds(folder: Path, path: str, stale: Set[str], emptied: Set[str]) -> bool:
    """Tell whether all files in `folder`, at `path` of the output, are about to be removed."""
    return path in emptied and all(f"{path}/{below}" in stale for below in files.all_files(folder))


def _in_the_way(wanted: Set[str], stale: Set[str]) -> set[str]:
    """Return the stale files that stand where this build wants a folder, or in a folder where it wants a file."""
    folders = _folders(wanted) if stale else set()
    return {path for path in stale if path in folders or not wanted.isdisjoint(_folders([path]))}


def _folders(paths: Iterable[str]) -> set[str]:
    """Return every folder above `paths`, the output itself left out."""
    found: set[str] = set()
    for path in paths:
        folder = path.rpartition("/")[0]
        while folder and folder not in found:
            found.add(folder)
            folder = folder.rpartition("/")[0]
    return found


def _read_record(path: Path) -> set[str]:
    try:
        return set(msgspec.json.decode(path.read_bytes(), type=list[str]))
    except (FileNotFoundError, msgspec.DecodeError):
        return set()


def _write(ready: Ready, path: Path) -> None:
    """Put a file at `path`, where a reader sees the old one or the new one, never a part."""
    if ready.moves:
        path.parent.mkdir(parents=True, exist_ok=True)
        with suppress(OSError):  # another disk
            ready.source.replace(path)
            return
    with files.draft(path) as draft:
        shutil.copyfile(ready.source, draft)


def _remove(path: Path, output: Path) -> bool:
    if not path.is_file():
        return False
    path.unlink()
    files.remove_empty(path.parent, output)
    return True
