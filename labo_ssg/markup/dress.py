"""Safe HTML → the same, ready for its page: one pass over tags and bare text.

Sanitised HTML is well-formed: every `<` opens a tag and attributes stand between double
quotes. So one regular expression cuts it into bare text and tags, and each rule works on
one piece: French typography and the glossary on text; internal links, ids and levels of
headings on tags.
"""

import re
import sys
from collections.abc import Iterator
from html import escape, unescape
from typing import NamedTuple

from labo_ssg.markup import glossary, pictures, sanitize, typography
from labo_ssg.model import Heading, Html, Manuscript

HEADINGS = frozenset("h1 h2 h3 h4 h5 h6".split())
VERBATIM = frozenset("code pre kbd samp var textarea".split())
QUIET = VERBATIM | HEADINGS | {"a", "abbr", "dfn", "button", "summary"}  # no term is explained in these
BREAKING = frozenset("blockquote br dd div dt li p td th tr".split())  # a word does not go on across these
NOT_RUNNING = HEADINGS | {"pre", "sup", "textarea"}  # what these hold is no running text
# The tags without attributes that every page keeps as they are.
_PLAIN = frozenset(
    f"<{slash}{name}>" for name in sanitize.EDITORS_TAGS - VERBATIM - QUIET - {"img"} for slash in ("", "/")
)

COMMENT_HEADING = 5  # the highest level of a heading in a comment, below the comment's own

# The ids of the templates; tests/test_markup.py compares.
RESERVED = frozenset("author email forum main menu postez search-query text text-help website".split())
RESERVED_STARTS = ("comment-", "in-comment-", "shelf-", "term-")

_TAG = re.compile(r'(<[^>"]*(?:"[^"]*"[^>"]*)*>)')
_NAME = re.compile(r"</?([a-zA-Z][a-zA-Z0-9-]*)")
_ADDRESS = re.compile(r' (href|src|poster)="([^"]*)"')
_ID = re.compile(r' id="([^"]*)"')
_ALIGN = re.compile(r' align="(left|right|center|justify)"')
_CALL = re.compile(
    r'<s(?:up id="[^"]*"><a class="footnote-ref" [^>]*>[^<]*</a></sup>'  # Markdown's
    r'|pan class="spip_note_ref">.*?</span>)',  # the SPIP engine's
    re.DOTALL,
)
_HEADING = re.compile(r"<h[1-6][ >]")
_RESPONSIVE = re.compile(r' (?:srcset|sizes)="[^"]*"')
_ROOTED = re.compile(r'( (?:href|src|poster)=)"/(?!/)')
_SOURCE = re.compile(r' src="([^"]*)"')
_ALTERNATIVE = re.compile(r' alt="([^"]*)"')
_PLACE = re.compile(r' (id="|href="#)([^"]*)"')
_SCHEME = re.compile(r"(?:[a-zA-Z][a-zA-Z0-9+.-]*:|//|#)")
_TAG_END = re.compile(r"(\s*/?>)$")


class Dressed(NamedTuple):
    """The HTML, its headings, the anchors of the terms it explains, the references that lead nowhere, its pictures."""

    html: Html
    headings: tuple[Heading, ...]
    terms: tuple[str, ...]
    broken: tuple[str, ...]
    pictures: tuple[str, ...]


NOTHING = Dressed(Html(""), (), (), (), ())


def dress(html: Html, manuscript: Manuscript) -> Dressed:
    """Dress sanitised `html` as `manuscript` asks.

    The SPIP engine has done its typography and the ids of its notes already; Markdown's are still to do.
    """
    work = _Work(manuscript, html, pieces(html))
    done = "".join(work.dressed())
    return Dressed(Html(done), tuple(work.headings), tuple(work.terms), tuple(work.broken), tuple(work.pictures))


def is_reserved(anchor: str) -> bool:
    """Tell whether an id is one that the pages around the texts have, or may have."""
    return anchor in RESERVED or anchor.startswith(RESERVED_STARTS) or anchor.endswith("-title")


def is_internal(reference: str) -> bool:
    """Tell whether `reference` leads to another page or file of the site."""
    return bool(reference) and not _SCHEME.match(reference)


class _Work:
    """The state of one pass: where it is, and what it has found."""

    def __init__(self, manuscript: Manuscript, html: str, pieces: list[str]) -> None:
        self.manuscript = manuscript
        self.pieces, self.words = pieces, manuscript.words
        is_comment = manuscript.kind == "comment"
        self.is_markdown = manuscript.markup == "markdown"
        self.prefix = f"{manuscript.anchor}-" if manuscript.anchor else ""
        self.demote = 1 if not is_comment and "<h1" in html else 0
        self.highest = COMMENT_HEADING if is_comment else 2
        self.targets = {target.url for target in manuscript.links.values()}
        self.has_entities = "&" in html
        self.verbatim = self.quiet = 0  # how many elements of the kind are open
        tags = [tag for tag in pieces[1::2] if " id=" in tag] if " id=" in html else []
        found = [(tag, match[1]) for tag in tags if (match := _ID.search(tag))]
        self.ids = {anchor for tag, anchor in found if not _HEADING.match(tag)}  # that a heading cannot have
        self.numbers: dict[str, int] = {}  # the next to try after an id that several headings wish for
        self.renamed = {anchor for _, anchor in found if not self.prefix and is_reserved(anchor)}
        self.moves = bool(self.renamed) or (self.is_markdown and bool(self.prefix))  # some ids get another name
        self.headings: list[Heading] = []
        self.terms: dict[str, None] = {}
        self.broken: dict[str, None] = {}
        self.pictures: dict[str, None] = {}

    def dressed(self) -> Iterator[str]:
        """Yield each piece dressed, in its turn: what a text becomes depends on the tags before it."""
        texts = map(self.text, self.pieces[::2], self.typeset())
        yield next(texts)
        for number, tag in enumerate(self.pieces[1::2]):
            yield tag if tag in _PLAIN else self.tag(tag, 2 * number + 1)
            yield next(texts)

    def text(self, text: str, bare: str) -> str:
        if self.verbatim or text in ("", "\n"):
            return text
        if self.words and not self.quiet:
            return glossary.mark(bare, self.words, self.manuscript.meanings, self.terms)
        return escape(bare, quote=False) if "&" in text else bare

    def typeset(self) -> list[str]:
        """Return all texts with characters in place of their entities, and the spaces of their language."""
        asked, texts = self.manuscript, self.pieces[::2]
        bare = [_bare(text) for text in texts] if self.has_entities else texts
        if not self.is_markdown:
            return bare
        return typography.typeset_all(bare, language=asked.language, typography=asked.typography)

    def tag(self, tag: str, at: int) -> str:
        match = _NAME.match(tag)
        name = match[1].lower() if match else ""
        step = -1 if tag.startswith("</") else 1
        self.verbatim += step if name in VERBATIM else 0
        self.quiet += step if name in QUIET else 0
        if name in HEADINGS:
            return self.heading(tag, int(name[1]), at)
        if step > 0 and self.moves:
            tag = _PLACE.sub(self.place, tag)
        if " align=" in tag:
            tag = _aligned(tag)
        if name == "img":
            return self.link_to_picture(tag) if self.manuscript.kind == "comment" else self.picture(tag)
        return _ADDRESS.sub(self.address, tag) if step > 0 and "=" in tag else tag

    def picture(self, tag: str) -> str:
        """Return the tag of a picture, which is one of the site's or one from elsewhere."""
        source = _SOURCE.search(tag)
        target = self.manuscript.links.get(unescape(source[1])) if source else None
        picture = target.picture if target else None
        if picture:
            self.pictures[picture.path] = None
        return pictures.complete(_ADDRESS.sub(self.address, tag), picture)

    def link_to_picture(self, tag: str) -> str:
        """Return a visitor's picture as a link to it: loading it would tell its host who reads the page."""
        source, words = _SOURCE.search(tag), _ALTERNATIVE.search(tag)
        shown = words[1] if words and words[1] else source[1] if source else ""
        if not source or self.quiet or is_internal(unescape(source[1])):
            return shown
        return f'<a href="{source[1]}" rel="nofollow ugc noopener">{shown}</a>'

    def place(self, match: re.Match[str]) -> str:
        """Return an id, or a link to one, with the name that nothing else of the page has."""
        name = match[2]
        if self.is_markdown and self.prefix:
            name = self.prefix + name
        elif name in self.renamed:
            name = _free(name)
        return f' {match[1]}{name}"'

    def heading(self, tag: str, level: int, at: int) -> str:
        """Return the tag of a heading with its level in the page and an id of its own."""
        level = min(max(level + self.demote, self.highest), 6)
        if tag.startswith("</"):
            return f"</h{level}>"
        end = next(i for i in range(at + 2, len(self.pieces), 2) if self.pieces[i].startswith("</h"))
        title = " ".join(unescape("".join(self.pieces[at + 1 : end : 2])).split())
        anchor = self.new_id(tag, title)
        self.headings.append(Heading(level, anchor, title))
        return f'<h{level} id="{escape(anchor)}"{_ID.sub("", tag)[3:]}'

    def new_id(self, tag: str, title: str) -> str:
        """Return the id of a heading: its own or one made of its title, which nothing else of the page has."""
        given = _ID.search(tag)
        wished = given[1] if given else _slug(title)
        if self.prefix:
            wished = wished if wished.startswith(self.prefix) else self.prefix + wished
        elif is_reserved(wished):
            wished = _free(wished)
        anchor, number = wished, self.numbers.get(wished, 2)
        while anchor in self.ids:
            anchor, number = f"{wished}-{number}", number + 1
        self.numbers[wished] = number
        self.ids.add(anchor)
        return anchor

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
        self.broken[reference] = None
        return "" if self.manuscript.kind == "comment" else match[0]


def _aligned(tag: str) -> str:
    """Return `tag` with a class in place of its `align`, which HTML has given up."""
    match = _ALIGN.search(tag)
    if not match:
        return tag
    bare = tag.replace(match[0], "", 1)
    if ' class="' in bare:
        return bare.replace(' class="', f' class="align-{match[1]} ', 1)
    return _TAG_END.sub(rf' class="align-{match[1]}"\1', bare)


def without_calls(html: str) -> str:
    """Return `html` without the calls of notes, for where the notes themselves are not shown."""
    return _CALL.sub("", html) if "note-ref" in html or "note_ref" in html else html


def with_full_links(html: str, host: str) -> str:
    """Return sanitised `html` with the links to pages of the site in full, for readers elsewhere: of a feed, say.

    What follows the `host` is in the links already. Those readers choose no picture by its width.
    """
    done = pieces(html)
    done[1::2] = [_ROOTED.sub(rf'\1"{host}/', _RESPONSIVE.sub("", tag)) for tag in done[1::2]]
    return "".join(done)


def pieces(html: str) -> list[str]:
    """Return sanitised `html` as bare text and tags in turn, text first."""
    return _TAG.split(html)


def plain(html: str, enough: int = sys.maxsize) -> str:
    """Return the running text of sanitised `html`, without headings, code blocks, notes and their calls.

    Of a long text the beginning will do, of `enough` characters or more.
    """
    html = without_calls(html)
    words: list[str] = []
    inside = at = size = 0
    due = enough  # how many characters to gather before counting those that are left of them
    for match in _TAG.finditer(html):
        if not inside:
            words.append(html[at : match.start()])
            size += match.start() - at
        tag, at = match[0], match.end()
        if tag == '<div class="footnote">':  # Markdown's notes come last
            return _running(words)
        name = _NAME.match(tag)
        if name and name[1] in NOT_RUNNING:
            inside += -1 if tag.startswith("</") else 1
        elif name and name[1] in BREAKING:
            words.append(" ")
        if size >= due:
            text = _running(words)
            if len(text) >= enough:
                return text
            due = 2 * size
    if not inside:
        words.append(html[at:])
    return _running(words)


def _running(words: list[str]) -> str:
    """Return what the `words` say, with one space between any two."""
    text = _bare("".join(words)).replace("\n", " ").replace("\t", " ")
    while "  " in text:
        text = text.replace("  ", " ")
    return text.strip(" ")


def _bare(text: str) -> str:
    """Return sanitised `text` with its characters in place of their entities, most of which are few and well known."""
    if "&" not in text:
        return text
    bare = text.replace("&nbsp;", "\u00a0").replace("&lt;", "<").replace("&gt;", ">")
    return bare.replace("&amp;", "&") if bare.count("&") == bare.count("&amp;") else unescape(text)


def _free(anchor: str) -> str:
    """Return an id that is not reserved, in place of one that is."""
    return f"s-{anchor}-1"


def _slug(title: str) -> str:
    return re.sub(r"[^\w]+", "-", title.casefold()).strip("-") or "section"
