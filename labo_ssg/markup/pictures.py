"""The tag of a picture of the site, with all that lets a browser lay out the page before it loads one that fits."""

import re
from html import escape

from labo_ssg.model import Picture

SIZES = "auto, (min-width: 55rem) min(52rem, {width}px), 100vw"  # as wide as the default theme shows a picture

_WIDTH = re.compile(r' width="([0-9]{1,5})"')
_HEIGHT = re.compile(r' height="([0-9]{1,5})"')
_TAG_END = re.compile(r"\s*/?>$")


def complete(tag: str, picture: Picture | None) -> str:
    """Return `tag`, an `<img>` that shows `picture` or one from elsewhere, with its size and its variants."""
    added = "" if " loading=" in tag else ' loading="lazy"'
    if picture and picture.width:
        width, height = _given(_WIDTH, tag), _given(_HEIGHT, tag)
        if not (width and height):
            tag = _HEIGHT.sub("", _WIDTH.sub("", tag))
            width, height = _scaled(picture, width, height)
            added += f' width="{width}" height="{height}"'
        if picture.variants and " srcset=" not in tag:
            added += f' srcset="{_srcset(picture)}" sizes="{SIZES.format(width=width)}"'
    return _TAG_END.sub(f"{added}>", tag)


def _srcset(picture: Picture) -> str:
    """Return the variants of `picture` as an attribute of HTML lists them."""
    return ", ".join(f"{escape(variant.url)} {variant.width}w" for variant in picture.variants)


def _given(pattern: re.Pattern[str], tag: str) -> int:
    """Return the number that the author of a picture's tag gave, 0 for none."""
    match = pattern.search(tag)
    return int(match[1]) if match else 0


def _scaled(picture: Picture, width: int, height: int) -> tuple[int, int]:
    """Return the size of `picture`, or that in its proportions for the `width` or `height` its author gave."""
    if width:
        return width, max(1, round(width * picture.height / picture.width))
    if height:
        return max(1, round(height * picture.width / picture.height)), height
    return picture.width, picture.height
