"""The demo site in a real browser: printing, glossary, discussion, without JavaScript, on a narrow screen."""

import re
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Literal

import chromium
import pytest
from conftest import article, violations, write_site
from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Page, expect
from test_preview import PATIENCE, Preview

pytestmark = pytest.mark.browser

PTCE = "/le-labo-de-l-ess/on-parle-de-nous/ptce-elements-de-diagnostic/"
GUIDE = "/territoires/ptce/ptce-a-short-guide/"


@pytest.fixture(scope="module")
def host(demo: Path) -> Iterator[str]:
    with chromium.serve(demo) as address:
        yield address


def open_page(context: BrowserContext, url: str) -> Page:
    page = context.new_page()
    page.set_default_timeout(PATIENCE * 1000)
    complaints: list[str] = []

    def complain(message: ConsoleMessage) -> None:
        if message.type in ("error", "warning"):
            complaints.append(message.text)

    page.on("console", complain)
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.goto(url)
    assert complaints == []
    return page


@pytest.fixture
def page(browser: Browser, host: str) -> Iterator[Page]:
    context = browser.new_context(locale="fr-FR")
    context.add_init_script("window.printed = 0; window.print = () => { window.printed += 1; };")
    yield open_page(context, host + PTCE)
    context.close()


def test_the_print_link_prints(page: Page) -> None:
    page.get_by_role("link", name="Impression").click()
    assert page.evaluate("window.printed") == 1


def test_paper_shows_the_article_and_neither_menu_nor_form(page: Page) -> None:
    page.emulate_media(media="print")
    expect(page.locator("h1")).to_be_visible()
    expect(page.locator(".prose").first).to_be_visible()
    expect(page.locator("form#postez")).to_be_hidden()
    expect(page.get_by_role("navigation", name="Menu principal")).to_be_hidden()


def test_paper_explains_a_term_in_words_where_it_first_stands(page: Page) -> None:
    page.emulate_media(media="print")
    behind = "one => getComputedStyle(one, '::after').content"
    terms = page.locator(".e-content .term[popovertarget=term-ptce]").filter(has_not=page.locator(".comment"))
    said = [term.evaluate(behind) for term in terms.all()]
    article = [one for one in said if "Pôle territorial de coopération économique" in one]
    assert len(said) > 3
    assert said[0] == '" (Pôle territorial de coopération économique)"'
    assert len(article) == 1, "once in the whole article"
    expect(page.locator(".words")).to_be_hidden()
    assert "https://" in page.locator(".source a").evaluate(behind), "where a link leads"


def test_the_discussion_is_printed_where_it_is_asked_for(page: Page) -> None:
    page.emulate_media(media="print")
    expect(page.locator("#forum")).to_be_hidden()
    page.emulate_media(media="screen")
    page.evaluate("window.print = () => {}")
    page.get_by_role("link", name="Imprimer la discussion").click()
    page.emulate_media(media="print")
    expect(page.locator("#forum article.comment").first).to_be_visible()
    expect(page.locator(".article .prose").first).to_be_hidden()
    expect(page.locator("form#postez")).to_be_hidden()


def test_the_forum_link_jumps_to_the_discussion(page: Page) -> None:
    page.get_by_role("link", name="Forum (").first.click()
    expect(page).to_have_url(re.compile("#forum$"))
    expect(page.locator("#forum-title, #forum h2").first).to_be_in_viewport()


def test_a_term_is_explained_by_mouse(page: Page) -> None:
    card = page.locator("#term-ptce:popover-open")  # a closed one stands in the list of words
    expect(card).to_have_count(0)
    page.locator(".prose .term", has_text="PTCE").nth(2).click()
    expect(card).to_be_visible()
    expect(card).to_contain_text("coopération économique")
    page.keyboard.press("Escape")
    expect(card).to_have_count(0)


def test_a_term_is_explained_by_keyboard(page: Page) -> None:
    first = page.locator(".prose .term").first
    page.locator("main").focus()
    for _ in range(60):
        page.keyboard.press("Tab")
        if first.evaluate("one => one === document.activeElement"):
            break
    expect(first).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.locator(f"#{first.get_attribute('popovertarget')}:popover-open")).to_be_visible()
    page.keyboard.press("Escape")
    page.keyboard.press("ArrowRight")
    expect(page.locator(".prose .term").nth(1)).to_be_focused()


def test_a_term_is_explained_by_touch_without_javascript(browser: Browser, host: str) -> None:
    context = browser.new_context(
        has_touch=True, is_mobile=True, viewport={"width": 390, "height": 844}, java_script_enabled=False
    )
    page = open_page(context, host + PTCE)
    page.locator(".prose .term").first.tap()
    expect(page.locator("#term-ptce:popover-open")).to_be_visible()
    expect(page.get_by_role("link", name="Impression")).to_be_hidden()
    expect(page.locator("form#postez textarea")).to_be_visible()
    context.close()


def test_to_answer_a_comment_sets_whom_the_form_answers(page: Page) -> None:
    comment = page.locator("article.comment").first
    key = (comment.get_attribute("id") or "").removeprefix("comment-")
    comment.get_by_role("link", name="Répondre").first.click()
    expect(page.locator("form#postez [name=reply_to]")).to_have_value(key)
    expect(page.locator("form#postez textarea")).to_be_in_viewport()


@pytest.fixture(scope="module")
def looked_at(browser: Browser) -> Iterator[Page]:
    """A page that is led from one address to the next: all that is asked of them is how they look."""
    context = browser.new_context(reduced_motion="reduce", bypass_csp=True)
    yield context.new_page()
    context.close()


@pytest.mark.parametrize(
    "path", ["/", PTCE, GUIDE, "/territoires/", "/glossaire/", "/tags/", "/tags/ptce/", "/recherche/", "/404.html"]
)
def test_nothing_is_wider_than_the_screen(looked_at: Page, host: str, path: str) -> None:
    looked_at.goto(host + path)
    for width in (320, 390, 1280, 1920):
        looked_at.set_viewport_size({"width": width, "height": 800})
        assert looked_at.evaluate("[innerWidth, document.documentElement.scrollWidth]") == [width, width], path


KINDS = [
    "/",
    "/page/2/",
    PTCE,
    GUIDE,
    "/territoires/",
    "/tags/",
    "/tags/ptce/",
    "/authors/",
    "/authors/aissatou-camara/",
    "/glossaire/",
    "/recherche/?q=ptce",
    "/mentions-legales/",
    "/404.html",
    "/spip.php/",
]


@pytest.mark.parametrize("path", KINDS)
def test_a_page_of_each_kind_stays_where_it_is_and_complains_of_nothing(browser: Browser, host: str, path: str) -> None:
    """No layout shift, nothing that the policy blocks, no error, while the page is read to its end."""
    context = browser.new_context(viewport={"width": 390, "height": 844}, reduced_motion="reduce")
    context.route("**/form.js", lambda route: (time.sleep(0.3), route.continue_()))  # it comes late, as on a slow line
    page = open_page(context, host + path)
    heard: list[str] = []
    page.on("console", lambda message: heard.append(message.text))
    shift = page.evaluate(
        """async () => {
          let sum = 0;
          const add = (list) => list.getEntries().forEach((one) => (sum += one.hadRecentInput ? 0 : one.value));
          new PerformanceObserver(add).observe({ type: "layout-shift", buffered: true });
          for (let at = 0; at < document.body.scrollHeight; at += 600) {
            scrollTo(0, at);
            await new Promise((done) => setTimeout(done, 30));
          }
          return sum;
        }"""
    )
    assert heard == []
    if "q=" not in path:  # what is found comes when it is found
        assert shift < 0.005
    context.close()


Screen = tuple[int, Literal["light", "dark"]]
SCREENS: list[Screen] = [(390, "dark"), (1280, "light")]
OTHERS: list[Screen] = [(390, "light"), (1280, "dark")]


@pytest.mark.parametrize("path", KINDS)
def test_axe_finds_no_violation(looked_at: Page, host: str, path: str) -> None:
    looked_at.goto(host + path)
    if "q=" in path:
        expect(looked_at.locator(".search-results > li").first).to_be_visible()
    looked_at.locator("details").evaluate_all("all => all.forEach(one => { one.open = true; })")
    for width, scheme in SCREENS + (OTHERS if path in ("/", PTCE) else []):
        looked_at.set_viewport_size({"width": width, "height": 800})
        looked_at.emulate_media(color_scheme=scheme, reduced_motion="reduce")
        assert violations(looked_at) == [], (path, width, scheme)


def test_an_old_address_with_a_query_leads_to_the_article(browser: Browser, host: str) -> None:
    context = browser.new_context()
    page = context.new_page()
    page.goto(host + "/spip.php?article123")
    expect(page).to_have_url(host + PTCE)
    context.close()


def test_the_preview_reloads_the_page_by_itself(browser: Browser, tmp_path: Path) -> None:
    site = write_site(tmp_path / "site", {"content/a/x.md": article("Avant")})
    preview = Preview(site, tmp_path / "log")
    context = browser.new_context()
    try:
        page = open_page(context, preview.address + "a/x/")
        expect(page.locator("h1")).to_have_text("Avant")
        (site / "content/a/x.md").write_text(article("Après", titel="x"), encoding="utf-8")
        expect(page.get_by_role("alert")).to_contain_text("unknown key `titel`", timeout=PATIENCE * 1000)
        expect(page.locator("h1")).to_have_text("Avant")
        (site / "content/a/x.md").write_text(article("Après"), encoding="utf-8")
        expect(page.locator("h1")).to_have_text("Après", timeout=PATIENCE * 1000)
        expect(page.locator("#labo-problems")).to_have_count(0)
    finally:
        context.close()
        preview.process.terminate()
        preview.process.wait(PATIENCE)
