"""What a visitor is told of a message before it is sent: what gets lost, what looks like a mistake, and no more."""

import time
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from labo_ssg import language
from labo_ssg.markup.body import render_body
from labo_ssg.markup.remarks import LONGEST, MOST, Remark, remarks, words
from labo_ssg.markup.spip.engine import legible
from labo_ssg.model import Manuscript, Target
from tests.test_spip_safety import CONTROLS, PIECES

LINKS = {
    "article1": Target("/monnaie/", "La monnaie locale : bilan"),
    "epicerie": Target("/epicerie/", "Une épicerie coopérative"),
}


def manuscript(text: str) -> Manuscript:
    return Manuscript(text, "spip", "comment", "fr", "spip", LINKS, {}, {}, "in-comment-1", "python-markdown")


def remarks_on(text: str) -> tuple[Remark, ...]:
    return remarks(manuscript(text), render_body(manuscript(text)))


def told(text: str) -> list[str]:
    return [f"{remark.line} {remark.kind} {remark.what}" for remark in remarks_on(text)]


LOSSES = {
    "a script goes with all that it holds": ("Bonjour <script>alert(1)</script> !", ["1 removed <script>"]),
    "so does a style": ("<style>p {color: red}</style>Bonjour", ["1 removed <style>"]),
    "a script that does not end loses its tag only": ("Bonjour\n<script>alert(1)", ["2 element <script>"]),
    "frames, forms and players lose their tags": (
        '<iframe src="https://a.org"></iframe>\n<form><video src="v.mp4">film</video></form>',
        ["1 element <iframe>", "2 element <form>", "2 element <video>"],
    ),
    "an element that HTML does not know": ("Écrivez à <nom> ou à <prénom>.", ["1 element <nom>"]),
    "a quotation in capitals is none": ("<QUOTE>Oui</QUOTE>", ["1 element <QUOTE>"]),
    "a comparison that reads like a tag": ("Si x <y et z> 3, alors", ["1 element <y>"]),
    "an element twice is told once, where it comes first": ("a\n<form>b</form>\n<form>c</form>", ["2 element <form>"]),
    "a comment of HTML": ("Avant <!-- une remarque --> après", ["1 removed <!-- une remarque -->"]),
    "a declaration": ("<!DOCTYPE html>\nBonjour", ["1 removed <!DOCTYPE html>"]),
    "an anchor, which only editors make": ("[ici<-] Bonjour", ["1 removed [ici<-]"]),
    "a picture becomes a link": (
        'Voici <img src="https://a.org/chat.png" alt="mon chat">',
        ["1 picture https://a.org/chat.png"],
    ),
    "a picture from nowhere leaves its words": ('<img src="chat.png" alt="mon chat"> dort', ["1 element <img>"]),
    "an attribute that acts": ('<b onclick="x()">Cliquez</b>', ["1 attribute onclick"]),
    "an attribute that paints": ("Un mot <span style='color:red'>rouge</span>", ["1 attribute style"]),
    "a link to a script": ("Voir [ici->javascript:alert(1)].", ["1 address javascript:alert(1)"]),
    "a link of HTML to a script": (
        '<a href="&#106;avascript:alert(1)">ici</a>',
        ["1 address javascript:alert(1)"],
    ),
    "an address that cannot be one": ("Voir [ici->https://a.org:port/].", ["1 address https://a.org:port/"]),
    "a link to an article that is not there": ("Voir\n\n[->art999] et [->art1].", ["3 nowhere [->art999]"]),
    "a link to a word": ("Voir [la page->page-perdue].", ["1 nowhere [la page->page-perdue]"]),
    "a link of HTML to a page that is not there": (
        '<a href="/page-perdue/">la page</a>',
        ['1 nowhere <a href="/page-perdue/">'],
    ),
    "a link without its address": ("Voir [la page->] et [le site->http://].", [
        "1 nowhere [la page->]", "1 nowhere [le site->http://]",
    ]),
    "a document that visitors do not have": ("<img3|left> et <doc12>", [
        "1 document <img3|left>", "1 document <doc12>",
    ]),
    "what is said inside a link": ("[un <blink>mot</blink>->https://a.org]", ["1 element <blink>"]),
    "what is said inside raw HTML": ("<html><b>a</b>{{<embed></html>", ["1 element <embed>"]),
}  # fmt: skip

MISTAKES = {
    "bold that goes on": ("Un mot {{fort et la suite.", ["1 unclosed {{"]),
    "italic that goes on": ("Un mot {doux et la suite.", ["1 unclosed {"]),
    "a heading that goes on": ("{{{Mon titre\n\nMon texte", ["1 unclosed {{{"]),
    "bold closed like italic": ("{{gras} et la suite", ["1 unclosed {{", "1 unopened }"]),
    "bold over two paragraphs": ("Oui.\n\n{{Un\n\ndeux}} trois", ["3 across {{"]),
    "bold over two items": ("-* {{un\n-* deux}}", ["1 across {{"]),
    "a deletion over two paragraphs": ("<del>Un\n\ndeux</del>", ["1 across <del>"]),
    "a quotation that goes on": ("<quote>Il a dit\n\nEt moi", ["1 unclosed <quote>"]),
    "the outer of two quotations": ("<quote>a\n<quote>b</quote>", ["1 unclosed <quote>"]),
    "code, a frame, verses that go on": (
        "<code>a\n<cadre>b\n<poesie>c",
        ["1 unclosed <code>", "2 unclosed <cadre>", "3 unclosed <poesie>"],
    ),
    "words quoted, deleted, added without end": (
        "<q>a <del>b <ins>c",
        ["1 unclosed <q>", "1 unclosed <del>", "1 unclosed <ins>"],
    ),
    "a link whose bracket is missing": ("Voir [le site->https://a.org et puis", ["1 unclosed [le site->"]),
    "a link that swallows the next": (
        "Voir [un->https://a.org et [deux->https://b.org].",
        ["1 unclosed [un->"],
    ),
    "a link that swallows a paragraph": ("[un->https://a.org\n\nLe reste [1].", ["1 unclosed [un->"]),
    "a link that nothing opens": ("le site->https://a.org] et puis", ["1 unopened ->https://a.org]"]),
    "a note that goes on": ("Un mot[[la note et la suite", ["1 unclosed [["]),
    "a note that swallows the next": ("Un[[a et deux[[b]] trois", ["1 unclosed [["]),
    "bold in a note that goes on": ("Un mot[[{{la note]] et la suite", ["1 unclosed {{"]),
    "bold that nothing opens": ("Un mot gras}} et la suite", ["1 unopened }}"]),
    "italic that nothing opens": ("Un mot doux} et la suite", ["1 unopened }"]),
    "a note that nothing opens": ("Oui.\nUn mot la note]] et la suite", ["2 unopened ]]"]),
    "a quotation that nothing opens": ("Il a dit</quote>\nEt moi", ["1 unopened </quote>"]),
    "code that nothing opens": ("Un</code> mot", ["1 unopened </code>"]),
    "all in the order of the text": (
        "<quote>a\n{{b\n<nom> [[c\n[->art9] gras",
        ["1 unclosed <quote>", "2 unclosed {{", "3 element <nom>", "3 unclosed [[", "4 nowhere [->art9]"],
    ),
    "lines that end as on Windows": ("Un\r\ndeux\r\n\r\n{{quatre", ["4 unclosed {{"]),
}

NOTHING_TO_TELL = {
    "plain words": "Merci pour cet article : j'y ai trouvé « l'essentiel » !",
    "the shortcuts, closed": "{{{Titre}}}\n\n{{gras}} {doux} {{ {les deux} }} [[une note]] [a->https://a.org] https://b.org",
    "the elements, closed": "<quote>a\n\nb</quote> <q>c</q> <del>d</del> <ins>e</ins> <code>f</code> <cadre>g</cadre>",
    "a link that is known by its number, by its name, by its place": "[->art1] [a->epicerie#bas] [b->#forum]",
    "an address of e-mail": "Écrivez à [Jean->jean@exemple.org], jean@exemple.org ou <jean@exemple.org>.",
    "an address with parameters": "[a->https://a.org/?b=1&c=«d»] https://a.org/?b=1&amp;c=2#é",
    "an address that a mail program broke": "[a->https://a.org/\nsuite] voilà",
    "a comparison": "On a a < b et c > d, donc 3<4 ; le prix <10 € ou > 20 €.",
    "a heart, a face, an arrow": "<3 :-{ ;-} -> => <- (->) [0;1[ -> R ( :-{triste :-} ;}",
    "a brace that is a sign": "Le signe { ou } ou { s'écrit ainsi, et le signe « { » aussi.",
    "braces that are escaped": r"Écrivez \{\{gras pour commencer, \<quote\> aussi.",
    "code that shows how to begin": "<code>{{gras</code>, <code><quote></code>, <code>[[</code>, <code>[a-></code>",
    "code of several lines": "<code>\nif (a) {{\n  <script>\n</code>\n<cadre>{{ <form> [a-></cadre>",
    "code inside preformatted text": "<pre>a <code><script> {{</code> b</pre>",
    "a formula": r"<math>$\frac{a}{b} {{ <x> $</math>",
    "raw HTML, where shortcuts are none": "<html>{{ <b>a</b> [[</html>",
    "an entity for a sign": "Écrivez &lt;quote&gt; ou &#123;&#123; pour commencer.",
    "brackets of all kinds": "[…] [1] tableau[i[0]] [sic] [a b] [[]] (voir [2])",
    "elements whose ends may be left out": "<p>a<p>b<ul><li>c<li>d</ul>e<br>f<hr>g",
    "attributes of no consequence": '<b class="x" id="y">a</b> <a href="https://a.org" target="_blank">b</a>',
    "a list, a table, verses": "-* {{a}}\n-* b\n\n|{{a}}|{{b}}|\n|c|d|\n\n<poesie>e\nf</poesie>",
    "languages": "<multi>[fr]{{Bonjour}}[en]{{Hello}}</multi>",
    "a quotation around paragraphs with bold in each": "<quote>{{a}}\n\n{{b}}</quote>",
    "bold around a note of two paragraphs": "{{un[[a\n\nb]] deux}}",
    "JSON": '{"a": {"b": [1, 2]}}',
}


@pytest.mark.parametrize(("text", "expected"), LOSSES.values(), ids=LOSSES)
def test_what_gets_lost_is_told(text: str, expected: list[str]) -> None:
    assert told(text) == expected


@pytest.mark.parametrize(("text", "expected"), MISTAKES.values(), ids=MISTAKES)
def test_what_looks_like_a_mistake_is_told(text: str, expected: list[str]) -> None:
    assert told(text) == expected


@pytest.mark.parametrize("text", NOTHING_TO_TELL.values(), ids=NOTHING_TO_TELL)
def test_nothing_is_told_of_what_is_well(text: str) -> None:
    assert told(text) == []


def test_there_are_eight_remarks_at_most_and_the_first_ones() -> None:
    assert told("\n".join(f"<nom{n}x>" for n in range(12))) == [f"{n + 1} element <nom{n}x>" for n in range(MOST)]


def test_what_was_written_is_cut_and_stays_on_one_line() -> None:
    [remark] = remarks_on("[un deux\n" + "trois quatre\n" * 20 + "->page-perdue]")
    assert remark.what == "[un deux trois quatre trois quatre troi…"
    assert len(remark.what) == LONGEST


def test_a_remark_is_said_in_the_language_of_the_site() -> None:
    remark = Remark("unclosed", "{{", 1)
    assert words(remark, language.translations("en").gettext) == "“{{” is never closed."
    assert words(remark, language.translations("fr").gettext) == "«\u00a0{{\u00a0» n’est jamais fermé."


@pytest.mark.parametrize("case", ["{what}", "{0}", "%s", "{"])
def test_what_was_written_is_no_pattern(case: str) -> None:
    assert case in words(Remark("address", case, 1), str)


WORDS = st.sampled_from("Bonjour le monde, merci ! été 12 % a < b : ; ? l'an « oui » — 3 > 2 (bis) -> … :-)".split())
PHRASES = st.lists(WORDS, min_size=1, max_size=6).map(" ".join)
WRAPPERS = ["{{%s}}", "{%s}", "[%s->https://a.org]", "[%s->art1]", "mot[[%s]]", "<q>%s</q>", "<del>%s</del>"]
WRAPPERS += [
    "<quote>%s</quote>",
    "\n\n<cadre>%s</cadre>\n\n",
    "<code>%s</code>",
    "\n\n{{{%s}}}\n\n",
    "%s\n\n%s",
    "\n-* %s\n",
]
WELL_WRITTEN = st.recursive(
    PHRASES.map(lambda phrase: phrase.replace("->", "–")),
    lambda inner: st.tuples(inner, inner).map(" ".join),
    max_leaves=4,
)


@given(st.lists(st.tuples(st.sampled_from(WRAPPERS), WELL_WRITTEN), max_size=8))
def test_nothing_is_told_of_plain_words_and_shortcuts_that_are_closed(parts: list[tuple[str, str]]) -> None:
    text = " ".join(wrapper.replace("%s", inner) for wrapper, inner in parts)
    assert told(text) == []


@given(st.lists(st.sampled_from([*PIECES, *CONTROLS]), max_size=40).map("".join) | st.text(max_size=200))
def test_remarks_on_whatever_is_written_are_few_different_and_in_order(text: str) -> None:
    found = remarks_on(text)
    lines = legible(text).count("\n") + 1
    assert len(found) <= MOST
    assert all(1 <= remark.line <= lines and len(remark.what) <= LONGEST for remark in found)
    assert all(before.line <= after.line for before, after in pairwise(found))
    assert len({(remark.kind, remark.what) for remark in found}) == len(found)
    assert not any(set("\n\x02\x04") & set(remark.what) for remark in found)


HOSTILE = """
<script> {{ {a [-> < [[ } | \\ <code> </quote> <!-- <a| [[<a> [?x [x->art9] <img|src=http://a.org/> <poesie><multi>
<html><b></html> <pre><code> [a->http://x| &a; ->http://a.b]
""".split()


@pytest.mark.parametrize("shape", HOSTILE)
def test_the_time_grows_with_the_length_and_no_faster(shape: str) -> None:
    shape = shape.replace("|", " ") if len(shape) > 1 else shape
    small, large = (seconds(shape * (size // len(shape))) for size in (2_500, 20_000))
    assert large < 0.5
    assert large < 30 * max(small, 0.001), "eight times the length; the square would be 64 times the time"


def seconds(text: str) -> float:
    """Return the least time of three, of this process alone."""
    body = render_body(manuscript(text))
    times = []
    for _ in range(3):
        start = time.process_time()
        remarks(manuscript(text), body)
        times.append(time.process_time() - start)
    return min(times)
