"""Deciding from the command line, and what is told where that cannot be; repositories and disks in trouble."""

import csv
import io
import json
import os
import resource
import signal
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from functools import partial
from pathlib import Path

import msgspec
import pytest
from conftest import LABO, article, labo, write_site
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
    name,
    put,
    repository,
    site,
    status,
    trailers,
)
from repositories import git, identify
from test_inbox_disk import mount, mounted

from labo_ssg.build.build import build
from labo_ssg.disk import files, spool
from labo_ssg.disk.messages import path_of
from labo_ssg.forge.running import GitFailed
from labo_ssg.formats.comment import Screen
from labo_ssg.inbox.mailbox import Mailbox
from labo_ssg.moderation import journal, queue
from labo_ssg.moderation import plan as plans
from labo_ssg.moderation.decisions import Session, Verdict, decide, held
from labo_ssg.moderation.moderator import Nameless, moderator
from labo_ssg.moderation.record import Record
from labo_ssg.places import WITHDRAWN


@pytest.fixture(autouse=True)
def editor(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    identify(monkeypatch, tmp_path / "gitconfig")
    monkeypatch.delenv("LABO_MODERATOR", raising=False)


@pytest.fixture
def root(tmp_path: Path) -> Path:
    return repository(tmp_path / "site")


def told(session: Session) -> list[str]:
    return [problem.what for problem in session.problems]


def rule(root: Path, *verdicts: Verdict, who: str = JEANNE) -> Session:
    return decide(root, verdicts, who, NOW)


# The command line.


def test_the_list_says_what_waits_and_how_it_looks(root: Path) -> None:
    put(root, 1, "Voir https://a.example/x.", screen=Screen(35, ("3 links",)))
    put(root, 2, "Deux.", author="Pa\u202eul", website="https://b.example/")
    done = labo("comments", "list", "--root", root)
    assert done.returncode == 0
    assert [" ".join(line.split()[:1] + line.split()[-4:]) for line in done.stdout.splitlines() if line[0] != " "] == [
        f"{name(1)} x Marie rank 35", f"{name(2)} x Pa�ul no rank",
    ]  # fmt: skip
    assert "    3 links\n    → https://a.example/x" in done.stdout
    assert "→ https://b.example/" in done.stdout
    assert done.stderr == "2 messages wait\n"
    found = json.loads(labo("comments", "list", "--json", "--root", root).stdout)
    assert [one["id"] for one in found] == [name(1), name(2)]


def test_a_message_is_shown_as_it_will_be_read(root: Path) -> None:
    put(root, 1, "Un {{avis}}, [ici->https://a.example/x].")
    put(root, 2, "Sur rien.", on="disparu")
    done = labo("comments", "show", "000001", "--root", root)
    assert done.returncode == 0
    assert "│ Un avis, ici." in done.stdout
    assert "> Un {{avis}}, [ici->https://a.example/x]." in done.stdout
    assert "  → https://a.example/x" in done.stdout
    done = labo("comments", "show", name(2), "--root", root)
    assert (done.returncode, "Sur rien." in done.stdout) == (1, True)
    assert "there is no article `disparu`\n  hint: it was deleted, or renamed" in done.stderr


def test_an_approved_message_moves_byte_for_byte_and_is_answered(root: Path) -> None:
    one = put(root, 1)
    before = (root / one.path).read_bytes()
    done = labo("comments", "approve", "000001", "--reply", "Merci {{Marie}}.", "--root", root)
    assert (done.returncode, done.stdout) == (0, f"approved {name(1)}\n"), done.stderr
    published = lying(root, "approved")
    assert published.pop(name(1)) == before
    [reply] = published.values()
    assert f'reply_to: "{name(1)}"' in reply.decode().replace("'", '"') or f"reply_to: {name(1)}" in reply.decode()
    assert reply.endswith(b"\nMerci {{Marie}}.\n")
    assert (
        git(root, "log", "-1", "--format=%an %ae %s").strip() == "Zoé Éditrice zoe@labo.example Approve a message on x"
    )
    assert status(root) == []
    assert not build(root, root / "public", now=NOW + timedelta(days=1), drafts=False).problems


def test_all_of_an_author_leave_in_one_commit(root: Path) -> None:
    for number in range(3):
        put(root, number, author="Vendeur")
    put(root, 3)
    done = labo("comments", "spam", "--all-from", "vendeur", "--reason", "publicité", "--root", root)
    assert done.returncode == 0
    assert set(lying(root, "pending")) == {name(3)}
    assert git(root, "log", "--format=%s").splitlines() == ["Put away as spam 3 messages", "Start"]
    assert git(root, "log", "-1", "--format=%B").count("Reason: publicité") == 3


@pytest.mark.parametrize(
    ("words", "what"),
    [
        (["approve"], "no message is named"),
        (["approve", "000009"], "no message 000009 waits"),
        (["approve", "0000"], "no message 0000 waits"),
        (["approve", "15:00"], "no message 15:00 waits"),
        (["reject", "-000001", "--as", "."], "`.` is no name of a moderator"),
        (["reject", "-000001", "--as", "a\nb <c>"], "is no name of a moderator"),
        (["reject", "--all-from", "Personne"], "no message of Personne waits"),
        (["approve", "-000001", "-000002", "--reply", "x"], "one reply cannot answer several messages"),
        (["approve", "x1"], "no message x1 waits"),
    ],
    ids=lambda one: " ".join(one) if isinstance(one, list) else "",
)
def test_misuse_is_explained_and_changes_nothing(root: Path, words: list[str], what: str) -> None:
    put(root, 1)
    put(root, 2)
    command, *others = words
    options = [word for word in others if not word.startswith("-0")]
    names = [word.removeprefix("-") for word in others if word.startswith("-0")]
    done = labo("comments", command, "--root", root, *options, *names)
    assert done.returncode == 2
    assert what in done.stderr
    assert len(lying(root, "pending")) == 2
    assert decided(root) == []


def test_what_was_decided_is_told_to_who_comes_later(root: Path) -> None:
    put(root, 1)
    assert labo("comments", "reject", name(1), "--root", root, "--as", "Jeanne Martin").returncode == 0
    done = labo("comments", "approve", name(1), "--root", root)
    assert f"{name(1)} does not wait: it was rejected by Jeanne Martin <>" in done.stderr


def test_what_cannot_be_published_is_left_and_told(root: Path) -> None:
    lost = put(root, 1, on="disparu")
    answer, good = put(root, 2, reply_to=name(9)), put(root, 3)
    session = rule(root, *(Verdict(one, "approved") for one in (lost, answer, good)))
    assert told(session) == ["there is no article `disparu`", f"it answers `{name(9)}`, which is not published"]
    assert set(lying(root, "approved")) == {name(3)}
    assert git(root, "log", "-1", "--format=%s").strip() == "Approve a message on x"


def test_an_answer_is_not_published_without_what_it_answers(root: Path) -> None:
    """Three in a row, of which the first cannot be approved: none is; once it can, all are, in whatever order."""
    first = put(root, 1, reply_to=name(9))
    others = [put(root, 2, reply_to=name(1)), put(root, 3, reply_to=name(2))]
    verdicts = [Verdict(one, "approved") for one in (*reversed(others), first)]
    assert len(told(rule(root, *verdicts))) == 3
    assert lying(root, "approved") == {}
    put(root, 9)
    assert told(rule(root, Verdict(put(root, 9), "approved"), *verdicts)) == []
    assert len(lying(root, "approved")) == 4


def test_an_answer_waits_on_where_what_it_answers_left_while_one_decided(root: Path) -> None:
    first, answer = put(root, 1), put(root, 2, reply_to=name(1))
    tasks = tuple(
        plans.Task(
            Record(NOW, one.id, "approved", JEANNE, "x"),
            (plans.Move(one.path, path_of("comments/approved", "x", one.id)),),
            f"comments/approved/x/{one.reply_to}.md" if one.reply_to else "",
        )
        for one in (first, answer)
    )
    with held(root):
        Mailbox(root).withdraw("x", first.id)
        done = plans.carry_out(root, plans.Plan(JEANNE, "Approve", tasks))
    assert [one.comment for one in done.late] == [first.id, answer.id]
    assert (set(lying(root, "pending")), lying(root, "approved")) == ({answer.id}, {})
    assert decided(root) == [(first.id, "withdrawn")]


def test_two_verdicts_on_one_message_are_a_mistake(root: Path) -> None:
    one = put(root, 1)
    with pytest.raises(ValueError, match="two verdicts"):
        rule(root, Verdict(one, "approved"), Verdict(one, "spam"))
    assert set(lying(root, "pending")) == {name(1)}


@pytest.mark.parametrize(
    ("said", "who"),
    [("Jeanne", "Jeanne <>"), (JEANNE, JEANNE), ("", "Zoé Éditrice <zoe@labo.example>")],
)
def test_who_decides_is_as_was_said_or_as_git_knows(root: Path, said: str, who: str) -> None:
    assert moderator(root, said) == who


def test_who_decides_is_in_the_environment(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LABO_MODERATOR", PAUL)
    assert [moderator(root), moderator(root, JEANNE)] == [PAUL, JEANNE]


@pytest.mark.parametrize("said", [".", "<>", "a\nb", "a <b> c", " ", "\x1b[31m", "caf\udce9", "<a@b.example>"])
def test_what_git_could_not_sign_with_is_no_name(root: Path, said: str) -> None:
    with pytest.raises(Nameless):
        moderator(root, said)


def test_the_journal_is_filtered_and_written_as_one_wishes(root: Path) -> None:
    for number, (who, ruling) in enumerate([(JEANNE, "approved"), (PAUL, "rejected"), (PAUL, "spam")]):
        rule(root, Verdict(put(root, number), ruling, "Trop, c’est \x1b[31mtrop"), who=who)  # type: ignore[arg-type]
    log = partial(labo, "comments", "log", "--root", root)
    lines = log().stdout.splitlines()
    assert [line.split()[2:4] for line in lines] == [
        [ruling, name(number)] for number, ruling in enumerate(["approved", "rejected", "spam"])
    ]
    assert not any("\x1b" in line for line in lines)
    assert len(log("--author", "PAUL").stdout.splitlines()) == 2
    assert len(log("--decision", "spam").stdout.splitlines()) == 1
    assert len(log("000001").stdout.splitlines()) == 1
    assert log("--since", "2999-01-01").stdout == log("--until", "1999-01-01").stdout == ""
    assert [one["moderator"] for one in json.loads(log("--format", "json").stdout)] == [JEANNE, PAUL, PAUL]
    rows = list(csv.DictReader(io.StringIO(log("--format", "csv").stdout)))
    assert [row["decision"] for row in rows] == ["approved", "rejected", "spam"]


# What is written down.


@pytest.mark.parametrize(
    "reason", ["x\nDecision: approved\nComment: y", "x\r\n\r\nDecision: spam\r\nComment: y", "\u2028Decision: spam"]
)
def test_a_reason_cannot_decide(root: Path, reason: str) -> None:
    rule(root, Verdict(put(root, 1), "rejected", reason))
    [one] = journal.read(root)
    assert (one.comment, one.decision, one.reason) == (name(1), "rejected", " ".join(reason.split()))


def test_words_in_another_encoding_are_written_as_far_as_they_can(root: Path) -> None:
    rule(root, Verdict(put(root, 1), "approved", "caf\udce9", "Du caf\udce9."))
    assert [one.reason for one in journal.read(root)] == ["caf?"]
    assert any(data.endswith(b"Du caf?.\n") for data in lying(root, "approved").values())


def test_without_git_decisions_are_in_a_file(tmp_path: Path) -> None:
    root = site(tmp_path / "site")
    rule(root, Verdict(put(root, 1), "rejected", 'Trop, "long"'), Verdict(put(root, 2), "approved"))
    rule(root, Verdict(put(root, 3), "spam"))
    assert [(one.comment, one.decision, one.reason) for one in journal.read(root)] == [
        (name(1), "rejected", 'Trop, "long"'), (name(2), "approved", ""), (name(3), "spam", ""),
    ]  # fmt: skip
    assert (root / journal.JOURNAL).read_text(encoding="utf-8").count("date,comment") == 1


@pytest.mark.parametrize(
    "torn", ["2026-11-23T09:00:00Z,a,rej", '2026-11-23T09:00:00Z,a,rejected,"Jea', "\x00\xff", "\n,,"]
)
def test_a_line_that_was_cut_short_spoils_no_other(tmp_path: Path, torn: str) -> None:
    root = site(tmp_path / "site")
    rule(root, Verdict(put(root, 1), "rejected", "un"))
    with (root / journal.JOURNAL).open("a", encoding="utf-8") as file:
        file.write(torn)
    assert decided(root) == [(name(1), "rejected")]
    rule(root, Verdict(put(root, 2), "spam", "deux"))
    assert decided(root) == [(name(1), "rejected"), (name(2), "spam")]


def test_a_mark_of_an_inbox_that_died_is_no_decision(root: Path) -> None:
    """It marks a message as withdrawn before it removes it."""
    one = put(root, 1)
    mark = root / WITHDRAWN / one.id
    mark.parent.mkdir(parents=True)
    mark.write_bytes(b"")
    assert decided(root) == []
    rule(root, Verdict(one, "approved"))
    assert decided(root) == [(one.id, "approved")]


# Repositories in trouble.


def test_a_decision_whose_index_was_left_behind_is_ended_without_a_second_commit(root: Path) -> None:
    """A process may die once the branch is moved, and before the editors' index knows."""
    one = put(root, 1)
    commit_all(root)
    before = git(root, "ls-files", "--stage", "comments")
    data = _plan_of(root, one)
    _undo_index(root, before)
    (root / plans.PLAN).write_bytes(data)
    assert status(root) != []
    with held(root):
        pass
    assert status(root) == []
    assert [line for line in trailers(root) if line.startswith("Decision")] == ["Decision: approved"]


def _plan_of(root: Path, one: queue.Pending) -> bytes:
    """Approve a message; return the plan as it lay there."""
    kept = []
    keep, plans.spool.put = plans.spool.put, lambda path, data: (kept.append((path, data)), keep(path, data))[1]
    try:
        rule(root, Verdict(one, "approved"))
    finally:
        plans.spool.put = keep
    return next(data for path, data in kept if path == root / plans.PLAN)


def _undo_index(root: Path, before: str) -> None:
    git(root, "rm", "-rq", "--cached", "comments")
    subprocess.run(["git", "update-index", "--index-info"], cwd=root, input=before, text=True, check=True)


@pytest.mark.parametrize("dies_before", range(4, 122, 10))
def test_a_session_that_dies_anywhere_is_done_as_a_whole_or_not_at_all(root: Path, dies_before: int) -> None:
    waiting = [put(root, number) for number in range(3)]
    commit_all(root)
    one, two, three = waiting
    verdicts = [Verdict(one, "approved", "", "Oui."), Verdict(two, "rejected"), Verdict(three, "spam")]
    assert ended(forked(partial(rule, root, *verdicts), dies_before)) in (0, KILLED)
    with held(root):
        pass
    there = len(lying(root, "pending")), len(lying(root, "approved")), len(decided(root)), len(trailers(root))
    assert there in ((3, 0, 0, 0), (0, 2, 3, 6))
    assert status(root) == []


@pytest.mark.parametrize("trouble", ["detached", "merge", "locked"])
def test_nothing_moves_where_it_could_not_be_committed(root: Path, trouble: str) -> None:
    one = put(root, 1)
    folder = root / ".git"
    if trouble == "detached":
        git(root, "checkout", "-q", "--detach")
    else:
        (folder / {"merge": "MERGE_HEAD", "locked": "index.lock"}[trouble]).write_text("", encoding="utf-8")
    with pytest.raises(GitFailed):
        rule(root, Verdict(one, "approved"))
    assert set(lying(root, "pending")) == {name(1)}
    assert not (root / plans.PLAN).exists()


def test_no_hook_has_a_say(root: Path) -> None:
    for hook in ("pre-commit", "commit-msg", "post-commit", "reference-transaction"):
        path = root / ".git/hooks" / hook
        path.write_text("#!/bin/sh\nexit 1\n", encoding="utf-8")
        path.chmod(0o755)
    assert told(rule(root, Verdict(put(root, 1), "approved"))) == []
    assert decided(root) == [(name(1), "approved")]


def test_messages_that_wait_in_another_repository_are_decided(root: Path, tmp_path: Path) -> None:
    other = tmp_path / "messages"
    (other / "pending").mkdir(parents=True)
    git(other, "init", "-q")
    (root / "comments").mkdir()
    (root / "comments/pending").symlink_to(other / "pending")
    one, two = put(root, 1), put(root, 2)
    commit_all(root)
    assert told(rule(root, Verdict(one, "approved"), Verdict(two, "spam"))) == []
    assert (lying(root, "pending"), set(lying(root, "approved"))) == ({}, {name(1)})
    assert decided(root) == [(name(1), "approved"), (name(2), "spam")]
    assert status(root) == []


def test_what_others_call_their_files_is_no_matter(root: Path) -> None:
    odd = os.fsencode(root) + b"/comments/pending/x/caf\xe9.md"
    one = put(root, 1)
    Path(os.fsdecode(odd)).write_bytes(b"x")
    assert told(rule(root, Verdict(one, "rejected"))) == []
    assert labo("comments", "list", "--root", root).returncode == 1
    assert Path(os.fsdecode(odd)).exists()


# Two moderators.


def test_two_who_decide_at_once_on_the_same_and_on_others(root: Path) -> None:
    waiting = [put(root, number) for number in range(6)]
    works = [
        partial(rule, root, *(Verdict(one, "approved") for one in waiting[:4]), who=JEANNE),
        partial(rule, root, *(Verdict(one, "rejected") for one in waiting[2:]), who=PAUL),
    ]
    assert [ended(child) for child in [forked(work) for work in works]] == [0, 0]
    records = decided(root)
    assert sorted(dict(records)) == [one.id for one in waiting]
    assert len(records) == 6
    assert {comment for comment, decision in records if decision == "approved"} == set(lying(root, "approved"))
    assert len(git(root, "log", "--format=%s").splitlines()) == 3


def test_real_commands_at_once_on_one_message(root: Path) -> None:
    put(root, 1)
    commands = [
        subprocess.Popen(
            _labo("comments", ruling, name(1), "--root", root),
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
        )
        for ruling in ("approve", "reject")
    ]
    codes = [(one.communicate(), one.returncode)[1] for one in commands]
    assert sorted(codes)[0] == 0
    assert sorted(codes)[1] in (1, 2)
    assert len(decided(root)) == 1


def _labo(*words: object) -> list[str]:
    return [*LABO, *map(str, words)]


def test_of_two_who_push_the_second_is_told(root: Path, tmp_path: Path) -> None:
    put(root, 1)
    put(root, 2)
    commit_all(root)
    bare, other = tmp_path / "bare.git", tmp_path / "other"
    git(tmp_path, "clone", "-q", "--bare", str(root), str(bare))
    git(root, "remote", "add", "origin", str(bare))
    git(root, "fetch", "-q", "origin")
    git(root, "branch", "-q", "--set-upstream-to=origin/main")
    git(tmp_path, "clone", "-q", str(bare), str(other))
    assert labo("comments", "approve", name(1), "--push", "--root", other, "--as", JEANNE).returncode == 0
    done = labo("comments", "reject", name(1), name(2), "--push", "--root", root, "--as", PAUL)
    assert done.returncode == 1
    assert f"{JEANNE} has it approved meanwhile, you rejected: it is published" in done.stderr
    assert done.stdout == f"rejected {name(1)}\nrejected {name(2)}\n"
    assert git(root, "rev-parse", "HEAD") == git(root, "rev-parse", "origin/main") == git(bare, "rev-parse", "main")
    assert (set(lying(root, "approved")), lying(root, "pending")) == ({name(1)}, {})
    assert {(name(1), "approved"), (name(2), "rejected")} <= set(decided(root))


def test_a_push_that_fails_is_told_and_the_decision_stays(root: Path) -> None:
    put(root, 1)
    done = labo("comments", "approve", name(1), "--push", "--root", root)
    assert done.returncode == 1
    assert "it could not be pushed" in done.stderr
    assert "has no upstream" in done.stderr
    assert decided(root) == [(name(1), "approved")]


# Disks in trouble.


def test_a_full_disk_loses_nothing(root: Path) -> None:
    one = put(root, 1, "Un long message. " * 1000)
    with mounted(root / "comments/approved", "-t", "tmpfs", "-o", "size=16k", "none") as folder:
        (folder / ".filling").write_bytes(b"\0" * 4096)
        with pytest.raises(OSError, match="No space left"):
            rule(root, Verdict(one, "approved"))
        assert set(lying(root, "pending")) == {name(1)}
        (folder / ".filling").unlink()
        subprocess.run(["mount", "-o", "remount,size=1m", folder], check=True)
        with held(root):
            pass
        assert (set(lying(root, "approved")), lying(root, "pending")) == ({name(1)}, {})
        assert decided(root) == [(name(1), "approved")]


def test_a_file_cut_short_by_a_limit_loses_nothing(root: Path) -> None:
    verdicts = [Verdict(put(root, number), "rejected", "x" * 400) for number in range(20)]

    def limited() -> None:
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        resource.setrlimit(resource.RLIMIT_FSIZE, (2048, resource.getrlimit(resource.RLIMIT_FSIZE)[1]))
        with pytest.raises(OSError, match="File too large"):
            rule(root, *verdicts)

    assert ended(forked(limited)) == 0
    assert (len(lying(root, "pending")), decided(root)) == (20, [])
    assert told(rule(root, *verdicts)) == []
    assert (lying(root, "pending"), len(decided(root))) == ({}, 20)


def test_a_folder_that_is_read_only_is_named_and_ended_later(root: Path) -> None:
    put(root, 1)
    with read_only(root / "comments/pending") as end:
        done = labo("comments", "reject", name(1), "--root", root)
        assert done.returncode == 2
        assert "read-only" in done.stderr or "permission denied" in done.stderr
        assert "nothing is lost" in done.stderr
        assert set(lying(root, "pending")) == {name(1)}
        end()
        with held(root):
            pass
    assert (lying(root, "pending"), decided(root)) == ({}, [(name(1), "rejected")])


@contextmanager
def read_only(folder: Path) -> Iterator[partial[None]]:
    if os.geteuid() != 0:
        folder.chmod(0o555)
        yield partial(folder.chmod, 0o755)
        return
    with mounted(folder, "--bind", folder):
        mount("-o", "remount,bind,ro", folder)
        yield partial(mount, "-o", "remount,bind,rw", folder)


# Many messages.


def test_hundreds_of_messages_are_listed_and_decided_in_seconds(root: Path) -> None:
    waiting = [put(root, number) for number in range(300)]
    start = time.monotonic()
    found, problems = queue.waiting(root)
    listed = time.monotonic() - start
    assert (len(found), problems) == (300, [])
    session = rule(root, *(Verdict(one, "spam") for one in waiting))
    taken = time.monotonic() - start - listed
    assert (len(session.done.records), lying(root, "pending")) == (300, {})
    assert (listed < 5, taken < 30) == (True, True), (listed, taken)
    assert not files.exists(root, plans.TAKEN)


def _of_its_own(root: Path, folder: str) -> None:
    git(root / folder, "init", "-q")


def _as_a_submodule(root: Path, folder: str) -> None:
    """A folder that the commit has as another repository, and that was never brought here: messages were put there."""
    git(root, "rm", "-rq", "--cached", folder)
    commit = git(root, "rev-parse", "HEAD").strip()
    git(root, "update-index", "--add", "--cacheinfo", f"160000,{commit},{folder}")
    git(root, "commit", "-qm", "A submodule")


@pytest.mark.parametrize("folder", ["comments", "comments/approved"])
@pytest.mark.parametrize("happens", [_of_its_own, _as_a_submodule])
def test_what_git_could_never_commit_is_refused_before_anything_moves(
    tmp_path: Path, happens: Callable[[Path, str], None], folder: str
) -> None:
    root = repository(tmp_path / "site", {"comments/approved/y/there.md": "x"})
    one = put(root, 1)
    commit_all(root)
    happens(root, folder)
    before, there = git(root, "rev-parse", "HEAD"), lying(root, "pending")
    for _ in range(2):
        done = labo("comments", "approve", one.id, "--root", root)
        assert done.returncode == 2
        assert f"{folder}/ is a" in done.stderr
        assert "no decision can be committed there" in done.stderr
        assert "nothing was done" in done.stderr
        assert lying(root, "pending") == there
        assert git(root, "rev-parse", "HEAD") == before
        assert not (root / plans.PLAN).exists()


def test_a_plan_that_git_cannot_commit_any_more_blocks_no_other(tmp_path: Path) -> None:
    """The folder became a repository of its own after a process had died: the file of decisions keeps the record."""
    root = repository(tmp_path / "site")
    one = put(root, 1)
    commit_all(root)
    record = Record(NOW, one.id, "approved", JEANNE, "x")
    steps = (plans.Move(one.path, path_of("comments/approved", "x", one.id)),)
    spool.put(root / plans.PLAN, msgspec.json.encode(plans.Plan(JEANNE, "Approve", (plans.Task(record, steps),))))
    _of_its_own(root, "comments")
    with held(root):
        assert not (root / plans.PLAN).exists()
    assert lying(root, "approved").keys() == {one.id}
    assert journal.read(root) == [record]


def test_what_git_passes_over_is_committed_all_the_same(tmp_path: Path) -> None:
    root = repository(tmp_path / "site", {".gitignore": "/.labo/\n/comments/\n"})
    one, two = put(root, 1), put(root, 2)
    assert not decide(root, [Verdict(one, "approved"), Verdict(two, "rejected")], JEANNE, NOW).problems
    assert git(root, "show", "--format=", "--name-status", "HEAD").split() == ["A", f"comments/approved/x/{one.id}.md"]
    assert decided(root) == [(one.id, "approved"), (two.id, "rejected")]


def test_of_an_article_that_was_renamed_its_new_name_is_told(root: Path) -> None:
    """By its old address, if it tells that, else by names that are alike; then one line brings all messages back."""
    one = put(root, 1, on="tiers-lieux")
    near = root / "content/a"
    (near / "tiers-lieux-en-france.md").write_text(article("Tiers-lieux"), encoding="utf-8")
    assert (
        "    ! there is no such article; did you mean `tiers-lieux-en-france`?"
        in labo("comments", "list", "--root", root).stdout.splitlines()
    )
    for command in ("show", "approve"):
        said = labo("comments", command, one.id, "--root", root).stderr
        assert "there is no article `tiers-lieux`\n  hint: did" in said
        assert "did you mean `tiers-lieux-en-france`? if content/a/tiers-lieux-en-france.md is" in said
        assert "write `id: tiers-lieux` in its header" in said
    moved = article("Des lieux").replace("---\n", "---\naliases: [/a/tiers-lieux/]\n", 1)
    (near / "z.md").write_text(moved, encoding="utf-8")
    assert "did you mean `z`?" in labo("comments", "approve", one.id, "--root", root).stderr
    (near / "z.md").write_text(moved.replace("---\n", "---\nid: tiers-lieux\n", 1), encoding="utf-8")
    assert labo("comments", "approve", one.id, "--root", root).returncode == 0
    assert not build(root, root / "public", now=NOW, drafts=False).problems


def test_of_an_article_that_was_deleted_all_say_so(root: Path) -> None:
    one = put(root, 1, on="disparu")
    for command in ("show", "approve"):
        said = labo("comments", command, one.id, "--root", root).stderr
        assert "hint: it was deleted, or renamed: if another article has taken its place" in said
    assert "    ! there is no such article\n" in labo("comments", "list", "--root", root).stdout
    assert labo("comments", "reject", one.id, "--root", root).returncode == 0


def _two_clones(root: Path, tmp_path: Path) -> Path:
    """Have a remote of the site, and return the clone of another moderator."""
    commit_all(root)
    git(tmp_path, "clone", "-q", "--bare", str(root), "bare.git")
    git(root, "remote", "add", "origin", str(tmp_path / "bare.git"))
    git(root, "fetch", "-q", "origin")
    git(root, "branch", "-q", "--set-upstream-to=origin/main")
    git(tmp_path, "clone", "-q", "bare.git", "other")
    return tmp_path / "other"


def test_what_was_decided_before_and_pushed_only_now_is_told_as_well(root: Path, tmp_path: Path) -> None:
    for number in (1, 2, 3):
        put(root, number)
    other = _two_clones(root, tmp_path)
    assert labo("comments", "approve", name(1), name(2), "--push", "--root", other, "--as", JEANNE).returncode == 0
    assert labo("comments", "reject", name(1), "--root", root, "--as", PAUL).returncode == 0
    assert labo("comments", "approve", name(2), "--root", root, "--as", PAUL).returncode == 0
    done = labo("comments", "approve", name(3), "--push", "--root", root, "--as", PAUL)
    assert done.returncode == 1
    assert f"{JEANNE} has it approved meanwhile, you rejected: it is published" in done.stderr
    assert done.stderr.count("meanwhile") == 1


def test_what_two_have_decided_otherwise_and_a_pull_cannot_join_is_told(root: Path, tmp_path: Path) -> None:
    one, two = put(root, 1, "Un texte assez long."), put(root, 2, "Un autre texte, long aussi.")
    other = _two_clones(root, tmp_path)
    assert labo("comments", "reject", one.id, "--push", "--root", other, "--as", JEANNE).returncode == 0
    assert labo("comments", "approve", one.id, "--root", root, "--as", PAUL).returncode == 0
    subprocess.run(["git", "pull", "-q", "--no-rebase"], cwd=root, capture_output=True)
    done = labo("comments", "approve", two.id, "--root", root, "--as", PAUL)
    path = path_of("comments/approved", "x", one.id)
    assert done.returncode == 2
    assert f"two moderators have decided otherwise on {path}: `git add {path}` has it published" in done.stderr
    git(root, "rm", "-q", path)
    git(root, "commit", "-q", "--no-edit")
    assert labo("comments", "approve", two.id, "--root", root, "--as", PAUL).returncode == 0
    assert set(lying(root, "approved")) == {two.id}


def test_a_date_without_a_zone_is_that_of_a_message_all_the_same(root: Path) -> None:
    path = root / "comments/pending/x/by-hand.md"
    path.parent.mkdir(parents=True)
    path.write_text("---\narticle: x\nauthor: A\ndate: 2026-01-01 10:00\n---\nUn message.\n", encoding="utf-8")
    listed = labo("comments", "list", "--root", root)
    assert (listed.returncode, listed.stdout.split()[0]) == (0, "by-hand"), listed.stderr


def test_the_end_of_an_id_is_enough_for_all_commands_and_less_is_told(root: Path) -> None:
    one = put(root, 1)
    put(root, 101)
    assert "is too short" in labo("comments", "approve", "01", "--root", root).stderr
    assert labo("comments", "approve", "0001", "--root", root).returncode == 0
    assert "may mean 2 messages" not in labo("comments", "erase", "000001", "--root", root).stderr
    put(root, 1, on="y")
    put(root, 2, on="y")
    write_site(root, {"comments/pending/y/z-000002.md": "x", "site.yaml": (root / "site.yaml").read_bytes()})
    assert "may mean 2 messages" in labo("comments", "erase", "0002", "--root", root).stderr
    log = labo("comments", "log", "000001", "--root", root).stdout
    assert [line.split()[2] for line in log.splitlines()] == ["approved", "erased"]
    assert one.id in log
