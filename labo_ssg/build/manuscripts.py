"""Library → the Manuscript of every text, and its Body."""

import re
from collections.abc import Collection, Iterator
from concurrent.futures import Executor

from msgspec import Struct
from msgspec.structs import replace

from labo_ssg.build import steps
from labo_ssg.markup import body as markup
from labo_ssg.markup import glossary
from labo_ssg.model import (
    NO_BODY,
    Article,
    Bodies,
    Body,
    Comment,
    Engine,
    Kind,
    Library,
    Manuscript,
    Markup,
    Section,
    Site,
    Target,
)
from labo_ssg.pages import links, urls
from labo_ssg.pages.links import Addresses
from labo_ssg.problems import Place, Problem

NOWHERE = "check the path; a draft or an article of a later date cannot be linked to"


class Desk(Struct, frozen=True):
    """What is needed to make manuscripts: the settings, the addresses, every form of the glossary's words.

    `meanings` are the definitions by the anchor of their term.
    """

    site: Site
    known: Addresses
    words: dict[str, str]
    meanings: dict[str, str]


def desk(library: Library, known: Addresses) -> Desk:
    """Return what the manuscripts of `library` are made with."""
    terms = library.site.glossary
    anchors = [urls.slug(term.word) for term in terms]
    meanings = {anchor: term.definition for anchor, term in zip(anchors, terms, strict=True)}
    return Desk(library.site, known, glossary.forms(terms, anchors), meanings)


def write_bodies(library: Library, known: Addresses, pool: Executor | None) -> tuple[Bodies, list[Problem]]:
    """Render every text of `library`; return the bodies, and the links of the editors' texts that lead nowhere."""
    every = list(texts(library, desk(library, known)))
    problems: list[Problem] = []
    made = steps.write([manuscript for manuscript, _ in every], pool)
    done = (_settled(one, *text, problems) for one, text in zip(made, every, strict=True))  # in the order of texts()
    bodies = Bodies({}, {}, {}, {})
    for article in library.articles:
        bodies.articles[article.id] = next(done)
        bodies.leads[article.id] = next(done)
    for section in library.sections:
        bodies.sections[section.path] = next(done)
    for comment in library.comments:
        bodies.comments.setdefault(comment.article, {})[comment.id] = next(done)
    return bodies, problems


def texts(library: Library, at: Desk) -> Iterator[tuple[Manuscript, Place]]:
    """Yield every text of `library`, and where it starts."""
    for article in library.articles:
        yield of_article(at, article), article.place
        yield _of_lead(at, article), Place(article.place.path, article.lines.get("description", 1))
    for section in library.sections:
        yield _of_section(at, section), section.place
    languages = {article.id: article.language for article in library.articles}
    for comment in library.comments:
        yield of_comment(at, comment, languages[comment.article]), comment.place


def render(manuscript: Manuscript, place: Place, problems: list[Problem]) -> Body:
    """Return the body of `manuscript`; add to `problems` what is wrong, by the line from `place` on."""
    return _settled(next(steps.write([manuscript], None)), manuscript, place, problems)


def _settled(done: Body | str, manuscript: Manuscript, place: Place, problems: list[Problem]) -> Body:
    """Return the body that was made of `manuscript`, or none where a text says why there is none."""
    if isinstance(done, str):
        problems.append(Problem(place, done, "make its structure simpler, or split it"))
        return NO_BODY
    if manuscript.kind == "comment":  # what a visitor wrote is kept as it is, dead links lose their address
        return done
    for reference in done.broken:
        line = manuscript.text.count("\n", 0, _position(reference, manuscript.text))
        what = f"the link to `{reference}` leads nowhere"
        problems.append(Problem(replace(place, line=place.line + line), what, NOWHERE))
    return done


def _position(reference: str, text: str) -> int:
    """Return where `text` leads to `reference`, as it is written or as SPIP's shortcuts shorten it."""
    number = re.sub(r"^\D+", "", reference)
    forms = [rf"(?:\]\(\s*<?|\]:\s*<?|=\s*[\"']?|->>?\s*){re.escape(reference)}", re.escape(reference)]
    forms += [rf"(?:->>?|<)\s*[^\W\d]*\s*{re.escape(number)}\b"] if number else []
    found = (re.search(form, text) for form in forms)
    return next((match.start() for match in found if match), 0)


def of_article(at: Desk, article: Article) -> Manuscript:
    manuscript = _manuscript(at, article.text, article.markup, "article", article.section, article.language, "")
    said = glossary.find(article.description, at.words).values()  # in the lead, which comes first
    return _explained(at, manuscript, said)


def of_comment(at: Desk, comment: Comment, language: str) -> Manuscript:
    # The ids inside a comment start as no comment's own does.
    return _manuscript(at, comment.text, "spip", "comment", (), language, f"in-{urls.anchor(comment)}")


def of_text(at: Desk, text: str, written_in: Markup, kind: Kind) -> Manuscript:
    """Return the manuscript of a text that has no header."""
    return _manuscript(at, text, written_in, kind, (), at.site.language, "")


def _of_lead(at: Desk, article: Article) -> Manuscript:
    lead = _manuscript(at, article.description, article.markup, "article", article.section, article.language, "lead")
    return _explained(at, lead, ())


def _explained(at: Desk, manuscript: Manuscript, said: Collection[str]) -> Manuscript:
    """Return `manuscript` with the meanings that paper shows: those of the terms that were not `said` before it."""
    meanings = {anchor: at.meanings[anchor] for anchor in manuscript.words.values() if anchor not in said}
    return replace(manuscript, meanings=meanings)


def _of_section(at: Desk, section: Section) -> Manuscript:
    return _manuscript(at, section.text, section.markup, "article", section.path, at.site.language, "")


def _manuscript(
    at: Desk, text: str, written_in: Markup, kind: Kind, folder: tuple[str, ...], language: str, anchor: str
) -> Manuscript:
    targets = {}
    for reference in markup.references(text, written_in):
        if target := links.resolve(at.known, reference, folder):
            targets[reference] = _rooted(target, at.site.base_url)
    words = glossary.find(text, at.words)
    # What is no Markdown does not change with its engine.
    engine: Engine = at.site.markdown.engine if written_in == "markdown" else "python-markdown"
    return Manuscript(text, written_in, kind, language, at.site.typography, targets, words, {}, anchor, engine)


def _rooted(target: Target, site_url: str) -> Target:
    """Return `target` with its addresses as links from any page of the site at `site_url`."""
    picture = target.picture
    if picture:
        variants = tuple(replace(one, url=urls.href(site_url, one.url)) for one in picture.variants)
        picture = replace(picture, variants=variants)
    return replace(target, url=urls.href(site_url, target.url), picture=picture)
