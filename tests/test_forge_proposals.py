"""What a proposal becomes on GitHub, GitLab and Forgejo: one branch, one pull request, whatever happens meanwhile."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest
from forge_forgejo import Forgejo
from forge_github import GitHub
from forge_gitlab import GitLab
from forge_server import NAME, Forge, running
from forges import KINDS, ONCE, QUICK, connected
from msgspec.structs import replace
from proposals import BOT, BRANCH, approved, change, depot, pending, proposal, text

from labo_ssg.forge.proposal import Forge as ForgeOfSite
from labo_ssg.forge.proposal import ForgeFailed, Proposal, Standing


@pytest.fixture(params=KINDS)
def forge(request: pytest.FixtureRequest) -> Iterator[Forge]:
    """A forge with two messages that wait on its main branch."""
    with running(KINDS[request.param](depot("un", "deux"))) as made:
        yield made


@pytest.fixture
def site(forge: Forge) -> ForgeOfSite:
    return connected(forge)


def put(forge: Forge, branch: str = BRANCH) -> dict[str, str]:
    return forge.depot.put(forge.depot.branches[branch])


def test_a_proposal_is_a_commit_that_moves_the_message_and_a_pull_request(forge: Forge, site: ForgeOfSite) -> None:
    standing = site.propose(proposal("un"))
    assert (standing.state, standing.number, standing.paths) == ("open", 1, (approved("un"),))
    assert NAME in standing.url
    (pull,) = forge.depot.pulls
    assert (pull.branch, pull.base, pull.title, pull.text) == (BRANCH, "main", "Un message", "Le texte.\n\nFin.")
    assert put(forge) == {approved("un"): "added", pending("un"): "removed"}
    (commit,) = forge.depot.beyond(forge.depot.branches[BRANCH])
    assert forge.depot.commits[commit].message == proposal("un").message
    assert forge.depot.commits[commit].author == "bot@asso.example"
    main, branch = forge.depot.files(forge.depot.branches["main"]), forge.depot.files(forge.depot.branches[BRANCH])
    assert branch[approved("un")] == main[pending("un")]  # git shows a pure rename
    assert pending("deux") in branch


def test_what_is_not_on_main_is_added_in_its_own_bytes(forge: Forge, site: ForgeOfSite) -> None:
    site.propose(proposal("trois"))
    assert put(forge) == {approved("trois"): "added"}
    assert forge.depot.contents(BRANCH)[approved("trois")] == text("trois")


def test_bytes_that_are_no_text_arrive_as_they_are(forge: Forge, site: ForgeOfSite) -> None:
    odd = Proposal(BRANCH, "t", "x", "m", BOT, (change("un").__class__(approved("x"), b"\xff\x00\xfe", ""),))
    site.propose(odd)
    assert forge.depot.contents(BRANCH)[approved("x")] == b"\xff\x00\xfe"


def test_a_pending_file_with_other_bytes_moves_all_the_same(forge: Forge, site: ForgeOfSite) -> None:
    forge.depot.change("main", {pending("un"): b"edited"})
    site.propose(proposal("un"))
    assert put(forge) == {approved("un"): "added", pending("un"): "removed"}
    assert forge.depot.contents(BRANCH)[approved("un")] == text("un")


def test_asked_twice_it_is_one_branch_and_one_pull_request(forge: Forge, site: ForgeOfSite) -> None:
    first = site.propose(proposal("un"))
    tip, calls = forge.depot.branches[BRANCH], len(forge.calls)
    assert connected(forge).propose(proposal("un")) == first
    assert forge.depot.branches[BRANCH] == tip
    assert len(forge.depot.pulls) == 1
    assert [call for call in forge.calls[calls:] if not call.startswith("GET")] == []


def test_title_and_text_follow(forge: Forge, site: ForgeOfSite) -> None:
    site.propose(proposal("un"))
    tip = forge.depot.branches[BRANCH]
    site.propose(proposal("un", title="Autre", words="Autrement"))
    assert (forge.depot.pulls[0].title, forge.depot.pulls[0].text) == ("Autre", "Autrement")
    assert forge.depot.branches[BRANCH] == tip


def test_messages_that_join_make_one_further_commit(forge: Forge, site: ForgeOfSite) -> None:
    site.propose(proposal("un"))
    standing = site.propose(proposal("un", "deux", "trois"))
    assert standing.paths == (approved("deux"), approved("trois"), approved("un"))
    assert len(forge.depot.beyond(forge.depot.branches[BRANCH])) == 2
    assert len(forge.depot.pulls) == 1
    assert put(forge) == {approved(one): "added" for one in ("un", "deux", "trois")} | {
        pending(one): "removed" for one in ("un", "deux")
    }


def test_a_message_that_came_to_main_after_the_branch_moves_too(forge: Forge, site: ForgeOfSite) -> None:
    site.propose(proposal("un"))
    forge.depot.change("main", {pending("trois"): text("trois"), "content/autre.md": b"x"})
    site.propose(proposal("un", "trois"))
    forge.depot.decide(forge.depot.pulls[0], "merge")
    files = forge.depot.contents("main")
    assert {path for path in files if path.startswith("comments/")} == {
        approved("un"),
        approved("trois"),
        pending("deux"),
    }
    assert files["content/autre.md"] == b"x"


def test_a_pending_file_that_a_moderator_removed_from_the_branch_stays_away(forge: Forge, site: ForgeOfSite) -> None:
    site.propose(proposal("un"))
    forge.depot.change(BRANCH, {pending("deux"): None})
    assert approved("deux") in site.propose(proposal("un", "deux")).paths
    assert put(forge) == {approved(one): "added" for one in ("un", "deux")} | {
        pending(one): "removed" for one in ("un", "deux")
    }


def test_where_main_conflicts_with_the_branch_the_message_joins_all_the_same(forge: Forge, site: ForgeOfSite) -> None:
    site.propose(proposal("un"))
    forge.depot.change("main", {"content/ptce.md": b"ours", pending("trois"): text("trois")})
    forge.depot.change(BRANCH, {"content/ptce.md": b"theirs"})
    assert approved("trois") in site.propose(proposal("un", "trois")).paths
    assert forge.depot.contents(BRANCH)["content/ptce.md"] == b"theirs"


def test_what_a_moderator_removed_from_the_branch_does_not_come_back(forge: Forge, site: ForgeOfSite) -> None:
    site.propose(proposal("un", "deux"))
    forge.depot.change(BRANCH, {approved("deux"): None})
    tip = forge.depot.branches[BRANCH]
    assert site.propose(proposal("un", "deux")).paths == (approved("un"),)
    assert forge.depot.branches[BRANCH] == tip
    standing = site.propose(proposal("un", "deux", "trois"))
    assert standing.paths == (approved("trois"), approved("un"))
    assert approved("deux") not in forge.depot.contents(BRANCH)
    more = [f"m{number}" for number in range(5)]  # more messages than commits: it is looked up another way
    site.propose(proposal("un", "deux", *more))
    assert set(put(forge)) >= {approved(one) for one in more}
    assert approved("deux") not in forge.depot.contents(BRANCH)


def test_what_a_moderator_corrected_on_the_branch_stays_corrected(forge: Forge, site: ForgeOfSite) -> None:
    site.propose(proposal("un"))
    forge.depot.change(BRANCH, {approved("un"): b"corrected"})
    site.propose(proposal("un"))
    assert forge.depot.contents(BRANCH)[approved("un")] == b"corrected"


def test_other_bytes_follow_while_nobody_has_touched_the_file(forge: Forge, site: ForgeOfSite) -> None:
    site.propose(proposal("un", "deux"))
    site.propose(proposal("un", "deux", "trois"))
    told = proposal("un", "deux", "trois")
    anew = replace(told, changes=(replace(told.changes[0], data=b"anew"), *told.changes[1:]))
    site.propose(anew)
    assert forge.depot.contents(BRANCH)[approved("un")] == b"anew"


def test_what_is_on_main_is_left_out(forge: Forge, site: ForgeOfSite) -> None:
    forge.depot.change("main", {approved("un"): text("un"), pending("un"): None})
    assert site.propose(proposal("un")) == Standing("none")
    assert list(forge.depot.branches) == ["main"]
    assert site.propose(proposal("un", "deux")).paths == (approved("deux"),)
    assert put(forge) == {approved("deux"): "added", pending("deux"): "removed"}


@pytest.mark.parametrize("keep_branch", [True, False])
@pytest.mark.parametrize(("style", "state"), [("merge", "merged"), ("squash", "merged"), ("close", "closed")])
def test_after_a_decision_the_same_name_serves_again(
    forge: Forge, site: ForgeOfSite, style: str, state: str, keep_branch: bool
) -> None:
    site.propose(proposal("un"))
    forge.depot.decide(forge.depot.pulls[0], style, keep_branch=keep_branch)
    standing = site.standing(BRANCH)
    assert (standing.state, standing.number, standing.paths) == (state, 1, ())
    names = ("un", "deux") if style != "close" else ("deux",)
    second = connected(forge).propose(proposal(*names))
    assert (second.state, second.number, second.paths) == ("open", 2, (approved("deux"),))
    assert put(forge) == {approved("deux"): "added", pending("deux"): "removed"}
    assert len(forge.depot.beyond(forge.depot.branches[BRANCH])) == 1
    assert connected(forge).propose(proposal(*names)) == second
    assert site.standing(BRANCH).number == 2
    assert len(forge.depot.pulls) == 2
    forge.depot.decide(forge.depot.pulls[1], "close")
    assert (site.standing(BRANCH).state, site.standing(BRANCH).number) == ("closed", 2)
    stranger = forge.opened(BRANCH, "main", "Spam", "Spam")
    stranger.fork, stranger.tip = True, forge.depot.branches["main"]
    assert site.standing(BRANCH).number == 2


def test_what_was_merged_is_not_proposed_again(forge: Forge, site: ForgeOfSite) -> None:
    site.propose(proposal("un"))
    forge.depot.decide(forge.depot.pulls[0], "squash", keep_branch=True)
    assert site.propose(proposal("un")).state == "merged"
    assert len(forge.depot.pulls) == 1


def test_standing_and_who_decided(forge: Forge, site: ForgeOfSite) -> None:
    assert site.standing(BRANCH) == Standing("none")
    site.propose(proposal("un", "deux"))
    assert site.standing(BRANCH).paths == (approved("deux"), approved("un"))
    forge.depot.decide(forge.depot.pulls[0], "squash")
    assert site.standing(BRANCH).by == "moderatrice"


def test_a_pull_request_of_a_fork_is_none_of_ours(forge: Forge, site: ForgeOfSite) -> None:
    stranger = forge.opened(BRANCH, "main", "Spam", "Spam")
    stranger.fork, stranger.state = True, "merged"
    stranger.tip = forge.depot.branches["main"]
    assert site.standing(BRANCH).state == "none"
    assert site.propose(proposal("un")).number == 2
    assert site.standing(BRANCH).number == 2


def test_holds_tells_what_lies_on_main(forge: Forge, site: ForgeOfSite) -> None:
    asked = [approved("un"), pending("un"), pending("deux"), "comments/approved/elsewhere/x.md"]
    assert site.holds(asked) == {pending("un"), pending("deux")}
    calls = len(forge.calls)
    many = [f"comments/pending/article-{number}/x.md" for number in range(500)]
    assert site.holds([*many, pending("un")]) == {pending("un")}
    assert len(forge.calls) - calls <= 3
    assert site.holds([]) == set()


def test_a_branch_that_begins_at_an_older_main_is_begun_again_while_nobody_has_seen_it(
    forge: Forge, site: ForgeOfSite
) -> None:
    forge.depot.branches[BRANCH] = forge.depot.branches["main"]
    forge.depot.change("main", {pending("trois"): text("trois")})
    site.propose(proposal("trois"))
    assert put(forge) == {approved("trois"): "added", pending("trois"): "removed"}


def test_who_pushes_meanwhile_loses_nothing(forge: Forge, site: ForgeOfSite) -> None:
    site.propose(proposal("un"))
    writes = {
        GitHub: "PATCH /repos",
        GitLab: "POST /api/v4/projects/asso%2Fsite/repository/commits",
        Forgejo: "POST /api",
    }
    write, ask, once = writes[type(forge)], forge._done, []

    def meanwhile(method: str, target: str, headers: dict[str, str], data: bytes):  # type: ignore[no-untyped-def]
        if f"{method} {target}".startswith(write) and not once:
            once.append(forge.depot.change(BRANCH, {"content/ptce.md": b"by hand", approved("deux"): text("deux")}))
        return ask(method, target, headers, data)

    forge._done = meanwhile  # type: ignore[method-assign] # a person at work between two calls
    assert site.propose(proposal("un", "deux", "trois")).paths == (approved("deux"), approved("trois"), approved("un"))
    assert once
    assert forge.depot.contents(BRANCH)["content/ptce.md"] == b"by hand"


def test_two_that_propose_at_once_make_one(forge: Forge) -> None:
    with ThreadPoolExecutor(4) as pool:
        asked = [pool.submit(connected(forge).propose, proposal("un", "deux")) for _ in range(4)]
        standings = [one.result(60) for one in asked]
    assert {(one.number, one.paths) for one in standings} == {(1, (approved("deux"), approved("un")))}
    assert len(forge.depot.beyond(forge.depot.branches[BRANCH])) == 1
    assert len(forge.depot.pulls) == 1


@pytest.mark.parametrize("kind", KINDS)
def test_a_thousand_messages_are_proposed_together(kind: str) -> None:
    names = [f"m{number:04}" for number in range(1000)]
    with running(KINDS[kind](depot(*names))) as forge:
        standing = connected(forge, QUICK).propose(proposal(*names))
        assert len(standing.paths) == 1000
        assert len(put(forge)) == 2000
        if kind == "github":
            assert len(forge.calls) < 10
        if kind != "forgejo":
            assert len(forge.depot.beyond(forge.depot.branches[BRANCH])) == 1
        assert len(forge.depot.pulls) == 1
        assert connected(forge).propose(proposal(*names)) == standing


def begun(kind: str, before: str) -> Forge:
    """Return a forge on which a proposal was never made, was closed, or is open with a message less."""
    forge = KINDS[kind](depot("un", "deux"))
    if before != "none":
        with running(forge):
            connected(forge).propose(proposal("un"))
        if before == "closed":
            forge.depot.decide(forge.depot.pulls[0], "close", keep_branch=True)
    forge.calls.clear()
    return forge


@pytest.mark.parametrize("mute", [False, True], ids=["before it is done", "before it is answered"])
@pytest.mark.parametrize("before", ["none", "closed", "open"])
@pytest.mark.parametrize("kind", KINDS)
def test_cut_between_any_two_calls_it_is_one_branch_and_one_pull_request(kind: str, before: str, mute: bool) -> None:
    for number in range(100):
        forge = begun(kind, before)
        forge.dies_after, forge.mute = number, mute
        with running(forge):
            try:
                connected(forge, ONCE).propose(proposal("un", "deux", title="Deux messages"))
                died = False
            except ForgeFailed:
                died = True
            forge.dies_after = 1_000_000
            standing = connected(forge).propose(proposal("un", "deux", title="Deux messages"))
        assert standing.paths == (approved("deux"), approved("un"))
        assert len(put(forge)) == 4
        assert len(forge.depot.open_pulls()) == 1
        assert forge.depot.open_pulls()[0].title == "Deux messages"
        assert set(forge.depot.branches) == {"main", BRANCH}
        assert len(forge.depot.beyond(forge.depot.branches[BRANCH])) == (2 if before == "open" else 1)
        if not died:
            break
    assert number >= 5


@pytest.mark.parametrize("mute", [False, True], ids=["before it is done", "before it is answered"])
@pytest.mark.parametrize("kind", KINDS)
def test_what_is_withdrawn_is_closed_and_gone_wherever_it_is_cut(kind: str, mute: bool) -> None:
    for number in range(100):
        forge = begun(kind, "open")
        forge.dies_after, forge.mute = number, mute
        with running(forge):
            try:
                connected(forge, ONCE).withdraw(BRANCH)
                died = False
            except ForgeFailed:
                died = True
            forge.dies_after = 1_000_000
            connected(forge).withdraw(BRANCH)
            connected(forge).withdraw(BRANCH)
        assert [one.state for one in forge.depot.pulls] == ["closed"]
        assert set(forge.depot.branches) == {"main"}
        if not died:
            break
    assert number >= 3


def test_a_token_without_rights_is_told(forge: Forge, site: ForgeOfSite) -> None:
    forge.may_write = False
    with pytest.raises(ForgeFailed, match="403 Forbidden: Resource not accessible") as failed:
        site.propose(proposal("un"))
    assert "it needs" in failed.value.hint
    assert list(forge.depot.branches) == ["main"]


def test_a_protected_branch_is_told(forge: Forge, site: ForgeOfSite) -> None:
    forge.protected.add(BRANCH)
    with pytest.raises(ForgeFailed, match=f"protected branch {BRANCH}|into this branch") as failed:
        site.propose(proposal("un"))
    assert "the branch is protected" in failed.value.hint


def test_a_repository_without_main_is_told(forge: Forge, site: ForgeOfSite) -> None:
    del forge.depot.branches["main"]
    with pytest.raises(ForgeFailed, match="there is no branch main"):
        site.propose(proposal("un"))
