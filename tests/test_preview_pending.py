"""A preview with the messages that wait: marked, known to no machine, and gone from the next build."""

import gzip
import json
import re
from pathlib import Path

import pytest
from conftest import NOW, ROOT, article, comment, dom, labo, read_tree, text_of, violations, write_site
from playwright.sync_api import Browser
from twins import assert_whole, from_nothing

from labo_ssg.build.build import Report, build

SETTINGS = "title: Essai\nbase_url: https://essai.example\ncomments: {editors: [Le Labo]}\n"
SITE = {
    "site.yaml": SETTINGS,
    "content/a/x.md": article("Un article"),
    "content/a/y.md": article("Un autre"),
    "content/a/brouillon.md": article("Un brouillon", draft="true"),
    "comments/approved/x/one.md": comment("x", author="Ana", body="Premier message."),
    "comments/pending/x/two.md": comment("x", author="Le Labo", body="Un avis qui attend.", reply_to="one", hour=11),
    "comments/pending/x/three.md": comment("x", author="Cléo", body="Une suite qui attend.", reply_to="two", hour=12),
    "comments/pending/y/four.md": comment("y", author="Dan", body="Seul ici, il attend.", hour=13),
}
WAITING = ("Un avis qui attend", "Une suite qui attend", "Seul ici, il attend")


def preview(root: Path) -> Report:
    made = build(root, root / "public", now=NOW, drafts=False, pending=True)
    assert list(map(str, made.problems)) == []
    return made


def site_of(tmp_path: Path, **more: str) -> Path:
    return write_site(tmp_path / "site", {**SITE, **more})


def test_a_preview_shows_what_waits_in_its_thread_and_marks_it(tmp_path: Path) -> None:
    root = site_of(tmp_path)
    made = preview(root)
    assert (made.comments, made.notes) == (1, ())
    page = (root / "public/a/x/index.html").read_bytes()
    shown = {one.get("id"): one for one in dom(page).iter("article") if one.get("id")}
    assert list(shown) == ["comment-one", "comment-two", "comment-three"]
    for name in ("comment-two", "comment-three"):
        assert "pending" in (shown[name].get("class") or "").split()
        assert "En attente\u00a0: non publié" in text_of(shown[name])
        assert shown[name].find(".//a[@class='reply']") is None
    assert "pending" not in (shown["comment-one"].get("class") or "").split()
    assert "Équipe" not in text_of(shown["comment-two"]), "whoever signs with the editors' name is not taken for them"
    assert "by-editors" not in (shown["comment-two"].get("class") or "")
    assert "1 contribution" in page.decode()
    assert "Seul ici, il attend" in (root / "public/a/y/index.html").read_text(encoding="utf-8")


def test_what_waits_is_on_the_pages_of_its_articles_and_nowhere_else(tmp_path: Path) -> None:
    root = site_of(tmp_path, **{"site.yaml": f"{SETTINGS}search: true\n"})
    preview(root)
    files = read_tree(root / "public")
    holding = {path for path, data in files.items() for words in WAITING if words.encode() in data}
    assert holding == {"a/x/index.html", "a/y/index.html"}
    index = b"".join(gzip.decompress(one.read_bytes()) for one in (root / "public/pagefind/fragment").iterdir())
    assert b"Premier message" in index
    assert b"attend" not in index
    for path in ("a/x/index.html", "a/y/index.html"):
        [told] = re.findall(r'<script type="application/ld\+json">(.*?)</script>', files[path].decode(), re.DOTALL)
        assert "attend" not in told
    graph = json.loads(re.findall(r"ld\+json\">(.*?)</script>", files["a/x/index.html"].decode(), re.DOTALL)[0])
    assert [one["@id"] for one in graph["@graph"][0]["comment"]] == ["#comment-one"]


def test_no_machine_is_to_keep_a_preview(tmp_path: Path) -> None:
    root = site_of(tmp_path)
    preview(root)
    files = read_tree(root / "public")
    pages = {path: data for path, data in files.items() if path.endswith(".html")}
    assert len(pages) > 6
    assert [path for path, data in pages.items() if b'<meta name="robots" content="noindex' not in data] == []
    assert files["robots.txt"] == b"User-agent: *\nDisallow: /\n"
    assert "sitemap.xml" not in files


def test_the_build_after_a_preview_makes_what_it_would_have_made(tmp_path: Path) -> None:
    root = site_of(tmp_path)
    build(root, root / "public", now=NOW, drafts=False)
    before = read_tree(root / "public")
    preview(root)
    assert read_tree(root / "public") != before
    assert_whole(root)
    assert read_tree(root / "public") == before
    preview(root)
    (root / "comments/pending/x/two.md").rename(root / "comments/approved/x/two.md")
    assert_whole(root)
    assert "Un avis qui attend" in (root / "public/a/x/index.html").read_text(encoding="utf-8")


def test_previews_that_remember_make_what_one_from_nothing_makes(tmp_path: Path) -> None:
    root = site_of(tmp_path)
    preview(root)
    (root / "comments/pending/x/three.md").unlink()
    write_site(root, {"site.yaml": SETTINGS, "comments/pending/x/five.md": comment("x", body="Un autre qui attend.")})
    preview(root)
    with from_nothing(root) as (_, _, plain):
        assert "qui attend" not in (plain / "a/x/index.html").read_text(encoding="utf-8")
    whole = build(root, tmp_path / "whole", now=NOW, drafts=False, pending=True, remembers=False)
    assert whole.problems == ()
    assert read_tree(root / "public") == read_tree(tmp_path / "whole")
    assert preview(root).written == 0


WRONG = {
    "an address in clear": (comment("x").replace("date:", "email: a@b.example\ndate:"), "`email` is in clear"),
    "an answer to nothing": (comment("x", reply_to="nothing"), "answers comment `nothing`"),
    "an answer to itself": (comment("x", reply_to="bad"), "answers itself"),
    "no front matter": ("Rien.\n", "the file has no front matter"),
    "a tombstone": (
        "---\narticle: x\ndate: 2021-01-13T10:00:00+00:00\nerased: 2021-02-13T10:00:00+00:00\n---\n",
        "it was removed, and waits for nothing",
    ),
}


@pytest.mark.parametrize("case", WRONG)
def test_a_message_with_a_problem_is_left_out_with_a_note_and_breaks_nothing(tmp_path: Path, case: str) -> None:
    data, expected = WRONG[case]
    root = site_of(tmp_path, **{"comments/pending/x/bad.md": data})
    for _ in range(2):  # told each time
        made = preview(root)
        [note] = map(str, made.notes)
        assert note.startswith("comments/pending/x/bad.md")
        assert expected in note
    page = (root / "public/a/x/index.html").read_text(encoding="utf-8")
    assert "comment-bad" not in page
    assert "Un avis qui attend" in page


def test_an_answer_to_what_is_left_out_is_left_out_too(tmp_path: Path) -> None:
    bad = comment("x").replace("date:", "email: a@b.example\ndate:")
    last = comment("x", reply_to="six", body="La dernière.")
    more = {"pending/x/bad.md": bad, "pending/x/six.md": comment("x", reply_to="bad"), "pending/x/seven.md": last}
    root = site_of(tmp_path, **{f"comments/{path}": data for path, data in more.items()})
    made = preview(root)
    assert [note.place.path.rpartition("/")[2] for note in made.notes] == ["bad.md", "seven.md", "six.md"]
    assert "La dernière" not in (root / "public/a/x/index.html").read_text(encoding="utf-8")


def test_what_is_no_comment_or_of_no_article_or_approved_already_is_noted(tmp_path: Path) -> None:
    more = {
        "x/notes.txt": "?",
        "nowhere/a.md": comment("nowhere"),
        "x/one.md": comment("x"),
        "brouillon/b.md": comment("brouillon"),
    }
    root = site_of(tmp_path, **{f"comments/pending/{path}": data for path, data in more.items()})
    (root / "comments/pending/x/link.md").symlink_to("two.md")
    notes = [str(note) for note in preview(root).notes]
    assert [note.partition(":")[0].removeprefix("comments/pending/") for note in notes] == [
        "nowhere/a.md", "x/link.md", "x/notes.txt", "x/one.md"
    ]  # fmt: skip


def test_a_problem_of_an_approved_comment_stops_a_preview_as_it_stops_a_build(tmp_path: Path) -> None:
    root = site_of(tmp_path, **{"comments/approved/x/bad.md": comment("x", reply_to="two")})
    plain = build(root, root / "public", now=NOW, drafts=False)
    shown = build(root, root / "public", now=NOW, drafts=False, pending=True)
    assert plain.problems == shown.problems
    assert [problem.place.path for problem in shown.problems] == ["comments/approved/x/bad.md"]


def test_the_command_says_what_it_leaves_out_and_verifies_a_preview(tmp_path: Path) -> None:
    root = site_of(tmp_path, **{"comments/pending/x/bad.md": "Rien.\n"})
    done = labo("build", "--root", root, "--preview-pending", "--verify")
    assert (done.returncode, done.stdout) == (0, f"{root}/public/index.html\n")
    assert "note: left out of the preview: comments/pending/x/bad.md:1: the file has no front matter" in done.stderr
    assert "byte for byte" in done.stderr
    assert f"note: {root}/public shows messages that wait: it is a preview, not the site\n" in done.stderr
    again = labo("build", "--root", root, "--verify")
    assert ("left out" in again.stderr, again.returncode) == (False, 0)
    told = labo("build", "--root", root, "--preview-pending", "--why", "/a/x/").stdout
    assert "would be made again" in told


@pytest.mark.browser
@pytest.mark.parametrize("width", [390, 1280])
def test_what_waits_is_seen_to_wait(tmp_path: Path, browser: Browser, width: int) -> None:
    root = site_of(tmp_path)
    preview(root)
    context = browser.new_context(viewport={"width": width, "height": 900})
    page = context.new_page()
    page.goto((root / "public/a/x/index.html").as_uri())
    page.add_style_tag(content="".join(path.read_text() for path in sorted((ROOT / "templates/assets").glob("*.css"))))
    assert page.locator("#comment-two").get_by_text("En attente").is_visible()
    assert violations(page) == []
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    context.close()
