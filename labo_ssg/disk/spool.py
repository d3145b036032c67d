"""Files that are on the disk for good before anybody says so: written beside, synced, then given their name."""

import errno
import os
import time
from pathlib import Path

from labo_ssg.disk.files import draft_name, is_draft

OLD = 3600.0  # seconds after which what a killed process was writing is nobody's
NO_LINKS = {errno.EPERM, errno.ENOTSUP, errno.EOPNOTSUPP, errno.EMLINK}  # of a disk that knows no hard links


def keep_new(path: Path, data: bytes, mode: int = 0o644) -> bool:
    """Keep `data` at `path`; return False where a file is there already, which stays as it is.

    Once this returns, the file and its name are on the disk; nobody ever sees a part of it. Raise OSError.
    """
    beside = path.with_name(draft_name())
    try:
        descriptor = os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode)
    except FileNotFoundError:
        make_folder(path.parent)
        descriptor = os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode)
    try:
        try:
            _write(descriptor, data)
        finally:
            os.close(descriptor)
        return _name(beside, path)
    finally:
        beside.unlink(missing_ok=True)
        _sync(path.parent)


def put(path: Path, data: bytes) -> None:
    """Put `data` at `path`, in place of what may be there; it is on the disk when this returns. Raise OSError."""
    beside = path.with_name(draft_name())
    make_folder(path.parent)
    try:
        descriptor = os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o644)
        try:
            _write(descriptor, data)
        finally:
            os.close(descriptor)
        beside.replace(path)
    finally:
        beside.unlink(missing_ok=True)
    _sync(path.parent)


def move(path: Path, to: Path) -> bool:
    """Move the file at `path`, byte for byte, to where nothing is; return False where it is not there any more.

    The way is on the disk when this returns. Raise OSError.
    """
    make_folder(to.parent)
    try:
        path.rename(to)
    except FileNotFoundError:
        return False
    except OSError as error:
        if error.errno != errno.EXDEV:
            raise
        keep_new(to, path.read_bytes())  # of another disk: for a moment it lies at both places, never at none
        if not remove(path):  # somebody took it away meanwhile
            remove(to)
            return False
    _sync(to.parent)
    if path.parent.is_dir():
        _sync(path.parent)
    return True


def make_folder(folder: Path) -> None:
    """Make `folder`, and those above it, for good."""
    if folder.is_dir():
        return
    make_folder(folder.parent)
    folder.mkdir(exist_ok=True)
    _sync(folder.parent)


def remove(path: Path) -> bool:
    """Remove the file at `path` for good; return False where none is there. Raise OSError."""
    try:
        path.unlink()
    except FileNotFoundError:
        return False
    _sync(path.parent)
    return True


def try_out(folder: Path) -> None:
    """Write a file into `folder` and remove it; raise OSError where that cannot be done."""
    beside = folder / draft_name()
    try:
        descriptor = os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o644)
        try:
            _write(descriptor, b"\0" * 4096)
        finally:
            os.close(descriptor)
    finally:
        beside.unlink(missing_ok=True)


def sweep(folder: Path) -> int:
    """Remove what killed processes were writing in the folders of `folder`; return how many files that were."""
    swept = 0
    for inside, _, names in os.walk(folder):
        for name in filter(is_draft, names):
            path = Path(inside, name)
            try:
                if time.time() - path.lstat().st_mtime > OLD:
                    path.unlink()
                    swept += 1
            except FileNotFoundError:  # another process has ended its work, or swept it
                continue
    return swept


def _write(descriptor: int, data: bytes) -> None:
    rest = memoryview(data)
    while rest:
        rest = rest[os.write(descriptor, rest) :]
    os.fsync(descriptor)


def _name(beside: Path, path: Path) -> bool:
    """Give the file `beside` its name, unless another has it."""
    try:
        os.link(beside, path)
    except FileExistsError:
        return False
    except OSError as error:
        if error.errno not in NO_LINKS:
            raise
        # Names are as good as unique: two processes that take the same one meet in the microsecond between these two.
        if path.exists():
            return False
        beside.replace(path)
    return True


def _sync(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
