"""Whatever happens while moderators decide, each message is at one place only, and each decision written down once."""

import os
import shutil
import tempfile
import time
from datetime import timedelta
from functools import partial
from pathlib import Path
from random import Random

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)
from moderated import (
    JEANNE,
    KILLED,
    NOW,
    PAUL,
    commit_all,
    decided,
    ended,
    forked,
    lying,
    put,
    repository,
    site,
    trailers,
)
from repositories import git, identify
from twins import QUICK

from labo_ssg.inbox.mailbox import Mailbox
from labo_ssg.inbox.outgoing.commit import CommitDelivery
from labo_ssg.moderation import queue
from labo_ssg.moderation.decisions import Ruling, Verdict, decide, held
from labo_ssg.moderation.queue import Pending

FUZZ = bool(os.environ.get("LABO_FUZZ"))
EXAMPLES, STEPS = (30, 40) if FUZZ else (5, 14)
BOT = "Labo SSG <inbox@labo.example>"
CHANCE = st.integers(0, 2**16).map(Random)
RULINGS: list[Ruling] = ["approved", "approved", "rejected", "spam"]
LATEST = 190  # calls of the disk and of git; a session has some 120 of them

KEPT = ["tracked", "untracked", "ignored", "below", "no git"]
"""How messages that wait are kept: in git and how, in a repository whose top is above the site, or without git."""


@pytest.fixture(autouse=True)
def editor(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """What git knows of the editor, and nothing of this machine."""
    identify(monkeypatch, tmp_path / "gitconfig")


class Deciding(RuleBasedStateMachine):
    """Moderators, visitors and editors at one site, of whom some die in the middle of what they do."""

    def __init__(self) -> None:
        super().__init__()
        self.folder = Path(tempfile.mkdtemp(prefix="labo-deciding-", dir=QUICK))
        self.root = self.folder / "site"
        self.came: dict[str, bytes] = {}
        self.now = NOW

    @initialize(kept=st.sampled_from(KEPT))
    def begin(self, kept: str) -> None:
        self.kept = kept
        if kept == "no git":
            site(self.root)
            return
        if kept == "below":
            self.root = self.folder / "site/pages"
            repository(self.folder / "site")
        more = {".gitignore": "/.labo/\n/comments/pending/\n"} if kept == "ignored" else {".gitignore": "/.labo/\n"}
        if kept == "below":
            site(self.root, more)
            commit_all(self.root)
        else:
            repository(self.root, more)

    def teardown(self) -> None:
        shutil.rmtree(self.folder)

    # What happens.

    @rule(random=CHANCE, number=st.integers(1, 4))
    def come(self, random: Random, number: int) -> None:
        for _ in range(number):
            above = random.choice([*sorted(self.came), "", ""])
            text = "Un message.\r\nDeux lignes, sans saut à la fin" if random.random() < 0.3 else "Un message."
            one = put(self.root, len(self.came), text, on=random.choice("xy"), reply_to=above)
            self.came[one.id] = (self.root / one.path).read_bytes()

    @precondition(lambda self: self.came and self.kept in ("tracked", "below"))
    @rule()
    def inbox_commits(self) -> None:
        CommitDelivery(self.root, BOT, push=False).deliver()

    @precondition(lambda self: self.kept != "no git")
    @rule(sweeps=st.booleans())
    def editor_commits(self, sweeps: bool) -> None:
        self._edit(sweeps)

    @rule(random=CHANCE)
    def decide(self, random: Random) -> None:
        verdicts = self._verdicts(random)
        self._decide(verdicts, JEANNE)

    @rule(random=CHANCE, dies_before=st.integers(0, LATEST), between=st.sampled_from(["", "edit", "decide", "inbox"]))
    def die(self, random: Random, dies_before: int, between: str) -> None:
        """A moderator dies; somebody else does something before anybody decides again."""
        verdicts = self._verdicts(random)
        assert ended(forked(partial(self._decide, verdicts, JEANNE), dies_before)) in (0, KILLED)
        if between == "edit" and self.kept != "no git":
            self._edit(random.random() < 0.5)
        elif between == "decide":
            self._decide(self._verdicts(random), PAUL)
        elif between == "inbox" and self.kept in ("tracked", "below"):
            CommitDelivery(self.root, BOT, push=False).deliver()

    @rule(random=CHANCE, times=st.lists(st.integers(0, LATEST), min_size=2, max_size=4))
    def die_again_and_again(self, random: Random, times: list[int]) -> None:
        """Who ends what another has begun may die over it, too."""
        for dies_before in times:
            assert ended(forked(partial(self._decide, self._verdicts(random), JEANNE), dies_before)) in (0, KILLED)

    @rule(random=CHANCE)
    def two_at_once(self, random: Random) -> None:
        works = [partial(self._decide, self._verdicts(random), who) for who in (JEANNE, PAUL)]
        assert [ended(child) for child in [forked(work) for work in works]] == [0, 0]

    @rule(random=CHANCE, dies_before=st.none() | st.integers(0, 12))
    def withdraw(self, random: Random, dies_before: int | None) -> None:
        """An author withdraws a message, while a moderator decides, perhaps on this one."""
        if not (waiting := self._waiting()):
            return
        one = random.choice(waiting)
        author = forked(partial(Mailbox(self.root).withdraw, one.article, one.id), dies_before)
        self._decide(self._verdicts(random), JEANNE)
        assert ended(author) in (0, KILLED)

    # What must be true.

    @invariant()
    def each_message_is_at_one_place_and_each_decision_written_once(self) -> None:
        with held(self.root):
            pass  # whoever decides next ends what was begun
        pending, approved = lying(self.root, "pending"), lying(self.root, "approved")
        records = decided(self.root)
        assert len(dict(records)) == len(records)
        fates = dict(records)
        for comment, data in self.came.items():
            fate = fates.get(comment)
            assert (comment in pending, comment in approved) == (fate is None, fate == "approved"), fate
            assert {**pending, **approved}.get(comment, data) == data
        replies = [data for comment, data in approved.items() if comment not in self.came]
        assert all(data.endswith(b"\nMerci.\n") for data in replies)
        assert set(pending) <= set(self.came)
        assert list(self.root.glob("comments/approved/*/.labo-*")) == []
        assert not (self.root / ".labo/moderation/plan.json").exists()
        assert not (self.root / ".labo/moderation/taken").exists()
        if self.kept != "no git":
            self._check_git(fates, approved)

    def _check_git(self, fates: dict[str, str], approved: dict[str, bytes]) -> None:
        by_moderators = {comment for comment, fate in fates.items() if fate != "withdrawn"}
        lines = git(self.root, "status", "--porcelain", "-uall", "--no-renames", "--", ".").splitlines()
        half = [line for line in lines if "approved/" in line or Path(line[3:]).stem in by_moderators]
        assert half == []
        said = [line for line in trailers(self.root) if line.startswith("Decision: ")]
        assert len(said) == len(by_moderators)
        listed = git(self.root, "ls-tree", "-r", "--name-only", "HEAD", "--", "comments/approved").split()
        assert {Path(path).stem for path in listed} == set(approved)

    # The hands.

    def _waiting(self) -> list[Pending]:
        return queue.waiting(self.root)[0]

    def _verdicts(self, random: Random) -> list[Verdict]:
        waiting = self._waiting()
        picked = random.sample(waiting, min(len(waiting), random.randint(1, 4)))
        reason = "x\nDecision: approved\nComment: y"
        return [Verdict(one, random.choice(RULINGS), reason, random.choice(["", "Merci."])) for one in picked]

    def _decide(self, verdicts: list[Verdict], who: str) -> None:
        decide(self.root, verdicts, who, NOW + timedelta(seconds=len(self.came)))

    def _edit(self, sweeps: bool) -> None:
        """An editor commits a text; or all that lies about, as some do."""
        text = self.root / "content/a/x.md"
        text.write_text(f"{text.read_text(encoding='utf-8')}Encore.\n", encoding="utf-8")
        wait_for_lock(self.root)
        git(self.root, "add", *(["-A"] if sweeps and self.kept != "untracked" else ["content"]))
        git(self.root, "commit", "-qm", "Edit")


def wait_for_lock(root: Path) -> None:
    """Wait for a git that has outlived the moderator who had started it."""
    lock = Path(git(root, "rev-parse", "--absolute-git-dir").strip()) / "index.lock"
    end = time.monotonic() + 5
    while lock.exists() and time.monotonic() < end:
        time.sleep(0.01)


def test_each_message_is_at_one_place_whatever_happens() -> None:
    run_state_machine_as_test(
        Deciding,
        settings=settings(
            max_examples=EXAMPLES,
            stateful_step_count=STEPS,
            deadline=None,
            suppress_health_check=list(HealthCheck),
            print_blob=True,
        ),
    )
