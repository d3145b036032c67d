"""French spaces and apostrophes in all that is one line of text: titles, names, definitions, notices.

An article's own lines follow its language; names and tags, which several share, the site's.
"""

from collections.abc import Callable

from msgspec.structs import replace

from labo_ssg.markup import typography
from labo_ssg.model import Article, Comment, Link, Section, Site, Term, Typography

Typeset = Callable[[str], str]


def of(language: str, manner: Typography) -> Typeset:
    """Return what typesets a line of text in a `language`."""
    return lambda text: typography.typeset(text, language=language, typography=manner)


def site(settings: Site) -> Site:
    """Return the `settings` typeset."""
    done, comments = of(settings.language, settings.typography), settings.comments
    return replace(
        settings,
        title=done(settings.title),
        tagline=done(settings.tagline),
        description=done(settings.description),
        menu=_links(settings.menu, done),
        footer=_links(settings.footer, done),
        social=_links(settings.social, done),
        partners=tuple(replace(partner, name=done(partner.name)) for partner in settings.partners),
        comments=replace(
            comments,
            notice=done(comments.notice),
            privacy=done(comments.privacy),
            editors=tuple(map(done, comments.editors)),
        ),
        glossary=tuple(_term(term, done) for term in settings.glossary),
    )


def article(item: Article, done: Typeset, shared: Typeset) -> Article:
    """Return an article with its own lines `done`, and those that it shares with others."""
    image, source = item.image, item.source
    return replace(
        item,
        title=done(item.title),
        authors=tuple(map(shared, item.authors)),
        tags=tuple(map(shared, item.tags)),
        image=image and replace(image, alt=done(image.alt), credit=done(image.credit)),
        source=source and replace(source, name=done(source.name)),
    )


def section(item: Section, done: Typeset) -> Section:
    return replace(item, title=done(item.title), description=done(item.description))


def comment(item: Comment, done: Typeset) -> Comment:
    author = done(item.author)
    return item if author == item.author else replace(item, author=author)


def _term(term: Term, done: Typeset) -> Term:
    return replace(
        term,
        word=done(term.word),
        also=tuple(map(done, term.also)),
        definition=done(term.definition),
        details=done(term.details),
    )


def _links(links: tuple[Link, ...], done: Typeset) -> tuple[Link, ...]:
    return tuple(replace(link, title=done(link.title)) for link in links)
