"""Where the links of a message lead: the names of hosts, friends among them, and those that hide another."""

import re
from collections.abc import Iterable

LONGEST = 253  # characters of a host name (RFC 1035 § 2.3.4, as it is written)

_TYPED = re.compile(r"((?:[hH][tT]{2}[pP][sS]?://|[fF][tT][pP]://|\b[wW]{3}\.)[^\s<>\"'\])|]++)")

SHORTENERS = frozenset(
    "adf.ly bit.do bit.ly bitly.com bl.ink buff.ly clck.ru cli.re cutt.ly dub.sh goo.gl is.gd lc.cx lnk.to lnkd.in "
    "ow.ly rb.gy rebrand.ly s.id short.io shorte.st shorturl.at surl.li t.co t.ly t2m.io tiny.cc tinyurl.com u.to "
    "urlz.fr v.gd vu.fr".split()
)

_IGNORED = re.compile(r"[\x00-\x20]+")  # by browsers (URL standard, § 4.4)
_SENTENCE = ".,;!…»”’)'\"\u00a0"  # what follows an address in a sentence, and is no part of it
_AUTHORITY = re.compile(r"(?:(?:https?|ftp):/*|//+)([^/?#]*)", re.IGNORECASE)


def host(url: str) -> str:
    """Return the name of the host that a browser asks for `url`, "" where it stays on the site or is no web page."""
    url = _IGNORED.sub("", url).replace("\\", "/")
    match = _AUTHORITY.match(f"http://{url}" if url[:4].lower() == "www." else url)
    name = match[1].rpartition("@")[2] if match else ""
    name = name.partition("]")[0] + "]" if name.startswith("[") else name.partition(":")[0]
    return _in_ascii(name[:LONGEST]).lower().strip(_SENTENCE)


def typed(text: str) -> tuple[str, list[str]]:
    """Return `text` without the web addresses that were typed in it, and these."""
    parts = _TYPED.split(text)
    return " ".join(parts[::2]), parts[1::2]


def is_among(name: str, domains: frozenset[str]) -> bool:
    """Tell whether the host `name` is one of `domains` (see `domains`), or below one."""
    labels = name.split(".")
    return any(".".join(labels[at:]) in domains for at in range(len(labels)))


def domains(names: Iterable[str]) -> frozenset[str]:
    """Return `names` as they are compared: a site is its own friend with and without www."""
    return frozenset(host(f"//{name.strip().strip('.')}").removeprefix("www.") for name in names) - {""}


def is_number(name: str) -> bool:
    """Tell whether a host is called by its IP address, in any of the ways that browsers read (URL standard, § 3.5)."""
    last = name.rpartition(".")[2]
    return name.startswith("[") or last.isdigit() or last.startswith("0x")


def _in_ascii(name: str) -> str:
    if name.isascii():
        return name
    try:
        return name.encode("idna").decode("ascii")
    except UnicodeError:
        return name
