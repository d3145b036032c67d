"""A site in a folder of a larger repository: decided there, proposed there, checked there."""

from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest
from conftest import article, comment, labo, write_site
from depots import Depot
from forge_server import running
from forges import KINDS, ONCE, connected
from moderated import JEANNE, NOW
from repositories import git, identify

from labo_ssg.disk.library import read_site
from labo_ssg.forge.connect import connect
from labo_ssg.forge.proposal import Forge
from labo_ssg.formats import site_yaml
from labo_ssg.moderation import journal, queue
from labo_ssg.moderation.decisions import Verdict, decide
from labo_ssg.moderation.proposals import Proposals
from labo_ssg.moderation.proposed import TOGETHER, Proposed, branch_of, recorded
from labo_ssg.moderation.record import Record
from labo_ssg.moderation.reopening import Decided, reopen
from labo_ssg.pages import forges

ONE, TWO, THREE = "20260101T000000Z-aaaaaa", "20260101T000001Z-bbbbbb", "20260101T000002Z-cccccc"
FOLDER = "sites/www/"
SETTINGS = "title: Essai\nbase_url: https://essai.example\ninbox: {bot: Boîte <bot@essai.example>}\n"
BOT = "Boîte <bot@essai.example>"


def pending(name: str) -> str:
    return f"comments/pending/x/{name}.md"


def approved(name: str) -> str:
    return f"comments/approved/x/{name}.md"


@pytest.fixture(autouse=True)
def editor(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    identify(monkeypatch, tmp_path / "gitconfig")
    for name in ("LABO_FORGE", "LABO_FORGE_TOKEN", "GITHUB_TOKEN", "GH_TOKEN", "GITLAB_TOKEN", "FORGEJO_TOKEN"):
        monkeypatch.delenv(name, raising=False)


@pytest.fixture
def top(tmp_path: Path) -> Path:
    """The clone of a repository in which the site with three messages is a folder, and something else beside it."""
    top = tmp_path / "top"
    git(tmp_path, "init", "-q", "--bare", "remote.git")
    git(tmp_path, "clone", "-q", "remote.git", "top")
    waiting = {pending(name): comment("x") for name in (ONE, TWO, THREE)}
    write_site(top / FOLDER, {"site.yaml": SETTINGS, "content/a/x.md": article(), ".gitignore": "/.labo/\n", **waiting})
    (top / "comments/pending/x").mkdir(parents=True)  # of the same name as the site's, and none of its business
    (top / pending(ONE)).write_text("Beside it.\n", encoding="utf-8")
    git(top, "add", "-A")
    git(top, "commit", "-qm", "Start")
    git(top, "push", "-q", "-u", "origin", "HEAD:main")
    return top


def desk(root: Path, forge: Forge) -> Proposals:
    def nothing(path: str) -> None:
        raise LookupError(path)

    return Proposals(root, forge, read_site(root)[0], nothing)  # type: ignore[arg-type]


def held(top: Path, name: str = "HEAD") -> set[str]:
    return set(git(top, "ls-tree", "-r", "--name-only", name, "--", "comments", f"{FOLDER}comments").split())


def test_what_is_decided_there_is_committed_there(top: Path) -> None:
    root = top / FOLDER
    (top / "elsewhere.txt").write_text("somebody is at work\n", encoding="utf-8")
    git(top, "add", "elsewhere.txt")
    assert labo("comments", "approve", ONE, "--root", root, "--reply", "Merci.", "--push").returncode == 0
    assert labo("comments", "reject", TWO, "--root", root, "--reason", "Hors sujet").returncode == 0
    assert labo("comments", "erase", ONE, "--root", root).returncode == 0
    assert git(top, "status", "--porcelain") == "A  elsewhere.txt\n"
    assert {pending(ONE), FOLDER + pending(THREE), FOLDER + approved(ONE)} < held(top)
    assert len(held(top)) == 4  # the answer of the editors is the fourth
    log = labo("comments", "log", "--root", root).stdout.splitlines()
    assert sorted(line.split()[2:4] for line in log) == [["approved", ONE], ["erased", ONE], ["rejected", TWO]]
    assert git(top, "rev-list", "--count", "origin/main").strip() == "2"


def test_a_decision_there_is_taken_back(top: Path) -> None:
    root = top / FOLDER
    data = (root / pending(ONE)).read_bytes()
    [message] = [one for one in queue.waiting(root)[0] if one.id == ONE]
    [record] = decide(root, [Verdict(message, "approved")], JEANNE, NOW).done.records
    assert not reopen(root, [Decided(record, data)], JEANNE, NOW).problems
    assert (root / pending(ONE)).read_bytes() == data
    assert git(top, "status", "--porcelain") == ""
    assert held(top) == {pending(ONE), *(FOLDER + pending(name) for name in (ONE, TWO, THREE))}


def test_what_is_proposed_by_git_alone_lies_in_the_folder(top: Path, tmp_path: Path) -> None:
    root = top / FOLDER
    forge = connect(root, None, {})
    made = list(desk(root, forge).propose(queue.waiting(root)[0], "together", NOW))
    assert {one.comment for one in made if isinstance(one, Proposed)} == {ONE, TWO, THREE}
    assert forge.standing(TOGETHER).paths == tuple(FOLDER + approved(name) for name in (ONE, TWO, THREE))
    there = {FOLDER + approved(name) for name in (ONE, TWO, THREE)}
    assert held(top, f"refs/labo/{TOGETHER}") == {pending(ONE), *there}
    (root / pending(TWO)).unlink()  # its author has withdrawn it
    assert list(desk(root, forge).tidy(NOW)) == []
    git(tmp_path, "clone", "-q", "remote.git", "clone")
    git(tmp_path / "clone", "merge", "-q", "--squash", f"origin/{TOGETHER}")
    git(tmp_path / "clone", "commit", "-qm", "Squashed")
    git(tmp_path / "clone", "push", "-q", "origin", "HEAD:main", f":{TOGETHER}")
    settled = {one.comment for one in desk(root, forge).tidy(NOW) if isinstance(one, Record)}
    assert settled == {ONE, THREE}
    git(top, "checkout", "-q", "--", FOLDER)  # the inbox had not committed what was withdrawn
    git(top, "pull", "-q")
    assert list(desk(root, forge).tidy(NOW)) == []
    assert recorded(root) == {}
    assert held(top) == {pending(ONE), FOLDER + approved(ONE), FOLDER + approved(THREE)}
    assert {one.comment for one in journal.read(root, BOT) if one.decision == "approved"} == {ONE, THREE}


@pytest.fixture(params=KINDS)
def web(request: pytest.FixtureRequest) -> Iterator[tuple[Depot, Forge]]:
    """A forge on which the message TWO waits already, in the folder."""
    with ExitStack() as until:
        depot = Depot()
        depot.change("main", {"readme": b"x", FOLDER + pending(TWO): comment("x").encode()})
        server = until.enter_context(running(KINDS[request.param](depot)))
        yield depot, connected(server, ONCE)


@pytest.mark.parametrize("known", ["git", "settings"])
def test_on_a_forge_all_paths_begin_at_the_top_of_the_repository(
    web: tuple[Depot, Forge], top: Path, tmp_path: Path, known: str
) -> None:
    """git knows where the site lies; of a folder that is no clone, its settings say so."""
    depot, forge = web
    root = top / FOLDER
    if known == "settings":
        waiting = {pending(name): comment("x") for name in (ONE, TWO, THREE)}
        said = f"{SETTINGS}repository: {{url: https://github.com/asso/site, folder: /sites/www/}}\n"
        root = write_site(tmp_path / "alone", {"site.yaml": said, "content/a/x.md": article(), **waiting})
    list(desk(root, forge).propose([one for one in queue.waiting(root)[0] if one.id == ONE], "each", NOW))
    assert forge.standing(branch_of(ONE)).paths == (FOLDER + approved(ONE),)
    assert f"`{FOLDER}{approved(ONE)}`" in depot.open_pulls()[0].text
    depot.decide(depot.open_pulls()[0], "merge")
    [done] = desk(root, forge).tidy(NOW)
    assert isinstance(done, Record)
    assert done.decision == "approved"
    others = [one for one in queue.waiting(root)[0] if one.id != ONE]
    list(desk(root, forge).propose(others, "together", NOW))
    (root / pending(THREE)).unlink()
    list(desk(root, forge).tidy(NOW))
    depot.decide(depot.open_pulls()[0], "merge")
    assert depot.contents("main").keys() == {"readme", FOLDER + approved(ONE), FOLDER + approved(TWO)}


def test_messages_that_all_may_read_are_told_of(top: Path) -> None:
    git(top, "remote", "set-url", "origin", "https://github.com/asso/site.git")
    told = labo("check", "--root", top / FOLDER).stderr
    assert "3 messages that wait are tracked by git, and https://github.com/asso/site is taken to be public" in told


@pytest.mark.parametrize("folder", ["..", "a/../b", "a b", "."])
def test_a_folder_that_is_none_is_told(folder: str) -> None:
    said = f'{SETTINGS}repository: {{url: https://github.com/a/b, folder: "{folder}"}}\n'
    assert any("is no folder of a repository" in one.what for one in site_yaml.parse(said.encode(), "site.yaml")[2])


def test_a_new_file_begins_in_the_folder() -> None:
    said = f"{SETTINGS}repository: {{url: https://github.com/a/b, folder: sites/www}}\n"
    repository = site_yaml.parse(said.encode(), "site.yaml")[0].repository
    assert repository
    assert "filename=sites%2Fwww%2Fcomments%2Fx.md" in forges.new_file(repository, "comments/x.md", "")
