"""The structure of lines: paragraphs, lists, rules, dashes, headings, emphasis → a flat stream of nodes.

What remains of a text when all else is set aside is cut once, by one regular
expression, into bare text, marks, braces and line ends with what follows them.
"""

import re

from labo_ssg.markup.spip import braces, tables
from labo_ssg.markup.spip.lists import Lists
from labo_ssg.markup.spip.nodes import BLANKS, BREAK, MOST, NEWLINE, PARAGRAPH, Aside, Atom, Block, Node, Open, Settings

_BLANK_LINE = re.compile(r"\n[ \t]+(?=\n)")
_ESCAPED = re.compile(r"\\([{}_\-\[\]|<>\\*#+])")
# Each alternative starts with its own sign, which is what makes the search fast.
_PIECE = re.compile(
    r"""
      \x02 (?P<mark>[0-9]+) \x04
    | \{ [{}]*
    | \} [{}]*
    | \n (?P<blank>\n*)
      (?: (?P<rule>-{4,}|_{4,})
        | (?P<item>-\*+(?![*#])|-\#+(?![*#]))
        | (?P<speech>--)[ ]*
        | (?P<dash>-)[ ]*
        | (?P<forced>_)[ ]+
      )?
    """,
    re.VERBOSE,
)
_RULE = Block("<hr />")
_DASH = Atom('<span class="spip-puce">–</span>\u00a0')
_SPEECH = Atom("—\u00a0")


# What a line starts with, and what that is; an item of a list is another matter.
_STARTS: dict[str | None, tuple[Node, ...]] = {
    "rule": (_RULE, PARAGRAPH),
    "speech": (NEWLINE, BREAK, _SPEECH),
    "dash": (NEWLINE, BREAK, _DASH),
    "forced": (BREAK,),
    "blank": (NEWLINE,),
}


def nodes(text: str, aside: Aside, settings: Settings) -> list[Node]:
    """Return the nodes of `text`, in which only line structure and braces are left to read."""
    text = _BLANK_LINE.sub("\n", text.strip(BLANKS))
    text = tables.set_aside(text, aside)
    if "\\" in text:
        text = _ESCAPED.sub(lambda escaped: aside.put(escaped[1]), text, max(1, MOST - len(aside.nodes)))
    text = "\n" + text
    emphasis = braces.read(text, settings)
    lists = Lists()
    found: list[Node] = []
    at = 0
    for match in _PIECE.finditer(text):
        start, end = match.span()
        if start > at:
            found.append(text[at:start])
        at = end
        sign = text[start]
        if sign == "\x02":
            node = aside.get(match[1])
            if node.__class__ is Open and node.breaks:
                lists.forget()
            found.append(node)
        elif sign == "\n":
            if match["blank"]:
                found.extend(lists.close())
                found.append(PARAGRAPH)
            kind = match.lastgroup
            found.extend(lists.item(match["item"]) if kind == "item" else _STARTS[kind])
        else:
            found.extend(next(emphasis))
    if at < len(text):
        found.append(text[at:])
    found.extend(lists.close())
    return found
