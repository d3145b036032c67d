"""`site.yaml` → Site, and `content/glossaire.yaml` → the terms of the glossary."""

import re
from zoneinfo import ZoneInfo

from babel import Locale, UnknownLocaleError
from msgspec import Struct

from labo_ssg.formats import fields, plain_text, yaml_text
from labo_ssg.model import Site, Term
from labo_ssg.problems import Place, Problem

BASE_URL = re.compile(r"https?://[^\s/?#\"'<>]+(/[^\s?#\"'<>]*)?")
LINK = re.compile(r"(https?://|mailto:|tel:|/)[^\s\"'<>]*")


NAMELESS = Site(title="", base_url="https://example.org")  # stands in for settings with problems


class GlossaryFile(Struct, frozen=True):
    """The glossary's file is a list; it is read as if it stood under this one key."""

    glossary: tuple[Term, ...]


def parse(data: bytes, path: str) -> tuple[Site, list[Problem]]:
    """Read the settings; where one is wrong or missing its default stands in."""
    text, problems = plain_text.decode(data, path)
    if problems:
        return NAMELESS, problems
    node, problems = yaml_text.read(text, path)
    if problems:
        return NAMELESS, problems
    values, lines, problems = fields.read(node, Site, path)

    def tell(key: str, what: str, hint: str) -> None:
        problems.append(Problem(Place(path, lines.get(key, 1)), what, hint))

    base_url = values.get("base_url", "")
    if base_url and not BASE_URL.fullmatch(base_url):
        tell(
            "base_url",
            f"`base_url`: `{base_url}` is not the address of a site",
            "write it like https://www.example.org",
        )
    if not _is_time_zone(values.get("timezone", "UTC")):
        tell("timezone", f"`timezone`: no time zone is called `{values['timezone']}`", "write it like Europe/Paris")
    if not _is_language(values.get("language", "fr")):
        tell("language", f"`language`: no language is called `{values['language']}`", "write it like fr, en or pt-BR")
    if not 1 <= values.get("per_page", 1) <= 1000:
        tell("per_page", f"`per_page`: expected 1 to 1000, found `{values['per_page']}`", "10 is usual")
    for key in ("menu", "footer", "social", "partners"):
        for link in values.get(key, ()):
            if not LINK.fullmatch(link.url):
                tell(key, f"`{key}`: `{link.url}` leads nowhere", "start it with https:// or, inside the site, with /")
    if problems:
        return NAMELESS, sorted(problems)
    return Site(**{**values, "base_url": base_url.rstrip("/")}), []


def parse_glossary(data: bytes, path: str) -> tuple[tuple[Term, ...], list[Problem]]:
    """Read the list of terms that `data` holds."""
    text, problems = plain_text.decode(data, path)
    if problems or not text.strip():
        return (), problems
    # Under a key of its own the list becomes a mapping, which is what `fields` reads.
    node, problems = yaml_text.read(f"glossary:\n{text}", path, 0)
    if problems:
        return (), problems
    values, _, problems = fields.read(node, GlossaryFile, path, 0)
    return values.get("glossary", ()), problems


def check_glossary(terms: tuple[Term, ...], path: str) -> list[Problem]:
    """Return a problem for each word that two entries explain, or that cannot be one."""
    problems = []
    owners: dict[str, str] = {}
    for term in terms:
        for word in (term.word, *term.also):
            if not any(letter.isalnum() for letter in word):
                problems.append(Problem(Place(path), f"the glossary explains `{word}`, which is no word", "remove it"))
            first = owners.setdefault(word.casefold(), term.word)
            if first != term.word:
                what = f"the glossary explains `{word}` twice, under `{first}` and `{term.word}`"
                problems.append(Problem(Place(path), what, "keep it in one entry"))
    return problems


def _is_time_zone(name: str) -> bool:
    try:
        ZoneInfo(name)
    except (OSError, ValueError, KeyError):  # a folder, a path that climbs, an unknown name
        return False
    return True


def _is_language(tag: str) -> bool:
    try:
        Locale.parse(tag, sep="-")
    except (UnknownLocaleError, ValueError):
        return False
    return True
