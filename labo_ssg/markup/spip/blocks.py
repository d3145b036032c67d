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
_SIGN = re.compile(
    r"""(
      \x02 [0-9]+ \x04
    | \{ [{}]*
    | \} [{}]*
    | \n \n*
      (?: -{4,} | _{4,}  # a rule
        | -\*+(?![*#]) | -\#+(?![*#])  # an item
        | --[ ]*  # speech
        | -[ ]*  # a dash
        | _[ ]+  # a line break that somebody asked for
      )?
    )""",
    re.VERBOSE,
)
_RULE = (Block("<hr />"), PARAGRAPH)
_DASH = Atom('<span class="spip-puce">–</span>\u00a0')
_SPEECH = Atom("—\u00a0")
# What a line starts with, and what that is; an item of a list is another matter.
_STARTS: dict[str, tuple[Node, ...]] = {
    "": (NEWLINE,),
    "--": (NEWLINE, BREAK, _SPEECH),
    "-": (NEWLINE, BREAK, _DASH),
    "_": (BREAK,),
}


def nodes(text: str, aside: Aside, settings: Settings) -> list[Node]:
    """Return the nodes of `text`, in which only line structure and braces are left to read."""
    text = _BLANK_LINE.sub("\n", text.strip(BLANKS))
    text = tables.set_aside(text, aside)
    if "\\" in text:
        text = _ESCAPED.sub(lambda escaped: aside.put(escaped[1]), text, max(1, MOST - len(aside.nodes)))
    _, *pieces = _SIGN.split("\n" + text)
    signs, texts = pieces[::2], pieces[1::2]
    emphasis = braces.read([sign for sign in signs if sign[0] in "{}"], settings)
    lists = Lists()
    found: list[Node] = []
    for sign, bare in zip(signs, texts, strict=True):
        if sign[0] == "\n":
            if sign.startswith("\n\n"):
                found += lists.close()
                found.append(PARAGRAPH)
            start = sign.strip("\n ")
            found += lists.item(start) if start[1:2] in ("*", "#") else _STARTS.get(start, _RULE)
        elif sign[0] == "\x02":
            node = aside.nodes[sign]
            if isinstance(node, Open) and node.breaks:
                lists.forget()
            found.append(node)
        else:
            found += next(emphasis)
        if bare:
            found.append(bare)
    return found + lists.close()
