"""Forges that are slow, busy, or say other than they do: what was seen on real ones."""

import json
import logging
import re
from collections.abc import Iterator

import pytest
from forge_forgejo import Forgejo
from forge_github import GitHub
from forge_server import NAME, TOKEN, Answer, Fault, Forge, running
from forges import KINDS, QUICK, connected
from msgspec.structs import replace
from proposals import BRANCH, approved, depot, pending, proposal, text

from labo_ssg.forge.api import Api
from labo_ssg.forge.proposal import ForgeFailed

BUSY = {"message": "busy"}


@pytest.fixture(params=KINDS)
def forge(request: pytest.FixtureRequest) -> Iterator[Forge]:
    with running(KINDS[request.param](depot("un", "deux"))) as made:
        yield made


@pytest.fixture
def forgejo() -> Iterator[Forge]:
    with running(Forgejo(depot("un", "deux"))) as made:
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
