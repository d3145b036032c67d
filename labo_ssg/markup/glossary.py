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

_BUTTON = re.compile(r'<button type="button" class="term" popovertarget="[^"]*"(?: tabindex="-1")?>(.*?)</button>')


def forms(terms: Iterable[Term], anchors: Iterable[str]) -> dict[str, str]:
    """Return every form of every term, with the anchor of its term."""
    return {form: anchor for term, anchor in zip(terms, anchors, strict=True) for form in (term.word, *term.also)}


def find(text: str, words: Mapping[str, str]) -> dict[str, str]:
    """Return those of `words` (form → anchor) that `text` may hold."""
    if not words:
        return {}
    pattern, known = _pattern(tuple(words))
    present = {_form(match[0], known) for match in pattern.finditer(text)}
    return {form: anchor for form, anchor in words.items() if form in present}


def mark(text: str, words: Mapping[str, str], seen: dict[str, None]) -> str:
    """Return the HTML of bare `text` with its terms marked; `seen` collects their anchors in order."""
    pattern, known = _pattern(tuple(words))
    done, at = [], 0
    for match in pattern.finditer(text):
        form = _form(match[0], known)
        if form is None:
            continue
        anchor = words[form]
        apart = ' tabindex="-1"' if anchor in seen else ""
        seen[anchor] = None
        done.append(escape(text[at : match.start()], quote=False))
        done.append(f'<button type="button" class="term" popovertarget="term-{anchor}"{apart}>')
        done.append(f"{escape(match[0], quote=False)}</button>")
        at = match.end()
    done.append(escape(text[at:], quote=False))
    return "".join(done)


def unmark(html: str) -> str:
    """Return `html` as it was before `mark`; a visitor cannot forge a button, the sanitiser takes them all."""
    return _BUTTON.sub(r"\1", html)


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
