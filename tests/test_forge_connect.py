"""Which forge a site has, where its API lies, and what token goes there."""

import subprocess
from pathlib import Path

import pytest
from forge_forgejo import Forgejo
from forge_gitlab import GitLab
from forge_server import NAME, TOKEN, running
from proposals import BRANCH, depot, proposal

from labo_ssg.forge.connect import connect
from labo_ssg.forge.course import Course
from labo_ssg.forge.plain import Plain
from labo_ssg.forge.proposal import ForgeFailed
from labo_ssg.model import Repository

KEY = {"LABO_FORGE_TOKEN": TOKEN}


def clone(root: Path, origin: str) -> Path:
    subprocess.run(["git", "init", "--quiet", str(root)], check=True, timeout=60)
    if origin:
        subprocess.run(["git", "-C", str(root), "config", "remote.origin.url", origin], check=True, timeout=60)
    return root


def found(root: Path, repository: Repository | None, environ: dict[str, str]) -> tuple[str, str, str]:
    """Return the driver, the base of its API, and the path of its repository there."""
    forge = connect(root, repository, environ)
    assert isinstance(forge, Course)
    remote = forge.remote
    return type(remote).__name__, str(remote._api._client.base_url).rstrip("/"), remote._home  # type: ignore[attr-defined]


HUB, SITE = "https://api.github.com", "/repos/asso/site"
BELOW = {**KEY, "LABO_FORGE": "gitlab", "LABO_FORGE_API": "https://git.asso.example/lab/api/v4"}
LOCAL = {"LABO_FORGE": "gitea", "LABO_REPOSITORY": "http://127.0.0.1:3000/asso/site", "GITEA_TOKEN": "x"}
BELOW_GIT = "http://127.0.0.1:3000/git/api/v1"
SHORT = {**KEY, "LABO_FORGE": "forgejo", "LABO_REPOSITORY": "asso/site", "LABO_FORGE_API": "http://127.0.0.1:3000"}


@pytest.mark.parametrize(
    ("origin", "environ", "driver", "base", "home"),
    [
        ("https://github.com/asso/site.git", KEY, "GitHub", HUB, SITE),
        ("git@github.com:asso/site.git", KEY, "GitHub", HUB, SITE),
        ("https://github.com/asso/site", {"GH_TOKEN": "x"}, "GitHub", HUB, SITE),
        ("https://github.asso.example/asso/site", KEY, "GitHub", "https://github.asso.example/api/v3", SITE),
        ("", {**KEY, "LABO_FORGE": "github", "LABO_REPOSITORY": "asso/site"}, "GitHub", HUB, SITE),
        ("ssh://git@codeberg.org:22/asso/site", KEY, "Forgejo", "https://codeberg.org/api/v1", SITE),
        ("https://gitea.asso.example/git/asso/site", KEY, "Forgejo", "https://gitea.asso.example/git/api/v1", SITE),
        ("https://github.com/other/thing", LOCAL, "Forgejo", "http://127.0.0.1:3000/api/v1", SITE),
        ("http://127.0.0.1:3000/asso/site.git", {"GITEA_TOKEN": "x"}, "Forgejo", "http://127.0.0.1:3000/api/v1", SITE),
        ("", SHORT, "Forgejo", "http://127.0.0.1:3000/api/v1", SITE),
        ("", {**SHORT, "LABO_FORGE": "gitea"}, "Forgejo", "http://127.0.0.1:3000/api/v1", SITE),
        ("", {**SHORT, "LABO_FORGE_API": "http://127.0.0.1:3000/git/api/v1/"}, "Forgejo", BELOW_GIT, SITE),
        ("http://bot:x@127.0.0.1:3000/git/asso/site.git/", {"GITEA_TOKEN": "x"}, "Forgejo", BELOW_GIT, SITE),
        ("http://[::1]:3000/asso/site", {"GITEA_TOKEN": "x"}, "Forgejo", "http://[::1]:3000/api/v1", SITE),
        (
            "https://x:y@framagit.org/a/b/site.git",
            KEY,
            "GitLab",
            "https://framagit.org/api/v4",
            "/projects/a%2Fb%2Fsite",
        ),
        ("https://gitlab.x.example:8443/a/b", KEY, "GitLab", "https://gitlab.x.example:8443/api/v4", "/projects/a%2Fb"),
        ("https://git.asso.example/lab/a/b", BELOW, "GitLab", "https://git.asso.example/lab/api/v4", "/projects/a%2Fb"),
    ],
)
def test_the_address_tells_the_forge(
    tmp_path: Path, origin: str, environ: dict[str, str], driver: str, base: str, home: str
) -> None:
    assert found(clone(tmp_path, origin), None, environ) == (driver, base, home)


def test_the_settings_go_before_the_remote_and_the_environment_before_both(tmp_path: Path) -> None:
    root = clone(tmp_path, "https://github.com/other/thing")
    settings = Repository("https://git.asso.example/asso/site", "publie", "forgejo")
    assert found(root, settings, KEY) == ("Forgejo", "https://git.asso.example/api/v1", "/repos/asso/site")
    told = {**KEY, "LABO_REPOSITORY": "https://gitlab.com/asso/autre"}
    assert found(root, settings, told) == ("GitLab", "https://gitlab.com/api/v4", "/projects/asso%2Fautre")


def test_the_branch_of_the_settings_is_the_main_one(tmp_path: Path) -> None:
    with running(Forgejo(depot("un"))) as forge:
        forge.depot.branches["publie"] = forge.depot.branches.pop("main")
        site = connect(tmp_path, Repository(f"{forge.url}/{NAME}", "publie", "forgejo"), KEY)
        with pytest.raises(ForgeFailed, match="there is no branch main"):
            connect(tmp_path, Repository(f"{forge.url}/{NAME}", "main", "forgejo"), KEY).holds(["x"])
        assert site.holds(["content/ptce.md"]) == {"content/ptce.md"}


@pytest.mark.parametrize("clones", [True, False], ids=["cloned", "pushed"])
@pytest.mark.parametrize("branch", ["main", "master", "trunk"])
def test_the_main_branch_is_the_one_that_was_cloned_or_pushed(tmp_path: Path, branch: str, clones: bool) -> None:
    def git(*words: str, folder: Path = tmp_path / "site") -> None:
        subprocess.run(["git", "-C", str(folder), *words], check=True, timeout=60, capture_output=True)

    bare, environ = tmp_path / "bare.git", {**KEY, "LABO_FORGE": "gitea", "LABO_REPOSITORY": "http://127.0.0.1:9/a/b"}
    subprocess.run(
        ["git", "init", "--quiet", "--bare", f"--initial-branch={branch}", str(bare)], check=True, timeout=60
    )
    subprocess.run(
        ["git", "init", "--quiet", f"--initial-branch={branch}", str(tmp_path / "site")], check=True, timeout=60
    )
    who = ("-c", "user.name=X", "-c", "user.email=x@asso.example")
    git(*who, "commit", "--quiet", "--allow-empty", "--message=First")
    git("remote", "add", "origin", str(bare))
    git("push", "--quiet", "origin", branch)
    if clones:
        git("clone", "--quiet", str(bare), str(tmp_path / "clone"), folder=tmp_path)
    root = tmp_path / ("clone" if clones else "site")
    git("checkout", "--quiet", "-b", "being-written", folder=root)
    forge = connect(root, None, environ)
    assert isinstance(forge, Course)
    expected = branch if clones or branch != "trunk" else "main"  # what was pushed alone says nothing of a rare name
    assert forge.remote._main == expected  # type: ignore[attr-defined]


def test_plain_http_on_this_machine_serves(tmp_path: Path) -> None:
    with running(GitLab(depot("un"))) as forge:
        site = connect(tmp_path, Repository(f"{forge.url}/{NAME}", "main", "gitlab"), {"GITLAB_TOKEN": f"{TOKEN}\n"})
        assert site.propose(proposal("un")).state == "open"
        assert BRANCH in forge.depot.branches


@pytest.mark.parametrize(
    ("origin", "environ", "words", "hint"),
    [
        ("", {}, "there is no token for the forge", "LABO_FORGE_TOKEN"),
        ("https://github.com/a/b", {"LABO_FORGE": "github"}, "there is no token", "GITHUB_TOKEN, GH_TOKEN"),
        ("https://git.asso.example/a/b", KEY, "does not tell which forge it is", "set LABO_FORGE"),
        ("/srv/site.git", {**KEY, "LABO_FORGE": "github"}, "is not the address of a repository", "LABO_REPOSITORY"),
        ("", {**KEY, "LABO_FORGE": "gitea", "LABO_REPOSITORY": "a/b"}, "`a/b` is not the address", "https://host/"),
        ("", {"GITEA_TOKEN": "x", "LABO_REPOSITORY": "a/b"}, "`a/b` is not the address", "https://host/"),
        ("https://github.com/a", KEY, "`a` names no repository", "organisation/site"),
        ("", {**KEY, "LABO_FORGE": "svn"}, "LABO_FORGE is `svn`", "github, gitlab, forgejo, gitea or git"),
    ],
)
def test_what_cannot_be_told_is_said(
    tmp_path: Path, origin: str, environ: dict[str, str], words: str, hint: str
) -> None:
    with pytest.raises(ForgeFailed, match=words) as failed:
        connect(clone(tmp_path, origin), None, environ)
    assert hint in failed.value.hint


def test_the_password_of_an_address_is_not_shown(tmp_path: Path) -> None:
    root = clone(tmp_path, "https://bot:s3cr3t@git.asso.example/a/b")
    with pytest.raises(ForgeFailed, match=r"the address https://git\.asso\.example/a/b does not tell"):
        connect(root, None, KEY)


def test_a_token_of_another_forge_goes_nowhere(tmp_path: Path) -> None:
    for origin in ("https://codeberg.org/asso/site", "https://git.asso.example/asso/site"):
        assert isinstance(connect(clone(tmp_path, origin), None, {"GITHUB_TOKEN": TOKEN}), Plain)
