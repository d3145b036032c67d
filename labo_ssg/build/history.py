"""When and why each page of an output folder was written."""

from collections.abc import Iterable, Mapping
from datetime import datetime

import msgspec

from labo_ssg.build.output import Output
from labo_ssg.packing import pack, unpack
from labo_ssg.pages import reasons
from labo_ssg.pages.reasons import Parts

NEW, GONE = "it is new", "it was not there, or something else had changed it"


class Reason(msgspec.Struct, frozen=True, array_like=True):
    """When a page was written last (POSIX time), why, in words, and the parts that shaped it."""

    at: float
    why: list[str]
    parts: Parts


def keep(output: Output, rendered: Mapping[str, Parts], gone: Iterable[str], now: datetime) -> None:
    """Remember why the pages that were `rendered` were written; forget those that are `gone`."""
    for path, parts in rendered.items():
        before = last(output, path)
        why = (reasons.told(before.parts, parts) or [GONE]) if before else [NEW]
        output.cache.put(_kind(output), path, pack(Reason(now.timestamp(), why, parts)))
    output.cache.remove(_kind(output), gone)


def last(output: Output, path: str) -> Reason | None:
    """Return when and why a page was written last, None where that is not known."""
    found = output.cache.get(_kind(output), path)
    return unpack(found, Reason) if found else None


def _kind(output: Output) -> str:
    return f"history {output.name}"
