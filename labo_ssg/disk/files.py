"""Walk, look, read, write_atomic: the hands that touch files."""

import fcntl
import os
import re
import secrets
import stat
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from operator import attrgetter
from pathlib import Path
from typing import BinaryIO, NamedTuple

from labo_ssg.problems import Place, Problem

DRAFT = ".labo-"  # how the names of files being written begin
_DRAFTS = re.compile(re.escape(DRAFT) + "[0-9a-f]{12}")
_CONTROL = re.compile("[\x00-\x1f\x7f-\x9f]")
_PLAIN = re.compile(r"[\w .-]+", re.ASCII)
_USUAL = re.compile(r"[0-9A-Za-z][\w-]*(\.(md|spip|jpe?g|png|svg))?", re.ASCII)  # never odd, nor passed over
_LEFTOVERS = ("~", ".swp", ".swo", ".tmp", ".orig", ".rej")  # what editors and merges leave
SHORT = 0.5  # seconds that one waits for a lock without a word
_NEW = os.O_WRONLY | os.O_CREAT | os.O_EXCL
NO_FILE = -1  # the size of what is a link, a pipe or the like
_CLUTTER = frozenset({"Thumbs.db", "desktop.ini"})

Stamp = tuple[int, ...]
"""What tells whether a file is the same: its size in bytes, when it was modified in ns, and what else is looked at."""

Entry = tuple[str, Stamp]
"""A file in a folder: its name, and its stamp."""

Times = tuple[int, ...]
"""When a folder itself was modified and changed in ns, its inode and its disk."""

NO_TIMES: Times = ()  # those of a folder that is not known again by them

stamp: Callable[[os.stat_result], Stamp] = attrgetter("st_size", "st_mtime_ns", "st_ctime_ns", "st_ino")
times: Callable[[os.stat_result], Times] = attrgetter("st_mtime_ns", "st_ctime_ns", "st_ino", "st_dev")

# A file may have been copied with its times: what a file system says of its own counts for nothing.
stamp_of_copy: Callable[[os.stat_result], Stamp] = attrgetter("st_size", "st_mtime_ns")


class Seen(NamedTuple):
    """What is right in a folder: its files by name, the folders below it, what cannot be one of them; its own times.

    These are as they were before one looked into it.
    """

    files: list[Entry]
    folders: list[str]
    problems: list[Problem]
    times: Times = NO_TIMES


def walk(root: Path, folder: str) -> tuple[list[str], list[Problem]]:
    """Return the path below `root`/`folder` of each file in it, in order, and what in it cannot be one."""
    found: list[str] = []
    problems: list[Problem] = []
    waiting = [folder]
    while waiting:
        at = waiting.pop()
        seen = look(root, at)
        found += [f"{at}/{entry[0]}".removeprefix(f"{folder}/") for entry in seen.files]
        waiting += seen.folders
        problems += seen.problems
    return sorted(found), problems


def look(root: Path, folder: str) -> Seen:
    """Return what is right in `folder` of `root`.

    Hidden files (but for `.well-known`) and what editors leave behind are passed over. A symbolic
    link is a problem: it could publish any file of the machine that builds.
    """
    try:
        descriptor = os.open(f"{root}/{folder}", os.O_RDONLY | os.O_DIRECTORY)
    except OSError as error:
        return Seen([], [], [unreadable(_closed(root, folder), error)])
    try:
        seen = Seen([], [], [], times(os.fstat(descriptor)))
        for entry in _entries(descriptor):
            name = entry.name
            if not _USUAL.fullmatch(name):
                if _is_passed_over(name):
                    continue
                if problem := _odd_name(f"{folder}/{name}"):
                    seen.problems.append(problem)
                    continue
            if entry.is_file(follow_symlinks=False):
                found = _stat(name, descriptor)
                if found:
                    seen.files.append((name, stamp(found)))
            elif entry.is_dir(follow_symlinks=False):
                seen.folders.append(f"{folder}/{name}")
            else:
                seen.problems.append(_odd_kind(entry, f"{folder}/{name}"))
    finally:
        os.close(descriptor)
    seen.files.sort()
    return seen


def look_over(root: Path, folder: str) -> Seen:
    """Return what is right in `folder` of `root`, whatever it is called; raise OSError."""
    descriptor = os.open(f"{root}/{folder}", os.O_RDONLY | os.O_DIRECTORY)
    try:
        seen = Seen([], [], [], times(os.fstat(descriptor)))
        for entry in _entries(descriptor):
            name = entry.name
            if not _PLAIN.fullmatch(name) and (shown := os.fsencode(name).decode("utf-8", "replace")) != name:
                seen.files.append((shown, (NO_FILE, 0)))  # it is nothing of ours
            elif entry.is_file(follow_symlinks=False):
                found = _stat(name, descriptor)
                if found:
                    seen.files.append((name, stamp_of_copy(found)))
            elif entry.is_dir(follow_symlinks=False):
                seen.folders.append(f"{folder}/{name}" if folder else name)
            else:
                seen.files.append((name, (NO_FILE, 0)))
    finally:
        os.close(descriptor)
    seen.files.sort()
    return seen


def _entries(descriptor: int) -> list[os.DirEntry[str]]:
    with os.scandir(descriptor) as found:
        return list(found)


def _stat(name: str, descriptor: int) -> os.stat_result | None:
    """Return what is known of a file of an open folder: to ask so is faster; None where it was removed meanwhile."""
    try:
        return os.stat(name, dir_fd=descriptor, follow_symlinks=False)
    except FileNotFoundError:
        return None


def read(root: Path, path: str) -> tuple[bytes, list[Problem]]:
    """Return the bytes of the file at `path` below `root`, or the problem of reading it."""
    try:
        # A pipe is opened at once, too: to open one otherwise would wait for ever.
        descriptor = os.open(f"{root}/{path}", os.O_RDONLY | os.O_NONBLOCK)
    except OSError as error:
        return b"", [unreadable(path, error)]
    try:
        about = os.fstat(descriptor)
        if not stat.S_ISREG(about.st_mode):
            return b"", [Problem(Place(path), "it is not a file", "remove it, and put a file here")]
        data = os.read(descriptor, about.st_size + 1)
        if len(data) != about.st_size:  # it is being changed, or is huge
            with open(descriptor, "rb", buffering=0, closefd=False) as file:
                data += file.readall()
        return data, []
    except OSError as error:
        return b"", [unreadable(path, error)]
    finally:
        os.close(descriptor)


def check_readable(root: Path, path: str) -> list[Problem]:
    """Return the problem of a file at `path` below `root` that will be copied and cannot be read."""
    try:
        with (root / path).open("rb"):
            return []
    except OSError as error:
        return [unreadable(path, error)]


def exists(root: Path, path: str) -> bool:
    """Tell whether something is at `path` below `root`, even where the system does not let it be seen."""
    try:
        os.lstat(f"{root}/{path}")  # thousands are asked about at a time, of which a Path each takes too long
    except (FileNotFoundError, NotADirectoryError):
        return False
    except OSError:
        return True
    return True


def is_plain(root: Path, path: str) -> bool:
    """Tell whether a file, and no link to one, is at `path` below `root`."""
    try:
        return stat.S_ISREG((root / path).lstat().st_mode)
    except OSError:
        return False


def is_folder(root: Path, path: str) -> bool:
    """Tell whether a folder, and no link to one, is at `path` below `root`."""
    try:
        return stat.S_ISDIR((root / path).lstat().st_mode)
    except OSError:
        return False


def folders(root: Path, path: str) -> list[str]:
    """Return the names of the folders right below `root`/`path`; none where it cannot be read."""
    try:
        return sorted(entry.name for entry in os.scandir(root / path) if entry.is_dir(follow_symlinks=False))
    except OSError:
        return []


def unreadable(path: str, error: OSError) -> Problem:
    """Return what is told of a file or folder that the system does not let be read."""
    if isinstance(error, NotADirectoryError):
        return Problem(Place(path), "it is not a folder", "remove it, and make a folder of this name")
    reason = (error.strerror or str(error)).lower()
    return Problem(Place(path), f"it cannot be read: {reason}", "look at its rights and its owner")


def write_new(path: str, data: bytes) -> None:
    """Write `data` to a file at `path`, where none is, and have the folders above it be there.

    Thousands are written, of which a Path and an open file of Python's each take too long.
    """
    try:
        descriptor = os.open(path, _NEW, 0o666)
    except FileNotFoundError:
        os.makedirs(path.rpartition("/")[0], exist_ok=True)  # noqa: PTH103
        descriptor = os.open(path, _NEW, 0o666)
    try:
        at = 0
        while at < len(data):
            at += os.write(descriptor, memoryview(data)[at:])
    finally:
        os.close(descriptor)


def write_atomic(path: Path, data: bytes) -> None:
    """Write `data` to `path` so that a reader sees the old file or the new one, never a part."""
    with draft(path) as beside:
        beside.write_bytes(data)


@contextmanager
def draft(path: Path) -> Iterator[Path]:
    """Give a path beside `path` to write to; what was written there then replaces `path`."""
    path.parent.mkdir(parents=True, exist_ok=True)
    beside = path.with_name(draft_name())
    try:
        yield beside
        beside.replace(path)
    finally:
        beside.unlink(missing_ok=True)


@contextmanager
def lock(path: Path, wait: Callable[[], None] | None = None) -> Iterator[None]:
    """Hold the lock at `path`, once no other process does; one that dies lets it go.

    `wait` is called where another process holds it for longer than a build that has little to do.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("ab") as held:
        if wait and not _is_free(held):
            wait()
        fcntl.flock(held, fcntl.LOCK_EX)
        yield


def clock(path: Path) -> int:
    """Return the time of the disk on which the file at `path` lies, in nanoseconds."""
    os.utime(path)
    return path.stat().st_mtime_ns


@contextmanager
def lock_if_free(path: Path) -> Iterator[bool]:
    """Hold the lock at `path` if no other process does; give whether that is so, at once."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("ab") as held:
        try:
            fcntl.flock(held, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            yield False
        else:
            yield True


def _is_free(held: BinaryIO) -> bool:
    """Take the lock of an open file, if that can be done in a short while; tell whether it could."""
    end = time.monotonic() + SHORT
    while True:
        try:
            fcntl.flock(held, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            if time.monotonic() >= end:
                return False
            time.sleep(0.02)
        else:
            return True


def draft_name() -> str:
    """Return a new name for a file, or a folder, that is being written."""
    return f"{DRAFT}{secrets.token_hex(6)}"


def is_draft(name: str) -> bool:
    return bool(_DRAFTS.fullmatch(name))


def remove_empty(folder: Path, root: Path) -> None:
    """Remove `folder`, and those above it up to `root`, as far as nothing is in them."""
    while folder != root and root in folder.parents:
        try:
            folder.rmdir()
        except OSError:
            return
        folder = folder.parent


def all_files(root: Path, *, through_links: bool = False) -> Iterator[str]:
    """Yield the path of each file below `root`, relative to it; `through_links` to folders too, each folder once."""
    seen = set()
    for folder, below, names in os.walk(root, followlinks=through_links):
        if through_links:
            place = Path(folder).stat()
            if (place.st_dev, place.st_ino) in seen:  # a link that leads back up
                below.clear()
                continue
            seen.add((place.st_dev, place.st_ino))
        above = Path(folder).relative_to(root).as_posix()
        yield from (name if above == "." else f"{above}/{name}" for name in names)


def _closed(root: Path, path: str) -> str:
    """Return the folder at `path` below `root`, or the one on the way to it that is closed."""
    above = path.rpartition("/")[0]
    return _closed(root, above) if above and not os.access(root / above, os.X_OK) else path


def _is_passed_over(name: str) -> bool:
    hidden = name.startswith(".") and name != ".well-known"
    return hidden or name.endswith(_LEFTOVERS) or name in _CLUTTER or (name.startswith("#") and name.endswith("#"))


def _odd_name(path: str) -> Problem | None:
    """Return a problem where no message could show `path`."""
    shown = os.fsencode(path).decode("utf-8", "replace")
    if shown != path:
        return Problem(Place(shown), "the file's name is not UTF-8", "rename it")
    shown = _CONTROL.sub("␣", path)
    if shown != path or "\\" in path:
        return Problem(Place(shown), "the file's name holds a line end, a tab or the like, or a backslash", "rename it")
    return None


def _odd_kind(entry: os.DirEntry[str], path: str) -> Problem:
    """Return the problem of what is neither a file nor a folder."""
    if entry.is_symlink():
        return Problem(Place(path), "it is a symbolic link", "put the file itself here: a link could publish anything")
    return Problem(Place(path), "it is neither a file nor a folder", "remove it")
