"""Builds that remember, compared with builds from nothing of the same sources."""

import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path

from conftest import NOW, read_tree

from labo_ssg.build.build import Report, build
from labo_ssg.places import SETTINGS

SOURCES = (SETTINGS, "content", "comments", "templates")
QUICK = "/dev/shm" if os.access("/dev/shm", os.W_OK) else None  # a disk in memory


def copy_sources(root: Path, there: Path) -> None:
    """Make the sources in `there` those of `root`, whatever they were."""
    there.mkdir(exist_ok=True)
    for name in SOURCES:
        remove(there / name)
        if (root / name).is_dir():
            shutil.copytree(root / name, there / name)
        elif (root / name).exists():
            shutil.copy2(root / name, there / name)


def remove(path: Path) -> None:
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path)
    else:
        path.unlink(missing_ok=True)


@contextmanager
def from_nothing(
    root: Path, *, now: datetime = NOW, drafts: bool = False, pending: bool = False
) -> Iterator[tuple[list[str], Report, Path]]:
    """Build a copy of the site at `root`, with no memory; give what was told, the report and the output."""
    with tempfile.TemporaryDirectory(prefix="labo-twin-", dir=QUICK) as folder:
        twin = Path(folder) / "site"
        copy_sources(root, twin)
        report = build(twin, twin / "public", now=now, drafts=drafts, pending=pending, remembers=False)
        yield told(report, twin), report, twin / "public"


def assert_whole(root: Path, *, now: datetime = NOW) -> Report:
    """Assert that one more build into `public` makes what a build from nothing makes; return its report."""
    report = build(root, root / "public", now=now, drafts=False)
    with from_nothing(root, now=now) as (problems, _, wanted):
        assert told(report, root) == problems == []
        assert read_tree(root / "public") == read_tree(wanted)
    return report


def told(report: Report, root: Path) -> list[str]:
    """Return the problems of a report, which do not say where the site lies."""
    return [str(problem).replace(str(root), "ROOT") for problem in report.problems]


def times_and_bytes(folder: Path) -> dict[str, tuple[int, bytes]]:
    """Return when each file below `folder` was written and what it holds."""
    files = (path for path in folder.rglob("*") if path.is_file())
    return {path.relative_to(folder).as_posix(): (path.stat().st_mtime_ns, path.read_bytes()) for path in files}
