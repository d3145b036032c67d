"""Messages are committed as they come: each once, nothing else with them, whoever works in the folder."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from conftest import comment
from repositories import ZOE, identify
from repositories import git as run

from labo_ssg.forge import git
from labo_ssg.forge.git import Change
from labo_ssg.forge.running import GitFailed
from labo_ssg.inbox.outgoing.commit import CommitDelivery
from labo_ssg.inbox.outgoing.deliveries import Failed

BOT = "Labo SSG <inbox@labo.example>"
ALONE = """
import sys
from pathlib import Path
from labo_ssg.inbox.outgoing.commit import CommitDelivery
CommitDelivery(Path(sys.argv[1]), {bot!r}, push=False).deliver()
"""


@pytest.fixture(autouse=True)
def editor(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """What git knows of the editor, and nothing of this machine."""
    identify(monkeypatch, tmp_path / "gitconfig", ZOE)


def write(root: Path, path: str, text: str) -> None:
    (root / path).parent.mkdir(parents=True, exist_ok=True)
    (root / path).write_text(text, encoding="utf-8")


def put(root: Path, name: str, article: str = "x", author: str = "Jeanne") -> str:
    path = f"comments/pending/{article}/{name}.md"
    write(root, path, comment(article, author=author))
    return path


def subjects(root: Path, name: str = "HEAD") -> list[str]:
    return run(root, "log", "--format=%s", name).splitlines()


def last(root: Path) -> dict[str, str]:
    """Return what the last commit did, by path: A, M or D."""
    lines = run(root, "diff-tree", "-r", "--no-commit-id", "--name-status", "--root", "HEAD").splitlines()
    return {path: letter for letter, path in (line.split("\t") for line in lines)}


def status(root: Path) -> list[str]:
    return run(root, "status", "--porcelain", "-uall").splitlines()


@pytest.fixture
def site(tmp_path: Path) -> Path:
    root = tmp_path / "site"
    root.mkdir()
    run(root, "init", "-q")
    write(root, "content/a.md", "un\n")
    write(root, "content/b.md", "un\n")
    write(root, ".gitignore", "/.labo/\n")
    run(root, "add", ".")
    run(root, "commit", "-qm", "Start")
    return root


@pytest.fixture
def remote(site: Path, tmp_path: Path) -> Path:
    """A bare repository that `site` pushes to."""
    bare = tmp_path / "remote.git"
    run(tmp_path, "clone", "-q", "--bare", str(site), str(bare))
    run(site, "remote", "add", "origin", str(bare))
    run(site, "fetch", "-q")
    run(site, "branch", "-q", "--set-upstream-to=origin/main")
    return bare


@pytest.fixture
def other(remote: Path, tmp_path: Path) -> Path:
    """The clone of another editor."""
    run(tmp_path, "clone", "-q", str(remote), "other")
    return tmp_path / "other"


def deliver(root: Path, *, push: bool = False) -> None:
    CommitDelivery(root, BOT, push=push).deliver()


def elsewhere(other: Path, path: str, text: str) -> None:
    """Have the other editor write a file, and push it."""
    write(other, path, text)
    run(other, "add", ".")
    run(other, "commit", "-qm", f"Write {path}")
    run(other, "push", "-q")


def test_a_message_is_committed_by_the_bot(site: Path) -> None:
    path = put(site, "20210113T101500Z-7f3k9q", author='"Jeanne\\nComment: forged"')
    deliver(site)
    assert last(site) == {path: "A"}
    assert run(site, "log", "-1", "--format=%an <%ae>|%cn <%ce>").strip() == f"{BOT}|{BOT}"
    assert run(site, "log", "-1", "--format=%B").strip() == (
        "Receive a message of Jeanne Comment: forged on x\n\nComment: 20210113T101500Z-7f3k9q"
    )
    assert status(site) == []
    deliver(site)
    assert len(subjects(site)) == 2


def test_what_came_together_is_one_commit(site: Path) -> None:
    for number in range(120):
        put(site, f"m{number:03}", article=f"a{number % 7}")
    deliver(site)
    assert subjects(site) == ["Receive 120 messages", "Start"]
    assert len(run(site, "log", "-1", "--format=%(trailers:key=Comment,valueonly)").split()) == 100
    assert len(last(site)) == 120


def test_decided_messages_and_requests_are_committed(site: Path) -> None:
    gone, kept = put(site, "one"), put(site, "two")
    deliver(site)
    (site / gone).unlink()
    write(site, "comments/removals/x/zero.md", "---\narticle: x\ndate: 2021-01-13T10:00:00Z\n---\nPardon.\n")
    deliver(site)
    assert subjects(site)[0] == "Ask for a message on x to be removed, put a decided message away"
    assert last(site) == {gone: "D", "comments/removals/x/zero.md": "A"}
    assert (site / kept).is_file()
    assert status(site) == []


def test_what_an_editor_does_is_left_alone(site: Path) -> None:
    mine = put(site, "mine")
    deliver(site)
    write(site, "content/a.md", "indexé\n")
    run(site, "add", "content/a.md")
    write(site, "content/a.md", "indexé, puis changé\n")
    write(site, "content/b.md", "changé\n")
    write(site, "content/new.md", "neuf\n")
    write(site, "comments/approved/x/by-hand.md", "neuf\n")
    write(site, mine, "un mot corrigé\n")
    write(site, "comments/pending/x/.labo-0123456789ab", "à moitié écrit")
    before, staged = status(site), run(site, "diff", "--cached")
    path = put(site, "new")
    deliver(site)
    assert last(site) == {path: "A"}
    assert status(site) == before
    assert run(site, "diff", "--cached") == staged
    assert (site / "content/a.md").read_text(encoding="utf-8") == "indexé, puis changé\n"


def test_a_message_that_an_editor_moves_is_left_to_the_editor(site: Path) -> None:
    by_git, by_hand = put(site, "git"), put(site, "hand")
    deliver(site)
    (site / "comments/approved/x").mkdir(parents=True)
    run(site, "mv", by_git, "comments/approved/x/git.md")
    (site / by_hand).rename(site / "comments/approved/x/hand.md")
    deliver(site)
    assert len(subjects(site)) == 2, "no commit would be without these messages"
    run(site, "add", "comments/approved")
    run(site, "commit", "-qm", "Approve")
    deliver(site)
    assert last(site) == {by_hand: "D"}
    assert status(site) == []


def test_no_hook_and_no_signature_is_asked_for(site: Path) -> None:
    for hook in ("pre-commit", "commit-msg", "reference-transaction", "post-index-change"):
        write(site, f".git/hooks/{hook}", "#!/bin/sh\ntouch ../hooked hooked\nexit 1\n")
        (site / ".git/hooks" / hook).chmod(0o755)
    run(site, "config", "commit.gpgSign", "true")
    put(site, "one")
    deliver(site)
    assert len(subjects(site)) == 2
    assert not (site / "hooked").exists()


def test_a_site_in_a_folder_of_its_repository(site: Path) -> None:
    root = site / "web/le site"
    path = put(root, "one")
    assert git.uncommitted(root, ["comments"]) == [Change(path, "new")]
    put(site, "not-of-this-site")
    deliver(root)
    assert last(site) == {f"web/le site/{path}": "A"}
    assert status(site) == ["?? comments/pending/x/not-of-this-site.md"]


def test_a_repository_without_a_commit(tmp_path: Path) -> None:
    run(tmp_path, "init", "-q", "new")
    put(tmp_path / "new", "one")
    deliver(tmp_path / "new")
    assert subjects(tmp_path / "new") == ["Receive a message of Jeanne on x"]
    assert status(tmp_path / "new") == []


def test_no_commit_is_made_where_it_could_be_lost(site: Path, tmp_path: Path) -> None:
    put(site, "one")
    run(site, "switch", "-q", "--detach")
    with pytest.raises(Failed, match="no branch is checked out"):
        deliver(site)
    run(site, "switch", "-q", "main")
    (site / ".git/rebase-merge").mkdir()
    with pytest.raises(Failed, match="a rebase is under way"):
        deliver(site)
    (site / ".git/rebase-merge").rmdir()
    write(site, ".gitignore", "comments/pending/\n")
    with pytest.raises(Failed, match=r"comments/pending cannot be committed: \.gitignore"):
        deliver(site)
    with pytest.raises(Failed, match="no git repository"):
        deliver(tmp_path)


def test_an_editor_who_holds_the_index_is_waited_for(site: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    put(site, "one")
    lock = site / ".git/index.lock"
    lock.touch()
    monkeypatch.setattr(git, "PATIENCE", 0.1)
    with pytest.raises(Failed, match=r"index\.lock is there"):
        deliver(site)
    monkeypatch.undo()
    remover = subprocess.Popen(["sh", "-c", f"sleep 0.5; rm '{lock}'"])
    deliver(site)
    assert remover.wait() == 0
    assert len(subjects(site)) == 2


def test_what_was_cut_short_is_ended(site: Path) -> None:
    """A process that dies after the branch was moved leaves an index that knows nothing of it."""
    gone, index = put(site, "gone"), (site / ".git/index").read_bytes()
    put(site, "kept")
    deliver(site)
    (site / ".git/index").write_bytes(index)
    assert [one.kind for one in git.uncommitted(site, ["comments"])] == ["stale", "stale"]
    deliver(site)
    index = (site / ".git/index").read_bytes()
    (site / gone).unlink()
    deliver(site)
    (site / ".git/index").write_bytes(index)
    deliver(site)
    assert status(site) == []
    assert len(subjects(site)) == 3


def test_two_processes_commit_each_message_once(site: Path) -> None:
    for number in range(20):
        put(site, f"m{number}")
    running = [subprocess.Popen([sys.executable, "-c", ALONE.format(bot=BOT), str(site)]) for _ in range(2)]
    for number in range(20, 30):
        put(site, f"m{number}")
    assert [one.wait(60) for one in running] == [0, 0]
    deliver(site)
    assert_each_once(site, 30)


def test_a_process_that_is_killed_loses_nothing_and_the_next_goes_on(site: Path) -> None:
    for number in range(12):
        put(site, f"m{number}")
        running = subprocess.Popen([sys.executable, "-c", ALONE.format(bot=BOT), str(site)], start_new_session=True)
        time.sleep(0.15 + number * 0.03)
        os.kill(running.pid, signal.SIGKILL)
        running.wait()
    deliver(site)
    assert_each_once(site, 12)
    assert status(site) == []


def assert_each_once(site: Path, count: int) -> None:
    added = run(site, "log", "--format=", "--name-status", "comments").split("\n")
    assert sorted(filter(None, added)) == sorted(f"A\tcomments/pending/x/m{number}.md" for number in range(count))
    named = run(site, "log", "--format=%(trailers:key=Comment,valueonly)").split()
    assert sorted(named) == sorted(f"m{number}" for number in range(count))


def test_commits_are_pushed(site: Path, remote: Path) -> None:
    put(site, "one")
    deliver(site, push=True)
    assert subjects(remote, "main") == ["Receive a message of Jeanne on x", "Start"]
    deliver(site, push=True)


def test_a_remote_that_is_away_gets_all_later(site: Path, remote: Path) -> None:
    away = remote.rename(remote.with_name("away.git"))
    put(site, "one")
    with pytest.raises(Failed, match="git push"):
        deliver(site, push=True)
    put(site, "two")
    with pytest.raises(Failed, match="git push"):
        deliver(site, push=True)
    away.rename(remote)
    deliver(site, push=True)
    assert len(subjects(remote, "main")) == 3


def test_a_branch_without_upstream_says_what_to_do(site: Path) -> None:
    put(site, "one")
    with pytest.raises(Failed, match="--set-upstream origin main"):
        deliver(site, push=True)
    assert len(subjects(site)) == 2


def test_where_others_were_faster_the_messages_go_upon_theirs(site: Path, remote: Path, other: Path) -> None:
    elsewhere(other, "content/b.md", "d’un autre\n")
    write(site, "content/a.md", "indexé\n")
    run(site, "add", "content/a.md")
    write(site, "content/new.md", "neuf\n")
    before = status(site)
    put(site, "one")
    deliver(site, push=True)
    expected = ["Receive a message of Jeanne on x", "Write content/b.md", "Start"]
    assert subjects(remote, "main") == expected
    assert subjects(site) == expected
    assert status(site) == before
    assert (site / "content/b.md").read_text(encoding="utf-8") == "d’un autre\n"


def test_a_folder_that_cannot_follow_stays_and_its_messages_go_out(site: Path, remote: Path, other: Path) -> None:
    elsewhere(other, "content/b.md", "d’un autre\n")
    write(site, "content/b.md", "pas encore commis\n")
    for name in ("one", "two"):
        put(site, name)
        deliver(site, push=True)
    assert len(subjects(remote, "main")) == 4
    assert subjects(site)[0] == "Receive a message of Jeanne on x"
    assert (site / "content/b.md").read_text(encoding="utf-8") == "pas encore commis\n"
    assert status(site) == [" M content/b.md"]
    run(site, "checkout", "-q", "content/b.md")
    deliver(site, push=True)
    assert run(site, "rev-parse", "HEAD") == run(remote, "rev-parse", "main"), "it follows as soon as it can"
    assert status(site) == []


def test_an_editors_commits_are_not_rewritten(site: Path, remote: Path, other: Path) -> None:
    elsewhere(other, "content/b.md", "d’un autre\n")
    write(site, "content/a.md", "à moi\n")
    run(site, "commit", "-qam", "Mine")
    mine = run(site, "rev-parse", "HEAD").strip()
    put(site, "one")
    deliver(site, push=True)
    assert subjects(remote, "main") == ["Receive a message of Jeanne on x", "Write content/b.md", "Start"]
    assert run(site, "rev-parse", "HEAD^").strip() == mine
    run(site, "pull", "-q", "--rebase")
    run(site, "push", "-q")
    assert subjects(remote, "main")[0] == "Mine"
    assert len(subjects(remote, "main")) == 4


def test_a_message_that_was_approved_elsewhere_does_not_come_back(site: Path, remote: Path, other: Path) -> None:
    path = put(site, "one")
    deliver(site, push=True)
    run(other, "pull", "-q")
    (other / "comments/approved/x").mkdir(parents=True)
    run(other, "mv", path, "comments/approved/x/one.md")
    run(other, "commit", "-qm", "Approve")
    run(other, "push", "-q")
    put(site, "two")
    deliver(site, push=True)
    assert not (site / path).exists()
    assert (site / "comments/approved/x/one.md").is_file()
    assert status(site) == []
    assert run(site, "rev-parse", "HEAD") == run(remote, "rev-parse", "main")


def test_nor_does_one_that_was_approved_while_the_folder_could_not_follow(
    site: Path, remote: Path, other: Path
) -> None:
    elsewhere(other, "content/b.md", "d’un autre\n")
    write(site, "content/b.md", "pas encore commis\n")
    path = put(site, "one")
    deliver(site, push=True)
    run(other, "pull", "-q")
    (other / "comments/approved/x").mkdir(parents=True)
    run(other, "mv", path, "comments/approved/x/one.md")
    run(other, "commit", "-qm", "Approve")
    run(other, "push", "-q")
    put(site, "two")
    deliver(site, push=True)
    assert run(remote, "ls-tree", "-r", "--name-only", "main", "comments").split() == [
        "comments/approved/x/one.md",
        "comments/pending/x/two.md",
    ]
    run(site, "checkout", "-q", "content/b.md")
    deliver(site, push=True)
    assert not (site / path).exists()
    assert status(site) == []


def test_what_the_remote_refuses_is_told_in_its_words(site: Path, remote: Path) -> None:
    write(remote, "hooks/pre-receive", "#!/bin/sh\necho closed for the night >&2\nexit 1\n")
    (remote / "hooks/pre-receive").chmod(0o755)
    put(site, "one")
    with pytest.raises(Failed, match="closed for the night"):
        deliver(site, push=True)


def test_git_that_never_ends_is_ended(site: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("labo_ssg.forge.running.LOCAL", 0.3)
    run(site, "config", "alias.sleepy", "!sleep 60 && true")
    with pytest.raises(GitFailed, match="it has not ended"):
        git.run(site, "sleepy")
