"""Nouns → the plan of the site: addresses, links, threads, lists."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from conftest import NOW, article, build_files, comment, write_site

from labo_ssg.build.build import build
from labo_ssg.build.design import study
from labo_ssg.disk.library import read_library
from labo_ssg.model import Body, Comment, Html, Kept
from labo_ssg.packing import stamped
from labo_ssg.pages import links, threads, urls
from labo_ssg.pages.frame import Frame
from labo_ssg.pages.links import Addresses
from labo_ssg.pages.page import Page, Sketch, key
from labo_ssg.pages.views import CommentView, NotFoundView
from labo_ssg.problems import Place

POST = article()

SLUGS = {
    "L’économie sociale": "l-economie-sociale",
    "  PTCE  ": "ptce",
    "Œuvres & cætera": "oeuvres-caetera",
    "C++": "c",
    "a_b--c": "a-b-c",
    "../../etc": "etc",
    "日本": "日本",
    "Straße": "strasse",
    "..": "-",
    "🎉": "-",
}


@pytest.mark.parametrize(("text", "slug"), SLUGS.items())
def test_a_word_becomes_part_of_an_address(text: str, slug: str) -> None:
    assert urls.slug(text) == slug


ALIASES = {
    "/old": ("/old/", ""),
    "/old/": ("/old/", ""),
    "/old.html": ("/old.html", ""),
    "/old.htm": ("/old.htm", ""),
    "/page.html?x=1": ("/page.html", "x=1"),
    "/spip.php?article12": ("/spip.php/", "article12"),
    "/spip.php": ("/spip.php/", ""),
    "/rapport.pdf": ("/rapport.pdf/", ""),
    "/é": ("/%C3%A9/", ""),
    "/%c3%a9": ("/%C3%A9/", ""),
}


@pytest.mark.parametrize(("written", "address"), ALIASES.items())
def test_an_old_address_is_answered_by_a_page(written: str, address: tuple[str, str]) -> None:
    assert urls.alias(written) == address


FILES = {"/": "index.html", "/a/": "a/index.html", "/a/feed.xml": "a/feed.xml", "/%C3%A9/": "é/index.html"}


@pytest.mark.parametrize(("url", "file"), FILES.items())
def test_each_address_has_its_file(url: str, file: str) -> None:
    assert urls.file(url) == file


@pytest.fixture(scope="module")
def known(tmp_path_factory: pytest.TempPathFactory) -> Addresses:
    site = write_site(
        tmp_path_factory.mktemp("links"),
        {
            "content/a/index.md": "---\ntitle: A\n---\n",
            "content/a/x.md": article("X", tags="[Économie]", aliases="[/old, /old.html, /spip.php?article12]"),
            "content/b/y.spip": article("Y", id="yy"),
            "content/b/café crème.md": article("C"),
            "content/b/cafe\u0301.md": article("D"),
            "content/b/carte 1.svg": "<svg/>",
            "content/doc.pdf": "x",
        },
    )
    library, problems = read_library(site)
    assert problems == []
    return study(library, now=NOW, drafts=False)[0].known


REFERENCES = {
    "a file beside": ("x.md", "/a/x/"),
    "a file in another folder": ("../b/y.spip", "/b/y/"),
    "a folder": ("../a", "/a/"),
    "the index file of a folder": ("index.md", "/a/"),
    "a picture whose name has a space": ("../b/carte%201.svg", "/b/carte%201.svg"),
    "a file from the root of content": ("/b/y.spip", "/b/y/"),
    "an address": ("/b/y/", "/b/y/"),
    "an address without its last slash": ("/b/y", "/b/y/"),
    "an address with accents": ("/b/café crème/", "/b/caf%C3%A9%20cr%C3%A8me/"),
    "an address with quoted accents": ("/b/caf%C3%A9%20cr%C3%A8me/", "/b/caf%C3%A9%20cr%C3%A8me/"),
    "a file with accents": ("../b/café crème.md", "/b/caf%C3%A9%20cr%C3%A8me/"),
    "a file whose accents a Mac stored apart": ("../b/caf\u00e9.md", "/b/cafe%CC%81/"),
    "an article's id": ("yy", "/b/y/"),
    "SPIP's name of an article": ("article12", "/a/x/"),
    "SPIP's address of an article": ("spip.php?article12", "/a/x/"),
    "an old address": ("/old", "/a/x/"),
    "the page that answers for an old address": ("/old/", "/a/x/"),
    "an old address of a file": ("/old.html", "/a/x/"),
    "a tag": ("/tags/economie/", "/tags/economie/"),
    "a feed": ("/a/feed.xml", "/a/feed.xml"),
    "the feed of a discussion": ("/a/x/comments.xml", "/a/x/comments.xml"),
    "the home page": ("/", "/"),
    "nothing": ("z.md", None),
    "a path that climbs out of the content": ("../../site.yaml", None),
    "an article that SPIP had and this site has not": ("article99", None),
    "a word of a glossary that is not there": ("/glossaire/", None),
}


@pytest.mark.parametrize(("reference", "url"), REFERENCES.values(), ids=REFERENCES)
def test_a_reference_leads_to_an_address(known: Addresses, reference: str, url: str | None) -> None:
    target = links.resolve(known, reference, ("a",))
    assert (target and target.url) == url


INDEX = "---\ntitle: S\n---\n"
LATER = "\n".join(["---", "title: T", "date: 2021-01-12", "aliases: {}", "---", "body", ""])

# Files of a site, and what is told of their addresses.
ADDRESSES: dict[str, tuple[Mapping[str, str], list[str]]] = {
    "an article and a folder of one name": (
        {"content/s.md": POST, "content/s/t.md": POST},
        ["content/s.md:1: its address `/s/` is taken by the folder content/s"],
    ),
    "an article and a folder with an index": (
        {"content/s.md": POST, "content/s/index.md": INDEX},
        ["content/s.md:1: its address `/s/` is taken by content/s/index.md"],
    ),
    "one article in two markups": (
        {"content/x.md": POST, "content/x.spip": POST},
        ["content/x.spip:1: its address `/x/` is taken by content/x.md"],
    ),
    "a section where the tags are, with all that is in it": (
        {"content/tags/a.md": article(tags="[a]"), "content/tags/b/c.md": POST},
        ["content/tags: its address `/tags/` is taken by the list of tags"],
    ),
    "an article where the authors are": (
        {"content/authors.md": POST},
        ["content/authors.md:1: its address `/authors/` is taken by the list of authors"],
    ),
    "an article where the glossary is": (
        {"content/glossaire.md": POST, "content/glossaire.yaml": "- {word: a, definition: b}\n"},
        ["content/glossaire.md:1: its address `/glossaire/` is taken by the glossary"],
    ),
    "an article called as the glossary of a site that has none": ({"content/glossaire.md": POST}, []),
    "a section whose feed would be that of all comments": (
        {"content/comments/a.md": POST},
        ["content/comments: its address `/comments/` is taken by a feed"],
    ),
    "a section called page": ({"content/page/a.md": POST}, []),
    "an article called page": ({"content/page.md": POST}, []),
    "an article on the second page of a list": (
        {"content/page/2.md": article(id="a"), **{f"content/{one}.md": POST for one in "bcdefghijklm"}},
        ["content/page/2.md:1: its address `/page/2/` is taken by the home page"],
    ),
    "a section called assets, beside those of the theme": ({"content/assets/a.md": POST}, []),
    "files where pages are": (
        {
            "content/x.md": POST,
            **{f"content/{name}": "x" for name in ("index.html", "feed.xml", "404.html", "robots.txt", "sitemap.xml")},
            "content/x/index.html": "x",
            "content/x/comments.xml": "x",
            "content/tags/index.html": "x",
        },
        [
            "content/404.html: its address `/404.html` is taken by the page for addresses that lead nowhere",
            "content/feed.xml: its address `/feed.xml` is taken by a feed",
            "content/index.html: its address `/` is taken by the home page",
            "content/robots.txt: its address `/robots.txt` is taken by the file for robots that every site has",
            "content/sitemap.xml: its address `/sitemap.xml` is taken by the map of the site",
            "content/tags/index.html: its address `/tags/` is taken by the list of tags",
            "content/x/comments.xml: its address `/x/comments.xml` is taken by content/x.md",
            "content/x/index.html: its address `/x/` is taken by content/x.md",
        ],
    ),
    "files where folders are": (
        {"content/x.md": POST, "content/x": "x", "content/tags": "x", "content/assets": "x"},
        [
            "content/assets: its address `/assets` is taken by the theme's files",
            "content/tags: its address `/tags` is taken by the list of tags",
            "content/x: its address `/x` is taken by content/x.md",
        ],
    ),
    "folders where files are": (
        {"content/feed.xml/a.md": POST, "content/404.html.md": POST},
        [
            "content/404.html.md:1: its address `/404.html/` is taken by the page for addresses that lead nowhere",
            "content/feed.xml: its address `/feed.xml/` is taken by a feed",
        ],
    ),
    "old addresses that are pages": (
        {"content/a.md": LATER.format("[/, /b, /feed.xml, /tags/, /?article1, /feed.xml/x]"), "content/b.md": POST},
        [
            "content/a.md:4: its alias `/?article1` is taken by the home page",
            "content/a.md:4: its alias `/` is taken by the home page",
            "content/a.md:4: its alias `/b` is taken by content/b.md",
            "content/a.md:4: its alias `/feed.xml/x` is taken by a feed",
            "content/a.md:4: its alias `/feed.xml` is taken by a feed",
            "content/a.md:4: its alias `/tags/` is taken by the list of tags",
        ],
    ),
    "an old address that is the article's own": (
        {"content/a.md": LATER.format("[/a]")},
        ["content/a.md:4: its alias `/a` is given twice, or is its address"],
    ),
    "one old address in two spellings": (
        {"content/a.md": LATER.format("[/old, /old/, /%C3%A9, /é]")},
        [
            "content/a.md:4: its alias `/old/` is given twice, or is its address",
            "content/a.md:4: its alias `/é` is given twice, or is its address",
        ],
    ),
    "one old address for two articles": (
        {
            "content/a.md": LATER.format("['/spip.php?article1', /x]"),
            "content/b.md": LATER.format("['/spip.php?article1', /x/y]"),
        },
        ["content/b.md:4: its alias `/spip.php?article1` is taken by content/a.md"],
    ),
    "an old file and an old address below it": (
        {"content/a.md": LATER.format("[/x.html]"), "content/b.md": LATER.format("[/x.html/y]")},
        ["content/b.md:4: its alias `/x.html/y` is taken by content/a.md"],
    ),
    "all the old addresses of SPIP": (
        {"content/a.md": LATER.format("[/spip.php, '/spip.php?article1', '/spip.php?article1&lang=fr', /a.html]")},
        [],
    ),
    "tags that differ by their accents": (
        {
            "content/a.md": article(tags="[Économie]"),
            "content/b.md": article(tags="[Économie]"),
            "content/c.md": article(tags="[economie]"),
        },
        ["content/c.md:4: the tags `economie` and `Économie` would share the page /tags/economie/"],
    ),
    "an author whose name is longer than that of a file": (
        {"content/a.md": article(author="x" * 300)},
        [f"content/a.md:4: the author `{'x' * 60}…` is too long for an address"],
    ),
}


@pytest.mark.parametrize(("files", "problems"), ADDRESSES.values(), ids=ADDRESSES)
def test_no_two_pages_share_an_address(tmp_path: Path, files: Mapping[str, str], problems: list[str]) -> None:
    report = build(write_site(tmp_path, files), tmp_path / "out", now=NOW, drafts=False)
    assert sorted(f"{one.place}: {one.what}" for one in report.problems) == sorted(problems)
    assert all(one.hint for one in report.problems)
    assert (tmp_path / "out").exists() == (not problems)


def test_old_addresses_of_a_site_redirect(tmp_path: Path) -> None:
    site = write_site(tmp_path / "site", {"content/a.md": LATER.format("[/old, '/spip.php?article1', /spip.php]")})
    made = build_files(site, tmp_path / "out")
    assert b'href="/a/"' in made["old/index.html"]
    assert b"article1" in made["spip.php/index.html"]


def test_an_entry_of_a_menu_leads_somewhere(tmp_path: Path) -> None:
    right = ["/a/", "/a", "/a/#forum", "/?q=1", "/b/café/", "/b/caf%C3%A9/", "https://ailleurs.example"]
    wrong = ["/a.md", "/nulle-part/"]
    menu = "".join(f"- {{title: a, url: '{url}'}}\n" for url in right + wrong)
    settings = f"title: T\nbase_url: https://a.example\nmenu:\n{menu}"
    site = write_site(tmp_path, {"site.yaml": settings, "content/a.md": POST, "content/b/café.md": POST})
    report = build(site, tmp_path / "out", now=NOW, drafts=False)
    assert [one.what for one in report.problems] == [f"`menu`: there is no page or file at `{url}`" for url in wrong]


START = datetime(2021, 1, 13, tzinfo=UTC)


def talk(*answers: str) -> list[Comment]:
    """Return comments, a minute apart, from "2 1": comment 2 answers comment 1."""
    found = []
    for minute, (name, _, reply_to) in enumerate(answer.partition(" ") for answer in answers):
        date, place = START + timedelta(minutes=minute), Place(f"comments/approved/x/{name}.md", 5)
        found.append(Comment(name, "x", f"Author {name}", date, reply_to, "", "Oui.", place))
    return found


def outline(views: Sequence[CommentView]) -> str:
    """Return threads as text: "1(2(3) 4) 5"."""
    return " ".join(f"{one.id}({outline(one.replies)})" if one.replies else one.id for one in views)


def threaded(comments: Sequence[Comment]) -> tuple[CommentView, ...]:
    body = Body(Html(""), Html(""), "", (), (), ())
    return threads.thread(comments, "/x/", {one.id: body for one in comments}, ["Author 2"], lambda _: "", str)


THREADS = {
    "no comment": ([], ""),
    "one after the other": (["1", "2", "3"], "1 2 3"),
    "answers under what they answer": (["1", "2", "3 1", "4 3", "5 1"], "1(3(4) 5) 2"),
    "an answer dated before what it answers": (["2 1", "1"], "1(2)"),
    "twelve levels, then the last one in order": (
        ["1", *(f"{one} {one - 1}" for one in range(2, 15))],
        "1(2(3(4(5(6(7(8(9(10(11(12 13 14)))))))))))",
    ),
}


@pytest.mark.parametrize(("answers", "expected"), THREADS.values(), ids=THREADS)
def test_comments_become_threads(answers: list[str], expected: str) -> None:
    assert outline(threaded(talk(*answers))) == expected


def test_a_chain_of_5000_answers_is_no_deeper_than_the_rest() -> None:
    (first,) = threaded(talk("1", *(f"{one} {one - 1}" for one in range(2, 5001))))
    depth, at = 1, first
    while at.replies:
        depth, at = depth + 1, at.replies[-1]
    assert (depth, at.id, at.depth) == (12, "5000", 5000)


def test_a_comment_in_a_thread_names_what_it_answers() -> None:
    (first,) = threaded(talk("1", "2 1", "forum3 2"))
    second = first.replies[0]
    third = second.replies[0]
    assert (first.answers, first.depth, first.by_editors, first.url) == (None, 1, False, "/x/#comment-1")
    assert second.answers is not None
    assert (second.answers.title, second.answers.url, second.depth) == ("Author 1", "/x/#comment-1", 2)
    assert (second.by_editors, third.anchor) == (True, "forum3")


DISCUSSIONS = {
    "all is well": (["1", "2 1", "3 2"], []),
    "an answer to nobody": (
        ["1", "2 9"],
        ["2: answers comment `9`, which is not among the approved ones of its article"],
    ),
    "an answer to itself": (["1 1"], ["1: answers itself"]),
    "a circle of two, and who answers them": (
        ["1 2", "2 1", "3 1", "4 3"],
        ["1: answers itself in the end: it is in a circle of `reply_to` with `2`"],
    ),
    "two circles": (
        ["1 2", "2 1", "3 4", "4 5", "5 3"],
        [
            "1: answers itself in the end: it is in a circle of `reply_to` with `2`",
            "3: answers itself in the end: it is in a circle of `reply_to` with `4`",
        ],
    ),
    "a chain of 20,000": (["1", *(f"{one} {one - 1}" for one in range(2, 20_000))], []),
}


@pytest.mark.parametrize(("answers", "problems"), DISCUSSIONS.values(), ids=DISCUSSIONS)
def test_the_mistakes_of_a_discussion(answers: list[str], problems: list[str]) -> None:
    found = threads.check(talk(*answers), {})
    assert [f"{Path(one.place.path).stem}: {one.what}" for one in found] == problems


def test_an_answer_to_a_comment_of_another_article_is_explained() -> None:
    (problem,) = threads.check(talk("1 9"), {"9": "y"})
    assert problem.hint == "it is one of the article `y`: remove `reply_to`"


def test_lists_are_newest_first_and_cut_in_pages(tmp_path: Path) -> None:
    settings = "title: T\nbase_url: https://a.example\nper_page: 2\nlanguage: en\n"
    posts = {f"content/s/{day}.md": article(f"Day {day}", date=f"2021-01-{day}") for day in (11, 13, 12)}
    site = write_site(tmp_path / "site", {"site.yaml": settings, **posts})
    made = build_files(site, tmp_path / "out")
    first, second = made["s/index.html"].decode(), made["s/page/2/index.html"].decode()
    assert first.index("Day 13") < first.index("Day 12")
    assert "Day 11" not in first
    assert "Day 11" in second
    assert "s/page/3/index.html" not in made


def test_the_first_page_of_a_long_tag_lists_all_titles(tmp_path: Path) -> None:
    settings = "title: T\nbase_url: https://a.example\nper_page: 2\nlanguage: en\n"
    old = article("The oldest", date="2021-01-11", tags="[long, short]")
    files = {f"content/{day}.md": article(f"Day {day}", date=f"2021-01-{day}", tags="[long]") for day in (12, 13)}
    site = write_site(tmp_path / "site", {"site.yaml": settings, "content/11.md": old, **files})
    made = build_files(site, tmp_path / "out")
    first, second = made["tags/long/index.html"].decode(), made["tags/long/page/2/index.html"].decode()
    titles = first[first.index("All 3 titles") :]
    assert titles.index("Day 13") < titles.index("Day 12") < titles.index('<a href="/11/">The oldest</a>')
    assert "titles" not in second + made["tags/short/index.html"].decode()


def test_a_page_apart_stands_in_no_list(tmp_path: Path) -> None:
    apart = "---\ntitle: Mentions\nlisted: false\ntags: [a]\n---\nbody\n"
    made = build_files(write_site(tmp_path / "site", {"content/legal.md": apart}), tmp_path / "out")
    assert b"Mentions" in made["legal/index.html"]
    assert b"Mentions" not in made["index.html"] + made["feed.xml"]


def test_a_discussion_that_is_off_shows_nowhere(tmp_path: Path) -> None:
    files = {"content/x.md": article(comments="off"), "comments/approved/x/1.md": comment("x", body="Un secret.")}
    made = build_files(write_site(tmp_path / "site", files), tmp_path / "out")
    assert "x/comments.xml" not in made
    assert not [path for path, data in made.items() if b"Un secret" in data]


# Each shapes another page.
MATERIALS: dict[str, tuple[object, ...]] = {
    "nothing": (),
    "none": (None,),
    "no value in a list": ((),),
    "one value": ("a",),
    "another value": ("b",),
    "two values": ("a", "b"),
    "two values in a list": (("a", "b"),),
    "two lists": (("a",), ("b",)),
    "a list in a list": (("a", ("b",)),),
    "a value that looks like two": ('a","b',),
    "a stamped value": (stamped("a"), "b"),
    "another stamped value": (stamped("b"), "b"),
    "a stamped value in a list": ((stamped("a"), "b"),),
    "kept texts": (Kept("texts", "a", "1"),),
    "other kept texts": (Kept("texts", "a", "2"),),
    "kept texts of another file": (Kept("texts", "b", "1"),),
    "a kept conversation": (Kept("conversation", "a", "1"),),
}


def test_pages_of_different_materials_have_different_keys() -> None:
    keys = {name: _key_of(materials) for name, materials in MATERIALS.items()}
    assert len(set(keys.values())) == len(MATERIALS)
    assert keys == {name: _key_of(materials) for name, materials in MATERIALS.items()}
    assert _key_of((stamped(("a", "b")),)) == _key_of((stamped(("a", "b")),))


def _key_of(materials: tuple[object, ...]) -> bytes:
    return key(Page("404.html", "404.html", Sketch("/404.html", _view, materials)), b"shape")


def _view(frame: Frame, *materials: object) -> NotFoundView:
    raise AssertionError("to know a page again, its view is not made")
