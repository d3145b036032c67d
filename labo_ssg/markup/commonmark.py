"""CommonMark → HTML by pyromark (a hundred times as fast), in the shape that Python-Markdown gives it.

`render` comes before the sanitiser; `finish` after it, because it counts on tags that all have their end.
The package comes with the extra `fast`: it is imported where it is first used, and nowhere else.
"""

import re
import unicodedata
from collections.abc import Callable
from functools import cache
from html import unescape
from typing import NamedTuple
from urllib.parse import unquote

from labo_ssg import language
from labo_ssg.markup import dress
from labo_ssg.model import Html

DEEPEST = 100  # boxes in boxes; the sanitiser takes a time that grows with the square of their number

_BOX = re.compile(
    r"<(/?)(?:article|aside|blockquote|details|div|dl|figure|footer|h[1-6]|header|ol|section|span|table|ul)\b"
)
_ALIGNED = re.compile(r'(<t[dh]) style="text-align: (left|center|right)"')
_ADDRESS = re.compile(r' (href|src)="([^"%]*%[^"]*)"')
_ENCODED = re.compile(r"(?:%(?:[89A-F][0-9A-F]|20|5[B-E]|60|7[B-D]))+")  # what pyromark encodes in an address

_HEADING = re.compile(r'<h([1-6])((?: [^>"]*(?:"[^"]*"[^>"]*)*)?)>(.*?)</h\1>', re.DOTALL)
_ID = re.compile(r' id="([^"]*)"')
_CALL = re.compile(r'<sup class="footnote-reference"><a href="#([^"]*)">([0-9]+)</a></sup>')
_NO_SLUG = re.compile(r"[^\w\s-]")
_GAP = re.compile(r"[-\s]+")
_DIV = re.compile(
    r'<div class="footnote-definition" id="([^"]*)"><sup class="footnote-definition-label">([0-9]+)</sup>\n?'
    r"|<div[ >]|</div>\n*"
)


class TooDeep(ValueError):  # noqa: N818 - it is the text that is too deep
    """A text whose quotations, lists or other boxes hold one another too deeply."""


class _Note(NamedTuple):
    label: str
    number: int
    pieces: list[str]


def render(text: str) -> str:
    """Return the HTML of `text`, not yet sanitised; raise TooDeep."""
    html = _engine()(text)
    _check_depth(html)
    if "<table>" in html:
        html = _ALIGNED.sub(r'\1 align="\2"', html)
    return _ADDRESS.sub(lambda match: f' {match[1]}="{_as_written(match[2], text)}"', html) if "%" in html else html


def finish(html: Html, tag: str) -> Html:
    """Return sanitised `html` with the ids and the notes that Python-Markdown makes, in the language `tag`."""
    if "<h" in html:
        html = _with_ids(html)
    return _with_notes(html, tag) if 'class="footnote-' in html else html


@cache
def _engine() -> Callable[[str], str]:
    import pyromark  # the extra `fast`, which a site may do without

    wanted = pyromark.Options
    engine = pyromark.Markdown(
        options=wanted.ENABLE_TABLES
        | wanted.ENABLE_FOOTNOTES
        | wanted.ENABLE_DEFINITION_LIST
        | wanted.ENABLE_HEADING_ATTRIBUTES
        | wanted.ENABLE_STRIKETHROUGH
    )
    return engine.html


def _check_depth(html: str) -> None:
    if html.count("<") <= DEEPEST:
        return
    depth = 0
    for end in _BOX.findall(html):
        depth = max(0, depth - 1) if end else depth + 1
        if depth > DEEPEST:
            raise TooDeep("lists or quotations are nested too deeply")


def _as_written(address: str, text: str) -> str:
    """Return `address` as its author wrote it, by which the targets of a text are known."""
    if unescape(address) in text:
        return address
    try:
        return _ENCODED.sub(lambda match: unquote(match[0], errors="strict"), address)
    except UnicodeDecodeError:  # the author's own, in another encoding
        return address


def _with_ids(html: Html) -> Html:
    """Give each heading without an id the one that Python-Markdown's extension toc makes of its words."""
    taken = set(_ID.findall(html)) if " id=" in html else set[str]()
    counts: dict[str, int] = {}

    def named(match: re.Match[str]) -> str:
        level, attributes, inside = match.groups()
        if " id=" in attributes:
            return match[0]
        wished = anchor = _slug(unescape("".join(dress.pieces(_CALL.sub("", inside))[::2])))
        if not wished or wished in taken:
            number = counts.get(wished, 0) + 1
            while f"{wished}_{number}" in taken:
                number += 1
            counts[wished] = number
            anchor = f"{wished}_{number}"
        taken.add(anchor)
        return f'<h{level} id="{anchor}"{attributes}>{inside}</h{level}>'

    return Html(_HEADING.sub(named, html))


def _slug(title: str) -> str:
    plain = unicodedata.normalize("NFKD", title).encode("ascii", "ignore").decode("ascii")
    return _GAP.sub("-", _NO_SLUG.sub("", plain).strip().lower())


def _with_notes(html: Html, tag: str) -> Html:
    """Turn pyromark's notes, each where its author wrote it, into one list at the end."""
    calls: dict[str, list[str]] = {}  # the places that call a note, by its label

    def called(match: re.Match[str]) -> str:
        places = calls.setdefault(match[1], [])
        places.append(f"fnref{len(places) + 1 if places else ''}:{match[1]}")
        return f'<sup id="{places[-1]}"><a class="footnote-ref" href="#fn:{match[1]}">{match[2]}</a></sup>'

    running, notes = _apart(_CALL.sub(called, html))
    if not notes:
        return Html(running)
    title = language.translations(tag).gettext("Back to the text, note {}")
    items = "".join(_item(note, calls.get(note.label, []), title.format(note.number)) for note in notes)
    return Html(f'{running}\n<div class="footnote">\n<hr>\n<ol>\n{items}</ol>\n</div>')


def _apart(html: str) -> tuple[str, list[_Note]]:
    """Return `html` without its notes, and the notes by their number; two of one label are one."""
    running: list[str] = []
    notes: dict[str, _Note] = {}
    boxes = [(running, False)]  # where what follows belongs, and whether a note ends there
    at = 0
    for match in _DIV.finditer(html):
        pieces = boxes[-1][0]
        pieces.append(html[at : match.start()])
        at = match.end()
        if match[1] is not None:
            note = notes.setdefault(match[1], _Note(match[1], int(match[2]), []))
            boxes.append((note.pieces, True))
        elif match[0].startswith("</"):
            is_note = boxes.pop()[1]
            pieces.append("" if is_note else match[0])
        else:
            pieces.append(match[0])
            boxes.append((pieces, False))
    running.append(html[at:])
    return "".join(running).rstrip(), sorted(notes.values(), key=lambda note: note.number)


def _item(note: _Note, places: list[str], title: str) -> str:
    """Return a note as an item of the list, with a link back to each of the `places` that call it."""
    text = "".join(note.pieces).strip()
    back = "".join(f'<a class="footnote-backref" href="#{place}" title="{title}">&#8617;</a>' for place in places)
    if back and text.endswith("</p>"):
        text = f"{text[:-4]}&nbsp;{back}</p>"
    elif back:
        text = f"{text}\n<p>{back}</p>"
    return f'<li id="fn:{note.label}">\n{text}\n</li>\n'
