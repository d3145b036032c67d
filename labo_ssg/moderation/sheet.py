"""A message that waits → the sheet that a moderator reads: where it stands, who, what it answers, it, its links."""

from collections.abc import Callable
from datetime import datetime
from urllib.parse import urlsplit

from labo_ssg import language
from labo_ssg.moderation.queue import Pending
from labo_ssg.moderation.showing import Shown
from labo_ssg.moderation.terminal import Block, Piece, blocks, line, printable

Say = Callable[[str], str]
"""Gives the words of the site's language."""

EXCERPT = 240  # characters of a message that is answered
GOOD = 60  # the rank from which on nothing much speaks against a message


def sheet(
    message: Pending, shown: Shown | None, why: str, above: Pending | None, say: Say, tag: str, now: datetime
) -> list[Block]:
    """Return what is read of a `message`: as the site would show it, or where it cannot, `why`, and as it was written.

    `above` is the message that it answers, where that waits, too. `tag` is the language of dates.
    """
    title = shown.title if shown else message.article
    head = [line(title, "bold"), *([line(shown.url, "dim")] if shown else [])]
    when = language.long_moment(message.date.astimezone(), tag)
    head.append(
        Block((Piece(printable(message.author), frozenset({"bold"})), Piece(f", {when} ({_age(now, message, say)})")))
    )
    if message.screen:
        rank = say("Rank {rank} of 100").format(rank=message.screen.rank)
        head.append(line(rank, *(("reverse",) if message.screen.rank < GOOD else ())))
        head += [line(f"– {reason}", indent=2) for reason in message.screen.reasons]
    if above:
        words = f"{above.author}: {_beginning(above.text)}"
        head.append(line(f"{say('It answers a message that waits, too:')} {words}", "italic", gap=True))
    elif message.reply_to:
        answered = shown.reply_to if shown and shown.reply_to else message.reply_to
        head.append(line(f"{say('It answers:')} {answered}", "italic", gap=True))
    if shown:
        body = _below(blocks(shown.html))
    else:
        body = [line(say("It cannot be shown as the site would show it:"), "bold", gap=True), line(why, indent=2)]
        body.append(line(message.text.rstrip(), gap=True))
    return [*head, *body, *_links(shown.links if shown else message.links, say)]


def _beginning(text: str) -> str:
    words = " ".join(text.split())
    return words if len(words) <= EXCERPT else f"{words[:EXCERPT]}…"


def _below(body: list[Block]) -> list[Block]:
    """Return the message itself, with a bar at its side, as a quotation has one more."""
    return [Block(one.pieces, one.indent, one.quotes + 1, gap=one.gap or not at) for at, one in enumerate(body)]


def _links(links: tuple[str, ...], say: Say) -> list[Block]:
    if not links:
        return []
    found = [line(say("It leads to:"), gap=True)]
    for link in links:
        pieces = (Piece(printable(_host(link)), frozenset({"bold"})), Piece(printable(f"  {link}")))
        found.append(Block(pieces, 2))
    return found


def _host(link: str) -> str:
    """Return whom a link leads to, as networks spell it: letters that look like others show."""
    try:
        host = urlsplit(link).hostname or link.partition(":")[0]
        return host.encode("idna").decode()
    except ValueError:
        return "?"


def _age(now: datetime, message: Pending, say: Say) -> str:
    hours = max(int((now - message.date).total_seconds() // 3600), 0)
    if hours >= 48:
        return say("{number} days ago").format(number=hours // 24)
    return say("{number} h ago").format(number=hours)
