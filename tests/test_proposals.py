"""Messages are proposed on a forge, and what is decided there is done here: nothing is lost, whatever happens."""

import os
import subprocess
from collections.abc import Iterator
from contextlib import ExitStack
from datetime import UTC, datetime
from pathlib import Path

import msgspec
import pytest
from conftest import LABO, article, comment, labo, write_site
from depots import Depot
from forge_server import TOKEN, Fault, running
from forges import KINDS, ONCE, connected
from repositories import ZOE, git, identify

from labo_ssg.disk import spool
from labo_ssg.disk.library import read_site
from labo_ssg.forge.connect import connect
from labo_ssg.forge.proposal import Forge, ForgeFailed
from labo_ssg.model import ProposalGroup
from labo_ssg.moderation import decisions, journal, queue
from labo_ssg.moderation import plan as plans
from labo_ssg.moderation import proposed as records
from labo_ssg.moderation.decisions import Verdict
from labo_ssg.moderation.plan import Plan, Take, Task
from labo_ssg.moderation.proposals import Outcome, Proposals
from labo_ssg.moderation.proposed import TOGETHER, Proposed, branch_of, recorded
from labo_ssg.moderation.record import Record
from labo_ssg.places import WITHDRAWN
from labo_ssg.problems import Problem

NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)
SETTINGS = "title: Essai\nbase_url: https://essai.example\ninbox: {bot: Boîte <bot@essai.example>}\n"
FILES = {"site.yaml": SETTINGS, "content/a/x.md": article(), ".gitignore": "/.labo/\n/comments/pending/\n"}
ONE, TWO, THREE = "20260101T000000Z-aaaaaa", "20260101T000001Z-bbbbbb", "20260101T000002Z-cccccc"


@pytest.fixture(autouse=True)
def editor(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """What git knows of the editor, and nothing of this machine."""
    identify(monkeypatch, tmp_path / "gitconfig", ZOE)
    for name in ("LABO_FORGE", "LABO_FORGE_TOKEN", "GITHUB_TOKEN", "GH_TOKEN", "GITLAB_TOKEN", "FORGEJO_TOKEN"):
        monkeypatch.delenv(name, raising=False)


def pending(name: str) -> str:
    return f"comments/pending/x/{name}.md"


def approved(name: str) -> str:
    return f"comments/approved/x/{name}.md"


class Bench:
    """A site at `root`, its forge, and a moderator there."""

    forge: Forge
    root: Path

    def put(self, name: str, of: str = "x", reply_to: str = "") -> bytes:
        path = self.root / f"comments/pending/{of}/{name}.md"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(comment(of, reply_to=reply_to), encoding="utf-8")
        return path.read_bytes()

    def has(self, path: str) -> bool:
        return (self.root / path).exists()

    @property
    def desk(self) -> Proposals:
        def nothing(path: str) -> None:
            raise LookupError(path)

        return Proposals(self.root, self.forge, read_site(self.root)[0], nothing)  # type: ignore[arg-type]

    def propose(self, group: ProposalGroup = "each") -> list[Outcome]:
        return list(self.desk.propose(queue.waiting(self.root)[0], group, NOW))

    def tidy(self) -> list[Outcome]:
        return list(self.desk.tidy(NOW))

    def main(self) -> dict[str, bytes]:
        raise NotImplementedError

    def branches(self) -> set[str]:
        raise NotImplementedError

    def decide(self, branch: str, how: str) -> None:
        """Merge a proposal, or close it."""
        raise NotImplementedError

    def change(self, branch: str, path: str, data: bytes | None) -> None:
        """Change a file of a branch by hand, or remove it."""
        raise NotImplementedError

    def break_down(self) -> None:
        raise NotImplementedError

    def come_back(self) -> None:
        raise NotImplementedError


class Git(Bench):
    """A bare repository, its clone that is the site, and the clone of a moderator."""

    def __init__(self, folder: Path) -> None:
        self.root, self.bare, self.clone = folder / "site", folder / "remote.git", folder / "clone"
        git(folder, "init", "-q", "--bare", str(self.bare))
        git(folder, "clone", "-q", str(self.bare), "site")
        write_site(self.root, FILES)
        git(self.root, "add", "-A")
        git(self.root, "commit", "-qm", "Start")
        git(self.root, "push", "-q", "-u", "origin", "HEAD:main")
        git(folder, "clone", "-q", str(self.bare), "clone")
        self.forge = connect(self.root, None, {})

    def main(self) -> dict[str, bytes]:
        git(self.clone, "pull", "-q", "--rebase")
        return {path.relative_to(self.clone).as_posix(): path.read_bytes() for path in self.clone.rglob("*.md")}

    def branches(self) -> set[str]:
        return {line.split("\t")[1].removeprefix("refs/heads/") for line in self._refs()} - {"main"}

    def _refs(self) -> list[str]:
        return git(self.clone, "ls-remote", "--heads", "origin").splitlines()

    def decide(self, branch: str, how: str) -> None:
        git(self.clone, "pull", "-q", "--rebase")
        if how == "merge":
            git(self.clone, "fetch", "-q")
            git(self.clone, "merge", "-q", "--no-ff", "-m", f"Merge {branch}", f"origin/{branch}")
            git(self.clone, "push", "-q")
        git(self.clone, "push", "-q", "origin", f":{branch}")

    def change(self, branch: str, path: str, data: bytes | None) -> None:
        git(self.clone, "fetch", "-q")
        git(self.clone, "checkout", "-q", branch)
        if data is None:
            (self.clone / path).unlink()
        else:
            (self.clone / path).write_bytes(data)
        git(self.clone, "commit", "-qam", "By hand")
        git(self.clone, "push", "-q")
        git(self.clone, "checkout", "-q", "main")

    def break_down(self) -> None:
        self.bare.rename(self.bare.with_name("away"))

    def come_back(self) -> None:
        self.bare.with_name("away").rename(self.bare)


class Web(Bench):
    """A forge with an API, and a site that is a folder without git."""

    def __init__(self, folder: Path, kind: str, until: ExitStack) -> None:
        self.root = write_site(folder / "site", FILES)
        self.depot = Depot()
        self.depot.change("main", {"content/a/x.md": b"x"})
        self.server = until.enter_context(running(KINDS[kind](self.depot)))
        self.forge = connected(self.server, ONCE)

    def main(self) -> dict[str, bytes]:
        return self.depot.contents("main")

    def branches(self) -> set[str]:
        return self.depot.branches.keys() - {"main"}

    def pull(self, branch: str) -> str:
        """Return the text of the open pull request of a branch."""
        [one] = [one for one in self.depot.open_pulls() if one.branch == branch]
        return one.text

    def decide(self, branch: str, how: str) -> None:
        [one] = [one for one in self.depot.open_pulls() if one.branch == branch]
        self.depot.decide(one, how)

    def change(self, branch: str, path: str, data: bytes | None) -> None:
        self.depot.change(branch, {path: data})

    def break_down(self) -> None:
        self.server.faults = [Fault("GET POST PUT PATCH DELETE", ".*", 502, times=1_000_000)]

    def come_back(self) -> None:
        self.server.faults = []


WEB = list(KINDS)


@pytest.fixture(params=["git", *WEB])
def bench(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Bench]:
    with ExitStack() as until:
        yield Git(tmp_path) if request.param == "git" else Web(tmp_path, request.param, until)


@pytest.fixture
def local(tmp_path: Path) -> Git:
    return Git(tmp_path)


@pytest.fixture
def web(tmp_path: Path) -> Iterator[Web]:
    with ExitStack() as until:
        yield Web(tmp_path, "github", until)


def done(outcomes: list[Outcome]) -> dict[str, str]:
    """Return what was decided, by message; there is nothing else."""
    assert all(isinstance(one, Record) for one in outcomes), outcomes
    return {one.comment: one.decision for one in outcomes if isinstance(one, Record)}


def proposed(outcomes: list[Outcome]) -> list[tuple[str, str]]:
    assert all(isinstance(one, Proposed) for one in outcomes), outcomes
    return [(one.comment, one.branch) for one in outcomes if isinstance(one, Proposed)]


def told(outcomes: list[Outcome]) -> str:
    return "\n".join(str(one) for one in outcomes if isinstance(one, Problem))


def test_each_message_is_proposed_merged_or_closed(bench: Bench) -> None:
    data = bench.put(ONE)
    bench.put(TWO)
    assert proposed(bench.propose()) == [(ONE, branch_of(ONE)), (TWO, branch_of(TWO))]
    assert bench.branches() == {branch_of(ONE), branch_of(TWO)}
    assert bench.propose() == []
    assert bench.tidy() == []
    assert bench.has(pending(ONE))
    assert bench.has(pending(TWO))
    bench.decide(branch_of(ONE), "merge")
    bench.decide(branch_of(TWO), "close")
    assert bench.main()[approved(ONE)] == data
    assert approved(TWO) not in bench.main()
    assert done(bench.tidy()) == {ONE: "approved", TWO: "rejected"}
    assert not bench.has(pending(ONE))
    assert not bench.has(pending(TWO))
    assert bench.tidy() == []
    [refused] = [one for one in journal.read(bench.root) if one.comment == TWO]
    assert "decided on the forge" in refused.reason


@pytest.mark.parametrize("name", ["a.b", "x" * 200, "a." * 100])
def test_a_message_with_a_name_that_no_branch_has_is_proposed(bench: Bench, name: str) -> None:
    bench.put(name)
    assert proposed(bench.propose()) == [(name, branch_of(name))]
    assert len(branch_of(name)) <= 100
    bench.decide(branch_of(name), "merge")
    assert done(bench.tidy()) == {name: "approved"}


def test_messages_whose_long_names_begin_alike_have_branches_of_their_own() -> None:
    assert len({branch_of("x" * 150 + end) for end in ("", "a", ".", "-")}) == 4


def test_all_share_one_pull_request_which_later_ones_join(bench: Bench) -> None:
    bench.put(ONE)
    assert proposed(bench.propose("together")) == [(ONE, TOGETHER)]
    bench.put(TWO)
    bench.put(THREE)
    assert proposed(bench.propose("together")) == [(TWO, TOGETHER), (THREE, TOGETHER)]
    assert bench.propose("together") == []
    assert bench.branches() == {TOGETHER}
    bench.change(TOGETHER, approved(TWO), None)
    assert bench.tidy() == []
    bench.decide(TOGETHER, "merge")
    assert done(bench.tidy()) == {ONE: "approved", TWO: "rejected", THREE: "approved"}
    assert bench.main().keys() >= {approved(ONE), approved(THREE)}
    assert queue.waiting(bench.root) == ([], [])


def test_a_new_round_begins_where_one_has_ended_before_anybody_tidied(bench: Bench) -> None:
    bench.put(ONE)
    bench.propose("together")
    bench.decide(TOGETHER, "close")
    bench.put(TWO)
    first, second = bench.propose("together")
    assert isinstance(first, Record)
    assert (first.comment, first.decision) == (ONE, "rejected")
    assert isinstance(second, Proposed)
    assert second.comment == TWO
    bench.decide(TOGETHER, "merge")
    assert approved(ONE) not in bench.main()
    assert done(bench.tidy()) == {TWO: "approved"}


def test_what_was_proposed_and_not_written_down_is_not_proposed_twice(bench: Bench) -> None:
    """As where the machine stops between the two."""
    bench.put(ONE)
    bench.propose()
    (bench.root / records.FOLDER / f"{ONE}.json").unlink()
    assert proposed(bench.propose()) == [(ONE, branch_of(ONE))]
    if isinstance(bench, Web):
        assert len(bench.depot.pulls) == 1
    bench.decide(branch_of(ONE), "merge")
    (bench.root / records.FOLDER / f"{ONE}.json").write_bytes(b'{"comm')  # a disk that was full
    assert proposed(bench.propose()) == [(ONE, branch_of(ONE))]
    assert done(bench.tidy()) == {ONE: "approved"}


def test_a_tidying_that_was_cut_short_is_ended(bench: Bench) -> None:
    data = bench.put(ONE)
    bench.propose()
    bench.decide(branch_of(ONE), "merge")
    bench.tidy()
    if bench.has(f"{records.FOLDER}/{ONE}.json"):  # as if it had stopped before the file left
        (bench.root / pending(ONE)).parent.mkdir(exist_ok=True)
        (bench.root / pending(ONE)).write_bytes(data)
        assert bench.tidy() == []
    assert not bench.has(pending(ONE))


def test_a_refusal_that_was_cut_short_is_ended(bench: Bench) -> None:
    """As where the machine stops after the file has left, and before that is written down."""
    bench.put(ONE)
    bench.propose()
    bench.decide(branch_of(ONE), "close")
    record = Record(NOW, ONE, "rejected", "the forge <>", "x", "")
    plan = Plan(record.moderator, "", (Task(record, (Take(pending(ONE)),)),), apart=True)
    spool.put(bench.root / plans.PLAN, msgspec.json.encode(plan))
    assert spool.move(bench.root / pending(ONE), bench.root / plans.TAKEN / pending(ONE))
    assert bench.tidy() == []
    assert journal.read(bench.root) == [record]
    assert recorded(bench.root) == {}


def test_a_forge_that_is_down_loses_nothing(bench: Bench) -> None:
    bench.put(ONE)
    bench.break_down()
    with pytest.raises(ForgeFailed):
        bench.propose()
    assert bench.has(pending(ONE))
    bench.come_back()
    bench.propose()
    bench.decide(branch_of(ONE), "merge")
    bench.break_down()
    with pytest.raises(ForgeFailed):
        bench.tidy()
    assert bench.has(pending(ONE))
    bench.come_back()
    assert done(bench.tidy()) == {ONE: "approved"}


def test_what_a_moderator_has_corrected_on_the_branch_is_approved(bench: Bench) -> None:
    data = bench.put(ONE)
    bench.propose()
    bench.change(branch_of(ONE), approved(ONE), data.replace(b"Un message", b"Un beau message"))
    bench.decide(branch_of(ONE), "merge")
    assert done(bench.tidy()) == {ONE: "approved"}
    assert b"Un beau message" in bench.main()[approved(ONE)]


def test_what_cannot_be_approved_is_not_proposed(bench: Bench) -> None:
    bench.put(ONE, of="renamed")
    bench.put(THREE, reply_to=TWO)
    said = told(bench.propose())
    assert "there is no article `renamed`" in said
    assert f"it answers `{TWO}`, which is not published" in said
    assert bench.branches() == set()


def test_an_answer_goes_with_what_it_answers(bench: Bench) -> None:
    """Alone it waits: who would know which of the two is merged first?"""
    bench.put(ONE)
    bench.put(TWO, reply_to=ONE)
    outcomes = bench.propose()
    assert [one.comment for one in outcomes if isinstance(one, Proposed)] == [ONE]
    assert f"it answers `{ONE}`, which is not published" in told(outcomes)
    bench.put(THREE)
    assert "answers" in told(bench.propose())
    for one in recorded(bench.root):
        bench.decide(branch_of(one), "close")
    bench.tidy()
    bench.put(ONE)
    assert proposed(bench.propose("together")) == [(ONE, TOGETHER), (TWO, TOGETHER)]


def withdraw(bench: Bench, name: str) -> None:
    (bench.root / WITHDRAWN).mkdir(parents=True, exist_ok=True)
    (bench.root / WITHDRAWN / name).touch()
    (bench.root / pending(name)).unlink()


def test_what_its_author_has_withdrawn_is_proposed_no_more(bench: Bench) -> None:
    bench.put(ONE)
    bench.propose()
    withdraw(bench, ONE)
    for _ in range(2):
        assert bench.tidy() == []
        assert recorded(bench.root) == {}
        assert bench.branches() == set()
    if isinstance(bench, Web):
        [pull] = bench.depot.pulls
        assert pull.state == "closed"
        assert "Un" not in pull.text


def test_what_was_withdrawn_and_merged_all_the_same_is_told(bench: Bench) -> None:
    bench.put(ONE)
    bench.propose()
    withdraw(bench, ONE)
    bench.decide(branch_of(ONE), "merge")
    assert f"labo comments erase {ONE}" in told(bench.tidy())


def test_of_several_what_is_withdrawn_is_taken_off_the_branch(bench: Bench) -> None:
    """By a further commit: what moderators did on the branch stays."""
    for name in (ONE, TWO, THREE):
        bench.put(name)
    bench.propose("together")
    corrected = b"---\narticle: x\nauthor: Jeanne\ndate: 2026-01-01\n---\nCorrected.\n"
    bench.change(TOGETHER, approved(TWO), corrected)
    withdraw(bench, ONE)
    assert bench.tidy() == []
    assert bench.tidy() == []
    assert recorded(bench.root).keys() == {TWO, THREE}
    if isinstance(bench, Web):
        text = bench.pull(TOGETHER)
        assert text.count("> Un") == 2
        assert ONE not in text
    bench.decide(TOGETHER, "merge")
    assert done(bench.tidy()) == {TWO: "approved", THREE: "approved"}
    assert {approved(ONE), approved(TWO), approved(THREE)} & bench.main().keys() == {approved(TWO), approved(THREE)}
    assert bench.main()[approved(TWO)] == corrected
    assert queue.waiting(bench.root) == ([], [])


def test_what_leaves_and_what_joins_at_once(bench: Bench) -> None:
    bench.put(ONE)
    bench.put(TWO)
    bench.propose("together")
    withdraw(bench, ONE)
    bench.put(THREE)
    assert proposed(bench.propose("together")) == [(THREE, TOGETHER)]
    bench.decide(TOGETHER, "merge")
    assert done(bench.tidy()) == {TWO: "approved", THREE: "approved"}
    assert approved(ONE) not in bench.main()
    assert recorded(bench.root).keys() <= {TWO, THREE}


def test_where_all_are_withdrawn_nothing_is_proposed(bench: Bench) -> None:
    bench.put(ONE)
    bench.put(TWO)
    bench.propose("together")
    withdraw(bench, ONE)
    withdraw(bench, TWO)
    assert bench.tidy() == []
    assert bench.branches() == set()
    assert recorded(bench.root) == {}


def test_what_was_taken_off_the_branch_by_hand_is_not_said_to_be_proposed(bench: Bench) -> None:
    """Somebody has brought it back here, after a decision that was taken back."""
    data = bench.put(ONE)
    bench.put(TWO)
    bench.propose("together")
    withdraw(bench, ONE)
    bench.tidy()
    bench.tidy()
    (bench.root / pending(ONE)).write_bytes(data)
    assert "is not put back" in told(bench.propose("together"))
    assert ONE not in recorded(bench.root)
    bench.decide(TOGETHER, "merge")
    assert done(bench.tidy()) == {TWO: "approved"}
    assert proposed(bench.propose("together")) == [(ONE, TOGETHER)]


def test_what_is_taken_off_while_somebody_merges_is_told(local: Git, monkeypatch: pytest.MonkeyPatch) -> None:
    local.put(ONE)
    local.put(TWO)
    local.propose("together")
    withdraw(local, ONE)
    remote = local.forge
    holds = remote.holds

    def meanwhile(paths: list[str]) -> set[str]:
        monkeypatch.setattr(remote, "holds", holds)
        found = holds(paths)
        local.decide(TOGETHER, "merge")  # after all was looked up, before anything is written
        return found

    monkeypatch.setattr(remote, "holds", meanwhile)
    local.tidy()
    assert f"labo comments erase {ONE}" in told(local.tidy())


def test_what_was_decided_here_meanwhile_is_proposed_no_more(bench: Bench) -> None:
    bench.put(ONE)
    bench.propose()
    [message], _ = queue.waiting(bench.root)
    assert not decisions.decide(bench.root, [Verdict(message, "approved")], "Zoé <zoe@labo.example>", NOW).problems
    assert bench.tidy() == []
    assert bench.branches() == set()
    assert bench.has(approved(ONE))


def test_what_git_keeps_moves_and_a_pull_brings_it(local: Git) -> None:
    """Of a message that is committed where it waits, the proposal is a move; what is refused leaves by a commit."""
    data = local.put(ONE)
    local.put(TWO)
    git(local.root, "add", "-f", "comments")
    git(local.root, "commit", "-qm", "Receive")
    git(local.root, "push", "-q")
    local.propose()
    assert git(local.clone, "fetch", "-q") == ""
    moved = git(local.clone, "diff", "-M", "--name-status", "origin/main", f"origin/{branch_of(ONE)}").split()
    assert moved == ["R100", pending(ONE), approved(ONE)]
    local.decide(branch_of(ONE), "merge")
    assert done(local.tidy()) == {ONE: "approved"}
    assert local.has(pending(ONE)), "a pull takes it away"
    git(local.root, "pull", "-q")
    assert (local.root / approved(ONE)).read_bytes() == data
    assert not local.has(pending(ONE))
    assert local.tidy() == []
    assert recorded(local.root).keys() == {TWO}
    local.decide(branch_of(TWO), "close")
    assert done(local.tidy()) == {TWO: "rejected"}
    assert git(local.root, "log", "-1", "--format=%s").strip() == "Reject a message on x"
    assert git(local.root, "status", "--porcelain") == ""


def test_what_git_does_not_keep_leaves_no_commit(local: Git) -> None:
    """The clone stays as its upstream is: a pull must not fail for a message that was refused."""
    local.put(ONE)
    local.put(TWO)
    local.propose()
    local.decide(branch_of(ONE), "merge")
    local.decide(branch_of(TWO), "close")
    local.tidy()
    git(local.root, "pull", "-q", "--ff-only")
    assert local.has(approved(ONE))
    assert {
        one.comment: (one.decision, one.moderator) for one in journal.read(local.root, "B <bot@essai.example>")
    } == {
        ONE: ("approved", "Zoé <zoe@labo.example>"),
        TWO: ("rejected", "the forge <>"),
    }
    assert local.tidy() == []
    assert recorded(local.root) == {}


def test_who_has_decided_is_written_down(web: Web) -> None:
    web.put(ONE)
    web.propose()
    web.decide(branch_of(ONE), "merge")
    web.tidy()
    [record] = journal.read(web.root)
    assert (record.comment, record.decision, record.moderator) == (ONE, "approved", "moderatrice <>")
    assert record.reason.startswith("decided on the forge: http")


def test_a_branch_that_the_forge_has_lost_is_made_anew(local: Git) -> None:
    local.put(ONE)
    local.propose()
    git(local.root, "push", "-q", "origin", f":{branch_of(ONE)}")
    git(local.root, "update-ref", "-d", f"refs/labo/{branch_of(ONE)}")
    assert "the forge knows nothing of the branch" in told(local.tidy())
    assert local.has(pending(ONE))
    assert proposed(local.propose()) == [(ONE, branch_of(ONE))]


@pytest.mark.parametrize("name", [ONE, "a..b", "x.lock", "jeanne.", "-x", "."])
def test_a_branch_has_a_name_that_git_takes(name: str) -> None:
    assert subprocess.run(["git", "check-ref-format", "--branch", branch_of(name)], capture_output=True).returncode == 0
    assert not branch_of(name).startswith(f"{TOGETHER}/")


def environment(web: Web) -> dict[str, str]:
    address = f"{web.server.url}/asso/site"
    said = {"LABO_FORGE": "github", "LABO_REPOSITORY": address, "LABO_FORGE_API": web.server.url + web.server.prefix}
    return {**said, "LABO_FORGE_TOKEN": TOKEN}


def test_the_command_proposes_and_tidies(web: Web) -> None:
    web.put(ONE)
    web.put(TWO, of="renamed")
    made = labo("comments", "propose", "--root", web.root, "--all", **environment(web))
    assert (made.returncode, made.stdout) == (1, f"proposed {ONE}: {recorded(web.root)[ONE].url}\n")
    assert "there is no article `renamed`" in made.stderr
    assert "> Un message." in web.pull(branch_of(ONE))
    assert "https://essai.example/a/x/" in web.pull(branch_of(ONE))
    web.decide(branch_of(ONE), "merge")
    made = labo("comments", "tidy", "--root", web.root, **environment(web))
    assert (made.returncode, made.stdout, made.stderr) == (0, f"approved {ONE}, by moderatrice\n", "")


def test_two_who_propose_and_tidy_at_once_do_it_once(web: Web) -> None:
    web.put(ONE)

    def both(*words: str) -> list[str]:
        command = [*LABO, "comments", *words, "--root", str(web.root)]
        said = {**os.environ, **environment(web)}
        running = [subprocess.Popen(command, env=said, stdout=subprocess.PIPE, text=True) for _ in range(2)]
        return sorted(one.communicate()[0] for one in running)

    assert both("propose", "--all") == ["", f"proposed {ONE}: {recorded(web.root)[ONE].url}\n"]
    assert len(web.depot.pulls) == 1
    web.decide(branch_of(ONE), "merge")
    assert both("tidy") == ["", f"approved {ONE}, by moderatrice\n"]
    assert len(journal.read(web.root)) == 1


def test_the_command_says_what_the_forge_says(web: Web) -> None:
    web.put(ONE)
    wrong = labo("comments", "propose", "--root", web.root, ONE, **{**environment(web), "LABO_FORGE_TOKEN": "wrong"})
    assert wrong.returncode == 1
    assert "401" in wrong.stderr
    assert "  hint: " in wrong.stderr
    assert "wrong" not in wrong.stderr.replace("the token is wrong", "")
    assert web.has(pending(ONE))
    nobody = labo("comments", "propose", "--root", web.root, ONE)
    assert nobody.returncode == 1
    assert "LABO_FORGE_TOKEN" in nobody.stderr
    assert labo("comments", "propose", "--root", web.root).returncode == 2
    assert labo("comments", "propose", "--root", web.root, "--all", ONE).returncode == 2
    assert "no message none waits" in labo("comments", "propose", "--root", web.root, "none").stderr
