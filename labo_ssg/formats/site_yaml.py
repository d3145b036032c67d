"""`site.yaml` → Site, and `content/glossaire.yaml` → the terms of the glossary."""

import re
from collections.abc import Callable, Collection, Iterator, Sequence
from importlib.util import find_spec
from ipaddress import ip_network
from typing import Any, get_args
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

from babel import Locale, UnknownLocaleError

from labo_ssg.formats import fields, plain_text, repository, theme_settings, yaml_text
from labo_ssg.model import CommentSettings, Discussion, Engine, Forge, InboxSettings, Repository, Site, Term
from labo_ssg.problems import Place, Problem

BASE_URL = re.compile(r"https?://[^\s/?#\"'<>\\]+(/[^\s?#\"'<>\\]*)?")
LINK = re.compile(r"(https?://|mailto:|tel:|/)[^\s\"'<>]*")
PAGE = re.compile(r"(https?://|/)[^\s\"'<>]*")
ORIGIN = re.compile(r"https?://[^\s/?#@\"'<>\\]+")
KEY = re.compile(r"[A-Za-z0-9_-]{43}")
EMAIL = re.compile(r"[^@\s<>,;:\"()]+@[^@\s<>,;:\"()]+")
BOT = re.compile(r"[^<>\n]+ <[^@\s<>]+@[^@\s<>]+>")
SERVER = re.compile(r"(smtp|smtps|smtp\+starttls)://[^\s/]+")
STORE = re.compile(r"memory://|rediss?://\S+")
LONGEST = 20_000  # characters of a message; a whole form has 20 KB
OUTSIDE = "start it with https:// or, inside the site, with /"
BY_MAIL, NEW_FILE = "mailto:", "new-file"

ENGINES = {"python-markdown": "markdown", "commonmark": "pyromark"}  # the packages that they are
FAST = "pip install 'labo-ssg[fast]'"

NAMELESS = Site(title="", base_url="https://example.org")  # stands in for settings that cannot be read


def parse(data: bytes, path: str) -> tuple[Site, tuple[Place, ...], list[Problem]]:
    """Read the settings, and the place of each term of their glossary.

    Where a setting is wrong or missing its default stands in.
    """
    text, problems = plain_text.decode(data, path)
    if problems:
        return NAMELESS, (), problems
    node, problems = yaml_text.read(text, path)
    if problems:
        return NAMELESS, (), problems
    if node:
        _lengthen(node)
    values, lines, _, problems = fields.read(node, Site, path)
    refused = set()

    def tell(key: str, what: str, hint: str) -> None:
        refused.add(key)
        problems.append(Problem(Place(path, lines.get(key, 1)), f"`{key}`: {what}", hint))

    _check(values, lines, tell)
    if "theme" in values:
        values["theme"], more = theme_settings.check(values["theme"], node, path)
        problems += more
    kept: dict[str, Any] = {"title": "", "base_url": NAMELESS.base_url}
    kept |= {key: value for key, value in values.items() if key not in refused}
    site = Site(**{**kept, "base_url": kept["base_url"].rstrip("/")})
    inside = yaml_text.find(node, "glossary") if node else None
    return site, _places(inside, path) if site.glossary else (), sorted(problems)


def _lengthen(node: yaml_text.Mapping) -> None:
    """Write in full what may be written in short: `comments: new-file`, `comments: off`, `repository: https://…`."""
    for at, (key, value) in enumerate(node.value):
        if isinstance(value, yaml_text.Scalar) and not yaml_text.is_null(value):
            if key.value == "comments":
                name = "default" if value.value in get_args(Discussion) else "inbox"
                node.value[at] = (key, yaml_text.under(name, value))
            elif key.value == "repository":
                node.value[at] = (key, yaml_text.under("url", value))


def _check(values: dict[str, Any], lines: Collection[str], tell: fields.Tell) -> None:
    """Tell what in the settings has the right type and means nothing; `lines` has every key that is there."""
    if values.get("title") == "":
        tell("title", "expected text, found nothing", "a site needs a title")
    if "base_url" in values and not _is_base_url(values["base_url"]):
        tell(
            "base_url", f"`{values['base_url']}` is not the address of a site", "write it like https://www.example.org"
        )
    if not _is_time_zone(values.get("timezone", "UTC")):
        tell("timezone", f"no time zone is called `{values['timezone']}`", "write it like Europe/Paris")
    if not _is_language(values.get("language", "fr")):
        tell("language", f"no language is called `{values['language']}`", "write it like fr, en or pt-BR")
    if not 1 <= values.get("per_page", 1) <= 1000:
        tell("per_page", f"expected 1 to 1000, found `{values['per_page']}`", "10 is usual")
    if "markdown" in values and not is_installed(values["markdown"].engine):
        tell("markdown", f"the engine {values['markdown'].engine} is not installed", FAST)
    for key, url in _links(values):
        if not LINK.fullmatch(url):
            tell(key, f"`{url}` leads nowhere", OUTSIDE)
    for partner in values.get("partners", ()):
        if partner.logo and not PAGE.fullmatch(partner.logo):
            tell("partners", f"the logo `{partner.logo}` is nowhere", OUTSIDE)
    if "repository" in values:
        values["repository"] = repository.settle(values["repository"], tell)
    if "comments" in values:
        _check_comments(values["comments"], tell)
        where = values.get("repository")
        if values["comments"].inbox == NEW_FILE and (where or "repository" not in lines):
            _check_forge(where, tell)
    if "inbox" in values:
        _check_inbox(values["inbox"], tell)
        if values["inbox"].mailbox == "pull-request" and values.get("repository"):  # else it is what git calls origin
            _check_host(values["repository"], tell)


def _check_comments(comments: CommentSettings, tell: fields.Tell) -> None:
    address = comments.inbox.removeprefix(BY_MAIL)
    if address != comments.inbox:
        if not EMAIL.fullmatch(address):
            tell("comments", f"`{address}` is not an e-mail address", "write mailto:name@example.org, nothing after it")
    elif comments.inbox != NEW_FILE and not PAGE.fullmatch(comments.inbox):
        what = f"`{comments.inbox}` cannot be the address of an inbox"
        tell("comments", what, f"{OUTSIDE}; without a server, write mailto:name@example.org or new-file")
    if not 1 <= comments.shortest <= comments.longest <= LONGEST:
        found = f"from {comments.shortest} to {comments.longest} characters"
        tell("comments", f"no message can have {found}", f"`shortest` and `longest` go from 1 to {LONGEST:,}")
    if comments.key and not KEY.fullmatch(comments.key):
        tell("comments", f"`{comments.key}` is not the public key of moderators", "run `labo keys new`")


def _check_forge(where: Repository | None, tell: fields.Tell) -> None:
    """Tell what keeps visitors from being led to the forge on which they write a file."""
    if where is None:
        tell("comments", "new-file: where that file goes is not said", "add `repository: https://github.com/…/…`")
    else:
        _check_host(where, tell)


def _check_host(where: Repository, tell: fields.Tell) -> None:
    if where.forge is None:
        what = f"what speaks at {urlsplit(where.url).hostname} cannot be told from its name"
        tell("repository", what, f"add `forge:`, one of {', '.join(get_args(Forge))}: {{url: …, forge: …}}")


def _check_inbox(inbox: InboxSettings, tell: fields.Tell) -> None:
    for origin in inbox.origins:
        if not ORIGIN.fullmatch(origin):
            tell("inbox", f"`origins`: `{origin}` is not an origin", "write it like https://www.example.org, no path")
    for proxy in inbox.proxies:
        if not _is_network(proxy):
            tell("inbox", f"`proxies`: `{proxy}` is not an address", "write it like 127.0.0.1 or 10.0.0.0/8")
    if not BOT.fullmatch(inbox.bot):
        tell("inbox", f"`bot`: `{inbox.bot}` is no author of a commit", "write it like Labo <inbox@example.org>")
    notices, pace = inbox.notices, inbox.pace
    for address in (*notices.to, *filter(None, [notices.sender])):
        if not EMAIL.fullmatch(address):
            tell("inbox", f"`notices`: `{address}` is not an e-mail address", "write it like name@example.org")
    if notices.to and not notices.sender:
        tell("inbox", "`notices`: `sender` is missing", "add `sender: inbox@…`, an address that your server may use")
    if not SERVER.fullmatch(notices.server):
        tell("inbox", f"`notices`: `{notices.server}` is no mail server", "write it like smtps://name@mail.example.org")
    if min(pace.sender, pace.article, pace.requests) < 1 or inbox.screen.links < 0:
        tell("inbox", "`pace` and `screen` count messages, requests and links", "write numbers of 1 or more")
    if not STORE.fullmatch(pace.store):
        tell("inbox", f"`pace`: `{pace.store}` is no store", "write memory:// or redis://host:6379")


def is_installed(engine: Engine) -> bool:
    """Tell whether the package of an engine of Markdown is there; it is not imported."""
    return find_spec(ENGINES[engine]) is not None


def _links(values: dict[str, Any]) -> Iterator[tuple[str, str]]:
    for key in ("menu", "footer", "social", "partners", "glossary"):
        yield from ((key, one.url) for one in values.get(key, ()) if one.url or key != "glossary")


def parse_glossary(data: bytes, path: str) -> tuple[tuple[Term, ...], tuple[Place, ...], list[Problem]]:
    """Read the list of terms that `data` holds, and the place of each."""
    text, problems = plain_text.decode(data, path)
    node, more = yaml_text.read_any(text, path)
    if problems or more or node is None:
        return (), (), problems or more
    terms, problems = fields.read_list(node, Term, "glossary", path)
    places = _places(node, path) if terms else ()
    for term, place in zip(terms, places, strict=True):
        if term.url and not LINK.fullmatch(term.url):
            problems.append(Problem(place, f"`glossary`: `{term.url}` leads nowhere", OUTSIDE))
    return terms, places, problems


def check_glossary(terms: Sequence[Term], places: Sequence[Place], anchor: Callable[[str], str]) -> list[Problem]:
    """Return a problem for each word that two entries explain, or that cannot be one.

    `anchor` names the place of a word on the glossary's page: no two entries share one.
    """
    problems = []
    owners: dict[str, int] = {}
    anchors: dict[str, int] = {}
    for at, (term, place) in enumerate(zip(terms, places, strict=True)):
        doubles = set()
        for word in (term.word, *term.also):
            if not any(letter.isalnum() for letter in word):
                problems.append(Problem(place, f"the glossary explains `{word}`, which is no word", "remove it"))
            elif (first := owners.setdefault(word.casefold(), at)) != at:
                doubles.add(first)
                what = f"the glossary explains `{word}` twice, here and at {places[first]}"
                problems.append(Problem(place, what, "keep it in one entry"))
        first = anchors.setdefault(anchor(term.word), at)
        if first != at and first not in doubles:
            what = f"the words `{term.word}` and `{terms[first].word}` would share an address of the glossary"
            problems.append(Problem(place, what, f"rename one or join the two, the other is at {places[first]}"))
    return problems


def _places(node: yaml_text.Node | None, path: str) -> tuple[Place, ...]:
    """Return the place of each item of a list."""
    items = node.value if isinstance(node, yaml_text.Sequence) else []
    return tuple(Place(path, item.start_mark.line + 1) for item in items)


def _is_base_url(url: str) -> bool:
    try:
        parts = urlsplit(url)
        return bool(BASE_URL.fullmatch(url) and parts.hostname and parts.port != 0)
    except ValueError:  # a port that is none, brackets around no address
        return False


def _is_network(text: str) -> bool:
    try:
        ip_network(text)
    except ValueError:
        return False
    return True


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
