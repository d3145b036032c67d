"""Nodes → well-formed HTML.

The writer keeps the stack of open blocks and, in each, the stack of open
inline elements. A paragraph is opened by its first content, so none is empty;
a block ends it, and with it what is open inside. A closer without an opener
is ignored; so is what would be nested too deep. Each node costs a constant
time, spread over its opening and its closing.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable
from typing import Any

from msgspec import Struct

from labo_ssg.markup.spip import tags
from labo_ssg.markup.spip.nodes import (
    BLANKS,
    Atom,
    Block,
    Break,
    Close,
    Kind,
    Name,
    Newline,
    Node,
    Open,
    Paragraph,
    Raw,
)

DEPTH = 50
"""How many blocks, and how many inline elements in a block, may be open; browsers stop at 512 elements."""

HEADINGS = frozenset({"h1", "h2", "h3", "h4", "h5", "h6"})

_BREAK = "<br>"  # somebody asked for it: two of them make a paragraph
_LINE_END = "<br />\n"  # the end of a line: it gives way to the other kind


class _Frame(Struct):
    """An open block, `empty` until it holds something."""

    name: str
    breaks: bool
    empty: bool = True
    inlines: list[str] = []  # what is open in its lines
    skipped: dict[str, int] = {}  # how many of each name were too deep, and await their closers


class _Writer:
    def __init__(self, kind: Kind) -> None:
        self.kind = kind
        self.out: list[str] = []
        self.frame = _Frame("body", breaks=False)
        self.frames = [self.frame]
        self.skipped: defaultdict[str, int] = defaultdict(int)
        self.paragraph_attributes: str | None = ""  # of the paragraph that the next content opens
        self.space = ""  # what is due before the next content

    # --- lines

    def text(self, text: str) -> None:
        bare = text.rstrip(BLANKS)
        if not bare:
            self.space = self.space or text
            return
        space = text[len(bare) :]
        if self.frame.empty or self.paragraph_attributes is not None:
            bare = bare.lstrip(BLANKS)
        self.begin()
        self.out.append(bare.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;"))
        self.space = space

    def atom(self, atom: Atom) -> None:
        self.begin()
        self.out.append(atom.html)

    def begin(self) -> None:
        """Make ready for content in a line: open its paragraph, write the space that is due."""
        if self.paragraph_attributes is not None:
            self.out.append(f"\n<p{self.paragraph_attributes}>")
            self.paragraph_attributes = None
            self.push("p", breaks=True)
        elif self.space and not self.frame.empty:
            self.out.append(self.space)
        self.space = ""
        self.frame.empty = False

    def newline(self, _: Newline) -> None:
        if self.space.endswith(_BREAK):
            self.space += "\n"
        elif "<br" not in self.space:
            self.space = _LINE_END if self.frame.breaks else "\n"

    def line_break(self, _: Break) -> None:
        if self.space.endswith(_BREAK):
            self.paragraph(None)
        else:
            self.space = _BREAK if self.space == _LINE_END else self.space + _BREAK

    def name(self, name: Name) -> None:
        """Show the name of a note that turned out to be none."""
        self.text(f"<{name.name}>")

    def raw(self, raw: Raw) -> None:
        block = tags.is_block(raw.html)
        if block:
            self.open(Open("", block=True))
        for node in tags.read_raw(raw.html, self.kind):
            _WRITERS[type(node)](self, node)
        if block:
            self.close_block("")

    # --- elements

    def open(self, element: Open) -> None:
        name = element.name
        if element.block or name in tags.BLOCKS:
            self.open_block(element)
            return
        if name == "a":
            if self.is_open("a"):
                return
            self.close_inline("a")
        self.begin()
        frame = self.frame
        if len(frame.inlines) >= DEPTH:
            frame.skipped[name] = frame.skipped.get(name, 0) + 1
            return
        frame.inlines.append(name)
        self.out.append(f"<{name}{element.attributes}>")

    def close(self, element: Close) -> None:
        name = element.name
        if name in tags.BLOCKS or (name == "a" and self.is_open("a")):
            self.close_block(name)
        else:
            self.close_inline(name)

    def close_inline(self, name: str) -> None:
        frame = self.frame
        if frame.skipped.get(name):
            frame.skipped[name] -= 1
        elif name in frame.inlines:
            self.begin()
            while (top := frame.inlines.pop()) != name:
                self.out.append(f"</{top}>")
            self.out.append(f"</{name}>")

    # --- blocks

    def paragraph(self, _: Paragraph | None) -> None:
        if self.frame.breaks and self.frame.name in ("td", "th"):
            self.out.append("<br /> <br />")
            return
        self.end_paragraph()
        self.paragraph_attributes = ""

    def block(self, block: Block) -> None:
        self.end_paragraph()
        self.frame.empty = False
        self.out.append("\n" + block.html)
        self.paragraph_attributes = "" if block.ends else None

    def open_block(self, element: Open) -> None:
        name = element.name
        self.end_paragraph()
        if name == "p":
            self.paragraph_attributes = element.attributes
            return
        if name in HEADINGS and self.frame.name in HEADINGS:
            self.pop()
        self.paragraph_attributes = None
        if len(self.frames) >= DEPTH:
            self.skipped[name] += 1
            return
        self.frame.empty = False
        self.push(name, breaks=element.breaks or name == "li")
        if name:
            self.out.append(f"\n<{name}{element.attributes}>")
        if name == "a":
            self.paragraph_attributes = ""

    def close_block(self, name: str) -> None:
        self.end_paragraph()
        if name != "p":
            if self.skipped[name]:
                self.skipped[name] -= 1
            elif self.is_open(name):
                while self.pop() != name:
                    pass
        self.paragraph_attributes = ""

    def end_paragraph(self) -> None:
        self.space = ""
        if self.frame.name == "p":
            self.pop()

    def push(self, name: str, *, breaks: bool) -> None:
        self.frame = _Frame(name, breaks)
        self.frames.append(self.frame)

    def is_open(self, name: str) -> bool:
        """Tell whether a block of that name is open."""
        return name in [frame.name for frame in self.frames]

    def pop(self) -> str:
        """Close the innermost block, with what is open inside; return its name."""
        frame = self.frames.pop()
        self.frame = self.frames[-1]
        self.end_inlines(frame)
        if frame.name:
            self.out.append(f"</{frame.name}>")
        return frame.name

    def end_inlines(self, frame: _Frame) -> None:
        for name in reversed(frame.inlines):
            self.out.append(f"</{name}>")


_WRITERS: dict[type, Callable[[_Writer, Any], None]] = {
    str: _Writer.text,
    Open: _Writer.open,
    Close: _Writer.close,
    Atom: _Writer.atom,
    Block: _Writer.block,
    Raw: _Writer.raw,
    Newline: _Writer.newline,
    Break: _Writer.line_break,
    Paragraph: _Writer.paragraph,
    Name: _Writer.name,
}


def write(nodes: Iterable[Node], kind: Kind) -> str:
    """Return the HTML of `nodes`."""
    writer = _Writer(kind)
    for node in nodes:
        _WRITERS[type(node)](writer, node)
    writer.end_paragraph()
    while len(writer.frames) > 1:
        writer.pop()
    writer.end_inlines(writer.frame)
    return "".join(writer.out).strip()
