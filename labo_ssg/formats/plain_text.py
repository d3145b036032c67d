"""Bytes of a file → text: UTF-8, without byte order mark, lines ended by LF."""

from labo_ssg.problems import Place, Problem

LARGEST = 2_000_000  # bytes; a book of 1,000 pages


def decode(data: bytes, path: str) -> tuple[str, list[Problem]]:
    """Return the text of `data`; "" where it is not UTF-8 text."""
    if len(data) > LARGEST:
        what = f"the file has {len(data):,} bytes, a text may have {LARGEST:,}"
        return "", [
            Problem(Place(path), what, "split it in several texts, or give it another extension to publish it as it is")
        ]
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        return "", [Problem(Place(path, 1), "the file is in UTF-16", "save it again as UTF-8")]
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        shown = data[error.start : error.start + 1].decode("latin-1")
        what = f"byte 0x{data[error.start]:02x} is not UTF-8"
        return "", [
            Problem(Place(path, line), what, f"save the file again as UTF-8 (in Latin-1 this would be `{shown}`)")
        ]
    if "\0" in text:
        line = text.count("\n", 0, text.index("\0")) + 1
        return "", [
            Problem(Place(path, line), "the file holds a NUL character", "is it a text? save it again as UTF-8")
        ]
    return text.replace("\r\n", "\n").replace("\r", "\n"), []
