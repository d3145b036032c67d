"""Rendered files → the output folder, one whole file at a time; nothing else in it is touched."""

import filecmp
import shutil
from collections.abc import Iterable, Mapping, Set
from hashlib import sha256
from pathlib import Path, PurePosixPath
from typing import NamedTuple

import msgspec

from labo_ssg.disk import files
from labo_ssg.problems import Place, Problem

RECORD = ".labo/published"  # what earlier builds wrote, so that only that is ever removed
LOCK = ".labo/lock"  # of two builds at once, the second waits


class Outcome(NamedTuple):
    """How many files were written and removed, which ones in the folder are not the site's, and what was in the way.

    Where something was in the way, nothing was written.
    """

    written: int = 0
    removed: int = 0
    foreign: tuple[str, ...] = ()
    problems: tuple[Problem, ...] = ()


def publish(made: Mapping[str, bytes], copied: Mapping[str, Path], output: Path, root: Path) -> Outcome:
    """Make `output` hold `made` and `copied`; remove what an earlier build left and this one does not make.

    Raise OSError where the folder cannot be written: what was there is then still there, each
    file old or new, and the next build goes on.
    """
    with files.lock(root / LOCK):
        return _publish(made, copied, output, root)


def _publish(made: Mapping[str, bytes], copied: Mapping[str, Path], output: Path, root: Path) -> Outcome:
    record = root / RECORD / f"{sha256(str(output.resolve()).encode()).hexdigest()[:16]}.json"
    ours = made.keys() | copied.keys()
    earlier = _read_record(record)
    stale = earlier - ours
    problems = _obstacles(ours, stale, output)
    if problems:
        return Outcome(problems=tuple(problems))
    if earlier:
        files.remove_drafts(output)
    # A file is ours from before it is written, whatever happens meanwhile.
    files.write_atomic(record, msgspec.json.encode(sorted(ours | earlier)))
    first = _in_the_way(ours, stale)
    removed = sum(_remove(output / path, output) for path in sorted(first))
    written = sum(_write(output / path, data) for path, data in made.items())
    written += sum(_copy(source, output / path) for path, source in copied.items())
    removed += sum(_remove(output / path, output) for path in sorted(stale - first))
    files.write_atomic(record, msgspec.json.encode(sorted(ours)))
    foreign = tuple(sorted(path for path in files.all_files(output) if path not in ours))
    return Outcome(written, removed, foreign)


def _obstacles(ours: Set[str], stale: Set[str], output: Path) -> list[Problem]:
    """Return what stands where a folder or a file of the site should, and is not ours to remove."""
    problems = []
    hint = "move it away: only what earlier builds wrote is ever removed"
    for folder in sorted(_folders(ours)):
        place = output / folder
        if place.is_symlink():
            what = "a symbolic link stands where a folder of the site should"
            problems.append(Problem(Place(str(place)), what, "the site must not be written elsewhere; remove the link"))
        elif place.exists() and not place.is_dir() and folder not in stale:
            problems.append(Problem(Place(str(place)), "a file stands where a folder of the site should", hint))
    emptied = _folders(stale)
    for path in sorted(ours):
        place = output / path
        if place.is_dir() and not place.is_symlink() and not _only_holds(place, path, stale, emptied):
            problems.append(Problem(Place(str(place)), "a folder stands where a file of the site should", hint))
    return problems


def _only_holds(folder: Path, path: str, stale: Set[str], emptied: Set[str]) -> bool:
    """Tell whether all files in `folder`, at `path` of the output, are about to be removed."""
    return path in emptied and all(f"{path}/{below}" in stale for below in files.all_files(folder))


def _in_the_way(ours: Set[str], stale: Set[str]) -> set[str]:
    """Return the stale files that stand where this build wants a folder, or in a folder where it wants a file."""
    wanted = _folders(ours)
    return {path for path in stale if path in wanted or not ours.isdisjoint(_folders([path]))}


def _folders(paths: Iterable[str]) -> set[str]:
    """Return every folder above `paths`, the output itself left out."""
    return {str(folder) for path in paths for folder in PurePosixPath(path).parents} - {"."}


def _read_record(path: Path) -> set[str]:
    try:
        return set(msgspec.json.decode(path.read_bytes(), type=list[str]))
    except (FileNotFoundError, msgspec.DecodeError):
        return set()


def _write(path: Path, data: bytes) -> bool:
    if path.is_file() and not path.is_symlink() and path.read_bytes() == data:
        return False
    files.write_atomic(path, data)
    return True


def _copy(source: Path, path: Path) -> bool:
    if path.is_file() and not path.is_symlink() and filecmp.cmp(source, path, shallow=False):
        return False
    with files.draft(path) as draft:
        shutil.copyfile(source, draft)
    return True


def _remove(path: Path, output: Path) -> bool:
    if not path.is_file():
        return False
    path.unlink()
    files.remove_empty(path.parent, output)
    return True
