"""An article's file → Article, and the index file of a section → Section.

A wrong value is told and its default used, a header that cannot be read counts as empty:
an article with problems is never published, but what hangs on it (its comments, links to
it) makes no more of them.
"""

import re
from datetime import datetime, tzinfo
from pathlib import PurePosixPath
from typing import Any
from urllib.parse import unquote

from msgspec import Struct, field

from labo_ssg.formats import fields, frontmatter
from labo_ssg.model import Article, Discussion, Image, Markup, Section, Source
from labo_ssg.problems import Place, Problem

MARKUPS: dict[str, Markup] = {".md": "markdown", ".spip": "spip"}
ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,199}")
ALIAS = re.compile(r"/[^\s\\#]*")
LANGUAGE = re.compile(r"[A-Za-z]{2,3}(-[A-Za-z0-9]{2,8})*")  # the shape that RFC 5646 gives to the tags in use
LONGEST_NAME, LONGEST_ALIAS = 255, 1000  # bytes: of a file's name on most disks, of an address


class ArticleHeader(Struct, frozen=True):
    """The keys of an article's front matter."""

    title: str
    date: datetime | None = None
    updated: datetime | None = None
    author: str = ""  # for one; `authors` for several
    authors: tuple[str, ...] = ()
    description: str = ""
    tags: tuple[str, ...] = ()
    source: Source | None = None
    image: Image | None = None
    comments: Discussion = "open"
    draft: bool = False
    listed: bool = True
    id: str = ""
    aliases: tuple[str, ...] = ()
    language: str = field(default="", name="lang")
    translation_of: str = ""
    extra: dict[str, Any] = field(default_factory=dict)


class SectionHeader(Struct, frozen=True):
    """The keys of a section's index file."""

    title: str
    description: str = ""
    order: int = 0
    aliases: tuple[str, ...] = ()


def parse(
    data: bytes, path: PurePosixPath, *, zone: tzinfo, language: str, comments: Discussion
) -> tuple[Article, list[Problem]]:
    """Read the article at `path` (`content/…`).

    `zone`, `language` and `comments` are the site's, for what the header leaves open.
    """
    parts, problems = frontmatter.read(data, str(path), ArticleHeader)
    values, lines = parts.values, parts.lines
    tell = fields.teller(str(path), lines, problems)
    wants_date = values.get("listed", True) and "listed" not in parts.wrong
    if parts.body_line and wants_date and "date" not in values and "date" not in parts.wrong:
        tell(
            "date",
            "`date` is missing",
            "add `date: 2021-01-12`; a page apart from the lists has `listed: false` instead",
        )
    if "id" in values and not ID.fullmatch(values["id"]):
        tell("id", f"`id`: `{values['id']}` cannot name a folder of comments", "use letters, digits, `.`, `_` and `-`")
    if values.get("title") == "":
        tell("title", "`title` is empty", "an article needs a title")
    if values.get("lang") and not LANGUAGE.fullmatch(values["lang"]):
        tell("lang", f"`lang`: no language is called `{values['lang']}`", "write it like fr, en or pt-BR")
    for url in (values["source"].url,) if values.get("source") else ():
        if not url.startswith(("https://", "http://")):
            tell("source", f"`source`: `{url}` is not the address of a page", "write it in full: https://…")
    return Article(
        id=values.get("id") or path.stem,
        section=path.parts[1:-1],
        stem=path.stem,
        title=values.get("title", path.stem),
        date=_zoned(values, "date", zone),
        updated=_zoned(values, "updated", zone),
        authors=_kept(values, "author", "authors"),
        description=values.get("description", ""),
        tags=_kept(values, "tags"),
        source=values.get("source"),
        image=values.get("image"),
        comments=values.get("comments", comments),
        draft=values.get("draft", False),
        listed=values.get("listed", True),
        aliases=_aliases(values, tell),
        language=values.get("lang") or language,
        translation_of=values.get("translation_of", ""),
        extra=values.get("extra", {}),
        markup=MARKUPS[path.suffix],
        text=parts.body,
        place=Place(str(path), parts.body_line),
        lines=lines,
    ), sorted(problems)


def parse_section(data: bytes, path: PurePosixPath) -> tuple[Section, list[Problem]]:
    """Read the index file at `path`, which says what its folder is."""
    parts, problems = frontmatter.read(data, str(path), SectionHeader)
    values = parts.values
    problems = [_explain(problem) for problem in problems]
    return Section(
        path=path.parts[1:-1],
        title=values.get("title", "") or name_of(path.parts[1:-1]),
        description=values.get("description", ""),
        order=values.get("order", 0),
        aliases=_aliases(values, fields.teller(str(path), parts.lines, problems)),
        markup=MARKUPS[path.suffix],
        text=parts.body,
        place=Place(str(path), parts.body_line),
    ), sorted(problems)


def name_of(section: tuple[str, ...]) -> str:
    """Return a title for a section that gives none: `vie-du-labo` → `Vie du labo`."""
    words = section[-1].replace("-", " ").replace("_", " ").strip() if section else ""
    return words[:1].upper() + words[1:]


def _explain(problem: Problem) -> Problem:
    """Point out to those who come from elsewhere that an index file is not an article."""
    if not problem.what.startswith("unknown key") or "did you mean" in problem.hint:
        return problem
    hint = f"{problem.hint}; an index file describes its folder, an article has a name of its own"
    return Problem(problem.place, problem.what, hint)


def _kept(values: dict[str, Any], *keys: str) -> tuple[str, ...]:
    """Return what stands under `keys`, one text or several, without empty ones, each once."""
    items: list[str] = []
    for key in keys:
        found = values.get(key, ())
        items += (found,) if isinstance(found, str) else found
    return tuple(dict.fromkeys(filter(None, items)))


def _aliases(values: dict[str, Any], tell: fields.Tell) -> tuple[str, ...]:
    """Return the old addresses that can be answered; tell of the others."""
    found = []
    for alias in _kept(values, "aliases"):
        shown = fields.shorten(alias)
        if not _is_address(alias):
            what, hint = f"`{shown}` is not an address of this site", "write it from the root: /old/address"
            tell("aliases", f"`aliases`: {what}", hint)
        elif len(alias.encode()) > LONGEST_ALIAS or any(len(one.encode()) > LONGEST_NAME for one in _steps(alias)):
            tell("aliases", f"`aliases`: `{shown}` is too long for an address", "remove it")
        else:
            found.append(alias)
    return tuple(found)


def _is_address(alias: str) -> bool:
    """Tell whether `alias` is a path from the root, which neither climbs nor has two spellings."""
    try:
        steps = _steps(alias)
    except UnicodeDecodeError:
        return False
    odd = any(one in ("", ".", "..") or "/" in one or not one.isprintable() for one in steps)
    return bool(ALIAS.fullmatch(alias)) and (not odd or steps == [""])


def _steps(alias: str) -> list[str]:
    """Return the names on the way to `alias`, as files would bear them; raise UnicodeDecodeError."""
    path = alias.partition("?")[0].removeprefix("/").removesuffix("/")
    return [unquote(step, errors="strict") for step in path.split("/")]


def _zoned(values: dict[str, Any], key: str, zone: tzinfo) -> datetime | None:
    return fields.zoned(values[key], zone) if key in values else None
