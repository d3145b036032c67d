"""The discussion in a real browser: to answer, to be told of a mistake, to lose nothing, with a script and without."""

import re
from collections.abc import Iterator
from typing import Literal

import pytest
from conftest import article, comment, violations, write_site
from playwright.sync_api import Browser, BrowserContext, Page, expect
from test_preview import PATIENCE, Preview

from labo_ssg.inbox.sealing import new_keys

pytestmark = pytest.mark.browser

NAMES = ("Ana", "Bob", "Cléo", "Dan", "Ève", "Fred", "Gus", "Hal")
SITE = {
    "site.yaml": f"title: Essai\nbase_url: https://essai.example\ncomments: {{key: {new_keys().public}}}\n",
    "content/a/x.md": article("Un article", body="Un texte.\n\n" * 60),
    "content/a/clos.md": article("Fermé", comments="closed"),
    "content/a/muet.md": article("Muet", comments="off"),
    "comments/approved/clos/one.md": comment("clos"),
    **{
        f"comments/approved/x/{number}.md": comment(
            "x", author=name, body="Un mot. " * 20, hour=10 + number, reply_to=str(number - 1) if number else ""
        )
        for number, name in enumerate(NAMES)
    },
    "comments/approved/x/forum7.md": comment("x", author="Importée", body="D’un autre temps.", hour=22),
}


@pytest.fixture(scope="module")
def address(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    folder = tmp_path_factory.mktemp("discussion")
    running = Preview(write_site(folder / "site", SITE), folder / "log")
    yield running.address.rstrip("/")
    running.process.terminate()
    running.process.wait(PATIENCE)


@pytest.fixture(params=[True, False], ids=["with a script", "without"])
def context(browser: Browser, request: pytest.FixtureRequest) -> Iterator[BrowserContext]:
    context = browser.new_context(java_script_enabled=request.param, reduced_motion="reduce")
    context.set_default_timeout(PATIENCE * 1000)
    yield context
    context.close()


@pytest.fixture
def page(browser: Browser, address: str) -> Iterator[Page]:
    context = browser.new_context(viewport={"width": 390, "height": 844}, reduced_motion="reduce")
    context.set_default_timeout(PATIENCE * 1000)
    page = context.new_page()
    page.goto(f"{address}/a/x/")
    yield page
    context.close()


def test_a_comment_is_answered_with_a_script_and_without(context: BrowserContext, address: str) -> None:
    page = context.new_page()
    page.goto(f"{address}/a/x/")
    page.get_by_role("link", name="Répondre à Cléo").click()
    form = page.locator("form#postez")
    expect(form.locator("[name=reply_to]")).to_have_value("2")
    expect(form.locator("[name=article]")).to_have_value("x")
    form.get_by_label("Nom").fill("Zoé")
    form.get_by_label("Texte de votre message").fill("Court")
    form.evaluate("one => { one.noValidate = true; }")
    form.get_by_role("button", name="Prévisualiser").click()
    expect(page.get_by_role("alert")).to_contain_text("trop court")
    field = page.get_by_label("Texte de votre message")
    expect(field).to_have_value("Court")
    expect(field).to_have_attribute("aria-invalid", "true")
    expect(page.locator("form#postez [name=reply_to]")).to_have_value("2")
    expect(page.get_by_label("Nom")).to_have_value("Zoé")
    page.get_by_role("alert").get_by_role("link", name="Texte de votre message").click()
    expect(field).to_be_focused()


def test_the_form_stands_under_the_comment_that_is_answered(page: Page) -> None:
    page.get_by_role("link", name="Répondre à Bob").click()
    expect(page.locator("#comment-1 + form#postez")).to_be_visible()
    expect(page.locator("form [data-replying]")).to_contain_text("Bob")
    page.get_by_role("button", name="Ne plus répondre à ce message").click()
    expect(page.locator("form#postez [name=reply_to]")).to_have_value("")
    expect(page.locator("ol form#postez")).to_have_count(0)
    expect(page.get_by_role("link", name="Répondre à Bob")).to_be_focused()


def test_an_imported_message_is_answered_by_the_name_it_had(page: Page) -> None:
    page.get_by_role("link", name="Répondre à Importée").click()
    expect(page.locator("form#postez [name=reply_to]")).to_have_value("forum7")


def test_what_was_typed_is_there_again_until_it_is_sent(page: Page) -> None:
    page.get_by_role("link", name="Répondre à Bob").click()
    expect(page.locator("ol form#postez")).to_have_count(1)  # the script is there
    page.get_by_label("Nom").fill("Zoé")
    page.get_by_label("Adresse e-mail").fill("zoe@example.org")
    page.get_by_label("Texte de votre message").fill("Une longue réponse, interrompue.")
    page.reload()
    page.locator("form#postez").scroll_into_view_if_needed()
    expect(page.get_by_label("Texte de votre message")).to_have_value("Une longue réponse, interrompue.")
    expect(page.get_by_label("Nom")).to_have_value("Zoé")
    expect(page.locator("form#postez [name=reply_to]")).to_have_value("1")
    assert "zoe@example.org" not in page.evaluate("JSON.stringify(localStorage)"), "the address is kept nowhere"


def test_without_a_script_there_is_no_toolbar(browser: Browser, address: str) -> None:
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(f"{address}/a/x/")
    expect(page.locator("[data-toolbar]")).to_be_hidden()
    expect(page.get_by_label("Texte de votre message")).to_be_visible()
    context.close()


def test_the_toolbar_types_the_shortcuts_around_what_is_selected(page: Page) -> None:
    field = page.get_by_label("Texte de votre message")
    field.scroll_into_view_if_needed()
    field.fill("un mot fort")
    field.evaluate("one => one.setSelectionRange(7, 11)")
    page.get_by_role("button", name="Gras").click()
    expect(field).to_have_value("un mot {{fort}}")
    expect(page.locator("[data-counter]")).to_contain_text("19")
    expect(field).to_be_focused()


def test_deep_answers_stay_readable_on_a_phone(page: Page) -> None:
    widths = [page.locator(f"#comment-{number} .prose").bounding_box() for number in range(len(NAMES))]
    assert all(box and box["width"] >= 280 for box in widths), widths
    starts = [round(box["x"]) for box in widths if box]
    assert len(set(starts)) <= 4, "three indents at most"
    deep = page.locator("#comment-5")
    expect(deep.get_by_text("en réponse à Ève")).to_be_visible()
    deep.get_by_role("link", name="Ève", exact=True).click()
    expect(page).to_have_url(re.compile("#comment-4$"))


def test_old_anchors_of_imported_messages_lead_to_them(page: Page) -> None:
    page.goto(page.url.partition("#")[0] + "#forum7")
    expect(page.locator("#forum7")).to_be_in_viewport()
    expect(page.locator("#forum7")).to_contain_text("D’un autre temps.")


def test_closed_and_silent_articles_take_no_message(browser: Browser, address: str) -> None:
    context = browser.new_context()
    page = context.new_page()
    page.goto(f"{address}/a/clos/")
    expect(page.locator("#forum")).to_contain_text("Cette discussion est close")
    expect(page.locator("article.comment")).to_have_count(1)
    expect(page.get_by_role("link", name=re.compile("Répondre"))).to_have_count(0)
    expect(page.locator("form[method=post]")).to_have_count(0)
    page.goto(f"{address}/a/muet/")
    expect(page.locator("#forum")).to_have_count(0)
    context.close()


def test_a_form_is_filled_and_sent_by_keyboard_alone(page: Page) -> None:
    page.get_by_label("Nom").focus()
    page.keyboard.type("Zoé")
    page.keyboard.press("Tab")
    page.keyboard.press("Tab")
    page.keyboard.press("Tab")
    for _ in range(8):  # past the toolbar
        if page.evaluate("document.activeElement.id") == "text":
            break
        page.keyboard.press("Tab")
    page.keyboard.type("Un message au clavier, assez long.")
    for _ in range(8):
        page.keyboard.press("Tab")
        if page.evaluate("document.activeElement.type") == "submit":
            break
    page.keyboard.press("Enter")
    expect(page.locator("#preview")).to_be_focused()
    expect(page.locator("#preview .prose")).to_have_text("Un message au clavier, assez long.")
    expect(page.get_by_label("Texte de votre message")).to_have_value("Un message au clavier, assez long.")


@pytest.mark.parametrize(("width", "scheme"), [(320, "light"), (390, "dark"), (1280, "light"), (1280, "dark")])
@pytest.mark.parametrize("wrong", [False, True], ids=["the page of an answer", "a form with mistakes"])
def test_axe_finds_nothing_on_the_pages_of_the_inbox(
    browser: Browser, address: str, wrong: bool, width: int, scheme: Literal["light", "dark"]
) -> None:
    context = browser.new_context(
        viewport={"width": width, "height": 800}, color_scheme=scheme, reduced_motion="reduce", bypass_csp=True
    )
    page = context.new_page()
    page.goto(f"{address}/inbox/reply/x/2")
    if wrong:
        page.locator("form#postez").evaluate("one => { one.noValidate = true; }")
        page.get_by_label("Adresse e-mail").fill("zoe")
        page.get_by_role("button", name="Prévisualiser").click()
        expect(page.get_by_role("alert")).to_be_visible()
    assert violations(page) == []
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    context.close()
