"""Folders ↔ the library: what is read, what is refused, what is written."""

import os
from collections.abc import Mapping
from pathlib import Path

import pytest
from conftest import NOW, article, comment, read_tree, write_site

from labo_ssg.build.check import check
from labo_ssg.disk import files
from labo_ssg.disk.discussions import check_pending, read_comments
from labo_ssg.disk.library import read_library, read_site, reader
from labo_ssg.disk.starter import LANGUAGES, make_site
from labo_ssg.places import APPROVED
from labo_ssg.problems import Problem

POST = article()


def told(problems: list[Problem]) -> list[str]:
    """Return the problems, sorted, without the hints, of which none is missing."""
    assert all(problem.hint for problem in problems)
    return [f"{problem.place}: {problem.what}" for problem in sorted(problems)]


def test_a_library_is_read_in_a_fixed_order(tmp_path: Path) -> None:
    site = write_site(
        tmp_path,
        {
            "content/index.md": "---\ntitle: Accueil\n---\n",
            "content/b/d/y.md": POST,
            "content/b/x.spip": POST,
            "content/a/z.md": POST,
            "content/a/index.md": "---\ntitle: La section A\n---\n",
            "content/b/image.svg": "<svg/>",
            "content/.well-known/security.txt": "x",
            "comments/approved/x/2.md": comment("x", hour=9),
            "comments/approved/x/1.md": comment("x", hour=10),
            "comments/approved/y/3.md": comment("y", hour=9),
            "comments/pending/x/4.md": comment("x"),
        },
    )
    library, problems = read_library(site)
    assert told(problems) == []
    assert [one.id for one in library.articles] == ["z", "y", "x"]
    titles = {one.path: one.title for one in library.sections}
    assert titles == {(): "Accueil", ("a",): "La section A", ("b",): "B", ("b", "d"): "D"}
    comments, problems = read_comments(site, APPROVED, reader(library.site))
    assert told(problems) == []
    assert [one.id for one in comments] == ["2", "3", "1"]
    assert [one.path for one in library.assets] == [".well-known/security.txt", "b/image.svg"]


def test_what_editors_and_systems_leave_behind_is_passed_over(tmp_path: Path) -> None:
    names = [".DS_Store", ".x.md.swp", "x.md~", "x.md.orig", "#x.md#", "Thumbs.db", ".git/config", ".hidden/x.md"]
    site = write_site(tmp_path, {f"content/{name}": b"\xff" for name in names})
    library, problems = read_library(site)
    assert (told(problems), library.assets, library.articles) == ([], (), ())


SITES: dict[str, tuple[Mapping[str, str | bytes], list[str]]] = {
    "two articles of one id": (
        {"content/a/x.md": POST, "content/b/x.md": POST},
        ["content/b/x.md:1: the id `x` is that of content/a/x.md too"],
    ),
    "two index files": (
        {"content/a/index.md": "---\ntitle: A\n---\n", "content/a/index.spip": "---\ntitle: A\n---\n"},
        ["content/a/index.spip:1: the folder has another index file, index.md"],
    ),
    "a link to the second article of an id, which is no mistake of its own": (
        {"content/a/x.md": POST, "content/b/x.md": POST, "comments/approved/x/1.md": comment("x")},
        ["content/b/x.md:1: the id `x` is that of content/a/x.md too"],
    ),
    "an article that cannot be read has comments": (
        {"content/a/x.md": b"\xff", "comments/approved/x/1.md": comment("x")},
        ["content/a/x.md:1: byte 0xff is not UTF-8"],
    ),
    "comments of no article": (
        {"content/monnaies.md": POST, "comments/approved/monaies/1.md": comment("monaies")},
        ["comments/approved/monaies/1.md:1: there is no article `monaies`"],
    ),
    "comments in a folder whose name is nearly right": (
        {"content/x.md": POST, "comments/approuved/x/1.md": comment("x"), "comments/journal/1.txt": "x"},
        ["comments/approuved: no comment is read from here"],
    ),
    "a file where the comments should be": (
        {"comments/approved": "x"},
        ["comments/approved: it is not a folder"],
    ),
    "the settings under another name": (
        {"site.yaml": "", "content/glossary.yaml": "- {word: a, definition: b}\n"},
        [
            "content/glossary.yaml: the glossary has another name",
            "site.yaml:1: `base_url` is missing",
            "site.yaml:1: `title` is missing",
        ],
    ),
    "one word in the settings and in the glossary": (
        {
            "site.yaml": "title: T\nbase_url: https://a.example\nglossary:\n- {word: ESS, definition: a}\n",
            "content/glossaire.yaml": "- word: PTCE\n  definition: b\n- word: ESS\n  definition: c\n",
        },
        ["content/glossaire.yaml:3: the glossary explains `ESS` twice, here and at site.yaml:4"],
    ),
}


@pytest.mark.parametrize(("contents", "problems"), SITES.values(), ids=SITES)
def test_each_mistake_is_told_once(tmp_path: Path, contents: Mapping[str, str | bytes], problems: list[str]) -> None:
    assert told(check(write_site(tmp_path, contents), now=NOW)) == problems


def test_a_folder_that_is_no_site_is_told_once(tmp_path: Path) -> None:
    assert told(read_library(tmp_path)[1]) == [f"site.yaml: there is no site.yaml in {tmp_path}"]
    (tmp_path / "site.yml").write_text("title: T\n")
    _, problems = read_site(tmp_path)
    assert [problem.hint for problem in problems] == ["rename site.yml to site.yaml"]


def test_a_site_without_content_is_told(tmp_path: Path) -> None:
    site = write_site(tmp_path, {})
    (site / "content").rmdir()
    assert told(read_library(site)[1]) == [f"content: there is no folder content in {site}"]
    (site / "content").write_text("x")
    assert told(read_library(site)[1]) == ["content: it is not a folder"]


def test_the_mistakes_of_waiting_comments_are_told_before_they_are_approved(tmp_path: Path) -> None:
    site = write_site(
        tmp_path,
        {
            "content/x.md": POST,
            "comments/approved/x/1.md": comment("x"),
            "comments/pending/x/1.md": comment("x"),
            "comments/pending/x/2.md": comment("x", reply_to="1"),
            "comments/pending/x/3.md": comment("x", reply_to="2"),
            "comments/pending/x/5.md": comment("x", reply_to="4"),
            "comments/pending/y/3.md": comment("y"),
        },
    )
    library, problems = read_library(site)
    assert told(problems) == []
    assert told(check_pending(site, library, reader(library.site))) == [
        "comments/pending/x/1.md:1: comment `1` is approved already",
        "comments/pending/x/5.md:5: answers comment `4`, which is not among the approved ones of its article",
        "comments/pending/y/3.md:1: there is no article `y`",
    ]


def test_names_that_no_message_could_show_are_refused(tmp_path: Path) -> None:
    folder = tmp_path / "content"
    folder.mkdir()
    for name in (b"a\nb.md", b"a\tb.md", b"a\x1bb.md", b"a\\b.md", b"\xe9.md", b"d\xffr"):
        (folder / os.fsdecode(name)).touch()
    found, problems = files.walk(tmp_path, "content")
    assert found == []
    assert sorted(problem.place.path for problem in problems) == [
        "content/a\\b.md",
        "content/a␣b.md",
        "content/a␣b.md",
        "content/a␣b.md",
        "content/d\ufffdr",
        "content/\ufffd.md",
    ]


def test_a_link_is_never_followed(tmp_path: Path) -> None:
    site = write_site(tmp_path / "site", {"content/x.md": POST})
    (tmp_path / "secret").write_text("secret")
    for name in ("file.md", "picture.png", "glossaire.yaml"):
        (site / "content" / name).symlink_to(tmp_path / "secret")
    (site / "content/folder").symlink_to(tmp_path)
    (site / "content/circle").symlink_to("circle")
    library, problems = read_library(site)
    assert told(problems) == [
        f"content/{name}: it is a symbolic link"
        for name in ("circle", "file.md", "folder", "glossaire.yaml", "picture.png")
    ]
    assert library.assets == ()
    assert not any("secret" in one.text for one in library.articles)


def test_what_cannot_be_read_is_a_problem_of_its_own(tmp_path: Path) -> None:
    (tmp_path / "folder").mkdir()
    for path, what in {"folder": "it is not a file", "absent": "it cannot be read: no such file or directory"}.items():
        data, problems = files.read(tmp_path, path)
        assert (data, told(problems)) == (b"", [f"{path}: {what}"])


def test_a_file_is_replaced_whole(tmp_path: Path) -> None:
    path = tmp_path / "a/b/x.html"
    files.write_atomic(path, b"one")
    files.write_atomic(path, b"two")
    assert path.read_bytes() == b"two"
    assert [one.name for one in path.parent.iterdir()] == ["x.html"]
    assert path.stat().st_mode & 0o777 == 0o666 & ~current_umask()


def test_a_file_that_could_not_be_written_is_as_it_was(tmp_path: Path) -> None:
    path = tmp_path / "x.html"
    files.write_atomic(path, b"one")

    def fail() -> None:
        with files.draft(path) as beside:
            beside.write_bytes(b"tw")
            raise OSError("the disk is full")

    with pytest.raises(OSError, match="full"):
        fail()
    assert read_tree(tmp_path) == {"x.html": b"one"}


def current_umask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask


def test_only_empty_folders_are_removed_and_never_the_root(tmp_path: Path) -> None:
    (tmp_path / "a/b/c").mkdir(parents=True)
    (tmp_path / "a/kept").touch()
    files.remove_empty(tmp_path / "a/b/c", tmp_path)
    assert sorted(path.name for path in (tmp_path / "a").iterdir()) == ["kept"]
    (tmp_path / "a/kept").unlink()
    files.remove_empty(tmp_path / "a", tmp_path)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_new_site_has_no_problem(tmp_path: Path, language: str) -> None:
    made = make_site(tmp_path / "new", language=language, today="2021-01-12")
    library, problems = read_library(tmp_path / "new")
    assert told(problems) == []
    assert library.site.language == language
    assert set(made) < set(read_tree(tmp_path / "new"))
    assert "{today}" not in "".join(map(str, read_tree(tmp_path / "new").values()))


@pytest.mark.parametrize("there", ["a file", "a folder"])
def test_a_new_site_overwrites_nothing(tmp_path: Path, there: str) -> None:
    (tmp_path / "new").write_text("mine") if there == "a file" else write_site(tmp_path / "new", {})
    before = read_tree(tmp_path)
    with pytest.raises(FileExistsError):
        make_site(tmp_path / "new", language="fr", today="2021-01-12")
    assert read_tree(tmp_path) == before
