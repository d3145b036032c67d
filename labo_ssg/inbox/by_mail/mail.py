"""A letter, as a program for mail saved it → what its writer wants to say, and under which article.

Strategy: the standard library takes the message apart; of its texts the plain one is read, or the HTML one without
its tags. Lines that were broken for the way are joined again (RFC 3676); `lines` then says what they mean. Nothing
here raises, whatever the bytes are.
"""

import re
from collections.abc import Callable, Iterable, Iterator
from datetime import UTC, datetime
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from email.utils import parseaddr, parsedate_to_datetime
from functools import partial
from hashlib import sha256
from typing import TypeVar

from msgspec import Struct

from labo_ssg.formats.plain_text import visible
from labo_ssg.inbox.by_mail import lines
from labo_ssg.inbox.by_mail.markup_off import text_of

LARGEST = 200_000  # characters of a text that are looked at; a message has 20,000 at most
SUFFIX = 6  # letters
LETTERS = "abcdefghijklmnopqrstuvwxyz23456789"  # of a suffix: none is taken for another one
UNSURE = frozenset({"", "us-ascii", "ascii", "iso-8859-1", "latin-1", "latin1", "unknown-8bit", "idna", "punycode"})

Answer = TypeVar("Answer")


class Letter(Struct, frozen=True):
    """What a letter holds; "" for what it does not say, None where it has no date that can be read.

    `sender` is the name that goes with `address`, from its header. `suffix` is made of the message's own
    id, or of all its bytes: six letters, the same whenever the same letter comes. `attachments` counts files.
    """

    article: str
    reply_to: str
    author: str
    website: str
    text: str
    sender: str
    address: str
    date: datetime | None
    suffix: str
    attachments: int


def read(data: bytes) -> Letter:
    """Return what the message `data` holds."""
    message = _asked(lambda: message_from_bytes(data, policy=default), EmailMessage())
    body, attachments = _body(message)
    fields, text = lines.sort_out(_clean(body).split("\n"))
    sender, address = _sender(message)
    return Letter(
        article=fields.get("article", ""),
        reply_to=fields.get("reply_to", ""),
        author=fields.get("author", ""),
        website=_address_of_site(fields.get("website", "")),
        text=text,
        sender="" if "@" in sender else sender,  # what stands for a name may be the address, which nobody may read
        address=address,
        date=_date(_header(message, "Date")),
        suffix=_suffix(_header(message, "Message-ID").strip().encode() or data),
        attachments=attachments,
    )


def _asked(question: Callable[[], Answer], otherwise: Answer) -> Answer:
    """Return the answer of the library's `email`, or `otherwise`: it raises whatever it trips over in odd messages."""
    try:
        return question()
    except Exception:
        return otherwise


def _header(message: EmailMessage, name: str) -> str:
    """Return a header as text, "" where there is none."""
    return _asked(lambda: _clean(str(message[name] or "")), "")


def _sender(message: EmailMessage) -> tuple[str, str]:
    """Return the name and the address of whom a message is from."""
    one = _asked(lambda: message["From"].addresses[0], None)
    name, address = (one.display_name, one.addr_spec) if one else parseaddr(_header(message, "From"))
    return " ".join(_clean(name).split()), _clean(address)


def _body(message: EmailMessage) -> tuple[str, int]:
    """Return the text of a message, and how many files come with it."""
    texts: dict[str, str] = {}
    attachments = 0
    for part in _leaves(message):
        kind = _asked(part.get_content_type, "text/plain")
        if kind in ("text/plain", "text/html") and not _asked(partial(_is_file, part), False):
            if kind not in texts:
                texts[kind] = _text(part)
        elif kind not in ("application/pgp-signature", "application/pkcs7-signature"):
            attachments += 1
    if texts.get("text/plain", "").strip():
        return texts["text/plain"], attachments
    return text_of(texts.get("text/html", "")), attachments


def _leaves(message: EmailMessage) -> Iterator[EmailMessage]:
    """Yield the parts of a message that have no parts; a message inside the message is one of them."""
    waiting = [message]
    while waiting:
        part = waiting.pop()
        payload: object = part.get_payload() if part.is_multipart() else None
        if isinstance(payload, list) and _asked(part.get_content_maintype, "") == "multipart":
            waiting += [one for one in reversed(payload) if isinstance(one, EmailMessage)]
        else:
            yield part


def _is_file(part: EmailMessage) -> bool:
    return part.get_content_disposition() == "attachment" or part.get_filename() is not None


def _text(part: EmailMessage) -> str:
    """Return the text of a part, its lines as they were before they were broken for the way."""
    data: object = _asked(lambda: part.get_payload(decode=True), None)
    charset = _asked(part.get_content_charset, None) or ""
    parameters = _asked(partial(_parameters, part), dict[str, str]())
    text = _decoded(data[: 4 * LARGEST] if isinstance(data, bytes) else b"", charset)[:LARGEST]
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    if parameters.get("format") == "flowed":
        text = "\n".join(_joined(text.split("\n"), drop=parameters.get("delsp") == "yes"))
    return text


def _parameters(part: EmailMessage) -> dict[str, str]:
    """Return what the Content-Type of a part says beside its kind: format=flowed."""
    return {name.lower(): str(value).lower() for name, value in part.get_params() or ()}


def _decoded(data: bytes, charset: str) -> str:
    """Return `data` as text: what says that it is Latin-1, or says nothing, may be UTF-8 or Windows' own."""
    for one in ("utf-8", "cp1252") if charset in UNSURE else (charset, "utf-8", "cp1252"):
        try:
            return data.decode(one)
        except (LookupError, ValueError):
            continue
    return data.decode("latin-1")


def _joined(broken: Iterable[str], *, drop: bool) -> Iterator[str]:
    """Yield lines of format=flowed with those that go on joined: one that ends with a space does (RFC 3676 § 4).

    `drop` tells that this space is not part of the text. A line that a letter starts with is never part of another one.
    """
    begun: list[str] = []
    depth = 0  # of the quotation that the line which is begun stands in
    for line in broken:
        quotes = len(line) - len(line.lstrip(">"))
        content = line[quotes:].removeprefix(" ")
        alone = lines.stands_alone(content)
        if begun and (depth != quotes or alone):
            yield _requoted("".join(begun), depth)
            begun = []
        depth = quotes
        goes_on = content.endswith(" ") and not alone
        begun.append(content[:-1] if goes_on and drop else content)
        if not goes_on:
            yield _requoted("".join(begun), depth)
            begun = []
    if begun:
        yield _requoted("".join(begun), depth)


def _requoted(line: str, depth: int) -> str:
    return f"{'>' * depth} {line}" if depth else line


def _clean(text: str) -> str:
    """Return `text` without what no file may hold."""
    return visible(text.replace("\u2028", "\n").replace("\u2029", "\n").encode(errors="replace").decode())


def _address_of_site(written: str) -> str:
    """Return the first address in what was written, with the https:// that many leave out."""
    first = written.split()[0].strip("<>") if written.split() else ""
    return f"https://{first}" if re.fullmatch(r"[\w-]+(\.[\w-]+)+(/\S*)?", first) else first


def _date(written: str) -> datetime | None:
    """Return the moment of a Date header; what it says without an offset is UTC (RFC 5322 § 3.3)."""
    try:
        moment = parsedate_to_datetime(written)
        return (moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)).replace(microsecond=0)
    except (ValueError, TypeError, IndexError, OverflowError):
        return None


def _suffix(identity: bytes) -> str:
    number = int.from_bytes(sha256(identity).digest())
    digits = ""
    for _ in range(SUFFIX):
        number, digit = divmod(number, len(LETTERS))
        digits += LETTERS[digit]
    return digits
