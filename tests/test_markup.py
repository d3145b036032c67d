"""Manuscript → Body: Markdown, links, headings, glossary, typography and the sanitiser together."""

import re
from dataclasses import dataclass, field

import pytest
from conftest import ROOT
from hypothesis import given
from hypothesis import strategies as st
from markdown import Markdown

from labo_ssg.markup import body, dress, glossary, markdown
from labo_ssg.model import Body, Manuscript, Target, Term
from labo_ssg.model import Markup as Engine

WORDS = glossary.forms(
    [Term("ESS", "…"), Term("PTCE", "…", also=("pôle territorial",)), Term("l'économie d'ici", "…")],
    ["ess", "ptce", "ici"],
)


@dataclass(frozen=True)
class Text:
    """A manuscript with what the tests leave out."""

    text: str
    markup: Engine = "markdown"
    kind: str = "article"
    language: str = "fr"
    typography: str = "spip"
    links: dict[str, Target] = field(default_factory=dict)
    meanings: dict[str, str] = field(default_factory=dict)
    anchor: str = ""

    def render(self) -> Body:
        words = glossary.find(self.text, WORDS)
        return body.render_body(
            Manuscript(
                self.text,
                self.markup,
                self.kind,  # type: ignore[arg-type]
                self.language,
                self.typography,  # type: ignore[arg-type]
                self.links,
                words,
                self.meanings,
                self.anchor,
                "python-markdown",
            )
        )


def button(word: str, term: str, *, stop: bool) -> str:
    apart = "" if stop else ' tabindex="-1"'
    return f'<button type="button" class="term" popovertarget="term-{term}"{apart}>{word}</button>'


ARTICLES = {
    "French spaces in running text": ("Oui ! Non : « bon » ?", "<p>Oui\u00a0! Non\u00a0: «\u00a0bon\u00a0»\u00a0?</p>"),
    "a straight apostrophe becomes a curly one": ("l'an", "<p>l’an</p>"),
    "code is left as it is": ("`a ! b : l'an`", "<p><code>a ! b : l'an</code></p>"),
    "an entity is no semicolon": ("Marks &amp; co ; fin", "<p>Marks &amp; co\u00a0; fin</p>"),
    "an entity that looks like a tag stays text": ("&lt;b&gt; &lt;", "<p>&lt;b&gt; &lt;</p>"),
    "a script is taken out with what it holds": ("<script>alert(1)</script>Bon", "<p>Bon</p>"),
    "a title of the first level goes down": ("# Un\n\n## Deux", '<h2 id="un">Un</h2>\n<h3 id="deux">Deux</h3>'),
    "titles that are alike have ids of their own": ("## Un\n\n## Un", '<h2 id="un">Un</h2>\n<h2 id="un_1">Un</h2>'),
    "a column keeps its side, in a class": (
        "| a | b |\n|---|--:|\n| c | d |",
        '<table>\n<thead>\n<tr>\n<th>a</th>\n<th class="align-right">b</th>\n</tr>\n</thead>\n<tbody>\n<tr>\n'
        '<td>c</td>\n<td class="align-right">d</td>\n</tr>\n</tbody>\n</table>',
    ),
    "an abbreviation of the author's is theirs": (
        "HTML\n\n*[HTML]: Langage",
        '<p><abbr title="Langage">HTML</abbr></p>',
    ),
}


@pytest.mark.parametrize(("source", "expected"), ARTICLES.values(), ids=ARTICLES)
def test_markdown(source: str, expected: str) -> None:
    assert Text(source).render().html.strip() == expected


def test_typography_is_chosen_by_the_site_and_by_the_language() -> None:
    assert Text("Oui ! Non : si ?", typography="fine").render().html == "<p>Oui\u202f! Non\u00a0: si\u202f?</p>"
    assert Text("Yes! It's: so?", language="en").render().html == "<p>Yes! It’s: so?</p>"


TERMS = {
    "the first of a text is a tab stop, the later ones are not": (
        "ESS et ESS",
        f"<p>{button('ESS', 'ess', stop=True)} et {button('ESS', 'ess', stop=False)}</p>",
    ),
    "an acronym is found with its s": ("des PTCEs", f"<p>des {button('PTCEs', 'ptce', stop=True)}</p>"),
    "an acronym is not found in another word or in small letters": ("LESSIVE ess", "<p>LESSIVE ess</p>"),
    "words are found in capitals or not": (
        "Pôle  Territorial",
        f"<p>{button('Pôle  Territorial', 'ptce', stop=True)}</p>",
    ),
    "what is written against it is kept with it": (
        "de l'ESS, « PTCE » ; (ESS) !",
        f'<p>de <span class="glued">l’{button("ESS", "ess", stop=True)},</span> '
        f'<span class="glued">«\u00a0{button("PTCE", "ptce", stop=True)}\u00a0»\u00a0;</span> '
        f'<span class="glued">({button("ESS", "ess", stop=False)})\u00a0!</span></p>',
    ),
    "either apostrophe will do": ("l'économie d’ici", f"<p>{button('l’économie d’ici', 'ici', stop=True)}</p>"),
    "not in a link": ("[ESS](https://a.example)", '<p><a href="https://a.example">ESS</a></p>'),
    "not in a title": ("## ESS", '<h2 id="ess">ESS</h2>'),
    "not in code": ("`ESS`", "<p><code>ESS</code></p>"),
    "in strong text and in lists": (
        "- **ESS**",
        f"<ul>\n<li><strong>{button('ESS', 'ess', stop=True)}</strong></li>\n</ul>",
    ),
    "not in an attribute": ('![ESS](/x.svg "ESS")', '<p><img alt="ESS" src="/x.svg" title="ESS" loading="lazy"></p>'),
}


@pytest.mark.parametrize(("source", "expected"), TERMS.values(), ids=TERMS)
def test_glossary(source: str, expected: str) -> None:
    found = Text(source, links={"/x.svg": Target("/x.svg")}).render()
    assert found.html == expected
    assert (found.terms != ()) == ("<button" in expected)


@given(st.text(alphabet="ESPTCs <>&'\"’lécondi-*[](`)\n", max_size=80))
def test_to_unmark_undoes_to_mark(text: str) -> None:
    marked = Text(text).render().html
    bare = body.render_body(
        Manuscript(text, "markdown", "article", "fr", "spip", {}, {}, {}, "", "python-markdown")
    ).html
    assert glossary.unmark(marked) == bare


def test_letters_that_are_alike_to_the_pattern_alone_are_no_term() -> None:
    words = glossary.forms([Term("is", "…")], ["is"])
    assert glossary.find("İs ıs", words) == {}
    assert glossary.mark("İs is", words, {}, {}) == f"İs {button('is', 'is', stop=True)}"


def test_a_visitor_cannot_forge_a_button() -> None:
    forged = '<button type="button" class="term" popovertarget="term-ess">x</button>'
    assert "<button" not in Text(forged, "spip", "comment").render().html
    assert "<button" not in Text(forged).render().html


def test_internal_links_lead_where_the_site_says() -> None:
    links = {"../b/y.md": Target("/labo/b/y/", "Y"), "x.svg": Target("/labo/a/x.svg")}
    found = Text("[y](../b/y.md#t) ![x](x.svg) <img src='x.svg' alt=''> [ici](#t)", links=links).render()
    assert 'href="/labo/b/y/#t"' in found.html
    assert found.html.count('src="/labo/a/x.svg"') == 2
    assert 'href="#t"' in found.html
    assert found.broken == ()


def test_links_that_lead_nowhere_are_told_for_articles_and_cut_for_comments() -> None:
    source = "[a->nulle-part.md] et [b->https://b.example]"
    article, comment = Text(source, "spip").render(), Text(source, "spip", "comment").render()
    assert article.broken == ("nulle-part.md",)
    assert "nulle-part" not in comment.html
    assert 'href="https://b.example"' in comment.html


def test_a_visitors_picture_becomes_a_link_to_it() -> None:
    source = (
        '<img src="https://a.example/x.png" alt="Une carte"> [<img src="https://a.example/y.png">->https://b.example]'
    )
    html = Text(source, "spip", "comment").render().html
    assert "<img" not in html
    assert '<a href="https://a.example/x.png" rel="nofollow ugc noopener">' in html
    assert html.count("<a ") == 2
    assert "<img" in Text(source, "spip").render().html


def test_spips_names_of_objects_that_are_not_there_are_told() -> None:
    links = {"article12": Target("/a/x/", "X")}
    found = Text("[->art12] [a->art99] <img7> <code>[->art98]</code>", "spip", links=links).render()
    assert found.broken == ("article99", "document7")
    assert '<a href="/a/x/">X</a>' in found.html


def test_references_are_found_wherever_markdown_takes_them() -> None:
    source = (
        '[a](one.md "t") [b]: two.md\n[c]\n\n[c]: three.md\n![d](four.svg)\n<a href="five.md">e</a> [f](<six six.md>)'
    )
    found = body.references(source, "markdown")
    assert [one for one in ("one.md", "three.md", "four.svg", "five.md", "six six.md") if one not in found] == []
    assert body.references("[a](https://x.example) [b](#c) [d](mailto:e@f)", "markdown") == ()


def test_ids_of_two_texts_of_a_page_never_meet() -> None:
    note = "Un texte[^1].\n\n[^1]: Une note."
    one, two = Text(note).render().html, Text(note, anchor="lead").render().html
    assert 'id="fn:1"' in one
    assert 'id="lead-fn:1"' in two
    assert 'href="#lead-fn:1"' in two
    spip = "Un texte[[Une note.]]"
    first, second = (Text(spip, "spip", "comment", anchor=anchor).render() for anchor in ("comment-a", "comment-b"))
    ids = [set(re.findall(r'id="([^"]*)"', found.html + found.notes)) for found in (first, second)]
    assert all(ids)
    assert ids[0].isdisjoint(ids[1])


def test_a_visitors_headings_stay_in_the_discussion() -> None:
    source = "<h1>Forum</h1> {{{Un}}} <h3 id='in-comment-a-h1'>Author</h3> <h2>Forum</h2>"
    html = Text(source, "spip", "comment", anchor="in-comment-a").render().html
    ids = re.findall(r' id="([^"]*)"', html)
    assert len(ids) == len(set(ids)) == 4
    assert all(one.startswith("in-comment-a-") for one in ids)
    assert set(re.findall(r"<h(\d)", html)) <= {"5", "6"}


@pytest.mark.parametrize("engine", ["markdown", "spip"])
def test_an_editors_headings_never_take_the_ids_of_the_page(engine: Engine) -> None:
    titles = ["Forum", "Menu", "Main", "Author", "Text", "Postez", "Notes title", "Term ESS", "Forum"]
    form = "## {}" if engine == "markdown" else "{{{{{{{}}}}}}}"
    found = Text("\n\n".join(form.format(title) for title in titles), engine).render()
    ids = [heading.id for heading in found.headings]
    assert len(set(ids)) == len(titles)
    assert [one for one in ids if dress.is_reserved(one)] == []


def test_the_reserved_ids_are_those_of_the_templates() -> None:
    # The pages of the inbox and of moderators hold comments alone, whose ids start as no other.
    paths = [path for path in (ROOT / "templates").rglob("*.html") if path.parent.name not in ("inbox", "moderation")]
    templates = "".join(path.read_text(encoding="utf-8") for path in paths)
    literal = set(re.findall(r' id="([\w-]+)"', templates))
    assert len(literal) > 10
    assert [one for one in sorted(literal) if not dress.is_reserved(one)] == []


def test_a_place_that_is_renamed_is_still_found() -> None:
    html = Text("Voir [là](#menu).\n\n## Menu").render().html
    assert 'href="#s-menu-1"' in html
    assert 'id="s-menu-1"' in html


def test_headings_and_excerpt() -> None:
    found = Text("Un *début*[^1] : voici.\n\n## Un titre & plus\n\n### Sous\n\nSuite.\n\n[^1]: note").render()
    assert [(one.level, one.title) for one in found.headings] == [(2, "Un titre & plus"), (3, "Sous")]
    assert found.excerpt.startswith("Un début\u00a0: voici. Suite.")
    long = Text("mot " * 200).render().excerpt
    assert len(long) <= body.EXCERPT + 1
    assert long.endswith("mot…")


SIGNS = [
    *"*_`[](){}!<>&\\#|:;-~=. a\n",
    "\n\n",
    "  \n",
    "    ",
    "\n# T #\n",
    "\n- e",
    "\n1. f",
    "\n> g",
    "\n: h",
    "***",
]
SIGNS += ["[TOC]", "![a](b)", "[a][b]", "[b]: c\n", "[^1]", "\n[^1]: d\n", "\n*[ESS]: é\n", "ESS", "{#i .j}", "\n```\n"]
SIGNS += ["\t", "\r", "\x02", "\n \n", "\n~~~\n", "mot\nautre mot", "\n[b]:\n  c 'd'\n", "\n===\n", "\n---\n"]
SIGNS += "<b>¶</b>¶\n<div markdown=1>\n¶\n</div>\n¶<a@b.org>¶<http://a.org>¶&amp;¶\n|a|b|\n|-|-|\n|c|d|\n".split("¶")


@given(st.lists(st.sampled_from(SIGNS), max_size=40).map("".join))
def test_what_markdown_need_not_look_for_changes_nothing(text: str) -> None:
    tables = {"tables": {"use_align_attribute": True}, "footnotes": {"BACKLINK_TITLE": "Back to the text, note {}"}}
    extensions = {"extra": tables, "sane_lists": {}, "toc": {"toc_depth": "2-4"}}
    slow = Markdown(extensions=list(extensions), extension_configs=extensions, output_format="html")
    assert markdown.render(text, "en") == slow.convert(text)


TOO_MUCH = {
    "lists without end": "\n".join("    " * depth + "- a" for depth in range(500)),
    "a book of short paragraphs": "x\n\n" * 330_000,
    "brackets that nobody closes": "[" * 20_000,
    "links that nobody closes": "[a](" * 20_000,
    "tags that nobody closes": "<a " * 20_000,
    "a heading on each line": "# a\n" * 20_000,
    "an abbreviation on each line": "*[a]: b\n" * 20_000,
}


@pytest.mark.parametrize("text", TOO_MUCH.values(), ids=TOO_MUCH)
def test_what_markdown_cannot_follow_is_told(text: str) -> None:
    with pytest.raises(body.Unrenderable):
        Text(text).render()
    assert Text("Un texte.").render().html == "<p>Un texte.</p>"
