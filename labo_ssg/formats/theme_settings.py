"""What `theme:` of `site.yaml` may say: colours that can be read, fonts, lengths."""

import re
from collections.abc import Callable
from typing import Any

from msgspec.structs import asdict, replace

from labo_ssg.formats import colors, yaml_text
from labo_ssg.model import ThemeSettings
from labo_ssg.problems import Place, Problem

SCHEMES = ("colors", "dark")
FONT = r"""(?:"[^"\n\\;{}]+"|'[^'\n\\;{}]+'|[\w-]+(?: [\w-]+)*)"""
FONTS = re.compile(rf"{FONT}(?:\s*,\s*{FONT})*")
LENGTH = re.compile(r"(?=.*[1-9])[0-9]+(\.[0-9]+)?(rem|em|ch|px|vw|%)")
QUOTED = 'write it like "#0a6a4e", in quotes: for YAML, a # alone starts a comment'

Tell = Callable[[str, str, str, str], None]
"""Takes the key, the key inside it or "", what is wrong, and a hint."""


def check(theme: ThemeSettings, settings: yaml_text.Mapping | None, path: str) -> tuple[ThemeSettings, list[Problem]]:
    """Return `theme` with all its colours, and what is wrong with it; what is wrong has its default.

    `settings` is the YAML of the whole file at `path`.
    """
    node = yaml_text.find(settings, "theme") if settings else None
    problems: list[Problem] = []

    def tell(key: str, inner: str, what: str, hint: str) -> None:
        name = f"theme.{key}.{inner}" if inner else f"theme.{key}"
        problems.append(Problem(Place(path, _line(node, key, inner)), f"`{name}`: {what}", hint))

    kept = ThemeSettings(social_images=theme.social_images, social_font=theme.social_font.removeprefix("/"))
    kept = replace(kept, **_lengths(theme, tell))
    _tell_empty(node, tell)
    if not _check_colors(theme, tell):
        return kept, problems
    whole = colors.complete(theme)
    for name in SCHEMES:
        scheme = getattr(whole, name)
        for text, background, found, least in colors.unreadable(scheme):
            pair = f"{text} ({getattr(scheme, text)}) on {background} ({getattr(scheme, background)})"
            what = f"{pair} is hard to read, its contrast is {found:.1f}"
            tell(name, text, what, f"it should be {least:g} at least: take a darker or a lighter one")
    return replace(kept, colors=whole.colors, dark=whole.dark), problems


def _lengths(theme: ThemeSettings, tell: Tell) -> dict[str, Any]:
    """Return the fonts and the lengths that are ones."""
    kept = {}
    for keys, shape, kind, hint in (
        (("text_font", "interface_font"), FONTS, "a list of fonts", "write it like: Charter, 'Segoe UI', serif"),
        (("width", "measure"), LENGTH, "a length", "write it like 76rem"),
    ):
        for key in keys:
            value = getattr(theme, key)
            if not value or shape.fullmatch(value):
                kept[key] = value
            else:
                tell(key, "", f"`{value}` is not {kind}", hint)
    return kept


def _check_colors(theme: ThemeSettings, tell: Tell) -> bool:
    """Tell of each colour that is none; return whether there is no such."""
    right = True
    for name in SCHEMES:
        for key, color in asdict(getattr(theme, name)).items():
            if color and not colors.COLOR.fullmatch(color):
                tell(name, key, f"`{color}` is not a colour", QUOTED)
                right = False
    return right


def _tell_empty(node: yaml_text.Node | None, tell: Tell) -> None:
    """Tell of the colours without quotes, which YAML takes for comments."""
    for name in SCHEMES:
        scheme = yaml_text.find(node, name) if isinstance(node, yaml_text.Mapping) else None
        for key, value in scheme.value if isinstance(scheme, yaml_text.Mapping) else ():
            if yaml_text.is_null(value):
                tell(name, key.value, "it is empty", QUOTED)


def _line(node: yaml_text.Node | None, key: str, inner: str) -> int:
    """Return the line of the key `inner` of `key`, or of the nearest thing above it that is written."""
    line = 1
    for name in (key, inner):
        if isinstance(node, yaml_text.Mapping):
            line = node.start_mark.line + 1 if line == 1 else line
            found = next((pair for pair in node.value if pair[0].value == name), None)
            if not found:
                return line
            line, node = found[0].start_mark.line + 1, found[1]
    return line
