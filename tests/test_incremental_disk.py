"""Memories that are lost, torn or foreign, disks that are full or closed, clones: never a wrong page."""

import os
import shutil
import sqlite3
import subprocess
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from random import Random
from typing import Any

import pytest
from conftest import LABO, NOW, article, labo, read_tree, write_site
from small_site import change, found
from twins import assert_whole, from_nothing, told

from labo_ssg.build import cache, rendering, writing
from labo_ssg.build.build import Report, build
from labo_ssg.build.check import check


def built(site: Path, output: Path | None = None, **options: Any) -> Report:
    return build(site, output or site / "public", now=NOW, drafts=False, **options)


@pytest.fixture
def site(tmp_path: Path) -> Path:
    """A small site, built."""
    root = tmp_path / "site"
    root.mkdir()
    found(root, Random(0))
    assert told(built(root), root) == []
    return root


# The memory


def foreign_database(path: Path) -> None:
    path.unlink()
    with closing(sqlite3.connect(path)) as connection:
        connection.executescript("CREATE TABLE facts (x); CREATE TABLE mine (y)")


def other_program(path: Path) -> None:
    with closing(sqlite3.connect(path)) as connection:
        connection.executescript("DELETE FROM drawers; UPDATE notes SET note = x'00' WHERE name = 'recipe'")


def torn_inside(path: Path) -> None:
    """Spoil all but the beginning, which shows nothing of it."""
    data = path.read_bytes()
    path.write_bytes(data[:8192] + Random(1).randbytes(len(data) - 8192))


def without_works(path: Path) -> None:
    with closing(sqlite3.connect(path)) as connection:
        connection.executescript("DELETE FROM works")


def torn_drawer(path: Path) -> None:
    with closing(sqlite3.connect(path)) as connection:
        connection.executescript("UPDATE drawers SET things = x'93ff' WHERE cabinet LIKE 'pages %'")


HARMS: dict[str, tuple[Callable[[Path], object], bool]] = {
    "random bytes": (lambda path: path.write_bytes(Random(0).randbytes(9000)), True),
    "cut": (lambda path: os.truncate(path, path.stat().st_size // 2), True),
    "torn inside": (torn_inside, True),
    "a foreign database": (foreign_database, True),
    "no works": (without_works, True),
    "a torn drawer": (torn_drawer, True),
    "nothing in it": (lambda path: os.truncate(path, 0), True),
    "another program's": (other_program, False),
    "gone": (Path.unlink, False),
}


@pytest.mark.parametrize("jobs", [1, 2])
@pytest.mark.parametrize(("harm", "is_told"), HARMS.values(), ids=HARMS)
def test_a_memory_that_cannot_be_used_is_made_anew(
    site: Path, monkeypatch: pytest.MonkeyPatch, harm: Callable[[Path], object], is_told: bool, jobs: int
) -> None:
    monkeypatch.setattr(rendering, "WORTH", 1)
    change(site / "content/a/un.md", title="Nouveau")
    (site / "public/a/un/index.html").unlink()
    (site / "public/feed.xml").unlink()
    harm(site / ".labo/cache.sqlite")
    report = built(site, jobs=jobs)
    assert told(report, site) == []
    assert bool(report.word) == is_told
    assert "cache.sqlite could not be used" in report.word or not is_told
    again = assert_whole(site)
    assert (again.written, again.word) == (0, "")


def test_a_memory_that_cannot_be_used_is_told_by_the_command(site: Path) -> None:
    (site / ".labo/cache.sqlite").write_bytes(b"nothing of ours")
    done = labo("build", "--root", site)
    assert done.returncode == 0
    assert "note: " in done.stderr
    assert "it is made anew" in done.stderr


def test_a_memory_that_another_process_made_anew_is_read(site: Path) -> None:
    change(site / "content/a/un.md", body="Un.\n")
    built(site)
    (site / ".labo/cache.sqlite").unlink()
    assert labo("build", "--root", site).returncode == 0
    change(site / "content/a/deux.spip", body="Deux.\n")
    for page in ("a/un/index.html", "a/deux/index.html"):
        (site / "public" / page).unlink()
    assert_whole(site)


# The disk


@contextmanager
def mounted(folder: Path, options: str) -> Iterator[None]:
    """Mount a small disk at `folder`, which goes afterwards."""
    folder.mkdir(exist_ok=True)
    done = subprocess.run(["mount", "-t", "tmpfs", "-o", options, "tmpfs", folder], capture_output=True, check=False)
    if done.returncode:
        pytest.skip("only root may mount a disk")
    try:
        yield
    finally:
        subprocess.run(["umount", "-l", folder], check=True)


def test_a_full_disk_is_told_and_healed(site: Path) -> None:
    big = {f"content/a/n{number}.md": article(body="mot " * 5000) for number in range(10)}
    for full in ("public", ".labo"):
        shutil.rmtree(site / full)
        with mounted(site / full, "size=200k"):
            before = read_tree(site / "public")
            write_site(site, {**big, "site.yaml": (site / "site.yaml").read_text()})
            report = built(site)
            assert ["space left" in one.what or "full" in one.what for one in report.problems] == [True]
            whole = read_tree(site / "public")
            assert [path for path in whole if path.endswith(".html") and not whole[path].endswith(b"</html>")] == []
            assert report.partial or whole == before
            for name in big:
                (site / name).unlink()
        assert_whole(site)


def test_a_memory_on_another_disk(site: Path) -> None:
    shutil.rmtree(site / ".labo")
    with mounted(site / ".labo", "size=20m"):
        assert_whole(site)
        change(site / "content/a/un.md", title="Nouveau")
        assert assert_whole(site).written < 15
        (site / "content/a/un.md").unlink()
        shutil.rmtree(site / "comments")
        assert built(site).removed == 0  # links lead nowhere
        change(site / "content/a/index.md", body="Rien.\n")
        change(site / "content/a/deux.spip", body="Rien.\n")
        change(site / "content/a/one.md", translation_of="")
        assert assert_whole(site).removed > 0


def test_a_memory_that_cannot_be_written_to_is_told(site: Path) -> None:
    before = read_tree(site / "public")
    change(site / "content/a/un.md", title="Nouveau")
    shutil.rmtree(site / ".labo")
    with mounted(site / ".labo", "size=1m"):
        subprocess.run(["mount", "-o", "remount,ro", site / ".labo"], check=True)
        for remembers in (True, False):
            report = built(site, remembers=remembers)
            assert ["it cannot be written: read-only" in one.what for one in report.problems] == [True]
            assert read_tree(site / "public") == before
    assert_whole(site)


def test_a_name_that_is_no_text_stands_in_the_output(site: Path) -> None:
    for name in (b"caf\xe9.html", b"a/\xe9t\xe9"):
        place = os.fsencode(site / "public") + b"/" + name
        Path(os.fsdecode(place)).write_text("mine")
    Path(os.fsdecode(os.fsencode(site / "public") + b"/p\xe9/x")).parent.mkdir()
    report = built(site)
    assert (told(report, site), report.foreign) == ([], ("a/�t�", "caf�.html", "p�"))
    assert built(site).written == 0


def test_two_builds_at_once_share_a_memory(site: Path) -> None:
    change(site / "content/a/un.md", title="Nouveau")
    command = [*LABO, "build", "--root", str(site)]
    lines = [command, [*command, "--no-cache"], command]
    running = [subprocess.Popen(line, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE) for line in lines]
    assert [(one.communicate()[1].count(b"Traceback"), one.returncode) for one in running] == [(0, 0)] * 3
    assert assert_whole(site).written == 0


@pytest.mark.parametrize("jobs", [1, 2])
def test_nothing_changes_when_the_last_page_fails(site: Path, monkeypatch: pytest.MonkeyPatch, jobs: int) -> None:
    monkeypatch.setattr(rendering, "WORTH", 1)
    before = {path: path.stat().st_mtime_ns for path in (site / "public").rglob("*")}
    change(site / "content/a/un.md", title="Nouveau")
    write_site(site, {"templates/robots.txt": "{{ view.nothing }}", "site.yaml": (site / "site.yaml").read_text()})
    assert [str(one.place) for one in built(site, jobs=jobs).problems] == ["templates/robots.txt:1"]
    assert {path: path.stat().st_mtime_ns for path in (site / "public").rglob("*")} == before
    assert not (site / ".labo/staged").exists()
    (site / "templates/robots.txt").unlink()
    assert_whole(site)


def test_the_number_of_processes_changes_nothing_in_what_is_remembered(
    site: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for place, name in ((rendering, "WORTH"), (writing, "TEXTS"), (writing, "TALKS")):
        monkeypatch.setattr(place, name, 1)
    for jobs in (2, 1, 2):
        change(site / "content/a/un.md", title=f"Titre {jobs}", body="Un autre ESS.\n")
        change(site / "content/index.md", body=f"Accueil {jobs}.\n")
        shutil.rmtree(tmp_path / "other", ignore_errors=True)
        shutil.copytree(site, tmp_path / "other", symlinks=True)
        assert built(site, jobs=jobs).written == built(tmp_path / "other", jobs=3 - jobs).written > 0
        assert read_tree(site / "public") == read_tree(tmp_path / "other/public")
        assert_whole(site)


# The templates


def test_what_stands_under_links_in_the_templates_counts(site: Path, tmp_path: Path) -> None:
    elsewhere = tmp_path / "elsewhere"
    (site / "templates").mkdir(exist_ok=True)
    write_site(elsewhere, {"footer.html": "<footer>Un</footer>"})
    (site / "templates/partials").symlink_to(elsewhere)
    built(site)
    write_site(elsewhere, {"footer.html": "<footer>Deux</footer>"})
    built(site)
    with from_nothing(site) as (problems, _, wanted):
        assert problems == []
        assert read_tree(site / "public") == read_tree(wanted)


def test_a_link_that_takes_the_place_of_an_asset_is_told(site: Path, tmp_path: Path) -> None:
    path = site / "templates/assets/custom.css"
    write_site(site, {"templates/assets/custom.css": "a {}", "site.yaml": (site / "site.yaml").read_text()})
    built(site)
    path.rename(tmp_path / "custom.css")
    path.symlink_to(tmp_path / "custom.css")
    assert ["symbolic link" in one.what for one in built(site).problems] == [True]


def test_a_template_whose_name_is_no_text_is_no_crash(site: Path) -> None:
    (site / "templates").mkdir(exist_ok=True)
    Path(os.fsdecode(os.fsencode(site / "templates") + b"/caf\xe9.html")).write_text("x")
    assert "surrogates" not in str(built(site).problems)


def test_what_is_ones_own_in_a_header_keeps_its_order(site: Path) -> None:
    source = '{% extends "default/article.html" %}{% block after_body %}{{ view.extra|list }}{% endblock %}'
    write_site(site, {"templates/article.html": source, "site.yaml": (site / "site.yaml").read_text()})
    for given, shown in (("{b: 1, a: 2}", "['b', 'a']"), ("{a: 1, b: 2}", "['a', 'b']")):
        change(site / "content/a/un.md", extra=given)
        assert_whole(site)
        assert shown.replace("'", "&#39;") in (site / "public/a/un/index.html").read_text(encoding="utf-8")


def test_the_memory_is_the_sites_own(site: Path) -> None:
    assert (site / ".labo" / cache.NAME).is_file()
    assert {path.name for path in site.iterdir()} <= {"content", "comments", "site.yaml", ".labo", "public"}


def test_a_text_that_is_no_file_is_told_beside_others(site: Path) -> None:
    os.mkfifo(site / "content/a/pipe.md")
    (site / "content/a/link.md").symlink_to(site / "content/a/un.md")
    for _ in range(2):
        assert [str(one.place) for one in built(site).problems] == ["content/a/link.md", "content/a/pipe.md"]
    assert [str(one.place) for one in check(site, now=NOW)] == ["content/a/link.md", "content/a/pipe.md"]
