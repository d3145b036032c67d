"""The lines of a letter → what they say of it, and its message.

The lines that `pages/fallbacks` asks for (`Article: …`, `Nom : …`) are found wherever they stand above the marker, in
French or English, in any order, quoted or not; what is left is the message, without its signature.
"""

import re
import unicodedata

from labo_ssg.language import translations
from labo_ssg.pages import fallbacks

LANGUAGES = ("en", "fr")
DEEPEST = 8  # quotations in quotations that a whole message may be in
QUOTED = re.compile(r"^\s*[>|] ?")
LABEL = re.compile(r"[\s>|*_]*([^\W\d_][^:<>@]{0,24}):")
ATTRIBUTION = re.compile(r"(?:Le|On)\b.{4,200}\b(?:a écrit|wrote)\s*:", re.IGNORECASE)
PHONE = re.compile(
    r"(?:envoyé (?:de|depuis|à partir de) |sent from |télécharge[rz] outlook|obtenez outlook|get outlook).{0,80}",
    re.IGNORECASE,
)


def sort_out(lines: list[str]) -> tuple[dict[str, str], str]:
    """Return what the lines of a letter say of it, by the names of the form's fields, and its message."""
    head, below = _parted(lines)
    fields: dict[str, str] = {}
    above = []
    for line in head:
        if found := _field(line):
            fields.setdefault(*found)
        elif not QUOTED.match(line) and not ATTRIBUTION.fullmatch(line.strip()):
            above.append(line)  # what somebody wrote over the marker is part of the message, too
    return fields, _message([*above, *_unquoted(below)])


def _parted(lines: list[str]) -> tuple[list[str], list[str]]:
    """Return the lines of a letter that are above its message, and those of the message."""
    for at, line in enumerate(lines):
        if _is_marker(line):
            return lines[:at], lines[at + 1 :]
    fields = [_field(line) for line in lines]
    end = next((at for at, found in enumerate(fields) if found and found[0] == "article"), 0)
    while end < len(lines) and (fields[end] or not lines[end].strip()):
        end += 1
    return lines[:end], lines[end:]


def stands_alone(line: str) -> bool:
    """Tell whether `line` is one of those that a letter starts with, or that a signature starts with."""
    return line == "-- " or _field(line) is not None or _is_marker(line)


def _field(line: str) -> tuple[str, str] | None:
    """Return the name of the form's field that `line` fills in, and what it says."""
    found = LABEL.match(line)
    field = FIELDS.get(_plain(found[1])) if found else None
    return (field, " ".join(line[found.end() :].split()).strip("* ")) if found and field else None


def _is_marker(line: str) -> bool:
    return len(line) < 200 and _plain(line) in MARKERS


def _unquoted(lines: list[str]) -> list[str]:
    """Return `lines` without the marks of the quotations that all of them are in."""
    for _ in range(DEEPEST):
        if not any(lines) or not all(QUOTED.match(line) for line in lines if line.strip()):
            break
        lines = [QUOTED.sub("", line) for line in lines]
    return lines


def _message(lines: list[str]) -> str:
    """Return the message that `lines` are, without what a program signs it with; no blank line is around it."""
    if (end := next((at for at, line in enumerate(lines) if line in ("-- ", "--")), None)) is not None:
        lines = lines[:end]
    lines = [line.rstrip() for line in lines]
    while lines and (not lines[-1] or PHONE.fullmatch(lines[-1].strip())):
        lines = lines[:-1]
    start = next((at for at, line in enumerate(lines) if line), 0)
    return re.sub(r"\n{3,}", "\n\n", "\n".join(lines[start:]))


def _plain(words: str) -> str:
    """Return `words` without accents, capitals and what is no letter: "En réponse à" → "en reponse a"."""
    bare = unicodedata.normalize("NFKD", words.casefold()).encode("ascii", "ignore").decode()
    return " ".join(re.findall(r"[a-z]+", bare))


_SAYING = [translations(tag).gettext for tag in LANGUAGES]
FIELDS = {_plain(label): field for say in _SAYING for field, label in fallbacks.labels(say).items()}
MARKERS = {_plain(fallbacks.marker(say)) for say in _SAYING}
