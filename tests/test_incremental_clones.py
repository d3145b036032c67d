"""In a clone all times are new: git tells what changed, and only that is read again."""

import shutil
import subprocess
from pathlib import Path

import pytest
from conftest import NOW, article, comment, write_site
from small_site import change
from twins import assert_whole, told

from labo_ssg.build.build import Report, build
from labo_ssg.disk import committed, sources
from labo_ssg.disk.committed import Blobs
from labo_ssg.packing import digest_of_file


def built(site: Path, jobs: int = 1) -> Report:
    return build(site, site / "public", now=NOW, drafts=False, jobs=jobs)


@pytest.fixture
def many(tmp_path: Path) -> Path:
    """A site of many files, built and committed."""
    files: dict[str, str] = {f"content/a/n{number}.md": article(f"N{number}") for number in range(70)}
    files |= {f"comments/approved/n{number}/c.md": comment(f"n{number}") for number in range(10)}
    root = write_site(tmp_path / "many", {**files, ".gitignore": "/.labo\n/public\n"})
    for words in (["init", "-q"], ["add", "."], ["-c", "user.name=x", "-c", "user.email=x@x", "commit", "-qm", "x"]):
        subprocess.run(["git", *words], cwd=root, check=True)
    assert told(built(root), root) == []
    return root


def cloned(site: Path, *options: str) -> Path:
    """Return a clone of `site`, with what it was built into and its memory."""
    clone = site.parent / "clone"
    subprocess.run(["git", *options, "clone", "-q", site, clone], check=True)
    for name in (".labo", "public"):
        shutil.copytree(site / name, clone / name, symlinks=True)
    return clone


def reads(monkeypatch: pytest.MonkeyPatch, site: Path) -> list[str]:
    """Return the list of sources that will have been read to know them."""
    read: list[str] = []
    real = sources.read_digest

    def counted(root: Path, path: str) -> bytes:
        read.extend([path] if root == site else [])
        return real(root, path)

    monkeypatch.setattr(sources, "read_digest", counted)
    return read


@pytest.mark.parametrize("jobs", [1, 2])
def test_in_a_clone_only_what_changed_is_read(many: Path, monkeypatch: pytest.MonkeyPatch, jobs: int) -> None:
    clone = cloned(many)
    change(clone / "content/a/n1.md", title="Autre")
    read = reads(monkeypatch, clone)
    assert 0 < built(clone, jobs).written < 15
    assert read == ["content/a/n1.md"]
    assert assert_whole(clone).written == 0


def test_git_tells_what_lies_as_it_was_committed_whatever_it_is_called(many: Path) -> None:
    whole = committed.by_git(many)
    odd = [f"a\tb/x\nH 100644 {'0' * 40} 0\tc.md", "été/Œuvre d'un jour.md", "top.md"]
    for path in odd:
        (many / path).parent.mkdir(exist_ok=True)
        (many / path).write_text(path, encoding="utf-8")
    (many / "link").symlink_to("top.md")
    assert committed.by_git(many) == whole
    subprocess.run(["git", "add", "."], cwd=many, check=True)
    change(many / "content/a/n1.md", title="Autre")
    names = [f"n{number}.md" for number in sorted(range(70), key=str) if number != 1]
    expected = {**whole, "content/a": blobs(many, "content/a", names), "a\tb": blobs(many, "a\tb", [odd[0][4:]])}
    expected |= {"été": blobs(many, "été", [odd[1][4:]]), "": blobs(many, "", [".gitignore", "site.yaml", "top.md"])}
    assert committed.by_git(many) == expected
    assert committed.by_git(many.parent) == {}


def blobs(root: Path, folder: str, names: list[str]) -> Blobs:
    digests = [digest_of_file((root / folder / name).read_bytes()) for name in names]
    return Blobs("/".join(names), b"".join(digests))


def test_a_clone_with_other_line_ends_is_read_whole(many: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    clone = cloned(many, "-c", "core.autocrlf=true")
    assert b"\r\n" in (clone / "content/a/n1.md").read_bytes()
    read = reads(monkeypatch, clone)
    built(clone)
    assert len(read) >= 80
    assert_whole(clone)


@pytest.mark.parametrize("bit", ["--assume-unchanged", "--skip-worktree"])
def test_what_git_was_told_to_pass_over_is_read(many: Path, bit: str) -> None:
    clone = cloned(many)
    subprocess.run(["git", "update-index", bit, "content/a/n1.md"], cwd=clone, check=True)
    path = clone / "content/a/n1.md"
    path.write_bytes(path.read_bytes().replace(b"texte", b"texto"))
    assert_whole(clone)


def test_a_clone_of_a_folder_inside_a_repository(many: Path, tmp_path: Path) -> None:
    outer = tmp_path / "outer"
    shutil.copytree(many, outer / "site", symlinks=True, ignore=shutil.ignore_patterns(".git"))
    subprocess.run(["git", "init", "-q"], cwd=outer, check=True)
    subprocess.run(["git", "add", "."], cwd=outer, check=True)
    for path in (outer / "site/content").rglob("*.md"):
        path.touch()
    change(outer / "site/content/a/n2.md", title="Z2")
    assert_whole(outer / "site")
