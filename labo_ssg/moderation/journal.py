"""What was decided, by whom, when and why: in the commits of the site's repository, else in comments/journal.csv.

In git, each decision is a block of trailers in the commit that carries it out: `Decision`, `Comment`, `Article`, and
`Reason` where one was given. Of a pull request, the one who has merged it is the one who has decided.
"""

import csv
import io
import os
from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Literal, NamedTuple, get_args

import msgspec
from msgspec import Struct

from labo_ssg.disk import files
from labo_ssg.forge import git
from labo_ssg.forge.running import GitFailed, run
from labo_ssg.places import COMMENTS, INBOX

JOURNAL = f"{COMMENTS}/journal.csv"
WITHDRAWN = f"{INBOX}/withdrawn"
AUTHOR = "the author"  # who withdraws a message

Decision = Literal["approved", "rejected", "spam", "withdrawn", "erased"]
_DECISIONS: tuple[str, ...] = get_args(Decision)
_FORM = "%H%x00%P%x00%aI%x00%an <%ae>%x00%ce%x00%B%x00"


class Record(Struct, frozen=True, order=True):
    """A decision on a message; `moderator` is "Name <address>", `article` "" where only the id is known."""

    date: datetime
    comment: str
    decision: Decision
    moderator: str
    article: str = ""
    reason: str = ""


class _Commit(NamedTuple):
    parents: tuple[str, ...]
    date: datetime
    author: str
    committer: str
    text: str


def trailers(records: Iterable[Record]) -> str:
    """Return the last paragraph of the commit that carries out what `records` say."""
    blocks = []
    for one in records:
        lines = [f"Decision: {one.decision}", f"Comment: {one.comment}", f"Article: {one.article}"]
        blocks += [*lines, f"Reason: {one.reason}"] if one.reason else lines
    return "".join(f"{line}\n" for line in blocks)


def read(root: Path, bot: str = "") -> list[Record]:
    """Return all that was decided at `root`, oldest first; what `bot` ("Name <address>") has committed was proposed.

    Raise GitFailed, OSError.
    """
    found = [*_withdrawn(root), *_read_csv(root)]
    if in_git(root) and git.head_of(root):
        found += _committed(root, bot.removesuffix(">").partition("<")[2])
    return sorted(set(found))


def in_git(root: Path) -> bool:
    """Tell whether decisions are kept by git; raise GitFailed where git is there and refuses to say."""
    try:
        return git.is_repository(root)
    except GitFailed as failed:
        if "not installed" in str(failed):
            return False
        raise


def append(root: Path, records: Sequence[Record]) -> None:
    """Write down `records` in the file of decisions; they are on the disk when it returns."""
    path = root / JOURNAL
    path.parent.mkdir(parents=True, exist_ok=True)
    text = io.StringIO()
    with path.open("ab+") as file:
        writer = csv.DictWriter(text, Record.__struct_fields__, lineterminator="\n")
        if file.tell() == 0:
            writer.writeheader()
        else:
            file.seek(-1, os.SEEK_END)
            text.write("" if file.read(1) == b"\n" else "\n")  # a line that was cut short when the machine stopped
        writer.writerows(msgspec.to_builtins(one) for one in records)
        file.write(text.getvalue().encode())
        file.flush()
        os.fsync(file.fileno())


def as_csv(records: Iterable[Record]) -> str:
    """Return `records` as a table that spreadsheets read."""
    text = io.StringIO()
    writer = csv.DictWriter(text, Record.__struct_fields__, lineterminator="\n")
    writer.writeheader()
    writer.writerows(msgspec.to_builtins(one) for one in records)
    return text.getvalue()


def _read_csv(root: Path) -> Iterator[Record]:
    try:
        text = (root / JOURNAL).read_text(encoding="utf-8", errors="replace")
    except FileNotFoundError:
        return
    for row in csv.DictReader(io.StringIO(text)):
        try:
            yield msgspec.convert(row, Record, strict=False)
        except msgspec.ValidationError:  # cut short when the machine stopped: it was written again below
            continue


def _withdrawn(root: Path) -> Iterator[Record]:
    """Yield what the authors of messages have withdrawn while these waited."""
    if not files.exists(root, WITHDRAWN):
        return
    with os.scandir(root / WITHDRAWN) as found:
        for entry in found:
            when = datetime.fromtimestamp(int(entry.stat().st_mtime), UTC)
            yield Record(when, entry.name, "withdrawn", AUTHOR)


def _committed(root: Path, bot: str) -> Iterator[Record]:
    """Yield what the commits of the branch say; each is looked at once, by the way that it came to the branch."""
    fields = run(root, "log", "--topo-order", f"--format={_FORM}").decode(errors="replace").split("\0")
    commits = {}
    for name, parents, date, author, committer, text in zip(*(fields[at::6] for at in range(6)), strict=False):
        moment = datetime.fromisoformat(date).astimezone(UTC)
        commits[name.strip()] = _Commit(tuple(parents.split()), moment, author, committer, text)
    line, tip = list[str](), git.head_of(root)
    while tip in commits:  # of a shallow clone, the parents of the last one are not there
        line.append(tip)
        tip = next(iter(commits[tip].parents), "")
    seen = set(line)
    for name in reversed(line):
        one = commits[name]
        yield from _decisions(one, one)
        yield from _brought(commits, one, seen, bot)


def _brought(commits: dict[str, _Commit], merge: _Commit, seen: set[str], bot: str) -> Iterator[Record]:
    """Yield what the commits say that `merge` has brought to the branch; what the bot proposed, the merge decided."""
    waiting = list(merge.parents[1:])
    while waiting:
        name = waiting.pop()
        if name in commits and name not in seen:
            seen.add(name)
            one = commits[name]
            yield from _decisions(one, merge if one.committer == bot else one)
            waiting += one.parents


def _decisions(commit: _Commit, by: _Commit) -> Iterator[Record]:
    """Yield the decisions in the text of `commit`, as those of the author of `by`."""
    block: dict[str, str] = {}
    for line in [*commit.text.rpartition("\n\n")[2].splitlines(), "Decision: "]:
        key, _, value = line.partition(": ")
        if key == "Decision":
            if block.get("Decision") in _DECISIONS and block.get("Comment"):
                decision: Decision = block["Decision"]  # type: ignore[assignment] # it is one of them
                about = block.get("Article", ""), block.get("Reason", "")
                yield Record(by.date, block["Comment"], decision, by.author, *about)
            block = {}
        block[key] = value.strip()
