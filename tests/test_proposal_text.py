"""The text of a pull request shows what visitors wrote, and nothing of it works on the page of a forge."""

import re
from datetime import UTC, datetime
from html import escape, unescape

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from markdown_it import MarkdownIt
from markdown_it.token import Token

from labo_ssg.formats.comment import Screen
from labo_ssg.markup import harmless, quoted, sanitize
from labo_ssg.model import Html, Site
from labo_ssg.moderation import proposal_text
from labo_ssg.moderation.proposal_text import Entry
from labo_ssg.moderation.queue import Pending
from labo_ssg.moderation.showing import Shown

SITE = Site("Le Labo", "https://labo.example")
URL = "https://labo.example/ptce/"
WHEN = datetime(2026, 11, 23, 12, tzinfo=UTC)
PARSER = MarkdownIt("gfm-like")
assert PARSER.linkify is not None
PARSER.linkify.set({"fuzzy_link": True, "fuzzy_email": True, "fuzzy_ip": True})
WORKING = {"link_open", "image", "html_inline", "html_block", "heading_open", "table_open"}

# What forges look for in the text that was rendered, outside of code.
SEEN_BY_FORGES = {
    "a mention": r"@\w",
    "an issue": r"#\w|\bGH-\d|\b[A-Za-z]{2,}-\d",
    "a merge request, an epic, a label, a milestone": r"(?<![^\W_])[!&~%](?:\w|\")|\w[!&]\d",
    "mathematics, or a snippet": r"\$",
    "an emoji": r":[\w+-]+:",
    "a commit": r"\b[0-9a-f]{7,40}\b",
    "an address": r"://|\bwww\.|mailto:",
    "an alert, or a reference by name": r"\[!\w+\]|\[\[|\[\w+:\d",
}
CLOSING = re.compile(
    r"\b(?:clos|fix|resolv|implement)\w*:? +(?:issues? +)?(?:[\w./-]*#\d|[A-Z][A-Z0-9_]+-\d|https?://)", re.I
)

NASTY = (
    "@user",
    "@org/team",
    "@all",
    "a@b.example",
    "#12",
    "GH-12",
    "org/repo#12",
    "group/project!12",
    "!12",
    "&12",
    "group&3",
    "~bug",
    '~"two words"',
    "%v1",
    '%"next one"',
    "$12",
    "$x^2$",
    "$`x`$",
    "$$",
    ":tada:",
    "*iteration:12",
    "^alert#1",
    "[issue:12]",
    "[[_TOC_]]",
    "[TOC]",
    "[!NOTE]",
    "[wiki_page:home]",
    "da39a3ee5e6b4b0d3255bfef95601890afd80709",
    "da39a3e",
    "user/repo@da39a3ee5e6b",
    "https://evil.example/x",
    "www.evil.example",
    "mailto:",
    "MailTo:a",
    "evil.example",
    "ftp://evil.example",
    "//evil.example",
    "mailto:x@evil.example",
    "<b>bold</b>",
    "<img src=https://evil.example/pixel.png>",
    "<!-- hidden",
    "-->",
    "![x](https://evil.example/pixel.png)",
    "[ici](https://evil.example)",
    "[ici][1]",
    "[1]: https://evil.example",
    "[^1]",
    "[^1]: note",
    "- [x] done",
    "- [ ] to do",
    "* item",
    "1. item",
    "1) item",
    "# Title",
    "Title\n===",
    "Title\n---",
    "***",
    "a | b\n--|--\nc | d",
    "```mermaid",
    "~~~",
    "````",
    "`",
    "``x`",
    "\\`",
    "\\",
    ">>>",
    "> quote",
    "/close",
    "/merge",
    "Fixes #1",
    "Closes: GH-1",
    "Resolves org/repo#1",
    "Closes ABC-12",
    "Closes https://forge.example/o/r/issues/1",
    "---\ntitle: x\n---",
    "{: .class}",
    "{{< include >}}",
    ":::note",
    "&amp;#64;user",
    "&lt;script&gt;",
    "\u202egnp.exe",
    "\u2066x\u2069",
    "GH\u200b-1",
    "@\u200duser",
    "\u2028/close",
    "    indented",
    "\t/close",
    "  ",
    "\n\n",
    "**gras**",
    "_x_",
    "~~x~~",
    "<details>",
    "</blockquote>",
)
TAGS = "p b strong em i del code pre kbd blockquote ul ol li q h1 h3 table tr td a sub span div br hr textarea".split()
TAG = st.sampled_from([f"<{name}>" for name in TAGS] + [f"</{name}>" for name in TAGS])
LINK = st.sampled_from(
    [f'<a href="{escape(url)}">' for url in ("https://evil.example/@x`y", "/ici", "#nb1", "ftp://x")]
)
WORDS = st.sampled_from(NASTY) | st.text(max_size=12) | st.sampled_from(["a", " ", "«\u00a0", "l’ESS", "1", "\n"])
SOUP = st.lists(WORDS.map(escape) | WORDS | TAG | LINK, max_size=25).map("".join)


def tokens_of(text: str) -> list[Token]:
    """Return all tokens of a text in Markdown, those inside lines too, in order."""
    return [one for block in PARSER.parse(text) for one in (block, *(block.children or ()))]


def runs(tokens: list[Token]) -> list[str]:
    """Return the texts outside of code, each as long as nothing else stands in between."""
    found = [""]
    for one in tokens:
        if one.type in ("text", "text_special"):
            found[-1] += one.content
        elif found[-1]:
            found.append("")
    return found


def check_inert(text: str, *, links: int = 0) -> None:
    """Raise where something in `text` would work on a forge, but for so many links of our own."""
    tokens = tokens_of(text)
    kinds = [one.type for one in tokens]
    assert kinds.count("link_open") == links, text
    assert not WORKING.difference({"link_open"}).intersection(kinds), text
    for run in runs(tokens):
        for what, shape in SEEN_BY_FORGES.items():
            assert not re.search(shape, run), f"{what}: {run!r} of {text!r}"
    assert not CLOSING.search(text), text
    assert not re.search(r"^\s*/", text, re.MULTILINE), text
    assert not re.search("[\u202a-\u202e\u2066-\u2069\u200e\u200f\u2028]", text), text


def quote_of(html: str) -> str:
    """Return the quote of a visitor's HTML, which goes by the way of all messages."""
    text = quoted.quote(sanitize.comment(html), 100_000).text
    roots = [one for one in PARSER.parse(text) if one.level == 0]
    assert [one.type for one in roots] in (["blockquote_open", "blockquote_close"], []), text
    assert all(line.startswith(">") for line in text.splitlines())
    return text


@settings(deadline=None)
@given(SOUP)
@example("abc<b></b>def0")
@example("<b>da39</b><i></i>a3ee5e")
@example("x<b>.</b>example.org")
@example("<code>a</code>@b")
@example("<pre>Closes #1</pre>")
@example("<ul>" * 40 + "@x")
@example("<blockquote>" * 40 + "@x")
def test_nothing_of_a_message_works(html: str) -> None:
    check_inert(quote_of(html))


@pytest.mark.parametrize("words", NASTY)
def test_nothing_of_what_is_known_to_work_does(words: str) -> None:
    for html in (
        escape(words),
        words,
        f"<p>a</p><p>{escape(words)}</p>",
        f"<pre>{escape(words)}</pre>",
        f"Fixes {words}",
    ):
        check_inert(quote_of(html))


@settings(deadline=None)
@given(st.lists(WORDS, max_size=20).map("".join))
def test_a_message_is_shown_whole(words: str) -> None:
    shown = "".join(one.content for one in tokens_of(quote_of(escape(words))) if one.type != "inline")
    there = unescape(sanitize.comment(escape(words)))  # a parser of HTML drops some signs
    assert "".join(shown.split()) == "".join(harmless.visible(there).split())


@pytest.mark.parametrize(
    ("html", "markdown"),
    [
        ("<p>Un <strong>mot</strong>, <em>deux</em>.</p>", "> Un **mot**, *deux*."),
        ("<p>Un</p><p>deux<br>trois</p>", "> Un\n>\n> deux\\\n> trois"),
        ("<blockquote><p>cité</p></blockquote><p>Non.</p>", "> > cité\n>\n> Non."),
        ("<ul><li>un</li><li>deux<ol><li>a</li><li>b</li></ol></li></ul><p>c</p>",
         "> - un\n> - deux\n>   1. a\n>   2. b\n>\n> c"),
        ("<blockquote><p>cité</p></blockquote><ul><li>un</li></ul>", "> > cité\n>\n> - un"),
        ("<p>Voir <code>x = 1</code></p>", "> Voir `x\u00a0=\u00a01`"),
        ("<pre>a\n  b ```\n</pre>", "> ````\n> a\n> \u00a0\u00a0b\u00a0```\n> ````"),
        ('<a href="https://x.example">ici</a>', "> ici (`https://x.example`)"),
        ('<a href="https://x.example">https://x.example</a>', "> `https://x.example`"),
        ('un appel <a href="#nb1">1</a>', "> un appel 1"),
        ("<h3>Titre</h3>suite", "> **Titre**\n>\n> suite"),
        ("50&nbsp;% de l’ESS, C'est vrai&nbsp;!", "> 50\u00a0% de l’ESS, C'est vrai\u00a0!"),
        ("à @jean, qui répond (#12).", "> à `@jean`, qui répond `(#12`)."),
        ("<q>mot</q>", "> “mot”"),
        ("<table><tr><td>a</td><td>b</td></tr><tr><td>c</td></tr></table>", "> a · b\n>\n> c"),
    ],
)  # fmt: skip
def test_a_message_looks_as_it_will(html: str, markdown: str) -> None:
    assert quote_of(html) == markdown


def test_what_there_is_no_room_for_is_said() -> None:
    quote = quoted.quote(Html("<p>" + "mot @user " * 5_000 + "</p>"), 1_000)
    assert not quote.is_whole
    assert len(quote.text) < 2_000
    check_inert(quote.text)
    assert quoted.quote(Html("<p>mot</p>"), 3).is_whole


def entry(author: str = "Jeanne", html: str = "<p>Un message.</p>", number: int = 1, **about: str) -> Entry:
    name, screened = f"20260101T000000Z-{number:06}", Screen(40, (about.get("reason", "3 liens"),))
    message = Pending(article="ptce", author=author, date=WHEN, id=name, text="Un message.\n", screen=screened)
    link = about.get("link", "https://ailleurs.example/?a=1")
    title = about.get("title", "PTCE : quelques éléments")
    return Entry(message, Shown(title, URL, author, Html(html), "Un message.", (link,), about.get("reply", "")))


def test_a_text_says_all_that_one_must_know_to_decide() -> None:
    text = proposal_text.text([entry(reply="Bien dit")], SITE, together=False)
    for said in (
        "**Jeanne** · 23 novembre 2026 à 13:00",
        f"[PTCE : quelques éléments](<{URL}>)",
        "En réponse à\u00a0: Bien dit",
        "> Un message.",
        "- `https://ailleurs.example/?a=1`",
        "Rang 40 sur 100\n\n- 3 liens",
        "Son fichier\u00a0: `comments/approved/ptce/20260101T000000Z-000001.md`",
        "**Pour le publier**, fusionnez",
        "**Pour le refuser**, fermez",
    ):
        assert said in text
    check_inert(text, links=1)
    together = proposal_text.text([entry(), entry(number=2)], SITE, together=True)
    assert "**Pour n’en refuser qu’un**" in together
    assert together.count("> Un message.") == 2
    check_inert(together, links=2)


def test_a_text_is_in_the_language_of_the_site() -> None:
    english = Site("L", "https://l.example", language="en")
    assert "**To publish it**" in proposal_text.text([entry()], english, together=False)


@settings(deadline=None)
@given(WORDS, WORDS, WORDS, WORDS, SOUP)
def test_nothing_of_a_visitor_works_in_a_text(author: str, reply: str, link: str, reason: str, html: str) -> None:
    shown = entry(author, sanitize.comment(html), reply=reply, link=link, reason=reason, title=reply)
    for together in (True, False):
        check_inert(proposal_text.text([shown], SITE, together=together), links=1)


@pytest.mark.parametrize("words", NASTY)
def test_nothing_of_a_visitor_works_in_a_title(words: str) -> None:
    """It becomes a line of the commit that merges: no Markdown there, so it is the signs themselves that must go."""
    title = proposal_text.title([entry(f"Fixes {words}", title=words)], SITE)
    assert not re.search(r"@|#\d|[\n\r<>`$]", title)
    name = proposal_text.title([entry(f"Fixes {words}", title="x")], SITE)
    assert not re.search(r"[@#!&~%$:/\d<>`*_\[\]()]", name)
    assert not CLOSING.search(name)


def test_titles() -> None:
    assert proposal_text.title([entry()], SITE) == "Message de Jeanne sur «\xa0PTCE : quelques éléments\xa0»"
    assert proposal_text.title([entry(), entry(number=2)], SITE) == "2 messages attendent une décision"
    assert proposal_text.title([], SITE) == "Draft: Retiré, à ne pas fusionner"
    assert len(proposal_text.title([entry("x" * 500, title="y" * 500)], SITE)) < 200


@pytest.mark.parametrize("html", ["<p>" + "@x " * 7_000 + "</p>", "<p>*" * 7_000, "a<br>" * 4_000, "<li>x" * 4_000])
@pytest.mark.parametrize("number", [1, 60, 900])
def test_a_text_fits_on_every_forge(html: str, number: int) -> None:
    """GitHub takes 65,536 characters (a visitor's message has 20,000 at most)."""
    one = entry(html=sanitize.comment(html[:20_000]))
    text = proposal_text.text([one] * number, SITE, together=number > 1)
    assert len(text) <= 60_000
    assert re.search("la suite|plus|autres|fichier", text)
    check_inert(text, links=text.count("](<"))
    assert text.endswith("avant de fusionner.\n" if number > 1 else "sans fusionner.\n")


def test_a_message_that_cannot_be_shown_is_quoted_as_it_was_written() -> None:
    text = proposal_text.text([Entry(entry().message)], SITE, together=False)
    assert "> ```\n> Un\u00a0message.\n> ```" in text
