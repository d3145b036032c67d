"""Addresses sealed to the moderators: opened with their key alone, which is never lost, shown or committed by us."""

import stat
import subprocess
from pathlib import Path

import pytest
from conftest import labo, write_site
from hypothesis import given
from hypothesis import strategies as st

from labo_ssg.formats.site_yaml import KEY
from labo_ssg.inbox import sealing
from labo_ssg.inbox.sealing import SealingError

KEYS = sealing.new_keys()
OTHERS = sealing.new_keys()
SEALED = sealing.seal("jeanne@example.org", KEYS.public)


@given(st.emails())
def test_what_is_sealed_is_opened_with_the_private_key(address: str) -> None:
    assert sealing.unseal(sealing.seal(address, KEYS.public), KEYS.private) == address


def test_keys_have_the_shape_that_the_settings_ask_for() -> None:
    assert all(KEY.fullmatch(one) for one in (*KEYS, *OTHERS))
    assert len({*KEYS, *OTHERS}) == 4


def test_the_same_address_is_never_sealed_twice_alike() -> None:
    assert sealing.seal("a@b.org", KEYS.public) != sealing.seal("a@b.org", KEYS.public)
    assert "jeanne" not in SEALED


@pytest.mark.parametrize(
    ("sealed", "key", "told"),
    [
        pytest.param(SEALED, OTHERS.private, "does not open", id="the key of others"),
        pytest.param(SEALED, KEYS.public, "does not open", id="the public key"),
        pytest.param(SEALED[:-4] + "AAAA", KEYS.private, "does not open", id="its end is another one"),
        pytest.param(SEALED[:40], KEYS.private, "damaged", id="its end is missing"),
        pytest.param(SEALED + "!", KEYS.private, "damaged", id="a sign that is none of base64"),
        pytest.param(SEALED + "é", KEYS.private, "damaged", id="a letter that is none of base64"),
        pytest.param("jeanne@example.org", KEYS.private, "not a sealed address", id="an address in clear"),
        pytest.param(SEALED, "short", "43", id="what is no key"),
        pytest.param(SEALED, "", "43", id="no key"),
    ],
)
def test_what_cannot_be_opened_is_told_with_a_hint(sealed: str, key: str, told: str) -> None:
    with pytest.raises(SealingError, match=told) as error:
        sealing.unseal(sealed, key)
    assert error.value.hint


def test_a_key_to_which_nothing_can_be_sealed_is_told() -> None:
    for key in ("A" * 43, "too short"):
        with pytest.raises(SealingError):
            sealing.seal("a@b.org", key)


def test_the_command_prints_the_public_key_and_keeps_the_private_one(tmp_path: Path) -> None:
    done = labo("keys", "new", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    public = done.stdout.split("key: ")[1].strip()
    assert done.stdout == f"comments:\n  key: {public}\n"
    assert public in done.stderr
    assert "lost" in done.stderr
    kept = tmp_path / "labo-moderators.key"
    private = kept.read_text().strip()
    assert stat.S_IMODE(kept.stat().st_mode) == 0o600
    assert private not in done.stdout + done.stderr
    assert sealing.unseal(sealing.seal("a@b.org", public), private) == "a@b.org"
    site = write_site(tmp_path / "site", {"site.yaml": f"title: T\nbase_url: https://e.example\n{done.stdout}"})
    assert labo("check", "--root", site).returncode == 0


def test_a_key_is_never_overwritten(tmp_path: Path) -> None:
    labo("keys", "new", "--to", tmp_path / "mine", cwd=tmp_path)
    before = (tmp_path / "mine").read_bytes()
    done = labo("keys", "new", "--to", tmp_path / "mine", cwd=tmp_path)
    assert (done.returncode, done.stdout) == (2, "")
    assert "hint:" in done.stderr
    assert (tmp_path / "mine").read_bytes() == before


def test_a_folder_that_is_not_there_is_told(tmp_path: Path) -> None:
    done = labo("keys", "new", "--to", tmp_path / "nowhere/key")
    assert (done.returncode, "no such file" in done.stderr, "Traceback" in done.stderr) == (2, True, False)


def test_a_key_that_git_would_commit_is_refused(tmp_path: Path) -> None:
    subprocess.run(["git", "init", "-q", tmp_path], check=True)
    (tmp_path / "below").mkdir()
    for word in ("key", "below/key"):
        done = labo("keys", "new", "--to", word, cwd=tmp_path)
        assert (done.returncode, done.stdout) == (2, ""), done.stderr
        assert ".gitignore" in done.stderr
        assert not (tmp_path / word).exists()
    (tmp_path / ".gitignore").write_text("/key\n")
    assert labo("keys", "new", "--to", "key", cwd=tmp_path).returncode == 0


def test_a_new_site_ignores_the_key_that_is_made_in_it(tmp_path: Path) -> None:
    labo("new", tmp_path / "site")
    subprocess.run(["git", "init", "-q", tmp_path / "site"], check=True)
    assert labo("keys", "new", cwd=tmp_path / "site").returncode == 0
