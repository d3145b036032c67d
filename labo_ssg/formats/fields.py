"""A YAML mapping → the values of a Struct, with every problem at its line.

The Struct's annotations are the schema: what it names may be given, what has no
default must be. A wrong value is told and left out, so that one run finds all.
"""

import difflib
import functools
import types
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime, tzinfo
from typing import Any, Literal, NamedTuple, Union, get_args, get_origin

import msgspec

from labo_ssg.formats import plain_text, scalars, yaml_text
from labo_ssg.problems import Place, Problem

LIST = "write [one, two], or one `- item` a line"

OTHER_NAMES = {  # what the same thing is called elsewhere
    "auteur": "author",
    "auteurs": "authors",
    "categories": "tags",
    "category": "tags",
    "chapo": "description",
    "excerpt": "description",
    "keywords": "tags",
    "lastmod": "updated",
    "lead": "description",
    "locale": "lang",
    "modified": "updated",
    "name": "title",
    "permalink": "aliases",
    "published": "draft",
    "redirect_from": "aliases",
    "slug": "id",
    "subtitle": "description",
    "summary": "description",
    "titre": "title",
    "url": "base_url",
    "weight": "order",
}


class Values(NamedTuple):
    """The good values by key, the line of each key that was given, those whose values are wrong, and the problems.

    A key that was misspelt counts as wrong, not as missing.
    """

    values: dict[str, Any]
    lines: dict[str, int]
    wrong: frozenset[str]
    problems: list[Problem]


Converter = Callable[[yaml_text.Node, str], Any]
"""Makes a value of the node that stands behind a key; raises Wrong."""


class Schema(NamedTuple):
    """What a Struct asks for: what makes the value of each key, and the keys that must be given."""

    converters: Mapping[str, Converter]
    required: frozenset[str]


class Fault(NamedTuple):
    """What is wrong on a line of a YAML text, counted from 0."""

    line: int
    what: str
    hint: str = ""


class Wrong(Exception):  # noqa: N818 - a value that cannot be taken; it never leaves this module
    """All the faults found inside one value."""

    def __init__(self, *faults: Fault) -> None:
        super().__init__(*faults)
        self.faults = faults


@functools.cache
def schema(struct: type[msgspec.Struct]) -> Schema:
    """Return what `struct` asks for."""
    fields = msgspec.structs.fields(struct)
    required = frozenset(field.encode_name for field in fields if field.required)
    return Schema({field.encode_name: _converter(field.type) for field in fields}, required)


def read(node: yaml_text.Mapping | None, struct: type[msgspec.Struct], path: str, first_line: int = 1) -> Values:
    """Read the keys of `node` that `struct` asks for; `first_line` is the line its text starts on."""
    found = _read(node, schema(struct))
    lines = {key: first_line + line for key, line in found.lines.items()}
    return Values(found.values, lines, frozenset(found.wrong), _problems(found.faults, path, first_line))


def read_list(
    node: yaml_text.Node, kind: type[msgspec.Struct], key: str, path: str, first_line: int = 1
) -> tuple[tuple[Any, ...], list[Problem]]:
    """Read the list of `kind` that a whole file is; messages call it `key`."""
    try:
        return _convert_list(kind, node, key), []
    except Wrong as error:
        return (), _problems(error.faults, path, first_line)


def _problems(faults: Iterable[Fault], path: str, first_line: int) -> list[Problem]:
    return [Problem(Place(path, first_line + fault.line), fault.what, fault.hint) for fault in faults]


class _Found(NamedTuple):
    values: dict[str, Any]
    lines: dict[str, int]
    wrong: set[str]
    faults: list[Fault]


def _read(node: yaml_text.Mapping | None, asked: Schema) -> _Found:
    found: dict[str, Any] = {}
    lines: dict[str, int] = {}
    wrong: set[str] = set()
    faults: list[Fault] = []
    for key_node, value in node.value if node else ():
        key, line = key_node.value if isinstance(key_node, yaml_text.Scalar) else "?", key_node.start_mark.line
        if key in lines:
            faults.append(Fault(line, f"key `{key}` stands here twice", "keep one of the two"))
        elif key not in asked.converters:
            faults.append(Fault(line, f"unknown key `{shorten(key)}`", suggest(key, [*asked.converters])))
            wrong.add(nearest(key, [*asked.converters]))  # what is misspelt is not missing
        else:
            lines[key] = line
            try:
                if not yaml_text.is_null(value):
                    found[key] = asked.converters[key](value, key)
            except Wrong as error:
                wrong.add(key)
                faults.extend(error.faults)
    start = node.start_mark.line if node else 0
    missing = sorted(asked.required.difference(found, wrong))
    faults += [Fault(lines.get(key, start), f"`{key}` is missing", f"add `{key}: …`") for key in missing]
    return _Found(found, lines, wrong, faults)


Tell = Callable[[str, str, str], None]
"""Takes a key, what is wrong with it, and a hint."""


def teller(path: str, lines: Mapping[str, int], problems: list[Problem]) -> Tell:
    """Return what adds to `problems` one at the line of its key, or at the top of the file."""

    def tell(key: str, what: str, hint: str) -> None:
        problems.append(Problem(Place(path, lines.get(key, 1)), what, hint))

    return tell


def zoned(moment: datetime, zone: tzinfo) -> datetime:
    """Return `moment` in `zone`; without an offset it is already meant there."""
    return moment.replace(tzinfo=zone) if moment.tzinfo is None else moment.astimezone(zone)


def suggest(key: str, known: Sequence[str]) -> str:
    """Return the hint for a word that is not one of `known`."""
    if near := nearest(key, known):
        return f"did you mean `{near}`?"
    apart = "; what is your own goes under `extra:`" if "extra" in known else ""
    return f"known: {', '.join(known)}{apart}"


def nearest(key: str, known: Sequence[str]) -> str:
    """Return the one of `known` that `key` likely means, "" for none."""
    other = OTHER_NAMES.get(key.lower(), "")
    near = [other] if other in known else difflib.get_close_matches(key.lower(), known, 1, 0.6)
    return near[0] if near else ""


def shorten(text: str, longest: int = 60) -> str:
    """Return `text` on one line, cut where it is too long to be shown."""
    line = " ".join(text.split())
    return line if len(line) <= longest else line[: longest - 1] + "…"


@functools.cache
def _converter(kind: Any) -> Converter:
    """Return what makes a `kind`: its type is looked at once, not at each value."""
    origin, arguments = get_origin(kind), get_args(kind)
    if origin in (Union, types.UnionType):  # `X | None`: the caller has dealt with null
        return _converter(next(argument for argument in arguments if argument is not type(None)))
    if origin is tuple:
        return functools.partial(_convert_list, arguments[0])
    if origin is dict:
        return _convert_mapping
    if _is_struct(kind):
        return functools.partial(_convert_struct, kind)
    return functools.partial(_convert_scalar, kind, scalars.reader(kind))


def _convert_scalar(kind: Any, read_text: scalars.Reader, node: yaml_text.Node, key: str) -> Any:
    if not isinstance(node, yaml_text.Scalar):
        found = "a list" if isinstance(node, yaml_text.Sequence) else "a mapping"
        hint = "put a text with brackets or braces between quotes" if kind is str else "write one value, no brackets"
        raise Wrong(Fault(node.start_mark.line, f"`{key}`: expected {_name(kind)}, found {found}", hint))
    text = node.value.strip()
    value = read_text(text)
    if value is scalars.MEANINGLESS:
        raise Wrong(Fault(node.start_mark.line, *_explain(text, kind, key)))
    return value


def _explain(text: str, kind: Any, key: str) -> tuple[str, str]:
    """Return why `text` is not a `kind`, and what to do about it."""
    if kind is str:
        invisible = plain_text.INVISIBLE.findall(text)[0]
        what = f"`{key}` holds the invisible character {plain_text.name(invisible)}"
        return what, "remove the backslash before it, or write the text without quotes"
    shown = f"`{key}`: expected {_name(kind)}, found `{shorten(text)}`"
    if kind is datetime:
        return shown, _explain_moment(text)
    if kind is bool:
        return shown, "write true or false"
    if get_origin(kind) is Literal:
        near = difflib.get_close_matches(text.lower(), get_args(kind), 1)
        return shown, f"did you mean `{near[0]}`?" if near else "write one of these words"
    return shown, "write it in figures: 10"


def _explain_moment(text: str) -> str:
    try:
        datetime.fromisoformat(text)
    except ValueError:
        return "write it as 2021-01-12, or with the hour as 2021-01-12T10:15:00+01:00"
    return f"years go from {scalars.EARLIEST} to {scalars.LATEST}"


def _convert_list(kind: Any, node: yaml_text.Node, key: str) -> tuple[Any, ...]:
    if isinstance(node, yaml_text.Scalar) and kind is str and "," not in node.value:
        return (_converter(kind)(node, key),)  # one item needs no brackets
    if not isinstance(node, yaml_text.Sequence):
        found = f"`{shorten(node.value)}`" if isinstance(node, yaml_text.Scalar) else "a mapping"
        hint = f"write {_example(kind)} on a line of its own for each" if _is_struct(kind) else LIST
        raise Wrong(Fault(node.start_mark.line, f"`{key}`: expected a list, found {found}", hint))
    convert = _converter(kind)
    items: list[Any] = []
    faults: list[Fault] = []
    for child in node.value:
        try:
            items.append(convert(child, key))
        except Wrong as error:
            faults.extend(error.faults)
    if faults:
        raise Wrong(*faults)
    return tuple(items)


def _convert_mapping(node: yaml_text.Node, key: str) -> Any:
    if not isinstance(node, yaml_text.Mapping):
        fault = Fault(node.start_mark.line, f"`{key}`: expected `name: value` lines", "indent them under the key")
        raise Wrong(fault)
    try:
        return yaml_text.plain(node)
    except ValueError as error:
        raise Wrong(Fault(node.start_mark.line, f"`{key}`: {error}", "put the value between quotes")) from error


def _convert_struct(kind: type[msgspec.Struct], node: yaml_text.Node, key: str) -> msgspec.Struct:
    if not isinstance(node, yaml_text.Mapping):
        found = "a list" if isinstance(node, yaml_text.Sequence) else f"`{shorten(node.value)}`"
        names = ", ".join(f"`{name}:`" for name in _needed(kind))
        hint = f"write {_example(kind).removeprefix('- ')}, or each key on a line of its own, indented"
        raise Wrong(Fault(node.start_mark.line, f"`{key}`: expected {names}, found {found}", hint))
    values, _, _, faults = _read(node, schema(kind))
    if faults:
        raise Wrong(*(fault._replace(what=f"`{key}`: {fault.what}") for fault in faults))
    return kind(**values)


def _example(kind: type[msgspec.Struct]) -> str:
    """Return how an item of a list of `kind` is written: "- {title: …, url: …}"."""
    return f"- {{{', '.join(f'{name}: …' for name in _needed(kind))}}}"


def _needed(kind: type[msgspec.Struct]) -> list[str]:
    """Return the keys that a `kind` must have, all where it must have none, in their order."""
    asked = schema(kind)
    return [name for name in asked.converters if name in (asked.required or asked.converters)]


def _is_struct(kind: Any) -> bool:
    return isinstance(kind, type) and issubclass(kind, msgspec.Struct)


def _name(kind: Any) -> str:
    if get_origin(kind) is Literal:
        return " or ".join(str(option) for option in get_args(kind))
    return {str: "text", int: "a number", bool: "true or false", datetime: "a date"}.get(kind, "a value")
