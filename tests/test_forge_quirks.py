"""Forges that are slow, busy, or say other than they do: what was seen on real ones."""

import json
import logging
import re
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest
from forge_forgejo import Forgejo
from forge_github import GitHub
from forge_server import NAME, TOKEN, Answer, Fault, Forge, running
from forges import KINDS, ONCE, QUICK, connected
from msgspec.structs import replace
from proposals import BRANCH, approved, depot, pending, proposal, text

from labo_ssg.forge.api import Api
from labo_ssg.forge.course import Pull
from labo_ssg.forge.proposal import ForgeFailed

BUSY = {"message": "busy"}


@pytest.fixture(params=KINDS)
def forge(request: pytest.FixtureRequest) -> Iterator[Forge]:
    with running(KINDS[request.param](depot("un", "deux"))) as made:
        yield made


@pytest.fixture
def forgejo() -> Iterator[Forgejo]:
    made = Forgejo(depot("un", "deux"))
    with running(made):
        yield made


def writes(forge: Forge) -> list[str]:
    return [call for call in forge.calls if not call.startswith("GET")]


def assert_one(forge: Forge) -> None:
    """Look that there is one branch with one commit, and one pull request."""
    assert set(forge.depot.branches) == {"main", BRANCH}
    assert len(forge.depot.beyond(forge.depot.branches[BRANCH])) == 1
    assert len(forge.depot.pulls) == 1


@pytest.mark.parametrize("done", [False, True], ids=["not done", "done"])
@pytest.mark.parametrize("status", [0, 500, 502, 503], ids=["no answer", "500", "502", "503"])
@pytest.mark.parametrize("path", ["/(git/refs|repository/commits|contents)$", "/(pulls|merge_requests)$"])
def test_an_answer_that_is_lost_does_no_harm(forge: Forge, status: int, path: str, done: bool) -> None:
    forge.faults.append(Fault("POST", path, status, BUSY, done=done))
    assert connected(forge).propose(proposal("un")).paths == (approved("un"),)
    assert forge.faults == []
    assert_one(forge)
    asked = [call for call in writes(forge) if re.search(path, call)]
    assert len(asked) == (1 if done else 2)  # one looks before one writes again


def test_every_answer_may_be_lost_once(forge: Forge) -> None:
    forge.loses_first = True
    assert connected(forge).propose(proposal("un")).state == "open"
    assert len(forge.lost) >= 6
    assert_one(forge)


def test_a_slow_answer_is_not_waited_for_for_ever(forge: Forge) -> None:
    forge.faults.append(Fault("POST", "/(pulls|merge_requests)$", 0, done=True, slow=0.4))
    connected(forge, replace(QUICK, answer=0.2)).propose(proposal("un"))
    assert_one(forge)


def test_what_is_refused_for_good_is_not_asked_again(forge: Forge) -> None:
    forge.faults.append(Fault("POST", "/(pulls|merge_requests)$", 422, {"message": "Validation Failed"}, times=9))
    with pytest.raises(ForgeFailed, match="422 Unprocessable Entity: Validation Failed"):
        connected(forge).propose(proposal("un"))
    assert len([call for call in writes(forge) if call.endswith(("/pulls", "/merge_requests"))]) == 1


def test_it_gives_up_after_some_tries(forge: Forge) -> None:
    forge.faults.append(Fault("GET", "branch", 503, BUSY, times=99))
    with pytest.raises(ForgeFailed, match="503 Service Unavailable: busy") as failed:
        connected(forge).propose(proposal("un"))
    assert failed.value.hint == "the forge is busy: it is tried again later"
    assert len(forge.calls) == QUICK.tries


@pytest.mark.parametrize(
    ("status", "headers"),
    [
        (429, {"Retry-After": "0"}),
        (429, {"Retry-After": "Mon, 23 Nov 2026 10:00:00 GMT", "Date": "Mon, 23 Nov 2026 10:00:00 GMT"}),
        (403, {"x-ratelimit-remaining": "0", "x-ratelimit-reset": "1"}),
    ],
)
def test_who_is_asked_to_come_back_later_comes_back(forge: Forge, status: int, headers: dict[str, str]) -> None:
    forge.faults.append(Fault("POST", "/(pulls|merge_requests)$", status, {"message": "slow down"}, headers))
    assert connected(forge).propose(proposal("un")).state == "open"
    assert_one(forge)


def test_a_403_that_asks_to_wait_is_no_lack_of_rights() -> None:
    with running(GitHub(depot("un"))) as forge:
        forge.faults.append(Fault("POST", "/pulls$", 403, {"message": "secondary rate limit"}, {"Retry-After": "1"}))
        assert connected(forge).propose(proposal("un")).state == "open"
        assert_one(forge)


def test_a_catch_up_whose_answer_is_lost_is_not_asked_for_again(forge: Forge) -> None:
    connected(forge).propose(proposal("un"))
    forge.depot.change("main", {pending("trois"): text("trois")})
    forge.faults.append(Fault("POST|PUT", "/(update|rebase|merges)", 0, done=True))
    connected(forge).propose(proposal("un", "trois"))
    assert forge.faults == []
    assert pending("trois") not in forge.depot.contents(BRANCH)


def test_who_is_asked_to_come_back_much_later_says_so_at_once(forge: Forge) -> None:
    fault = Fault("GET", "branch", 429, {"message": "slow down"}, {"Retry-After": "3600"})
    forge.faults.append(fault)
    with pytest.raises(ForgeFailed, match="429 Too Many Requests: slow down"):
        connected(forge).propose(proposal("un"))
    assert len(forge.calls) == 1


@pytest.mark.parametrize("done", [True, False])
def test_gitea_says_that_the_repository_is_empty_just_after_the_first_push(forgejo: Forge, done: bool) -> None:
    forgejo.faults.append(Fault("POST", "/contents$", 422, {"message": "repo is empty"}, done=done))
    assert connected(forgejo).propose(proposal("un")).state == "open"
    assert_one(forgejo)


def test_a_405_that_asks_to_try_again_is_tried_again(forgejo: Forge) -> None:
    forgejo.faults.append(Fault("POST", "/pulls$", 405, {"message": "Please try again later"}))
    assert connected(forgejo).propose(proposal("un")).state == "open"


def test_what_was_just_pushed_and_is_not_yet_listed_stays_removed(forge: Forge) -> None:
    site = connected(forge)
    site.propose(proposal("un", "deux"))
    before = forge.depot.branches[BRANCH]
    forge.depot.change(BRANCH, {approved("deux"): None})
    forge.late = [before] * 3
    site.propose(proposal("un", "deux"))
    assert forge.late == []
    assert approved("deux") not in forge.depot.contents(BRANCH)


def test_lists_that_never_come_are_not_waited_for_for_ever(forge: Forge) -> None:
    site = connected(forge)
    site.propose(proposal("un"))
    forge.late = [forge.depot.branches["main"]] * 50
    assert approved("deux") in site.propose(proposal("un", "deux")).paths
    assert len(forge.late) > 40


def test_gitea_learns_of_main_a_moment_after_the_first_push(forge: Forge) -> None:
    forge.faults.append(Fault("GET", "branches/main$", 404, {"message": "The target couldn't be found."}, times=3))
    assert connected(forge).propose(proposal("un")).state == "open"
    assert_one(forge)


def test_a_commit_on_gitea_has_the_date_of_its_day(forgejo: Forgejo) -> None:
    connected(forgejo).propose(proposal("un"))
    date = datetime.fromisoformat(forgejo.dates[forgejo.depot.branches[BRANCH]])
    assert abs(datetime.now(UTC) - date) < timedelta(minutes=10)


def test_what_gitea_calls_itself_is_shown_but_not_asked(forgejo: Forgejo) -> None:
    assert connected(forgejo).propose(proposal("un")).url == f"https://forge.asso.example/{NAME}/pulls/1"
    for number in range(120):  # three pages, whose links name the other host
        forgejo.depot.change(BRANCH, {f"content/{number}.md": b"x"})
    assert len(connected(forgejo).remote.puts(Pull(BRANCH, 1, "open", ""))) == 121  # type: ignore[attr-defined]


@pytest.mark.parametrize("is_old", [False, True])
def test_a_gitea_that_cannot_find_a_pull_request_by_its_branches_lists_them(forgejo: Forgejo, is_old: bool) -> None:
    forgejo.is_old = is_old
    site = connected(forgejo)
    assert site.standing(BRANCH).state == "none"
    assert site.propose(proposal("un")).number == 1
    assert site.propose(proposal("un", "deux")).number == 1
    forgejo.depot.decide(forgejo.depot.pulls[0], "squash")
    assert (site.standing(BRANCH).state, site.standing(BRANCH).by) == ("merged", "moderatrice")


def test_of_pull_requests_made_in_one_second_the_last_counts(forgejo: Forgejo) -> None:
    forgejo.age = lambda pull: "2026-11-23T10:00:00Z"
    site = connected(forgejo)
    for number in (1, 2, 3):
        assert site.propose(proposal("un")).number == number
        assert (site.standing(BRANCH).state, site.standing(BRANCH).number) == ("open", number)
        forgejo.depot.decide(forgejo.depot.pulls[-1], "close")
        assert (site.standing(BRANCH).state, site.standing(BRANCH).number) == ("closed", number)


def test_what_is_older_than_the_last_pull_request_is_not_listed(forgejo: Forgejo) -> None:
    for number in range(120):
        forgejo.opened(f"elsewhere-{number}", "main", "Of somebody", "").state = "closed"
    site = connected(forgejo)
    site.propose(proposal("un"))
    forgejo.depot.decide(forgejo.depot.pulls[-1], "close")
    forgejo.calls.clear()
    assert site.standing(BRANCH).number == 121
    assert len(forgejo.calls) == 3  # one of the branch, those that are open, a page of those that are decided


def test_a_pull_request_that_was_opened_again_goes_before_a_newer_one(forgejo: Forgejo) -> None:
    site = connected(forgejo)
    for _ in range(3):
        site.propose(proposal("un"))
        forgejo.depot.decide(forgejo.depot.pulls[-1], "close", keep_branch=True)
    forgejo.depot.pulls[1].state = "open"
    assert (site.standing(BRANCH).state, site.standing(BRANCH).number) == ("open", 2)
    assert site.propose(proposal("un", "deux")).number == 2


def test_a_branch_that_is_decided_is_written_over(forgejo: Forgejo) -> None:
    site = connected(forgejo)
    site.propose(proposal("un"))
    forgejo.depot.decide(forgejo.depot.pulls[0], "close", keep_branch=True)
    assert site.propose(proposal("deux")).number == 2
    assert not any(call.startswith("DELETE") for call in forgejo.calls)
    assert len(forgejo.depot.beyond(forgejo.depot.branches[BRANCH])) == 1


def test_where_it_cannot_be_written_over_the_new_one_is_not_closed_with_the_old_one(forgejo: Forgejo) -> None:
    forgejo.overwrites, forgejo.closes_after = False, 0.06
    site = connected(forgejo, replace(QUICK, pause=0.05))
    site.propose(proposal("un"))
    forgejo.depot.decide(forgejo.depot.pulls[0], "close", keep_branch=True)
    assert site.propose(proposal("deux")).number == 2
    time.sleep(0.1)
    assert (site.standing(BRANCH).state, site.standing(BRANCH).number) == ("open", 2)
    assert len(forgejo.depot.beyond(forgejo.depot.branches[BRANCH])) == 1


@pytest.mark.parametrize("overwrites", [True, False], ids=["Gitea 1.26", "older"])
@pytest.mark.parametrize("branch", ["main", BRANCH])
def test_a_file_that_leaves_meanwhile_is_looked_for_again(forgejo: Forgejo, branch: str, overwrites: bool) -> None:
    forgejo.overwrites = overwrites
    site = connected(forgejo)
    if branch == BRANCH:
        site.propose(proposal("un"))
    ask, once = forgejo._done, []

    def meanwhile(method: str, target: str, headers: dict[str, str], data: bytes) -> Answer:
        if method == "POST" and target.endswith("/contents") and not once:
            once.append(forgejo.depot.change(branch, {pending("deux"): None}))
        return ask(method, target, headers, data)

    forgejo._done = meanwhile  # type: ignore[method-assign] # a person at work between two calls
    assert approved("deux") in site.propose(proposal("un", "deux")).paths
    assert once
    assert pending("deux") not in forgejo.depot.contents(BRANCH)


@pytest.mark.parametrize("mute", [False, True], ids=["before it is done", "before it is answered"])
def test_where_it_cannot_be_written_over_it_may_be_cut_anywhere(mute: bool) -> None:
    for number in range(100):
        forge = Forgejo(depot("un", "deux"))
        forge.overwrites = False
        with running(forge):
            connected(forge).propose(proposal("un"))
            forge.depot.decide(forge.depot.pulls[0], "close", keep_branch=True)
            forge.dies_after, forge.mute = len(forge.calls) + number, mute
            try:
                connected(forge, ONCE).propose(proposal("deux"))
                died = False
            except ForgeFailed:
                died = True
            forge.dies_after = 1_000_000
            assert connected(forge).propose(proposal("deux")).paths == (approved("deux"),)
        assert [one.state for one in forge.depot.pulls] == ["closed", "open"]
        assert len(forge.depot.beyond(forge.depot.branches[BRANCH])) == 1
        if not died:
            break
    assert number >= 5


def test_a_pull_request_that_gitea_cannot_show_is_passed_over(forgejo: Forgejo) -> None:
    site = connected(forgejo)
    site.propose(proposal("un"))
    forgejo.depot.decide(forgejo.depot.pulls[0], "close")
    forgejo.opened("elsewhere", "main", "Of a fork that is gone", "").state = "closed"
    forgejo.unmade = {2}
    assert site.standing(BRANCH).number == 1


def test_pull_requests_that_are_switched_off_are_told(forgejo: Forgejo) -> None:
    forgejo.has_pulls = False
    with pytest.raises(ForgeFailed, match="POST /repos/asso/site/pulls: 404") as failed:
        connected(forgejo).propose(proposal("un"))
    assert failed.value.hint == "are pull requests enabled, in the settings of the repository?"


def test_a_branch_whose_name_is_too_long_for_gitea_is_told(forgejo: Forgejo) -> None:
    with pytest.raises(ForgeFailed, match=r"422 Unprocessable Entity: MaxSize$"):
        connected(forgejo).propose(proposal("un", branch="labo/" + "x" * 100))


def test_trees_of_gitea_are_read_page_by_page(forgejo: Forgejo) -> None:
    names = [f"m{number}" for number in range(30)]
    forgejo.depot.change("main", {pending(one): text(one) for one in names})
    forgejo.trees = 7
    site = connected(forgejo)
    assert len(site.propose(proposal(*names)).paths) == 30
    elsewhere = [f"comments/approved/article-{number}/x.md" for number in range(20)]
    assert site.holds([*elsewhere, *(pending(one) for one in names)]) == {pending(one) for one in names}


def test_a_file_whose_name_is_not_ascii_is_found_on_gitea(forgejo: Forgejo) -> None:
    path = "comments/pending/été à l'ouest #1?/un 100 %.md"
    forgejo.depot.change("main", {path: b"x"})
    assert connected(forgejo).holds([path, f"{path}x"]) == {path}


def test_what_is_too_much_at_once_is_told(forge: Forge) -> None:
    page = b"<html><head><title>413 Request Entity Too Large</title></head></html>"
    forge.faults.append(Fault("POST", "/(git/trees|repository/commits|contents)$", 413, page))
    with pytest.raises(ForgeFailed, match="413 Request Entity Too Large") as failed:
        connected(forge).propose(proposal("un"))
    assert "client_max_body_size" in failed.value.hint


def test_no_proxy_stands_between_this_machine_and_itself(forge: Forge, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("http_proxy", "https_proxy", "all_proxy"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    monkeypatch.delenv("no_proxy", raising=False)
    monkeypatch.delenv("NO_PROXY", raising=False)
    assert connected(forge).propose(proposal("un")).state == "open"


def test_github_has_nothing_to_bring_to_a_branch_that_is_up_to_date() -> None:
    with running(GitHub(depot("un"))) as forge:
        site = connected(forge)
        site.propose(proposal("un"))
        tip = forge.depot.branches[BRANCH]
        site.remote.catch_up(Pull(BRANCH, 1, "open", ""))  # type: ignore[attr-defined]
        assert forge.depot.branches[BRANCH] == tip


def test_a_branch_that_somebody_deleted_is_no_mistake(forge: Forge) -> None:
    site = connected(forge)
    site.remote.delete("labo/gone")  # type: ignore[attr-defined]
    assert set(forge.depot.branches) == {"main"}


def test_of_two_objects_in_one_body_the_first_is_told(forgejo: Forge) -> None:
    two = json.dumps({"message": "merge conflict"}) + "\n" + json.dumps({"message": "and more"})
    forgejo.faults.append(Fault("POST", "/contents$", 409, two.encode()))
    with pytest.raises(ForgeFailed, match=r"409 Conflict: merge conflict$"):
        connected(forgejo).propose(proposal("un"))


def test_a_pull_request_that_is_there_but_not_yet_listed_is_found(forge: Forge) -> None:
    site = connected(forge)
    last, late = site.remote._last, []  # type: ignore[attr-defined]

    def lagging(branch: str) -> object:
        found = last(branch)
        late.append(found)
        return None if len(late) <= 2 else found

    site.remote._last = lagging  # type: ignore[attr-defined] # lists lag behind what they list
    forge.faults.append(Fault("POST", "/(pulls|merge_requests)$", 502, BUSY, done=True))
    assert site.propose(proposal("un")).number == 1
    assert len(forge.depot.pulls) == 1


def test_nothing_says_the_token(forge: Forge, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    said = {"message": f"who is {TOKEN}?"}
    forge.faults += [Fault("GET", "branch", 502, said), Fault("GET", "branch", 401, said)]
    site = connected(forge)
    with pytest.raises(ForgeFailed, match="401 Unauthorized: who is …") as failed:
        site.propose(proposal("un"))
    assert "LABO_FORGE_TOKEN" in failed.value.hint
    assert "tried again" in caplog.text
    shown = (
        f"{caplog.text} {failed.value!r} {failed.value.hint} {vars(failed.value)} {site!r} {failed.value.__cause__!r}"
    )
    assert TOKEN not in shown


def test_a_wrong_token_is_told(forge: Forge) -> None:
    forge.scheme = "Other"
    with pytest.raises(ForgeFailed, match="401 Unauthorized: Bad credentials"):
        connected(forge).propose(proposal("un"))


def test_a_token_that_cannot_be_one_is_not_shown() -> None:
    with pytest.raises(ForgeFailed, match="characters that no token has") as failed:
        Api("GitHub", "http://127.0.0.1:9", f"{TOKEN}\nX-Evil: 1", "Bearer", "")
    assert TOKEN not in str(failed.value)


def test_no_call_follows_to_another_host(forge: Forge) -> None:
    with running(GitHub(depot())) as other:
        there = {"Location": f"{other.url}/elsewhere?x={TOKEN}"}
        forge.faults.append(Fault("GET", "branch", 301, {"message": "Moved Permanently"}, there))
        with pytest.raises(ForgeFailed, match=f"301: it has moved to {other.url}/elsewhere$") as failed:
            connected(forge).propose(proposal("un"))
        assert "LABO_FORGE_API" in failed.value.hint
        assert other.calls == []


def test_a_repository_that_was_renamed_is_read_and_written_on_the_same_host() -> None:
    with running(GitHub(depot("un"))) as forge:
        moved = Fault(
            "GET", "^/repos/asso/site/branches/main$", 301, {}, {"Location": f"/repos/{NAME}/branches/main?a=b"}
        )
        made = Fault("POST", "/pulls$", 307, {}, {"Location": f"{forge.url}/repos/{NAME}/pulls"})
        forge.faults += [moved, made]
        assert connected(forge).propose(proposal("un")).state == "open"
        assert_one(forge)


def test_an_answer_that_is_no_json_is_told(forge: Forge) -> None:
    forge.faults.append(Fault("GET", "branch", 200, b"<html>Log in", {"Content-Type": "text/html"}))
    with pytest.raises(ForgeFailed, match="the answer is no JSON, but text/html"):
        connected(forge).propose(proposal("un"))


def test_nobody_there_is_told() -> None:
    with running(GitHub(depot("un"))) as forge:
        pass
    with pytest.raises(ForgeFailed, match=r"GET /repos/asso/site/branches/main: no answer: .*refused"):
        connected(forge).propose(proposal("un"))


def test_who_asks_says_who_it_is(forge: Forge) -> None:
    connected(forge).holds([approved("un")])
    assert {one["User-Agent"].partition(" ")[0] for one in forge.headers} == {"labo-ssg"}


def test_a_repository_too_large_to_be_told_at_once_is_read_folder_by_folder() -> None:
    with running(Large(depot("un", "deux"))) as forge:
        assert connected(forge).propose(proposal("un")).paths == (approved("un"),)
        assert len(forge.depot.put(forge.depot.branches[BRANCH])) == 2


class Large(GitHub):
    """A GitHub that cuts what it tells of all folders, as it does above a hundred thousand files."""

    def _called(self, method: str, target: str, headers: dict[str, str], data: bytes) -> Answer:
        answer = super()._called(method, target, headers, data)
        if method == "GET" and "/git/trees/" in target:
            tree = target.partition("/git/trees/")[2].partition("?")[0]
            tree = self.depot.commits[tree].tree if tree in self.depot.commits else tree
            files, entries = self.depot.trees[tree], {}
            for path, made in files.items():
                top, _, below = path.partition("/")
                if below:
                    inside = {one.partition("/")[2]: sha for one, sha in files.items() if one.startswith(f"{top}/")}
                    entries[top] = {"path": top, "type": "tree", "sha": self.depot.tree(inside)}
                else:
                    entries[top] = {"path": top, "type": "blob", "sha": made}
            return Answer(200, {"sha": tree, "tree": list(entries.values()), "truncated": "recursive" in target})
        return answer
