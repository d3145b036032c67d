"""What opens and what closes: the braces, tags and foot-notes of a text that have no partner.

The text has come here through a reader that left blanks of the same length for all else, so that every other sign
stands where it was typed. Blanks are made of what marks are made of, which nobody can type (`nodes.KEPT`) and at which
the engine's patterns stop.
"""

import re
from bisect import bisect
from collections import defaultdict
from collections.abc import Iterable, Iterator
from typing import Literal, NamedTuple

from labo_ssg.markup.spip import braces

_IN_LINE, _END_OF_LINES = "\x02", "\x04"
BLANKS = dict.fromkeys(map(ord, _IN_LINE + _END_OF_LINES))
"""What `str.translate` takes to remove blanks."""

Trouble = Literal["unclosed", "across", "unopened"]

_ESCAPED = re.compile(r"\\[{}_\-\[\]|<>\\*#+]")
_ROW = re.compile(r"^\|.*\|[ \t]*$", re.MULTILINE)
_RUN = re.compile(r"[{}]+")
_END = re.compile(r"\x04+|\n[ \t]*(?=\n)|\n(?:-[*#]|-{4}|_{4})")  # of a paragraph, of an item
_BEGUN = re.compile(r"(?<![:;=-])\{[\w«“(\x02]")  # neither a lone brace nor :-{
_ENDED = re.compile(r"[\w.!?…»”)\x02]\}")  # neither a lone brace nor :-}
_NOTE_END = re.compile(r"^[^][\n\x04]*\]\]", re.MULTILINE)  # tables[of[code]] have theirs behind an opening one
_SIZES = {"H": 3, "B": 2, "I": 1}


class Sign(NamedTuple):
    """An opener or a closer of `name`, at a place of the text.

    `in_lines` says that it reaches no further than its paragraph, `told` that it can hardly be meant as it is written.
    """

    at: int
    name: str
    opens: bool
    written: str
    in_lines: bool
    told: bool = True


def blank(size: int) -> str:
    """Return what stands for something in a line."""
    return _IN_LINE * size


def blank_block(size: int) -> str:
    """Return what stands for something that ends the paragraph before it."""
    return _IN_LINE + _END_OF_LINES * (size - 1)


def lonely(left: str, tags: Iterable[Sign]) -> Iterator[tuple[Trouble, str, int]]:
    """Yield each trouble with an opener or a closer of `left` or among its `tags`, as it is written, and its place."""
    if "\\" in left:
        left = _ESCAPED.sub(blank(2), left)
    if "|" in left:
        left = _ROW.sub(lambda row: row[0].replace("|", _END_OF_LINES), left)
    body, foot = left, ""
    if "[[" in left:
        body, foot, unclosed = _parts(left)
        yield from (("unclosed", "[[", at) for at in unclosed)
    yield from (("unopened", "]]", end.end() - 2) for end in _NOTE_END.finditer(body))
    ends = [end.start() for end in _END.finditer(body)]
    yield from _paired(sorted([*tags, *_braces(body)]), ends)
    if "{" in foot or "}" in foot:
        yield from _paired(_braces(foot), [end.start() for end in _END.finditer(foot)])


def _parts(left: str) -> tuple[str, str, list[int]]:
    """Return the text without its foot-notes, the notes alone, either with blanks for the other, and unclosed ones."""
    body: list[str] = []
    foot: list[str] = []
    unclosed: list[int] = []
    at = 0
    while (start := left.find("[[", at)) >= 0 and (end := left.find("]]", start + 2)) >= 0:
        note = left[start + 2 : end]
        if "[[" in note:
            unclosed.append(start)
        body += [left[at:start], blank(len(note) + 4)]
        foot += [blank_block(start + 2 - at), note, blank_block(2)]
        at = end + 2
    body.append(left[at:])
    if start >= 0:
        unclosed.append(start)
    return "".join(body), "".join(foot), unclosed


def _braces(text: str) -> list[Sign]:
    """Return the openers and closers of `text` that are braces, as the engine reads them."""
    runs = list(_RUN.finditer(text))
    found: list[Sign] = []
    for run, letters in zip(runs, braces.meanings([run[0] for run in runs]), strict=False):
        at, closers = run.start(), run[0].count("}")
        for letter in letters:
            size = _SIZES.get(letter.upper(), 1)
            if letter in _SIZES:
                told = size > 1 or _BEGUN.match(text, at) is not None
                found.append(Sign(at, letter, True, "{" * size, letter != "H", told))
            elif letter in "}hbi":
                name = "" if letter == "}" else letter.upper()
                told = closers > 1 or _ENDED.match(text, at - 1) is not None
                found.append(Sign(at, name, False, "}" * (size if size > 1 else min(closers, 3)), True, told))
            at += size
    return found


def _paired(signs: Iterable[Sign], ends: list[int]) -> Iterator[tuple[Trouble, str, int]]:
    """Yield what is left when each of the `signs`, in their order, has met its like; paragraphs end at `ends`."""
    waiting: defaultdict[str, list[Sign]] = defaultdict(list)
    for sign in signs:
        if sign.opens:
            waiting[sign.name].append(sign)
        elif waiting[sign.name]:
            opener = waiting[sign.name].pop()
            if opener.told and opener.in_lines and bisect(ends, opener.at) != bisect(ends, sign.at):
                yield "across", opener.written, opener.at
        elif sign.told:
            yield "unopened", sign.written, sign.at
    for openers in waiting.values():
        yield from (("unclosed", opener.written, opener.at) for opener in openers if opener.told)
