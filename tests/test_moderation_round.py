"""The whole way of messages: from a visitor's browser to a branch, a merge, a pull and the page, or away."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from conftest import labo
from inboxes import receipt
from playwright.sync_api import Browser, expect
from repositories import ZOE, git, identify
from test_inbox_browser import Place, button, codes, near, opened, visit, write

pytestmark = pytest.mark.browser

MODERATOR = "Zoé <zoe@labo.example>"


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Place]:
    """A site whose folder is a clone, its inbox, and the clone of a moderator."""
    identify(monkeypatch, tmp_path / "gitconfig", ZOE)
    with opened(tmp_path, "fr", "") as place:
        git(tmp_path, "init", "-q", "--bare", "remote.git")
        git(place.root, "init", "-q")
        (place.root / ".gitignore").write_text("/.labo/\n/comments/pending/\n", encoding="utf-8")
        git(place.root, "add", "-A")
        git(place.root, "commit", "-qm", "Start")
        git(place.root, "remote", "add", "origin", str(tmp_path / "remote.git"))
        git(place.root, "push", "-q", "-u", "origin", "main")
        git(tmp_path, "clone", "-q", "remote.git", "clone")
        yield place


def run(place: Place, *words: str, status: int = 0) -> str:
    """Run `labo` in the site's folder; return what it printed."""
    made = labo(*words, cwd=place.root)
    assert made.returncode == status, made.stderr
    return made.stdout + made.stderr


def test_messages_are_published_refused_put_away_withdrawn_and_erased(
    browser: Browser, place: Place, tmp_path: Path
) -> None:
    with visit(browser, place.article) as page:
        near(page)
        write(page)
        button(page, place).click()
        button(page, place, "send").click()
        expect(page.locator(".receipt")).to_be_focused()
        published = codes(page)
    refused, spam, withdrawn = (receipt(place.inbox.send(text=f"Le message {name}.")) for name in "abc")
    [path] = [one for one in place.pending if one.stem == published[0]]
    sent = path.read_bytes()

    told = run(place, "comments", "propose", published[0], refused[0], withdrawn[0])
    assert told.count("proposed ") == 3
    branches = [f"labo/comment-{one[0]}" for one in (published, refused, withdrawn)]
    assert run(place, "comments", "spam", spam[0], "--push").startswith(f"spam {spam[0]}\n")
    assert place.inbox.status(withdrawn, withdraw="1") == "withdrawn"
    assert run(place, "comments", "tidy") == ""
    assert branches[2] not in git(place.root, "ls-remote", "--heads", "origin")  # it is proposed no more
    assert "mon avis" not in (place.output / "a/x/index.html").read_text(encoding="utf-8")

    clone = tmp_path / "clone"
    git(clone, "pull", "-q")
    git(clone, "merge", "-q", "--no-ff", "-m", "Merge", f"origin/{branches[0]}")
    git(clone, "push", "-q", "origin", "main", *(f":{branch}" for branch in branches[:2]))
    assert sorted(run(place, "comments", "tidy").splitlines()) == [
        f"approved {published[0]}, by the forge",
        f"rejected {refused[0]}, by the forge",
    ]
    assert place.pending == []
    assert [place.inbox.status(one) for one in (published, refused, withdrawn)] == ["approved", "refused", "withdrawn"]

    git(place.root, "pull", "-q", "--ff-only")
    assert (place.root / f"comments/approved/x/{published[0]}.md").read_bytes() == sent
    run(place, "build", "--output", str(place.output))
    with visit(browser, f"{place.article}#comment-{published[0]}") as page:
        expect(page.locator(f"#comment-{published[0]} strong")).to_have_text("mon avis")
        expect(page.get_by_text("Le message a.")).to_have_count(0)

    log = run(place, "comments", "log")
    for said in (
        f"approved {published[0]} on x, {MODERATOR}",
        f"rejected {refused[0]} on x, the forge <>: decided on the forge: {branches[1]}",
        f"spam {spam[0]} on x, {MODERATOR}",
        f"withdrawn {withdrawn[0]}, the author",
    ):
        assert said in log
    assert run(place, "comments", "tidy") == ""

    assert "Copies may remain" in run(place, "comments", "erase", published[0], "--push")
    run(place, "build", "--output", str(place.output))
    page_now = (place.output / "a/x/index.html").read_text(encoding="utf-8")
    assert "mon avis" not in page_now
    assert f'id="comment-{published[0]}"' in page_now
    assert place.inbox.status(published) == "refused"  # which says that the moderators have removed it
    assert f"erased {published[0]} on x, {MODERATOR}" in run(place, "comments", "log")
