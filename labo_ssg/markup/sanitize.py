"""The one door to the page: nh3's allow-lists, and the only maker of Html.

`article` trusts an editor with structure, `comment` trusts a visitor with text.
Neither lets a script, a style or a scheme of the unknown through. What isn't
on a list is dropped; the text inside it stays.
"""

import re

import nh3

from labo_ssg.model import Html

SCHEMES = frozenset({"http", "https", "mailto", "tel", "ftp"})

_INLINE = frozenset(
    "a abbr acronym b bdi bdo big br cite code del dfn em font i img ins kbd mark q rp rt ruby s samp small span "
    "strike strong sub sup time tt u var wbr".split()
)
_BLOCK = frozenset(
    "address blockquote caption center dd details div dl dt figcaption figure h1 h2 h3 h4 h5 h6 hr li ol p pre summary "
    "table tbody td textarea tfoot th thead tr ul".split()
)
_EDITORS = frozenset("article aside audio col colgroup footer header hgroup picture section source track video".split())
# Dropped with all that they hold; nh3 asks that they stand in no list of tags.
_SILENT = frozenset("script style title iframe object embed noscript template svg math select".split())

VISITORS_TAGS = _INLINE | _BLOCK
EDITORS_TAGS = VISITORS_TAGS | _EDITORS

_ATTRIBUTES = {
    "a": {"href", "hreflang", "title"},
    "abbr": {"title"},
    "acronym": {"title"},
    "bdo": {"dir"},
    "blockquote": {"cite"},
    "dfn": {"title"},
    "del": {"cite", "datetime"},
    "details": {"open"},
    "font": {"color"},
    "img": {"alt", "height", "src", "title", "width"},
    "ins": {"cite", "datetime"},
    "ol": {"start"},
    "q": {"cite", "title"},
    "td": {"colspan", "headers", "rowspan"},
    "textarea": {"cols", "readonly", "rows"},
    "th": {"colspan", "headers", "rowspan", "scope"},
    "time": {"datetime"},
}
_EDITORS_ATTRIBUTES = {
    "a": {"download", "rel"},
    "audio": {"controls", "loop", "muted", "preload", "src"},
    "col": {"span"},
    "colgroup": {"span"},
    "img": {"decoding", "loading", "sizes", "srcset"},
    "ol": {"reversed", "type"},
    "source": {"media", "sizes", "src", "srcset", "type"},
    "track": {"default", "kind", "label", "src", "srclang"},
    "video": {"controls", "height", "loop", "muted", "playsinline", "poster", "preload", "src", "width"},
}
# The classes that our own engine sets; they are harmless when a visitor writes them.
_ENGINE_CLASSES = {
    "a": {"spip_note", "spip_url", "spip_glossaire"},
    "blockquote": {"spip_poesie"},
    "code": {"spip_code"},
    "pre": {"spip_code"},
    "span": {"spip-puce", "spip_note_ref"},
    "textarea": {"spip_cadre"},
}

_AMPERSAND = "\ufffe"  # stands in for &amp;
_SLOW = "".join(map(chr, range(0xA0, 0xC0)))
_SHIFT = 0xFDD0 - 0xA0  # from the ones to the others: Unicode has 32 noncharacters in a row

_SCHEME = re.compile(r"[^/?#]*?:")
_IGNORED_IN_URLS = re.compile("[\x00-\x20]+")
# The ids that our own engine sets, of notes and of headings.
_NOTE = re.compile(r"(?:[A-Za-z0-9_.-]+-)?n[bh][A-Za-z0-9_.-]+")
_HEADING = re.compile(r"[A-Za-z0-9_.-]+-h[0-9]+")
_ADDRESSES = frozenset({"cite", "href", "poster", "src"})


def safe_url(url: str) -> bool:
    """Whether `url`, with its entities decoded, is relative or of a known scheme, however a browser reads it."""
    scheme = _SCHEME.match(_IGNORED_IN_URLS.sub("", url))
    return scheme is None or scheme.group()[:-1].lower() in SCHEMES


def _editors_attribute(_element: str, attribute: str, value: str) -> str | None:
    if attribute in _ADDRESSES:
        return value if safe_url(value) else None
    if attribute == "srcset":
        return value if all(safe_url(part) for part in value.split(",")) else None
    return value


def _visitors_attribute(element: str, attribute: str, value: str) -> str | None:
    if attribute == "id":
        form = _NOTE if element in ("a", "div") else _HEADING
        return value if form.fullmatch(value) else None
    return _editors_attribute(element, attribute, value)


def _merged(*tables: dict[str, set[str]]) -> dict[str, set[str]]:
    names = {name for table in tables for name in table}
    return {name: set[str]().union(*(table.get(name, set()) for table in tables)) for name in names}


_ARTICLE = nh3.Cleaner(
    tags=set(EDITORS_TAGS),
    clean_content_tags=set(_SILENT),
    attributes=_merged(
        _ATTRIBUTES,
        _EDITORS_ATTRIBUTES,
        {
            "*": {
                "align",
                "aria-hidden",
                "aria-label",
                "aria-describedby",
                "class",
                "dir",
                "id",
                "lang",
                "role",
                "title",
            }
        },
    ),
    attribute_filter=_editors_attribute,
    link_rel=None,
    url_schemes=set(SCHEMES),
)
_COMMENT = nh3.Cleaner(
    tags=set(VISITORS_TAGS),
    clean_content_tags=set(_SILENT),
    attributes=_merged(_ATTRIBUTES, {"*": {"align", "id", "lang", "title"}, "a": {"role"}, "textarea": {"aria-label"}}),
    attribute_filter=_visitors_attribute,
    link_rel="nofollow ugc noopener",
    url_schemes=set(SCHEMES),
    allowed_classes=_ENGINE_CLASSES,
)


def article(html: str) -> Html:
    """Return the safe part of an editor's HTML: structure, media, ids and classes."""
    return _clean(_ARTICLE, html)


def comment(html: str) -> Html:
    """Return the safe part of a visitor's HTML; its links are `nofollow ugc noopener`."""
    return _clean(_COMMENT, html)


def _clean(cleaner: nh3.Cleaner, html: str) -> Html:
    """Clean `html`, in linear time.

    Ammonia's grows with the square of the ampersands of a text and of the signs from U+00A0 to U+00BF, guillemets
    among them. Noncharacters stand in for these meanwhile; to the parser they are letters like any other, so that
    what they hide (`javascript&amp;colon;`) is no more than letters before, during and after.
    """
    if "&" in html:
        html = html.replace("&nbsp;", "\u00a0").replace("&#160;", "\u00a0").replace("&amp;", _AMPERSAND)
    signs = [sign for sign in _SLOW if sign in html] if not html.isascii() else []
    for sign in signs:
        html = html.replace(sign, chr(ord(sign) + _SHIFT))
    html = cleaner.clean(html)
    for sign in signs:
        html = html.replace(chr(ord(sign) + _SHIFT), sign)
    return Html(html.replace("\u00a0", "&nbsp;").replace(_AMPERSAND, "&amp;"))
