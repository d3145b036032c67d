"""The safe HTML of a message → what a terminal shows of it: blocks of text with bold, italic and the like.

Nothing of a message reaches the terminal but letters: what could command it, or turn its direction of writing, is
replaced, and no text is read as the markup of the program that draws.
"""

import re
from collections.abc import Iterable
from html import unescape

from msgspec import Struct

from labo_ssg.markup import dress

STYLES = {
    "b": "bold", "strong": "bold", "big": "bold", "dt": "bold", "th": "bold", "caption": "bold", "summary": "bold",
    "i": "italic", "em": "italic", "cite": "italic", "dfn": "italic", "var": "italic", "address": "italic",
    "del": "strike", "s": "strike", "strike": "strike",
    "ins": "underline", "u": "underline", "mark": "reverse",
    "code": "code", "kbd": "code", "samp": "code", "tt": "code",
    **{f"h{level}": "bold" for level in range(1, 7)},
}  # fmt: skip
BLOCKS = frozenset(
    "address blockquote caption center dd details div dl dt figcaption figure h1 h2 h3 h4 h5 h6 hr li ol p pre summary "
    "table tbody td textarea tfoot th thead tr ul".split()
)
AS_IT_STANDS = frozenset({"pre", "textarea"})  # white space counts
IN_A_ROW = frozenset({"td", "th"})
LISTS = frozenset({"ol", "ul"})
IN_LINE = frozenset({"li", "dd", "dt", "tr"})  # these stand close to each other
AROUND = {"q": ("« ", " »"), "sup": ("^", ""), "sub": ("_", "")}

_NAME = re.compile(r"<(/?)([a-zA-Z][a-zA-Z0-9-]*)")
_HREF = re.compile(r' href="([^"]*)"')
_START = re.compile(r' start="(\d{1,6})"')
_SPACE = re.compile(r"[ \t\n\r\f]+")


class Piece(Struct, frozen=True):
    """Some text in one hand; `styles` are of bold, italic, underline, strike, reverse, dim, code, link."""

    text: str
    styles: frozenset[str] = frozenset()


class Block(Struct, frozen=True):
    """A paragraph, `indent` columns from the left, inside `quotes` quotations; with a `gap` above it, or none."""

    pieces: tuple[Piece, ...]
    indent: int = 0
    quotes: int = 0
    gap: bool = False

    @property
    def text(self) -> str:
        return "".join(piece.text for piece in self.pieces)


def printable(text: str) -> str:
    """Return `text` without what could command a terminal, or turn its direction of writing; its lines stay."""
    text = text.replace("\r\n", "\n").replace("\t", "    ")
    return "".join(one if one.isprintable() or one in "\n\u00a0\u202f" else "�" for one in text)


def line(text: str, *styles: str, indent: int = 0, gap: bool = False) -> Block:
    """Return a block of one hand."""
    return Block((Piece(printable(text), frozenset(styles)),), indent, gap=gap)


def blocks(html: str) -> list[Block]:
    """Return what a terminal shows of sanitised `html`."""
    sheet = _Sheet()
    for at, piece in enumerate(dress.pieces(html)):
        if at % 2:
            sheet.take_tag(piece)
        elif piece:
            sheet.take_text(unescape(piece))
    sheet.end_block()
    return sheet.blocks


class _Sheet:
    """What was read, and what is open."""

    def __init__(self) -> None:
        self.blocks: list[Block] = []
        self._pieces: list[Piece] = []
        self._open: list[str] = []
        self._lists: list[int | None] = []  # the number of the next item, None where items have none
        self._links: list[tuple[str, str]] = []  # the address of each link that is open, and its text so far
        self._mark = ""  # what stands before the first words of an item
        self._gap = False

    def take_text(self, text: str) -> None:
        if not AS_IT_STANDS & set(self._open):
            begun = bool(self._pieces) and not self._pieces[-1].text.endswith((" ", "\n"))
            text = _SPACE.sub(" ", text)
            text = text if begun else text.lstrip(" ")
        self._add(text)
        if self._links and text:
            address, before = self._links[-1]
            self._links[-1] = address, before + text

    def take_tag(self, tag: str) -> None:
        found = _NAME.match(tag)
        if not found:
            return
        name, opens = found[2].lower(), not found[1]
        if name in BLOCKS:
            nested = len(self._lists) > 1 or (opens and bool(self._lists))
            self.end_block(apart=name not in IN_LINE and not (name in LISTS and nested))
        if name == "br":
            self._add("\n")
        elif name == "hr":
            self._add("―――")
            self.end_block()
        elif name == "img":
            return  # of a comment, a picture is a link already
        elif opens:
            self._open_tag(name, tag)
        else:
            self._close_tag(name)

    def _open_tag(self, name: str, tag: str) -> None:
        self._open.append(name)
        if name in LISTS:
            start = _START.search(tag)
            self._lists.append((int(start[1]) if start else 1) if name == "ol" else None)
        elif name == "li" and self._lists:
            number = self._lists[-1]
            self._mark = "• " if number is None else f"{number}. "
            self._lists[-1] = None if number is None else number + 1
        elif name == "a":
            href = _HREF.search(tag)
            self._links.append((unescape(href[1]) if href else "", ""))
        elif name in AROUND:
            self._add(AROUND[name][0])

    def _close_tag(self, name: str) -> None:
        if name in self._open:
            self._open.reverse()
            self._open.remove(name)  # the one that was opened last
            self._open.reverse()
        if name in LISTS and self._lists:
            self._lists.pop()
        elif name == "a" and self._links:
            address, words = self._links.pop()
            if address and not address.startswith("#") and address != words.strip():
                self._add(f" <{address}>", "dim")
        elif name in AROUND:
            self._add(AROUND[name][1])
        elif name in IN_A_ROW:
            self._add(" ")

    def _add(self, text: str, *styles: str) -> None:
        if text:
            link = {"link"} if self._links else set()
            own = {STYLES[name] for name in self._open if name in STYLES}
            self._pieces.append(Piece(printable(text), frozenset({*styles, *own, *link})))

    def end_block(self, *, apart: bool = True) -> None:
        """Put down what was read; what follows stands `apart` from it."""
        pieces = _trimmed(self._pieces, keep=bool(AS_IT_STANDS & set(self._open)))
        if pieces:
            mark = (Piece(self._mark),) if self._mark else ()
            depth = max(len(self._lists) - 1, 0) * 3 + (2 if self._lists and not mark else 0)
            self.blocks.append(Block((*mark, *pieces), depth, self._open.count("blockquote"), self._gap))
            self._mark, self._gap = "", False
        self._pieces = []
        self._gap = self._gap or (apart and bool(self.blocks))


def _trimmed(pieces: Iterable[Piece], *, keep: bool) -> list[Piece]:
    """Return `pieces` without white space around them: without blank lines only, where it is to be kept."""
    found, unseen = list(pieces), "\n" if keep else " \n"
    while found and not found[0].text.lstrip(unseen):
        found.pop(0)
    while found and not found[-1].text.rstrip(unseen):
        found.pop()
    if found:
        found[0] = Piece(found[0].text.lstrip(unseen), found[0].styles)
        found[-1] = Piece(found[-1].text.rstrip(unseen), found[-1].styles)
    return found
