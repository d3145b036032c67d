"""`labo check` warns of messages that nobody has approved, in a repository that all may read."""

from pathlib import Path

import pytest
from conftest import article, comment, labo, write_site
from repositories import git

from labo_ssg.formats import repository

SETTINGS = "title: Essai\nbase_url: https://essai.example\n"
GITHUB = "git@github.com:labo/site.git"


def site_of(tmp_path: Path, remote: str = GITHUB, settings: str = "", *, ignored: bool = False) -> Path:
    """Make a site in git, with a message that waits, and a remote."""
    root = write_site(
        tmp_path / "site",
        {
            "site.yaml": SETTINGS + settings,
            "content/a/x.md": article(),
            "comments/pending/.gitkeep": "",
            "comments/pending/x/one.md": comment("x"),
            ".gitignore": "/comments/pending/*/\n" if ignored else "",
        },
    )
    git(root, "init", "-q", "-b", "main")
    git(root, "add", ".")
    if remote:
        git(root, "remote", "add", "origin", remote)
    return root


def test_messages_that_all_may_read_are_a_note_and_no_problem(tmp_path: Path) -> None:
    done = labo("check", "--root", site_of(tmp_path))
    assert (done.returncode, done.stdout) == (0, "")
    note, hint, end = done.stderr.splitlines()
    assert note == (
        "note: comments/pending/x/one.md:1: 1 message that waits is tracked by git, and https://github.com/labo/site "
        "is taken to be public: all may read them before you decide"
    )
    assert "docs/inbox.md" in hint
    assert "`repository: {url: https://github.com/labo/site, private: true}`" in hint
    assert end == "no problem"


def test_github_is_given_a_warning(tmp_path: Path) -> None:
    done = labo("check", "--root", site_of(tmp_path), "--format", "github")
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.startswith("::warning file=comments/pending/x/one.md,line=1::1 message that waits is tracked")
    assert done.stdout.count("\n") == 1


@pytest.mark.parametrize("form", ["gitlab", "json"])
def test_machines_are_given_problems_alone(tmp_path: Path, form: str) -> None:
    done = labo("check", "--root", site_of(tmp_path), "--format", form)
    assert (done.returncode, done.stdout) == (0, "[]\n")
    assert done.stderr.startswith("note: comments/pending/x/one.md:1: ")


def test_what_the_hint_says_ends_the_note(tmp_path: Path) -> None:
    root = site_of(tmp_path, settings="repository: {url: https://github.com/labo/site, private: true}\n")
    assert labo("check", "--root", root).stderr == "no problem\n"


def test_problems_are_told_beside_the_note(tmp_path: Path) -> None:
    root = site_of(tmp_path)
    (root / "content/a/x.md").write_text(article(titel="x"))
    done = labo("check", "--root", root)
    assert done.returncode == 1
    assert "note: comments/pending/x/one.md" in done.stderr
    assert "unknown key `titel`" in done.stderr


WELL = {
    "a remote on this machine": {"remote": "/srv/git/site.git"},
    "a remote whose host says nothing": {"remote": "git@git.example.org:labo/site.git"},
    "no remote": {"remote": ""},
    "messages that git passes over": {"ignored": True},
}


@pytest.mark.parametrize("case", WELL)
def test_nothing_is_said_where_nothing_is_known_to_be_shown(tmp_path: Path, case: str) -> None:
    assert labo("check", "--root", site_of(tmp_path, **WELL[case])).stderr == "no problem\n"  # type: ignore[arg-type]


def test_a_site_outside_of_git_is_told_nothing(tmp_path: Path) -> None:
    root = write_site(tmp_path / "site", {"content/a/x.md": article(), "comments/pending/x/one.md": comment("x")})
    assert labo("check", "--root", root).stderr == "no problem\n"


def test_the_repository_that_the_settings_name_is_one(tmp_path: Path) -> None:
    settings = "repository: {url: https://git.example.org/labo/site, forge: forgejo}\n"
    for remote in ("", "git@git.example.org:labo/site.git"):
        root = site_of(tmp_path / str(len(remote)), remote=remote, settings=settings)
        assert "https://git.example.org/labo/site is taken to be public" in labo("check", "--root", root).stderr


REMOTES = {
    "git@github.com:labo/site.git": "https://github.com/labo/site",
    "github.com:labo/site": "https://github.com/labo/site",
    "ssh://git@codeberg.org:22/labo/site.git": "https://codeberg.org/labo/site",
    "https://token:secret@gitlab.com/labo/groupe/site.git/": "https://gitlab.com/labo/groupe/site",
    "/srv/git/site.git": "",
    "../site": "",
    "file:///srv/git/site.git": "",
    "C:/site": "",
}


@pytest.mark.parametrize("remote", REMOTES)
def test_a_remote_is_known_by_its_page(remote: str) -> None:
    assert repository.page(remote) == REMOTES[remote]
