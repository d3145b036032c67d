"""The words and the dates of a language: gettext catalogues, Babel.

The English words stand in the templates; `locale/<language>.po` translates them.
A language without a catalogue gets English words and dates of its own.
"""

import json
import re
import struct
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from functools import cache, lru_cache
from gettext import GNUTranslations, NullTranslations
from importlib.resources import files
from io import BytesIO

from babel import Locale, UnknownLocaleError
from babel.dates import format_date, format_time, format_timedelta

# A keyword of a catalogue and what is quoted after it, which may go on for some lines.
_WORDS = re.compile(r'^(msgid(?:_plural)?|msgstr(?:\[[0-9]\])?) (".*"(?:\n".*")*)$', re.MULTILINE)

KEPT = 4096  # days that were written in full lately, and as many hours, and moments


@cache
def translations(tag: str) -> NullTranslations:
    """Return the catalogue of the language `tag` ("fr", "fr-CA"), or one that leaves words as they are."""
    source = catalogue(tag)
    if not source:
        return NullTranslations()
    return GNUTranslations(BytesIO(_compiled(source.decode())))


def catalogue(tag: str) -> bytes:
    """Return the file of the words of the language `tag`, b"" where there is none."""
    source = files("labo_ssg").joinpath("locale", f"{locale(tag).language}.po")
    return source.read_bytes() if source.is_file() else b""


def _compiled(catalogue: str) -> bytes:
    """Return the text of a `catalogue` in the form that gettext reads, "MO".

    Babel does so too, for catalogues of any kind, in many times the time: each build needs the words.
    """
    entries: list[tuple[list[str], list[str]]] = []
    for keyword, quoted in _WORDS.findall(catalogue):
        if keyword == "msgid":
            entries.append(([], []))
        entries[-1][keyword.startswith("msgstr")].append("".join(map(json.loads, quoted.split("\n"))))
    packed = sorted(("\0".join(ids).encode(), "\0".join(words).encode()) for ids, words in entries if all(words[:1]))
    count = len(packed)
    head = [0x950412DE, 0, count, 28, 28 + 8 * count, 0, 0]  # its first number says what it is; two tables follow
    texts = b""
    for column in (0, 1):
        for entry in packed:
            head += [len(entry[column]), 28 + 16 * count + len(texts)]
            texts += entry[column] + b"\0"
    return struct.pack(f"<{len(head)}I", *head) + texts


@cache
def locale(tag: str) -> Locale:
    """Return Babel's locale for `tag`, or English where Babel does not know the language."""
    try:
        return Locale.parse(tag, sep="-")
    except (UnknownLocaleError, ValueError):
        return Locale("en")


def own_name(tag: str) -> str:
    """Return what a language calls itself: "fr" → "français"."""
    try:
        return Locale.parse(tag, sep="-").get_display_name() or tag
    except (UnknownLocaleError, ValueError):
        return tag


def long_date(moment: datetime, tag: str) -> str:
    """Return the day in full: "12 janvier 2021"."""
    return _day_in_full(moment.date(), tag)


def long_moment(moment: datetime, tag: str) -> str:
    """Return the day in full and the hour: "12 janvier 2021 à 10:15"."""
    return _day_and_hour(tag).format(_hour(moment.hour, moment.minute, tag), long_date(moment, tag))


def age(since: timedelta, tag: str) -> str:
    """Return how long ago something was, in the unit that says enough: "il y a 3 heures"."""
    return str(format_timedelta(-since, threshold=1, add_direction=True, locale=locale(tag)))


def iso(moment: datetime) -> str:
    """Return `moment` for machines, as RFC 3339 has it."""
    # Pages, feeds and what they say to machines show the same ones. Two that are equal may be written otherwise.
    return _iso(moment, moment.tzinfo, moment.fold)


@lru_cache(KEPT)
def _iso(moment: datetime, zone: tzinfo | None, fold: int) -> str:
    written = moment.isoformat(timespec="seconds")
    return written if zone is not UTC else f"{written.removesuffix('+00:00')}Z"


@lru_cache(KEPT)
def _day_in_full(day: date, tag: str) -> str:
    written = format_date(day, "long", locale(tag))
    if day.day == 1 and _is_french(tag):  # "1er mai": CLDR says "1 mai", nobody writes it
        return "1er" + written.removeprefix("1")
    return written


@lru_cache(KEPT)
def _hour(hour: int, minute: int, tag: str) -> str:
    return str(format_time(time(hour, minute), "short", locale=locale(tag)))


@cache
def _day_and_hour(tag: str) -> str:
    """Return where the hour, {0}, and the day, {1}, stand: CLDR's "at" patterns are not in Babel."""
    return "{1} à {0}" if _is_french(tag) else str(locale(tag).datetime_formats["long"]).replace("'", "")


def _is_french(tag: str) -> bool:
    return locale(tag).language == "fr"
