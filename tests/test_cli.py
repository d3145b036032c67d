"""The command line, run as a user runs it."""

import json
import os
import time
from pathlib import Path

import pytest
from conftest import ROOT, article, comment, labo, share_compiled, write_site


def test_a_new_site_builds_at_once(tmp_path: Path) -> None:
    for language in ("fr", "en"):
        made = labo("new", "--language", language, tmp_path / language)
        assert made.returncode == 0
        share_compiled(tmp_path / language)
        assert labo("check", cwd=tmp_path / language).returncode == 0
        done = labo("build", cwd=tmp_path / language)
        assert done.returncode == 0, done.stderr
        assert (tmp_path / language / "public/index.html").is_file()
        for name in ("content", "comments/pending", "comments/approved", "templates", "site.yaml"):
            assert (tmp_path / language / name).exists()


def test_a_new_site_never_overwrites_a_folder(tmp_path: Path) -> None:
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine/file").write_text("precious")
    done = labo("new", tmp_path / "mine")
    assert done.returncode == 2
    assert "hint:" in done.stderr
    assert [path.name for path in (tmp_path / "mine").iterdir()] == ["file"]


def test_a_new_site_may_start_in_a_fresh_git_repository(tmp_path: Path) -> None:
    (tmp_path / ".git").mkdir()
    assert labo("new", ".", cwd=tmp_path).returncode == 0
    assert labo("new", "/proc/x/y").returncode == 2


def test_build_prints_data_to_stdout_and_talk_to_stderr(tmp_path: Path) -> None:
    site = write_site(tmp_path / "site", {"content/a/x.md": article(), "comments/approved/x/1.md": comment("x")})
    done = labo("build", "--root", site)
    assert done.stdout.strip() == str(site / "public/index.html")
    assert "1 article, 1 comment;" in done.stderr
    done = labo("build", "--root", site, "--json")
    report = json.loads(done.stdout)
    assert {"pages", "articles", "comments", "written", "removed", "seconds"} <= report.keys()
    assert (report["articles"], report["comments"], report["written"]) == (1, 1, 0)


FORMATS = {
    "text": "content/a/x.md:4: unknown key `titel`\n  hint: did you mean `title`?\n1 problem\n",
    "github": "::error file=content/a/x.md,line=4::unknown key `titel` (did you mean `title`?)\n",
}


@pytest.mark.parametrize("form", FORMATS)
def test_check_speaks_the_language_of_people_and_of_forges(tmp_path: Path, form: str) -> None:
    site = write_site(tmp_path / "site", {"content/a/x.md": article(titel="x")})
    done = labo("check", "--root", site, "--format", form)
    assert done.returncode == 1
    assert (done.stderr if form == "text" else done.stdout) == FORMATS[form]


@pytest.mark.parametrize("form", ["json", "gitlab"])
def test_check_gives_machines_json(tmp_path: Path, form: str) -> None:
    site = write_site(tmp_path / "site", {"content/a/x.md": article(titel="x")})
    done = labo("check", "--root", site, "--format", form)
    [problem] = json.loads(done.stdout)
    if form == "gitlab":
        assert problem["location"] == {"path": "content/a/x.md", "lines": {"begin": 4}}
        assert len(problem["fingerprint"]) == 64
    else:
        assert problem == {
            "path": "content/a/x.md",
            "line": 4,
            "what": "unknown key `titel`",
            "hint": "did you mean `title`?",
        }


def test_check_of_the_demo_finds_nothing() -> None:
    done = labo("check", "--root", ROOT)
    said = [
        line for line in done.stderr.splitlines() if not line.startswith(("note: ", "  hint: "))
    ]  # of a clone's remote
    assert (done.returncode, done.stdout, said) == (0, "", ["no problem"])


def test_render_shows_a_text_as_the_site_will(tmp_path: Path) -> None:
    site = write_site(
        tmp_path / "site",
        {
            "content/a/x.md": article(body="Un *texte* : [y](y.md)"),
            "content/a/y.md": article("Y"),
            "comments/pending/x/1.md": comment("x", body="{{Oui}} !"),
        },
    )
    typed = labo("render", "-", cwd=site, typed="{{Gras}} <script>alert(1)</script>")
    assert "<strong>Gras</strong>" in typed.stdout
    assert "<script" not in typed.stdout
    assert '<em>texte</em>\u00a0: <a href="/a/y/">y</a>' in labo("render", "content/a/x.md", cwd=site).stdout
    assert "<strong>Oui</strong>\u00a0!" in labo("render", "comments/pending/x/1.md", cwd=site).stdout
    assert "<em>oui</em>" in labo("render", "--as", "markdown", "-", cwd=site, typed="*oui*").stdout


@pytest.mark.parametrize(
    "words",
    [["bulid"], ["build", "--nonsense"], ["build", "--root", "/nonexistent"], ["render", "nowhere.md"], ["new"]],
)
def test_misuse_ends_with_2_and_no_traceback(tmp_path: Path, words: list[str]) -> None:
    done = labo(*words, cwd=tmp_path)
    assert done.returncode == 2
    assert "Traceback" not in done.stderr
    assert done.stderr


def test_a_folder_that_is_no_site_is_told(tmp_path: Path) -> None:
    done = labo("build", cwd=tmp_path)
    assert done.returncode == 1
    assert "there is no site.yaml" in done.stderr
    assert "labo new" in done.stderr
    assert list(tmp_path.iterdir()) == []


def test_to_ask_why_of_a_folder_that_is_no_site_is_told(tmp_path: Path) -> None:
    done = labo("build", "--why", "/", cwd=tmp_path)
    assert (done.returncode, "there is no site.yaml" in done.stderr) == (1, True)
    assert list(tmp_path.iterdir()) == []


def test_why_tells_of_a_page_that_is_new_as_it_is_and_changed(tmp_path: Path) -> None:
    site = write_site(tmp_path, {"content/a/x.md": article(body="Un.")})
    asked = ("build", "--root", site, "--why", "/a/x/")
    assert labo(*asked).stdout == "a/x/index.html would be written: it is new\n"
    assert labo("build", "--root", site).returncode == 0
    assert labo(*asked).stdout.startswith("a/x/index.html is as it should be")
    (site / "content/a/x.md").write_text(article(body="Deux."), encoding="utf-8")
    said = labo(*asked).stdout
    assert said.startswith("a/x/index.html would be made again: the text or the lead of its article")
    (site / "public/a/x/index.html").unlink()
    (site / "content/a/x.md").write_text(article(body="Un."), encoding="utf-8")
    assert "would be written again: its file is gone" in labo(*asked).stdout
    nowhere = labo("build", "--root", site, "--why", "/b/")
    assert (nowhere.returncode, "no page at /b/" in nowhere.stderr) == (2, True)


def test_a_site_is_verified_and_a_file_that_is_not_as_it_should_be_is_told(tmp_path: Path) -> None:
    site = write_site(tmp_path, {"content/a/x.md": article(body="Un.")})
    assert "byte for byte" in labo("build", "--root", site, "--verify").stderr
    time.sleep(0.1)  # a file that was written a moment ago is read again
    labo("build", "--root", site)
    page = site / "public/a/x/index.html"
    times = page.stat()
    page.write_bytes(page.read_bytes().replace(b"Un.", b"Nu."))
    os.utime(page, ns=(times.st_atime_ns, times.st_mtime_ns))  # what a look at it does not show
    done = labo("build", "--root", site, "--verify")
    assert (done.returncode, f"{page}:" in done.stderr) == (1, True)
    assert "where a full build has `Un." in done.stderr
