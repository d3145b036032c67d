"""A large site, which copies of the process look at: its builds are those of any site."""

from pathlib import Path

import pytest
from conftest import NOW, article, comment, read_tree, write_site

from labo_ssg.build.build import build
from labo_ssg.disk import scan


def test_a_large_site_is_built_as_a_small_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(scan, "WORTH", 1)
    root, output = tmp_path / "site", tmp_path / "public"
    texts = {f"content/s{number}/a{number}.md": article(f"Titre {number}") for number in range(4)}
    talks = {f"comments/approved/a{number}/c{number}.md": comment(f"a{number}") for number in range(3)}
    write_site(root, texts | talks)
    assert build(root, output, now=NOW, drafts=False, jobs=2).written
    assert not build(root, output, now=NOW, drafts=False, jobs=2).written
    (root / "comments/approved/a1/new.md").write_text(comment("a1", "Aïcha", hour=12), encoding="utf-8")
    (root / "content/s2/a2.md").write_text(article("Un autre titre"), encoding="utf-8")
    (root / "content/s3/a3.md").unlink()
    (output / "s0/a0/index.html").unlink()
    report = build(root, output, now=NOW, drafts=False, jobs=2)
    assert (report.problems, report.articles, report.comments) == ((), 3, 4)
    build(root, tmp_path / "whole", now=NOW, drafts=False, remembers=False)
    assert read_tree(output) == read_tree(tmp_path / "whole")
