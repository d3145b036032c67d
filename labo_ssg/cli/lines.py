"""Messages as lines of text, for a terminal: in a list, or as they will be read."""

from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from labo_ssg.moderation.articles import Articles
from labo_ssg.moderation.queue import Pending

if TYPE_CHECKING:
    from labo_ssg.moderation.showing import Shown


def in_list(one: Pending, now: datetime, known: Articles) -> list[str]:
    """Return the lines by which a message stands in a list, among them that its article is not `known`."""
    rank = f"rank {one.screen.rank}" if one.screen else "no rank"
    lines = [f"{one.id}  {age(now - one.date)}  {one.article}  {one.author}  {rank}"]
    lines += [f"    {reason}" for reason in (one.screen.reasons if one.screen else ())]
    lines += [f"    → {link}" for link in one.links]
    if not known.has(one.article):
        meant = ", ".join(f"`{near.id}`" for near in known.near(one.article))
        lines.append(f"    ! there is no such article{f'; did you mean {meant}?' if meant else ''}")
    return [printable(line) for line in lines]


def in_whole(one: Pending, shown: "Shown", now: datetime) -> list[str]:
    """Return the lines that show a message as it will be read."""
    from labo_ssg.inbox.by_mail.markup_off import text_of

    answer = ["", f"It answers: {shown.reply_to}"] if shown.reply_to else []
    links = ["", "It leads to:", *(f"  → {link}" for link in shown.links)] if shown.links else []
    screen = [*(f"  {reason}" for reason in one.screen.reasons)] if one.screen else []
    lines = [
        *(f"{shown.title}", shown.url, "", f"{one.author}, {one.date.astimezone():%Y-%m-%d %H:%M}", one.path),
        f"{age(now - one.date)} old" + (f", rank {one.screen.rank} of 100" if one.screen else ""),
        *screen,
        *answer,
        "",
        *(f"│ {line}" for line in text_of(shown.html).strip().splitlines()),
        "",
        "As it was written:",
        *(f"> {line}" for line in shown.text.splitlines()),
        *links,
    ]
    return [printable(line) for line in lines]


def age(since: timedelta) -> str:
    """Return how long a message has waited, in the largest unit that says enough."""
    minutes = int(since.total_seconds() // 60)
    for unit, length in (("d", 1440), ("h", 60)):
        if minutes >= length:
            return f"{minutes // length} {unit}"
    return f"{max(minutes, 0)} min"


def printable(text: str) -> str:
    """Return `text` without what could command a terminal, or turn its direction of writing."""
    return "".join(one if one.isprintable() or one in "\u00a0\u202f" else "�" for one in text)
