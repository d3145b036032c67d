"""Pictures: how large they are, their smaller variants, and the card of a shared link."""

import io
import struct
import time
import zlib
from collections.abc import Mapping
from itertools import groupby

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from PIL import ExifTags, Image, ImageCms, ImageFont, ImageOps

from labo_ssg.pictures import card
from labo_ssg.pictures.measure import Size, measure
from labo_ssg.pictures.variants import Unreadable, shrink, widths

RED, GREEN, BLUE, WHITE = (220, 30, 30), (30, 160, 60), (30, 60, 200), (250, 250, 250)
RASTERS = ("PNG", "JPEG", "WEBP", "AVIF", "GIF")
SRGB = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
# A profile by which what is called red shows as green, and green as red.
SWAPPED = SRGB.replace(b"rXYZ", b"....").replace(b"gXYZ", b"rXYZ").replace(b"....", b"gXYZ")
NOTES = b"a place that nobody should know"


def corners(width: int = 60, height: int = 40) -> Image.Image:
    """Return a picture whose corners tell how it was turned."""
    picture = Image.new("RGB", (width, height), RED)
    picture.paste(GREEN, (width // 2, 0, width, height // 2))
    picture.paste(BLUE, (0, height // 2, width // 2, height))
    picture.paste(WHITE, (width // 2, height // 2, width, height))
    return picture


def photo(width: int = 60, height: int = 40) -> Image.Image:
    """Return a picture of very many colours."""
    tones = Image.linear_gradient("L")
    return Image.merge("RGB", [band.resize((width, height)) for band in (tones, tones.rotate(90), tones.rotate(180))])


def saved(picture: Image.Image, kind: str = "PNG", **options: object) -> bytes:
    file = io.BytesIO()
    picture.save(file, kind, **options)
    return file.getvalue()


def turned(orientation: int, kind: str = "JPEG", picture: Image.Image | None = None) -> bytes:
    exif = Image.Exif()
    exif[ExifTags.Base.Orientation] = orientation
    return saved(picture or corners(), kind, exif=exif)


def several(kind: str) -> bytes:
    return saved(corners(), kind, save_all=True, append_images=[photo()])


def unfinished(width: int, height: int) -> bytes:
    """Return a PNG that tells its size and then has no pixels."""

    def chunk(kind: bytes, content: bytes) -> bytes:
        return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))

    header = chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0))
    return b"\x89PNG\r\n\x1a\n" + header + chunk(b"IDAT", b"no pixels")


def opened(data: bytes) -> Image.Image:
    return Image.open(io.BytesIO(data))


def near(one: tuple[int, ...], other: tuple[int, ...], by: int = 20) -> bool:
    return all(abs(a - b) <= by for a, b in zip(one, other, strict=True))


# Measure


SIZES = {
    "a PNG": (saved(photo()), ".png", Size(60, 40, True)),
    "a JPEG": (saved(photo(), "JPEG"), ".jpg", Size(60, 40, True)),
    "a WebP": (saved(photo(), "WEBP"), ".webp", Size(60, 40, True)),
    "an AVIF": (saved(photo(), "AVIF"), ".avif", Size(60, 40, True)),
    "a GIF, which stays as it is": (saved(photo(), "GIF"), ".gif", Size(60, 40, False)),
    "a moving GIF": (several("GIF"), ".gif", Size(60, 40, False)),
    "a moving WebP": (several("WEBP"), ".webp", Size(60, 40, False)),
    "a moving PNG": (several("PNG"), ".png", Size(60, 40, False)),
    "a JPEG with a second picture behind": (several("MPO"), ".jpg", Size(60, 40, True)),
    "a JPEG that lies on its side": (turned(6), ".jpg", Size(40, 60, True)),
    "a JPEG that lies on its other side, mirrored": (turned(5), ".jpg", Size(40, 60, True)),
    "a JPEG upside down": (turned(3), ".jpg", Size(60, 40, True)),
    "a JPEG with an orientation that there is not": (turned(9), ".jpg", Size(60, 40, True)),
    "a PNG on its side": (turned(8, "PNG"), ".png", Size(40, 60, True)),
    "a WebP on its side": (turned(8, "WEBP"), ".webp", Size(40, 60, True)),
    "an AVIF on its side": (turned(8, "AVIF"), ".avif", Size(40, 60, True)),
    "a JPEG with damaged EXIF data": (
        saved(photo(), "JPEG", exif=b"Exif\0\0II*\0\xf0\xff\0\0"),
        ".jpg",
        Size(60, 40, True),
    ),
    "a PNG whose pixels are missing": (unfinished(3000, 2000), ".png", Size(3000, 2000, True)),
    "a JPEG cut after its header": (saved(photo(), "JPEG")[:640], ".jpg", Size(60, 40, True)),
    "a suffix in capitals": (saved(photo()), ".PNG", Size(60, 40, True)),
    "a PNG called a JPEG": (saved(photo()), ".jpg", Size(60, 40, True)),
}


@pytest.mark.parametrize(("data", "suffix", "size"), SIZES.values(), ids=SIZES)
def test_a_picture_is_measured_as_it_is_shown(data: bytes, suffix: str, size: Size) -> None:
    assert measure(io.BytesIO(data), suffix) == size


NO_PICTURES = {
    "nothing": b"",
    "a text": b"This is no picture.",
    "a web page": b"<!doctype html><title>404</title>",
    "a PNG cut in its header": saved(photo())[:20],
    "a JPEG cut in its header": saved(photo(), "JPEG")[:100],
    "a WebP cut short": saved(photo(), "WEBP")[:60],
    "an AVIF cut short": saved(photo(), "AVIF")[:60],
    "a GIF cut in its header": saved(photo(), "GIF")[:9],
    "a TIFF, which no browser shows": saved(photo(), "TIFF"),
    "a picture that would fill the memory": unfinished(30_000, 30_000),
    "a picture that would take too long": unfinished(12_000, 9_000),
}


@pytest.mark.parametrize("data", NO_PICTURES.values(), ids=NO_PICTURES)
def test_what_cannot_be_read_has_no_size(data: bytes) -> None:
    assert measure(io.BytesIO(data), ".png") is None


DRAWINGS = {
    "width and height": ('<svg width="300" height="200"/>', (300, 200)),
    "in pixels": ('<svg width="300px" height="200.4 px"/>', None),
    "in pixels, with fractions": ("<svg width='300.2px' height=' 199.6px '/>", (300, 200)),
    "in points": ('<svg width="72pt" height="36pt"/>', (96, 48)),
    "in millimetres, centimetres": ('<svg width="25.4mm" height="5.08cm"/>', (96, 192)),
    "in inches": ('<svg width="1in" height=".5in"/>', (96, 48)),
    "in the notation of science": ('<svg width="1.2e2" height="10E1"/>', (120, 100)),
    "a view box only": ('<svg viewBox="0 0 120 80"/>', (120, 80)),
    "a view box with commas": ('<svg viewBox="-10,-10, 120,80"/>', (120, 80)),
    "both, of which the view box yields": ('<svg width="30" height="20" viewBox="0 0 7 7"/>', (30, 20)),
    "percentages and a view box": ('<svg width="100%" height="100%" viewBox="0 0 120 80"/>', (120, 80)),
    "a width and a view box": ('<svg width="60" viewBox="0 0 120 80"/>', (60, 40)),
    "a height and a view box": ('<svg height="160" viewBox="0 0 120 80"/>', (240, 160)),
    "less than a pixel": ('<svg width=".2" height="10"/>', (1, 10)),
    "a width only": ('<svg width="60"/>', None),
    "percentages only": ('<svg width="100%" height="50%"/>', None),
    "lengths of the text around": ('<svg width="3em" height="2em"/>', None),
    "nothing": ("<svg/>", None),
    "nothing wide": ('<svg width="0" height="20"/>', None),
    "less than nothing": ('<svg width="-5" height="20"/>', None),
    "a view box cut short": ('<svg viewBox="0 0 120"/>', None),
    "more than all": ('<svg width="1e300" height="20"/>', None),
    "words in capitals, which XML does not know": ('<svg WIDTH="3" HEIGHT="3"/>', None),
    "other attributes that end alike": ('<svg data-width="3" x:height="3" viewBox="0 0 9 8"/>', (9, 8)),
    "an attribute that quotes others": ("""<svg title=" width='3' height='4' " viewBox="0 0 9 8"/>""", (9, 8)),
    "an attribute with a bracket": ("""<svg title="a > b" width="3" height="4"/>""", (3, 4)),
    "a root on several lines": ('<svg\n  xmlns="http://www.w3.org/2000/svg"\n  width="3"\n\theight = "4"\n>', (3, 4)),
    "a prefix": ('<svg:svg xmlns:svg="http://www.w3.org/2000/svg" width="3" height="4"/>', (3, 4)),
    "a prolog, comments and a doctype": (
        '<?xml version="1.0"?>\n<!-- <svg width="1" height="1"> -->\n'
        '<!DOCTYPE svg PUBLIC "-//W3C//DTD SVG 1.1//EN" "http://www.w3.org/>/svg11.dtd">\n<svg width="3" height="4">',
        (3, 4),
    ),
    "a doctype that declares entities": (
        """<!DOCTYPE svg [ <!-- it's ] --> <!ENTITY ns "]>"> ]><svg xmlns="&ns;" width="3" height="4">""",
        (3, 4),
    ),
    "a size by an entity, which is left alone": (
        '<!DOCTYPE svg [<!ENTITY w "300">]><svg width="&w;" height="200"/>',
        None,
    ),
    "another root": ('<html><svg width="3" height="4"/></html>', None),
    "a root that only starts alike": ('<svgs width="3" height="4"/>', None),
    "a root cut short": ('<svg width="3" height="4"', None),
    "a comment cut short": ('<!-- <svg width="3" height="4">', None),
    "a text": ("svg", None),
    "nothing at all": ("", None),
}


@pytest.mark.parametrize(("text", "size"), DRAWINGS.values(), ids=DRAWINGS)
def test_a_drawing_is_measured_by_its_root(text: str, size: tuple[int, int] | None) -> None:
    for encoding in ("utf-8", "utf-8-sig", "utf-16"):
        told = measure(io.BytesIO(text.encode(encoding)), ".SVG")
        assert told == (size and Size(*size, resizable=False))


HOSTILE = {
    "entities in entities": '<!DOCTYPE svg [<!ENTITY a "aaaa">'
    + "".join(f'<!ENTITY {b} "{f"&{a};" * 50}">' for a, b in zip("abcdefgh", "bcdefghi", strict=True))
    + ']><svg width="3" height="4">&i;</svg>',
    "comments that do not end, in a doctype": "<!DOCTYPE svg [" + "<!--" * 20_000,
    "quotes that do not end": "<svg " + "a='" * 20_000,
    "a name without end": "<svg " + "a" * 60_000 + ">",
    "spaces without end": "<svg a" + " " * 60_000 + ">",
    "a number without end": '<svg height="4" width="' + "9" * 60_000 + 'x">',
    "prologs without end": "<?" * 30_000,
}


@pytest.mark.parametrize("text", HOSTILE.values(), ids=HOSTILE)
def test_a_drawing_made_to_keep_its_reader_busy_does_not(text: str) -> None:
    start = time.process_time()
    assert measure(io.BytesIO(text.encode()), ".svg") in (None, Size(3, 4, resizable=False))
    assert time.process_time() - start < 0.5


@settings(max_examples=60, deadline=None)
@given(
    kind=st.sampled_from(RASTERS),
    end=st.integers(0, 700),
    spoilt=st.dictionaries(st.integers(0, 400), st.integers(0, 255), max_size=8),
)
def test_spoilt_data_are_read_or_told_to_be_unreadable(kind: str, end: int, spoilt: Mapping[int, int]) -> None:
    data = bytearray(saved(photo(30, 20), kind)[:end])
    for place, value in spoilt.items():
        data[place : place + 1] = bytes([value])
    size = measure(io.BytesIO(data), "." + kind.lower())
    assert size is None or min(size[:2]) > 0
    try:
        small = shrink(bytes(data), 10)
    except Unreadable:
        return
    assert opened(small).width == 10


@settings(max_examples=60, deadline=None)
@given(text=st.text(st.sampled_from("<>!-[]?/='\" svgwidthDOCTYPE:0123456789.%&;\n"), max_size=80))
def test_any_text_may_be_called_a_drawing(text: str) -> None:
    for head in ("", "<svg ", "<!DOCTYPE svg [", '<svg viewBox="0 0 '):
        size = measure(io.BytesIO((head + text).encode()), ".svg")
        assert size is None or min(size[:2]) > 0


# Variants


WIDTHS_OF = {
    "a small picture stays as it is": (Size(480, 300, True), ()),
    "a picture that is hardly larger gets its own width": (Size(500, 300, True), (500,)),
    "two widths are not closer than 15 %": (Size(551, 300, True), (551,)),
    "two widths may be 15 % apart": (Size(552, 300, True), (480, 552)),
    "the own width is the last": (Size(1200, 800, True), (480, 960, 1200)),
    "of two close widths the own one is kept": (Size(1000, 800, True), (480, 1000)),
    "a width of the list comes once": (Size(1440, 800, True), (480, 960, 1440)),
    "a large picture gets all": (Size(3000, 2000, True), (480, 960, 1440, 1920)),
    "a picture just below the largest width": (Size(1900, 1000, True), (480, 960, 1440, 1900)),
    "a picture that cannot be resized gets none": (Size(3000, 2000, False), ()),
    "a picture higher than a WebP may be gets none": (Size(600, 20_000, True), ()),
}


@pytest.mark.parametrize(("size", "expected"), WIDTHS_OF.values(), ids=WIDTHS_OF)
def test_a_picture_has_the_widths_that_are_worth_a_file(size: Size, expected: tuple[int, ...]) -> None:
    assert widths(size) == expected


def half_clear(mode: str) -> Image.Image:
    """Return a picture in blue, of which the right half cannot be seen."""
    picture = Image.new("RGBA", (60, 40), (*BLUE, 255))
    picture.paste((*BLUE, 0), (30, 0, 60, 40))
    return picture.convert(mode)


def indexed(**options: object) -> bytes:
    picture = Image.new("P", (60, 40), 1)
    picture.putpalette([*RED, *BLUE])
    picture.paste(0, (30, 0, 60, 40))
    return saved(picture, **options)


PLAIN_BLUE = Image.new("RGB", (60, 40), BLUE)
CLEAR = (0, 0, 0, 0)
KINDS = {
    "RGB": (saved(PLAIN_BLUE), (*BLUE, 255), (*BLUE, 255)),
    "JPEG": (saved(PLAIN_BLUE, "JPEG"), (*BLUE, 255), (*BLUE, 255)),
    "WebP": (saved(PLAIN_BLUE, "WEBP"), (*BLUE, 255), (*BLUE, 255)),
    "AVIF": (saved(PLAIN_BLUE, "AVIF"), (*BLUE, 255), (*BLUE, 255)),
    "JPEG in the colours of print": (saved(PLAIN_BLUE.convert("CMYK"), "JPEG"), (*BLUE, 255), (*BLUE, 255)),
    "JPEG in grey": (saved(Image.new("L", (60, 40), 99), "JPEG"), (99, 99, 99, 255), (99, 99, 99, 255)),
    "a bit a pixel": (saved(Image.new("1", (60, 40), 1)), (255, 255, 255, 255), (255, 255, 255, 255)),
    "16 bits": (saved(Image.new("I;16", (60, 40), 99 << 8)), (99, 99, 99, 255), (99, 99, 99, 255)),
    "16 bits, one tone clear": (saved(Image.new("I;16", (60, 40), 99 << 8), transparency=99 << 8), CLEAR, CLEAR),
    "alpha": (saved(half_clear("RGBA")), (*BLUE, 255), CLEAR),
    "alpha in a WebP": (saved(half_clear("RGBA"), "WEBP"), (*BLUE, 255), CLEAR),
    "grey with alpha": (saved(half_clear("LA")), (67, 67, 67, 255), CLEAR),
    "a palette": (indexed(), (*BLUE, 255), (*RED, 255)),
    "a palette, one colour clear": (indexed(transparency=0), (*BLUE, 255), CLEAR),
    "a palette, each colour with its alpha": (indexed(transparency=b"\x00\x80"), (*BLUE, 128), CLEAR),
    "one colour clear, without a palette": (saved(PLAIN_BLUE, transparency=BLUE), CLEAR, CLEAR),
}


@pytest.mark.parametrize(("data", "left", "right"), KINDS.values(), ids=KINDS)
def test_each_kind_of_picture_keeps_its_colours(data: bytes, left: tuple[int, ...], right: tuple[int, ...]) -> None:
    small = opened(shrink(data, 30))
    assert (small.format, small.size) == ("WEBP", (30, 20))
    pixels = small.convert("RGBA")
    for place, expected in (((5, 10), left), ((25, 10), right)):
        found = pixels.getpixel(place)
        assert near(found, expected) or (expected == CLEAR and found[3] == 0)


@pytest.mark.parametrize("orientation", range(1, 9))
@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP"])
def test_a_variant_stands_upright(kind: str, orientation: int) -> None:
    data = turned(orientation, kind, corners(240, 160))
    upright = ImageOps.exif_transpose(opened(data)).convert("RGB")
    small = opened(shrink(data, upright.width // 4)).convert("RGB")
    assert small.size == (upright.width // 4, upright.height // 4)
    for across, down in ((0.2, 0.2), (0.8, 0.2), (0.2, 0.8), (0.8, 0.8)):
        there = (round(across * small.width), round(down * small.height))
        assert near(small.getpixel(there), upright.getpixel((4 * there[0], 4 * there[1])), by=30)


@pytest.mark.parametrize("profile", [b"", SRGB], ids=["without a profile", "with a profile"])
@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP", "AVIF"])
def test_a_variant_tells_nothing_but_what_is_seen(kind: str, profile: bytes) -> None:
    exif = Image.Exif()
    exif[ExifTags.Base.ImageDescription] = NOTES.decode()
    exif.get_ifd(ExifTags.IFD.GPSInfo)[ExifTags.GPS.GPSAreaInformation] = NOTES
    options = {"exif": exif, "icc_profile": profile, "comment": NOTES, "xmp": b"<x>" + NOTES + b"</x>"}
    data = saved(photo(), kind, **options)
    assert data.count(NOTES) >= 2
    small = shrink(data, 30)
    assert NOTES not in small
    assert opened(small).info.keys() <= {"loop", "background", "timestamp", "duration"}


@pytest.mark.parametrize("mode", ["RGB", "RGBA"])
def test_colours_are_those_that_the_profile_tells(mode: str) -> None:
    data = saved(Image.new("RGB", (60, 40), (255, 0, 0)).convert(mode), icc_profile=SWAPPED)
    assert near(opened(shrink(data, 30)).convert("RGB").getpixel((9, 9)), (0, 255, 0))


@pytest.mark.parametrize("profile", [b"no profile", SRGB[:200]], ids=["no profile", "half a profile"])
@pytest.mark.parametrize("mode", ["RGB", "L", "CMYK"])
def test_a_profile_that_makes_no_sense_is_passed_over(mode: str, profile: bytes) -> None:
    data = saved(Image.new(mode, (60, 40)), "JPEG", icc_profile=profile)
    plain = saved(Image.new(mode, (60, 40)), "JPEG")
    assert shrink(data, 30) == shrink(plain, 30)


def test_a_profile_for_colours_is_passed_over_in_a_grey_picture() -> None:
    grey = photo().convert("L")
    assert shrink(saved(grey, "JPEG", icc_profile=SWAPPED), 30) == shrink(saved(grey, "JPEG"), 30)


def test_a_drawing_in_few_colours_loses_nothing_where_that_is_smaller() -> None:
    drawing = corners(240, 160)
    mosaic = photo(12, 8).resize((240, 160), Image.Resampling.NEAREST).quantize(96)
    for data in (saved(drawing), saved(drawing, "WEBP", lossless=True), saved(mosaic)):
        assert b"VP8L" in shrink(data, 120)[:40]
    for data in (saved(photo(240, 160)), saved(drawing, "JPEG"), saved(photo(240, 160).quantize(256))):
        assert b"VP8L" not in shrink(data, 120)[:40]


def test_a_large_jpeg_becomes_as_sharp_as_the_same_png() -> None:
    stripes = Image.new("L", (960, 640), 255)
    for left in range(0, 960, 16):
        stripes.paste(0, (left, 0, left + 8, 640))
    small, fine = (opened(shrink(saved(stripes, kind), 120)).convert("L") for kind in ("JPEG", "PNG"))
    contrasts = [high - low for low, high in (picture.getextrema() for picture in (small, fine))]
    assert contrasts[0] == pytest.approx(contrasts[1], abs=30)


@pytest.mark.parametrize("kind", RASTERS)
def test_a_variant_is_the_same_each_time(kind: str) -> None:
    data = saved(photo(), kind)
    assert shrink(data, 30) == shrink(data, 30)


UNREADABLE = {
    "nothing": (b"", "no PNG, JPEG"),
    "a text": (b"This is no picture.", "no PNG, JPEG"),
    "a PNG cut short": (saved(photo())[:-60], "its end is missing"),
    "a PNG without pixels": (unfinished(60, 40), "its end is missing"),
    "a JPEG cut short": (saved(photo(300, 200), "JPEG")[:-900], "its end is missing"),
    "a WebP cut short": (saved(photo(), "WEBP")[:-60], "damaged"),
    "an AVIF cut short": (saved(photo(), "AVIF")[:-60], "damaged"),
    "more pixels than can be": (unfinished(40_000, 40_000), "more than 100 million pixels"),
    "more pixels than may be": (unfinished(12_000, 9_000), "more than 100 million pixels"),
    "a ribbon that would be too high": (saved(Image.new("1", (1, 600))), "30 pixels wide, it would be 18000 high"),
}


@pytest.mark.parametrize(("data", "why"), UNREADABLE.values(), ids=UNREADABLE)
def test_what_cannot_be_made_smaller_says_why(data: bytes, why: str) -> None:
    with pytest.raises(Unreadable, match=why):
        shrink(data, 30)


# Card


LOOK = card.Look("#fffdf9", "#1c1d1f", "#4d504e", "#085a42", b"")
SITE = "Le Labo"
BODY = (0, 114, card.WIDTH, 512)  # between what stands above the title and the rule below it
LONG = "Ce que nous apprennent dix ans de cooperation entre les territoires et ceux qui y vivent, " * 4


def drawn(title: str, kicker: str = "Rubrique", site: str = SITE, look: card.Look = LOOK) -> bytes:
    return card.draw(title, kicker, site, look)


def lines(data: bytes) -> list[tuple[int, int]]:
    """Return where each line of the title starts and ends."""
    title = opened(data).crop(BODY)
    rows = [index for index, inked in enumerate(title.getprojection()[1]) if inked]
    runs = [[row for _, row in run] for _, run in groupby(enumerate(rows), lambda pair: pair[1] - pair[0])]
    boxes = [title.crop((0, run[0], card.WIDTH, run[-1] + 1)).getbbox() for run in runs]
    return [(left, right) for left, _, right, _ in boxes]


def ink(data: bytes) -> tuple[int, int, int, int]:
    """Return the box around all that is written below the bar."""
    return opened(data).crop((0, 20, card.WIDTH, card.HEIGHT)).getbbox()


TITLES = {
    "one word": ("Accueil", 1),
    "two lines": ("PTCE : quelques exemples de diagnostic", 2),
    "four lines": (LONG[:110], 4),
    "as long as can be": (LONG[:170], 5),
    "cut short": (LONG, 5),
    "a word that must be broken": ("anticonstitutionnellement" * 3, 3),
    "a word that is too long even broken": ("il" * 2500, 5),
    "spaces around and between": ("  Accueil \n\t du   site " + " " * 900, 1),
}


@pytest.mark.parametrize(("title", "count"), TITLES.values(), ids=TITLES)
def test_a_title_fits_whatever_its_length(title: str, count: int) -> None:
    data = drawn(title)
    assert opened(data).size == (1200, 630)
    assert len(lines(data)) == count
    assert all(80 <= start < end <= 1200 - 80 for start, end in lines(data))
    assert len(data) < 30_000


def test_a_title_that_is_cut_short_says_so() -> None:
    assert drawn(LONG) == drawn(LONG + "et ainsi de suite")
    words = LONG.split()
    shorter = (" ".join(words[:count]) for count in range(20, len(words)))
    cut = next(title for title in shorter if drawn(title.rstrip(",") + "…") == drawn(LONG))
    assert drawn(cut) != drawn(LONG)


@pytest.mark.parametrize("start", range(0, 60, 6))
def test_a_title_that_is_cut_short_fills_the_lines_that_there_are(start: int) -> None:
    found = lines(drawn(LONG[start:]))
    assert len(found) == 5
    assert all(700 < end <= 1200 - 80 for _, end in found)


def test_a_title_as_long_as_a_book_is_drawn_as_fast() -> None:
    start = time.process_time()
    drawn("mot " * 50_000)
    assert time.process_time() - start < 0.5


LINES = {
    "lines are even": ("Bray pour vivre mieux", "ensemble dans", "les territoires ruraux"),
    "no line ends with a short word": ("ensemble dans", "les territoires ruraux"),
    "no word is alone on the last line": ("sociale locale", "territoires mutualisation"),
    "nor after three lines": ("Economie", "sociale solidaire", "cooperation territoires"),
}


@pytest.mark.parametrize("broken", LINES.values(), ids=LINES)
def test_a_title_breaks_where_a_printer_would_break_it(broken: tuple[str, ...]) -> None:
    as_it_should = " ".join(line.replace(" ", "\u00a0") for line in broken)
    assert drawn(" ".join(broken)) == drawn(as_it_should)
    assert len(lines(drawn(as_it_should))) == len(broken)


@pytest.mark.parametrize("space", ["\u00a0", "\u202f"])
def test_a_no_break_space_shows_as_a_space_and_holds_words_together(space: str) -> None:
    assert drawn(f"Oui{space}!") == drawn("Oui !")
    title = "Territoires en cooperation"
    assert len(lines(drawn(title))) == 2
    assert len(lines(drawn(title.replace(" ", space)))) == 1


def test_a_title_whose_letters_the_font_lacks_leaves_its_place_to_the_site() -> None:
    untitled = drawn("")
    for title in ("社会团结经济", "الاقتصاد الاجتماعي", "😀🌍", "Москва, 2026", "\ud800", "PTCE 社会团结经济"):
        assert drawn(title) == untitled
    assert len(lines(untitled)) == 1
    assert untitled != drawn("", site="Un autre site")
    # What is below the rule is missing, and the rule.
    assert ink(untitled)[3] + 20 < BODY[3] < ink(drawn("Accueil"))[3] + 20


def test_a_sign_that_the_font_lacks_is_left_out_rather_than_drawn_as_a_box() -> None:
    assert drawn("Vivre 😀 mieux 🌍") == drawn("Vivre mieux")
    assert drawn("Le mot 经济 en chinois") == drawn("Le mot en chinois")
    assert drawn("co\u00adop\u200bérer") == drawn("coopérer")


def test_what_resembles_a_missing_sign_stands_in_for_it() -> None:
    assert drawn("Œuvrer à l’été – déjà") == drawn("OEuvrer a l’ete - deja")
    assert drawn("e\u0301te\u0301") == drawn("été")


def test_the_font_of_the_site_is_used() -> None:
    own = ImageFont.load_default(10).font_bytes
    head = struct.unpack(">I", own[own.index(b"head") + 8 :][:4])[0]
    units = struct.unpack(">H", own[head + 18 :][:2])[0]
    small = own[: head + 18] + struct.pack(">H", 2 * units) + own[head + 20 :]
    (start, end), (_, small_end) = (*lines(drawn("Accueil")), *lines(drawn("Accueil", look=LOOK._replace(font=small))))
    assert (small_end - start) / (end - start) == pytest.approx(0.5, abs=0.03)


def test_what_is_no_font_is_not_passed_over() -> None:
    with pytest.raises(Unreadable, match="no TrueType"):
        drawn("Accueil", look=LOOK._replace(font=b"no font"))


def test_the_colours_are_those_of_the_site() -> None:
    look = card.Look("#15181a", "#ece8e0", "#b6b5af", "#73d3ad", b"")
    picture = opened(drawn("Accueil", look=look)).convert("RGB")
    counts = {colour: count for count, colour in picture.getcolors(256)}
    assert len(counts) <= 16
    assert picture.getpixel((600, 0)) == (0x73, 0xD3, 0xAD)
    assert picture.getpixel((600, 400)) == picture.getpixel((0, 629)) == (0x15, 0x18, 0x1A)
    for box, colour in (((0, 30, 1200, 114), "#73d3ad"), (BODY, "#ece8e0"), ((0, 520, 1200, 630), "#b6b5af")):
        full = tuple(bytes.fromhex(colour[1:]))
        assert full in {colour for _, colour in picture.crop(box).getcolors(256)}


def test_a_card_may_lack_its_kicker_and_its_site() -> None:
    assert lines(drawn("Accueil", kicker="")) == lines(drawn("Accueil"))
    assert ink(drawn("Accueil", kicker=""))[1] > 100
    assert ink(drawn("", kicker="", site="")) is None


@pytest.mark.parametrize("part", ["kicker", "site"])
def test_a_kicker_or_a_name_of_the_site_that_is_too_long_is_cut(part: str) -> None:
    data = drawn("Accueil", **{part: LONG})
    assert data == drawn("Accueil", **{part: LONG + LONG})
    assert 88 - 8 <= ink(data)[0] < ink(data)[2] <= 1200 - 80


def test_a_card_is_the_same_each_time_and_tells_nothing_but_what_is_seen() -> None:
    assert drawn(LONG) == drawn(LONG)
    assert opened(drawn(LONG)).info == {}


@settings(max_examples=60, deadline=None)
@given(title=st.text(max_size=300), kicker=st.text(max_size=60), site=st.text(max_size=60))
@example(title="\ud800", kicker="\u202e", site="\x00")
@example(title="Z" + "\u0301\u0489" * 200, kicker="\ufdfd" * 9, site="\u2067")
@example(title="W" * 30 + " i" * 300, kicker="WWWWW" * 9, site="j")
def test_any_text_makes_a_card_and_stays_within_its_margins(title: str, kicker: str, site: str) -> None:
    data = drawn(title, kicker, site)
    picture = opened(data)
    picture.load()
    assert (picture.format, picture.size) == ("PNG", (1200, 630))
    if box := ink(data):
        assert box[0] >= 60
        assert box[2] <= 1200 - 60
