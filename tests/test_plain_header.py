"""Headers that are read without YAML: what is read of them is what YAML reads."""

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from msgspec import Struct

from labo_ssg.formats import fields, plain_header, plain_text, yaml_text
from labo_ssg.formats.article import ArticleHeader, SectionHeader
from labo_ssg.formats.comment import CommentHeader, Tombstone

KEYS = "title date updated author authors description tags comments draft id lang article reply_to order odd".split()
SIGNS = st.text(st.sampled_from("aé1 :#,'\"[]{}&*!|>%@`?-~\\\t\u00a0\ufeff\u2028\U0001f600"), max_size=8)
TEXTS = SIGNS | st.sampled_from(
    ["2021-01-12", "2021-01-12 10:15:00+01:00", "2021-13-45", "true", "No", "null", "~", "12", "open", "l'eau : a"]
)
VALUES = st.one_of(
    TEXTS,
    TEXTS.map(lambda text: f'"{text}"'),
    TEXTS.map(lambda text: f"'{text}'"),
    st.lists(TEXTS | TEXTS.map(lambda text: f'"{text}"'), max_size=3).map(lambda texts: f"[{', '.join(texts)}]"),
    SIGNS.map(lambda text: f"[{text}]"),
)
LINES = st.one_of(
    st.tuples(st.sampled_from(KEYS), VALUES).map(lambda pair: f"{pair[0]}: {pair[1]}"),
    TEXTS,
    SIGNS.map(lambda text: f"  {text}"),
)
GOOD = 'article: x\ntitle: "Un mot"\nauthor: A\ndate: 2021-01-12\nerased: 2021-02-01'


@pytest.mark.parametrize("struct", [ArticleHeader, SectionHeader, CommentHeader, Tombstone])
@settings(max_examples=400)
@given(lines=st.lists(LINES, max_size=5), first=st.sampled_from(["", "\n"]))
@example(lines=GOOD.splitlines(), first="\n")
@example(lines=["title: a", 'tags: [a, l\'eau, "b, c"]'], first="\n")
def test_what_is_read_of_a_plain_header_is_what_yaml_reads(struct: type[Struct], lines: list[str], first: str) -> None:
    header = first + "".join(f"{line}\n" for line in lines)
    plain = plain_header.read(header, struct, 1)
    if plain is None or plain_text.INVISIBLE.search(header):  # no text with such a sign comes so far
        return
    node, problems = yaml_text.read(header, "x.md", 1)
    assert problems == []
    assert fields.read(node, struct, "x.md", 1) == (*plain, frozenset(), [])


@pytest.mark.parametrize(
    ("struct", "header"),
    [
        (CommentHeader, '\nauthor: "Zoé"\ndate: 2020-07-14 10:01:00+00:00\narticle: "ptce"\n'),
        (CommentHeader, "\narticle: ptce\nauthor: Zoé Ferrand\ndate: '2020-07-14'\n".replace("'", "")),
        (ArticleHeader, '\ntitle: L\'eau\ndate: 2021-01-12\ntags: [PTCE, "vie, ville"]\nauthors: Zoé\ndraft: no\n'),
        (SectionHeader, '\ntitle: "Vie"\norder: 3\naliases: []\n'),
    ],
)
def test_the_headers_of_most_files_are_plain(struct: type[Struct], header: str) -> None:
    plain = plain_header.read(header, struct, 1)
    node, _ = yaml_text.read(header, "x.md", 1)
    assert plain is not None
    assert fields.read(node, struct, "x.md", 1) == (*plain, frozenset(), [])


@pytest.mark.parametrize(
    "header",
    [
        "title: a\ntitle: b\n",
        "title: [a]\n",
        "title: a: b\n",
        "title: a #b\n",
        "title:\n",
        "title: null\n",
        'title: "a\\tb"\n',
        "title: a\n  b\n",
        "tags: [a]\n",
        "title: a\ntags: a, b\n",
        "title: a\nextra: {a: b}\n",
        "titel: a\n",
    ],
)
def test_all_else_is_left_to_yaml(header: str) -> None:
    assert plain_header.read(header, ArticleHeader, 1) is None
