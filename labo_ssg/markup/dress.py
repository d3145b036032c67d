"""Safe HTML → the same, ready for its page: one pass over tags and bare text.

Sanitised HTML is well-formed: every `<` opens a tag and attributes stand between double
quotes. So one regular expression cuts it into bare text and tags, and each rule works on
one piece: French typography and the glossary on text; internal links, ids and levels of
headings on tags.
"""

import re
from collections.abc import Iterator
from html import escape, unescape
from typing import NamedTuple

from labo_ssg.markup import glossary, typography
from labo_ssg.model import Heading, Html, Manuscript

VERBATIM = frozenset(["code", "pre", "kbd", "samp", "var", "textarea"])
# no term is explained in these
QUIET = VERBATIM | {"a", "abbr", "dfn", "h1", "h2", "h3", "h4", "h5", "h6", "button", "summary"}
BREAKING = frozenset("blockquote br dd div dt li p td th tr".split())  # a word does not go on across these
HEADINGS = frozenset(["h1", "h2", "h3", "h4", "h5", "h6"])

_TAG = re.compile(r'(<[^>"]*(?:"[^"]*"[^>"]*)*>)')
_NAME = re.compile(r"</?([a-zA-Z][a-zA-Z0-9-]*)")
_ADDRESS = re.compile(r' (href|src|poster)="([^"]*)"')
_ID = re.compile(r' id="([^"]*)"')
_ALIGN = re.compile(r' align="(left|right|center|justify)"')
_SOURCE = re.compile(r' src="([^"]*)"')
_ALTERNATIVE = re.compile(r' alt="([^"]*)"')
_FRAGMENT_LINK = re.compile(r' href="#([^"]*)"')
_SCHEME = re.compile(r"(?:[a-zA-Z][a-zA-Z0-9+.-]*:|//|#)")


class Dressed(NamedTuple):
    """The HTML, its headings, the anchors of the terms it explains, the references that lead nowhere."""

    html: Html
    headings: tuple[Heading, ...]
    terms: tuple[str, ...]
    broken: tuple[str, ...]


def dress(html: Html, manuscript: Manuscript, *, typeset: bool) -> Dressed:
    """Dress sanitised `html` as `manuscript` asks; `typeset` says that its typography is still to do."""
    work = _Work(manuscript, typeset, demote=1 if "<h1" in html else 0)
    done = "".join(work.pieces(_TAG.split(html)))
    return Dressed(Html(done), tuple(work.headings), tuple(work.terms), tuple(dict.fromkeys(work.broken)))


def is_internal(reference: str) -> bool:
    """Tell whether `reference` leads to another page or file of the site."""
    return bool(reference) and not _SCHEME.match(reference)


class _Work:
    """The state of one pass: where it is, and what it has found."""

    def __init__(self, manuscript: Manuscript, typeset: bool, demote: int) -> None:
        self.manuscript, self.typeset, self.demote = manuscript, typeset, demote
        self.targets = {target.url for target in manuscript.links.values()}
        self.verbatim = self.quiet = 0  # how many elements of the kind are open
        self.title: list[str] = []
        self.heading_ids: dict[str, int] = {}
        self.headings: list[Heading] = []
        self.terms: dict[str, None] = {}
        self.broken: list[str] = []

    def pieces(self, pieces: list[str]) -> Iterator[str]:
        """Yield each piece dressed; they alternate, text first."""
        for at, piece in enumerate(pieces):
            if at % 2:
                yield self.tag(piece, pieces, at)
            elif piece:
                yield self.text(piece)

    def text(self, text: str) -> str:
        if self.verbatim:
            return text
        bare = unescape(text) if "&" in text else text
        if self.typeset:
            manuscript = self.manuscript
            bare = typography.typeset(bare, language=manuscript.language, typography=manuscript.typography)
        if self.manuscript.words and not self.quiet:
            return glossary.mark(bare, self.manuscript.words, self.terms)
        return escape(bare, quote=False)

    def tag(self, tag: str, pieces: list[str], at: int) -> str:
        match = _NAME.match(tag)
        name = match[1].lower() if match else ""
        step = -1 if tag.startswith("</") else 1
        self.verbatim += step if name in VERBATIM else 0
        self.quiet += step if name in QUIET else 0
        if name in HEADINGS:
            return self.heading(tag, int(name[1]), pieces, at)
        if step > 0 and self.manuscript.anchor and self.typeset:
            tag = self.apart(tag)
        if " align=" in tag:
            tag = _aligned(tag)
        if name == "img" and self.manuscript.kind == "comment":
            return self.picture(tag)
        return _ADDRESS.sub(self.address, tag) if step > 0 and "=" in tag else tag

    def picture(self, tag: str) -> str:
        """Return a visitor's picture as a link to it: loading it would tell its host who reads the page."""
        source, words = _SOURCE.search(tag), _ALTERNATIVE.search(tag)
        shown = words[1] if words and words[1] else source[1] if source else ""
        if not source or self.quiet or is_internal(unescape(source[1])):
            return shown
        return f'<a href="{source[1]}" rel="nofollow ugc noopener">{shown}</a>'

    def apart(self, tag: str) -> str:
        """Keep the ids of this text apart from those of the other texts of its page."""
        tag = _ID.sub(rf' id="{self.manuscript.anchor}-\1"', tag)
        return _FRAGMENT_LINK.sub(rf' href="#{self.manuscript.anchor}-\1"', tag)

    def heading(self, tag: str, level: int, pieces: list[str], at: int) -> str:
        """Return the tag of a heading with its level in the page and an id of its own."""
        level = min(level + self.demote, 6)
        if tag.startswith("</"):
            return f"</h{level}>"
        end = next(i for i in range(at + 2, len(pieces), 2) if pieces[i].startswith("</h"))
        title = " ".join(unescape("".join(pieces[at + 1 : end : 2])).split())
        given = _ID.search(tag)
        prefix = f"{self.manuscript.anchor}-" if self.manuscript.anchor and self.typeset else ""
        anchor = f"{prefix}{given[1] if given else _slug(title)}"
        count = self.heading_ids[anchor] = self.heading_ids.get(anchor, 0) + 1
        anchor = anchor if count == 1 else f"{anchor}-{count}"
        self.headings.append(Heading(level, anchor, title))
        return f'<h{level} id="{escape(anchor)}"{_ID.sub("", tag)[3:]}'

    def address(self, match: re.Match[str]) -> str:
        """Return an attribute with the address that its internal reference stands for."""
        attribute, reference = match[1], unescape(match[2])
        if not is_internal(reference):
            return match[0]
        path, mark, fragment = reference.partition("#")
        target = self.manuscript.links.get(path)
        if target and target.url:
            return f' {attribute}="{escape(target.url + mark + fragment)}"'
        if path in self.targets:
            return match[0]
        self.broken.append(reference)
        return "" if self.manuscript.kind == "comment" else match[0]


def _aligned(tag: str) -> str:
    """Return `tag` with a class in place of its `align`, which HTML has given up."""
    match = _ALIGN.search(tag)
    if not match:
        return tag
    bare = tag.replace(match[0], "", 1)
    if ' class="' in bare:
        return bare.replace(' class="', f' class="align-{match[1]} ', 1)
    return re.sub(r"(\s*/?>)$", rf' class="align-{match[1]}"\1', bare)


def plain(html: str) -> str:
    """Return the running text of sanitised `html`, without headings, code blocks, notes and their calls."""
    left_out = frozenset({"pre", "sup", "textarea", *HEADINGS})
    words: list[str] = []
    inside = 0
    for at, piece in enumerate(_TAG.split(html)):
        if at % 2 == 0:
            words.append(piece if not inside else "")
        elif piece == '<div class="footnote">':  # Python-Markdown puts its notes last
            break
        elif (match := _NAME.match(piece)) and match[1] in left_out:
            inside += -1 if piece.startswith("</") else 1
        elif match and match[1] in BREAKING:
            words.append(" ")
    return re.sub(r"[ \n\t]+", " ", unescape("".join(words))).strip(" ")


def _slug(title: str) -> str:
    return re.sub(r"[^\w]+", "-", title.casefold()).strip("-") or "section"
