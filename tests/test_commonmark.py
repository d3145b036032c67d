"""The other engine of Markdown: the same shape as Python-Markdown's, and what differs is told."""

import re
import time
from pathlib import Path
from typing import get_args

import pytest
from conftest import NOW, ROOT, article, build_files, dom, labo, labo_here, write_site
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from labo_ssg.build import dialects, manuscripts
from labo_ssg.build.design import study
from labo_ssg.disk.library import read_library
from labo_ssg.markup import body, dress
from labo_ssg.model import Body, Engine, Manuscript, Target

FAST = "title: Essai\nbase_url: https://essai.example\nmarkdown: {engine: commonmark}\n"
MISSING = 'import sys\nsys.modules["pyromark"] = None\n'  # as where it is not installed


def manuscript(
    text: str,
    engine: Engine = "commonmark",
    *,
    links: dict[str, Target] | None = None,
    language: str = "fr",
    anchor: str = "",
) -> Manuscript:
    return Manuscript(text, "markdown", "article", language, "spip", links or {}, {}, {}, anchor, engine)


def render(text: str, engine: Engine = "commonmark", **more: str) -> Body:
    return body.render_body(manuscript(text, engine, **more))  # type: ignore[arg-type]


SAME = {
    "paragraphs, emphasis and code": "Un *deux* **trois** `quatre`.\nSuite.\n\nCinq  \nsix.",
    "French spaces and apostrophes": "Oui ! « L'an » -- etc. : `a ! b`",
    "headings have the same places": "# L'été, déjà\n\n## Qui vote ?\n\n## Qui vote ?\n\n### A & `b`\n\n## « ! »",
    "a note called in a heading is no part of its place": "## Oui[^1]\n\n[^1]: N.",
    "a heading may choose its place": "## Titre {#ici .rouge}\n\n## Ici\n\n## Titre",
    "a place that a heading has chosen is not given to another": "## Ici\n\n## Titre {#ici}",
    "a quotation": "> Un\n> deux\n>\n> Trois\n\nQuatre",
    "lists": "- un\n- deux\n    - trois\n\nsuite\n\n1. un\n2. deux\n\nsuite\n\n3. trois",
    "a list of paragraphs": "- un\n\n    suite\n\n- deux",
    "the sides of columns": "| a | b | c | d |\n|:--|:-:|--:|---|\n| e | f | g | h |",
    "blocks of code": "```py\nx < 1\n```\n\nsuite\n\n    y & z\n",
    "a definition list": "Mot\n\n:   Sens\n\nAutre\n\n:   Sens\n",
    "links and their titles": '[a](https://a.example "t") <https://b.example> [c]\n\n[c]: https://c.example',
    "an address with accents or spaces": "[a](https://a.example/é?b=é&c=d) [b](https://b.example/%C3%A9) [c](</x y>)",
    "entities": "&lt;b&gt; &amp; & &eacute; &#8239;; 1 < 2",
    "inline HTML": "Un <b>deux</b> <abbr title='t'>trois</abbr><br>quatre",
    "a block of HTML": "<figure>\n<img src='/x.png' alt='*x*'>\n<figcaption>*Non*</figcaption>\n</figure>\n\nSuite",
    "nothing dangerous": "<script>alert(1)</script>\n\n[a](javascript:x) <a href='javascript:x'>b</a>\n\n## T {on=x}",
    "a comment is dropped": "Un\n\n<!-- non -->\n\ndeux",
    "a rule": "Un\n\n---\n\ndeux",
    "notes": "Un[^a], deux[^b], encore un[^a].\n\n[^a]: Note.\n[^b]:\n    Note\n\n    suite\n",
    "a note that ends with a list": "Un[^1].\n\n[^1]:\n    Voici :\n\n    - un\n    - deux\n\n## Suite\n\nFin.",
    "a note in the middle of the text": "Un[^1].\n\n[^1]: Note.\n\nDeux.",
    "a note that calls a note": "Un[^1].\n\n[^1]: Voir[^2].\n[^2]: Là.",
    "a note with an odd name": "Un[^note longue] deux[^é&b].\n\n[^note longue]: a\n[^é&b]: b",
    "a note that is not there": "Un[^1].",
    "a note in a table, in a list and in a heading": "| a[^1] |\n|---|\n| b[^2] |\n\n- c[^3]\n\n## d[^4]\n\n"
    + "\n".join(f"[^{number}]: n" for number in range(1, 5)),
}


@pytest.mark.parametrize("text", SAME.values(), ids=SAME)
def test_both_engines_make_the_same(text: str) -> None:
    one, other = render(text, "python-markdown"), render(text)
    assert dialects.difference(manuscript(text, "python-markdown"), manuscript(text)) is None
    assert (other.headings, other.excerpt, other.broken) == (one.headings, one.excerpt, one.broken)
    for marks in (r' id="([^"]*)"', r' href="([^"]*)"', r' title="([^"]*)"', r' class="([^"]*)"'):
        assert re.findall(marks, other.html) == re.findall(marks, one.html)
    dom(b"<!DOCTYPE html><title>t</title>" + other.html.encode())


EXAMPLE = re.compile(r"^````markdown\n(.*?)\n````\n\n````html\n(.*?)\n````\n\n````html\n(.*?)\n````$", re.DOTALL | re.M)
EXAMPLES = EXAMPLE.findall((ROOT / "docs/markdown.md").read_text(encoding="utf-8"))


@pytest.mark.parametrize(("text", "first", "second"), EXAMPLES, ids=[example[0][:30] for example in EXAMPLES])
def test_the_document_shows_where_they_differ(text: str, first: str, second: str) -> None:
    shown = [render(text, engine, language="en").html.strip() for engine in get_args(Engine)]
    assert [html.replace("\u00a0", "&nbsp;") for html in shown] == [first, second]
    assert first != second
    assert dialects.difference(manuscript(text, "python-markdown"), manuscript(text))


def test_every_example_of_the_document_is_tried() -> None:
    assert len(EXAMPLES) > 20
    assert (ROOT / "docs/markdown.md").read_text(encoding="utf-8").count("````markdown") == len(EXAMPLES)


def test_internal_links_are_found_as_they_are_written() -> None:
    text = (
        "[a](été.md#qui) ![b](<mon plan[1].svg>) [c](x%20y.md) <a href='é&amp;b.md'>d</a>\n\n"
        "> [e] [f]\n>\n> [e]: deux.md\n> [f]: <trois mots.md>\n\n[g](nulle%20part.md) [h](néant.md)"
    )
    names = ["été.md", "mon plan[1].svg", "x%20y.md", "deux.md", "trois mots.md"]
    assert [name for name in names if name not in body.references(text, "markdown")] == []
    links = {name: Target(f"/{number}/") for number, name in enumerate([*names, "é&b.md"])}
    found = body.render_body(manuscript(text, links=links))
    addresses = re.findall(r' (?:href|src)="([^"]*)"', found.html)
    assert addresses[:6] == ["/0/#qui", "/1/", "/2/", "/5/", "/3/", "/4/"]
    assert found.broken == ("nulle%20part.md", "néant.md")


def test_an_address_in_an_unknown_encoding_is_left_alone() -> None:
    assert 'href="https://a.example/%E9%C3%A9"' in render("[a](https://a.example/%E9é)").html


def test_notes_are_moved_out_of_the_boxes_they_are_written_in() -> None:
    html = render("> Un[^1]\n>\n> [^1]: Note.\n\n- Deux[^2]\n\n  [^2]: <div>Autre</div>\n\nFin.").html
    running, _, notes = html.partition('<div class="footnote">')
    assert "Note." not in running
    assert running.count("<div") == running.count("</div>") == 0
    assert notes.count("<li id=") == 2
    assert "<div>Autre</div>" in notes
    assert dress.plain(html).startswith("Un Deux Fin.")


def test_two_notes_of_one_name_are_both_shown() -> None:
    html = render("Un[^1].\n\n[^1]: Première.\n\n[^1]: Seconde.").html
    assert html.count("<li id=") == 1
    assert "Première." in html
    assert "Seconde." in html


def test_the_notes_of_two_texts_of_a_page_never_meet() -> None:
    html = render("Un[^1].\n\n[^1]: Note.", anchor="lead").html
    assert set(re.findall(r' id="([^"]*)"', html)) == {"lead-fnref:1", "lead-fn:1"}
    assert set(re.findall(r' href="#([^"]*)"', html)) == {"lead-fnref:1", "lead-fn:1"}


def test_the_link_back_speaks_the_language_of_the_article() -> None:
    text = "Un[^1].\n\n[^1]: Note."
    assert 'title="Retour au texte, note 1"' in render(text).html
    assert 'title="Back to the text, note 1"' in render(text, language="en").html


@given(st.text(alphabet='ab \n#*_[]^:()<>`|-~=1.&"/\\{}é', max_size=120))
def test_any_text_becomes_whole_html(text: str) -> None:
    html = render(text).html
    assert html.count("<div") == html.count("</div>")
    assert len(re.findall(r' id="([^"]*)"', html)) == len(set(re.findall(r' id="([^"]*)"', html))) or "<" in text


DEEP = {
    "quotations": ">" * 20_000 + " a",
    "lists": "- " * 20_000 + "a",
    "lists, a line each": "\n".join("  " * depth + "- a" for depth in range(500)),
    "boxes of HTML": "<div>\n\n" * 20_000,
    "headings of HTML": "<h2><b>" * 20_000,
}


@pytest.mark.parametrize("text", DEEP.values(), ids=DEEP)
def test_what_is_nested_too_deeply_is_told_at_once(text: str) -> None:
    start = time.perf_counter()
    with pytest.raises(body.Unrenderable):
        render(text)
    assert time.perf_counter() - start < 5


LONG = {
    "a book of short paragraphs": "x\n\n" * 100_000,
    "brackets that nobody closes": "[" * 20_000,
    "links that nobody closes": "[a](" * 20_000,
    "tags that nobody closes": "<a " * 20_000,
    "a heading on each line": "# a\n" * 20_000,
    "a heading on each line, all of one place": "# a {#a}\n" * 20_000,
    "notes": "".join(f"a[^{number}]\n\n[^{number}]: n\n\n" for number in range(5_000)),
    "calls of one note": "a[^1]" * 20_000 + "\n\n[^1]: n",
    "emphasis in emphasis": "*a **b " * 20_000,
    "addresses with accents": "".join(f"[a](é{number})" for number in range(10_000)),
}


@pytest.mark.parametrize("text", LONG.values(), ids=LONG)
def test_a_long_text_takes_a_time_that_grows_with_its_length(text: str) -> None:
    start = time.perf_counter()
    render(text)
    assert time.perf_counter() - start < 15  # seconds; a second or two on a machine that does nothing else


DEMO_DIFFERS = {"content/transition-ecologique/reparer-plutot-que-jeter.md": "*[AGEC]: Anti-gaspillage"}


def test_the_demo_is_the_same_with_both_but_for_an_abbreviation() -> None:
    changed = dialects.compare(ROOT, "commonmark", now=NOW).changed
    assert [one.place.path for one in changed] == list(DEMO_DIFFERS)
    for one in changed:
        line = (ROOT / one.place.path).read_text(encoding="utf-8").splitlines()[one.place.line - 1]
        assert line.startswith(DEMO_DIFFERS[one.place.path])
    studied, _ = study(read_library(ROOT)[0], now=NOW, drafts=True)
    at = manuscripts.desk(studied.library.site)
    compared = 0
    for one in studied.library.articles:
        links = manuscripts.find_links(studied.known, one.references, one.section, studied.library.site.base_url)
        written = manuscripts.of_article(at, one, one.text, links)
        if one.markup != "markdown" or one.place.path in DEMO_DIFFERS:
            continue
        first, second = (body.render_body(replace(written, engine=engine)) for engine in get_args(Engine))
        assert (second.headings, second.terms, second.broken, second.pictures) == (
            first.headings,
            first.terms,
            first.broken,
            first.pictures,
        )
        for marks in (r' href="([^"]*)"', r' id="([^"]*)"', r'<div class="footnote">'):
            assert re.findall(marks, second.html) == re.findall(marks, first.html), one.place
        assert dress.plain(second.html) == dress.plain(first.html)
        compared += 1
    assert compared > 15


def test_a_whole_site_is_built_with_it(tmp_path: Path) -> None:
    text = "Un texte[^1] :\n- un\n- [deux](b.md)\n\n## Été\n\n[^1]: Une note."
    site = write_site(
        tmp_path / "site",
        {
            "site.yaml": FAST,
            "content/a/a.md": article(body=text, description='"Un *chapô*, ~~vieux~~"'),
            "content/a/b.md": article(),
            "content/a/c.spip": article(body="Un {texte}[[note]]."),
            "content/a/index.md": "---\ntitle: A\n---\n~~Section~~\n",
        },
    )
    files = build_files(site, tmp_path / "public")
    page = files["a/a/index.html"].decode()
    assert '<li><a href="/a/b/">deux</a></li>' in page
    assert '<h2 id="ete">' in page
    assert '<li id="fn:1">' in page
    assert "<del>vieux</del>" in page
    assert "<del>Section</del>" in files["a/index.html"].decode()
    assert "spip_note" in files["a/c/index.html"].decode()
    dom(files["a/a/index.html"])


def test_a_text_that_is_too_deep_is_told_with_its_place(tmp_path: Path) -> None:
    site = write_site(tmp_path, {"site.yaml": FAST, "content/a/x.md": article(body=">" * 200 + " a")})
    done = labo_here("build", "--root", site)
    assert done.returncode == 1
    assert "content/a/x.md:5: lists or quotations are nested too deeply\n" in done.stderr


def test_where_the_package_is_missing_the_line_of_the_setting_is_told(tmp_path: Path) -> None:
    (tmp_path / "missing").mkdir()
    (tmp_path / "missing/sitecustomize.py").write_text(MISSING)
    hidden = {"PYTHONPATH": str(tmp_path / "missing")}
    site = write_site(tmp_path / "site", {"site.yaml": FAST, "content/a/x.md": article()})
    for command in ("build", "check"):
        done = labo(command, "--root", site, **hidden)
        assert done.returncode == 1
        assert done.stderr.startswith(
            "site.yaml:3: `markdown`: the engine commonmark is not installed\n  hint: pip install 'labo-ssg[fast]'\n"
        )
        assert "Traceback" not in done.stderr
    plain = write_site(tmp_path / "plain", {"content/a/x.md": article()})
    assert labo("build", "--root", plain, **hidden).returncode == 0
    done = labo("check", "--engine", "commonmark", "--root", plain, **hidden)
    assert done.returncode == 2
    assert done.stderr == ("labo: the engine commonmark is not installed\n  hint: pip install 'labo-ssg[fast]'\n")


def test_the_engine_of_a_site_is_one_of_two(tmp_path: Path) -> None:
    site = write_site(tmp_path, {"site.yaml": FAST.replace("commonmark", "comonmark")})
    assert "did you mean `commonmark`?" in labo_here("check", "--root", site).stderr


LINES = {
    "the line of a list that was none": ("Un.\n\nDeux :\n- trois\n- quatre\n", 4),
    "the line of an abbreviation": ("Un ABC.\n\nDeux.\n\n*[ABC]: Trois\n", 5),
    "the line of a class": ("Un.\n\nDeux *trois*{: .rouge} quatre.\n\nDeux.", 3),
    "the line of a table's cell": ("| a | b |\n|---|---|\n| c | d |\n| `e|f` | g |\n", 4),
    "words that come often": ("Le mot.\n\nLe mot.\n\nLe mot.\nLe mot :\n- le mot\n\nLe mot.", 7),
    "after a note": ("Un[^n].\n\n[^n]: Note 1.\n\nDeux 1.\n\n##Trois\n\n1. Fin", 7),
}


@pytest.mark.parametrize(("text", "line"), LINES.values(), ids=LINES)
def test_the_line_of_the_first_difference_is_told(text: str, line: int) -> None:
    found = dialects.difference(manuscript(text, "python-markdown"), manuscript(text))
    assert found
    assert found[0] + 1 == line


def test_check_lists_the_texts_that_an_engine_would_change(tmp_path: Path) -> None:
    site = write_site(
        tmp_path,
        {
            "content/a/x.md": article(body="Un.\n\nDeux :\n- trois", description='"Du ~~vieux~~ PTCE"'),
            "content/a/y.md": article(body="Un PTCE."),
            "content/a/z.md": article(body="##Brouillon", draft="true"),
            "content/a/s.spip": article(body="- ~~x~~"),
            "content/a/index.md": "---\ntitle: A\n---\n\n~~Section~~\n",
            "content/glossaire.yaml": "- {word: PTCE, definition: Pôle}\n",
        },
    )
    done = labo_here("check", "--engine", "commonmark", "--root", site)
    assert done.returncode == 0
    assert done.stdout.splitlines() == [
        "content/a/index.md:5: `~~Section~~ </p>` would be `Section </p>`",
        "content/a/x.md:4: `~~vieux~~ PTCE </p>` would be `vieux PTCE </p>`",
        "content/a/x.md:9: `- trois </p>` would be `</p> <ul> <li> trois`",
        "content/a/z.md:6: `<h2 brouillon> Brouillon </h2>` would be `<p> ##Brouillon </p>`",
    ]
    assert done.stderr == "4 of 5 texts would change with the engine commonmark\n"
    same = labo_here("check", "--engine", "python-markdown", "--root", site)
    assert (same.stdout, same.stderr) == ("", "0 of 5 texts would change with the engine python-markdown\n")


def test_check_says_what_it_could_not_compare(tmp_path: Path) -> None:
    site = write_site(tmp_path, {"content/a/x.md": article(date="hier"), "content/a/y.md": article(body="~~Un~~")})
    done = labo_here("check", "--engine", "commonmark", "--root", site)
    assert done.returncode == 1
    assert done.stdout.startswith("content/a/y.md:5: ")
    assert "content/a/x.md:3: " in done.stderr
    assert "1 problem: what could not be read was not compared\n" in done.stderr
