"""What is not proposed any more is taken off its branch, on each forge, wherever that is cut short."""

import pytest
from forge_server import Forge, running
from forges import KINDS, ONCE, connected
from msgspec.structs import replace
from proposals import BRANCH, approved, depot, pending, proposal, text

from labo_ssg.forge.proposal import ForgeFailed

LEFT = replace(proposal("un"), gone=(approved("deux"),), farewell="Take off a message\n")


def begun(kind: str) -> Forge:
    """Return a forge on which two messages are proposed, one of which waits on main, and was corrected since."""
    forge = KINDS[kind](depot("deux"))
    with running(forge):
        connected(forge).propose(proposal("un", "deux"))
    forge.depot.change(BRANCH, {approved("deux"): b"corrected", "content/ptce.md": b"by hand"})
    return forge


@pytest.mark.parametrize("kind", KINDS)
def test_a_further_commit_takes_it_off_and_all_else_stays(kind: str) -> None:
    with running(begun(kind)) as forge:
        before = forge.depot.branches[BRANCH]
        assert connected(forge).propose(LEFT).paths == (approved("un"),)
        tip = forge.depot.branches[BRANCH]
        assert forge.depot.commits[tip].parents == (before,)
        assert forge.depot.commits[tip].message == "Take off a message\n"
        assert forge.depot.contents(BRANCH) == {"content/ptce.md": b"by hand", approved("un"): text("un")}
        assert connected(forge).propose(LEFT).paths == (approved("un"),)
        assert forge.depot.branches[BRANCH] == tip


@pytest.mark.parametrize("kind", KINDS)
def test_what_main_has_meanwhile_stays_there(kind: str) -> None:
    with running(begun(kind)) as forge:
        forge.depot.change("main", {approved("deux"): b"published by hand", pending("deux"): None})
        connected(forge).propose(LEFT)
        forge.depot.decide(forge.depot.pulls[0], "merge")
        assert forge.depot.contents("main")[approved("deux")] == b"published by hand"


@pytest.mark.parametrize("kind", KINDS)
def test_what_joins_and_what_leaves_go_together(kind: str) -> None:
    with running(begun(kind)) as forge:
        both = replace(proposal("un", "trois"), gone=(approved("deux"), approved("never")), farewell="Off\n")
        assert connected(forge).propose(both).paths == (approved("trois"), approved("un"))


@pytest.mark.parametrize("mute", [False, True], ids=["before it is done", "before it is answered"])
@pytest.mark.parametrize("kind", KINDS)
def test_cut_between_any_two_calls_it_leaves_once(kind: str, mute: bool) -> None:
    for number in range(100):
        forge = begun(kind)
        forge.calls.clear()
        forge.dies_after, forge.mute = number, mute
        with running(forge):
            try:
                connected(forge, ONCE).propose(LEFT)
                died = False
            except ForgeFailed:
                died = True
            forge.dies_after = 1_000_000
            assert connected(forge).propose(LEFT).paths == (approved("un"),)
        assert len(forge.depot.beyond(forge.depot.branches[BRANCH])) == 3
        if not died:
            break
    assert number >= 5
