"""The nouns of the engine: what its readers find and its writer writes.

A reader that has understood a piece of text sets it aside (`Aside.put`) and
leaves a mark in its place, so that no later reader looks inside. What remains
becomes a flat stream of nodes; the writer alone knows which elements are open.
A `str` in the stream is bare text.
"""

import re
from collections.abc import Mapping
from typing import Literal, NamedTuple

from msgspec import Struct

from labo_ssg.model import Target, Typography

Kind = Literal["article", "forum"]


class Open(Struct, frozen=True):
    """An element begins. `attributes` is escaped HTML that starts with a space, or nothing.

    `block` makes a block of an element that is none by its name; `breaks` keeps
    the line ends of a block that holds no paragraphs.
    """

    name: str
    attributes: str = ""
    block: bool = False
    breaks: bool = False


class Close(Struct, frozen=True):
    """An element ends; nothing ends when it isn't open."""

    name: str


class Atom(Struct, frozen=True):
    """Finished HTML that stands in a line."""

    html: str


class Block(Struct, frozen=True):
    """Finished HTML that stands between paragraphs; `ends` says that a paragraph follows."""

    html: str
    ends: bool = True


class Raw(Struct, frozen=True):
    """HTML of the author's in which no shortcut counts, only tags and entities."""

    html: str


class Name(Struct, frozen=True):
    """The name of a note: `<name>` in `[[<name> text]]`."""

    name: str


class Newline(Struct, frozen=True):
    """A line ends inside a paragraph."""


class Break(Struct, frozen=True):
    """A line ends because somebody asked for it."""


class Paragraph(Struct, frozen=True):
    """What follows starts a new paragraph."""


Node = str | Open | Close | Atom | Block | Raw | Name | Newline | Break | Paragraph

NEWLINE = Newline()
BREAK = Break()
NOTHING = Close("")
"""What a piece leaves that isn't shown: what it separated stays separate."""
PARAGRAPH = Paragraph()


class Settings(NamedTuple):
    """What shapes a rendering besides its text; `prefix` starts every id."""

    kind: Kind
    links: Mapping[str, Target]
    language: str
    typography: Typography
    prefix: str
    heading: int


BLANKS = " \t\n"
"""What is trimmed; a no-break space is content."""

MARK = re.compile("\x02[0-9]+\x04")
KEPT = re.compile("[^\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ud800-\udfff]+")
"""What a text keeps before it is read: not what no HTML may hold, nor what could forge a mark."""


MOST = 50_000
"""How many pieces a text may have; what comes later stays as it is written, so that no text takes seconds."""


class Aside:
    """The pieces of a text that are understood, each known by the mark that replaced it."""

    def __init__(self) -> None:
        self.nodes: dict[str, Node] = {}  # by mark

    def has_room(self, pieces: int = 1) -> bool:
        """Tell whether that many pieces may still be put."""
        return len(self.nodes) + pieces <= MOST

    def put(self, node: Node) -> str:
        """Keep `node` and return its mark."""
        mark = f"\x02{len(self.nodes)}\x04"
        self.nodes[mark] = node
        return mark


class Seeker:
    """Finds what closes a piece, without searching a text twice for what it doesn't hold."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.absent: set[re.Pattern[str]] = set()

    def find(self, pattern: re.Pattern[str], start: int) -> re.Match[str] | None:
        """Return the first match of `pattern` from `start` on; calls must not go backwards."""
        if pattern in self.absent:
            return None
        match = pattern.search(self.text, start)
        if match is None:
            self.absent.add(pattern)
        return match
