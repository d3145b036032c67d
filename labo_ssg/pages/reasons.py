"""Why a page is another one than before, in words: which of the parts that shape it has changed."""

import inspect
from collections.abc import Callable, Mapping
from functools import cache, lru_cache
from typing import Any

from msgspec.structs import asdict

from labo_ssg.packing import Stamped, digest, pack
from labo_ssg.pages.page import Page, Sketch, mark
from labo_ssg.pages.views import View

Parts = dict[str, str]
"""Short digests, by the name of what they stand for."""

SETTINGS, TEMPLATE = "settings", "template "
COMMON = "common"  # the material whose parts are told one by one

KEPT = 1024  # materials of several pages

_WORDS = {
    "article": "the header of its article, or the place of its text",
    "articles": "an article that it shows",
    "body": "the text of its section",
    "breadcrumb": "the title of a section above it",
    "card_size": "the picture that stands for it",
    "count": "the number of its articles",
    "entries": "an article that it lists: its title, lead, date, authors, picture or number of comments",
    "feeds": "the feeds that it names",
    "following": "the article after it in its section",
    "head": "its title or its date",
    "intro": "the text of the home page",
    "listed": "what lists show of its article: title, lead, date, authors, picture or number of comments",
    "pagination": "the number of pages of its list",
    "previous": "the article before it in its section",
    "queries": "an old address",
    "shelves": "a section or list that it shows",
    "talk": "the comments of its article",
    "talks": "the newest comments",
    "terms": "a term of the glossary that it explains",
    "texts": "the text or the lead of its article, or what they name of the site",
    "translations": "a translation of its article",
    "way": "the title of a section above it",
}


def common(sources: Mapping[str, bytes], settings: bytes) -> Parts:
    """Return what shapes the files of all pages of a template: the `sources` it reaches, and the `settings`."""
    return {f"{TEMPLATE}{name}": _short(source) for name, source in sources.items()} | {SETTINGS: _short(settings)}


def parts(page: Page, shared: Parts) -> Parts:
    """Return what shapes the file of `page`: its materials, and what it has in common with others."""
    view = page.view
    if not isinstance(view, Sketch):
        return {name: _short(pack(value)) for name, value in asdict(view).items()} | shared
    named = dict(zip(_names(view.make), view.materials, strict=False))
    apart = _each(named.pop(COMMON)) if COMMON in named else {}
    told = {name: _one(one) if isinstance(one, Stamped) else _short(mark(one)) for name, one in named.items()}
    return told | apart | shared


# What an article, its feed and its neighbours show is asked for several times, and what a list shows on each page.
# It may be stamped by what shaped it: here it counts for what it is.


@lru_cache(KEPT)
def _one(material: Stamped[Any]) -> str:
    return _short(mark(material.value))


@lru_cache(KEPT)
def _each(material: Stamped[Any]) -> Parts:
    return {name: _short(mark(value)) for name, value in asdict(material.value).items()}


@cache
def _names(make: Callable[..., View]) -> list[str]:
    """Return the names of the materials of a view, which is made of the frame and of them."""
    return list(inspect.signature(make).parameters)[1:]


def told(before: Parts, now: Parts) -> list[str]:
    """Return in words what is not as it was."""
    names = [name for name in dict.fromkeys((*now, *before)) if before.get(name) != now.get(name)]
    return [f"{_words(name)} {_change(name, before, now)}" for name in names]


def _words(name: str) -> str:
    if name == SETTINGS:
        return "something in site.yaml, the glossary or the picture of the site"
    if name.startswith(TEMPLATE):
        return f"the template {name.removeprefix(TEMPLATE)}"
    return _WORDS.get(name, f"its {name.replace('_', ' ')}")


def _change(name: str, before: Parts, now: Parts) -> str:
    if not name.startswith(TEMPLATE):
        return "changed"
    return "is new" if name not in before else "changed" if name in now else "is no longer used"


def _short(data: bytes) -> str:
    return digest(data).hex()[:12]
