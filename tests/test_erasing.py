"""A message is erased: what leaves, what stays, what is told; and an address that is unsealed."""

from datetime import UTC, datetime
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from conftest import NOW, article, build_files, comment, write_site
from repositories import git, identify

from labo_ssg.cli.commands import main
from labo_ssg.inbox.codes import hashed
from labo_ssg.inbox.sealing import new_keys, seal
from labo_ssg.moderation import erasing, journal

CODE = "ABCD-EFGH-IJKL-MNOP"
MODERATOR = "Mona <mona@essai.example>"
FILES = {
    "content/a/x.md": article("Les pôles"),
    "comments/approved/x/first.md": comment("x", "Jeanne Martin", "Mon secret de girafe."),
    "comments/approved/x/second.md": comment("x", "Paul", "Je réponds.", 11, "first"),
    "comments/removals/x/first.md": "---\narticle: x\ndate: 2021-02-01T10:00:00+00:00\n---\nRetirez-le.\n",
    "comments/pending/x/third.md": comment("x", "Zoé", "J'attends.").replace(
        "author:", f"code: {hashed(CODE)}\nauthor:"
    ),
}


def labo(*words: object) -> Result:
    return CliRunner().invoke(main, ["comments", *map(str, words)])


@pytest.fixture
def root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    identify(monkeypatch, tmp_path / "gitconfig")
    site = write_site(tmp_path / "site", FILES)
    git(site, "init", "--quiet", "--initial-branch", "main")
    git(site, "add", ".")
    git(site, "commit", "--quiet", "--message", "Begin")
    return site


def test_of_a_published_message_a_tombstone_stays_and_the_answers_to_it(root: Path, tmp_path: Path) -> None:
    done = labo("erase", "first", "--root", root, "--as", MODERATOR, "--reason", "À sa demande")
    assert (done.exit_code, done.stdout) == (0, "erased first\n")
    page = build_files(root, tmp_path / "public")["a/x/index.html"].decode()
    assert "girafe" not in page
    assert "Jeanne" not in page
    assert 'id="comment-first"' in page
    assert "Je réponds." in page
    assert not (root / "comments/removals/x/first.md").exists()
    assert git(root, "status", "--porcelain", "comments") == ""
    [record] = journal.read(root)
    assert (record.comment, record.decision, record.moderator) == ("first", "erased", MODERATOR)
    assert record.reason == "À sa demande"


def test_what_remains_elsewhere_is_told_with_what_to_do(root: Path) -> None:
    git(root, "remote", "add", "origin", "https://forge.example/org/site.git")
    told = labo("erase", "first", "--root", root, "--as", MODERATOR).stderr
    assert "2 commits touch comments/pending/x/first.md comments/approved/x/first.md" in told
    assert "git filter-repo --invert-paths --path comments/pending/x/first.md" in told
    for place in ("origin: git push --force --all", "refs/pull/", "forks", "feed readers", ".labo/"):
        assert place in told


def test_a_message_that_waits_is_found_by_the_code_of_its_author_and_leaves(root: Path) -> None:
    assert labo("erase", "--code", CODE.lower(), "--root", root, "--as", MODERATOR).exit_code == 0
    assert not (root / "comments/pending/x").exists()
    assert [one.decision for one in journal.read(root)] == ["erased"]


def test_outside_git_the_file_of_decisions_says_it(tmp_path: Path) -> None:
    site = write_site(tmp_path / "site", FILES)
    erasing.erase(site, "first", MODERATOR, "", NOW)
    assert (site / journal.JOURNAL).read_text(encoding="utf-8").splitlines()[1].startswith(f"{NOW:%Y-%m-%d}")
    assert "girafe" not in (site / "comments/approved/x/first.md").read_text(encoding="utf-8")


def test_to_erase_twice_changes_nothing_more(root: Path) -> None:
    erasing.erase(root, "first", MODERATOR, "", NOW)
    left = (root / "comments/approved/x/first.md").read_bytes()
    erasing.erase(root, "first", MODERATOR, "", datetime(2027, 1, 1, tzinfo=UTC))
    assert (root / "comments/approved/x/first.md").read_bytes() == left


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["nobody"], "no message nobody waits or is published"),
        (["--code", "AAAA-AAAA-AAAA-AAAA"], "no message has this code"),
        ([], "no message is named"),
    ],
)
def test_what_is_not_there_is_told(root: Path, words: list[str], said: str) -> None:
    done = labo("erase", *words, "--root", root, "--as", MODERATOR)
    assert done.exit_code == 2
    assert said in done.stderr
    assert "hint: " in done.stderr


def test_a_message_that_cannot_be_read_is_told_and_stays(root: Path) -> None:
    path = root / "comments/approved/x/first.md"
    path.write_text("---\narticle: x\n", encoding="utf-8")
    done = labo("erase", "first", "--root", root, "--as", MODERATOR)
    assert done.exit_code == 1
    assert "comments/approved/x/first.md" in done.stderr
    assert path.exists()


def test_an_address_is_unsealed_by_the_private_key_alone(root: Path, tmp_path: Path) -> None:
    keys, others = new_keys(), new_keys()
    path = root / "comments/pending/x/third.md"
    sealed = seal("zoe@exemple.org", keys.public)
    path.write_text(path.read_text(encoding="utf-8").replace("author:", f'email: "{sealed}"\nauthor:'), "utf-8")
    for name, one in (("ours", keys), ("theirs", others)):
        (tmp_path / name).write_text(f"{one.private}\n", encoding="ascii")
    done = labo("unseal", "third", "--root", root, "--key", tmp_path / "ours")
    assert (done.exit_code, done.stdout) == (0, "zoe@exemple.org\n")
    wrong = labo("unseal", "third", "--root", root, "--key", tmp_path / "theirs")
    assert (wrong.exit_code, wrong.stdout) == (2, "")
    assert labo("unseal", "first", "--root", root, "--key", tmp_path / "ours").exit_code == 2
    assert "cannot be read" in labo("unseal", "third", "--root", root, "--key", tmp_path / "none").stderr
