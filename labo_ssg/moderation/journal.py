"""What was decided, by whom, when and why: in the commits of the site's repository, else in comments/journal.csv.

In git, each decision is a block of trailers in the commit that carries it out: `Decision`, `Comment`, `Article`, and
`Reason` where one was given. What pull requests have approved is seen by what came with them (`committed`).
"""

import csv
import io
import os
from collections.abc import Collection, Iterable, Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path, PurePosixPath

import msgspec

from labo_ssg.disk import files, spool
from labo_ssg.forge import git
from labo_ssg.forge.running import GitFailed
from labo_ssg.moderation import committed
from labo_ssg.moderation.record import Record
from labo_ssg.places import APPROVED, COMMENTS, PENDING, WITHDRAWN

JOURNAL = f"{COMMENTS}/journal.csv"
AUTHOR = "the author"  # who withdraws a message


def read(root: Path, bot: str = "") -> list[Record]:
    """Return all that was decided at `root`, oldest first; what `bot` ("Name <address>") has committed was proposed.

    Raise GitFailed, OSError.
    """
    found = [*_read_csv(root)]
    if in_git(root):
        found += committed.decisions(root, bot)
    return sorted({*found, *_withdrawn(root, {one.comment for one in found})})


def unwritten(root: Path, records: Sequence[Record], head: str) -> list[Record]:
    """Return those of `records` that are not written down, neither in the file nor in a commit made since `head`."""
    rows = {(one.date, one.comment, one.decision) for one in _read_csv(root)}
    commits = {(one.comment, one.decision) for one in (committed.since(root, head) if in_git(root) else ())}
    return [
        one
        for one in records
        if (one.date, one.comment, one.decision) not in rows and (one.comment, one.decision) not in commits
    ]


def in_git(root: Path) -> bool:
    """Tell whether decisions are kept by git; raise GitFailed where git is there and refuses to say."""
    try:
        return git.is_repository(root)
    except GitFailed as failed:
        if "not installed" in str(failed):
            return False
        raise


def append(root: Path, records: Sequence[Record]) -> None:
    """Write down `records` in the file of decisions, as a whole; they are on the disk when it returns."""
    if not records:
        return
    try:
        before = (root / JOURNAL).read_bytes()
    except FileNotFoundError:
        before = b""
    rows = as_csv(records).encode()
    if before:
        before += b"" if before.endswith(b"\n") else b"\n"  # somebody has edited it
        rows = rows.partition(b"\n")[2]
    spool.put(root / JOURNAL, before + rows)


def as_csv(records: Iterable[Record]) -> str:
    """Return `records` as a table that spreadsheets read."""
    text = io.StringIO()
    writer = csv.DictWriter(text, Record.__struct_fields__, lineterminator="\n")
    writer.writeheader()
    writer.writerows(msgspec.to_builtins(one) for one in records)
    return text.getvalue()


def _read_csv(root: Path) -> Iterator[Record]:
    """Yield the records of the file of decisions; a line that cannot be read spoils no other."""
    try:
        text = (root / JOURNAL).read_text(encoding="utf-8", errors="replace")
    except FileNotFoundError:
        return
    for line in text.split("\n"):
        try:
            row = next(csv.reader([line], strict=True), [])
            yield msgspec.convert(dict(zip(Record.__struct_fields__, row, strict=True)), Record, strict=False)
        except (ValueError, csv.Error):  # the head, an empty line, or what was cut short
            continue


def _withdrawn(root: Path, decided: Collection[str]) -> Iterator[Record]:
    """Yield what the authors of messages have withdrawn while these waited.

    The inbox marks a message before it removes it: of one that is still there, or was `decided`, the mark is what an
    inbox left that died between the two.
    """
    if not files.exists(root, WITHDRAWN):
        return
    with os.scandir(root / WITHDRAWN) as found:
        marks = {entry.name: entry.stat().st_mtime for entry in found if not files.is_draft(entry.name)}
    there = _lying(root) if marks else set()
    for name in marks.keys() - there - set(decided):
        yield Record(datetime.fromtimestamp(int(marks[name]), UTC), name, "withdrawn", AUTHOR)


def _lying(root: Path) -> set[str]:
    """Return the ids of the messages that wait or are published."""
    states = [state for state in (PENDING, APPROVED) if files.exists(root, state)]
    return {PurePosixPath(path).stem for state in states for path in files.walk(root, state)[0]}
