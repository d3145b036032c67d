"""The preview: a real server, real files that change, real requests."""

import os
import re
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest
from conftest import LABO, PLAIN, article, comment, dom, text_of, write_site

PATIENCE = 20.0  # seconds: a bound for a machine that is busy, not a measure


class Preview:
    """A running `labo serve` and what it prints."""

    def __init__(self, site: Path, log: Path, *words: str) -> None:
        self.log = log
        with log.open("wb") as out:
            command = [*LABO, "serve", "--root", str(site), "--port", "0", *words]
            self.process = subprocess.Popen(command, stderr=out, env={**os.environ, "PYTHONUNBUFFERED": "1"})
        self.address = self.wait_for_words(r"(http://127\.0\.0\.1:\d+\S*) \(Ctrl-C stops\)")

    def wait_for_words(self, pattern: str) -> str:
        """Return what `pattern` finds in the log, once it does."""
        end = time.monotonic() + PATIENCE
        while time.monotonic() < end and self.process.poll() is None:
            if found := re.search(pattern, self.log.read_text(encoding="utf-8")):
                return found[found.re.groups]
            time.sleep(0.02)
        raise AssertionError(f"{pattern!r} is not in the log:\n{self.log.read_text(encoding='utf-8')}")

    def get(self, path: str) -> httpx.Response:
        return httpx.get(self.address.rstrip("/") + path, verify=PLAIN)

    @contextmanager
    def news(self) -> Iterator[Iterator[str]]:
        """Give the versions that the server tells a browser, as they come."""
        origin = re.match(r"http://[^/]+", self.address)
        assert origin
        with httpx.stream("GET", f"{origin[0]}/_labo/events", timeout=PATIENCE, verify=PLAIN) as stream:
            yield (line.removeprefix("data: ") for line in stream.iter_lines() if line)


@pytest.fixture
def site(tmp_path: Path) -> Path:
    return write_site(tmp_path / "site", {"content/a/x.md": article("Avant")})


@pytest.fixture
def preview(site: Path, tmp_path: Path) -> Iterator[Preview]:
    running = Preview(site, tmp_path / "log")
    yield running
    running.process.terminate()
    running.process.wait(PATIENCE)


@pytest.fixture(scope="module")
def unchanged(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Preview]:
    """The preview of a site that no test changes."""
    folder = tmp_path_factory.mktemp("unchanged")
    running = Preview(write_site(folder / "site", {"content/a/x.md": article()}), folder / "log")
    yield running
    running.process.terminate()
    running.process.wait(PATIENCE)


def test_a_change_is_built_and_told_to_the_browser(site: Path, preview: Preview) -> None:
    assert "Avant" in preview.get("/a/x/").text
    assert "/_labo/reload.js" in preview.get("/a/x/").text
    with preview.news() as versions:
        assert next(versions) == "1"
        (site / "content/a/x.md").write_text(article("Après"), encoding="utf-8")
        assert next(versions) == "2"
    assert "Après" in preview.get("/a/x/").text


def test_new_files_and_settings_are_seen_too(site: Path, preview: Preview) -> None:
    with preview.news() as versions:
        next(versions)
        write_site(site, {"content/b/c/d.md": article("Plus loin")})
        next(versions)
        preview.wait_for_words("(?s)stops.*stops")
        write_site(
            site, {"templates/404.html": "Perdu", "site.yaml": "title: Autre nom\nbase_url: https://essai.example\n"}
        )
        next(versions)
        end = time.monotonic() + PATIENCE
        while "Perdu" not in preview.get("/nulle/part/").text and time.monotonic() < end:
            time.sleep(0.02)
    assert preview.get("/b/c/d/").status_code == 200
    assert (preview.get("/nulle/part/").status_code, preview.get("/nulle/part/").text) == (404, "Perdu")
    assert "Autre nom" in preview.get("/").text


def test_a_problem_shows_in_page_and_terminal_and_the_last_good_site_stays(site: Path, preview: Preview) -> None:
    with preview.news() as versions:
        next(versions)
        (site / "content/a/x.md").write_text(article("Raté", titel="<b>"), encoding="utf-8")
        next(versions)
        page = preview.get("/a/x/").text
        assert "Avant" in page
        assert "content/a/x.md:4" in page
        assert "unknown key `titel`" in page
        preview.wait_for_words("content/a/x.md:4: unknown key `titel`")
        (site / "content/a/x.md").write_text(article("Réparé"), encoding="utf-8")
        next(versions)
    page = preview.get("/a/x/").text
    assert "Réparé" in page
    assert "labo-problems" not in page


def test_a_folder_that_goes_and_comes_back_is_still_watched(site: Path, preview: Preview) -> None:
    with preview.news() as versions:
        next(versions)
        (site / "content").rename(site / "aside")
        shutil.copytree(site / "aside", site / "content")
        for title in ("Une fois", "Deux fois"):
            time.sleep(0.5)
            (site / "content/a/x.md").write_text(article(title), encoding="utf-8")
            end = time.monotonic() + PATIENCE
            while title not in preview.get("/a/x/").text and time.monotonic() < end:
                time.sleep(0.05)
            assert title in preview.get("/a/x/").text


def test_reading_the_site_does_not_rebuild_it(site: Path, preview: Preview) -> None:
    (site / "content/a/x.md").read_text(encoding="utf-8")
    preview.get("/a/x/")
    time.sleep(0.6)
    assert preview.log.read_text(encoding="utf-8").count("files written") == 1


def test_it_stops_at_once_though_a_browser_waits(preview: Preview) -> None:
    with preview.news() as versions:
        next(versions)
        preview.process.send_signal(signal.SIGINT)
        assert preview.process.wait(PATIENCE) in (0, 130)
    assert "Traceback" not in preview.log.read_text(encoding="utf-8")


@pytest.mark.parametrize(
    "path", ["/../site.yaml", "/%2e%2e/%2e%2e/site.yaml", "/a%00b", f"/{'x' * 5000}", "/a//x", "/.labo"]
)
def test_only_the_output_is_served(unchanged: Preview, path: str) -> None:
    assert unchanged.get(path).status_code in (307, 404)
    assert "Traceback" not in unchanged.log.read_text(encoding="utf-8")


def test_a_message_is_previewed_confirmed_and_kept(site: Path, preview: Preview) -> None:
    typed = {"article": "x", "author": "Jeanne", "text": "Mon <message>, {{en entier}}."}
    seen = httpx.post(preview.address + "inbox/", data=typed, verify=PLAIN)
    assert seen.status_code == 200
    assert "<strong>en entier</strong>" in seen.text
    token = dom(seen.content).find(".//button[@name='token']")
    assert token is not None
    assert not list((site / "comments").rglob("*.md"))
    answer = httpx.post(preview.address + "inbox/", data={**typed, "token": token.get("value") or ""}, verify=PLAIN)
    assert answer.status_code == 201
    [kept] = (site / "comments/pending/x").glob("*.md")
    assert kept.read_text(encoding="utf-8").endswith("\n---\nMon <message>, {{en entier}}.\n")


def test_a_wrong_form_comes_back_with_its_mistakes_tied_to_their_fields(site: Path, preview: Preview) -> None:
    key = "ZnJvbSB0aGUgdGVzdHMgb2YgTGFibyBTU0csIDMyISE"
    with preview.news() as versions:
        next(versions)  # who answers watches already
        (site / "site.yaml").write_text(
            f"title: E\nbase_url: https://essai.example\ncomments: {{key: {key}}}\n", encoding="utf-8"
        )
        while int(next(versions)) < 2:
            pass
    typed = {"article": "x", "author": " ", "email": "jeanne@", "website": "essai", "text": "Court <b>"}
    answer = httpx.post(preview.address + "inbox/", data=typed, verify=PLAIN)
    assert answer.status_code == 422
    page = dom(answer.content)
    for name, words in (("author", "un nom"), ("email", "adresse"), ("website", "https://"), ("text", "trop court")):
        field = page.find(f".//*[@name='{name}']")
        assert field is not None
        assert field.get("aria-invalid") == "true"
        told = [page.find(f".//*[@id='{anchor}']") for anchor in (field.get("aria-describedby") or "").split()]
        assert any(one is not None and words in text_of(one) for one in told), name
        assert page.find(f".//a[@href='#{field.get('id')}']") is not None, "the list of mistakes leads to the field"
    assert page.find(".//textarea[@name='text']").text.strip() == "Court <b>"  # type: ignore[union-attr]
    assert page.find(".//input[@name='email']").get("value") == "jeanne@"  # type: ignore[union-attr]


def test_a_message_for_an_article_that_takes_none_is_given_back(unchanged: Preview) -> None:
    typed = {"article": "nowhere", "text": "Mon message, en entier."}
    answer = httpx.post(unchanged.address + "inbox/", data=typed, verify=PLAIN)
    assert answer.status_code == 503
    assert "Mon message, en entier." in answer.text


def test_a_comment_is_answered_on_a_page_of_its_own(tmp_path: Path) -> None:
    files = {
        "content/a/x.md": article(),
        "content/a/y.md": article("Fermé", comments="closed"),
        "comments/approved/x/one.md": comment("x", author="Zoé", body="Qui {{paie}} ?"),
        "comments/approved/y/two.md": comment("y"),
    }
    running = Preview(write_site(tmp_path / "site", files), tmp_path / "log")
    try:
        link = dom(running.get("/a/x/").content).find(".//article[@id='comment-one']//a[@href='/inbox/reply/x/one']")
        assert link is not None
        page = dom(running.get("/inbox/reply/x/one").content)
        assert "Zoé" in text_of(page)
        assert page.find(".//*[strong='paie']") is not None
        answered = page.find(".//form[@method='post']//input[@name='reply_to']")
        assert answered is not None
        assert answered.get("value") == "one"
        missing = ("/inbox/reply/x/two", "/inbox/reply/y/two", "/inbox/reply/z/one")
        assert [running.get(path).status_code for path in missing] == [404, 404, 404]
        assert "/inbox/reply/" not in running.get("/a/y/").text
    finally:
        running.process.terminate()
        running.process.wait(PATIENCE)


def test_a_site_in_a_folder_of_its_host_is_served_there(tmp_path: Path) -> None:
    files = {"site.yaml": "title: E\nbase_url: https://a.example/labo\n", "content/a/x.md": article()}
    running = Preview(write_site(tmp_path / "site", files), tmp_path / "log")
    try:
        assert running.address.endswith("/labo/")
        assert running.get("/a/x/").status_code == 200
        assert httpx.get(running.address.removesuffix("labo/"), verify=PLAIN).headers["location"] == "/labo/"
    finally:
        running.process.terminate()
        running.process.wait(PATIENCE)


def test_a_port_that_is_taken_is_misuse(site: Path, unchanged: Preview) -> None:
    port = re.search(r":(\d+)/", unchanged.address)
    assert port
    command = [sys.executable, "-m", "labo_ssg", "serve", "--root", str(site), "--port", port[1]]
    done = subprocess.run(command, capture_output=True, text=True, timeout=PATIENCE)
    assert done.returncode == 2
    assert "hint:" in done.stderr
    assert "Traceback" not in done.stderr
