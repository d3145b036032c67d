"""A message that was removed: its tombstone keeps its place, and nothing else of it is anywhere."""

import gzip
import json
import re
from datetime import UTC, datetime
from pathlib import Path, PurePosixPath
from xml.etree import ElementTree

import httpx
import pytest
from conftest import NOW, ROOT, article, build_files, comment, dom, labo, read_tree, text_of, violations, write_site
from inboxes import receipt, running
from playwright.sync_api import Browser
from twins import assert_whole

from labo_ssg.build.build import build
from labo_ssg.formats import comment as comment_format

WHEN = datetime(2026, 11, 20, 9, 30, 12, 345, tzinfo=UTC)
PLACE = PurePosixPath("comments/approved/x/two.md")
FULL = """---
article: x
author: Zoé Durand
date: 2021-01-13T11:00:00+02:00
reply_to: one
website: https://zoe.example
email: sealed:abc
code: sha256:00
screen:
  rank: 70
  reasons:
  - Un lien vers ailleurs.example.
---
Un secret de Polichinelle.
"""
WORDS = ("Zoé", "Durand", "zoe.example", "Polichinelle", "sealed:", "sha256", "ailleurs.example")


def stone(data: str = FULL) -> str:
    return comment_format.tombstone(data.encode(), PLACE, WHEN).decode()


def site_of(root: Path, *, search: bool = False) -> Path:
    """Make a site with a conversation: one, two (an answer to it), three (an answer to two), and one apart."""
    settings = f"title: Essai\nbase_url: https://essai.example\nsearch: {str(search).lower()}\n"
    files = {
        "site.yaml": settings,
        "content/a/x.md": article("Un article"),
        "content/a/y.md": article("Un autre"),
        "comments/approved/x/one.md": comment("x", author="Ana", body="Premier message."),
        "comments/approved/x/two.md": FULL,
        "comments/approved/x/three.md": comment("x", author="Cléo", body="Réponse à la réponse.", reply_to="two"),
        "comments/approved/x/four.md": comment("x", author="Dan", body="Une autre réponse.", reply_to="two", hour=12),
    }
    return write_site(root, files)


def erase(root: Path, path: str = str(PLACE)) -> None:
    file = root / path
    file.write_bytes(comment_format.tombstone(file.read_bytes(), PurePosixPath(path), WHEN))


def test_a_tombstone_keeps_the_place_of_a_message_and_nothing_of_its_author() -> None:
    lines = "article: x\ndate: 2021-01-13T11:00:00+02:00\nerased: 2026-11-20T09:30:12+00:00\nreply_to: one\n"
    assert stone() == f"---\n{lines}---\n"
    found, problems = comment_format.parse(stone().encode(), PLACE)
    assert problems == []
    assert (found.id, found.article, found.author, found.text, found.reply_to) == ("two", "x", "", "", "one")
    assert found.erased
    assert not found.is_published


def test_a_tombstone_stays_as_it_is() -> None:
    later = datetime(2027, 1, 1, tzinfo=UTC)
    assert comment_format.tombstone(stone().encode(), PLACE, later) == stone().encode()


def test_no_tombstone_is_made_of_what_is_no_comment() -> None:
    with pytest.raises(ValueError, match=re.escape(str(PLACE))):
        comment_format.tombstone(b"Rien.", PLACE, WHEN)


LEFT = {
    "a text": (stone() + "Un secret.\n", "7: the message was removed (`erased`), but its text is still there"),
    "its author": (
        stone().replace("date:", "author: Zoé\ndate:"),
        "3: the message was removed (`erased`), but `author`",
    ),
    "a website": (stone().replace("date:", "website: https://a.example\ndate:"), "but `website` is still there"),
    "an address": (stone().replace("date:", 'email: "sealed:x"\ndate:'), "but `email` is still there"),
    "a code": (stone().replace("date:", "code: sha256:00\ndate:"), "but `code` is still there"),
    "no moment": (stone().replace("2026-11-20T09:30:12+00:00", ""), "4: `erased` is missing"),
    "another key": (stone().replace("date:", "auteur: Zoé\ndate:"), "unknown key `auteur`"),
}


@pytest.mark.parametrize("case", LEFT)
def test_what_a_tombstone_must_not_hold_is_told(case: str) -> None:
    data, expected = LEFT[case]
    _, problems = comment_format.parse(data.encode(), PLACE)
    assert len(problems) == 1
    assert expected in str(problems[0])


def test_a_comment_without_an_author_is_still_told() -> None:
    _, problems = comment_format.parse(comment("x").replace("author: Jeanne\n", "").encode(), PLACE)
    assert [problem.what for problem in problems] == ["`author` is missing"]


def test_the_page_shows_that_a_message_was_removed_and_the_answers_to_it(tmp_path: Path) -> None:
    root = site_of(tmp_path / "site")
    erase(root)
    page = build_files(root, root / "public")["a/x/index.html"].decode()
    document = dom(page.encode())
    [gone] = [one for one in document.iter() if one.get("id") == "comment-two"]
    assert text_of(gone) == "Message retiré."
    assert (gone.tag, gone.find(".//a"), gone.find(".//time")) == ("div", None, None)
    [place] = [one for one in document.iter("li") if gone in list(one)]
    answers = [one.get("id") for one in place.iter("article")]
    assert answers == ["comment-three", "comment-four"], "the thread beneath stands"
    assert "Répondre à Cléo" in page
    assert "Répondre à Message" not in page
    assert "/inbox/reply/x/two" not in page
    assert text_of(place).count("en réponse à un message retiré") == 2
    assert "3 contributions" in page
    assert "Forum (3)" in page


def test_nothing_of_a_removed_message_is_anywhere_in_the_site(tmp_path: Path) -> None:
    root = site_of(tmp_path / "site")
    before = build_files(root, root / "public")
    assert any(b"Polichinelle" in data for path, data in before.items() if path.endswith(".xml"))
    erase(root)
    after = build_files(root, root / "public")
    told = [path for path, data in after.items() for word in WORDS if word.encode() in data]
    assert told == []
    marked = sorted(path for path, data in after.items() if "Message retiré".encode() in data)
    assert marked == ["a/x/index.html"], "no feed, no list, no home page speaks of it"
    assert "3 contributions" in after["index.html"].decode()
    for feed in ("comments/feed.xml", "a/x/comments.xml"):
        entries = ElementTree.fromstring(after[feed]).findall("{http://www.w3.org/2005/Atom}entry")
        assert [entry.findtext(".//{http://www.w3.org/2005/Atom}name") for entry in entries] == ["Dan", "Cléo", "Ana"]


def test_machines_are_told_of_the_answers_and_not_of_the_removed_message(tmp_path: Path) -> None:
    root = site_of(tmp_path / "site")
    erase(root)
    page = build_files(root, root / "public")["a/x/index.html"].decode()
    [told] = re.findall(r'<script type="application/ld\+json">(.*?)</script>', page, re.DOTALL)
    node = json.loads(told)["@graph"][0]
    [one] = node["comment"]
    assert (node["commentCount"], one["@id"]) == (3, "#comment-one")
    assert [answer["@id"] for answer in one["comment"]] == ["#comment-three", "#comment-four"]


def test_a_site_whose_only_message_was_removed_is_one_without_comments(tmp_path: Path) -> None:
    root = write_site(tmp_path / "site", {"content/a/x.md": article(), "comments/approved/x/one.md": comment("x")})
    erase(root, "comments/approved/x/one.md")
    made = build(root, root / "public", now=NOW, drafts=False)
    assert (list(map(str, made.problems)), made.comments) == ([], 0)
    pages = read_tree(root / "public")
    assert "Message retiré." in pages["a/x/index.html"].decode()
    assert b"<entry>" not in pages["comments/feed.xml"]
    assert "contribution" not in pages["index.html"].decode()
    assert "Derniers commentaires" not in pages["index.html"].decode()


def test_a_removal_in_a_build_that_remembers_makes_what_a_whole_build_makes(tmp_path: Path) -> None:
    root = site_of(tmp_path / "site")
    assert assert_whole(root).comments == 4
    erase(root)
    assert assert_whole(root).comments == 3
    erase(root, "comments/approved/x/one.md")
    assert assert_whole(root).comments == 2
    (root / PLACE).write_text(FULL, encoding="utf-8")
    assert assert_whole(root).comments == 3


def test_search_finds_neither_the_message_nor_its_tombstone(tmp_path: Path) -> None:
    root = site_of(tmp_path / "site", search=True)
    erase(root)
    build_files(root, root / "public")
    index = b"".join(gunzip(path) for path in (root / "public/pagefind/fragment").iterdir())
    assert b"Premier message" in index
    assert "retiré".encode() not in index


def gunzip(path: Path) -> bytes:
    return gzip.decompress(path.read_bytes())


def test_templates_of_a_site_that_know_no_tombstones_show_words_instead_of_a_name(tmp_path: Path) -> None:
    root = site_of(tmp_path / "site")
    erase(root)
    own = "<li id='{{ comment.anchor }}'><h4>{{ comment.author }}</h4>{{ comment.date|moment }}{{ comment.body }}"
    own += "{% if comment.answers %}à {{ comment.answers.title }}{% endif %}{% if comment.reply %}RÉPONDRE{% endif %}"
    own += "{% for reply in comment.replies %}{% with comment = reply %}{% include 'partials/comment.html' %}"
    write_site(root, {"templates/partials/comment.html": own + "{% endwith %}{% endfor %}</li>"})
    page = build_files(root, root / "public")["a/x/index.html"].decode()
    [rest] = re.findall(r"<li id='comment-two'>(.*?)<li", page, re.DOTALL)
    assert "<h4>Message retiré</h4>" in rest
    assert "RÉPONDRE" not in rest
    assert "à un message retiré" in page


def test_the_inbox_takes_no_answer_to_a_removed_message(tmp_path: Path) -> None:
    root = site_of(tmp_path / "site")
    erase(root)
    with running(root, tmp_path / "log") as inbox:
        answers = [httpx.get(f"{inbox.address}/inbox/reply/x/{one}").status_code for one in ("one", "two")]
        assert answers == [200, 404]
        refused = inbox.preview(reply_to="two")
        assert refused.status_code == 422
        assert inbox.preview(reply_to="one").status_code == 200


def test_its_author_is_told_that_a_message_was_removed_and_cannot_ask_again(tmp_path: Path) -> None:
    root = write_site(tmp_path / "site", {"content/a/x.md": article()})
    with running(root, tmp_path / "log") as inbox:
        codes = receipt(inbox.send())
        [waiting] = inbox.pending()
        approved = root / "comments/approved/x" / waiting.name
        approved.parent.mkdir(parents=True)
        waiting.rename(approved)
        erase(root, approved.relative_to(root).as_posix())
        assert inbox.status(codes) == "refused"
        assert inbox.status(codes, withdraw="yes", why="Encore.") == "refused"
    assert not (root / "comments/removals").exists()


def test_check_takes_tombstones_and_messages_that_answer_them(tmp_path: Path) -> None:
    root = site_of(tmp_path / "site")
    erase(root)
    write_site(
        root, {"site.yaml": (root / "site.yaml").read_text(), "comments/pending/x/n.md": comment("x", reply_to="two")}
    )
    done = labo("check", "--root", root)
    assert (done.returncode, done.stderr) == (0, "no problem\n")


@pytest.mark.browser
@pytest.mark.parametrize("width", [390, 1280])
def test_a_tombstone_is_seen_on_screen_and_on_paper(tmp_path: Path, browser: Browser, width: int) -> None:
    root = site_of(tmp_path / "site")
    erase(root)
    build_files(root, root / "public")
    context = browser.new_context(viewport={"width": width, "height": 900})
    page = context.new_page()
    page.goto((root / "public/a/x/index.html").as_uri())
    page.add_style_tag(content="".join(path.read_text() for path in sorted((ROOT / "templates/assets").glob("*.css"))))
    gone = page.locator("#comment-two")
    assert gone.is_visible()
    assert violations(page) == []
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    page.emulate_media(media="print")
    page.evaluate("document.documentElement.dataset.printing = 'forum'")
    assert gone.is_visible()
    context.close()


LETTER = """Message-ID: <1@example.org>
Date: Wed, 13 Jan 2021 11:15:00 +0100
From: Jeanne <jeanne@example.org>
Content-Type: text/plain; charset=UTF-8

Article : x
En réponse à : {}
Nom : Jeanne
----- Écrivez votre message sous cette ligne -----

Une réponse assez longue pour être prise.
"""


def test_no_letter_answers_a_removed_message(tmp_path: Path) -> None:
    root = site_of(tmp_path / "site")
    (tmp_path / "two.eml").write_text(LETTER.format("two"), encoding="utf-8")
    (tmp_path / "one.eml").write_text(LETTER.format("one"), encoding="utf-8")
    erase(root)
    refused = labo("comments", "import", "--root", root, tmp_path / "two.eml")
    assert (refused.returncode, "it answers `two`" in refused.stderr) == (1, True)
    assert labo("comments", "import", "--root", root, tmp_path / "one.eml").returncode == 0
