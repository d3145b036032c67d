"""The one door: Manuscript → Body."""

from collections.abc import Iterator, Mapping
from typing import Literal

from labo_ssg.markup import dress, sanitize
from labo_ssg.markup.spip import engine
from labo_ssg.markup.spip import links as spip_links
from labo_ssg.model import Body, Html, Manuscript, Markup, Target

EXCERPT = 240  # characters


class Unrenderable(ValueError):  # noqa: N818 - a text, not an error of the program
    """A text that its markup's engine cannot render; the message says why."""


def references(text: str, markup: Markup) -> tuple[str, ...]:
    """Return the internal references that `text` may name, without their fragments, each once."""
    if markup == "spip":
        found = engine.references(text)
    else:
        from labo_ssg.markup import markdown  # a comment needs none of it

        found = markdown.references(text)
    paths = (reference.partition("#")[0] for reference in found if dress.is_internal(reference))
    return tuple(dict.fromkeys(path for path in paths if path))


def render_body(manuscript: Manuscript) -> Body:
    """Return the body of `manuscript`; raise Unrenderable."""
    if manuscript.markup == "spip":
        return _render_spip(manuscript)
    html = _render_markdown(manuscript)
    done = dress.dress(html, manuscript)
    return Body(done.html, Html(""), _excerpt(done.html), done.headings, done.terms, done.broken, done.pictures)


def _render_markdown(manuscript: Manuscript) -> Html:
    """Return safe HTML, of the same shape whichever engine makes it; raise Unrenderable."""
    from labo_ssg.markup import commonmark, markdown

    text, language = manuscript.text, manuscript.language
    try:
        if manuscript.engine == "commonmark":
            return commonmark.finish(sanitize.article(commonmark.render(text)), language)
        return sanitize.article(markdown.render(text, language))
    except (markdown.TooMuch, commonmark.TooDeep) as error:
        raise Unrenderable(str(error)) from error


class _Targets(Mapping[str, Target]):
    """The targets of a text; `missed` collects the names of objects it asks for in vain."""

    def __init__(self, targets: Mapping[str, Target]) -> None:
        self._targets = targets
        self.missed: dict[str, None] = {}

    def __getitem__(self, name: str) -> Target:
        target = self._targets.get(name)
        if target is None:
            named = spip_links.reference(name)
            if named and named.canonical == name:
                self.missed[name] = None
            raise KeyError(name)
        return target

    def __iter__(self) -> Iterator[str]:
        return iter(self._targets)

    def __len__(self) -> int:
        return len(self._targets)


def _render_spip(manuscript: Manuscript) -> Body:
    targets = _Targets(manuscript.links)
    is_comment = manuscript.kind == "comment"
    kind: Literal["article", "forum"] = "forum" if is_comment else "article"
    clean = sanitize.comment if is_comment else sanitize.article
    rendered = engine.render(
        manuscript.text,
        kind=kind,
        links=targets,
        language=manuscript.language,
        typography=manuscript.typography,
        anchor=manuscript.anchor,
        heading=dress.COMMENT_HEADING if is_comment else 2,
    )
    done = dress.dress(clean(rendered.html), manuscript)
    notes = dress.dress(clean(rendered.notes), manuscript) if rendered.notes else dress.NOTHING
    terms = tuple(dict.fromkeys(done.terms + notes.terms))
    broken = tuple(dict.fromkeys((*targets.missed, *done.broken, *notes.broken)))
    pictures = tuple(dict.fromkeys(done.pictures + notes.pictures))
    return Body(done.html, notes.html, _excerpt(done.html), done.headings, terms, broken, pictures)


def _excerpt(html: Html) -> str:
    """Return the beginning of the running text, cut between two words."""
    text = dress.plain(html, EXCERPT + 1)
    if len(text) <= EXCERPT:
        return text
    return text[:EXCERPT].rsplit(" ", 1)[0].rstrip(" ,;:.\u00a0\u202f") + "…"
