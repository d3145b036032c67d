"""The theme's colours: what a site gives, completed to two schemes that can be read.

Contrast is that of WCAG 2.2 (relative luminance); the bounds are criterion 1.4.3 for all
text and 1.4.6 for the text of the articles.
"""

import re
from collections.abc import Iterator

from msgspec.structs import asdict, replace

from labo_ssg.model import DARK, LIGHT, Colors, ThemeSettings

COLOR = re.compile(r"#[0-9a-fA-F]{6}")
TEXT, READING = 4.5, 7.0

_PAIRS = (
    ("ink", "paper", READING),
    ("second_ink", "paper", TEXT),
    ("accent", "paper", TEXT),
    ("ink", "wash", READING),
    ("second_ink", "wash", TEXT),
    ("accent", "wash", TEXT),
    ("on_accent", "accent", TEXT),
)


def complete(theme: ThemeSettings) -> ThemeSettings:
    """Return `theme` with every colour: one given for the light scheme shapes the dark one, others follow from both."""
    light = _derived(_with(LIGHT, theme.colors), theme.colors)
    given = theme.dark
    if theme.colors.accent not in ("", LIGHT.accent) and given.accent in ("", DARK.accent):
        given = replace(given, accent=_readable(light.accent, given.paper or DARK.paper, READING))
    return replace(theme, colors=light, dark=_derived(_with(DARK, given), given))


def unreadable(colors: Colors) -> Iterator[tuple[str, str, float, float]]:
    """Yield each pair of colours that is hard to read: text, background, its contrast and the least it should have."""
    for text, background, least in _PAIRS:
        found = contrast(getattr(colors, text), getattr(colors, background))
        if found < least:
            yield text, background, found, least


def contrast(one: str, other: str) -> float:
    """Return the contrast of two colours `#rrggbb`, from 1 to 21."""
    darker, lighter = sorted((_luminance(one), _luminance(other)))
    return (lighter + 0.05) / (darker + 0.05)


def _with(whole: Colors, given: Colors) -> Colors:
    return replace(whole, **{name: value for name, value in asdict(given).items() if value})


def _derived(colors: Colors, given: Colors) -> Colors:
    """Return `colors` with those that were not given made from those that were."""
    base = LIGHT if _luminance(colors.paper) > _luminance(colors.ink) else DARK
    made = {}
    if (given.paper or base.paper, given.ink or base.ink) != (base.paper, base.ink):
        shares = {"wash": 0.05, "second_ink": 0.72, "line": 0.14}
        made = {name: _mixed(colors.paper, colors.ink, share) for name, share in shares.items()}
    if given.accent not in ("", base.accent):
        made["on_accent"] = max((colors.paper, colors.ink), key=lambda one: contrast(one, colors.accent))
    return replace(colors, **{name: value for name, value in made.items() if not getattr(given, name)})


def _readable(color: str, paper: str, least: float) -> str:
    """Return `color`, mixed with white until it can be read on a dark `paper`."""
    shares = (share / 20 for share in range(21))
    return next(
        (mixed for share in shares if contrast(mixed := _mixed(color, "#ffffff", share), paper) >= least), color
    )


def _mixed(one: str, other: str, share: float) -> str:
    """Return `one` with that `share` of `other`, from 0 to 1."""
    pairs = zip(_channels(one), _channels(other), strict=True)
    return "#" + "".join(f"{round(a + (b - a) * share):02x}" for a, b in pairs)


def _channels(color: str) -> tuple[int, int, int]:
    return int(color[1:3], 16), int(color[3:5], 16), int(color[5:7], 16)


def _luminance(color: str) -> float:
    parts = [value / 255 for value in _channels(color)]
    red, green, blue = [one / 12.92 if one <= 0.04045 else ((one + 0.055) / 1.055) ** 2.4 for one in parts]
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue
