"""What a comment loses on its way to the page, and what in it looks like a mistake.

The text is read once more by the reader that the engine has, which leaves blanks of the same length here in place of
what it understands: every sign that is left stands where the visitor typed it. What becomes of a tag or of a link is
asked of the functions that rendered it, and whether an address came through is seen in the body. What then remains of
the text holds the shortcuts that were begun and not ended. Each step takes a time that grows with the text's length.
"""

import re
from collections.abc import Callable
from html import unescape
from typing import Literal

from msgspec import Struct

from labo_ssg.markup import dress
from labo_ssg.markup.pairs import BLANKS, Sign, blank, blank_block, lonely
from labo_ssg.markup.spip import engine, inlines, links, models, tags, verbatim
from labo_ssg.markup.spip.nodes import Aside, Atom, Node, Open, Settings
from labo_ssg.model import Body, Manuscript

MOST = 8
LONGEST = 40  # characters of what a remark is about

Kind = Literal[
    "element",  # an HTML element that is dropped; its text stays
    "removed",  # something that is dropped with all that it holds
    "attribute",  # an attribute that does something
    "picture",  # a picture that becomes a link
    "address",  # a link that is none: its scheme is refused, or its address cannot be one
    "nowhere",  # a link to nothing, or to nothing that the site has
    "document",  # a model of a document that the site doesn't have
    "unclosed",  # an opener without its closer
    "across",  # an opener whose closer stands in another paragraph
    "unopened",  # a closer without its opener
]


class Remark(Struct, frozen=True):
    """Something to tell; `what` is bare text on one line, as it was written but cut; lines are counted from 1."""

    kind: Kind
    what: str
    line: int


def remarks(manuscript: Manuscript, body: Body) -> tuple[Remark, ...]:
    """Return what to tell the author of a comment in SPIP's markup, whose `body` `render_body` made.

    Each thing is told once, where it comes first, in the order of the text; there are `MOST` remarks at most.
    """
    text = engine.legible(manuscript.text)
    found = _Findings(manuscript, body)
    left = _Reader(_without_pieces(text, 0, found), 0, found).read(inlines.SIGN)
    for link in _BEGUN_LINK.finditer(left):
        found.add("unclosed", text[link.start() : link.end()], link.start())
    for link in _ENDED_LINK.finditer(left):
        found.add("unopened", text[link.start() : link.end()], link.start())
    for trouble, written, at in lonely(left, found.tags):
        found.add(trouble, written, at)
    first = sorted((at, kind, what) for (kind, what), at in found.places.items())[:MOST]
    return tuple(Remark(kind, what, text.count("\n", 0, at) + 1) for at, kind, what in first)


def words(remark: Remark, say: Callable[[str], str]) -> str:
    """Return a sentence for visitors, bare text, in the language of `say`."""
    return _WORDS[remark.kind](say).format(what=remark.what)


_WORDS: dict[Kind, Callable[[Callable[[str], str]], str]] = {
    "element": lambda say: say("The element {what} is not accepted here: only its text is kept."),
    "removed": lambda say: say("“{what}” is not accepted here: it is left out, with all that it holds."),
    "attribute": lambda say: say("The attribute {what} is not accepted here: it is left out."),
    "picture": lambda say: say("Pictures are not shown in comments: a link leads to {what} instead."),
    "address": lambda say: say("The link to {what} was removed: this address is not accepted."),
    "nowhere": lambda say: say("The link {what} leads nowhere: only its text is kept."),
    "document": lambda say: say("{what} names no document that comments can show: it stays as you wrote it."),
    "unclosed": lambda say: say("“{what}” is never closed."),
    "across": lambda say: say("“{what}” is not closed in its own paragraph, and reaches no further."),
    "unopened": lambda say: say("“{what}” closes what nothing opens."),
}

_HREF = re.compile(r' href="([^"]*)"')
_ADDRESS = re.compile(r' (?:href|src)="([^"]*)"')
_TAG = re.compile(tags.TAG)
_NAME = re.compile(r"<(/?)([A-Za-z][A-Za-z0-9_]*)")
_RUNAWAY = re.compile(r"\n[^\n]*[ \n]|\s\[")
_BEGUN_LINK = re.compile(r"\[(?!\s)[^][\n\x04]*->(?=[ ]?[^\s\]])")
_ENDED_LINK = re.compile(r"->\x02+\]")  # the reader has found an address behind the arrow

# What people open and close; the ends of other elements may be left out, or are of no consequence.
_IN_LINES = frozenset("a b big cite code del em i ins mark q s small strike strong sub sup tt u".split())
_AROUND_LINES = frozenset("blockquote cadre frame html math multi poesie poetry pre quote".split())
_PAIRED = _IN_LINES | _AROUND_LINES

_DROPPED = frozenset({"script", "style"})
_ONLY_TAGS = frozenset({"html", "pre"})
_OPEN_TO_ALL = frozenset({"multi", "poesie", "poetry"})


class _Findings:
    """What was noticed: its first place, by what it is; and the tags to be paired."""

    def __init__(self, manuscript: Manuscript, body: Body) -> None:
        self.manuscript = manuscript
        self.broken = frozenset(body.broken)
        self.arrived = {unescape(url).strip() for html in (body.html, body.notes) for url in _HREF.findall(html)}
        self.places: dict[tuple[Kind, str], int] = {}
        self.tags: list[Sign] = []

    def add(self, kind: Kind, written: str, at: int) -> None:
        thing = (kind, _cut(written))
        self.places[thing] = min(at, self.places.get(thing, at))

    def tag(self, source: str, at: int) -> str:
        """Take in an author's tag; return the blank that stands for it."""
        if models.is_model(source):
            if any(name in self.broken for _, name in models.references(source)):
                self.add("document", source, at)
            return blank(len(source))
        match = _NAME.match(source)
        slash, written = (match[1], match[2]) if match else ("", "")
        name = written if written.lower() == "quote" else written.lower()  # this one is known in small letters only
        node = Open("blockquote") if source == "<quote>" else tags.read_tag(source, "forum")
        if name in _PAIRED:
            self.tags.append(Sign(at, name, not slash, f"<{slash}{written}>", in_lines=name in _IN_LINES))
        elif node is None and not slash:
            self.add("element", f"<{written}>", at)
        if node is not None and not slash:
            self.attributes(node, source, at)
        return (blank_block if name in tags.BLOCKS or name in ("hr", "quote") else blank)(len(source))

    def attributes(self, node: Node, source: str, at: int) -> None:
        """Take in the attributes of the tag `source`, of which `node` was made."""
        for match in tags.ATTRIBUTE.finditer(source):
            if match[2] and tags.is_active(match[1].lower()):
                self.add("attribute", match[1], at)
        html = node.html if isinstance(node, Atom) else node.attributes if isinstance(node, Open) else ""
        for url in map(unescape, _ADDRESS.findall(html)):
            if source[1:4].lower() != "img":
                self.address(url, source, at)
            elif url and url.strip() in self.arrived:
                self.add("picture", url, at)
            else:
                self.add("element", source[:4] + ">", at)

    def link(self, to: str, written: str, at: int) -> None:
        """Take in a link, `written` as a shortcut, that leads to `to`."""
        found = links.destination(to, self.manuscript.links)
        if found.url:
            self.address(found.url, written, at)
        elif found.verbatim and found.text:
            self.add("address", to, at)
        else:
            self.add("nowhere", written, at)

    def address(self, url: str, written: str, at: int) -> None:
        """Take in the address of a link; a fragment leads somewhere in the page."""
        if dress.is_internal(url):
            if url in self.broken:
                self.add("nowhere", written, at)
        elif url and not url.startswith("#") and url.strip() not in self.arrived:
            self.add("address", url, at)


class _Reader(inlines.Reader):
    """The engine's reader; a part of the text begins at `base`."""

    def __init__(self, text: str, base: int, found: _Findings) -> None:
        manuscript = found.manuscript
        super().__init__(
            text, Aside(), Settings("forum", manuscript.links, manuscript.language, manuscript.typography, "", 2)
        )
        self.base, self.found = base, found

    def escaped(self, match: re.Match[str]) -> str:
        return blank(len(match[0]))

    entity = glossary = abbreviation = escaped

    def comment(self, match: re.Match[str]) -> str:
        return super().comment(match) or self.without(match.start(), self.at)

    def declaration(self, match: re.Match[str]) -> str:
        return self.without(match.start(), match.end())

    anchor = declaration

    def without(self, start: int, end: int) -> str:
        self.found.add("removed", self.text[start : min(end, start + 2 * LONGEST)], self.base + start)
        return blank(end - start)

    def note(self, match: re.Match[str]) -> str:
        if self.has_name(match):
            return "[[" + blank(len(match[0]) - 2)
        self.at = match.start() + 2
        return "[["

    def tag(self, match: re.Match[str]) -> str:
        return self.found.tag(match[0], self.base + match.start())

    def link(self, match: re.Match[str]) -> str:
        at = self.base + match.start()
        if _runs_away(match["to"]):
            self.found.add("unclosed", f"[{match['label']}->", at)
        else:
            self.found.link(match["to"].translate(BLANKS), match[0], at)
        label = _Reader(match["label"], at + 1, self.found).read(inlines.LABEL_SIGN)
        return blank(1) + label + blank(len(match[0]) - len(label) - 1)

    def address(self, match: re.Match[str]) -> str:
        found = links.bare_address(match[0])
        if found is None:
            return match[0]
        self.found.address(found[0], found[0], self.base + match.start())
        return blank(len(match[0]) - len(found[2])) + found[2]


def _without_pieces(text: str, base: int, found: _Findings) -> str:
    """Return `text` with blanks for what no shortcut may touch."""
    done: list[str] = []
    at = 0
    for opening, closing in verbatim.pieces(text):
        name = opening[1].lower()
        start, end = opening.start(), closing.end()
        content = text[opening.end() : closing.start()]
        done.append(text[at:start])
        at = end
        if name in _OPEN_TO_ALL:
            inside = _without_pieces(content, base + opening.end(), found)
            around = blank if name == "multi" else blank_block
            done += [around(len(opening[0])), inside, around(len(closing[0]))]
            continue
        if name in _DROPPED:
            found.add("removed", f"<{opening[1]}>", base + start)
        elif name in _ONLY_TAGS:
            for tag in _TAG.finditer(_without_code(content) if name == "pre" else content):
                found.tag(tag[0], base + opening.end() + tag.start())
        ends = {"code": "\n" in content, "html": tags.is_block(content)}.get(name, name in _AROUND_LINES - {"math"})
        done.append((blank_block if ends else blank)(end - start))
    return "".join([*done, text[at:]])


def _without_code(content: str) -> str:
    """Return what `<pre>` holds with blanks for the code in it."""
    done: list[str] = []
    at = 0
    for opening, closing in verbatim.pieces(content):
        if opening[1].lower() == "code":
            done += [content[at : opening.start()], blank(closing.end() - opening.start())]
            at = closing.end()
    return "".join([*done, content[at:]])


def _runs_away(to: str) -> bool:
    """Tell whether what follows an arrow has lost its bracket: it goes on over words of a line, or over a link."""
    return _RUNAWAY.search(to.strip()) is not None or ("[" in to and "->" in to)


def _cut(written: str) -> str:
    """Return the beginning of what was `written`, on one line."""
    line = " ".join(written.translate(BLANKS)[: 2 * LONGEST].split())
    return line if len(line) <= LONGEST else line[: LONGEST - 1].rstrip() + "…"
