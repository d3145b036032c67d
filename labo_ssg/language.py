"""The words and the dates of a language: gettext catalogues, Babel.

The English words stand in the templates; `locale/<language>.po` translates them.
A language without a catalogue gets English words and dates of its own.
"""

from datetime import UTC, datetime
from functools import cache
from gettext import GNUTranslations, NullTranslations
from importlib.resources import files
from io import BytesIO

from babel import Locale, UnknownLocaleError
from babel.dates import format_date, format_time
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po


@cache
def translations(tag: str) -> NullTranslations:
    """Return the catalogue of the language `tag` ("fr", "fr-CA"), or one that leaves words as they are."""
    source = files("labo_ssg").joinpath("locale", f"{locale(tag).language}.po")
    if not source.is_file():
        return NullTranslations()
    compiled = BytesIO()
    write_mo(compiled, read_po(BytesIO(source.read_bytes())))
    compiled.seek(0)
    return GNUTranslations(compiled)


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
    written = format_date(moment, "long", locale(tag))
    if moment.day == 1 and _is_french(tag):  # "1er mai": CLDR says "1 mai", nobody writes it
        return "1er" + written.removeprefix("1")
    return written


def long_moment(moment: datetime, tag: str) -> str:
    """Return the day in full and the hour: "12 janvier 2021 à 10:15"."""
    # CLDR's "at" patterns are not in Babel.
    pattern = "{1} à {0}" if _is_french(tag) else locale(tag).datetime_formats["long"].replace("'", "")
    return pattern.format(format_time(moment, "short", locale=locale(tag)), long_date(moment, tag))


def iso(moment: datetime) -> str:
    """Return `moment` for machines, as RFC 3339 has it."""
    return moment.isoformat(timespec="seconds") if moment.tzinfo is not UTC else f"{moment:%Y-%m-%dT%H:%M:%S}Z"


def _is_french(tag: str) -> bool:
    return locale(tag).language == "fr"
