"""Messages as files: what is typed comes back from them as it was; files that are kept are whole, or not there."""

import os
import string
import threading
from datetime import UTC, datetime, timedelta
from pathlib import Path, PurePosixPath

import pytest
from hypothesis import given
from hypothesis import strategies as st

from labo_ssg.disk import files, spool
from labo_ssg.formats import comment as comment_format
from labo_ssg.formats import removal
from labo_ssg.formats.comment import CommentHeader, Screen
from labo_ssg.formats.removal import Removal
from labo_ssg.inbox import form
from labo_ssg.inbox.codes import ID, Weak, hashed, secret
from labo_ssg.inbox.form import Submission
from labo_ssg.inbox.tokens import Tokens

NOW = datetime(2026, 11, 23, 10, 15, tzinfo=UTC)
PLACE = PurePosixPath("comments/pending/x/20261123T101500Z-abcdef.md")
TOKENS = Tokens(b"a secret of thirty-two characters")
typed = st.text(max_size=60) | st.text(
    alphabet=string.printable + "é«»—\u00a0\u2028\x85\ufeff\x00#:{}[]-\"'", max_size=60
)


@given(author=typed, website=typed, text=typed.map(lambda text: text * 3), reasons=st.lists(typed, max_size=2))
def test_what_is_typed_comes_back_from_its_file(author: str, website: str, text: str, reasons: list[str]) -> None:
    seen = form.read({"article": "x", "author": author, "website": website, "text": text})
    if not (seen.author and seen.text):
        return
    reasons = [form.read({"author": reason}).author for reason in reasons]
    screen = Screen(40, tuple(reasons))
    header = CommentHeader("x", seen.author, NOW, "one", code="sha256:00", screen=screen)
    data = comment_format.text(header, seen.text)
    found, problems = comment_format.parse(data, PLACE)
    assert problems == []
    assert (found.author, found.text, found.date, found.reply_to) == (seen.author, f"{seen.text}\n", NOW, "one")
    assert comment_format.read_header(data, PLACE) == header


@given(words=typed)
def test_the_words_of_a_wish_come_back_from_its_file(words: str) -> None:
    why = form.read({"text": words}).text
    assert removal.read(removal.text("x", Removal(NOW, why)), PLACE) == Removal(NOW, why.strip())


def test_the_file_of_a_comment_is_as_the_documents_show_it() -> None:
    header = CommentHeader("ptce", "Jeanne Martin", NOW, website="https://exemple.org", screen=Screen(80, ("3 liens",)))
    assert comment_format.text(header, "Le message.").decode() == (
        "---\narticle: ptce\nauthor: Jeanne Martin\ndate: 2026-11-23T10:15:00+00:00\nwebsite: https://exemple.org\n"
        "screen:\n  rank: 80\n  reasons:\n  - 3 liens\n---\nLe message.\n"
    )


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def test_a_file_is_kept_once_under_a_name(tmp_path: Path) -> None:
    path = tmp_path / "comments/pending/x/one.md"
    assert spool.keep_new(path, b"one")
    assert not spool.keep_new(path, b"two")
    assert path.read_bytes() == b"one"
    assert names(path.parent) == ["one.md"]


def test_of_many_at_once_one_takes_a_name(tmp_path: Path) -> None:
    path = tmp_path / "pending/x/one.md"
    start, won = threading.Barrier(16), []

    def keep(number: int) -> None:
        start.wait()
        if spool.keep_new(path, b"%d" % number):
            won.append(number)

    threads = [threading.Thread(target=keep, args=(number,)) for number in range(16)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [path.read_bytes()] == [b"%d" % number for number in won]


def test_a_name_is_kept_where_a_disk_has_no_links(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> None:
        raise PermissionError(1, "Operation not permitted")  # what a FAT disk says

    monkeypatch.setattr(os, "link", refuse)
    assert spool.keep_new(tmp_path / "one.md", b"one")
    assert not spool.keep_new(tmp_path / "one.md", b"two")
    assert (tmp_path / "one.md").read_bytes() == b"one"
    assert names(tmp_path) == ["one.md"]


def test_what_a_killed_process_was_writing_is_swept_once_it_is_old(tmp_path: Path) -> None:
    old, new, other = (tmp_path / "x" / name for name in (files.draft_name(), files.draft_name(), "one.md"))
    old.parent.mkdir()
    for path in (old, new, other):
        path.write_bytes(b"")
    os.utime(old, (0, 0))
    os.utime(other, (0, 0))
    assert spool.sweep(tmp_path) == 1
    assert names(tmp_path / "x") == sorted([new.name, "one.md"])


def test_what_is_removed_is_gone_and_was_there(tmp_path: Path) -> None:
    spool.keep_new(tmp_path / "one.md", b"")
    assert [spool.remove(tmp_path / "one.md") for _ in range(2)] == [True, False]


def test_a_token_proves_one_message_for_a_while() -> None:
    message = Submission("x", "", "Jeanne", "", "", "Bonjour")
    token = TOKENS.sign(message, NOW)
    assert TOKENS.read(token, message, NOW + timedelta(hours=11)) == NOW
    assert TOKENS.read(token, message, NOW + timedelta(hours=13)) is None
    assert TOKENS.read(token, message, NOW - timedelta(hours=1)) is None
    assert TOKENS.read(token, Submission("y", "", "Jeanne", "", "", "Bonjour"), NOW) is None
    assert Tokens(b"another secret, just as long as it").read(token, message, NOW) is None
    assert TOKENS.sign(message, NOW) != token


@given(token=st.text(max_size=80))
def test_no_other_text_is_a_token(token: str) -> None:
    assert TOKENS.read(token, Submission(), NOW) is None


def test_ids_are_the_same_each_time_and_have_codes_of_their_own() -> None:
    first, again = TOKENS.ids("token", NOW), TOKENS.ids("token", NOW)
    ids = [next(first) for _ in range(50)]
    assert ids == [next(again) for _ in range(50)]
    assert len(set(ids)) == 50
    assert all(ID.fullmatch(one) for one in ids)
    code = TOKENS.code(ids[0])
    assert TOKENS.is_code(code.lower().replace("-", " "), ids[0])
    assert not TOKENS.is_code(code, ids[1])
    later = Tokens(b"the secret was lost, and made anew")
    assert not later.is_code(code, ids[0])
    assert later.is_code(code, ids[0], hashed(code))


def test_the_secret_is_made_once_for_its_owner_alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("LABO_SECRET", raising=False)
    assert secret(tmp_path) == secret(tmp_path)
    assert (tmp_path / ".labo/inbox/secret").stat().st_mode & 0o777 == 0o600
    (tmp_path / ".labo/inbox/secret").write_text("short")
    with pytest.raises(Weak, match="32 or more"):
        secret(tmp_path)
    monkeypatch.setenv("LABO_SECRET", "x" * 40)
    assert secret(tmp_path) == b"x" * 40
