"""HTML of a letter → plain text: its paragraphs and lines, without its tags.

Strategy: the text is cut at its tags, in linear time, and each is asked for nothing but its name. A letter shows its
writer's words as they were meant; what they may do in a page is decided when they are rendered.
"""

import re
from html import unescape

BLOCKS = frozenset("address article blockquote div dl dt dd h1 h2 h3 h4 h5 h6 hr li ol p pre table tr ul".split())
SILENT = frozenset({"head", "script", "style", "title"})
TAG = re.compile(r"<(/?[A-Za-z][A-Za-z0-9]*|[!?])[^<>]*>")


def text_of(html: str) -> str:
    """Return the text of `html`, whatever is wrong with it."""
    pieces = TAG.split(_without_comments(html))
    page = _Page()
    for tag, text in zip(["", *pieces[1::2]], pieces[0::2], strict=True):
        page.take(tag.lower(), unescape(text))
    page.end_line()
    return "\n".join(page.lines)


def _without_comments(html: str) -> str:
    first, *others = html.split("<!--")
    return first + "".join(one.partition("-->")[2] for one in others)


class _Page:
    """The lines that were read, and the one that is begun."""

    def __init__(self) -> None:
        self.lines: list[str] = []
        self._begun: list[str] = []
        self._unseen = ""  # the element whose text is none of the letter's

    def take(self, tag: str, text: str) -> None:
        """Take a `tag` ("p", "/p", "" for none) and the `text` after it."""
        name = tag.removeprefix("/")
        if self._unseen:
            if tag != f"/{self._unseen}":
                return
            self._unseen = ""
        elif tag in SILENT:
            self._unseen = tag
            return
        if name == "br":
            self.end_line()
        elif name in BLOCKS:
            self._start_block(name)
        self._begun.append(text)

    def end_line(self) -> None:
        self.lines.append(" ".join("".join(self._begun).split()))
        self._begun = []

    def _start_block(self, name: str) -> None:
        if "".join(self._begun).strip():
            self.end_line()
        self._begun = []
        if name == "p" and self.lines and self.lines[-1]:
            self.lines.append("")  # a paragraph stands apart
