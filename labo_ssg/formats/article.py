"""An article's file → Article, and the index file of a section → Section.

A wrong value is told and its default used, a header that cannot be read counts as empty:
an article with problems is never published, but what hangs on it (its comments, links to
it) makes no more of them.
"""

import re
from datetime import datetime, tzinfo
from pathlib import PurePosixPath
from typing import Any

from msgspec import Struct, field

from labo_ssg.formats import frontmatter
from labo_ssg.model import Article, Discussion, Image, Markup, Section, Source
from labo_ssg.problems import Place, Problem

MARKUPS: dict[str, Markup] = {".md": "markdown", ".spip": "spip"}
ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,199}")
ALIAS = re.compile(r"/(?!/)[^\s\\\x00-\x1f]*")


class ArticleHeader(Struct, frozen=True):
    """The keys of an article's front matter."""

    title: str
    date: datetime | None = None
    updated: datetime | None = None
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
    tell = _teller(str(path), lines, problems)
    if parts.body_line and values.get("listed", True) and "date" not in values and "date" not in lines:
        tell(
            "date",
            "`date` is missing",
            "add `date: 2021-01-12`; a page apart from the lists has `listed: false` instead",
        )
    if "id" in values and not ID.fullmatch(values["id"]):
        tell("id", f"`id`: `{values['id']}` cannot name a folder of comments", "use letters, digits, `.`, `_` and `-`")
    if values.get("title") == "":
        tell("title", "`title` is empty", "an article needs a title")
    for url in (values["source"].url,) if values.get("source") else ():
        if not url.startswith(("https://", "http://")):
            tell("source", f"`source`: `{url}` is not the address of a page", "write it in full: https://…")
    return Article(
        id=values.get("id") or path.stem,
        section=path.parts[1:-1],
        stem=path.stem,
        title=values.get("title", path.stem),
        date=_zoned(values.get("date"), zone),
        updated=_zoned(values.get("updated"), zone),
        authors=_kept(values, "authors"),
        description=values.get("description", ""),
        tags=_kept(values, "tags"),
        source=values.get("source"),
        image=values.get("image"),
        comments=values.get("comments", comments),
        draft=values.get("draft", False),
        listed=values.get("listed", True),
        aliases=_aliases(values, tell),
        language=values.get("lang") or language,
        extra=values.get("extra", {}),
        markup=MARKUPS[path.suffix],
        text=parts.body,
        place=Place(str(path), parts.body_line),
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
        aliases=_aliases(values, _teller(str(path), parts.lines, problems)),
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


def _teller(path: str, lines: dict[str, int], problems: list[Problem]) -> Any:
    def tell(key: str, what: str, hint: str) -> None:
        problems.append(Problem(Place(path, lines.get(key, 1)), what, hint))

    return tell


def _kept(values: dict[str, Any], key: str) -> tuple[str, ...]:
    """Return the list under `key` without empty items, each once."""
    return tuple(dict.fromkeys(item for item in values.get(key, ()) if item))


def _aliases(values: dict[str, Any], tell: Any) -> tuple[str, ...]:
    for alias in _kept(values, "aliases"):
        if not ALIAS.fullmatch(alias) or ".." in alias.split("?")[0].split("/"):
            tell(
                "aliases",
                f"`aliases`: `{alias}` is not an address of this site",
                "write it from the root: /old/address",
            )
    return _kept(values, "aliases")


def _zoned(moment: datetime | None, zone: tzinfo) -> datetime | None:
    """Return `moment` in the site's time zone; without an offset it is already meant there."""
    if moment is None:
        return None
    return moment.replace(tzinfo=zone) if moment.tzinfo is None else moment.astimezone(zone)
