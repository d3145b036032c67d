"""The search: an index that Pagefind makes of articles and comments, and the page that asks it, in a real browser."""

import gzip
import json
import os
import re
import signal
import subprocess
import time
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Literal

import chromium
import pytest
from conftest import LABO, article, build_files, comment, labo, violations, write_site
from playwright.sync_api import Browser, BrowserContext, Page, Request, expect
from test_preview import PATIENCE

SETTINGS = "title: Essai\nbase_url: https://essai.example\nsearch: true\n"
HOSTILE = "Un piège <img src=x onerror=\"window.injured=1\"> et &lt;img src=x onerror='window.injured=1'&gt; <mark>"
SITE = {
    "site.yaml": SETTINGS,
    "content/ville/pole.md": article(
        "Un pôle en ville",
        body="La coopération, c’est l’économie du cœur : salarié·e·s.\n\n## Les acteurs\n\nDes mutuelles, aujourd’hui.",
        authors="[Zoé Lagrange]",
    ),
    "content/ville/guide.md": article("A guide", lang="en", body="Charities work together.[^1]\n\n[^1]: In a mill."),
    "comments/approved/pole/1.md": comment("pole", author="Jeanne", body="J’ai vu une girafe."),
    "comments/approved/pole/2.md": comment("pole", author="Yassine", body="Et un zèbre.", hour=11),
    "comments/approved/guide/3.md": comment("guide", author="<b>Mallory</b>", body=HOSTILE),
    "content/50% #1/ete.md": article("Un été à part", body="Des sauterelles."),
    **{f"content/vieux/n{number}.md": article(f"Numéro {number}", body="Des archives.") for number in range(23)},
}


def fragments(made: Mapping[str, bytes]) -> dict[str, dict[str, Any]]:
    """Return what the index among the files `made` knows of each page, by its address."""
    found = [
        json.loads(gzip.decompress(data).removeprefix(b"pagefind_dcd"))
        for path, data in made.items()
        if path.startswith("pagefind/fragment/")
    ]
    return {one["url"]: one for one in found}


def index_files(root: Path) -> dict[str, int]:
    """Return when each file of the kept indexes of the site at `root` was written."""
    return {str(path): path.stat().st_mtime_ns for path in (root / ".labo/search").rglob("*/*") if path.is_file()}


def other_pagefind(folder: Path, script: str = "") -> dict[str, str]:
    """Return the environment of a user whose Pagefind is `script`, or whose package came without its program."""
    described = folder / "pagefind_bin-0.dist-info"
    described.mkdir(parents=True)
    (described / "METADATA").write_text("Metadata-Version: 2.1\nName: pagefind-bin\nVersion: 0\n", encoding="utf-8")
    (described / "RECORD").write_text("pagefind_bin/pagefind,,\n" if script else "", encoding="utf-8")
    if script:
        program = folder / "pagefind_bin/pagefind"
        program.parent.mkdir()
        program.write_text(f"#!/bin/sh\n{script}\n", encoding="utf-8")
        program.chmod(0o755)
    return {"PYTHONPATH": os.pathsep.join([str(folder), os.environ.get("PYTHONPATH", "")])}


@pytest.fixture
def small(tmp_path: Path) -> Path:
    """A site of two articles, one of them with comments."""
    return write_site(tmp_path / "site", {path: text for path, text in SITE.items() if "vieux" not in path})


def test_the_index_holds_the_articles_with_their_comments_and_nothing_else(small: Path, tmp_path: Path) -> None:
    found = fragments(build_files(small, tmp_path / "public"))
    assert set(found) == {"/ville/pole/", "/ville/guide/", "/50% #1/ete/"}
    text = found["/ville/pole/"]["content"].replace("\u00ad'", "’").replace("o\u00ade", "œ")
    meta = found["/ville/pole/"]["meta"]
    assert text == (
        "La coopération, c’est l’économie du cœur : salarié·e·s. Les acteurs. Des mutuelles, aujourd’hui. "
        "Jeanne. J’ai vu une girafe. Yassine. Et un zèbre."
    )
    assert meta["title"] == "Un pôle en ville"
    assert (meta["section"], meta["date"], meta["authors"]) == ("Ville", "12 janvier 2021", "Zoé Lagrange")


def test_calls_of_notes_are_not_glued_to_words(small: Path, tmp_path: Path) -> None:
    text = fragments(build_files(small, tmp_path / "public"))["/ville/guide/"]["content"]
    assert text.startswith("Charities work together. In a mill.")


def test_an_article_in_another_language_is_in_the_one_index(small: Path, tmp_path: Path) -> None:
    made = build_files(small, tmp_path / "public")
    assert list(json.loads(made["pagefind/pagefind-entry.json"])["languages"]) == ["fr"]
    assert fragments(made)["/ville/guide/"]["meta"]["language"] == "en"


def test_only_what_the_search_page_uses_is_published(small: Path, tmp_path: Path) -> None:
    made = build_files(small, tmp_path / "public")
    kinds = {re.sub(r"fr_\w+", "*", path) for path in made if path.startswith("pagefind/")}
    assert kinds == {
        "pagefind/fragment/*.pf_fragment",
        "pagefind/index/*.pf_index",
        "pagefind/pagefind-entry.json",
        "pagefind/pagefind-worker.js",
        "pagefind/pagefind.*.pf_meta",
        "pagefind/pagefind.js",
        "pagefind/wasm.fr.pagefind",
    }


def test_a_language_without_stemming_is_searched_too(small: Path, tmp_path: Path) -> None:
    (small / "site.yaml").write_text(f"{SETTINGS}language: br\n", encoding="utf-8")
    assert "pagefind/wasm.unknown.pagefind" in build_files(small, tmp_path / "public")


def test_unchanged_pages_are_not_indexed_again(small: Path, tmp_path: Path) -> None:
    first = build_files(small, tmp_path / "public")
    files = index_files(small)
    assert build_files(small, tmp_path / "public") == first
    assert index_files(small) == files
    (small / "content/ville/pole.md").write_text(article("Un pôle", body="Autre chose."), encoding="utf-8")
    assert "Autre chose." in fragments(build_files(small, tmp_path / "public"))["/ville/pole/"]["content"]
    assert index_files(small).keys() > files.keys()


def test_old_indexes_are_forgotten(small: Path, tmp_path: Path) -> None:
    for number in range(4):
        (small / "content/ville/pole.md").write_text(article(f"Pôle {number}"), encoding="utf-8")
        made = build_files(small, tmp_path / "public")
    assert len(list((small / ".labo/search").glob("*/pagefind-entry.json"))) == 2
    assert sum(path.startswith("pagefind/fragment/") for path in made) == 3


def test_the_same_pages_give_the_same_index(small: Path, tmp_path: Path) -> None:
    write_site(tmp_path / "other", {path: text for path, text in SITE.items() if "vieux" not in path})
    assert build_files(small, tmp_path / "one") == build_files(tmp_path / "other", tmp_path / "two")


def test_a_site_that_asks_for_no_search_has_none(small: Path, tmp_path: Path) -> None:
    assert "recherche/index.html" in build_files(small, tmp_path / "public")
    (small / "site.yaml").write_text(SETTINGS.replace("search: true\n", ""), encoding="utf-8")
    made = build_files(small, tmp_path / "public")
    assert [path for path in made if path.startswith(("pagefind/", "recherche/"))] == []


def test_a_site_without_articles_has_nothing_to_search(tmp_path: Path) -> None:
    made = build_files(write_site(tmp_path / "site", {"site.yaml": SETTINGS}), tmp_path / "public")
    assert [path for path in made if path.startswith(("pagefind/", "recherche/"))] == []
    assert b'role="search"' not in made["index.html"]


def test_what_the_environment_says_to_pagefind_is_not_heard(small: Path) -> None:
    done = labo("build", cwd=small, PAGEFIND_SERVE="true", PAGEFIND_OUTPUT_SUBDIR="elsewhere")
    assert done.returncode == 0, done.stderr
    assert (small / "public/pagefind/pagefind.js").is_file()


def test_where_pagefind_is_missing_the_user_is_told_what_to_install(small: Path, tmp_path: Path) -> None:
    done = labo("build", cwd=small, **other_pagefind(tmp_path / "packages"))
    assert done.returncode == 1
    assert "site.yaml: `search`: Pagefind, which makes the index, is not installed" in done.stderr
    assert "hint: pip install 'labo-ssg[search]'" in done.stderr
    assert not (small / "public").exists()


def test_where_pagefind_fails_its_own_words_are_told(small: Path, tmp_path: Path) -> None:
    script = "mkdir index; echo half >index/pagefind-entry.json; echo 'disk on fire' >&2; exit 3"
    done = labo("build", cwd=small, **other_pagefind(tmp_path / "packages", script))
    assert done.returncode == 1
    assert "site.yaml: `search`: Pagefind 0 made no index: disk on fire" in done.stderr
    assert index_files(small) == {}


def test_what_a_killed_build_left_is_never_taken_for_an_index(small: Path, tmp_path: Path) -> None:
    script = "mkdir index; echo half >index/pagefind-entry.json; sleep 60"
    environment = {**os.environ, **other_pagefind(tmp_path / "packages", script)}
    running = subprocess.Popen([*LABO, "build"], cwd=small, env=environment, start_new_session=True)
    end = time.monotonic() + PATIENCE
    while not (left := list((small / ".labo/search").glob(".labo-*/index/pagefind-entry.json"))):
        assert time.monotonic() < end
        time.sleep(0.02)
    os.killpg(running.pid, signal.SIGKILL)
    running.wait(PATIENCE)
    assert left[0].exists()
    assert "/ville/pole/" in fragments(build_files(small, small / "public"))
    assert list((small / ".labo/search").glob(".labo-*")) == []


# In the browser

# All that a server must allow: the worker, and nothing else, compiles WebAssembly. The page itself stays strict.
LEAST = {"/pagefind/pagefind-worker.js": "connect-src 'self'; script-src 'wasm-unsafe-eval'"}


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("search")
    build_files(write_site(root, SITE), root / "public")
    return root / "public"


@pytest.fixture(scope="module")
def host(site: Path) -> Iterator[str]:
    with pytest.MonkeyPatch.context() as patch, chromium.serve(site) as address:
        patch.setattr(chromium, "OWN_POLICIES", LEAST)
        yield address


@pytest.fixture
def context(browser: Browser) -> Iterator[BrowserContext]:
    context = browser.new_context(locale="fr-FR", reduced_motion="reduce")
    context.set_default_timeout(PATIENCE * 1000)
    yield context
    context.close()


def complaints_of(page: Page) -> list[str]:
    """Return the list to which what `page` complains of will be added."""
    complaints: list[str] = []
    page.on("console", lambda message: complaints.append(message.text) if message.type != "log" else None)
    page.on("pageerror", lambda error: complaints.append(str(error)))
    return complaints


def search(context: BrowserContext, host: str, query: str) -> Page:
    """Open the search page as the box at the top of every page does; return it once it has answered."""
    page = context.new_page()
    page.goto(f"{host}/recherche/?q={query}")
    expect(page.get_by_role("status")).to_have_text(re.compile("[Rr]ésultat"), timeout=PATIENCE * 1000)
    return page


@pytest.fixture(scope="module")
def asked(browser: Browser, host: str) -> Iterator[Page]:
    """The search page, opened once, where one query is typed after another."""
    context = browser.new_context(locale="fr-FR", reduced_motion="reduce")
    context.set_default_timeout(PATIENCE * 1000)
    page = context.new_page()
    page.goto(f"{host}/recherche/")
    yield page
    context.close()


def ask(page: Page, query: str) -> None:
    """Type `query` in the place of the one before; wait for its answer."""
    page.locator("#search-query").fill(query)
    page.keyboard.press("Enter")
    expect(page.get_by_role("status")).to_contain_text(f"«\u00a0{query}\u00a0»", timeout=PATIENCE * 1000)


def titles(page: Page) -> list[str]:
    return page.locator("[data-search-results] h2").all_inner_texts()


@pytest.mark.browser
def test_typing_finds_and_a_click_leads_there(context: BrowserContext, host: str) -> None:
    page = context.new_page()
    complaints = complaints_of(page)
    asked: list[str] = []

    def note(request: Request) -> None:
        asked.append(request.url.removeprefix(host))

    context.on("request", note)
    page.goto(f"{host}/recherche/")
    page.get_by_role("searchbox").first.wait_for()
    assert [path for path in asked if path.startswith("/pagefind/")] == []
    field = page.locator("#search-query")
    field.press_sequentially("mutuelle")
    expect(page.get_by_role("status")).to_have_text("1 résultat pour «\u00a0mutuelle\u00a0»")
    expect(page).to_have_url(f"{host}/recherche/?q=mutuelle")
    expect(field).to_be_focused()
    result = page.locator("[data-search-results] > li")
    expect(result.locator(".entry-meta")).to_have_text("Ville12 janvier 2021")
    expect(result.get_by_role("link", name="Les acteurs")).to_have_attribute("href", "/ville/pole/#les-acteurs")
    expect(result.locator("mark")).to_have_text("mutuelles")
    assert complaints == []
    result.get_by_role("link", name="Un pôle en ville").click()
    expect(page).to_have_url(f"{host}/ville/pole/")


@pytest.mark.browser
def test_an_emptied_field_forgets_the_results(context: BrowserContext, host: str) -> None:
    page = search(context, host, "girafe")
    page.locator("#search-query").fill("")
    expect(page.get_by_role("status")).to_be_empty()
    expect(page.locator("[data-search-results] > li")).to_have_count(0)
    expect(page).to_have_url(f"{host}/recherche/")


@pytest.mark.browser
@pytest.mark.parametrize(
    ("query", "title"),
    [
        pytest.param("coopérations", "Un pôle en ville", id="a plural finds a singular"),
        pytest.param("COOPERATION", "Un pôle en ville", id="without accents, in capitals"),
        pytest.param("coopérat", "Un pôle en ville", id="the beginning of a word"),
        pytest.param("économie", "Un pôle en ville", id="a word behind an elision"),
        pytest.param("l'économie", "Un pôle en ville", id="an elision"),
        pytest.param("d’économie", "Un pôle en ville", id="another elision"),
        pytest.param("aujourd'hui", "Un pôle en ville", id="an apostrophe that is no elision"),
        pytest.param("coeur", "Un pôle en ville", id="a ligature in the text"),
        pytest.param("cœur", "Un pôle en ville", id="a ligature on both sides"),
        pytest.param("salariés", "Un pôle en ville", id="a word with middle dots"),
        pytest.param("girafes", "Un pôle en ville", id="a word of a comment"),
        pytest.param("Yassine", "Un pôle en ville", id="the author of a comment"),
        pytest.param("Lagrange", "Un pôle en ville", id="the author of an article"),
        pytest.param("girafe économie", "Un pôle en ville", id="two words, far from each other"),
        pytest.param('"vu une girafe"', "Un pôle en ville", id="words between quotes, in their order"),
        pytest.param("charity", "A guide", id="the beginning of an English word"),
        pytest.param("guide", "A guide", id="a word of the title alone"),
    ],
)
def test_what_is_found(asked: Page, query: str, title: str) -> None:
    ask(asked, query)
    assert title in titles(asked)


@pytest.mark.browser
@pytest.mark.parametrize(
    "query",
    [
        pytest.param("unesco", id="a word whose beginning is one of the site"),
        pytest.param("girafe unesco", id="of two words, one is nowhere"),
        pytest.param("zzz", id="nothing like it"),
        pytest.param("?!", id="no letter at all"),
        pytest.param("Répondre", id="a word of the theme"),
        pytest.param('"girafe une"', id="words between quotes, in another order"),
    ],
)
def test_what_is_not_found_is_told_with_advice(asked: Page, query: str) -> None:
    ask(asked, query)
    expect(asked.get_by_role("status")).to_contain_text(f"Aucun résultat pour «\u00a0{query}\u00a0». Vérifiez")
    expect(asked.locator("[data-search-results] > li")).to_have_count(0)
    expect(asked.get_by_role("main").get_by_role("link", name="Étiquettes")).to_be_visible()


@pytest.mark.browser
def test_a_comment_is_found_at_its_place(context: BrowserContext, host: str) -> None:
    page = search(context, host, "zèbre")
    page.get_by_role("link", name="Commentaire de Yassine").click()
    expect(page).to_have_url(f"{host}/ville/pole/#comment-2")
    expect(page.locator("article.comment:target")).to_be_in_viewport()


@pytest.mark.browser
def test_what_a_visitor_wrote_is_shown_as_text(context: BrowserContext, host: str) -> None:
    for query in ("piège", "Mallory", "onerror"):
        page = search(context, host, query)
        expect(page.get_by_role("link", name="Commentaire de <b>Mallory</b>")).to_be_visible()
        expect(page.locator("[data-search-results] :is(img, b, script)")).to_have_count(0)
        assert page.evaluate("window.injured") is None
    page = search(context, host, "piège")
    expect(page.locator("[data-search-results] li li")).to_contain_text("<img src=x onerror=’window.injured=1’>")
    expect(page.locator("[data-search-results] mark")).to_have_text("piège")


@pytest.mark.browser
def test_folders_with_signs_in_their_names_are_found(context: BrowserContext, host: str) -> None:
    page = search(context, host, "sauterelle")
    page.get_by_role("link", name="Un été à part").click()
    expect(page.locator("h1")).to_have_text("Un été à part")


@pytest.mark.browser
def test_a_site_in_a_folder_of_its_host_is_searched(
    context: BrowserContext, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    files = SITE | {"site.yaml": SETTINGS.replace(".example", ".example/un/site")}
    build_files(write_site(tmp_path / "site", files), tmp_path / "public/un/site")
    with chromium.serve(tmp_path / "public") as address:
        page = search(context, f"{address}/un/site", "zèbre")
        page.get_by_role("link", name="Commentaire de Yassine").click()
        expect(page).to_have_url(f"{address}/un/site/ville/pole/#comment-2")


@pytest.mark.browser
def test_more_results_come_ten_by_ten_and_the_keyboard_goes_on_there(context: BrowserContext, host: str) -> None:
    page = search(context, host, "archives")
    links = page.locator("[data-search-results] h2 a")
    expect(page.get_by_role("status")).to_have_text("23 résultats pour «\u00a0archives\u00a0»")
    expect(links).to_have_count(10)
    more = page.get_by_role("button", name="Plus de résultats")
    more.click()
    expect(links).to_have_count(20)
    expect(links.nth(10)).to_be_focused()
    more.press("Enter")
    expect(links.nth(20)).to_be_focused()
    expect(more).to_be_hidden()
    assert len(set(titles(page))) == 23


@pytest.mark.browser
def test_the_keyboard_alone_is_enough(context: BrowserContext, host: str) -> None:
    page = search(context, host, "guide")
    page.locator("#search-query").focus()
    page.keyboard.press("ControlOrMeta+a")
    page.keyboard.type("girafe")
    page.keyboard.press("Enter")
    expect(page.get_by_role("status")).to_contain_text("girafe")
    expect(page.locator("#search-query")).to_be_focused()
    page.keyboard.press("Tab")
    expect(page.locator("main").get_by_role("button", name="Rechercher")).to_be_focused()
    page.keyboard.press("Tab")
    expect(page.get_by_role("link", name="Un pôle en ville")).to_be_focused()
    page.keyboard.press("Enter")
    expect(page).to_have_url(f"{host}/ville/pole/")


@pytest.mark.browser
def test_without_javascript_the_page_says_where_else_to_look(browser: Browser, host: str) -> None:
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(f"{host}/recherche/?q=girafe")
    expect(page.get_by_text("JavaScript")).to_be_visible()
    for name in ("Accueil", "Ville", "Étiquettes", "Auteurs"):
        expect(page.get_by_role("main").get_by_role("link", name=name).first).to_be_visible()
    context.close()


@pytest.mark.browser
@pytest.mark.parametrize(
    "missing",
    [
        pytest.param("", id="a host that allows no WebAssembly"),
        pytest.param("**/pagefind/pagefind.js", id="no pagefind.js"),
        pytest.param("**/pagefind/pagefind-worker.js", id="no worker"),
        pytest.param("**/pagefind/pagefind-entry.json*", id="no entry"),
        pytest.param("**/pagefind/fragment/*", id="no fragment"),
    ],
)
def test_a_search_that_cannot_work_says_so(
    context: BrowserContext, host: str, missing: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    if missing:
        context.route(missing, lambda route: route.fulfill(status=404))
    else:
        monkeypatch.setattr(chromium, "OWN_POLICIES", {})
    context.add_init_script(
        "window.uncaught = []; for (const kind of ['error', 'unhandledrejection'])"
        " addEventListener(kind, (event) => setTimeout(() => event.defaultPrevented || window.uncaught.push(kind)));"
    )
    page = context.new_page()
    page.goto(f"{host}/recherche/?q=girafe")
    expect(page.get_by_role("status")).to_have_text("La recherche ne fonctionne pas pour le moment.")
    expect(page.get_by_text("JavaScript")).to_be_hidden()
    expect(page.get_by_role("main").get_by_role("link", name="Étiquettes")).to_be_visible()
    page.wait_for_timeout(50)
    assert page.evaluate("window.uncaught") == []


SCREENS: list[tuple[int, Literal["light", "dark"]]] = [(320, "dark"), (1280, "light")]


@pytest.mark.browser
@pytest.mark.parametrize("query", ["", "girafe", "archives", "unesco"])
def test_axe_finds_no_violation_and_nothing_is_too_wide(browser: Browser, host: str, query: str) -> None:
    context = browser.new_context(bypass_csp=True, reduced_motion="reduce")
    page = context.new_page()
    page.goto(f"{host}/recherche/?q={query}")
    if query:
        expect(page.get_by_role("status")).to_contain_text(query, timeout=PATIENCE * 1000)
    for width, scheme in SCREENS:
        page.set_viewport_size({"width": width, "height": 800})
        page.emulate_media(color_scheme=scheme)
        assert violations(page) == [], (query, width, scheme)
        assert page.evaluate("document.documentElement.scrollWidth") <= width, (query, width, scheme)
    context.close()
