"""The SPIP engine: its golden cases, its references, and what several texts of one page may not share."""

import json
import re
import subprocess
import sys
from pathlib import Path

import pytest

from labo_ssg.markup import sanitize
from labo_ssg.markup.spip import engine
from labo_ssg.model import Target
from tests.cases import Case, cases

LINKS = {
    "article1": Target("/vie/epicerie/", "Une épicerie coopérative"),
    "rubrique3": Target("/vie/", "Vie associative"),
    "document4": Target("/img/plan.png", "Le plan"),
    "document5": Target("/pdf/statuts.pdf", "Les statuts"),
    "ptce": Target("/ptce/", "PTCE : bilan"),
}


def comment(text: str, anchor: str = "") -> str:
    """Return what a comment shows: its text, and its notes under a rule."""
    rendered = engine.render(text, kind="forum", links=LINKS, anchor=anchor)
    notes = sanitize.comment(rendered.notes)
    return sanitize.comment(rendered.html) + (f"\n----\n{notes}" if notes else "")


def article(text: str) -> str:
    return sanitize.article(engine.render(text, kind="article", links=LINKS).html)


@pytest.mark.parametrize("case", cases("spip"), ids=lambda case: case.id)
def test_case(case: Case) -> None:
    show = article if case.family.startswith("article") else comment
    assert show(case.source.replace("␍", "\r")) == case.expected


def test_every_family_has_cases() -> None:
    assert len(cases("spip")) > 100


def test_rendering_keeps_no_state() -> None:
    texts = ["a[[un]] {{b", "{c} [[<x> d]]", "|e|f|\n|g|h|", "-* i"]
    once = [comment(text) for text in texts]
    assert [comment(text) for text in reversed(texts)] == once[::-1]


def test_notes_of_two_comments_have_their_own_ids() -> None:
    shown = comment("a[[un]] {{{b}}}", anchor="c1") + comment("c[[deux]] {{{d}}}", anchor="c2")
    ids = re.findall(r' id="([^"]*)"', shown)
    assert len(set(ids)) == len(ids) == 6
    assert set(re.findall(r'href="#([^"]*)"', shown)) <= set(ids)


def test_the_level_of_headings_is_chosen() -> None:
    assert engine.render("{{{a}}}", kind="forum", links={}, heading=4).html == "<h4>a</h4>"


def test_typography_is_chosen() -> None:
    fine = engine.render("Oui ! « non » : 5 %", kind="forum", links={}, typography="fine")
    assert fine.html == "<p>Oui\u202f! «\u00a0non\u00a0»\u00a0: 5\u00a0%</p>"


def test_other_languages_have_no_french_spaces() -> None:
    assert engine.render("Yes! It's 'so': {a} [?b]", kind="forum", links={}, language="en").html == (
        '<p>Yes! It’s ‘so’: <i>a</i> <a href="https://en.wikipedia.org/wiki/b" class="spip_glossaire">b</a></p>'
    )


REFERENCES = {
    "short and long names": ("[->art1] [x->article1] [y->2] [->rub3]", ("article1", "article2", "rubrique3")),
    "fragments and queries": ("[x->art1#notes] [y->mot5?lang=en]", ("article1", "mot5")),
    "models of documents": (
        "<img3> <doc12|center> [x->doc4] <emb5>",
        ("document3", "document12", "document4", "document5"),
    ),
    "our own ids": ("[x->ptce] [y->../autre.md]", ("ptce", "../autre.md")),
    "other models": ("<article1> <truc2|x> <h2>", ()),
    "nothing": ("a -> b [c]", ()),
}


@pytest.mark.parametrize(("text", "expected"), REFERENCES.values(), ids=REFERENCES)
def test_references(text: str, expected: tuple[str, ...]) -> None:
    assert engine.references(text) == expected


def test_addresses_of_elsewhere_are_references_as_they_are_written() -> None:
    assert engine.references("[x->https://exemple.org/]") == ("https://exemple.org/",)


def test_the_filter_reads_and_writes_json_lines(tmp_path: Path) -> None:
    links = {"article1": {"url": "/a/", "title": "Un titre"}, "": {"missing": "?{type}={id}"}}
    (tmp_path / "links.json").write_text(json.dumps(links), encoding="utf-8")
    messages = [
        {"id": "a", "kind": "forum", "text": "[->1] [->mot7] <script>x</script>"},
        {"id": "b", "kind": "article", "text": "{b}[[note]]"},
    ]
    done = subprocess.run(
        [sys.executable, "-m", "labo_ssg.markup.spip", "--links", str(tmp_path / "links.json")],
        input="".join(json.dumps(message) + "\n" for message in messages),
        capture_output=True,
        text=True,
        check=True,
    )
    first, second = map(json.loads, done.stdout.splitlines())
    rel = 'rel="nofollow ugc noopener"'
    assert first == {
        "id": "a",
        "html": f'<p><a href="/a/" {rel}>Un titre</a> <a href="?mot=7" {rel}>mot 7</a></p>',
        "notes": "",
    }
    assert second["html"].startswith("<p><i>b</i>")
    assert "note</p>" in second["notes"]


def test_the_filter_tells_which_line_is_no_message_and_goes_on() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "labo_ssg.markup.spip"],
        input='{"id": "a"}\n\n{"id": "b", "kind": "forum", "text": "c"}\n',
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 1
    assert done.stderr.startswith("line 1: ")
    assert json.loads(done.stdout) == {"id": "b", "html": "<p>c</p>", "notes": ""}


def test_a_text_loses_what_no_html_may_hold() -> None:
    assert comment("a\x00b\x02c\ud800d") == "<p>abcd</p>"
