"""A repository without a forge: real git, a bare repository as its remote, a moderator with a clone of it."""

from pathlib import Path

import pytest
from proposals import BRANCH, approved, change, pending, proposal, text
from repositories import git, identify

from labo_ssg.forge.connect import connect
from labo_ssg.forge.plain import Plain
from labo_ssg.forge.proposal import ForgeFailed, Standing

JEANNE = "[user]\nname=Jeanne\nemail=jeanne@asso.example\n[init]\ndefaultBranch=main\n"


class Case:
    """The remote, the clone of the inbox (`here`), and that of a moderator (`there`)."""

    def __init__(self, folder: Path) -> None:
        self.remote, self.here, self.there = folder / "remote.git", folder / "here", folder / "there"
        git(folder, "init", "--quiet", "--bare", str(self.remote))
        git(folder, "clone", "--quiet", str(self.remote), str(self.there))
        self.commit({"content/ptce.md": b"x", pending("un"): text("un"), pending("deux"): text("deux")})
        git(folder, "clone", "--quiet", str(self.remote), str(self.here))
        self.site = Plain(self.here, "origin", "main")

    def commit(self, files: dict[str, bytes | None], branch: str = "main") -> None:
        """Commit and push, as a moderator does."""
        for path, data in files.items():
            place = self.there / path
            if data is None:
                place.unlink()
            else:
                place.parent.mkdir(parents=True, exist_ok=True)
                place.write_bytes(data)
        git(self.there, "add", "--all")
        git(self.there, "commit", "--quiet", "-m", "By hand")
        git(self.there, "push", "--quiet", "origin", f"HEAD:{branch}")

    def take(self, branch: str) -> None:
        git(self.there, "fetch", "--quiet")
        git(self.there, "checkout", "--quiet", "-B", branch, f"origin/{branch}")

    def decide(self, *words: str, keep: bool) -> None:
        self.take("main")
        if words:
            git(self.there, "merge", "--quiet", *words, f"origin/{BRANCH}")
            if "--squash" in words:
                git(self.there, "commit", "--quiet", "-m", "Squashed")
            git(self.there, "push", "--quiet", "origin", "main")
        if not keep:
            git(self.there, "push", "--quiet", "origin", f":{BRANCH}")

    def shown(self, branch: str = BRANCH) -> list[str]:
        found = git(self.remote, "diff", "--name-status", "-M100%", f"main...{branch}")
        return ["\t".join(line.split("\t")) for line in found.splitlines()]

    def commits(self) -> list[str]:
        return git(self.remote, "log", "--format=%an <%ae>|%s", f"main..{BRANCH}").splitlines()


@pytest.fixture
def case(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Case:
    identify(monkeypatch, tmp_path / "gitconfig", JEANNE)
    return Case(tmp_path)


def moved(name: str) -> str:
    return f"R100\t{pending(name)}\t{approved(name)}"


def test_a_proposal_is_a_branch_with_one_commit_that_moves(case: Case) -> None:
    (case.here / "content/ptce.md").write_bytes(b"an editor is at work")
    git(case.here, "add", "--all")
    assert case.site.propose(proposal("un")) == Standing("open", paths=(approved("un"),))
    assert case.shown() == [moved("un")]
    assert case.commits() == ["Boîte du site <bot@asso.example>|Propose 1 messages"]
    assert git(case.here, "status", "--porcelain") == "M  content/ptce.md\n"
    assert git(case.here, "branch", "--list") == "* main\n"


def test_asked_twice_it_is_one_commit(case: Case, tmp_path: Path) -> None:
    first = case.site.propose(proposal("un"))
    tip = git(case.remote, "rev-parse", BRANCH)
    assert case.site.propose(proposal("un")) == first
    git(tmp_path, "clone", "--quiet", str(case.remote), "fresh")
    assert Plain(tmp_path / "fresh", "origin", "main").propose(proposal("un")) == first
    assert git(case.remote, "rev-parse", BRANCH) == tip


def test_messages_join_and_what_was_removed_by_hand_stays_away(case: Case) -> None:
    case.site.propose(proposal("un", "deux"))
    case.take(BRANCH)
    case.commit({approved("deux"): None}, BRANCH)
    case.take("main")
    case.commit({pending("trois"): text("trois")})
    standing = case.site.propose(proposal("un", "deux", "trois"))
    assert standing.paths == (approved("trois"), approved("un"))
    assert sorted(case.shown()) == sorted([f"D\t{pending('deux')}", moved("trois"), moved("un")])


def test_where_main_conflicts_the_message_joins_all_the_same(case: Case) -> None:
    case.site.propose(proposal("un"))
    case.take(BRANCH)
    case.commit({"content/ptce.md": b"theirs"}, BRANCH)
    case.take("main")
    case.commit({"content/ptce.md": b"ours", pending("trois"): text("trois")})
    assert case.site.propose(proposal("un", "trois")).paths == (approved("trois"), approved("un"))


@pytest.mark.parametrize("keep", [True, False], ids=["branch kept", "branch deleted"])
@pytest.mark.parametrize("words", [("--no-ff", "--no-edit"), ("--ff-only",), ("--squash",)], ids=" ".join)
def test_what_was_merged_is_known_and_the_name_serves_again(case: Case, words: tuple[str, ...], keep: bool) -> None:
    case.site.propose(proposal("un"))
    case.decide(*words, keep=keep)
    assert case.site.standing(BRANCH).state == "merged"
    assert case.site.propose(proposal("un")).state == "merged"
    assert case.site.propose(proposal("un", "deux")).paths == (approved("deux"),)
    assert case.shown() == [moved("deux")]
    assert len(case.commits()) == 1


def test_a_branch_that_is_deleted_was_refused(case: Case) -> None:
    assert case.site.standing(BRANCH) == Standing("none")
    case.site.propose(proposal("un"))
    assert case.site.standing(BRANCH) == Standing("open", paths=(approved("un"),))
    case.decide(keep=False)
    assert case.site.standing(BRANCH).state == "closed"
    assert case.site.propose(proposal("un")).state == "open"


def test_a_decided_branch_with_commits_of_others_is_not_written_over(case: Case) -> None:
    case.site.propose(proposal("un"))
    case.decide("--squash", keep=True)
    case.take(BRANCH)
    case.commit({"content/autre.md": b"not lost"}, BRANCH)
    with pytest.raises(ForgeFailed, match=r"has commits of jeanne@asso\.example that main has not"):
        case.site.propose(proposal("un", "deux"))
    assert "content/autre.md" in git(case.remote, "ls-tree", "-r", "--name-only", BRANCH)


def test_hundreds_of_messages_are_one_commit(case: Case) -> None:
    names = [f"m{number:04}" for number in range(300)]
    assert len(case.site.propose(proposal(*names)).paths) == 300
    assert len(case.commits()) == 1


def test_holds_tells_what_lies_on_the_main_branch_of_the_remote(case: Case) -> None:
    case.commit({approved("neuf"): b"new"})
    asked = [approved("neuf"), approved("un"), pending("un")]
    assert case.site.holds(asked) == {approved("neuf"), pending("un")}


def test_the_text_that_asks_to_pull(case: Case) -> None:
    case.site.propose(proposal("un"))
    asked = case.site.request_pull(BRANCH)
    assert "are available in the Git repository at" in asked
    assert f"{case.remote} {BRANCH}" in asked
    assert "100%" in asked
    with pytest.raises(ForgeFailed, match="there is no branch labo/none"):
        case.site.request_pull("labo/none")


def test_a_push_that_is_refused_is_told_without_the_password(case: Case) -> None:
    hook = case.remote / "hooks/pre-receive"
    hook.write_text("#!/bin/sh\necho 'no, says http://bot:s3cr3t@host/x' >&2\nexit 1\n", encoding="utf-8")
    hook.chmod(0o755)
    with pytest.raises(ForgeFailed, match="pre-receive hook declined") as failed:
        case.site.propose(proposal("un"))
    assert "http://host/x" in str(failed.value)
    assert "s3cr3t" not in str(failed.value)


def test_a_push_whose_answer_is_lost_was_done(case: Case) -> None:
    hook = case.remote / "hooks/post-receive"
    hook.write_text("#!/bin/sh\nkill -9 $(ps -o ppid= -p $PPID)\nkill -9 $PPID\n", encoding="utf-8")
    hook.chmod(0o755)
    assert case.site.propose(proposal("un")).state == "open"
    assert case.site.propose(proposal("un")).state == "open"
    assert case.commits() == ["Boîte du site <bot@asso.example>|Propose 1 messages"]


def test_a_remote_that_is_gone_is_told(case: Case) -> None:
    case.remote.rename(case.remote.with_name("elsewhere"))
    with pytest.raises(ForgeFailed, match=r"does not appear to be a git repository|does not exist"):
        case.site.holds([change("un").path])


def test_without_a_token_a_clone_is_a_plain_repository(case: Case) -> None:
    assert isinstance(connect(case.here, None, {}), Plain)
    assert connect(case.here, None, {}).propose(proposal("un")).state == "open"
    elsewhere = connect(case.here, None, {"LABO_FORGE": "git", "LABO_REPOSITORY": str(case.remote)})
    assert elsewhere.standing(BRANCH).state == "open"
