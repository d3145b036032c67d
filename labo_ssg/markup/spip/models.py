"""The models `<img3>`, `<doc12|center>`, `<emb4>`: a document of the site shown in the text.

A model of something else, or of a document that nobody knows, is shown as it is written.
"""

import re
from collections.abc import Mapping
from html import escape

from labo_ssg.markup.spip import links
from labo_ssg.markup.spip.nodes import Atom, Block
from labo_ssg.markup.spip.tags import attribute
from labo_ssg.model import Target

_MODEL = re.compile(r"<([A-Za-z_-]{3,})\s*(?:([0-9]+)\s*)?(\|[^<>]*)?>")
_PICTURE = re.compile(r"\.(?:avif|gif|jpe?g|png|svg|webp)(?:$|[?#])", re.IGNORECASE)
_ALIGNMENT = re.compile(r"\|\s*(left|center|right)\b")
_TITLE = re.compile(r"\|\s*titre=([^|<>]*)")
_DOCUMENTS = frozenset({"img", "doc", "emb"})


def is_model(tag: str) -> bool:
    """Tell whether `tag` has the form of a model: a name of three letters, a number or a parameter."""
    match = _MODEL.fullmatch(tag)
    return match is not None and (match[2] is not None or match[3] is not None)


def read(tag: str, documents: Mapping[str, Target]) -> Atom | Block:
    """Return the document that the model `tag` shows."""
    match = _MODEL.fullmatch(tag)
    target = None
    if match and match[1] in _DOCUMENTS and match[2]:
        target = documents.get(f"document{match[2]}")
    if match is None or target is None or not target.url:
        return Atom(f"<tt>{escape(tag)}</tt>")
    alignment = _ALIGNMENT.search(match[3] or "")
    place = f' class="spip_documents spip_documents_{alignment[1]}"' if alignment else ' class="spip_documents"'
    titled = _TITLE.search(match[3] or "")
    title = escape(titled[1].strip() if titled else target.title, quote=False)
    if not _PICTURE.search(target.url):
        shown, caption = f"<a{attribute('href', target.url)}>{title or escape(target.url)}</a>", ""
    else:
        shown = f"<img{attribute('src', target.url)}{attribute('alt', target.title)} />"
        caption = title if match[1] == "doc" or titled else ""
    below = f"<figcaption><strong>{caption}</strong></figcaption>" if caption else ""
    return Block(f"<figure{place}>{shown}{below}</figure>")


def references(text: str) -> list[tuple[int, str]]:
    """Return the place and the canonical name of each document that a model of `text` shows."""
    found = ((match.start(), match) for match in _MODEL.finditer(text) if match[1] in _DOCUMENTS and match[2])
    return [(at, f"{links.TYPES[match[1]]}{match[2]}") for at, match in found]
