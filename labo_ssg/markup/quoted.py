"""A visitor's message → a quote in Markdown, for the page of a forge: it looks as it will, and nothing of it works.

Strategy: the safe HTML is cut into tags and text; of the tags, those that Markdown has are kept, as blocks or as marks
around words, and the text goes through `harmless`, once it is joined: a word may go across tags.
"""

import re
from html import unescape
from itertools import pairwise

from msgspec import Struct

from labo_ssg.markup.dress import pieces
from labo_ssg.markup.harmless import NBSP, begun, code, longest_run, tokens, visible

DEEPEST = 6  # quotes and lists within each other

_TAG = re.compile(r"<(/?)([A-Za-z][A-Za-z0-9]*)")
_HREF = re.compile(r' href="([^"]*)"')
_ALT = re.compile(r' alt="([^"]*)"')

MARKS = {"strong": "**", "b": "**", "em": "*", "i": "*", "cite": "*", "dfn": "*", "del": "~~", "s": "~~"}
MARKS |= {"strike": "~~", **{f"h{level}": "**" for level in range(1, 7)}}
CODE = frozenset("code kbd samp tt var".split())
VERBATIM = frozenset({"pre", "textarea"})
LISTS = frozenset({"ul", "ol"})
BLOCKS = frozenset(
    "address caption center dd details div dl dt figcaption figure h1 h2 h3 h4 h5 h6 p summary table tr".split()
)


class Quote(Struct, frozen=True):
    """A message as a quote in Markdown; `is_whole` tells whether nothing is left out."""

    text: str
    is_whole: bool = True


def quote(html: str, room: int) -> Quote:
    """Return sanitised `html`, or its first `room` characters, as a quote: each of its lines begins with `>`."""
    page = _Page(room)
    for at, piece in enumerate(pieces(html)):
        if at % 2:
            page.tag(piece)
        else:
            page.text(unescape(piece))
        if page.is_cut:
            break
    page.end_block()
    return Quote("\n".join(page.lines), not page.is_cut)


def quote_text(text: str, room: int) -> Quote:
    """Return plain `text`, or its first `room` characters, as it is, in a quote."""
    page = _Page(room)
    page.verbatim(text)
    return Quote("\n".join(page.lines), not page.is_cut)


class _Piece(Struct):
    """A part of a line: plain text and the marks that it stands between, or what is to be code; "\n" for a new line."""

    text: str
    marks: tuple[str, ...] = ()
    is_code: bool = False


class _Box(Struct):
    """A quote or an item of a list: how its next line begins, and the others."""

    first: str
    others: str


class _Page:
    """The lines that are written, and the block that is begun."""

    def __init__(self, room: int) -> None:
        self.lines: list[str] = []
        self.is_cut = False
        self._room = room
        self._boxes = [_Box("> ", "> ")]
        self._numbers: list[int] = []  # of the next items, by list; 0 for one without
        self._deep = 0  # quotes and lists that are not shown as such
        self._marks: list[str] = []
        self._links: list[tuple[str, int]] = []
        self._codes = self._pres = 0  # elements that are open
        self._line: list[_Piece] = []
        self._gap = False

    def text(self, text: str) -> None:
        """Take text, as far as there is room."""
        if text and len(text) > self._room:
            text, self.is_cut = text[: max(self._room, 0)], self.is_cut or bool(text.strip())
        self._room -= len(text)
        if not text:
            return
        text = visible(text)
        if not self._pres:
            text = re.sub(r"[ \t\n]+", " ", text)
        self._line.append(_Piece(text, () if self._pres else tuple(dict.fromkeys(self._marks)), self._codes > 0))

    def tag(self, tag: str) -> None:
        """Take a tag."""
        match = _TAG.match(tag)
        name, is_end = (match[2].lower(), bool(match[1])) if match else ("", False)
        if name == "br":
            self._line.append(_Piece("\n"))
        elif name == "hr":
            self._write_block(["* * *"])
        elif name == "q":
            self.text("”" if is_end else "“")
        elif name in ("td", "th"):
            self.text(" · " if self._line and not is_end else "")
        elif name == "img" and (alt := _ALT.search(tag)):
            self.text(unescape(alt[1]))
        elif name == "a":
            self._link(tag, is_end=is_end)
        else:
            self._element(name, is_end=is_end)

    def _element(self, name: str, *, is_end: bool) -> None:
        step = -1 if is_end else 1
        if name in BLOCKS:
            self.end_block()
        if name in MARKS:
            if not is_end:
                self._marks.append(MARKS[name])
            elif MARKS[name] in self._marks:
                self._marks.remove(MARKS[name])
        elif name in CODE:
            self._codes = max(self._codes + step, 0)
        elif name in VERBATIM:
            self.end_block()
            self._pres = max(self._pres + step, 0)
        elif name == "blockquote":
            self.end_block()
            if not is_end:
                self._leave_gap()
            self._box(_Box("> ", "> "), is_end=is_end)
            self._gap = is_end
        elif name in LISTS:
            self.end_block()
            if is_end:
                self._numbers, self._gap = self._numbers[:-1], True
            else:
                if not self._numbers:
                    self._leave_gap()
                self._numbers.append(int(name == "ol"))
        elif name == "li":
            self._item(is_end=is_end)

    def _item(self, *, is_end: bool) -> None:
        number = self._numbers[-1] if self._numbers else 0
        if number and not is_end:
            self._numbers[-1] += 1
        start = f"{number}. " if number else "- "
        self._box(_Box(start, " " * len(start)), is_end=is_end)
        self._gap = False

    def _box(self, box: _Box, *, is_end: bool) -> None:
        self.end_block()
        if is_end and self._deep:
            self._deep -= 1
        elif is_end:
            self._boxes = self._boxes[:1] + self._boxes[1:-1]
        elif len(self._boxes) > DEEPEST:
            self._deep += 1
        else:
            self._boxes.append(box)

    def _link(self, tag: str, *, is_end: bool) -> None:
        if not is_end:
            href = _HREF.search(tag)
            self._links.append((unescape(href[1]) if href else "", len(self._line)))
        elif self._links:
            url, start = self._links.pop()
            shown = "".join(one.text for one in self._line[start:]).strip()
            if url and not url.startswith("#") and shown != url and not self.is_cut:
                self._line += [_Piece(" ("), _Piece(visible(url)[:1000], is_code=True), _Piece(")")]

    def end_block(self) -> None:
        """Write the block that is begun, if there is something in it."""
        line, self._line = self._line, []
        if not any(one.text.strip() for one in line):
            return
        if self._pres:
            self.verbatim("".join(one.text for one in line), counted=False)
            return
        rows: list[list[_Piece]] = [[]]
        for one in line:
            if one.text == "\n":
                rows.append([])
            else:
                rows[-1].append(one)
        shown = [row for row in map(_row, rows) if row]
        self._write_block([*(f"{row}\\" for row in shown[:-1]), *shown[-1:]])

    def verbatim(self, text: str, *, counted: bool = True) -> None:
        """Write text as a block of code."""
        if counted:
            self.is_cut = self.is_cut or len(text) > self._room
            text = visible(text[: self._room])
        fence = "`" * max(longest_run(text) + 1, 3)
        rows = [row.replace("\t", NBSP * 4).replace(" ", NBSP) for row in text.strip("\n").split("\n")]
        self._write_block([fence, *rows, fence])

    def _write_block(self, rows: list[str]) -> None:
        self.end_block()
        if not rows:
            return
        self._leave_gap()
        for row in rows:
            start = "".join(box.first for box in self._boxes)
            for box in self._boxes:
                box.first = box.others
            self.lines.append(f"{start}{row}".rstrip(" "))
            self._room -= len(start)
        self._gap = True

    def _leave_gap(self) -> None:
        if self._gap and self.lines:
            self.lines.append("".join(box.others for box in self._boxes).rstrip())
        self._gap = False


def _row(row: list[_Piece]) -> str:
    """Return a line, without spaces around it; what has the same marks is joined first, for words may go across."""
    joined: list[_Piece] = []
    for one in _marked(row):
        last = joined[-1] if joined else None
        if last and (last.marks, last.is_code) == (one.marks, one.is_code):
            last.text += one.text
        else:
            joined.append(one)
    done = ""
    for one in joined:
        shown = code(one.text, len(one.text)) if one.is_code and one.text.strip() else _between(one)
        done += f" {shown}" if done.endswith("`") and shown.startswith("`") else shown
    return begun(done.strip(" "))


def _marked(row: list[_Piece]) -> list[_Piece]:
    """Return the pieces of a line, without marks where Markdown would not see them as such."""
    kept = []
    around = [_Piece(" "), *(one for one in row if one.text), _Piece(" ")]
    for (before, one), (_, after) in zip(pairwise(around[:-1]), pairwise(around[1:]), strict=True):
        touching = (before.text[-1], one.text[0]), (after.text[0], one.text[-1])
        lonely = all(
            out.isspace() or own.isspace() or (not other.marks and (own.isalnum() or not out.isalnum()))
            for (out, own), other in zip(touching, (before, after), strict=True)
        )
        kept.append(_Piece(one.text, one.marks if lonely and not one.is_code else (), one.is_code))
    return kept


def _between(one: _Piece) -> str:
    """Return a piece of text between its marks, and its outer spaces outside of them."""
    inner = one.text.strip()
    if not (inner and one.marks):
        return tokens(one.text)
    at = one.text.index(inner)
    opening = "".join(one.marks)
    return f"{one.text[:at]}{opening}{tokens(inner)}{''.join(reversed(one.marks))}{one.text[at + len(inner) :]}"
