"""Files that are ready → the output folder, one whole file at a time; nothing else in it is touched."""

import errno
import os
import shutil
from collections.abc import Mapping, Set
from functools import partial
from hashlib import sha256
from pathlib import Path
from typing import NamedTuple

import msgspec

from labo_ssg.build import obstacles
from labo_ssg.build.obstacles import folders_above
from labo_ssg.build.progress import PUBLISHING, Tell, counted, silent
from labo_ssg.build.releases import Releases, place, told_of
from labo_ssg.disk import files
from labo_ssg.model import Publish
from labo_ssg.problems import Problem

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


class Goal(NamedTuple):
    """Where a site is published, and in which way.

    `record` is the file that says which files of the `output` are ours to remove, `stage` an empty folder beside it.
    `tell` is told how far it is.
    """

    output: Path
    record: Path
    stage: Path
    way: Publish
    tell: Tell = silent


class _Work(NamedTuple):
    """What is to be done to the output: files to write, in their order; files to remove, all of which are there.

    The `drafts` are what a process that was killed was writing.
    """

    fresh: Mapping[str, Ready]
    stale: Set[str]
    drafts: Set[str]


def output_id(output: Path, root: Path) -> str:
    """Return the name of `output` in what is kept of the site at `root`; a clone of both has the same one."""
    there, home = place(output), root.resolve()
    inside = there.relative_to(home) if there.is_relative_to(home) else there
    return sha256(inside.as_posix().encode()).hexdigest()[:16]


def publish(fresh: Mapping[str, Ready], ours: Set[str], present: Set[str], goal: Goal) -> Outcome:
    """Write the `fresh` files, in their order; remove what an earlier build left and is none of `ours`.

    `ours` are all files of the site, `present` all that are in the folder now, by their paths in
    it. Raise OSError where nothing could be changed, PartlyWritten where the folder could be
    written in part: what was there is then still there, each file old or new, and the next build
    goes on.
    """
    releases = Releases(goal.output)
    earlier = _read_record(_record(goal, releases.shown))
    drafts = {path for path in present if files.DRAFT in path and files.is_draft(path.rpartition("/")[2])}
    drafts = drafts if earlier else set()
    left = earlier - ours
    work = _Work(fresh, left & present, drafts)
    foreign = present - ours - left - drafts
    in_place = goal.way == "files" and not releases.shown
    problems = obstacles.find(fresh.keys(), work.stale, drafts, goal.output, in_place=in_place)
    problems += releases.refusal(foreign) if goal.way == "release" else []
    if problems:
        return Outcome(problems=tuple(sorted(problems)))
    before, was_folder = None, not releases.shown
    if in_place:
        if not ours <= earlier or left:  # a file is ours from before it is written, whatever happens meanwhile
            _write_record(goal.record, ours | earlier)
        _write_here(work, goal)
        if not ours <= earlier or left:
            _write_record(goal.record, ours)
    elif fresh or work.stale or goal.way == "files" or not releases.shown:
        before = _lay_out(work, ours, goal, releases)
    elif ours != earlier:
        _write_record(_record(goal, releases.shown), ours)
    try:
        if before and was_folder:
            _write_record(_record(goal, before), earlier)
        releases.tidy(before)
        _forget_records(goal, releases)
    except OSError as error:
        raise PartlyWritten(error) from error
    return Outcome(len(fresh), len(work.stale), tuple(sorted(foreign)))


def _lay_out(work: _Work, ours: Set[str], goal: Goal, releases: Releases) -> Path | None:
    """Have a new folder, with all that is `ours`, take the place of the one before; return that where it stays."""
    release = releases.lay_out(work.fresh.keys(), work.stale, partial(_write_all, work.fresh, goal.tell))
    _write_record(_record(goal, release), ours)
    if goal.way == "release":
        return releases.turn(release)
    _write_record(goal.record, ours)
    releases.settle(release)
    return None


def _write_here(work: _Work, goal: Goal) -> None:
    """Write the new files into the folder, remove the stale ones."""
    output = goal.output
    for path in work.drafts:
        (output / path).unlink()
    if not work.fresh and not work.stale:
        return
    first = _in_the_way(work.fresh.keys(), work.stale)
    waiting = _brought_near(work.fresh, goal)
    try:
        for path in sorted(first):
            _remove(output / path, output)
        _write_all(waiting, goal.tell, output)
        for path in sorted(work.stale - first):
            _remove(output / path, output)
    except OSError as error:
        raise PartlyWritten(error) from error
    finally:
        _drop(waiting, output)


def _brought_near(fresh: Mapping[str, Ready], goal: Goal) -> dict[str, Ready]:
    """Return the `fresh` files where they only need to be moved into the output: a disk that is full shows now."""
    goal.output.mkdir(parents=True, exist_ok=True)
    disk = goal.output.stat().st_dev
    beside = goal.stage if goal.stage.stat().st_dev == disk else goal.output
    found: dict[str, Ready] = {}
    try:
        for path, ready in fresh.items():
            if ready.moves and beside == goal.stage:
                found[path] = ready
            else:
                found[path] = near = Ready(beside / files.draft_name(), moves=True)
                with told_of(goal.output / path, near.source):
                    shutil.copyfile(ready.source, near.source)
    except BaseException:
        _drop(found, goal.output)
        raise
    return found


def _drop(waiting: Mapping[str, Ready], output: Path) -> None:
    """Remove what still waits in the output itself."""
    for ready in waiting.values():
        if ready.source.parent == output:
            ready.source.unlink(missing_ok=True)


def _write_all(fresh: Mapping[str, Ready], tell: Tell, folder: Path) -> None:
    """Write the `fresh` files into `folder`; each folder in it is made once, when a file needs it.

    Where the file waits in a folder that is missing here, and whose place is the same, the whole of that is moved.
    """
    moved: dict[str, bool] = {"": False}  # the folders that are there now, and whether all that is in them came along
    for path, ready in counted(tell, PUBLISHING, fresh.items(), len(fresh)):
        above = path.rpartition("/")[0]
        if above not in moved:
            _have_folder(above, folder, _home(ready, path), moved)
        if not (moved[above] and _home(ready, path)):
            _write(ready, folder / path)


def _home(ready: Ready, path: str) -> str:
    """Return the folder in which a file waits as it will lie at `path` in the output, "" where it waits otherwise."""
    source = str(ready.source)
    return source.removesuffix(f"/{path}") if ready.moves and source.endswith(f"/{path}") else ""


def _have_folder(path: str, output: Path, home: str, moved: dict[str, bool]) -> None:
    """Have the folder at `path` be in the `output`, and those above it: that of `home` with all that waits in it."""
    above = path.rpartition("/")[0]
    if above not in moved:
        _have_folder(above, output, home, moved)
    there = f"{output}/{path}"  # of thousands, a Path each takes too long
    moved[path] = False
    if os.path.isdir(there):  # noqa: PTH112
        moved[path] = moved[above]
    elif not home:
        os.mkdir(there)  # noqa: PTH102
    else:
        try:
            os.rename(f"{home}/{path}", there)  # noqa: PTH104
            moved[path] = True
        except OSError as error:
            if error.errno != errno.EXDEV:  # another disk
                raise
            os.mkdir(there)  # noqa: PTH102


def _in_the_way(wanted: Set[str], stale: Set[str]) -> set[str]:
    """Return the stale files that stand where this build wants a folder, or in a folder where it wants a file."""
    folders = folders_above(wanted) if stale else set()
    return {path for path in stale if path in folders or not wanted.isdisjoint(folders_above([path]))}


def _record(goal: Goal, release: Path | None) -> Path:
    """Return where it is noted what is ours in a release, or in the output itself: one may turn the link by hand."""
    return goal.record.with_suffix(f".{release.name}.json") if release else goal.record


def _read_record(path: Path) -> set[str]:
    try:
        return set(msgspec.json.decode(path.read_bytes(), type=list[str]))
    except (FileNotFoundError, msgspec.DecodeError):
        return set()


def _write_record(path: Path, ours: Set[str]) -> None:
    files.write_atomic(path, msgspec.json.encode(sorted(ours)))


def _forget_records(goal: Goal, releases: Releases) -> None:
    """Remove what is noted of releases that are no more."""
    start = f"{goal.record.stem}."
    for path in goal.record.parent.glob(f"{start}*.json"):
        name = path.stem.removeprefix(start)
        if path != goal.record and not releases.has(name):
            path.unlink()


def _write(ready: Ready, path: Path) -> None:
    """Put a file at `path`, where a reader sees the old one or the new one, never a part."""
    if ready.moves:
        try:
            ready.source.replace(path)
        except OSError as error:
            if error.errno != errno.EXDEV:  # another disk
                raise
        else:
            return
    with files.draft(path) as draft, told_of(path, draft):
        shutil.copyfile(ready.source, draft)


def _remove(path: Path, output: Path) -> None:
    path.unlink(missing_ok=True)
    files.remove_empty(path.parent, output)
