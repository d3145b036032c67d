"""A page as schema.org describes such ones, for JSON-LD."""

from collections.abc import Iterable
from typing import Any

from labo_ssg import language
from labo_ssg.model import Link, Site
from labo_ssg.pages import urls
from labo_ssg.pages.views import (
    ArticleView,
    CommentView,
    GlossaryView,
    HomeView,
    IndexView,
    ListView,
    View,
)

Node = dict[str, Any]

QUOTED = 100  # characters of a comment: its whole text is in the page already


def data(view: View, site: Site) -> Node:
    """Return what the page of `view` says of itself, {} where machines need nothing of it."""
    nodes: list[Node] = []
    if isinstance(view, ArticleView):
        nodes = [_article(view, site)]
    elif isinstance(view, HomeView) and view.url == urls.HOME:
        nodes = [_organization(site), _website(site)]
    elif isinstance(view, GlossaryView):
        nodes = [_glossary(view)]
    elif not isinstance(view, ListView | IndexView):
        return {}
    if view.breadcrumb:
        nodes.append(_breadcrumb(view, site))
    # What starts with # is a place of this page, wherever the text is read.
    context = ["https://schema.org", {"@base": site.base_url + view.url}]
    return {"@context": context, "@graph": nodes} if nodes else {}


def _article(view: ArticleView, site: Site) -> Node:
    url = site.base_url + view.url
    authors = [_author(link, site) for link in view.authors]
    changed = view.updated or view.date
    return _filled(
        {
            "@type": "Article",
            "@id": url,
            "headline": view.title,
            "description": view.description,
            "inLanguage": view.language,
            "datePublished": language.iso(view.date) if view.date else "",
            "dateModified": language.iso(changed) if changed else "",
            "author": authors or _publisher(site),
            "publisher": _publisher(site),
            "image": [
                urls.absolute(site.base_url, url) for url in (view.image.url if view.image else "", view.card) if url
            ],
            "articleSection": view.parent.title if view.parent else "",
            "keywords": [tag.title for tag in view.tags],
            "isBasedOn": view.source.url if view.source else "",
            "workTranslation": [{"@id": site.base_url + one.url} for one in view.translations if one.url != view.url],
            "commentCount": view.comments,
            "comment": _comments(view.thread),
        }
    )


def _comments(thread: Iterable[CommentView]) -> list[Node]:
    """Return the published comments of `thread`, each with the answers to it as its own.

    The answers to a message that was removed take its place.
    """
    found: list[Node] = []
    for comment in thread:
        found += [_comment(comment)] if comment.is_published else _comments(comment.replies)
    return found


def _comment(comment: CommentView) -> Node:
    node: Node = {
        "@type": "Comment",
        "@id": f"#{comment.anchor}",
        "author": {"@type": "Person", "name": comment.author},
        "datePublished": language.iso(comment.date),
    }
    if comment.excerpt:
        node["text"] = _beginning(comment.excerpt)
    if answers := _comments(comment.replies):
        node["comment"] = answers
    return node


def _beginning(text: str) -> str:
    return text if len(text) <= QUOTED else text[:QUOTED].rsplit(" ", 1)[0] + "…"


def _author(link: Link, site: Site) -> Node:
    """Return an author; one who is the site itself, or answers for it, is an organisation."""
    kind = "Organization" if link.title in (site.title, *site.comments.editors) else "Person"
    return {"@type": kind, "name": link.title, "url": site.base_url + link.url}


def _publisher(site: Site) -> Node:
    return {"@type": "Organization", "name": site.title, "url": site.base_url + urls.HOME}


def _organization(site: Site) -> Node:
    accounts = [link.url for link in site.social if link.url.startswith(("https://", "http://"))]
    return _filled(
        {
            **_publisher(site),
            "slogan": site.tagline,
            "description": site.description,
            "image": site.base_url + urls.CARD,
            "sameAs": accounts,
        }
    )


def _website(site: Site) -> Node:
    node: Node = {"@type": "WebSite", "name": site.title, "url": site.base_url + urls.HOME, "inLanguage": site.language}
    if site.search:
        target = f"{site.base_url}{urls.SEARCH}?q={{query}}"
        node["potentialAction"] = {"@type": "SearchAction", "target": target, "query-input": "required name=query"}
    return node


def _glossary(view: GlossaryView) -> Node:
    terms = [{"@type": "DefinedTerm", "name": term.word, "description": term.definition} for term in view.entries]
    return {"@type": "DefinedTermSet", "name": view.title, "hasDefinedTerm": terms}


def _breadcrumb(view: View, site: Site) -> Node:
    way = [*view.breadcrumb, Link(view.title, view.url)]
    steps = [
        {"@type": "ListItem", "position": number, "name": link.title, "item": site.base_url + link.url}
        for number, link in enumerate(way, 1)
    ]
    return {"@type": "BreadcrumbList", "itemListElement": steps}


def _filled(node: Node) -> Node:
    return {key: value for key, value in node.items() if value or value == 0}
