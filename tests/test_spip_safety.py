"""What a stranger may throw at the engine: nothing active comes out, and nothing takes long."""

import os
import re
import time
from collections.abc import Callable, Iterator
from typing import Any, get_args
from xml.etree import ElementTree

import html5lib
import pytest
from html5lib.serializer import HTMLSerializer
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from labo_ssg.markup import sanitize
from labo_ssg.markup.spip import engine
from labo_ssg.markup.spip.nodes import Kind

EXAMPLES = 20_000 if os.environ.get("LABO_FUZZ") else 300
BOUND = 15  # seconds: a generous sign that something hangs

FORBIDDEN = frozenset("script style iframe object embed form svg math meta link base".split())
ADDRESSES = frozenset(
    "href src cite action formaction background poster data longdesc codebase srcset ping xlink:href manifest".split()
)
SCHEME = re.compile(r"([A-Za-z][A-Za-z0-9+.\-]*):")
# Shortcuts, tags, entities, schemes and control characters, whole and in halves.
PIECES = """
{ } {{ }} {{{ }}} {{{{ }}}} [ ] [[ ]] -> ->> <- | || |^|<| \\ \\< \\> \\[ ~ - -- -* -# -** _ ---- ____ : ; ! ? «
» ' " ` = / & # % @ . [a-> b] [? [?a] [a|b] [[<n> [[<> [[x]] [a<-] [->art1] [->1] {en} |{fr} <quote> </quote>
<code> </code> <cadre> </cadre> <frame> </frame> <poesie> </poesie> <html> </html> <multi> </multi> [fr] [en]
<math> $x$ $$y$$ </math> <pre> </pre> <intro> </intro> <img1> <doc2|center> <emb3|left> <article1> <b> </b> <i>
</i> <q> </q> <del> </del> <p> </p> <div> </div> <ul> <li> </li> </ul> <table> <tr> <td> </td> </table> <h2>
</h2> <a </a> <br> <hr> <br/ <img <svg> </svg> <math <style> </style> <script> </script> <title> </title>
<textarea> </textarea> <iframe <object <embed <form <select> <option> <noscript> <template> <xmp> <plaintext>
<button> <font <details> <summary> <ruby> <rt> <dl> <dd> <caption> <mglyph> <mtext> <annotation-xml <!-- -->
--!> <![CDATA[ ]]> <?php ?> <!doctype <% %> < > onclick=alert(1) onerror='x' style="x" id=x name=nb1 class=y
href= src= srcset= cite= title=" formaction= xlink:href= javascript:alert(1) JaVaScRiPt: java&Tab;script:
data:text/html, vbscript: file:///etc https://exemple.org/ http://a.org?b=1&c=2 //x.org mailto:a@b.org a@b.org
www.exemple.org ftp://x.org &lt; &gt; &quot; &#106; &#x6a; &colon; &nbsp; &amp;lt; &copy &inconnue; &#0;
&#x110000; @@SPIP_ECHAPPE_LIEN_0@@ +ADw- class="base64" mot été 12 % M. n°
""".split()
CONTROLS = ["\n", "\n\n", " ", "  ", "\t", "\r\n", "\x00", "\x01", "\x02", "\x020\x04", "\x04", "\x0b", "\x1b"]
CONTROLS += ["\u2028", "\u00a0", "\u202e", "\ufeff", "\n- ", "\n-* ", "\n|", "|\n", "\n_ "]


def clean(text: str, kind: Kind) -> Iterator[str]:
    door = sanitize.comment if kind == "forum" else sanitize.article
    for html in engine.render(text, kind=kind, links={}):
        yield str(door(html))


def parse(html: str, *, scripting: bool) -> Any:
    return html5lib.HTMLParser(namespaceHTMLElements=False).parseFragment(html, scripting=scripting)


def serialise(tree: Any) -> str:
    serializer = HTMLSerializer(
        quote_attr_values="always", omit_optional_tags=False, resolve_entities=False, escape_rcdata=False
    )
    return str(serializer.render(html5lib.getTreeWalker("etree")(tree)))


def faults(html: str) -> list[str]:
    """Return what is active in `html`, as a browser with or without scripts would read it."""
    found = []
    for scripting in (False, True):
        tree = parse(html, scripting=scripting)
        once = serialise(tree)
        if serialise(parse(once, scripting=scripting)) != once:
            found.append("changes when it is parsed again")
        for element in tree.iter():
            found += active(element)
    return found


def active(element: ElementTree.Element) -> Iterator[str]:
    if not isinstance(element.tag, str):
        return
    if element.tag in FORBIDDEN or element.tag.startswith("{"):
        yield element.tag
    for key, value in element.attrib.items():
        name = str(key).rpartition("}")[2].lower()
        if name.startswith("on") or name == "style":
            yield name
        if name in ADDRESSES:
            scheme = SCHEME.match(re.sub("[\x00-\x20]", "", value))
            if scheme and scheme[1].lower() not in sanitize.SCHEMES:
                yield f"{name}={value}"


# Each shortcut around others, in all its places.
AROUND = """
{* {{* {{{* [*->* [*|*->* [*|* [?* [[* [[<* <b title="*">* <a href="*">* <code>* <cadre>* <pre>* <html>*
<multi>[fr]*[en]* <poesie>* <math>$* <quote>* <b>* <div>* <table>* <img1|* <!--* |*|* || *|| -** -#* \\* &* https://*
""".split()
CLOSERS = ["", "", "}", "}}", "}}}", "]", "{en}]", "]]", "> a]]", "|", "|\n", ">", "-->", "$</math>"]
CLOSERS += [f"</{name}>" for name in "b a code cadre pre html multi poesie quote div table".split()]


def wrapped(inner: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    around = st.builds(
        lambda before, one, other, after: before.replace("*", one, 1).replace("*", other, 1) + after,
        st.sampled_from(AROUND),
        inner,
        inner,
        st.sampled_from(CLOSERS),
    )
    return around | st.lists(inner, min_size=2, max_size=4).map("".join)


FLAT = st.builds(
    lambda pieces, between: between.join(pieces),
    st.lists(st.sampled_from(PIECES + CONTROLS) | st.text(max_size=4), max_size=25),
    st.sampled_from(["", " "]),
)
NESTED = st.recursive(st.sampled_from(PIECES + CONTROLS), wrapped, max_leaves=12)


@pytest.mark.parametrize("kind", get_args(Kind))
@settings(max_examples=EXAMPLES, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(text=FLAT | NESTED)
def test_nothing_active_comes_out(kind: Kind, text: str) -> None:
    for html in clean(text, kind):
        assert not faults(html)
        assert not re.search("[\x00-\x08]", html), "a mark of the engine"


SHAPES: dict[str, Callable[[int], str]] = {
    "braces": lambda n: "{" * n,
    "guillemets": lambda n: "« a » " * n,
    "ampersands": lambda n: "& &amp; " * n,
    "spaced signs": lambda n: "a ! " * n,
    "double braces": lambda n: "{{" * n,
    "closed braces": lambda n: "{a} " * n,
    "brackets": lambda n: "[" * n,
    "double brackets": lambda n: "[[" * n,
    "notes": lambda n: "[[a]] " * n,
    "terms": lambda n: "[?x] " * n,
    "links": lambda n: "[a->b] " * n,
    "links without end": lambda n: "[a->" * n,
    "brackets in brackets": lambda n: "[a [b] " * n,
    "question marks": lambda n: "[" + "?" * n,
    "bars in a link": lambda n: "[" + "|" * n + "<->a]",
    "code without end": lambda n: "<code>" * n,
    "script without end": lambda n: "<script>" * n,
    "languages without end": lambda n: "<multi>[fr]" * n,
    "comments without end": lambda n: "<!--" * n,
    "comments in raw HTML": lambda n: "<html>" + "<!--" * n + "</html>",
    "spaces in a reference": lambda n: "[a->art" + " " * n + "x]",
    "code in code": lambda n: "<pre>" + "<code>" * n + "</pre>",
    "quotes in quotes": lambda n: "<quote>" * n,
    "closed quotes": lambda n: "<quote>" * n + "</quote>" * n,
    "bold without end": lambda n: "<b>" * n,
    "other closers": lambda n: "<b>" * n + "</i>" * n,
    "divisions": lambda n: "<div>" * n + "</p>" * n,
    "attributes": lambda n: "<b " + "a=b " * n + ">",
    "spaces in a tag": lambda n: "<article" + " " * n + "x>",
    "entities": lambda n: "&#" * n,
    "deeper lists": lambda n: "\n".join("-" + "*" * (k % 300 + 1) + " a" for k in range(n // 100)),
    "a deep list": lambda n: "-" + "*" * n + " a",
    "items": lambda n: "-* a\n" * n,
    "rows": lambda n: "|a|b|\n" * n,
    "rows without end": lambda n: "|a\n" * n,
    "columns": lambda n: "|a" * n + "|",
    "merged cells": lambda n: "|^|<|\n" * n,
    "addresses": lambda n: "http://" * n,
    "other addresses": lambda n: "ftp://" * n,
    "spaces": lambda n: "x" + " " * n + "x",
    "spaces before signs": lambda n: ("x" + " " * 100 + "!") * (n // 100),
    "line ends": lambda n: "x" + "\n" * n + "x",
    "lines of spaces": lambda n: "x" + "\n   " * n + "x",
    "forced line ends": lambda n: "\n_ " * n,
    "dashes": lambda n: "-" * n,
    "backslashes": lambda n: "\\" * n,
    "apostrophes": lambda n: "'" * n,
    "words": lambda n: "mot " * n,
}


@pytest.mark.parametrize("shape", SHAPES.values(), ids=SHAPES)
def test_no_shape_hangs(shape: Callable[[int], str]) -> None:
    start = time.monotonic()
    for _ in clean(shape(40_000), "forum"):
        pass
    assert time.monotonic() - start < BOUND


ATTACKS = {
    "a script in a link": "[x->javascript:alert(1)]",
    "a scheme in entities": "[x->&#106;avascript&colon;alert(1)]",
    "a scheme with a tab": "[x->java\tscript:alert(1)]",
    "a file": "[x->file:///etc/passwd]",
    "a quote in an address": '[x->https://exemple.org/" onmouseover="alert(1)]',
    "a quote in a title": '[x|t" onmouseover="alert(1)->https://exemple.org/]',
    "an escaped script": "\\<script\\>alert(1)\\</script\\>",
    "a place-holder of SPIP": "@@SPIP_ECHAPPE_LIEN_0@@ [x->https://exemple.org/]",
    "a mark of ours": "\x020\x04 [x->https://exemple.org/]",
    "base64 in a span": '<span class="base64" title="PHNjcmlwdD5hbGVydCgxKTwvc2NyaXB0Pg=="></span>',
    "a script in UTF-7": "+ADw-script+AD4-alert(1)+ADw-/script+AD4-",
    "a tag over a frame's end": "<cadre></textarea><script>alert(1)</script></cadre>",
    "a tag cut by a brace": "{{<img src=x }}onerror=alert(1)>",
    "a drawing": "<svg><style><img src=x onerror=alert(1)></style></svg>",
    "raw HTML": "<html><script>alert(1)</script><img src=x onerror=alert(1)></html>",
}


@pytest.mark.parametrize("text", ATTACKS.values(), ids=ATTACKS)
def test_attack(text: str) -> None:
    for html in clean(text, "forum"):
        assert not faults(html)
        assert "<script" not in html


def test_a_visitor_sets_no_id_name_or_class() -> None:
    text = '<p id="a" name="b" class="c">x <a name="d" id="nb1" href="https://exemple.org/">y</a></p>'
    (html, _) = clean(text, "forum")
    assert "id=" not in html
    assert "name=" not in html
    assert "class=" not in html


def test_links_of_visitors_are_not_followed() -> None:
    text = "[a->https://exemple.org/] https://exemple.org/ <a href='https://exemple.org/' rel='follow'>b</a> [?c]"
    (html, _) = clean(text, "forum")
    assert html.count("<a ") == html.count('rel="nofollow ugc noopener"') == 4


@pytest.mark.parametrize(
    "text", ["->" * 40_000 + "[", "[a->b" * 40_000, "<doc" * 40_000], ids=["arrows", "links", "models"]
)
def test_looking_for_references_never_hangs(text: str) -> None:
    start = time.monotonic()
    engine.references(text)
    assert time.monotonic() - start < BOUND
