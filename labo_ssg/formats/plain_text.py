"""Bytes of a file → text: UTF-8, without byte order mark, lines ended by LF."""

import re
from codecs import BOM_UTF8

from labo_ssg.problems import Place, Problem

LARGEST = 1_000_000  # bytes; a book of 500 pages

# What neither a page nor a feed may hold: control characters, and U+FFFE and its like (HTML § 13.2.3.5, XML § 2.2).
_NONCHARACTERS = "\ufdd0-\ufdef" + "".join(chr(plane << 16 | last) for plane in range(17) for last in (0xFFFE, 0xFFFF))
# The bytes that start no such character, and those that others hold: quick looks, before a slow one says what it is.
_INNOCENT = re.sub(rb"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\xc2\xef\xf0-\xf4]", b"", bytes(range(256)))
_SUSPECTS = [re.compile(shape) for shape in (rb"\xc2[\x80-\x9f]", rb"\xef\xb7", rb"\xbf[\xbe\xbf]")]
INVISIBLE = re.compile(f"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f{_NONCHARACTERS}]")


def visible(text: str) -> str:
    """Return `text` without the characters that no page may hold."""
    if text.replace("\r", "").replace("\n", "").isprintable():  # a quick look, before a slow one
        return text
    return INVISIBLE.sub("", text)


def decode(data: bytes, path: str) -> tuple[str, list[Problem]]:
    """Return the text of `data`; "" where it is not UTF-8 text."""
    if len(data) > LARGEST:
        what = f"the file has {len(data):,} bytes, a text may have {LARGEST:,}"
        hint = "split it in several texts, or give it another extension to publish it as it is"
        return "", [Problem(Place(path), what, hint)]
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        return "", [Problem(Place(path, 1), "the file is in UTF-16", "save it again as UTF-8")]
    try:
        text = _with_line_feeds(data.removeprefix(BOM_UTF8).decode())
    except UnicodeDecodeError as error:
        line = _with_line_feeds(data[: error.start].decode("latin-1")).count("\n") + 1
        shown = data[error.start : error.start + 1].decode("cp1252", "replace")
        what = f"byte 0x{data[error.start]:02x} is not UTF-8"
        hint = f"save the file again as UTF-8 (in Windows-1252 this would be `{shown}`)"
        return "", [Problem(Place(path, line), what, hint)]
    match = INVISIBLE.search(text) if _is_suspect(data) else None
    if match:
        place = Place(path, text.count("\n", 0, match.start()) + 1)
        return "", [Problem(place, f"the file holds the invisible character {name(match[0])}", _remedy(match[0]))]
    return text, []


def name(character: str) -> str:
    """Return how Unicode calls a character that cannot be shown: "U+0007"."""
    return f"U+{ord(character):04X}"


def _is_suspect(data: bytes) -> bool:
    """Tell whether `data` may hold an invisible character; in most texts no byte could start one."""
    starts = data.translate(None, _INNOCENT)
    return bool(starts) and (min(starts) < 0x80 or any(shape.search(data) for shape in _SUSPECTS))


def _with_line_feeds(text: str) -> str:
    return text.replace("\r\n", "\n").replace("\r", "\n") if "\r" in text else text


def _remedy(character: str) -> str:
    if character == "\0":
        return "is it a text? save it again as UTF-8"
    if "\x80" <= character <= "\x9f":  # the trace of a Windows text that was taken for Latin-1
        meant = character.encode("latin-1").decode("cp1252", "replace")
        return f"write `{meant}` in its place, which is what it likely was" if meant != "\ufffd" else "remove it"
    return "remove it, or write a space in its place"
