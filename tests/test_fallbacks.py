"""Comments without a server: in the place of the form, a letter or a file of a forge that is begun already."""

import re
from pathlib import Path, PurePosixPath
from urllib.parse import parse_qs, unquote, urlsplit
from xml.etree.ElementTree import Element

import pytest
from conftest import NOW, article, build_files, comment, dom, labo_here, text_of, violations, write_site
from playwright.sync_api import Browser
from test_preview import PATIENCE, Preview

from labo_ssg.build.check import check
from labo_ssg.formats import comment as comment_format
from labo_ssg.formats import site_yaml
from labo_ssg.inbox.by_mail import lines
from labo_ssg.model import Repository

HEADER = "title: Essai\nbase_url: https://essai.example\n"
PLACE = "https://github.com/org/site"
FILES = {
    "content/a/x.md": article('"100 % d’élan & « de » suite"'),
    "content/a/clos.md": article("Clos", comments="closed"),
    "comments/approved/x/20210113T090000Z-a1b2c3.md": comment("x", author="Bob"),
}


def built(tmp_path: Path, settings: str) -> Element:
    """Return the page of an article of a site with some `settings`."""
    site = write_site(tmp_path / "site", {**FILES, "site.yaml": HEADER + settings})
    made = build_files(site, tmp_path / "public")
    closed = dom(made["a/clos/index.html"])
    assert closed.find(".//*[@id='postez']") is None
    return dom(made["a/x/index.html"])


def links(page: Element) -> tuple[str, str]:
    """Return the link that begins a message, and the one that begins an answer."""
    section = page.find(".//section[@id='postez']")
    reply = page.find(".//a[@class='reply']")
    assert section is not None
    assert reply is not None
    begun = section.find(".//a[@class='button']")
    assert begun is not None
    assert page.find(".//form[@method='post']") is None
    return begun.attrib["href"], reply.attrib["href"]


@pytest.mark.parametrize(
    "settings", ["comments: mailto:forum+x@essai.example", 'comments: {inbox: "mailto:forum+x@essai.example"}']
)
@pytest.mark.parametrize("language", ["fr", "en"])
def test_a_letter_is_begun_with_lines_that_are_read_again(tmp_path: Path, settings: str, language: str) -> None:
    page = built(tmp_path, f"{settings}\nlanguage: {language}\n")
    for link, parent in zip(links(page), ("", "20210113T090000Z-a1b2c3"), strict=True):
        assert re.fullmatch(r"mailto:forum\+x@essai\.example\?subject=[\w.%-]+&body=[\w.%-]+", link, re.ASCII)
        _, _, query = link.partition("?")
        subject, body = (unquote(part.partition("=")[2]) for part in query.split("&"))
        assert "100 % d’élan &" in subject.replace("\u00a0", " ")
        assert "%20" in query
        assert body.count("\r\n") == body.count("\n") == (5 if parent else 4)
        assert not re.search(r" \r\n", body)
        fields, text = lines.sort_out([*body.split("\r\n"), "Un message."])
        assert fields == {"article": "x", "author": "", "website": "", **({"reply_to": parent} if parent else {})}
        assert text == "Un message."


def test_the_page_tells_what_to_write_where_no_program_for_mail_opens(tmp_path: Path) -> None:
    section = built(tmp_path, "comments: mailto:forum@essai.example\n").find(".//section[@id='postez']")
    assert section is not None
    told = text_of(section)
    for words in ("Postez un commentaire", "modéré a priori", "forum@essai.example", "Article\u00a0: x", "{{gras}}"):
        assert words in told


FORGES = {
    "github": (PLACE, r"/new/main\?filename=(?P<path>[^&]+)&value=(?P<text>[^&]+)"),
    "gitlab": (
        "https://gitlab.org.example/a/b/site",
        r"/-/new/main\?file_name=(?P<path>[^&]+)&content=(?P<text>[^&]+)",
    ),
    "forgejo": (
        "https://codeberg.org/org/site",
        r"/_new/main/(?P<folder>[^?]+)\?filename=(?P<path>[^&]+)&value=(?P<text>[^&]+)",
    ),
}


@pytest.mark.parametrize("forge", FORGES)
def test_a_file_is_begun_that_is_a_comment_once_filled_in(tmp_path: Path, forge: str) -> None:
    url, shape = FORGES[forge]
    page = built(tmp_path, f"comments: new-file\nrepository: {url}.git\n")
    for link, parent in zip(links(page), ("", "20210113T090000Z-a1b2c3"), strict=True):
        assert link.startswith(f"{url}/")
        found = re.fullmatch(shape, link.removeprefix(url))
        assert found, link
        assert parse_qs(urlsplit(link).query, strict_parsing=True)
        folder = found.groupdict().get("folder")
        path = PurePosixPath(f"{folder}/{found['path']}" if folder else unquote(found["path"]))
        assert str(path.parent) == "comments/pending/x"
        text = unquote(found["text"])
        assert "\r" not in text
        missing = [problem.what for problem in comment_format.parse(text.encode(), path)[1]]
        assert missing[:2] == ["`author` is missing", "`date` is missing"]
        filled = (
            text.replace("author: #", "author: Zoé #").replace("date: #", "date: 2026-11-22 #") + "\nMon message.\n"
        )
        made, problems = comment_format.parse(filled.encode(), path)
        assert problems == []
        assert (made.author, made.reply_to, made.text.strip()) == ("Zoé", parent, "Mon message.")


def test_the_page_tells_of_the_account_and_shows_the_lines(tmp_path: Path) -> None:
    section = built(tmp_path, f"comments: new-file\nrepository: {PLACE}\n").find(".//section[@id='postez']")
    assert section is not None
    told = text_of(section)
    for words in ("un compte sur github.com", "lisible par tous", "article: x", "author:"):
        assert words in told


@pytest.mark.parametrize("settings", ["comments: mailto:f@essai.example", f"comments: new-file\nrepository: {PLACE}"])
def test_check_finds_nothing_in_such_a_site(tmp_path: Path, settings: str) -> None:
    site = write_site(tmp_path, {**FILES, "site.yaml": f"{HEADER}{settings}\n"})
    assert check(site, now=NOW) == []


def test_the_page_follows_the_settings(tmp_path: Path) -> None:
    site = write_site(tmp_path, {**FILES, "site.yaml": f"{HEADER}comments: mailto:a@essai.example\n"})
    build_files(site, tmp_path / "public")
    (site / "site.yaml").write_text(f"{HEADER}comments: mailto:b@essai.example\n")
    assert b"mailto:b@" in build_files(site, tmp_path / "public")["a/x/index.html"]
    (site / "site.yaml").write_text(HEADER)
    page = build_files(site, tmp_path / "public")["a/x/index.html"]
    assert b"mailto:" not in page
    assert b'action="/inbox/"' in page
    assert b"/inbox/reply/x/" in page


@pytest.mark.parametrize(
    ("settings", "read"),
    [
        ("repository: https://github.com/o/r", Repository("https://github.com/o/r", "main", "github")),
        ("repository: https://github.com/o/r.git/", Repository("https://github.com/o/r", "main", "github")),
        (
            "repository: {url: https://gitlab.com/a/b/c, branch: web}",
            Repository("https://gitlab.com/a/b/c", "web", "gitlab"),
        ),
        (
            "repository: {url: https://git.e.org/o/r, forge: forgejo}",
            Repository("https://git.e.org/o/r", "main", "forgejo"),
        ),
        ("repository: https://git.e.org/o/r", Repository("https://git.e.org/o/r")),
        (
            "repository: {url: 'http://127.0.0.1:3000/o/r', forge: gitea}",
            Repository("http://127.0.0.1:3000/o/r", "main", "forgejo"),
        ),
        ("repository: https://gitea.e.org/o/r", Repository("https://gitea.e.org/o/r", "main", "forgejo")),
        ("repository:", None),
    ],
)
def test_a_repository_is_read(settings: str, read: Repository | None) -> None:
    site, _, problems = site_yaml.parse(f"{HEADER}{settings}\n".encode(), "site.yaml")
    assert (site.repository, problems) == (read, [])


@pytest.mark.parametrize(
    ("settings", "found"),
    [
        ("comments: new-file", ("new-file", "open")),
        ("comments: closed", ("/inbox/", "closed")),
        ("comments: off", ("/inbox/", "off")),
        ("comments: https://inbox.essai.example/", ("https://inbox.essai.example/", "open")),
        ("comments:", ("/inbox/", "open")),
    ],
)
def test_comments_may_be_said_in_a_word(settings: str, found: tuple[str, str]) -> None:
    site, _, problems = site_yaml.parse(f"{HEADER}{settings}\nrepository: {PLACE}\n".encode(), "site.yaml")
    assert ((site.comments.inbox, site.comments.default), problems) == (found, [])


@pytest.mark.parametrize(
    ("settings", "told"),
    [
        ("comments: new-file", "site.yaml:3: `comments`: new-file: where that file goes is not said"),
        ("comments: mailto:forum", "site.yaml:3: `comments`: `forum` is not an e-mail address"),
        (
            "comments: mailto:a@b.org?cc=d@e.org",
            "site.yaml:3: `comments`: `a@b.org?cc=d@e.org` is not an e-mail address",
        ),
        ("comments: newfile", "site.yaml:3: `comments`: `newfile` cannot be the address of an inbox"),
        ("comments: [off]", "site.yaml:3: `comments`: expected"),
        (
            "repository: git@github.com:o/r.git",
            "site.yaml:3: `repository`: `git@github.com:o/r.git` is not the address",
        ),
        ("repository: https://github.com/o", "site.yaml:3: `repository`: `https://github.com/o` is not the address"),
        (
            "repository: {url: https://github.com/o/r, branch: a b}",
            "site.yaml:3: `repository`: `a b` cannot be the name",
        ),
        ("repository: {branch: main}", "site.yaml:3: `repository`: `url` is missing"),
        (
            "repository: https://git.e.org/o/r\ncomments: new-file",
            "site.yaml:3: `repository`: what speaks at git.e.org",
        ),
        ("repository: https://[/o/r\ncomments: new-file", "site.yaml:3: `repository`:"),
        (
            "repository: https://git.e.org/o/r\ninbox: {mailbox: pull-request}",
            "site.yaml:3: `repository`: what speaks at git.e.org",
        ),
    ],
)
def test_what_means_nothing_is_told(tmp_path: Path, settings: str, told: str) -> None:
    site = write_site(tmp_path, {"site.yaml": f"{HEADER}{settings}\n"})
    done = labo_here("check", "--root", site)
    assert done.returncode == 1
    assert told in done.stderr
    assert "Traceback" not in done.stderr
    assert done.stderr.endswith("\n1 problem\n"), done.stderr


@pytest.mark.browser
@pytest.mark.parametrize("settings", ["comments: mailto:f@essai.example", f"comments: new-file\nrepository: {PLACE}"])
def test_the_page_is_accessible_and_its_script_has_nothing_to_do(
    browser: Browser, tmp_path: Path, settings: str
) -> None:
    site = write_site(tmp_path / "site", {**FILES, "site.yaml": f"{HEADER}{settings}\n"})
    running = Preview(site, tmp_path / "log")
    context = browser.new_context(viewport={"width": 320, "height": 800}, reduced_motion="reduce", bypass_csp=True)
    try:
        page = context.new_page()
        wrong: list[str] = []
        page.on("pageerror", lambda error: wrong.append(str(error)))
        page.goto(f"{running.address.rstrip('/')}/a/x/")
        section = page.locator("section#postez")
        section.locator("summary").first.click()
        section.scroll_into_view_if_needed()
        assert violations(page) == []
        assert page.evaluate("document.documentElement.scrollWidth") <= 320
        assert wrong == []
        assert page.goto(f"{running.address.rstrip('/')}/inbox/reply/x/20210113T090000Z-a1b2c3").status == 404  # type: ignore[union-attr]
    finally:
        context.close()
        running.process.terminate()
        running.process.wait(PATIENCE)
