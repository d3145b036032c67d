"""The author's own HTML: tags, attributes and entities → nodes.

Here a tag is only recognised and made well-formed; which tags and attributes
may stay is the decision of `sanitize`, whose lists of tags are read here so
that what will be dropped doesn't disturb the paragraphs.
"""

import re
from collections.abc import Iterator
from html import escape, unescape
from html.entities import html5

from labo_ssg.markup import sanitize
from labo_ssg.markup.spip.nodes import BREAK, MARK, Atom, Block, Close, Kind, Node, Open

# SPIP's list of what ends a paragraph (spip-paragrapher: _BALISES_BLOCS), and HTML's newer blocks.
BLOCKS = frozenset(
    "address article aside blockquote caption center dd details div dl dt figcaption figure footer h1 h2 h3 h4 h5 h6 "
    "header hgroup li ol p pre section summary table tbody td tfoot th thead tr ul".split()
)
_VOID = frozenset("img wbr source track col".split())
_NOT_FOR_VISITORS = frozenset({"id", "class", "name"})
# The engine alone makes these.
_RESERVED = frozenset({"textarea"})

# A name ends where a tag may go on: what people put between such signs (<jean@exemple.org>, <s'il te plaît>) is text.
TAG = r"</?[A-Za-z][A-Za-z0-9_]*(?:[\s/|][^<>]*)?>"
ENTITY = r"&(?:#[0-9]+|#[xX][0-9A-Fa-f]+|[A-Za-z][A-Za-z0-9]*);"
_TAG = re.compile(r"<(/?)([A-Za-z][A-Za-z0-9]*)([^<>]*)>")
ATTRIBUTE = re.compile(r"""([^\s"'<>/=]+)(?:\s*=\s*("[^"]*"|'[^']*'|[^\s"'=<>`]+))?""")
_RAW = re.compile(f"({TAG})|({ENTITY})")
_BLOCK_TAG = re.compile(rf"<(?:{'|'.join(BLOCKS)}|hr)\b", re.IGNORECASE)


def read_tag(source: str, kind: Kind) -> Node | None:
    """Return the node of the tag `source`, or None when the page will not have it."""
    match = _TAG.match(source)
    if match is None:
        return None
    slash, name, attributes = match[1], match[2].lower(), match[3]
    allowed = sanitize.VISITORS_TAGS if kind == "forum" else sanitize.EDITORS_TAGS
    if name not in allowed or name in _RESERVED:
        return None
    if name == "br":
        return BREAK
    if name == "hr":
        return Block("<hr />", ends=False)
    if slash:
        return Close(name)
    if name in _VOID:
        return Atom(f"<{name}{_attributes(attributes, kind)} />")
    return Open(name, _attributes(attributes, kind) if attributes else "")


def _attributes(source: str, kind: Kind) -> str:
    kept: dict[str, str] = {}
    for match in ATTRIBUTE.finditer(source):
        name, value = match[1].lower(), match[2] or ""
        if is_active(name) or (kind == "forum" and name in _NOT_FOR_VISITORS):
            continue
        if value[:1] in ("'", '"'):
            value = value[1:-1]
        if name == "name":  # the anchors of old
            name = "id"
        kept.setdefault(name, value)
    return "".join(attribute(name, unescape(value)) for name, value in kept.items())


def is_active(attribute: str) -> bool:
    """Tell whether an attribute is code, or may hide the page."""
    return attribute.startswith("on") or attribute == "style"


def attribute(name: str, value: str) -> str:
    """Return an attribute as it stands in a tag, with the space before it."""
    return f' {name}="{escape(MARK.sub("", value))}"'


def entity(source: str) -> str | None:
    """Return the text that the entity `source`, `&…;`, stands for, or None for an unknown one."""
    if source[1] != "#" and source[1:] not in html5:
        return None
    return unescape(source)


def is_block(html: str) -> bool:
    return _BLOCK_TAG.search(html) is not None


def read_raw(html: str, kind: Kind) -> Iterator[Node]:
    """Yield the nodes of `html`, in which no shortcut counts."""
    html = _without_comments(html)
    at = 0
    for match in _RAW.finditer(html):
        if match.start() > at:
            yield html[at : match.start()]
        at = match.end()
        if match[1]:
            node = read_tag(match[1], kind)
            if node is not None:
                yield node
        elif match[2]:
            yield entity(match[2]) or match[2]
    if at < len(html):
        yield html[at:]


def _without_comments(html: str) -> str:
    *parts, last = html.split("-->")
    kept = (part.partition("<!--") for part in parts)
    return "".join(before if opening else before + "-->" for before, opening, _ in kept) + last
