"""The text of one value → what a key asks for; `fields` says what is wrong where it means nothing."""

import functools
from collections.abc import Callable
from datetime import datetime
from typing import Any, Final, Literal, get_args, get_origin

import msgspec

from labo_ssg.formats import plain_text

EARLIEST, LATEST = 1000, 9000  # years that calendars and time zones can work with
BOOLEANS = {"true": True, "yes": True, "on": True, "1": True, "false": False, "no": False, "off": False, "0": False}

MEANINGLESS: Final = object()
"""What a reader returns for a text that it cannot take."""

Reader = Callable[[str], Any]


@functools.cache
def reader(kind: Any) -> Reader:
    """Return what makes a `kind` of a text without blanks around it."""
    if kind is str:
        return _read_text
    if kind is datetime:
        return _read_moment
    if kind is bool:
        return _read_boolean
    if get_origin(kind) is Literal:
        return functools.partial(_read_word, frozenset(get_args(kind)))
    return functools.partial(_read_other, kind)


def _read_text(text: str) -> Any:
    """Return `text`, in which YAML may have written an invisible character as "\\0", "\\a"…; none is printable."""
    return text if text.isprintable() or not plain_text.INVISIBLE.search(text) else MEANINGLESS


def _read_moment(text: str) -> Any:
    """Return a datetime: naive where no offset is given, at midnight where no hour is."""
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        return MEANINGLESS
    return moment if EARLIEST <= moment.year <= LATEST else MEANINGLESS


def _read_boolean(text: str) -> Any:
    return BOOLEANS.get(text.lower(), MEANINGLESS)


def _read_word(words: frozenset[str], text: str) -> Any:
    return text if text in words else MEANINGLESS


def _read_other(kind: Any, text: str) -> Any:
    try:
        return msgspec.convert(text, kind, strict=False)
    except msgspec.ValidationError:
        return MEANINGLESS
