"""How large a picture is shown, from the first bytes of its file."""

import re
import threading
import warnings
from typing import BinaryIO, NamedTuple

from PIL import ExifTags, Image

_FORMATS = ("PNG", "JPEG", "WEBP", "GIF", "AVIF")
_MOST_PIXELS = 100_000_000
# Python keeps its filters of warnings for all threads together.
_WARNINGS = threading.Lock()

# Some programs declare many entities before the root of a drawing, but never so many.
_HEAD_OF_DRAWING = 64 * 1024
# In none of these can one text be matched in two ways: so they are linear, whatever they are given.
_QUOTED = r"""(?: "[^"]*" | '[^']*' )"""
_BEFORE_ROOT = re.compile(
    rf"""\s+ | <\?.*?\?> | <!--.*?-->
    | <!DOCTYPE (?: [^\[>"'] | {_QUOTED} )*+ (?: \[ (?: [^\]"'<] | <(?!!--) | <!--.*?--> | {_QUOTED} )*+ \] \s* )? >""",
    re.DOTALL | re.VERBOSE,
)
_ROOT = re.compile(rf"""< (?: [\w.-]++ : )? svg (?=[\s/>]) ( (?: [^"'>] | {_QUOTED} )*+ ) >""", re.VERBOSE)
_ATTRIBUTE = re.compile(rf"""(?<!\S) ([^\s="'/]++) \s*+ = \s*+ ({_QUOTED})""", re.VERBOSE)
_LENGTH = re.compile(r"\+?((?:\d++(?:\.\d*+)?|\.\d++)(?:e[+-]?\d{1,3})?)(|px|pt|pc|mm|cm|in)", re.IGNORECASE)
_PIXELS = {"": 1, "px": 1, "pt": 96 / 72, "pc": 16, "mm": 96 / 25.4, "cm": 96 / 2.54, "in": 96}
_LONGEST = 100_000


class Size(NamedTuple):
    """The pixels of a picture as it is shown, and whether smaller variants can stand in for it."""

    width: int
    height: int
    resizable: bool


class Unreadable(ValueError):  # noqa: N818 - the picture is to blame, not the program
    """Why a picture cannot be read, in words for its author."""


def measure(file: BinaryIO, suffix: str) -> Size | None:
    """Return the size of the picture in `file`, whose name ends in `suffix`; None if none can be told."""
    if suffix.lower() == ".svg":
        return _drawing(file.read(_HEAD_OF_DRAWING))
    try:
        image, orientation = open_picture(file)
    except Unreadable:
        return None
    width, height = image.size if orientation < 5 else reversed(image.size)
    # MPO is a JPEG with more pictures after the one that is shown, as some telephones write.
    moves = image.format == "GIF" or (image.format != "MPO" and getattr(image, "is_animated", False))
    return Size(width, height, resizable=not moves)


def open_picture(file: BinaryIO) -> tuple[Image.Image, int]:
    """Return the picture in `file`, its pixels still unread, and its orientation: 1 to 8, as EXIF counts.

    Raise Unreadable.
    """
    with _WARNINGS, warnings.catch_warnings(action="ignore"):
        try:
            image = Image.open(file, formats=_FORMATS)
        except Image.DecompressionBombError as error:
            raise Unreadable(_too_large()) from error
        except Exception as error:  # Pillow raises nearly anything for bad data
            raise Unreadable("it is no PNG, JPEG, WebP, GIF or AVIF, or it is damaged") from error
        if image.width * image.height > _MOST_PIXELS:
            raise Unreadable(_too_large())
        return image, _orientation(image.info.get("exif", b""))


def _too_large() -> str:
    return f"it has more than {_MOST_PIXELS // 1_000_000} million pixels"


def _orientation(data: bytes) -> int:
    # Not `image.getexif()`: that of a PNG reads all pixels to find out.
    exif = Image.Exif()
    try:
        exif.load(data)
        orientation = exif.get(ExifTags.Base.Orientation)
    except Exception:  # browsers too show a picture whose EXIF data are damaged as it is
        return 1
    return orientation if isinstance(orientation, int) and 1 <= orientation <= 8 else 1


# Drawings


def _drawing(head: bytes) -> Size | None:
    """Return the size of an SVG from its root, without XML's entities, which can be made to fill any memory."""
    text = head.decode("utf-16" if head.startswith((b"\xff\xfe", b"\xfe\xff")) else "utf-8-sig", "replace")
    position = 0
    while before := _BEFORE_ROOT.match(text, position):
        position = before.end()
    root = _ROOT.match(text, position)
    if not root:
        return None
    attributes = {name: value[1:-1].strip() for name, value in _ATTRIBUTE.findall(root[1])}
    width, height = _pixels(attributes.get("width", "")), _pixels(attributes.get("height", ""))
    box = re.split(r"[\s,]+", attributes.get("viewBox", ""))
    across, down = (_pixels(box[2]), _pixels(box[3])) if len(box) == 4 else (0, 0)
    if across and down:
        width, height = (
            width or (height * across / down if height else across),
            height or (width * down / across if width else down),
        )
    if not (0 < width <= _LONGEST and 0 < height <= _LONGEST):
        return None
    return Size(max(1, round(width)), max(1, round(height)), resizable=False)


def _pixels(length: str) -> float:
    """Return a length in pixels; 0 for one that depends on the page, as a percentage does."""
    found = _LENGTH.fullmatch(length)
    return float(found[1]) * _PIXELS[found[2].lower()] if found else 0
