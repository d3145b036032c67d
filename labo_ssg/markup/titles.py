"""Library → the same with French spaces and apostrophes in all that is one line of text."""

from collections.abc import Callable

from msgspec.structs import replace

from labo_ssg.markup import typography
from labo_ssg.model import Article, Comment, Library, Link, Section, Site, Term

Typeset = Callable[[str], str]


def typeset(library: Library) -> Library:
    """Return `library` with its titles, names, definitions and notices typeset.

    An article's own lines follow its language; names and tags, which several share, the site's.
    """
    site = library.site

    def of(language: str) -> Typeset:
        return lambda text: typography.typeset(text, language=language, typography=site.typography)

    shared = of(site.language)
    return replace(
        library,
        site=_site(site, shared),
        sections=tuple(_section(section, shared) for section in library.sections),
        articles=tuple(_article(article, of(article.language), shared) for article in library.articles),
        comments=tuple(_comment(comment, shared) for comment in library.comments),
    )


def _site(site: Site, done: Typeset) -> Site:
    comments = site.comments
    return replace(
        site,
        title=done(site.title),
        tagline=done(site.tagline),
        description=done(site.description),
        menu=_links(site.menu, done),
        footer=_links(site.footer, done),
        social=_links(site.social, done),
        partners=tuple(replace(partner, name=done(partner.name)) for partner in site.partners),
        comments=replace(
            comments,
            notice=done(comments.notice),
            privacy=done(comments.privacy),
            editors=tuple(map(done, comments.editors)),
        ),
        glossary=tuple(_term(term, done) for term in site.glossary),
    )


def _article(article: Article, done: Typeset, shared: Typeset) -> Article:
    image, source = article.image, article.source
    return replace(
        article,
        title=done(article.title),
        authors=tuple(map(shared, article.authors)),
        tags=tuple(map(shared, article.tags)),
        image=image and replace(image, alt=done(image.alt), credit=done(image.credit)),
        source=source and replace(source, name=done(source.name)),
    )


def _section(section: Section, done: Typeset) -> Section:
    return replace(section, title=done(section.title), description=done(section.description))


def _comment(comment: Comment, done: Typeset) -> Comment:
    author = done(comment.author)
    return comment if author == comment.author else replace(comment, author=author)


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
