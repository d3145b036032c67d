"""A text and what it may name → its Manuscript, and its Body."""

import re
from collections.abc import Collection, Iterable, Mapping

from msgspec import Struct
from msgspec.structs import replace

from labo_ssg.markup import body as markup
from labo_ssg.markup import glossary
from labo_ssg.model import (
    NO_BODY,
    Article,
    Body,
    Comment,
    Engine,
    Kind,
    Manuscript,
    Markup,
    Section,
    Site,
    Target,
    Typography,
)
from labo_ssg.pages import links, urls
from labo_ssg.pages.links import Addresses
from labo_ssg.problems import Place, Problem

NOWHERE = "check the path; a draft or an article of a later date cannot be linked to"

Links = Mapping[str, Target]
"""What internal references lead to, with addresses as links from any page."""


class Desk(Struct, frozen=True):
    """What all manuscripts of a site share: of its settings, those that shape texts, and every form of its glossary.

    `words` are the anchors of terms by their forms, `meanings` the definitions by anchor.
    """

    language: str
    typography: Typography
    engine: Engine
    words: dict[str, str]
    meanings: dict[str, str]


def desk(site: Site) -> Desk:
    """Return what the manuscripts of `site` are made with."""
    anchors = [urls.slug(term.word) for term in site.glossary]
    meanings = {anchor: term.definition for anchor, term in zip(anchors, site.glossary, strict=True)}
    words = glossary.forms(site.glossary, anchors)
    return Desk(site.language, site.typography, site.markdown.engine, words, meanings)


def find_links(known: Addresses, references: Iterable[str], folder: tuple[str, ...], site_url: str) -> Links:
    """Return what those of the `references` of a text of `folder` that lead somewhere lead to."""
    found = ((reference, links.resolve(known, reference, folder)) for reference in references)
    return {reference: _rooted(target, site_url) for reference, target in found if target}


def render(manuscript: Manuscript, place: Place, problems: list[Problem]) -> Body:
    """Return the body of `manuscript`; add to `problems` what is wrong, by the line from `place` on."""
    try:
        body = markup.render_body(manuscript)
    except markup.Unrenderable as error:
        problems.append(Problem(place, str(error), "make its structure simpler, or split it"))
        return NO_BODY
    if manuscript.kind == "comment":  # what a visitor wrote is kept as it is, dead links lose their address
        return body
    for reference in body.broken:
        line = manuscript.text.count("\n", 0, _position(reference, manuscript.text))
        what = f"the link to `{reference}` leads nowhere"
        problems.append(Problem(replace(place, line=place.line + line), what, NOWHERE))
    return body


def _position(reference: str, text: str) -> int:
    """Return where `text` leads to `reference`, as it is written or as SPIP's shortcuts shorten it."""
    number = re.sub(r"^\D+", "", reference)
    forms = [rf"(?:\]\(\s*<?|\]:\s*<?|=\s*[\"']?|->>?\s*){re.escape(reference)}", re.escape(reference)]
    forms += [rf"(?:->>?|<)\s*[^\W\d]*\s*{re.escape(number)}\b"] if number else []
    found = (re.search(form, text) for form in forms)
    return next((match.start() for match in found if match), 0)


def of_article(at: Desk, article: Article, text: str, links: Links) -> Manuscript:
    """Return the manuscript of the `text` of `article`."""
    manuscript = _manuscript(at, text, article.markup, "article", article.language, "", links)
    said = glossary.find(article.description, at.words).values()  # in the lead, which comes first
    return _explained(at, manuscript, said)


def of_lead(at: Desk, article: Article, links: Links) -> Manuscript:
    lead = _manuscript(at, article.description, article.markup, "article", article.language, "lead", links)
    return _explained(at, lead, ())


def of_comment(at: Desk, comment: Comment, text: str, language: str, links: Links) -> Manuscript:
    # The ids inside a comment start as no comment's own does.
    return _manuscript(at, text, "spip", "comment", language, f"in-{urls.anchor(comment)}", links)


def of_section(at: Desk, section: Section, links: Links) -> Manuscript:
    return _manuscript(at, section.text, section.markup, "article", at.language, "", links)


def of_text(at: Desk, text: str, written_in: Markup, kind: Kind, links: Links) -> Manuscript:
    """Return the manuscript of a text that has no header."""
    return _manuscript(at, text, written_in, kind, at.language, "", links)


def _explained(at: Desk, manuscript: Manuscript, said: Collection[str]) -> Manuscript:
    """Return `manuscript` with the meanings that paper shows: those of the terms that were not `said` before it."""
    meanings = {anchor: at.meanings[anchor] for anchor in manuscript.words.values() if anchor not in said}
    return replace(manuscript, meanings=meanings)


def _manuscript(
    at: Desk, text: str, written_in: Markup, kind: Kind, language: str, anchor: str, links: Links
) -> Manuscript:
    words = glossary.find(text, at.words)
    # What is no Markdown does not change with its engine.
    engine: Engine = at.engine if written_in == "markdown" else "python-markdown"
    return Manuscript(text, written_in, kind, language, at.typography, dict(links), words, {}, anchor, engine)


def _rooted(target: Target, site_url: str) -> Target:
    """Return `target` with its addresses as links from any page of the site at `site_url`."""
    picture = target.picture
    if picture:
        variants = tuple(replace(one, url=urls.href(site_url, one.url)) for one in picture.variants)
        picture = replace(picture, variants=variants)
    return replace(target, url=urls.href(site_url, target.url), picture=picture)
