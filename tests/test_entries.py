"""What stands for an article in lists changes with whatever they show of it."""

from datetime import UTC, datetime
from typing import Any

import pytest
from conftest import article
from msgspec.structs import fields, replace

from labo_ssg.disk.library import Reader, parse_article
from labo_ssg.model import Article, Body, Gist, Html, Image, Kept, Source
from labo_ssg.pages import entries
from labo_ssg.problems import Place

POST = parse_article(article().encode(), "content/ici/billet.md", Reader("UTC", "fr", "spip", "open"))[0]
LEAD = Body(Html("<p>Un chapeau.</p>"), Html(""), "Un chapeau.", (), (), ())
DAY = datetime(1999, 12, 31, tzinfo=UTC)

# Another value for each field of an article.
OTHERS: dict[str, Any] = {
    "id": "autre",
    "section": ("ailleurs",),
    "stem": "autre",
    "title": "Un autre titre",
    "date": DAY,
    "updated": DAY,
    "authors": ("Quelqu’un d’autre",),
    "description": "Un autre chapeau.",
    "tags": ("autre",),
    "source": Source("Ailleurs", "https://exemple.org/"),
    "image": Image("autre.png", "Une autre image"),
    "comments": "closed",
    "draft": True,
    "listed": False,
    "aliases": ("/autre",),
    "language": "en",
    "translation_of": "autre",
    "extra": {"autre": 1},
    "markup": "spip",
    "text": "Un autre texte.",
    "place": Place("content/autre.md", 9),
    "lines": {"title": 9},
    "references": ("autre.md",),
}
LEADS = {
    "html": replace(LEAD, html=Html("<p>Un autre.</p>")),
    "terms": replace(LEAD, terms=("ess",)),
}


def shown(one: Article, lead: Body) -> entries.Listed:
    """Return `one` in a list, its section, picture and comments apart: these are no part of the sign."""
    gist = Gist(Kept("texts", "", ""), entries.sign(one, lead), lead.html, lead.excerpt, lead.terms, lead.terms, ())
    return entries.listed(one, gist, None, None, 0)


def test_each_field_of_an_article_has_another_value() -> None:
    assert {field.name for field in fields(Article)} == OTHERS.keys()
    assert all(getattr(POST, name) != value for name, value in OTHERS.items())
    changing = [
        name for name, value in OTHERS.items() if shown(replace(POST, **{name: value}), LEAD) != shown(POST, LEAD)
    ]
    assert {"title", "date", "authors", "section"} <= set(changing)


@pytest.mark.parametrize("name", OTHERS)
def test_what_lists_show_of_an_article_is_in_its_sign(name: str) -> None:
    other = replace(POST, **{name: OTHERS[name]})
    is_shown = shown(other, LEAD) != shown(POST, LEAD)
    assert (entries.sign(other, LEAD) != entries.sign(POST, LEAD)) == is_shown


@pytest.mark.parametrize("lead", LEADS.values(), ids=LEADS)
def test_what_lists_show_of_a_lead_is_in_its_sign(lead: Body) -> None:
    assert shown(POST, lead) != shown(POST, LEAD)
    assert entries.sign(POST, lead) != entries.sign(POST, LEAD)
