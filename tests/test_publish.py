"""How files reach the output folder: in which order, past what obstacles, and what a kill at each step leaves."""

import os
import resource
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from conftest import NOW, article, build_files, labo, read_tree, write_site

from labo_ssg.build.build import build
from labo_ssg.build.check import check
from labo_ssg.disk import files

SITE = {
    "content/a/x.md": article("Un", body="Avant.", tags="[t]"),
    "content/a/y.md": article("Deux", tags="[u]"),
    "content/a/carte.svg": "<svg/>",
}
LATER = {"content/a/x.md": article("Un", body="Après.", tags="[t]"), "content/a/plan.svg": "<svg> </svg>"}
WATCHED = {"os.mkdir", "os.rename", "os.link", "os.symlink", "os.remove", "os.rmdir", "shutil.copyfile"}
SHARED_MEMORY = Path("/dev/shm")


def settings(way: str) -> str:
    return f"title: Essai\nbase_url: https://essai.example\npublish: {way}\n"


def site_at(root: Path, way: str = "files") -> Path:
    """Make a site and build it."""
    write_site(root, {**SITE, "site.yaml": settings(way)})
    build_files(root, root / "public")
    return root


def change(site: Path, way: str = "files") -> None:
    """Give the site another text, another file, and two less."""
    write_site(site, {**LATER, "site.yaml": settings(way)})
    for name in ("y.md", "carte.svg"):
        (site / "content/a" / name).unlink()


def told(site: Path, output: Path | None = None) -> list[str]:
    """Build; return the problems."""
    report = build(site, output or site / "public", now=NOW, drafts=False)
    assert all(one.hint for one in report.problems)
    return [f"{one.place.path.removeprefix(f'{site}/')}: {one.what}" for one in report.problems]


def apart(work: Callable[[], object]) -> int:
    """Do `work` in a process of its own; return its exit status, less than 0 where it was killed."""
    if not (child := os.fork()):
        try:
            work()
        except BaseException:
            os._exit(70)
        os._exit(0)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])


def steps(site: Path, log: Path, *, kill: int = -1, output: Path | None = None) -> tuple[int, list[tuple[str, ...]]]:
    """Build in a process that is killed before its step number `kill`; return how it ended, and its steps."""
    output = output or site / "public"
    watched = (str(output), str(site / ".labo/published"))

    def run() -> None:
        with log.open("w") as out:
            count = 0

            def note(event: str, words: tuple[object, ...]) -> None:
                nonlocal count
                paths = [os.fspath(word) for word in words if isinstance(word, str | os.PathLike)]
                if event in WATCHED and any(str(path).startswith(watched) for path in paths):
                    if count == kill:
                        os.kill(os.getpid(), signal.SIGKILL)
                    count += 1
                    print(event, *paths, sep="\t", file=out, flush=True)

            sys.addaudithook(note)
            assert build(site, output, now=NOW, drafts=False).problems == ()

    status = apart(run)
    return status, [tuple(line.split("\t")) for line in log.read_text(encoding="utf-8").splitlines()]


def killed(site: Path, there: Path) -> Iterator[Path]:
    """Yield copies of the site in `there`, after a build that was killed before one of its steps, each in turn.

    Of the many steps in a folder that nobody looks at yet, the first and the last one count.
    """

    def copy() -> Path:
        shutil.rmtree(there, ignore_errors=True)
        return Path(shutil.copytree(site, there, symlinks=True))

    status, done = steps(copy(), there / "log")
    assert status == 0
    aside = [False, *("/public.releases/.labo-" in step[-1] for step in done), False]
    for kill in range(len(done)):
        if not all(aside[kill : kill + 3]):
            assert steps(copy(), there / "log", kill=kill)[0] == -signal.SIGKILL
            yield there


def releases(site: Path) -> list[str]:
    return sorted(path.name for path in (site / "public.releases").iterdir())


def test_pages_come_before_what_points_to_them_and_deletions_last(tmp_path: Path) -> None:
    site = site_at(tmp_path / "site")
    change(site)
    write_site(site, {"content/a/n.md": article("Neuf"), "templates/assets/custom.css": "p{}"})
    status, done = steps(site, tmp_path / "log")
    assert status == 0
    start = f"{site}/public/"
    moved = [step[2].removeprefix(start) for step in done if step[0] == "os.rename" and step[2].startswith(start)]
    kinds = ["svg", "css", "a/x/index.html", "a/index.html", "index.html", "feed.xml", "sitemap.xml"]
    places = [next(at for at, path in enumerate(moved) if path == kind or path.endswith(f".{kind}")) for kind in kinds]
    assert places == sorted(places)
    removed = [at for at, step in enumerate(done) if step[0] == "os.remove" and step[1].startswith(start)]
    assert len(removed) > 3
    assert min(removed) > max(at for at, step in enumerate(done) if step[0] == "os.rename" and "/public/" in step[2])


def test_each_folder_comes_once_and_nothing_unfinished_is_ever_in_the_output(tmp_path: Path) -> None:
    site = write_site(tmp_path / "site", SITE)
    done = steps(site, tmp_path / "log")[1]
    made = [step[1] for step in done if step[0] == "os.mkdir" and step[1].startswith(f"{site}/public")]
    moved = [step[2] for step in done if step[0] == "os.rename" and Path(step[2]).is_dir()]
    assert {Path(path).name for path in moved} >= {"x", "tags", "authors"}
    came = [str(path) for one in moved for path in (Path(one), *Path(one).rglob("*")) if path.is_dir()]
    assert sorted(made + came) == sorted(
        str(path) for path in (site / "public", *(site / "public").rglob("*")) if path.is_dir()
    )
    assert [step for step in done if "/public/.labo-" in "".join(step) or "/public/a/.labo-" in "".join(step)] == []


def test_a_kill_at_any_step_leaves_every_file_whole(tmp_path: Path) -> None:
    site = site_at(tmp_path / "site")
    before = read_tree(site / "public")
    shutil.copytree(site, tmp_path / "after", symlinks=True)
    change(tmp_path / "after")
    after = build_files(tmp_path / "after", tmp_path / "after/public")
    change(site)
    for there in killed(site, tmp_path / "there"):
        left = read_tree(there / "public")
        assert [path for path, data in left.items() if data not in (before.get(path), after.get(path))] == []
        assert build_files(there, there / "public") == after


def test_a_release_is_whole_whenever_the_build_is_killed(tmp_path: Path) -> None:
    site = site_at(tmp_path / "site", "release")
    before = read_tree(site / "public")
    (site / "public.releases/20200101T000000Z-abcdef").mkdir()  # an older one
    change(site, "release")
    seen = []
    for there in killed(site, tmp_path / "there"):
        assert (there / "public").is_symlink()
        seen.append(read_tree(there / "public"))
        after = build_files(there, there / "public")
        assert seen[-1] in (before, after)
        assert len(releases(there)) == 2
        assert not any(files.is_draft(name) for name in releases(there))
    assert len(seen) > 5
    assert before in seen
    assert after in seen


@pytest.mark.parametrize(("old", "new"), [("files", "release"), ("release", "files")])
def test_a_kill_during_a_switch_is_healed(tmp_path: Path, old: str, new: str) -> None:
    site = site_at(tmp_path / "site", old)
    if old == "release":
        (site / "public/.htaccess").write_text("deny")
    before = read_tree(site / "public")
    change(site, new)
    absent = 0
    for there in killed(site, tmp_path / "there"):
        left = read_tree(there / "public")
        absent += not left
        after = build_files(there, there / "public")
        assert left in ({}, before, after)
        assert (there / "public").is_symlink() == (new == "release")
        assert (there / "public.releases").exists() == (new == "release")
        assert (".htaccess" in after) == (old == "release")
    assert absent == 1


def test_unchanged_files_are_the_same_ones_in_the_next_release(tmp_path: Path) -> None:
    site = site_at(tmp_path / "site")
    folder = site / "public"
    shown = {path: (folder / path).stat() for path in read_tree(folder)}
    write_site(site, {"site.yaml": settings("release")})
    report = build(site, folder, now=NOW, drafts=False)
    assert (report.problems, report.written) == ((), 0)
    assert folder.is_symlink()
    assert not folder.readlink().is_absolute()
    assert len(releases(site)) == 2
    assert {path: (folder / path).stat().st_mtime_ns for path in shown} == {p: s.st_mtime_ns for p, s in shown.items()}
    assert {path: (folder / path).stat().st_ino for path in shown} == {
        path: seen.st_ino for path, seen in shown.items()
    }

    last, before = folder.resolve(), read_tree(folder)
    build_files(site, folder)
    assert folder.resolve() == last  # nothing has changed
    change(site, "release")
    after = build_files(site, folder)
    assert after != before
    assert read_tree(last) == before
    assert releases(site) == sorted([last.name, folder.resolve().name])
    assert (folder / "404.html").stat().st_ino == shown["404.html"].st_ino
    assert build_files(site, folder) == after == build_files(site, tmp_path / "afresh")


def test_what_was_put_into_a_release_by_hand_is_taken_over(tmp_path: Path) -> None:
    site = site_at(tmp_path / "site", "release")
    folder = site / "public"
    (folder / ".htaccess").write_text("deny")
    (folder / "a/link").symlink_to("../nowhere")
    (folder / "a/link to a folder").symlink_to("/proc")
    (folder / "empty").mkdir()
    folder.resolve().chmod(0o750)
    change(site, "release")
    report = build(site, folder, now=NOW, drafts=False)
    assert report.foreign == (".htaccess", "a/link", "a/link to a folder")
    assert (folder / ".htaccess").read_text() == "deny"
    assert (folder / "a/link").readlink() == Path("../nowhere")
    assert (folder / "a/link to a folder").is_symlink()
    assert (folder / "empty").is_dir()
    assert not (folder / "a/y").exists()
    assert folder.stat().st_mode & 0o777 == 0o750


def test_a_release_is_copied_where_the_disk_has_no_hard_links(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    site = site_at(tmp_path / "site", "release")
    before = (site / "public/404.html").stat()

    def refuse(*words: object, **names: object) -> None:
        raise PermissionError(1, "Operation not permitted")

    monkeypatch.setattr(os, "link", refuse)
    (site / "public/link").symlink_to("nowhere")
    change(site, "release")
    build_files(site, site / "public")
    after = (site / "public/404.html").stat()
    assert (after.st_ino == before.st_ino, after.st_mtime_ns) == (False, before.st_mtime_ns)
    assert (site / "public/link").is_symlink()


def test_switching_back_leaves_the_files_and_nothing_beside(tmp_path: Path) -> None:
    site = site_at(tmp_path / "site", "release")
    times = {path: (site / "public" / path).stat().st_mtime_ns for path in read_tree(site / "public")}
    write_site(site, {"site.yaml": settings("files")})
    report = build(site, site / "public", now=NOW, drafts=False)
    assert (report.written, report.removed) == (0, 0)
    assert not (site / "public").is_symlink()
    assert {path: (site / "public" / path).stat().st_mtime_ns for path in read_tree(site / "public")} == times
    assert not (site / "public.releases").exists()


def test_a_folder_that_is_not_wholly_ours_never_becomes_a_link(tmp_path: Path) -> None:
    site = site_at(tmp_path / "site")
    (site / "public/CNAME").write_text("essai.example")
    change(site, "release")
    before = read_tree(site / "public")
    expected = "`publish: release`: the folder holds 1 file(s) that no build wrote, such as CNAME"
    assert told(site) == [f"public: {expected}"]
    assert read_tree(site / "public") == before
    assert not (site / "public.releases").exists()
    (site / "public/CNAME").unlink()
    assert told(site) == []


def test_a_link_of_someone_else_is_never_turned(tmp_path: Path) -> None:
    site = write_site(tmp_path / "site", {**SITE, "site.yaml": settings("release")})
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    (site / "public").symlink_to(elsewhere)
    assert told(site) == ["public: `publish: release`: the output is a symbolic link that leads elsewhere"]
    (site / "public").unlink()
    (site / "public.releases").symlink_to(elsewhere)
    what = "`publish: release`: no folder, but something else stands where the releases should lie"
    assert told(site) == [f"public.releases: {what}"]
    assert list(elsewhere.iterdir()) == []
    (site / "public.releases").unlink()
    (site / "public").symlink_to(elsewhere)
    write_site(site, {"site.yaml": settings("files")})
    assert told(site) == []
    assert (elsewhere / "index.html").is_file()
    assert (site / "public").is_symlink()


def test_a_link_that_was_turned_by_hand_or_lost_is_put_right(tmp_path: Path) -> None:
    site = site_at(tmp_path / "site", "release")
    change(site, "release")
    after = build_files(site, site / "public")
    old, new = releases(site)
    (site / "public").unlink()
    (site / "public").symlink_to(f"{site}/public.releases/{old}/")  # as one does it in a shell
    assert build_files(site, site / "public") == after
    assert old in releases(site)
    assert new not in releases(site)
    (site / "public").unlink()
    assert build_files(site, site / "public") == after
    shutil.rmtree(site / "public.releases")
    assert build_files(site, site / "public") == after
    shutil.copytree(site / "public", site / "copy")
    (site / "public").unlink()
    (site / "copy").rename(site / "public")  # the same files, and no link
    assert build_files(site, site / "public") == after
    assert (site / "public").is_symlink()


def test_releases_lie_beside_the_output_wherever_that_is_and_never_in_the_tools_own_folder(tmp_path: Path) -> None:
    site = write_site(tmp_path / "site", {**SITE, "site.yaml": settings("release")})
    (tmp_path / "way").symlink_to(tmp_path)
    build_files(site, tmp_path / "way/www/html")
    assert (tmp_path / "www/html").is_symlink()
    assert (tmp_path / "www/html.releases").is_dir()
    build_files(site, site / ".labo/preview")
    assert not (site / ".labo/preview").is_symlink()
    assert check(site, now=NOW) == []
    assert sorted(path.name for path in site.iterdir()) == [".labo", "content", "site.yaml"]


@pytest.mark.parametrize("way", ["files", "release"])
def test_what_is_ours_is_known_again_when_all_that_was_kept_is_gone(tmp_path: Path, way: str) -> None:
    site = site_at(tmp_path / "site", way)
    before = read_tree(site / "public")
    shutil.rmtree(site / ".labo")
    assert build_files(site, site / "public") == before
    assert way == "files" or len(releases(site)) == 1
    change(site, way)
    assert build_files(site, site / "public") == build_files(site, tmp_path / "afresh")


@pytest.mark.parametrize("way", ["files", "release"])
def test_a_full_disk_leaves_the_old_site(tmp_path: Path, way: str) -> None:
    site = site_at(tmp_path / "site", way)
    before = read_tree(site / "public")
    change(site, way)
    (site / "content/a/long.bin").write_bytes(bytes(1_000_000))

    def run() -> None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (600_000, 600_000))
        report = build(site, site / "public", now=NOW, drafts=False)
        (tmp_path / "log").write_text("\n".join(map(str, report.problems)) + f"\n{report.partial}")

    assert apart(run) == 0
    log = (tmp_path / "log").read_text(encoding="utf-8")
    assert f"{site}/public/a/long.bin: it cannot be written: file too large\n" in log
    assert log.endswith("False")
    assert read_tree(site / "public") == before
    assert way == "files" or len(releases(site)) == 1
    assert told(site) == []


@pytest.mark.skipif(os.geteuid() == 0, reason="the system lets root write everywhere")
def test_a_closed_folder_is_told_before_anything_is_written(tmp_path: Path) -> None:
    site = site_at(tmp_path / "site")
    before = read_tree(site / "public")
    change(site)
    (site / "public/a").chmod(0o555)
    try:
        assert told(site) == ["public/a: nothing can be written into this folder"]
    finally:
        (site / "public/a").chmod(0o755)
    assert read_tree(site / "public") == before


@pytest.mark.skipif(not SHARED_MEMORY.is_dir(), reason="there is no other disk")
def test_an_output_on_another_disk(tmp_path: Path) -> None:
    site = write_site(tmp_path / "site", SITE)
    other = SHARED_MEMORY / f"labo-{os.getpid()}"
    other.mkdir()
    try:
        first = build_files(site, other / "www")
        for kill in range(4, 40, 9):
            write_site(site, {"site.yaml": settings("files").replace("Essai", f"Essai {kill}")})
            steps(site, tmp_path / "log", output=other / "www", kill=kill)
            pages = [path for path in (other / "www").rglob("*.html") if not files.is_draft(path.name)]
            assert [path for path in pages if not path.read_bytes().endswith(b"</html>")] == []
        write_site(site, {"site.yaml": settings("release")})
        assert build_files(site, other / "www") == first
    finally:
        shutil.rmtree(other)


def test_nothing_is_removed_through_a_link_nor_because_of_its_name(tmp_path: Path) -> None:
    site = site_at(tmp_path / "site")
    write_site(site, {"content/b/z.md": article("Z")})
    build_files(site, site / "public")
    (site / "public/b").rename(tmp_path / "elsewhere")
    (site / "public/b").symlink_to(tmp_path / "elsewhere")
    (site / "public/.labo-notes").write_text("mine")
    before = read_tree(tmp_path / "elsewhere")
    (site / "content/b/z.md").unlink()
    assert told(site) == []
    assert read_tree(tmp_path / "elsewhere") == before
    assert (site / "public/b").is_symlink()
    assert (site / "public/.labo-notes").read_text() == "mine"


@pytest.mark.parametrize("inside", ["an empty folder", "a link to a folder"])
def test_a_folder_that_would_not_go_is_told_before_anything_is_written(tmp_path: Path, inside: str) -> None:
    site = write_site(tmp_path / "site", {"content/d.pdf.md": article("D")})
    before = build_files(site, site / "public")
    if inside == "an empty folder":
        (site / "public/d.pdf/mine").mkdir()
    else:
        (site / "public/d.pdf/mine").symlink_to(tmp_path)
    (site / "content/d.pdf.md").unlink()
    write_site(site, {"content/d.pdf": "%PDF"})
    assert told(site) == ["public/d.pdf: a folder stands where a file of the site should"]
    assert read_tree(site / "public") == before


def test_those_who_share_the_work_of_a_build_that_is_killed_do_not_hold_up_the_next(tmp_path: Path) -> None:
    site = write_site(tmp_path / "site", {f"content/a/n{number}.md": article() for number in range(80)})
    code = (
        "import os, signal, time, labo_ssg.markup.body as markup; parent = os.getpid()\n"
        "def render(text):\n"
        "    if os.getpid() != parent:\n"
        "        os.kill(parent, signal.SIGKILL)\n"
        "        time.sleep(600)\n"
        "markup.render_body = render\n"
        f"from labo_ssg.cli.commands import main; main(['build', '--root', {str(site)!r}, '--jobs', '2'])"
    )
    done = subprocess.run([sys.executable, "-c", code], stderr=subprocess.DEVNULL, timeout=60)
    assert done.returncode == -signal.SIGKILL
    assert labo("build", "--root", site, "--jobs", 1).returncode == 0
