"""A decision on a message, as it is written down: a block of trailers in a commit, or a line of a table."""

from collections.abc import Iterable, Iterator
from datetime import datetime
from typing import Literal, get_args

from msgspec import Struct

Decision = Literal["approved", "rejected", "spam", "withdrawn", "erased", "reopened"]
DECISIONS: tuple[Decision, ...] = get_args(Decision)


class Record(Struct, frozen=True, order=True):
    """A decision on a message; `moderator` is "Name <address>", `article` "" where only the id is known."""

    date: datetime
    comment: str
    decision: Decision
    moderator: str
    article: str = ""
    reason: str = ""


def trailers(records: Iterable[Record]) -> str:
    """Return the last paragraph of the commit that carries out what `records` say."""
    blocks = []
    for one in records:
        lines = [f"Decision: {one.decision}", f"Comment: {one.comment}", f"Article: {one.article}"]
        blocks += [*lines, f"Reason: {one.reason}"] if one.reason else lines
    return "".join(f"{line}\n" for line in blocks)


def said(text: str, date: datetime, moderator: str) -> Iterator[Record]:
    """Yield the decisions of the last paragraph of a commit, as those of `moderator` at `date`."""
    block: dict[str, str] = {}
    for line in [*text.rpartition("\n\n")[2].splitlines(), "Decision: "]:
        key, _, value = line.partition(": ")
        if key == "Decision":
            decision = next((one for one in DECISIONS if one == block.get("Decision")), None)
            if decision and block.get("Comment"):
                about = block.get("Article", ""), block.get("Reason", "")
                yield Record(date, block["Comment"], decision, moderator, *about)
            block = {}
        block[key] = value.strip()
