"""Builds that are killed at any moment leave every file whole; `make crash` kills many more."""

from pathlib import Path

import pytest
from crash import BrokenError, check_whole, crash

ROUNDS = 8


def test_a_build_that_is_killed_leaves_every_file_whole_and_the_next_one_heals(tmp_path: Path) -> None:
    said: list[str] = []
    assert crash(tmp_path, ROUNDS, 20261123, said.append) > 0
    assert len(said) >= ROUNDS


@pytest.mark.parametrize("now", [{"a": b"torn"}, {}], ids=["torn", "lost"])
def test_what_is_torn_or_lost_is_found(now: dict[str, bytes]) -> None:
    with pytest.raises(BrokenError):
        check_whole(now, {"a": b"old"}, {"a": b"new"})
