"""YAML text → a tree of nodes that know their lines; the only importer of yaml.

Values are read from the nodes and not from YAML's own guesses, so that
`title: No` is a title and `id: 007` keeps its zeros.
"""

from collections.abc import Iterator
from typing import Any

import yaml

from labo_ssg.problems import Place, Problem

DEEPEST = 24  # levels of nesting; PyYAML's C parser overflows its stack near 100,000
LARGEST = 1_000_000  # characters

Node = yaml.Node
Mapping = yaml.MappingNode
Sequence = yaml.SequenceNode
Scalar = yaml.ScalarNode


def read(text: str, path: str, first_line: int = 1) -> tuple[Mapping | None, list[Problem]]:
    """Return the mapping that `text` holds; None where there is nothing in it, or a problem.

    `first_line` is the line of the file on which `text` starts.
    """
    try:
        node = _compose(text)
    except yaml.reader.ReaderError as error:
        line = first_line + text[: error.position].count("\n")
        what = f"character U+{ord(text[error.position]):04X} is not allowed in YAML"
        return None, [Problem(Place(path, line), what, "remove it; it is likely invisible in your editor")]
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        line = first_line + min(mark.line, text.count("\n")) if mark else first_line
        return None, [Problem(Place(path, line), f"YAML cannot be read: {error.problem}", _hint(str(error.problem)))]
    except ValueError as error:
        return None, [Problem(Place(path, first_line), f"YAML cannot be read: {error}", "make it simpler")]
    if node is None or is_null(node):
        return None, []
    if not isinstance(node, Mapping):
        found = "a list" if isinstance(node, Sequence) else "plain text"
        place = Place(path, first_line + node.start_mark.line)
        return None, [
            Problem(place, f"expected `key: value` lines, found {found}", "write for instance `title: A title`")
        ]
    return node, []


def plain(node: Node) -> Any:
    """Return the value of `node` as YAML reads it; raise ValueError where it has none."""
    try:
        return yaml.constructor.SafeConstructor().construct_document(node)
    except yaml.YAMLError as error:
        raise ValueError(getattr(error, "problem", None) or str(error)) from error


def is_null(node: Node) -> bool:
    """Tell whether nothing stands behind the key."""
    return isinstance(node, Scalar) and node.tag == "tag:yaml.org,2002:null"


def _compose(text: str) -> Node | None:
    if len(text) > LARGEST:
        raise ValueError(f"it has {len(text):,} characters, at most {LARGEST:,} are read")
    if sum(map(text.count, "[{-?:")) > DEEPEST and max(_depths(text), default=0) > DEEPEST:
        raise ValueError(f"lists or mappings are nested more than {DEEPEST} levels deep")
    return yaml.compose(text, Loader=yaml.CSafeLoader)


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


def _hint(problem: str) -> str:
    if "'\\t'" in problem or "\t" in problem:
        return "indent with spaces: YAML knows no tabs"
    if "mapping values are not allowed" in problem:
        return 'put a value that holds `: ` between quotes: "like: this"'
    if "undefined alias" in problem or "alias" in problem:
        return "put a value that starts with `*` or `&` between quotes"
    if "cannot start any token" in problem:
        return "put the value between quotes"
    return "look for a missing quote, bracket or space after a colon on this line or just above"
