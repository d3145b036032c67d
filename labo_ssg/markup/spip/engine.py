"""SPIP's markup → HTML, not yet sanitised: what real SPIP renders, in linear time and without its faults.

    render("Un mot {{fort}}.", kind="article", links={}) → Rendered("<p>Un mot <strong>fort</strong>.</p>", "")

The order of work is SPIP's. Each reader replaces what it understands by marks
(see `nodes.Aside`), so the next one sees only what is left:

1. `verbatim`  code, frames, raw HTML, formulas, poems, languages
2. `inlines`   tags, entities, links, addresses
3. `typography` French spaces, on all that is bare text by now
4. `notes`     foot-notes, whose texts go the rest of the way by themselves
5. `blocks`    tables, lists, lines, braces → nodes
6. `html`      nodes → well-formed HTML
"""

import re
from collections.abc import Mapping
from html import unescape
from typing import NamedTuple

from labo_ssg.markup import typography as french
from labo_ssg.markup.spip import blocks, html, inlines, links, models, notes, verbatim
from labo_ssg.markup.spip.nodes import KEPT, Aside, Kind, Settings
from labo_ssg.model import Target, Typography

_REFERENCE = re.compile(r"->>?([^][<>]*)\]")
_ATTRIBUTE = re.compile(r"""\s(?:href|src|poster)\s*=\s*(?:"([^"<>]*)"|'([^'<>]*)'|([^\s"'<>]+))""")  # HTML's own


class Rendered(NamedTuple):
    """A text's HTML and its foot-notes', "" without notes; neither is sanitised."""

    html: str
    notes: str


def render(
    text: str,
    *,
    kind: Kind,
    links: Mapping[str, Target],
    language: str = "fr",
    typography: Typography = "spip",
    anchor: str = "",
    heading: int = 2,
) -> Rendered:
    """Return the HTML of `text`.

    `links` resolves internal references, canonical (`article12`) or as they are
    written; one that it doesn't know stays as its text. `anchor` keeps ids apart
    from those of the other texts of the page; `heading` is the level of `{{{ }}}`.
    """
    settings = Settings(kind, links, language, typography, f"{anchor}-" if anchor else "", heading)
    aside = Aside()
    text = legible(text)
    if "<" in text:
        text = verbatim.set_aside(text, aside, language)
    text = inlines.set_aside(text, aside, settings)
    text = text.replace("~", "\u00a0").replace("\n—", "\n--")
    text = french.typeset(text, language=language, typography=typography)
    text, found = notes.set_aside(text, aside, settings.prefix)
    body = html.write(blocks.nodes(text, aside, settings), kind)
    foot = notes.block(found, aside, settings.prefix)
    return Rendered(body, html.write(blocks.nodes(foot, aside, settings), kind) if foot else "")


def legible(text: str) -> str:
    """Return what is read of `text`: lines that end in one way, and nothing that no HTML may hold."""
    if "\r" in text:
        text = text.replace("\r\n", "\n").replace("\r", "\n")
    return "".join(KEPT.findall(text))


def references(text: str) -> tuple[str, ...]:
    """Return the internal references that `text` may name, canonical or as they are written, each once."""
    found = models.references(text)
    for match in _REFERENCE.finditer(text):
        written = match[1].strip()
        named = links.reference(written)
        found.append((match.start(), named.canonical if named else written))
    if "=" in text:
        found += [(match.start(), unescape(match[match.lastindex or 1]).strip()) for match in _ATTRIBUTE.finditer(text)]
    return tuple(dict.fromkeys(name for _, name in sorted(found) if name))
