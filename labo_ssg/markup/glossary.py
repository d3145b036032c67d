"""Finds and marks the glossary's terms, on bare text only.

An acronym is found as it is written, and with an s at its end; other words are found in
capitals or not, with any kind of space or apostrophe. Each occurrence becomes a button
that opens the term's popover, which the page holds once. The first of a text is a tab
stop; the later ones open it by mouse, touch and screen reader, without making the
keyboard stop at each.
"""

import re
from collections.abc import Iterable, Mapping
from functools import lru_cache
from html import escape

from labo_ssg.model import Term

_BUTTON = (
    r'<button type="button" class="term" popovertarget="[^"]*"(?: tabindex="-1"| data-means="[^"]*")?>(.*?)</button>'
)
_MARKED = re.compile(rf'<span class="glued">([^<]*){_BUTTON}([^<]*)</span>|{_BUTTON}', re.DOTALL)

# A browser may break the line beside a button: what is written against a term is kept with it in a span.
_GLUED_BEFORE = re.compile("(?:\\w{1,8}['’]|[(\\[«“][\u00a0\u202f]?)+\\Z")
_GLUED_AFTER = re.compile("(?:[\u00a0\u202f]?[,.;:!?)\\]»”…])+")
_REACH = 12  # characters before a term in which something may be glued to it


def forms(terms: Iterable[Term], anchors: Iterable[str]) -> dict[str, str]:
    """Return every form of every term, with the anchor of its term."""
    return {form: anchor for term, anchor in zip(terms, anchors, strict=True) for form in (term.word, *term.also)}


def find(text: str, words: Mapping[str, str]) -> dict[str, str]:
    """Return those of `words` (form → anchor) that `text` may hold."""
    if not words or not _may_hold(text, tuple(words)):
        return {}
    pattern, known = _pattern(tuple(words))
    present = {_form(match[0], known) for match in pattern.finditer(text)}
    return {form: anchor for form, anchor in words.items() if form in present}


def mark(text: str, words: Mapping[str, str], meanings: Mapping[str, str], seen: dict[str, None]) -> str:
    """Return the HTML of bare `text` with its terms marked; `seen` collects their anchors in order.

    `meanings` are what paper shows behind the first occurrence of a term, by anchor.
    """
    pattern, known = _pattern(tuple(words))
    done, at = [], 0
    for match in pattern.finditer(text):
        form = _form(match[0], known)
        if form is None:
            continue
        glued = _GLUED_BEFORE.search(text, max(at, match.start() - _REACH), match.start())
        start = glued.start() if glued else match.start()
        after = _GLUED_AFTER.match(text, match.end())
        end = after.end() if after else match.end()
        anchor = words[form]
        button = _button(match[0], anchor, anchor in seen, meanings.get(anchor, ""))
        seen[anchor] = None
        done.append(escape(text[at:start], quote=False))
        if (start, end) != match.span():
            before, behind = text[start : match.start()], text[match.end() : end]
            button = f'<span class="glued">{escape(before, quote=False)}{button}{escape(behind, quote=False)}</span>'
        done.append(button)
        at = end
    done.append(escape(text[at:], quote=False))
    return "".join(done)


def _button(word: str, anchor: str, again: bool, meaning: str) -> str:
    """Return the button of an occurrence; `again` says that it is not the first of its text."""
    apart = ' tabindex="-1"' if again else f' data-means="{escape(meaning)}"' if meaning else ""
    shown = escape(word, quote=False)
    return f'<button type="button" class="term" popovertarget="term-{anchor}"{apart}>{shown}</button>'


def unmark(html: str) -> str:
    """Return `html` as it was before `mark`; a visitor cannot forge a button, the sanitiser takes them all."""
    return _MARKED.sub(lambda match: "".join(match[part] or "" for part in range(1, 5)), html)


def _may_hold(text: str, words: tuple[str, ...]) -> bool:
    """Tell whether `text` has all the pieces of one of `words`, which is quick to see."""
    if "İ" in text or "ı" in text:
        return True
    acronyms, others = _pieces(words)
    return _has_all(text, acronyms) or _has_all(text.casefold(), others)


def _has_all(text: str, words: Iterable[tuple[str, ...]]) -> bool:
    """Tell whether all the pieces of one of `words` are in `text`."""
    return any(first in text and all(piece in text for piece in others) for first, *others in words)


@lru_cache(maxsize=64)
def _pieces(words: tuple[str, ...]) -> tuple[list[tuple[str, ...]], list[tuple[str, ...]]]:
    """Return the pieces between spaces and apostrophes, the longest first, of the acronyms and of the other `words`.

    The others are in small letters. Only İ and ı are alike to a pattern, and not so: with one of them in a word,
    any text will do.
    """
    if any("İ" in word or "ı" in word for word in words):
        return [("",)], []
    acronyms = [_apart(word) for word in words if _is_acronym(word)]
    return acronyms, [_apart(word.casefold()) for word in words if not _is_acronym(word)]


def _apart(word: str) -> tuple[str, ...]:
    return tuple(sorted(word.replace("’", " ").replace("'", " ").split(), key=len, reverse=True)) or ("",)


@lru_cache(maxsize=4096)
def _pattern(words: tuple[str, ...]) -> tuple[re.Pattern[str], dict[str, str]]:
    """Return what finds `words`, the longest first, and the form behind each normal one."""
    alternatives = []
    for word in sorted(words, key=len, reverse=True):
        loose = r"\s+".join(re.sub("['’]", "['’]", re.escape(part)) for part in word.split())
        alternatives.append(f"{loose}s?" if _is_acronym(word) else f"(?i:{loose})")
    return re.compile(rf"(?<!\w)(?:{'|'.join(alternatives)})(?!\w)"), {_normal(word): word for word in words}


def _form(found: str, known: Mapping[str, str]) -> str | None:
    """Return the form that was `found`; None for letters that are alike to the pattern alone (İ and i)."""
    normal = _normal(found)
    return known.get(normal) or known.get(normal.removesuffix("s"))


def _normal(word: str) -> str:
    return " ".join(word.replace("’", "'").casefold().split())


def _is_acronym(word: str) -> bool:
    return word.upper() == word
