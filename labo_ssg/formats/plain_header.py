"""The plain header that most files have, `key: value` a line → its values, in a third of the time that YAML takes.

What is read here is what `yaml_text` and `fields` would read, and find nothing wrong with. All other
headers are left to them: those of several lines a value, with nested values, mistakes, nothing behind a key.
"""

import functools
import re
import types
from typing import Any, NamedTuple, Union, get_args, get_origin

import msgspec

from labo_ssg.formats import scalars, yaml_text

# No backslash, which YAML may give a meaning, and nothing that ends a line for YAML or that it refuses.
_QUOTED = r'"([^"\\\t\n\u2028\u2029\ufeff]*)"'
# What starts with a letter or a figure is text to YAML up to `: ` or ` #`; in a list, up to some other signs too.
_BARE = r"(\w(?:[^:#\t\n\u2028\u2029\ufeff]++|:(?=\S))*+)"
_ITEMS = r"\[([^\[\]{}:#?\\\t\n\u2028\u2029\ufeff]*)\]"
_LINE = re.compile(rf"([a-z_]{{1,60}}): +(?:{_QUOTED}|{_BARE}|{_ITEMS}) *\n")
_ITEM = re.compile(r' *(?:"([^"]*)"|(\w[^,]*))(?: *, *(?=[\w"])| *\Z)')


class Plain(NamedTuple):
    """The values of a header, and the lines of their keys."""

    values: dict[str, Any]
    lines: dict[str, int]


class _Key(NamedTuple):
    """What makes a value of a text, and whether the key holds a list of them."""

    read: scalars.Reader
    is_list: bool


class _Asked(NamedTuple):
    known: dict[str, _Key]
    required: frozenset[str]


def read(header: str, struct: type[msgspec.Struct], first_line: int) -> Plain | None:
    """Return what `struct` asks for; None where the `header`, from `first_line` on, is not plain or has a mistake."""
    asked = _asked(struct)
    values: dict[str, Any] = {}
    lines: dict[str, int] = {}
    at = 1 if header.startswith("\n") else 0  # the end of the line of dashes
    first_line += at
    while at < len(header):
        match = _LINE.match(header, at)
        if match is None or match[1] in values or match[1] not in asked.known:
            return None
        name = match[1]
        value = _value(match, asked.known[name])
        if value is scalars.MEANINGLESS:
            return None
        values[name], lines[name] = value, first_line + len(lines)
        at = match.end()
    return Plain(values, lines) if asked.required <= values.keys() else None


def _value(match: re.Match[str], key: _Key) -> Any:
    _, quoted, bare, items = match.groups()
    if items is not None:
        return _list(items, key)
    if bare in yaml_text.NULLS or (key.is_list and "," in (bare or quoted)):
        return scalars.MEANINGLESS
    value = key.read((bare or quoted).strip())
    return (value,) if key.is_list and value is not scalars.MEANINGLESS else value


def _list(items: str, key: _Key) -> Any:
    """Return the values of the `items` between two brackets."""
    found = []
    at = 0
    while at < len(items) and key.is_list:
        match = _ITEM.match(items, at)
        value = key.read((match[1] or match[2] or "").strip()) if match else scalars.MEANINGLESS
        if match is None or value is scalars.MEANINGLESS:
            return scalars.MEANINGLESS
        found.append(value)
        at = match.end()
    return tuple(found) if key.is_list else scalars.MEANINGLESS


@functools.cache
def _asked(struct: type[msgspec.Struct]) -> _Asked:
    """Return what `struct` asks for: its keys that are one value or a list of texts, and those that must be given."""
    fields = msgspec.structs.fields(struct)
    known = {field.encode_name: key for field in fields if (key := _key(field.type))}
    return _Asked(known, frozenset(field.encode_name for field in fields if field.required))


def _key(kind: Any) -> _Key | None:
    origin, arguments = get_origin(kind), get_args(kind)
    if origin in (Union, types.UnionType):
        return _key(next(argument for argument in arguments if argument is not type(None)))
    if origin is tuple:
        return _Key(scalars.reader(str), is_list=True) if arguments[0] is str else None
    if origin is dict or (isinstance(kind, type) and issubclass(kind, msgspec.Struct)):
        return None
    return _Key(scalars.reader(kind), is_list=False)
