"""The editors' texts under two engines of Markdown → where the other one would change what readers see.

Two texts are the same where their visible words, their boxes (paragraphs, lists, tables, headings with their ids…),
their links and their pictures are.
"""

import re
from bisect import bisect_right
from collections.abc import Iterable, Iterator
from datetime import datetime
from html import unescape
from pathlib import Path
from typing import NamedTuple

from msgspec.structs import replace

from labo_ssg.build import manuscripts
from labo_ssg.build.design import Studied, study
from labo_ssg.disk.library import read_library
from labo_ssg.formats.fields import shorten
from labo_ssg.markup import body as markup
from labo_ssg.markup import dress
from labo_ssg.model import Engine, Manuscript
from labo_ssg.problems import Place, Problem

SHOWN = 4  # tokens of each side that are told

_BOXES = frozenset(
    "article aside blockquote br caption dd details div dl dt figcaption figure footer header hr li ol p pre section "
    "summary table td th tr ul".split()
)
_NAME = re.compile(r"<(/?)([a-zA-Z][a-zA-Z0-9-]*)")
_LEADS = re.compile(r' (?:href|src|id)="([^"]*)"')
_WORD = re.compile(r"\w+")


class Answer(NamedTuple):
    """The texts that would change, how many were compared, and the problems of those that could not be read."""

    changed: list[Problem]
    texts: int
    problems: list[Problem]


def compare(root: Path, engine: Engine, *, now: datetime) -> Answer:
    """Compare how the site at `root` reads its Markdown, drafts included, with how `engine` would."""
    whole, problems = read_library(root)
    studied, _ = study(whole, now=now, drafts=True)
    changed = []
    count = 0
    for text, place in _texts(studied):
        if text.markup != "markdown" or not text.text.strip():
            continue
        count += 1
        manuscript = replace(text, words={}, meanings={})  # the glossary is the same for both
        if found := difference(manuscript, replace(manuscript, engine=engine)):
            changed.append(Problem(Place(place.path, place.line + found[0]), found[1]))
    return Answer(sorted(changed), count, problems)


def _texts(studied: Studied) -> Iterator[tuple[Manuscript, Place]]:
    """Yield every text of the editors, and where it starts."""
    library = studied.library
    at = manuscripts.desk(library.site)

    def links(references: Iterable[str], folder: tuple[str, ...]) -> manuscripts.Links:
        return manuscripts.find_links(studied.known, references, folder, library.site.base_url)

    for article in library.articles:
        found = links(article.references, article.section)
        yield manuscripts.of_article(at, article, article.text, found), article.place
        yield manuscripts.of_lead(at, article, found), Place(article.place.path, article.lines.get("description", 1))
    for section in library.sections:
        found = links(markup.references(section.text, section.markup), section.path)
        yield manuscripts.of_section(at, section, found), section.place


def difference(one: Manuscript, other: Manuscript) -> tuple[int, str] | None:
    """Return the line, counted from 0, on which two readings of a text part, and what each makes of it."""
    now, then = _tokens(one), _tokens(other)
    if now == then:
        return None
    at = next((at for at, (a, b) in enumerate(zip(now, then, strict=False)) if a != b), min(len(now), len(then)))
    offset = _offset(one.text, now[:at], (now[at:], then[at:]))
    return one.text.count("\n", 0, offset), f"`{_shown(now[at:])}` would be `{_shown(then[at:])}`"


def _split(text: str) -> list[str]:
    return unescape(text).split()


class _Token(NamedTuple):
    text: str
    is_word: bool


def _tokens(manuscript: Manuscript) -> list[_Token]:
    """Return the words and the tags that readers notice, in order."""
    try:
        html = markup.render_body(manuscript).html
    except markup.Unrenderable as error:
        return [_Token(str(error), is_word=False)]
    tokens: list[_Token] = []
    words: list[str] = []
    is_word = True  # the numbers of notes are not the author's words
    for at, piece in enumerate(dress.pieces(html)):
        if at % 2 == 0:
            words.append(piece)
        elif tag := _tag(piece):
            tokens += [_Token(word, is_word) for word in _split("".join(words))]
            words = []
            tokens.append(_Token(tag, is_word=False))
            is_word = 'class="footnote-' not in piece
    return tokens + [_Token(word, is_word) for word in _split("".join(words))]


def _tag(piece: str) -> str:
    """Return what a reader notices of a tag, "" for nothing."""
    match = _NAME.match(piece)
    name = match[2].lower() if match else ""
    if match and match[1]:
        return f"</{name}>" if name in _BOXES or name in dress.HEADINGS or name == "a" else ""
    if name in dress.HEADINGS or name in ("a", "img"):
        leads = _LEADS.search(piece)
        return f"<{name} {leads[1]}>" if leads else f"<{name}>"
    return f"<{name}>" if name in _BOXES else ""


def _offset(text: str, before: Iterable[_Token], after: Iterable[Iterable[_Token]]) -> int:
    """Return where in `text` the words of `before` have passed and the first of those `after` them stands.

    Each word is looked for after the one before it; what is not there was made by an engine.
    """
    places: dict[str, list[int]] = {}
    for match in _WORD.finditer(text):
        places.setdefault(match[0], []).append(match.start())

    def following(word: str, at: int) -> int:
        known = places.get(word, [])
        found = bisect_right(known, at)
        return known[found] if found < len(known) else -1

    at = -1
    for word in _words(before):
        at = max(at, following(word, at))
    first = (next((place for word in _words(tokens) if (place := following(word, at)) >= 0), -1) for tokens in after)
    return min((place for place in first if place >= 0), default=max(at, 0))


def _words(tokens: Iterable[_Token]) -> Iterator[str]:
    return (word for token in tokens if token.is_word for word in _WORD.findall(token.text))


def _shown(tokens: list[_Token]) -> str:
    return shorten(" ".join(token.text for token in tokens[:SHOWN])) or "the end"
