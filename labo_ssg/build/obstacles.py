"""What stands in the output folder in the way of a build, found before anything there is changed."""

import os
import stat
from collections.abc import Iterable, Mapping, Set
from itertools import chain
from pathlib import Path

from labo_ssg.disk import files
from labo_ssg.problems import Place, Problem


def find(wanted: Set[str], stale: Set[str], drafts: Set[str], output: Path, *, in_place: bool) -> list[Problem]:
    """Return a problem for each obstacle to writing the files `wanted` and removing those that are `stale`, or drafts.

    All are paths in `output`. Where the files are not written `in_place`, its folders may be closed.
    """
    kinds = _kinds(chain(wanted, stale), output)
    problems = _other_kinds(wanted, kinds, stale, drafts, output)
    return problems + (_closed(chain(wanted, stale), kinds, output) if in_place else [])


def folders_above(paths: Iterable[str]) -> set[str]:
    """Return every folder above `paths`, the output itself left out."""
    found: set[str] = set()
    for path in paths:
        folder = _above(path)
        while folder and folder not in found:
            found.add(folder)
            folder = _above(folder)
    return found


def _kinds(paths: Iterable[str], output: Path) -> dict[str, int]:
    """Return what is where the folders above `paths` should be; each is asked for once, those below nothing never."""
    kinds = {"": stat.S_IFDIR if output.is_dir() else 0}
    for path in sorted(folders_above(paths)):
        kinds[path] = _kind(output, path) if kinds[_above(path)] == stat.S_IFDIR else 0
    return kinds


def _kind(output: Path, path: str) -> int:
    """Return what is at `path`, as `stat` names it, 0 for nothing."""
    try:
        return stat.S_IFMT(os.lstat(f"{output}/{path}").st_mode)
    except (FileNotFoundError, NotADirectoryError):
        return 0


def _other_kinds(
    wanted: Set[str], kinds: Mapping[str, int], stale: Set[str], drafts: Set[str], output: Path
) -> list[Problem]:
    """Return what is no folder, or no file, where the site wants one, and is not ours to remove."""
    problems = []
    hint = "move it away: only what earlier builds wrote is ever removed"
    for path, kind in kinds.items():
        place = Place(str(output / path))
        if kind == stat.S_IFLNK:
            what = "a symbolic link stands where a folder of the site should"
            problems.append(Problem(place, what, "the site must not be written elsewhere; remove the link"))
        elif kind not in (0, stat.S_IFDIR) and path not in stale:
            problems.append(Problem(place, "a file stands where a folder of the site should", hint))
    for path in wanted:
        is_folder = kinds[_above(path)] == stat.S_IFDIR and _kind(output, path) == stat.S_IFDIR
        if is_folder and not _only_holds(output, path, stale | drafts):
            problems.append(Problem(Place(str(output / path)), "a folder stands where a file of the site should", hint))
    return problems


def _only_holds(output: Path, path: str, gone: Set[str]) -> bool:
    """Tell whether all that is in the folder at `path` is about to be removed, and so the folder itself."""
    seen = files.look_over(output, path)
    if any(f"{path}/{entry[0]}" not in gone for entry in seen.files):
        return False
    return bool(seen.files or seen.folders) and all(_only_holds(output, one, gone) for one in seen.folders)


def _closed(paths: Iterable[str], kinds: Mapping[str, int], output: Path) -> list[Problem]:
    """Return a problem for each folder in which something must change, and the system lets nobody write."""
    missing = (path for path, kind in kinds.items() if path and not kind)
    changed = {_above(path) for path in chain(paths, missing)}
    closed = [path for path in changed if kinds[path] == stat.S_IFDIR and not _is_open(output / path)]
    hint = "look at its rights and its owner, or name another folder with --output"
    return [Problem(Place(str(output / path)), "nothing can be written into this folder", hint) for path in closed]


def _is_open(folder: Path) -> bool:
    return os.access(folder, os.W_OK | os.X_OK)


def _above(path: str) -> str:
    return path.rpartition("/")[0]
