"""The shape of every URL; no two pages share one.

A URL is a path of the site, ready to stand in a link: "/territoires/ptce/un-pole/".
"""

import re
import unicodedata
from functools import cache
from urllib.parse import quote, unquote, urlsplit

from labo_ssg.model import Article, Comment

HOME = "/"
GLOSSARY = "/glossaire/"
TAGS = "/tags/"
AUTHORS = "/authors/"
NOT_FOUND = "/404.html"
SITEMAP = "/sitemap.xml"
ROBOTS = "/robots.txt"
SEARCH = "/recherche/"
CARD = "/social.png"
FEED = "/feed.xml"
COMMENTS_FEED = "/comments/feed.xml"

_SPIP = re.compile(r"forum[0-9]+")  # the id of an imported message
_PLAIN = re.compile(r"[\w.~-]+", re.ASCII)  # what needs no quotes

LONGEST_NAME = 255  # bytes that most disks and servers allow between two slashes


@cache
def slug(text: str) -> str:
    """Return `text` as a part of a URL, not yet quoted: "L’économie sociale" → "l-economie-sociale".

    What has no ASCII form (a tag in Chinese) keeps its letters.
    """
    words = re.sub(r"[\W_]+", "-", text.casefold().replace("œ", "oe").replace("æ", "ae")).strip("-")
    ascii_letters = unicodedata.normalize("NFKD", words).encode("ascii", "ignore").decode()
    return re.sub(r"-{2,}", "-", ascii_letters).strip("-") or words or "-"


def section(path: tuple[str, ...]) -> str:
    return _folder(path)


def article(item: Article) -> str:
    return f"{_folder(item.section)}{_part(item.stem)}/"


def tag(name: str) -> str:
    return f"{TAGS}{_part(slug(name))}/"


def author(name: str) -> str:
    return f"{AUTHORS}{_part(slug(name))}/"


def numbered(url: str, number: int) -> str:
    """Return the address of page `number` (from 1) of the list at `url`."""
    return url if number == 1 else f"{url}page/{number}/"


def feed(url: str) -> str:
    return f"{url}feed.xml"


def comments_feed(article_url: str) -> str:
    return f"{article_url}comments.xml"


def asset(path: str) -> str:
    return "/" + "/".join(map(_part, path.split("/")))


def variant(path: str, width: int) -> str:
    """Return the address of the picture at `path` of the content, made `width` pixels wide."""
    return f"{asset(path)}.{width}.webp"


def card(article_url: str) -> str:
    return f"{article_url}social.png"


def reply(inbox: str, comment: Comment) -> str:
    """Return the address of the inbox's page on which `comment` is answered."""
    return f"{inbox.rstrip('/')}/reply/{_part(comment.article)}/{_part(comment.id)}"


def status(inbox: str) -> str:
    """Return the address of the inbox's page that says what became of a message."""
    return f"{inbox.rstrip('/')}/status"


def anchor(comment: Comment) -> str:
    """Return the id of a comment in its page; those of imported messages stay SPIP's own, `forum123`."""
    return comment.id if _SPIP.fullmatch(comment.id) else f"comment-{comment.id}"


def alias(written: str) -> tuple[str, str]:
    """Return the address that answers for an old one, and the old one's query.

    "/old" → "/old/", "/old.html" → itself, "/spip.php?article12" → "/spip.php/" and "article12".
    Only a name in .html is that of a file: servers would not send a page under another one as HTML.
    """
    path, _, query = written.partition("?")
    path = normal(path)
    return path if path.endswith((".html", ".htm")) else f"{path.rstrip('/')}/", query


def normal(path: str) -> str:
    """Return the one spelling of a path that may be quoted or not: "/é" → "/%C3%A9"."""
    return quote(unquote(path), safe="/")


def file(url: str) -> str:
    """Return the file of the output folder that answers to `url`."""
    path = (unquote(url) if "%" in url else url).removeprefix("/")
    return f"{path}index.html" if not path or path.endswith("/") else path


def base(site_url: str) -> str:
    """Return the path under which the site at `site_url` lives on its host, "" for the root."""
    return urlsplit(site_url).path


def href(site_url: str, url: str) -> str:
    """Return `url` as a link from any page of the site at `site_url`."""
    return base(site_url) + url if url.startswith("/") else url


def absolute(site_url: str, url: str) -> str:
    """Return `url` as other sites lead to it."""
    return site_url + url if url.startswith("/") else url


@cache
def _folder(parts: tuple[str, ...]) -> str:
    return "/" + "".join(f"{_part(part)}/" for part in parts)


def _part(part: str) -> str:
    return part if _PLAIN.fullmatch(part) else quote(part, safe="")
