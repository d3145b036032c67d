"""The shortcuts in square brackets that lead somewhere, bare addresses, and references between articles.

The rules are those of SPIP's `inc/lien.php` and `inc/autoliens.php`.
"""

import re
from collections.abc import Mapping
from html import unescape
from typing import NamedTuple
from urllib.parse import quote

from labo_ssg.markup import sanitize
from labo_ssg.markup.spip.languages import LANGUAGES
from labo_ssg.markup.spip.nodes import BLANKS
from labo_ssg.model import Target

SHOWN = 50
"""An address longer than this is shown cut."""
CUT = 35

# Brackets may stand in the text in pairs, one deep; the first arrow counts.
LINK = r"\[(?P<label>[^][]*?(?:\[[^][]*\][^][]*)*)->>?(?P<to>[^]]*)\]"
GLOSSARY = r"\[\?(?P<term>[^][<>\x02]+)\]"
ANCHOR = r"\[#?(?P<place>[^][\x02]*)<-\]"
ABBREVIATION = r"\[(?P<short>[^|\[\]<>\x02]+)\|(?P<long>[^|\[\]{<>\x02]+)(?:\{(?P<language>[a-z]+)\})?\]"
ADDRESS = r"""(?:[Hh][Tt]{2}[Pp][Ss]?:/|[Ww]{3}\.)[^"'\s\[\]})<>\x02]*"""

_CODE = re.compile(r"\{([a-z_]*)\}$")
_REFERENCE = re.compile(r"([^\W\d]*)\s*([0-9]+)(?:\?([^#]*))?(?:#(\S*))?")
_TERM = re.compile(r"([^|#{]*\w[^|#{]*)([^#]*)(?:#([^|{}]*))?(.*)", re.DOTALL)
_SCHEME_ALONE = re.compile(r"\s*(?:https?:?/?/?|mailto:?)\s*", re.IGNORECASE)
_MAIL = re.compile(r"[^()<>@,;:\\\"/\s]+@(?:[-_0-9a-z]+\.)+[0-9a-z]+", re.IGNORECASE)
_PROTOCOL = re.compile(r"(https?):/*")
_DOMAIN = re.compile(
    r"(?:(?:[^\W_](?:(?:[^\W_]|-){0,61}[^\W_,])?\.)+[a-z0-9]{2,6}|localhost)\b", re.ASCII | re.IGNORECASE
)
_LINE_ENDS = re.compile(r"[\t\n\r]+")

TYPES = {
    "": "article",
    "art": "article",
    "article": "article",
    "rub": "rubrique",
    "rubrique": "rubrique",
    "br": "breve",
    "breve": "breve",
    "brève": "breve",
    "aut": "auteur",
    "auteur": "auteur",
    "mot": "mot",
    "site": "site",
    "doc": "document",
    "document": "document",
    "im": "document",
    "img": "document",
    "image": "document",
    "emb": "document",
}
"""The names of the things that a reference may name."""


class Reference(NamedTuple):
    """What `article12?lang=en#notes` names."""

    type: str
    number: str
    query: str
    fragment: str

    @property
    def canonical(self) -> str:
        return self.type + self.number

    def of(self, url: str) -> str:
        """Return `url`, the thing's own, with the query and the fragment of this reference."""
        if self.query:
            url += ("&" if "?" in url else "?") + self.query
        return f"{url}#{self.fragment}" if self.fragment else url


def reference(written: str) -> Reference | None:
    """Return what `written` names if it has the form of an internal reference."""
    match = _REFERENCE.fullmatch(written.strip())
    if match is None or match[1] not in TYPES:
        return None
    return Reference(TYPES[match[1]], match[2], match[3] or "", match[4] or "")


class Label(NamedTuple):
    """The text of a link and what it says about its target: `text|title{language}`."""

    text: str
    title: str
    language: str


def label(written: str, language: str) -> Label:
    """Split the text of a link; `{}` stands for `language`, an unknown code stays in the text."""
    match = _CODE.search(written)
    text = written[: match.start()] if match else written
    bar = text.find("|", max(text.rfind("<"), text.rfind(">"), text.rfind("\x04")) + 1)
    title = text[bar + 1 :] if bar >= 0 else ""
    text = text[:bar] if bar >= 0 else text
    if "\n" in text.strip(BLANKS):
        return Label(written.strip(BLANKS), "", "")
    code = match[1] or language if match else title
    if match and code not in LANGUAGES:
        text += match[0]
    return Label(text.strip(BLANKS), title, code if code in LANGUAGES else "")


class Destination(NamedTuple):
    """Where a link leads, and what it shows by itself. `verbatim` asks that `text` isn't typeset."""

    url: str
    text: str
    verbatim: bool


def destination(written: str, links: Mapping[str, Target]) -> Destination:
    """Return where `written`, the part behind the arrow, leads; its `url` is "" where it leads nowhere."""
    named = reference(written)
    target = look_up(links, named.canonical) if named else None
    if named and target:
        return Destination(named.of(target.url) if target.url else "", target.title or _title(named), verbatim=False)
    path, mark, fragment = written.strip().partition("#")
    target = look_up(links, path) if path else None
    if target:
        return Destination(target.url and target.url + mark + fragment, target.title or path, verbatim=False)
    return Destination("", _title(named), verbatim=False) if named else external(written)


def look_up(links: Mapping[str, Target], key: str) -> Target | None:
    """Return the target of `key`; a mapping may answer for keys that it doesn't hold (`__missing__`)."""
    try:
        return links[key]
    except KeyError:
        return None


def _title(named: Reference) -> str:
    return f"{'Auteur :' if named.type == 'auteur' else named.type} {named.number}"


def external(written: str) -> Destination:
    """Return the address `written` mended, with the text that shows it."""
    url = _LINE_ENDS.sub("", unescape(written.strip()))
    if _SCHEME_ALONE.fullmatch(url):
        return Destination("", "", verbatim=True)
    text = shown(url.replace('"', ""))
    if url.startswith("www.") and "@" not in url:
        url = "http://" + url
    elif _MAIL.fullmatch(url):
        url = "mailto:" + url
    return Destination(url if sanitize.safe_url(url) else "", text, verbatim=True)


def shown(url: str) -> str:
    """Return `url` as a reader sees it: a long one is cut."""
    return url if len(url) <= SHOWN else url[:CUT] + "..."


def bare_address(written: str) -> tuple[str, str, str] | None:
    """Split a bare address into its url, its text and the sign behind it; None where it isn't one."""
    protocol = _PROTOCOL.match(written)
    rest = written[protocol.end() :] if protocol else written
    if _DOMAIN.match(rest) is None:
        return None
    tail = rest[-1] if rest[-1] in ",.;?|" else ""
    rest = rest.removesuffix(tail)
    url = f"{protocol[1] if protocol else 'http'}://{rest}"
    return unescape(url), unescape(url if protocol else rest), tail


class Term(NamedTuple):
    """A word that an encyclopedia explains: `[?word|title{language}#anchor]`."""

    label: Label
    url: str


def term(written: str, language: str) -> Term | None:
    """Return the term of `[?written]`, or None without a word in it."""
    match = _TERM.fullmatch(written.lstrip("? \t\n"))
    if match is None:
        return None
    found = label(match[1] + match[2] + match[4], language)
    anchor = (match[3] or "").rstrip("0123456789")
    page = quote(re.sub(r"\s+", "_", unescape(found.text)), safe="")
    url = f"https://{language.partition('-')[0]}.wikipedia.org/wiki/{page}"
    return Term(found._replace(title=found.title or anchor), url)
