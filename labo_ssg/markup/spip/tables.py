"""Tables: rows of cells between bars, each row from a bar at a line's start to a bar at a line's end.

As SPIP's `traiter_tableau`. The structure becomes marks; the text of the cells
stays between them, for the readers of what is inside.
"""

import re
from collections.abc import Iterator

from labo_ssg.markup.spip.nodes import BLANKS, PARAGRAPH, Aside, Atom, Close, Open

WIDEST = 1000
"""The largest span that HTML knows."""

_ROW = re.compile(r"(\|.*?)\|\n", re.DOTALL)
_CAPTION = re.compile(r"\|\|([^|]*)(?:\|(.*))?", re.DOTALL)
_HEAD_CELL = re.compile(r"\s*(?::?\{\{[^{}]+\}\}\s*)?|<", re.ASCII)
_BRACES = str.maketrans("", "", "{}")


def set_aside(text: str, aside: Aside) -> str:
    """Return `text` with the bars of its tables replaced by marks."""
    if "\n|" not in text and not text.startswith("|"):
        return text
    lines = text.split("\n")
    ends = _ends(lines)
    done: list[str] = []
    at = 0
    while at < len(lines):
        end = _end_of_table(lines, ends, at)
        if end is None:
            done.append(lines[at])
            at += 1
            continue
        source = "\n".join(lines[at : end + 1]) + "\n"
        # A bar makes two pieces at most, a line two more; the table itself has less than twenty.
        fits = aside.has_room(2 * (source.count("|") + source.count("\n")) + 20)
        done += ["", _table(source, aside) if fits else source, ""]
        at = end + 1
    return "\n".join(done)


def _ends(lines: list[str]) -> list[int | None]:
    """Return, for each line, the first one from there on that can end a table."""
    ends: list[int | None] = [None] * (len(lines) + 1)
    for at in range(len(lines) - 1, -1, -1):
        closes = lines[at].endswith("|") and not (at + 1 < len(lines) and lines[at + 1].startswith("|"))
        ends[at] = at if closes else ends[at + 1]
    return ends


def _end_of_table(lines: list[str], ends: list[int | None], at: int) -> int | None:
    if not lines[at].startswith("|") or (at and lines[at - 1].endswith("|")):
        return None
    return ends[at + 1] if lines[at] == "|" else ends[at]


def _table(source: str, aside: Aside) -> str:
    rows: list[list[str]] = []
    captions: list[str] = []
    heads: list[str] = []
    for match in _ROW.finditer(source):
        row = match[1]
        cells = row[1:].split("|")
        if rows or heads:
            rows.append([cell.strip(BLANKS) for cell in cells])
        elif caption := _CAPTION.fullmatch(row.rstrip("|")):
            captions += filter(None, [caption[1].strip(BLANKS), _small(caption[2], aside)])
        elif all(_HEAD_CELL.fullmatch(cell) for cell in cells):
            heads += _head(cells, aside)
        else:
            rows.append([cell.strip(BLANKS) for cell in cells])
    done = [aside.put(Open("table"))]
    if captions:
        lines = aside.put(Atom("<br />")).join(captions)
        done += [aside.put(Open("caption")), lines, aside.put(Close("caption"))]
    if heads:
        done += [aside.put(Open("thead")), aside.put(Open("tr")), *heads]
        done += [aside.put(Close("tr")), aside.put(Close("thead"))]
    done += [aside.put(Open("tbody")), *_body(rows, aside), aside.put(Close("tbody"))]
    return "".join(done) + aside.put(Close("table")) + aside.put(PARAGRAPH)


def _small(summary: str | None, aside: Aside) -> str:
    """Return what a caption says besides, in small letters."""
    text = (summary or "").strip(BLANKS)
    return aside.put(Open("small")) + text + aside.put(Close("small")) if text else ""


def _head(cells: list[str], aside: Aside) -> Iterator[str]:
    """Yield the cells of the first row, whose braces only said what it is."""
    for at, width in _widths(cells):
        opening = Open("th", ' scope="col"' + _span("colspan", width))
        yield aside.put(opening) + cells[at].translate(_BRACES).strip(BLANKS) + aside.put(Close("th"))


def _body(rows: list[list[str]], aside: Aside) -> Iterator[str]:
    heights = _heights(rows)
    row_heads = bool(rows) and all(_HEAD_CELL.fullmatch(row[0]) for row in rows)
    for row, height in zip(rows, heights, strict=True):
        yield aside.put(Open("tr"))
        for at, width in _widths(row):
            if row[at] == "^":
                continue
            name = "th" if row_heads and at == 0 else "td"
            text = row[at].translate(_BRACES) if name == "th" else row[at]
            spans = _span("colspan", width) + _span("rowspan", height[at])
            opening = Open(name, (' scope="row"' if name == "th" else "") + spans, breaks=True)
            yield aside.put(opening) + text + aside.put(Close(name))
        yield aside.put(Close("tr"))


def _widths(cells: list[str]) -> Iterator[tuple[int, int]]:
    """Yield the index and the width of each cell, which takes the `<` at its right."""
    at = 0
    while at < len(cells):
        end = at + 1
        while end < len(cells) and cells[end].strip(BLANKS) == "<":
            end += 1
        if cells[at].strip(BLANKS) != "<":
            yield at, end - at
        at = end


def _heights(rows: list[list[str]]) -> list[list[int]]:
    """Return the height of each cell, which takes the `^` below it."""
    heights = [[1] * len(row) for row in rows]
    for at in range(len(rows) - 1, 0, -1):
        for column, cell in enumerate(rows[at]):
            if cell == "^" and column < len(rows[at - 1]):
                heights[at - 1][column] += heights[at][column]
    return heights


def _span(name: str, cells: int) -> str:
    return f' {name}="{min(cells, WIDEST)}"' if cells > 1 else ""
