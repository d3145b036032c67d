"""A text file ↔ its header and its body; the only importer of frontmatter.

---
title: Les orages
---
The body starts here; its line number is kept for messages.
"""

import re
from typing import Any, NamedTuple

import msgspec
from frontmatter.default_handlers import YAMLHandler

from labo_ssg.formats import fields, plain_header, plain_text, yaml_text
from labo_ssg.problems import Place, Problem

EXAMPLE = "start the file with `---`, `title: …`, `---`, each on a line of its own"
FENCE = re.compile(r"---(?<=^---)-*\s*$", re.MULTILINE)  # the handler's `^-{3,}\s*$`, but searched for as text: faster
_HANDLER = YAMLHandler(FENCE)


class Parts(NamedTuple):
    """A file's header, the lines of its keys, those with wrong values, and its body, from line `body_line` on.

    Blank lines before the body are left out. `body_line` is 0 where the file has no header that can be read.
    """

    values: dict[str, Any]
    lines: dict[str, int]
    wrong: frozenset[str]
    body: str
    body_line: int


UNREADABLE = Parts({}, {}, frozenset(), "", 0)


def read(data: bytes, path: str, struct: type[msgspec.Struct]) -> tuple[Parts, list[Problem]]:
    """Read the header of `data` as `struct` asks."""
    text, problems = plain_text.decode(data, path)
    if problems:
        return UNREADABLE, problems
    opening = FENCE.match(text)
    if not opening:
        return UNREADABLE, [Problem(Place(path, 1), "the file has no front matter", EXAMPLE)]
    try:
        header, body = _HANDLER.split(text)
    except ValueError:
        return UNREADABLE, [Problem(Place(path, 1), "the front matter is never closed", "end it with a line of `---`")]
    first_line = _line(text, opening.end())
    plain = plain_header.read(header, struct, first_line)
    if plain:
        return _parts(*plain, frozenset(), text, body), []
    node, problems = yaml_text.read(header, path, first_line)
    if problems:
        return UNREADABLE, problems
    values, lines, wrong, problems = fields.read(node, struct, path, first_line)
    return _parts(values, lines, wrong, text, body), problems


def _parts(values: dict[str, Any], lines: dict[str, int], wrong: frozenset[str], text: str, body: str) -> Parts:
    """Return the parts of the file that `text` is."""
    line = _line(text, len(text) - len(body)) + 1 if body else _line(text.rstrip(), len(text))
    return Parts(values, lines, wrong, body.removeprefix("\n"), line)


def body(data: bytes, path: str) -> str:
    """Return the body of a file whose header was read before, as `read` gives it."""
    text, _ = plain_text.decode(data, path)
    return _HANDLER.split(text)[1].removeprefix("\n")


def write(values: dict[str, Any], body: str) -> bytes:
    """Return the file with the header `values`, each on its line, and `body`, which starts with no blank line."""
    return f"---\n{yaml_text.write(values)}---\n{body}\n".encode()


def _line(text: str, at: int) -> int:
    return text.count("\n", 0, at) + 1
