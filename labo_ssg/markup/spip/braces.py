"""Braces: `{italic}`, `{{bold}}`, `{{{heading}}}`.

They are openers and closers, not pairs. What a run of braces means depends on
the text as a whole: closers without any opener of their size stay as they are,
and so do the empty `{}` and `{{}}`. All runs of a text are read together, in
the order of SPIP's rules: headings first, then bold, then italic.
"""

import re
from collections.abc import Iterator

from labo_ssg.markup.spip.nodes import PARAGRAPH, Close, Node, Open, Settings

_HEADING_START = re.compile(r"(?<!\{)\{\{\{")
_HEADING_END = re.compile(r"\}\}\}(?!\})")
_MEANINGS: dict[str, Node] = {
    "B": Open("strong"),
    "b": Close("strong"),
    "I": Open("i"),
    "i": Close("i"),
    "1": "{",
    "2": "}",
}


def read(runs: list[str], settings: Settings) -> Iterator[list[Node]]:
    """Yield the nodes of each of the `runs` of braces of a text."""
    return _nodes(meanings(runs), settings)


def meanings(runs: list[str]) -> list[str]:
    """Return one letter for each opener and closer of each run, capital for an opener; digits are braces that stay.

    H is for a heading, B for bold, I for italic; a brace that is nothing of these stays as it is.
    """
    return _meanings("\n".join(runs)).split("\n")


def _meanings(runs: str) -> str:
    if "}}}}" in runs:
        runs = _HEADING_START.sub("H", runs)
        runs = _HEADING_END.sub("h", runs)
    if "{{{" in runs:
        runs = runs.replace("{{{", "H").replace("}}}", "h")
    if "{{" in runs:
        runs = runs.replace("{{}}", "1122")
    if "{{" in runs:
        runs = runs.replace("{{", "B").replace("}}", "b")
    if "{" in runs:
        runs = runs.replace("{}", "12")
    if "{" in runs:
        runs = runs.replace("{", "I").replace("}", "i")
    return runs


def _nodes(letters: list[str], settings: Settings) -> Iterator[list[Node]]:
    heading = f"h{settings.heading}"
    nodes_of = _MEANINGS | {"h": Close(heading)}
    numbered = 0
    for run in letters:
        nodes: list[Node] = []
        for letter in run:
            if letter == "H":
                numbered += 1
                place = f' id="{settings.prefix}h{numbered}"' if settings.prefix else ""
                nodes += [PARAGRAPH, Open(heading, place)]
            else:
                nodes.append(nodes_of.get(letter, letter))
        yield nodes
