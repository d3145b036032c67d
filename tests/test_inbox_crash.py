"""Inboxes that are killed under load keep what they acknowledged, whole and once; `make crash` kills many more."""

from pathlib import Path

import pytest
from conftest import comment, write_site
from crash_inbox import BrokenError, Fields, check, crash

ROUNDS = 9
SENT = {"one": Fields("x", "Jeanne", "Un.")}


def test_an_inbox_that_is_killed_keeps_what_it_acknowledged_whole_and_once(tmp_path: Path) -> None:
    said: list[str] = []
    tally = crash(tmp_path, ROUNDS, 20261123, said.append)
    assert len(said) == ROUNDS
    assert tally.acknowledged > ROUNDS
    assert tally.interrupted > 0


@pytest.mark.parametrize(
    ("kept", "wrong"),
    [
        ({}, "lost"),
        ({"one": "Autre."}, "not as Jeanne sent it"),
        ({"one": "Un.", "two": "Un."}, "the same message"),
        ({"one": ""}, "torn"),
    ],
    ids=["lost", "changed", "kept twice", "torn"],
)
def test_what_is_lost_torn_or_doubled_is_found(tmp_path: Path, kept: dict[str, str], wrong: str) -> None:
    write_site(tmp_path, {f"comments/pending/x/{name}.md": comment("x", body=body) for name, body in kept.items()})
    (tmp_path / "comments/pending/x").mkdir(parents=True, exist_ok=True)
    with pytest.raises(BrokenError, match=wrong):
        check(tmp_path, SENT)


def test_what_is_right_passes_with_what_a_killed_process_was_writing_beside_it(tmp_path: Path) -> None:
    files = {"comments/pending/x/one.md": comment("x", body="Un."), "comments/pending/x/.labo-0123456789ab": "---\nart"}
    check(write_site(tmp_path, files), SENT)
