"""Rendered files → the output folder, one whole file at a time; nothing else in it is touched."""

import filecmp
import shutil
from collections.abc import Mapping
from hashlib import sha256
from pathlib import Path
from typing import NamedTuple

import msgspec

from labo_ssg.disk import files

RECORD = ".labo/published"  # what earlier builds wrote, so that only that is ever removed


class Outcome(NamedTuple):
    """How many files were written and removed, and which ones in the folder are not the site's."""

    written: int
    removed: int
    foreign: tuple[str, ...]


def publish(made: Mapping[str, bytes], copied: Mapping[str, Path], output: Path, root: Path) -> Outcome:
    """Make `output` hold `made` and `copied`; remove what an earlier build left and this one does not make.

    Raise OSError where the folder cannot be written: what was there is then still there, each
    file old or new, and the next build goes on.
    """
    record = root / RECORD / f"{sha256(str(output.resolve()).encode()).hexdigest()[:16]}.json"
    ours = made.keys() | copied.keys()
    earlier = _read_record(record)
    # A file is ours from before it is written, whatever happens meanwhile.
    files.write_atomic(record, msgspec.json.encode(sorted(ours | earlier)))
    written = sum(_write(output / path, data) for path, data in made.items())
    written += sum(_copy(source, output / path) for path, source in copied.items())
    removed = sum(_remove(output / path, output) for path in sorted(earlier - ours))
    files.write_atomic(record, msgspec.json.encode(sorted(ours)))
    foreign = tuple(sorted(path for path in files.all_files(output) if path not in ours))
    return Outcome(written, removed, foreign)


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
