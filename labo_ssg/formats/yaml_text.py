"""YAML text → a tree of nodes that know their lines; the only importer of yaml.

Values are read from the nodes and not from YAML's own guesses, so that
`title: No` is a title and `id: 007` keeps its zeros.
"""

import re
from collections.abc import Iterator
from datetime import datetime
from typing import Any

import yaml
from yaml._yaml import CParser

from labo_ssg.problems import Place, Problem

DEEPEST = 24  # levels of nesting; PyYAML's C parser overflows its stack near 100,000
LARGEST = 1_000_000  # characters
MOST = 100_000  # values, once each alias (`*name`) is replaced by what it stands for

Node = yaml.Node
Mapping = yaml.MappingNode
Sequence = yaml.SequenceNode
Scalar = yaml.ScalarNode

_TOO_DEEP = f"lists or mappings are nested more than {DEEPEST} levels deep"
_LINE_ENDS = "\u0085\u2028\u2029"  # YAML would end a line there, editors do not
_OPENING = re.compile(r"[\[{]|[-?:](?!\S)")  # a list or a mapping has one; a "[" may start both: [a: b]

_NULL = "tag:yaml.org,2002:null"
NULLS = frozenset(("", "~", "null", "Null", "NULL"))  # without quotes
_RESOLVER = yaml.resolver.Resolver()
_TAGS: dict[type[Node], str] = {
    Scalar: _RESOLVER.DEFAULT_SCALAR_TAG,
    Sequence: _RESOLVER.DEFAULT_SEQUENCE_TAG,
    Mapping: _RESOLVER.DEFAULT_MAPPING_TAG,
}

# What PyYAML says, and what to do about it.
_HINTS = {
    "mapping values are not allowed": 'put a value that holds `: ` between quotes: "like: this"',
    "alias": "put a value that starts with `*` or `&` between quotes",
    "cannot start any token": "put the value between quotes",
    "another document": "a line of `---` may stand at the start only: remove this one",
    "expected ':'": "write `key: value`, with a space after the colon; a text of several lines is indented",
}
_LOOK = "look for a missing quote, bracket or space after a colon on this line or just above"


def read(text: str, path: str, first_line: int = 1) -> tuple[Mapping | None, list[Problem]]:
    """Return the mapping that `text` holds; None where there is nothing in it, or a problem.

    `first_line` is the line of the file on which `text` starts.
    """
    node, problems = read_any(text, path, first_line)
    if node is None or isinstance(node, Mapping):
        return node, problems
    found = "a list" if isinstance(node, Sequence) else "plain text"
    place = Place(path, first_line + node.start_mark.line)
    return None, [Problem(place, f"expected `key: value` lines, found {found}", "write for instance `title: A title`")]


def read_any(text: str, path: str, first_line: int = 1) -> tuple[Node | None, list[Problem]]:
    """Return what `text` holds, whatever it is; None where there is nothing in it, or a problem."""
    for line_end in _LINE_ENDS:
        text = text.replace(line_end, " ")
    try:
        node = _compose(text)
    except yaml.reader.ReaderError as error:
        line = first_line + text[: error.position].count("\n")
        what = f"character U+{ord(text[error.position]):04X} is not allowed in YAML"
        return None, [Problem(Place(path, line), what, "remove it; it is likely invisible in your editor")]
    except yaml.MarkedYAMLError as error:
        line, what, hint = _explain(error, text.split("\n"))
        return None, [Problem(Place(path, first_line + line), what, hint)]
    except ValueError as error:
        return None, [Problem(Place(path, first_line), f"YAML cannot be read: {error}", "make it simpler")]
    return (None if node is None or is_null(node) else node), []


def write(values: dict[str, Any]) -> str:
    """Return `values` as YAML text, in their order, a key a line."""
    return yaml.dump(values, Dumper=_Dumper, allow_unicode=True, sort_keys=False, width=MOST)


def find(node: Mapping, key: str) -> Node | None:
    """Return the value that stands behind `key`, if any."""
    return next((value for name, value in node.value if name.value == key), None)


def under(key: str, value: Node) -> Mapping:
    """Return the mapping that holds `value` alone, behind `key`, where `value` stands."""
    start, end = value.start_mark, value.end_mark
    return Mapping(_TAGS[Mapping], [(Scalar(_TAGS[Scalar], key, start, start), value)], start, end)


def plain(node: Node) -> Any:
    """Return the value of `node` as YAML reads it; raise ValueError where it has none."""
    try:
        _resolve(node)
        return yaml.constructor.SafeConstructor().construct_document(node)
    except yaml.constructor.ConstructorError as error:
        raise ValueError(f"it holds a value that YAML cannot read: {error.problem}") from error
    except ValueError as error:  # a date like 2021-13-45
        raise ValueError(f"it holds a value that YAML cannot read: {error}") from error


def is_null(node: Node) -> bool:
    """Tell whether nothing stands behind the key."""
    return isinstance(node, Scalar) and node.tag == _NULL


class _Dumper(yaml.CSafeDumper):
    """PyYAML's dumper, but for moments: with a T, as ISO 8601 has them."""


_Dumper.add_representer(
    datetime, lambda dumper, moment: dumper.represent_scalar("tag:yaml.org,2002:timestamp", moment.isoformat())
)


class _Composer(CParser):
    """PyYAML's composer in C; what a value without quotes is, apart from null, it leaves open (None) for `plain`."""

    def resolve(self, kind: type[Node], value: str | None, implicit: Any) -> str | None:
        """Return the tag of a node that is written without; `implicit` tells first whether a scalar has no quotes."""
        if kind is Scalar and implicit[0]:
            return _NULL if value in NULLS else None
        return _TAGS[kind]

    def descend_resolver(self, parent: Node | None, index: Any) -> None:
        """Keep no path to the node: no tag depends on it."""

    def ascend_resolver(self) -> None:
        """Keep no path to the node."""


def _resolve(node: Node) -> None:
    """Give the values in `node` the tags that the composer left open."""
    if node.tag is None:
        node.tag = _RESOLVER.resolve(Scalar, node.value, (True, False))
    for inside in _inside(node):
        _resolve(inside)


def _inside(node: Node) -> list[Node]:
    """Return the nodes right inside `node`, keys too."""
    if isinstance(node, Mapping):
        return [one for pair in node.value for one in pair]
    return node.value if isinstance(node, Sequence) else []


def _compose(text: str) -> Node | None:
    if len(text) > LARGEST:
        raise ValueError(f"it has {len(text):,} characters, at most {LARGEST:,} are read")
    if _may_be_deep(text) and max(_depths(text), default=0) > DEEPEST:
        raise ValueError(_TOO_DEEP)
    node = _Composer(text).get_single_node()
    if node and "*" in text and _measure(node, {})[0] > MOST:
        raise ValueError(f"its aliases (`*name`) stand for more than {MOST:,} values")
    return node


def _may_be_deep(text: str) -> bool:
    """Tell whether `text` may open more than DEEPEST lists and mappings; few headers need more than the first look."""
    if sum(map(text.count, "[{-?:")) <= DEEPEST:
        return False
    if any(sign in text for sign in ("&", "*", "---")):  # the composer could refuse one, and hide a mistake further on
        return True
    return text.count("[") + len(_OPENING.findall(text)) > DEEPEST


def _depths(text: str) -> Iterator[int]:
    """Yield the depth at each opening of a list or a mapping, without recursion."""
    depth = 0
    for event in yaml.parse(text, Loader=yaml.CSafeLoader):
        if isinstance(event, yaml.CollectionStartEvent):
            depth += 1
            yield depth
            if depth > DEEPEST:
                return
        elif isinstance(event, yaml.CollectionEndEvent):
            depth -= 1


def _measure(node: Node, known: dict[int, tuple[int, int]], depth: int = 1) -> tuple[int, int]:
    """Return how many values `node` stands for, and their levels; a value inside itself is too deep."""
    if id(node) not in known:
        if depth > DEEPEST + 1:
            raise ValueError(_TOO_DEEP)
        measures = [_measure(one, known, depth + 1) for one in _inside(node)]
        known[id(node)] = 1 + sum(one[0] for one in measures), 1 + max((one[1] for one in measures), default=0)
    if depth + known[id(node)][1] > DEEPEST + 2:
        raise ValueError(_TOO_DEEP)
    return known[id(node)]


def _explain(error: yaml.MarkedYAMLError, lines: list[str]) -> tuple[int, str, str]:
    """Return the line of a mistake, counted from 0, what it is, and what to do."""
    problem, mark, opened = str(error.problem), error.problem_mark or error.context_mark, error.context_mark
    if opened and problem == "found unexpected end of stream":
        return opened.line, "YAML cannot be read: a quote that opens here is never closed", "add the same quote"
    if opened and mark and "flow" in str(error.context):
        what = "YAML cannot be read: a bracket or brace that opens here is not closed, or a comma is missing"
        for at in range(
            min(mark.line, len(lines) - 1), -1, -1
        ):  # YAML notices at the end of the file, or on a later line
            if re.search(r"[\[{].*\s#", lines[at]):
                return at, what, 'a # after a space starts a comment: put what starts with it in quotes, like "#8a1538"'
        return opened.line, what, "check the list, or put a text that starts with a bracket or brace between quotes"
    line = min(mark.line, len(lines) - 1) if mark else 0
    what = f"YAML cannot be read: {problem.removeprefix('but ')}"
    if lines[line].lstrip(" ").startswith("\t"):
        return line, what, "indent with spaces: YAML knows no tabs"
    return line, what, next((hint for needle, hint in _HINTS.items() if needle in problem), _LOOK)
