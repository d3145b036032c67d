"""What one edit writes: the files that change, and no other one."""

from collections.abc import Callable
from pathlib import Path
from random import Random

import pytest
from conftest import NOW, article, comment, write_site
from small_site import Site as Small
from small_site import change, settings, template
from twins import assert_whole, times_and_bytes

from labo_ssg.build.build import Workshop, build

X = "content/a/x.md"
HOME = {"index.html"}
PAGE = {"a/x/index.html"}
TALK = {"a/x/comments.xml", "comments/feed.xml"}
LISTS = {"a/index.html", "tags/vote/index.html", "authors/zoe/index.html"}
FEEDS = {"feed.xml", "a/feed.xml"}
NEAR = {"a/w/index.html", "a/y/index.html"}
LINKED = {"b/l/index.html"}  # which names the article
ROBOTS = {"sitemap.xml"}
EVERY_PAGE = 10  # at least


@pytest.fixture
def site(tmp_path: Path) -> Path:
    """A site, built, in which article X has an older and a newer neighbour, a list of each kind, and comments."""
    links = {"tags": "[vote]", "author": "Zoé"}
    files = {
        "content/a/w.md": article("W", "2021-01-11"),
        X: article("X", "2021-01-12", "Un texte sur l'ESS.", description="Un chapeau", **links),
        "content/a/y.md": article("Y", "2021-01-13"),
        "content/b/l.md": article("L", "2021-01-10", "[vers x](../a/x.md) ; la SCOP."),
        "content/c/z.md": article("Z", "2021-01-09", aliases="[/vieux/]"),
        "content/c/k.md": article("K", "2021-01-08"),
        "content/c/d.txt": "un",
        "content/glossaire.yaml": "- word: ESS\n  definition: Économie sociale\n",
        "comments/approved/x/c1.md": comment("x", "Anne"),
        "comments/approved/z/c2.md": comment("z", "Luc", hour=11),
        "comments/pending/x/c3.md": comment("x", "Paul", "En attente.", hour=12),
    }
    root = write_site(tmp_path / "site", files)
    assert build(root, root / "public", now=NOW, drafts=False).problems == ()
    return root


def approve(root: Path) -> None:
    (root / "comments/pending/x/c3.md").rename(root / "comments/approved/x/c3.md")


EDITS: dict[str, tuple[Callable[[Path], object], set[str]]] = {
    "the text": (
        lambda root: change(root / X, body="Un autre texte, sans mot.\n"),
        PAGE | FEEDS | {"glossaire/index.html"},
    ),
    "the end of a text": (lambda root: change(root / X, body="Un texte sur l'ESS.\n\nFin.\n"), PAGE | FEEDS),
    "the title": (
        lambda root: change(root / X, title="Autre"),
        PAGE | HOME | LISTS | FEEDS | NEAR | TALK | {"glossaire/index.html"},
    ),
    "the lead": (lambda root: change(root / X, description="Autre"), PAGE | HOME | LISTS | FEEDS),
    "a tag": (
        lambda root: change(root / X, tags="[vote, ville]"),
        PAGE | {"tags/index.html", "tags/ville/index.html"} | ROBOTS,
    ),
    "discussions closed": (lambda root: change(root / X, comments="closed"), PAGE),
    "an own key": (lambda root: change(root / X, extra="{a: 1}"), set()),
    "a comment": (lambda root: change(root / "comments/approved/x/c1.md", body="Autre.\n"), PAGE | HOME | TALK),
    "a comment approved": (approve, PAGE | HOME | LISTS | TALK),
    "a comment that waits": (lambda root: (root / "comments/pending/x/c3.md").unlink(), set()),
    "a file": (lambda root: (root / "content/c/d.txt").write_text("deux"), {"c/d.txt"}),
    "a section's text": (
        lambda root: write_site(root, {"content/c/index.md": "---\ntitle: C\n---\nTexte.\n"}),
        {"c/index.html"},
    ),
    "a word of the glossary": (
        lambda root: write_site(root, {"content/glossaire.yaml": "- word: ESS\n  definition: Autre\n"}),
        PAGE | {"glossaire/index.html"},
    ),
    "a template": (
        lambda root: template(Small(root, Random(0)), "tag.html", "{{ view.title }}"),
        {"tags/vote/index.html"},
    ),
    "a comment in the settings": (lambda root: settings(Small(root, Random(0)), title="Essai # rien"), set()),
    "nothing but the time": (lambda root: (root / X).touch(), set()),
}


@pytest.mark.parametrize(("act", "expected"), EDITS.values(), ids=EDITS)
def test_an_edit_writes_what_it_changes(site: Path, act: Callable[[Path], object], expected: set[str]) -> None:
    before = times_and_bytes(site / "public")
    act(site)
    report = assert_whole(site)
    after = times_and_bytes(site / "public")
    assert {path for path in after if before.get(path) != after[path]} == expected
    assert (report.written, report.removed) == (len(expected), 0)


@pytest.mark.parametrize("key", ["title", "base_url", "language"])
def test_what_every_page_shows_changes_every_page_and_no_file_beside(site: Path, key: str) -> None:
    before = times_and_bytes(site / "public")
    value = {"title": "Autre", "base_url": "https://autre.example", "language": "en"}[key]
    settings(Small(site, Random(0)), **{key: value})
    report = assert_whole(site)
    after = times_and_bytes(site / "public")
    assert report.written > EVERY_PAGE
    assert after["c/d.txt"] == before["c/d.txt"]


def test_an_article_that_goes_takes_its_pages_along_and_leaves_the_others(site: Path) -> None:
    before = times_and_bytes(site / "public")
    (site / "content/c/z.md").unlink()
    (site / "comments/approved/z/c2.md").unlink()
    assert_whole(site)
    after = times_and_bytes(site / "public")
    assert before.keys() - after.keys() >= {"c/z/index.html", "c/z/comments.xml", "vieux/index.html"}
    for path in PAGE | NEAR | FEEDS - {"feed.xml"} | {"c/d.txt"}:
        assert after[path] == before[path]


def test_what_an_edit_does_not_touch_is_not_even_planned(site: Path) -> None:
    assert_whole(site)
    change(site / X, body="Un texte sur l'ESS.\n\nFin.\n")
    with Workshop(site, site / "public", drafts=False) as workshop:
        report, made = workshop.build(NOW)
    assert made, report.problems
    names = [bundle.name for bundle in made.plan.bundles]
    assert len(set(names)) == len(names)
    planned = {bundle.name for bundle in made.plan.bundles if "pages" in vars(bundle)}
    at_hand = {"authors.html", "tags.html", "glossary", "not found", "feed of comments", "for robots"}
    assert planned - at_hand == {"articles /a/", "feed /a/feed.xml", "feed /feed.xml"}
