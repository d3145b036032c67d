"""A folder whose own times are as they were is not listed again; whatever is done to a tree is seen all the same."""

import os
import shutil
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from conftest import article, read_tree, write_site
from test_incremental_disk import built, mounted
from twins import assert_whole

from labo_ssg.build import cache, output
from labo_ssg.disk import files, scan, times
from labo_ssg.disk.scan import COPIES, SOURCES, Begun, Kind, Scan, Tree, rescan

OLD = 1_000_000_000 * 1_000_000_000
TOPS = ["a", "b"]
FILES = ["a/x.md", "a/in/y.md", "a/in/z.md", "a/deep/er/one.md", "b/two.md", "b/links/three.md", "b/links/in/four.md"]
ALL = ["a", "a/deep", "a/deep/er", "a/empty", "a/in", "b", "b/links", "b/links/in"]


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """Some folders with files, all of them old: each change is made at another time."""
    (tmp_path / "a/empty").mkdir(parents=True)
    for path in FILES:
        (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / path).write_text(path, encoding="utf-8")
    for path in ALL:
        os.utime(tmp_path / path, ns=(OLD, OLD))
    return tmp_path


def listing(listed: list[str], kind: Kind) -> Kind:
    """Return the same, which also notes the folders that are listed."""

    def look(root: Path, folder: str) -> files.Seen:
        listed.append(folder)
        return kind.look(root, folder)

    return Kind(look, kind.stamp)


def whole(root: Path, known: Tree, kind: Kind) -> Scan:
    """Return what one sees who lists everything."""
    return scan.scan(root, [top for top in TOPS if (root / top).exists()], Tree(known.folders, {}), kind)


def edit(root: Path) -> None:
    """Put other bytes into a file, as many, and give it the time that it had."""
    before = (root / "a/in/y.md").stat()
    (root / "a/in/y.md").write_text("A/IN/Y.MD", encoding="utf-8")
    os.utime(root / "a/in/y.md", ns=(before.st_atime_ns, before.st_mtime_ns))


def replace_by_folder(root: Path) -> None:
    (root / "a/in/y.md").unlink()
    (root / "a/in/y.md").mkdir()
    (root / "a/in/y.md/new.md").write_text("new", encoding="utf-8")


def replace_by_link(root: Path) -> None:
    (root / "a/in/y.md").rename(root / "a/in/.y.md")
    (root / "a/in/y.md").symlink_to(".y.md")


def add_below(root: Path) -> None:
    (root / "a/deep/er/and/deeper").mkdir(parents=True)
    (root / "a/deep/er/and/deeper/new.md").write_text("new", encoding="utf-8")


def swap(root: Path) -> None:
    """Put another folder, with the same names, in the place of one."""
    shutil.copytree(root / "a/in", root / "a/.other")
    (root / "a/.other/y.md").write_text("another", encoding="utf-8")
    (root / "a/in").rename(root / "a/.in")
    (root / "a/.other").rename(root / "a/in")
    os.utime(root / "a/in", ns=(OLD, OLD))


def link_to_itself(root: Path) -> None:
    """Put a link in the place of a folder, which leads to that very folder."""
    (root / "b/links").rename(root / "b/.links")
    (root / "b/links").symlink_to(".links")


def exchange(root: Path) -> None:
    """Give two files each other's name."""
    for old, new in (("y", ".y"), ("z", "y"), (".y", "z")):
        (root / f"a/in/{old}.md").rename(root / f"a/in/{new}.md")


CHANGES: dict[str, tuple[Callable[[Path], object], list[str], list[str]]] = {
    "nothing": (lambda root: None, [], []),
    "a file edited in place": (edit, ["a/in"], ["a/in"]),
    "a file added": (lambda root: (root / "a/in/new.md").touch(), ["a/in"], ["a/in"]),
    "a file removed": (lambda root: (root / "a/x.md").unlink(), ["a"], ["a"]),
    "the last file removed": (lambda root: (root / "a/deep/er/one.md").unlink(), ["a/deep/er"], ["a/deep/er"]),
    "a file renamed": (lambda root: (root / "b/two.md").rename(root / "b/2.md"), ["b"], ["b"]),
    "two files exchanged": (exchange, ["a/in"], ["a/in"]),
    "a file replaced by a folder": (replace_by_folder, ["a/in", "a/in/y.md"], ["a/in", "a/in/y.md"]),
    "a file replaced by a link": (replace_by_link, ["a/in"], ["a/in"]),
    "a file that is passed over": (lambda root: (root / "a/in/.new").touch(), ["a/in"], []),
    "a file in a folder that was empty": (
        lambda root: (root / "a/empty/new.md").touch(),
        ["a/empty"],
        ["a/empty"],
    ),
    "folders added deep below": (
        add_below,
        ["a/deep/er", "a/deep/er/and", "a/deep/er/and/deeper"],
        ["a/deep/er/and/deeper"],
    ),
    "an empty folder removed": (lambda root: (root / "a/empty").rmdir(), ["a"], []),
    "a folder removed": (lambda root: shutil.rmtree(root / "a/deep"), ["a"], ["a/deep/er"]),
    "a folder moved": (
        lambda root: (root / "a/deep").rename(root / "b/deep"),
        ["a", "b", "b/deep", "b/deep/er"],
        ["a/deep/er", "b/deep/er"],
    ),
    "a folder swapped for another with the same names": (swap, ["a", "a/in"], ["a/in"]),
    "a folder replaced by a link to it": (link_to_itself, ["b"], ["b/links", "b/links/in"]),
    "a folder replaced by a file": (
        lambda root: (shutil.rmtree(root / "a/in"), (root / "a/in").touch()),
        ["a"],
        ["a", "a/in"],
    ),
    "a whole top removed": (lambda root: shutil.rmtree(root / "b"), [], ["b", "b/links", "b/links/in"]),
    "a whole top replaced": (
        lambda root: (shutil.rmtree(root / "b"), (root / "b").mkdir(), (root / "b/two.md").touch()),
        ["b"],
        ["b", "b/links", "b/links/in"],
    ),
}


@pytest.mark.parametrize("copies", [0, 1, 2])
@pytest.mark.parametrize(("change", "listed", "changed"), CHANGES.values(), ids=CHANGES)
def test_a_change_is_seen_and_little_else_is_listed(
    root: Path,
    monkeypatch: pytest.MonkeyPatch,
    change: Callable[[Path], object],
    listed: list[str],
    changed: list[str],
    copies: int,
) -> None:
    monkeypatch.setattr(scan, "WORTH", 1)
    known = whole(root, Tree({}, {}), SOURCES).tree
    assert sorted(known.times) == ALL
    change(root)
    found: list[str] = []
    tops = [top for top in TOPS if (root / top).exists()]
    seen = Begun(root, tops, known, listing(found, SOURCES), copies=copies).seen
    assert (sorted(found), sorted(seen.changed)) == (listed, changed)
    assert seen == whole(root, known, SOURCES)._replace(tree=seen.tree)
    # A folder with a problem has no times: it is told each time.
    told = {path: files.NO_TIMES if path in {one.place.path.rpartition("/")[0] for one in seen.problems} else one
            for path, one in whole(root, known, SOURCES).tree.times.items()}  # fmt: skip
    assert seen.tree == (whole(root, known, SOURCES).tree.folders, told)
    assert scan.scan(root, tops, seen.tree).problems == seen.problems


@pytest.mark.parametrize(("change", "listed", "changed"), CHANGES.values(), ids=CHANGES)
def test_what_a_watcher_tells_is_enough(
    root: Path, change: Callable[[Path], object], listed: list[str], changed: list[str]
) -> None:
    known = whole(root, Tree({}, {}), SOURCES).tree
    change(root)
    tops = [top for top in TOPS if (root / top).exists()]
    gone = [path for path in ALL if not (root / path).is_dir()]
    seen = rescan(root, tops, known, {*listed, *changed, *gone, "elsewhere"})
    assert seen == whole(root, known, SOURCES)


@pytest.mark.parametrize("name", ["a file added", "a file removed", "folders added deep below", "a folder removed"])
def test_a_change_of_an_output_is_seen(root: Path, name: str) -> None:
    known = scan.scan(root, [""], Tree({}, {}), COPIES).tree
    CHANGES[name][0](root)
    seen = scan.scan(root, [""], known, COPIES)
    assert seen == scan.scan(root, [""], Tree(known.folders, {}), COPIES)
    assert sorted(seen.changed) == CHANGES[name][2]


def test_an_output_that_is_gone_is_seen(root: Path) -> None:
    known = scan.scan(root, [""], Tree({}, {}), COPIES).tree
    shutil.rmtree(root)
    assert scan.scan(root, [], known, COPIES) == (({}, {}), set(known.folders), [])


@pytest.mark.parametrize("copies", [1, 2])
def test_copies_of_the_process_list_what_this_one_would(
    root: Path, monkeypatch: pytest.MonkeyPatch, copies: int
) -> None:
    monkeypatch.setattr(scan, "WORTH", 1)
    known = whole(root, Tree({}, {}), SOURCES).tree
    for change in (edit, add_below, exchange):
        change(root)
    here: list[str] = []
    seen = Begun(root, TOPS, Tree(known.folders, {}), listing(here, SOURCES), copies=copies).seen
    assert here == []
    assert seen == whole(root, known, SOURCES)
    assert seen.tree.folders["b"] is known.folders["b"]


@pytest.mark.parametrize("copies", [0, 2])
def test_a_change_of_names_is_seen_before_the_files_are_looked_at(
    root: Path, monkeypatch: pytest.MonkeyPatch, copies: int
) -> None:
    monkeypatch.setattr(scan, "WORTH", 1)
    known = whole(root, Tree({}, {}), SOURCES).tree
    unsure = Tree(known.folders, dict.fromkeys(known.times, files.NO_TIMES))
    as_it_was = [Begun(root, TOPS, one, copies=copies, early=True) for one in (known, unsure)]
    assert [(begun.is_new, begun.seen.changed) for begun in as_it_was] == [(False, set())] * 2
    (root / "b/links/more.md").touch()
    begun = Begun(root, TOPS, known, copies=copies, early=True)
    assert (begun.is_new, begun.seen.changed) == (True, {"b/links"})


def test_a_new_clone_is_listed_at_once(root: Path, tmp_path: Path) -> None:
    known = whole(root, Tree({}, {}), SOURCES).tree
    clone = tmp_path / "clone"
    for top in TOPS:
        shutil.copytree(root / top, clone / top)
    begun = Begun(clone, TOPS, known)
    seen = begun.seen
    assert begun.is_new
    assert seen == whole(clone, known, SOURCES)
    assert seen.tree.times.keys() == known.times.keys()


def test_what_was_changed_just_before_is_not_relied_on(tmp_path: Path) -> None:
    (tmp_path / "lock").touch()
    for number in range(30):
        folder = tmp_path / f"a/{number}"
        folder.mkdir(parents=True)
        (folder / "one.md").touch()
        clock = files.clock(tmp_path / "lock")
        first = scan.scan(tmp_path, ["a"], Tree({}, {})).tree
        known = Tree(first.folders, times.settled(first.times, clock))
        (folder / "two.md").touch()  # within a tick of the disk's clock, most likely
        assert scan.scan(tmp_path, ["a"], known).tree.folders[f"a/{number}"].names() == ["one.md", "two.md"]


def test_times_are_relied_on_once_they_are_old_enough(root: Path) -> None:
    found = {"new": (OLD, OLD + times.TICK, 7, 8), "odd": (OLD + 1, OLD + 1, 7, 8), "none": files.NO_TIMES}
    late = OLD + times.WHOLE_SECONDS + 1
    assert times.settled(found, OLD + times.TICK + 2) == {"new": (), "odd": found["odd"], "none": ()}
    assert times.settled(found, late + times.TICK) == found
    assert times.settled({"future": (late * 2, OLD, 7, 8)}, late) == {"future": ()}


def test_times_of_folders_on_another_disk_are_not_relied_on(root: Path) -> None:
    (root / "a/in/mounted").mkdir()
    with mounted(root / "a/in/mounted", "size=1m"):
        (root / "a/in/mounted/deep").mkdir()
        seen = whole(root, Tree({}, {}), SOURCES).tree.times
        here = times.on_disk(seen, times.telling_disk(root))
        assert {path for path in seen if not here[path]} == {"a/in/mounted", "a/in/mounted/deep"}
        assert not any(times.on_disk(seen, None).values())


def test_a_disk_is_tried(tmp_path: Path) -> None:
    assert times.telling_disk(tmp_path) == tmp_path.stat().st_dev
    assert list(tmp_path.iterdir()) == []
    assert times.telling_disk(Path("/proc/self")) is None
    assert times.telling_disk(tmp_path / "not there") is None
    assert times.moves(tmp_path, lambda folder: (folder / "x").touch())
    assert not times.moves(tmp_path, lambda folder: (folder / "x").write_text("in place"))


# Whole builds


@pytest.fixture
def site(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A site, built; its folders are known by their times."""
    for module in (cache, output):
        monkeypatch.setattr(module, "FEW", 1)
    site = write_site(tmp_path / "site", {f"content/{one}/x-{one}.md": article(body=one) for one in ("a", "b", "c")})
    assert built(site).problems == ()
    time.sleep(2 * times.TICK / 1e9)
    assert built(site).written == 0
    return site


def known_times(site: Path) -> dict[str, dict[str, bool]]:
    """Return, for each tree that is remembered, whether its folders are known by their times."""
    with cache.opened(site / ".labo") as memory:
        there = cache.Cache.tree
        name = output.Output(site / "public", site, site / ".labo", memory).name
        return {
            kind: {path: bool(one) for path, one in there(memory, tree).times.items()}
            for kind, tree in (("sources", "sources"), ("output", name))
        }


def test_a_build_where_nothing_changed_has_the_next_one_know_all_folders(site: Path) -> None:
    found = known_times(site)
    assert found["sources"] == {"content": True, "content/a": True, "content/b": True, "content/c": True}
    folders = {path.relative_to(site / "public").as_posix() for path in (site / "public").rglob("*") if path.is_dir()}
    assert found["output"] == dict.fromkeys(("", *folders), True)


def test_what_is_done_to_an_output_between_builds_is_seen(site: Path) -> None:
    page = site / "public/a/x-a/index.html"
    whole = read_tree(site / "public")
    page.write_bytes(page.read_bytes()[::-1])
    assert built(site).written == 1
    page.unlink()
    assert built(site).written == 1
    shutil.rmtree(site / "public/b")
    assert built(site).written > 1
    (site / "public/c/new/deep").mkdir(parents=True)
    (site / "public/c/new/deep/mine.txt").touch()
    assert built(site).foreign == ("c/new/deep/mine.txt",)
    shutil.rmtree(site / "public/c/new")
    assert built(site).foreign == ()
    assert read_tree(site / "public") == whole


def test_a_file_that_comes_right_after_a_build_is_seen(site: Path) -> None:
    for number in range(5):
        write_site(site, {f"content/a/n{number}.md": article(body=str(number))})
        assert built(site).written > 0
        (site / f"public/a/n{number}/mine.txt").touch()
        assert f"a/n{number}/mine.txt" in built(site).foreign
        write_site(site, {f"content/a/m{number}.md": article(body=str(number))})
        assert_written(site, f"a/m{number}/index.html")


def assert_written(site: Path, path: str) -> None:
    built(site)
    assert (site / "public" / path).is_file()


def test_a_memory_on_another_disk_has_all_folders_listed(site: Path) -> None:
    shutil.rmtree(site / ".labo")
    with mounted(site / ".labo", "size=20m"):
        built(site)
        time.sleep(2 * times.TICK / 1e9)
        built(site)
        assert not any(known_times(site)["sources"].values())
        write_site(site, {"content/a/new.md": article(body="new")})
        assert assert_whole(site).written > 0
