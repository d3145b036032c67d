"""Messages that wait for a decision → an e-mail to a moderator, as text and as HTML."""

from collections.abc import Sequence
from datetime import datetime
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime, make_msgid
from html import escape
from unicodedata import category
from zoneinfo import ZoneInfo

from msgspec import Struct

from labo_ssg import language
from labo_ssg.formats.comment import Screen
from labo_ssg.model import Site
from labo_ssg.moderation.showing import Shown

LONGEST = 120  # characters of a name or a title in a subject
# Control characters, what turns the direction of writing, halves of characters, ends of lines: a subject shows none.
_UNSEEN = frozenset({"Cc", "Cf", "Cs", "Zl", "Zp"})

Part = tuple[str, str]
"""A piece of a letter, as text and as HTML."""


class Waiting(Struct, frozen=True):
    """A message, or where `request` is said a wish to have one removed: `wish` holds the visitor's words.

    `path` is relative to the site's root. `shown` is None where it cannot be shown; `raw` is its file then.
    `proposal` is the address of its pull request, "" for none.
    """

    id: str
    article: str
    path: str
    raw: str
    date: datetime | None = None
    shown: Shown | None = None
    screen: Screen | None = None
    request: bool = False
    wish: str = ""
    proposal: str = ""


def compose(site: Site, sender: str, recipient: str, waiting: Sequence[Waiting], now: datetime) -> EmailMessage:
    """Write the letter that tells `recipient` of the messages that are `waiting`: at least one, requests or not."""
    say = language.translations(site.language).gettext
    mail = EmailMessage(policy=SMTP)
    mail["From"] = Address(_in_a_line(site.title), addr_spec=sender)
    mail["To"] = Address(addr_spec=recipient)
    mail["Subject"] = f"[{_in_a_line(site.title)}] {_subject(waiting, site.language)}"
    mail["Date"] = format_datetime(now)
    mail["Message-ID"] = make_msgid(domain=sender.rpartition("@")[2])
    mail["Auto-Submitted"] = "auto-generated"  # RFC 3834: nobody's holiday answers it
    parts = [_lead(waiting, site.language), *(part for one in waiting for part in _about(one, site))]
    parts.append(
        _line(say("This e-mail comes from the inbox of {site}.").format(site=f"{site.title}, {site.base_url}"))
    )
    text = "\n\n".join(part[0] for part in parts)
    html = "\n".join(part[1] for part in parts)
    head = f'<!doctype html>\n<html lang="{escape(site.language)}">\n<meta charset="utf-8">\n<body>'
    mail.set_content(_sendable(f"{text}\n"), cte="quoted-printable")
    mail.add_alternative(_sendable(f"{head}\n{html}\n</body></html>\n"), subtype="html", cte="quoted-printable")
    return mail


def _subject(waiting: Sequence[Waiting], tag: str) -> str:
    say = language.translations(tag).gettext
    one, *others = waiting
    requested = one.request
    if others:
        words = say("{count} removals are asked for") if requested else say("{count} messages wait for a decision")
        return words.format(count=len(waiting))
    title = _in_a_line(one.shown.title if one.shown else one.article)
    if requested:
        return say("Removal asked for, on “{title}”").format(title=title)
    author = _in_a_line(one.shown.author if one.shown else one.id)
    return say("Message of {author} on “{title}”").format(author=author, title=title)


def _lead(waiting: Sequence[Waiting], tag: str) -> Part:
    say = language.translations(tag).gettext
    if waiting[0].request:
        return _line(say("The removal of what follows is asked for. It stays until you decide."))
    return _line(say("What follows is not published. You decide."))


def _about(one: Waiting, site: Site) -> list[Part]:
    """Return what is said of a message, line by line."""
    say = language.translations(site.language).gettext
    parts = [_heading(one)]
    if one.shown:
        parts.append((one.shown.url, f'<p><a href="{escape(one.shown.url)}">{escape(one.shown.url)}</a></p>'))
    parts.append(_line(_when(one, site)))
    if one.request:
        parts.append(_line(say("The words of who asks for it:") if one.wish else say("No reason was given.")))
        parts += [_quote(one.wish)] if one.wish else []
    if one.shown and one.shown.reply_to:
        parts.append(_line(say("In answer to: {excerpt}").format(excerpt=_in_a_line(one.shown.reply_to, None))))
    parts.append(_words(one, site.language))
    if one.shown and one.shown.links:
        parts.append(_list(say("It leads to:"), one.shown.links))
    if one.screen:
        rank = say("Rank {rank} of 100").format(rank=one.screen.rank)
        parts.append(_list(rank, one.screen.reasons) if one.screen.reasons else _line(rank))
    return [*parts, _decide(one, site.language)]


def _heading(one: Waiting) -> Part:
    title = _in_a_line(one.shown.title if one.shown else one.article)
    return f"── {title}", f"<hr><h2>{escape(title)}</h2>"


def _when(one: Waiting, site: Site) -> str:
    author = _in_a_line(one.shown.author if one.shown else one.id)
    if not one.date:
        return author
    zone = ZoneInfo(site.timezone)
    return f"{author}, {language.long_moment(one.date.astimezone(zone), site.language)}"


def _words(one: Waiting, tag: str) -> Part:
    """Return the text of a message: as text, for it is then seen as it is, and as the site would show it."""
    if one.shown:
        return _indented(one.shown.text), f"<blockquote>{one.shown.html}</blockquote>"
    say = language.translations(tag).gettext
    if not one.raw:
        return _line(say("This message cannot be sent by e-mail; read it in its file."))
    note, raw = _line(say("This message cannot be shown as on the site; here is its file.")), _quote(one.raw)
    return f"{note[0]}\n\n{raw[0]}", f"{note[1]}{raw[1]}"


def _decide(one: Waiting, tag: str) -> Part:
    """Return how to decide: on the forge, where it is proposed there, or by a command in the site's folder."""
    say = language.translations(tag).gettext
    if one.request:
        steps = [(say("To remove it:"), f"labo comments erase {one.id}"), (say("The request:"), one.path)]
    elif one.proposal:
        words, url = say("To decide:"), escape(one.proposal)
        return f"{words} {one.proposal}", f'<p>{escape(words)} <a href="{url}">{url}</a></p>'
    else:
        steps = [
            (say("To publish it:"), f"labo comments approve {one.id}"),
            (say("To refuse it:"), f"labo comments reject {one.id}"),
        ]
    text = "\n".join(f"{words}\n    {step}" for words, step in steps)
    html = "<br>".join(f"{escape(words)} <code>{escape(step)}</code>" for words, step in steps)
    return text, f"<p>{html}</p>"


def _line(words: str) -> Part:
    return words, f"<p>{escape(words)}</p>"


def _quote(words: str) -> Part:
    return _indented(words), f'<blockquote><p style="white-space: pre-wrap">{escape(words)}</p></blockquote>'


def _list(words: str, items: Sequence[str]) -> Part:
    text = "\n".join([words, *(f"  - {_in_a_line(item, None)}" for item in items)])
    return text, f"<p>{escape(words)}</p><ul>{''.join(f'<li>{escape(item)}</li>' for item in items)}</ul>"


def _indented(words: str) -> str:
    """Return a visitor's words such that none of them can be taken for ours."""
    return "\n".join(f"> {line}" for line in words.splitlines())


def _in_a_line(words: str, longest: int | None = LONGEST) -> str:
    shown = " ".join("".join(" " if category(one) in _UNSEEN else one for one in words).split())
    return shown if longest is None or len(shown) <= longest else f"{shown[: longest - 1]}…"


def _sendable(text: str) -> str:
    """Return `text` without halves of characters, which no encoding knows."""
    return text.encode(errors="replace").decode()
