"""Smaller variants of a picture, for the screens that need no more."""

import io

from PIL import Image, ImageCms

from labo_ssg.pictures.measure import Size, Unreadable, open_picture

__all__ = ["WIDTHS", "Unreadable", "shrink", "widths"]

WIDTHS = (480, 960, 1440, 1920)

_QUALITY = 80
# Two widths closer than this are not worth two files.
_PERCENT_APART = 15
# WebP has no room for more.
_HIGHEST = 16383
# A picture of so few colours is a drawing, which may take less room without loss.
_FEW_COLOURS = 64

_UPRIGHT = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}


def widths(size: Size) -> tuple[int, ...]:
    """Return the widths for which a picture of this size is worth a variant; the last is its own, up to a limit."""
    own = min(size.width, WIDTHS[-1])
    if not size.resizable or own <= WIDTHS[0] or size.height * own > _HIGHEST * size.width:
        return ()
    smaller = (width for width in WIDTHS if width * (100 + _PERCENT_APART) <= own * 100)
    return (*smaller, own)


def shrink(data: bytes, width: int) -> bytes:
    """Return the picture in `data` as a WebP of that width: upright, in sRGB, and without what was noted beside it.

    Raise Unreadable.
    """
    image, orientation = open_picture(io.BytesIO(data))
    profile = image.info.get("icc_profile", b"")
    size = _size(image, orientation, width)
    # A JPEG can be read at a half, a quarter or an eighth of its size. Twice the pixels suffice for a fine result.
    image.draft(None, (2 * size[0], 2 * size[1]))
    try:
        image.load()
    except Exception as error:  # Pillow raises nearly anything for bad data
        raise Unreadable("its end is missing, or it is damaged") from error
    picture = _continuous(image)
    drawn = image.mode == "P" or picture.getcolors(_FEW_COLOURS) is not None
    picture = _in_srgb(picture.resize(size, Image.Resampling.LANCZOS, reducing_gap=2), profile)
    if orientation in _UPRIGHT:
        picture = picture.transpose(_UPRIGHT[orientation])
    ways = (False, True) if drawn else (False,)
    return min((_webp(picture, lossless=lossless) for lossless in ways), key=len)


def _size(image: Image.Image, orientation: int, width: int) -> tuple[int, int]:
    """Return the size of the variant, lying as the picture lies in its file."""
    across, down = image.size if orientation < 5 else reversed(image.size)
    height = max(1, round(down * width / across))
    if height > _HIGHEST:
        raise Unreadable(f"{width} pixels wide, it would be {height} high; a WebP has {_HIGHEST} at most")
    return (width, height) if orientation < 5 else (height, width)


def _continuous(image: Image.Image) -> Image.Image:
    """Return a picture between whose pixels there can be others: of 8 bits, without a palette."""
    if image.mode.startswith("I"):
        deep, image = image, image.convert("I").point([tone >> 8 for tone in range(1 << 16)], "L")
        if "transparency" in deep.info:
            image.info["transparency"] = deep.info["transparency"] >> 8
    if image.has_transparency_data:
        return image.convert("RGBA")
    if image.mode == "1":
        return image.convert("L")
    return image if image.mode in ("L", "RGB", "CMYK") else image.convert("RGB")


def _in_srgb(image: Image.Image, profile: bytes) -> Image.Image:
    mode = "RGBA" if image.mode == "RGBA" else "RGB"
    srgb = ImageCms.createProfile("sRGB")
    try:
        turned = ImageCms.profileToProfile(image, io.BytesIO(profile), srgb, outputMode=mode) if profile else None
    except ImageCms.PyCMSError:  # browsers too pass over a profile that is damaged, or of another kind of picture
        turned = None
    return turned or image.convert(mode)


def _webp(image: Image.Image, *, lossless: bool) -> bytes:
    file = io.BytesIO()
    image.save(file, "WEBP", lossless=lossless, quality=_QUALITY, method=4)
    return file.getvalue()
