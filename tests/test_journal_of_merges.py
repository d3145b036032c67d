"""However a pull request was merged, the journal tells who has approved which message, and nothing that was not."""

import subprocess
import time
from pathlib import Path

import pytest
from conftest import article, comment, labo, write_site
from repositories import ZOE, git, identify
from test_proposals import NOW, ONE, SETTINGS, THREE, TWO, approved, pending

from labo_ssg.disk.library import read_site
from labo_ssg.forge.connect import connect
from labo_ssg.moderation import journal, queue
from labo_ssg.moderation.proposals import Proposals
from labo_ssg.moderation.proposed import TOGETHER, recorded

BOT = "Boîte <bot@essai.example>"
JEANNE = ("-c", "user.name=Jeanne", "-c", "user.email=jeanne@essai.example")
SIGNED = "Jeanne <jeanne@essai.example>"
FOUR = "20260101T000003Z-dddddd"

GITHUB = """2 messages attendent une décision (#1)

* Approve 2 messages

Decision: approved
Comment: {ONE}
Article: x
Decision: approved
Comment: {TWO}
Article: x

* Delete a file

* Approve 3 messages

Decision: approved
Comment: {ONE}
Article: x
Decision: approved
Comment: {TWO}
Article: x
Decision: approved
Comment: {THREE}
Article: x

Co-authored-by: Jeanne <jeanne@essai.example>
"""


@pytest.fixture(autouse=True)
def editor(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    identify(monkeypatch, tmp_path / "gitconfig", ZOE)


class Team:
    """A bare repository, the clone of the inbox, which proposes, and that of Jeanne, who merges."""

    def __init__(self, folder: Path, *, tracked: bool) -> None:
        self.inbox, self.jeanne = folder / "inbox", folder / "jeanne"
        git(folder, "init", "-q", "--bare", "remote.git")
        git(folder, "clone", "-q", "remote.git", "inbox")
        passed_over = "/.labo/\n" if tracked else "/.labo/\n/comments/pending/\n"
        old = {approved("old"): comment("x").replace("author:", "code: sha256:1\nauthor:")}
        write_site(self.inbox, {"site.yaml": SETTINGS, "content/a/x.md": article(), ".gitignore": passed_over, **old})
        for name in (ONE, TWO, THREE) if tracked else ():
            self.put(name)
        self._commit(self.inbox, "Start")
        git(self.inbox, "push", "-q", "-u", "origin", "HEAD:main")
        git(folder, "clone", "-q", "remote.git", "jeanne")

    def put(self, name: str) -> None:
        path = self.inbox / pending(name)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(comment("x").replace("author:", f"code: sha256:{name}\nauthor:"), encoding="utf-8")

    def _commit(self, root: Path, subject: str) -> None:
        git(root, "add", "-A")
        git(root, "commit", "-qm", subject)

    def propose(self, *names: str) -> None:
        def nothing(path: str) -> None:
            raise LookupError(path)

        forge, site = connect(self.inbox, None, {}), read_site(self.inbox)[0]
        desk = Proposals(self.inbox, forge, site, nothing)  # type: ignore[arg-type]
        waiting = [one for one in queue.waiting(self.inbox)[0] if one.id in names]
        list(desk.propose(waiting, "together", NOW))
        assert recorded(self.inbox).keys() >= set(names)

    def remove(self, name: str) -> None:
        """Take a file off the branch, as one who refuses it alone."""
        git(self.jeanne, "fetch", "-q")
        git(self.jeanne, "checkout", "-q", TOGETHER)
        (self.jeanne / approved(name)).unlink()
        git(self.jeanne, *JEANNE, "commit", "-qam", "Delete a file")
        git(self.jeanne, "push", "-q")
        git(self.jeanne, "checkout", "-q", "main")

    def merge(self, how: str) -> None:
        git(self.jeanne, "fetch", "-q")
        branch = f"origin/{TOGETHER}"
        if how == "merge":
            git(self.jeanne, *JEANNE, "merge", "-q", "--no-ff", "-m", "Merge pull request #1", branch)
        elif how == "fast-forward":
            git(self.jeanne, "merge", "-q", "--ff-only", branch)
        elif how == "rebase":
            git(self.jeanne, *JEANNE, "commit", "-q", "--allow-empty", "-m", "Something else meanwhile")
            git(self.jeanne, *JEANNE, "cherry-pick", f"main..{branch}")
        else:
            git(self.jeanne, "merge", "-q", "--squash", branch)
            text = GITHUB.format(ONE=ONE, TWO=TWO, THREE=THREE) if how == "squash, all words" else "Two messages (#1)\n"
            git(self.jeanne, *JEANNE, "commit", "-q", "-m", text)
        git(self.jeanne, "push", "-q", "origin", "HEAD:main", f":{TOGETHER}")

    def journal(self) -> list[tuple[str, str, str]]:
        git(self.jeanne, "pull", "-q")
        return [(one.comment, one.decision, one.moderator) for one in journal.read(self.jeanne, BOT)]


HOW = ["merge", "squash, all words", "squash, a title", "rebase", "fast-forward"]


@pytest.mark.parametrize("tracked", [True, False], ids=["pending in git", "pending elsewhere"])
@pytest.mark.parametrize("how", HOW)
def test_each_message_that_was_approved_has_its_line(tmp_path: Path, how: str, tracked: bool) -> None:
    team = Team(tmp_path, tracked=tracked)
    for name in () if tracked else (ONE, TWO, THREE):
        team.put(name)
    team.propose(ONE, TWO)
    if how not in ("rebase", "fast-forward"):  # there, what was on main for a moment was approved
        team.remove(TWO)
    team.propose(THREE)
    team.merge(how)
    by = BOT if how == "fast-forward" else SIGNED  # nobody else has signed anything
    names = [ONE, THREE] if how not in ("rebase", "fast-forward") else [ONE, TWO, THREE]
    assert team.journal() == [(name, "approved", by) for name in names]


def test_what_is_moved_by_hand_was_approved_by_who_has_moved_it(tmp_path: Path) -> None:
    team = Team(tmp_path, tracked=True)
    git(team.jeanne, "pull", "-q")
    (team.jeanne / approved(ONE)).parent.mkdir(parents=True, exist_ok=True)
    git(team.jeanne, "mv", pending(ONE), approved(ONE))
    git(team.jeanne, *JEANNE, "commit", "-qm", "Publish")
    git(team.jeanne, "push", "-q")
    assert team.journal() == [(ONE, "approved", SIGNED)]


def test_what_was_no_message_of_a_visitor_was_not_approved(tmp_path: Path) -> None:
    """As an answer of the editors, comments that came from elsewhere, and those of an article that was renamed."""
    team = Team(tmp_path, tracked=True)
    assert labo("comments", "approve", ONE, "--root", team.inbox, "--reply", "Merci.", "--push").returncode == 0
    write_site(team.inbox, {"site.yaml": SETTINGS, "comments/approved/x/imported.md": comment("x")})
    git(team.inbox, "mv", "comments/approved/x", "comments/approved/y")
    git(team.inbox, "add", "-A")
    git(team.inbox, "commit", "-qm", "Import, and rename")
    git(team.inbox, "push", "-q")
    assert [line[:2] for line in team.journal()] == [(ONE, "approved")]


def test_what_others_have_pulled_is_told_of_who_has_merged_it(tmp_path: Path) -> None:
    """A clone with a decision of its own pulls a merge: it has not merged the pull request for that."""
    team = Team(tmp_path, tracked=True)
    team.propose(ONE)
    team.merge("merge")
    git(team.inbox, *JEANNE, "commit", "-q", "--allow-empty", "-m", "Something else")
    git(team.inbox, "pull", "-q", "--no-rebase", "--no-edit")
    git(team.inbox, "push", "-q")
    assert team.journal() == [(ONE, "approved", SIGNED)]


def test_thousands_of_commits_are_read_in_time(tmp_path: Path) -> None:
    team, count = Team(tmp_path, tracked=False), 3000
    tip, lines = git(team.jeanne, "rev-parse", "HEAD").strip(), []
    for number in range(count):
        text = f"Reject\n\nDecision: rejected\nComment: m{number}\nArticle: x\n"
        data = f"---\narticle: x\nauthor: A\ncode: sha256:{number}\n---\nUn.\n"
        lines += [f"commit refs/heads/main\ncommitter J <j@x> {1767222000 + number} +0000\ndata {len(text)}\n{text}"]
        lines += [] if number else [f"from {tip}"]
        lines += [f"M 100644 inline comments/approved/x/a{number}.md\ndata {len(data)}\n{data}"]
    git(team.jeanne, "checkout", "-q", "--detach")
    stream = "\n".join(lines) + "\n"
    subprocess.run(["git", "fast-import", "--quiet"], cwd=team.jeanne, input=stream, text=True, check=True)
    git(team.jeanne, "checkout", "-q", "main")
    begun = time.monotonic()
    assert len(journal.read(team.jeanne, BOT)) == 2 * count
    assert time.monotonic() - begun < 10
