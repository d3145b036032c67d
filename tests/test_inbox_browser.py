"""The way of a message in a real browser, with and without scripts: a built site, and before it a real inbox."""

import re
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from functools import partial
from http.server import SimpleHTTPRequestHandler
from pathlib import Path
from typing import Any, Literal

import chromium
import httpx
import pytest
from conftest import PLAIN, article, build_files, comment, violations, write_site
from inboxes import Inbox
from playwright.sync_api import Browser, BrowserContext, Locator, Page, Request, Route, expect
from test_preview import Preview

from labo_ssg.inbox.sealing import new_keys

pytestmark = pytest.mark.browser

PATIENCE = 20.0
TEXT = "Bonjour, voici {{mon avis}} sur les PTCE, et [un lien->https://exemple.org/]."
KEY = new_keys().public
SETTINGS = """title: Le Labo
base_url: {base_url}
language: {language}
comments:
  key: {key}
  inbox: {inbox}
  editors: [L'équipe du Labo]
  delay: deux jours
  privacy: Votre nom et votre message seront publiés.
inbox:
  pace: {{sender: 1000, article: 1000}}
  proxies: []
"""
FILES = {
    "content/a/x.md": article("Les pôles", body="Un texte.\n\n" * 30),
    "content/a/z.md": article("Fini", comments="closed"),
    "content/glossaire.yaml": "- {word: PTCE, definition: Pôle territorial de coopération économique}\n",
    "comments/approved/x/one.md": comment("x", author="Zoé", body="Un premier message.\n\nEn deux parties."),
}
WORDS = {
    "fr": {
        "preview": "Prévisualiser",
        "send": "Message définitif : envoyer au site",
        "withdraw": "Retirer mon message",
    },
    "en": {"preview": "Preview", "send": "Final message: send it to the site", "withdraw": "Withdraw my message"},
}


class Front(chromium.Handler):
    """What stands before a site and its inbox, on one host: the one below `base`, the other wherever it is now."""

    def __init__(self, *words: object, place: "Place", **named: Any) -> None:
        self.place = place
        super().__init__(*words, **named)

    def translate_path(self, path: str) -> str:
        return super().translate_path(path.removeprefix(self.place.base))

    def do_GET(self) -> None:  # noqa: N802 # the server’s own name
        if self.path.startswith(f"{self.place.base}/inbox/"):
            self._pass_on()
        else:
            super().do_GET()

    def do_POST(self) -> None:  # noqa: N802
        self._pass_on()

    def _pass_on(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length", "0")))
        given = {name: value for name, value in self.headers.items() if name.lower() != "connection"}
        try:
            url = self.place.inbox.address + self.path
            found = httpx.request(self.command, url, headers=given, content=body, timeout=PATIENCE, verify=PLAIN)
        except httpx.TransportError:
            self.send_error(502)
            return
        self.send_response(found.status_code)
        for name, value in found.headers.items():
            if name not in ("connection", "date", "server"):
                self.send_header(name, value)
        SimpleHTTPRequestHandler.end_headers(self)  # with the policy of the inbox alone
        self.wfile.write(found.content)


class Place:
    """A site, built and served, and its inbox."""

    def __init__(self, folder: Path, language: str, base: str, inbox: str = "/inbox/") -> None:
        self.language, self.base, self._inbox_at = language, base, inbox
        self.root, self.output, self._logs = folder / "site", folder / "public", folder
        self.words = WORDS[language]
        self.inbox: Inbox
        self.host = ""

    def open(self, host: str) -> None:
        self.host = host
        settings = SETTINGS.format(
            base_url=host + self.base, language=self.language, key=KEY, inbox=self._inbox_at.format(host=host)
        )
        write_site(self.root, {**FILES, "site.yaml": settings})
        self.build()
        self.start()

    def build(self) -> None:
        build_files(self.root, self.output)

    def start(self) -> None:
        number = len([*self._logs.glob("log*")])
        self.inbox = Inbox(self.root, self._logs / f"log{number}")

    @property
    def article(self) -> str:
        return f"{self.host}{self.base}/a/x/"

    @property
    def pending(self) -> list[Path]:
        return self.inbox.pending()


@contextmanager
def opened(folder: Path, language: str, base: str, inbox: str = "/inbox/", policy: str = "") -> Iterator[Place]:
    place = Place(folder, language, base, inbox)
    place.output.mkdir(parents=True)
    policy = policy or chromium.POLICY
    with chromium.serve(place.output, policy=policy, handler=partial(Front, place=place)) as host:
        place.open(host)
        try:
            yield place
            assert "traceback" not in place.inbox.log.read_text(encoding="utf-8").lower()
        finally:
            place.inbox.stop()


@pytest.fixture(scope="module")
def places(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, Place]]:
    """A French site, and an English one in a folder of its host."""
    with ExitStack() as stack:
        bases = {"fr": "", "en": "/labo"}
        yield {
            name: stack.enter_context(opened(tmp_path_factory.mktemp(name), name, base)) for name, base in bases.items()
        }


@pytest.fixture
def place(places: dict[str, Place]) -> Place:
    """The French site, where no message waits."""
    for path in places["fr"].pending:
        path.unlink()
    return places["fr"]


@contextmanager
def visit(browser: Browser, url: str, *, allowed: str = "", **options: Any) -> Iterator[Page]:
    """Open a page; whatever the browser complains of fails, but for what `allowed` finds."""
    options = {"reduced_motion": "reduce", "viewport": {"width": 1280, "height": 900}, **options}
    context = browser.new_context(**options)
    page = context.new_page()
    page.set_default_timeout(PATIENCE * 1000)
    complaints: list[str] = []
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.on(
        "console",
        lambda one: (
            complaints.append(f"{one.text} {one.location['url']}") if one.type in ("error", "warning") else None
        ),
    )
    page.goto(url)
    yield page
    assert [one for one in complaints if not (allowed and re.search(allowed, one))] == []
    context.close()


def near(page: Page) -> None:
    """Come near the form, until its script is there."""
    page.locator("#postez").scroll_into_view_if_needed()
    expect(page.locator("link[href$='/inbox.css']")).to_have_count(1)


def write(page: Page, text: str = TEXT, author: str = "Jeanne Martin", **more: str) -> None:
    for name, value in {"author": author, "text": text, **more}.items():
        page.locator(f"#{name}").fill(value)


def button(page: Page, place: Place, which: str = "preview") -> Locator:
    return page.get_by_role("button", name=place.words[which], exact=True)


def codes(page: Page) -> tuple[str, str]:
    reference, code = page.locator(".receipt .codes code").all_inner_texts()
    return reference, code


def ask(page: Page, place: Place, receipt: tuple[str, str]) -> None:
    """Ask what became of a message."""
    page.goto(f"{place.host}{place.base}/inbox/status")
    page.locator("#reference").fill(receipt[0])
    page.locator("#code").fill(receipt[1])
    page.locator("main [type=submit]").click()
    page.wait_for_load_state()


SCRIPTS = pytest.mark.parametrize("scripts", [True, False], ids=["with scripts", "without"])


@SCRIPTS
@pytest.mark.parametrize("language", ["fr", "en"])
def test_a_message_is_previewed_corrected_sent_followed_and_withdrawn(
    browser: Browser, places: dict[str, Place], language: str, scripts: bool
) -> None:
    place = places[language]
    with visit(browser, place.article, java_script_enabled=scripts) as page:
        if scripts:
            near(page)
        write(page, "Un premeir jet, avec [[une note]].", email="jeanne@exemple.org", website="https://exemple.org")
        button(page, place).click()
        preview = page.locator("#preview")
        expect(preview).to_be_focused()
        expect(preview.locator(".comment .prose").first).to_contain_text("premeir")
        write(page, TEXT)
        button(page, place).click()
        expect(preview.locator(".comment strong")).to_have_text("mon avis")
        assert place.pending == []
        button(page, place, "send").click()
        expect(page.locator(".receipt")).to_be_focused()
        mine = codes(page)
        expect(page.locator("#postez ~ .receipt")).to_have_count(0)
        [kept] = place.pending
        assert kept.stem == mine[0]
        assert kept.read_text(encoding="utf-8").endswith(f"\n---\n{TEXT}\n")
        assert (page.url == place.article) == scripts
        page.locator("form[action$=status] button").click()
        expect(page.locator(".state.pending")).to_be_focused()
        button(page, place, "withdraw").click()
        expect(page.locator(".state.withdrawn")).to_be_visible()
        assert place.pending == []
        ask(page, place, mine)
        expect(page.locator(".state.withdrawn")).to_be_visible()


@SCRIPTS
def test_an_answer_stands_where_it_will_and_names_what_it_answers(
    browser: Browser, place: Place, scripts: bool
) -> None:
    with visit(browser, place.article, java_script_enabled=scripts) as page:
        page.get_by_role("link", name="Répondre à Zoé").click()
        write(page)
        button(page, place).click()
        expect(page.locator("#preview .comment .to")).to_have_text("en réponse à Zoé")
        if scripts:
            expect(page.locator("#comment-one ~ #preview")).to_be_visible()
        else:
            expect(page.locator("#comment-one.answered")).to_contain_text("Un premier message.")
        button(page, place, "send").click()
        expect(page.locator(".receipt")).to_be_visible()
        if scripts:
            expect(page.locator("#comment-one ~ .receipt")).to_be_visible()
            expect(page.locator("#comment-one ~ #postez")).to_have_count(0)
        [kept] = place.pending
        assert "\nreply_to: one\n" in kept.read_text(encoding="utf-8")


@SCRIPTS
def test_mistakes_are_told_beside_their_fields_and_corrected(browser: Browser, place: Place, scripts: bool) -> None:
    with visit(browser, place.article, java_script_enabled=scripts, allowed="422") as page:
        if scripts:
            near(page)
        write(page, "          x", author="l’Équipe du Labo", website="http:exemple")
        button(page, place).click()
        problems = page.get_by_role("alert")
        expect(problems).to_be_focused()
        expect(problems.get_by_role("link")).to_have_text(["Nom", "Site web"])
        for name, said in {"author": "Ce nom est réservé", "website": "Ce n’est pas l’adresse d’un site"}.items():
            field = page.locator(f"#{name}")
            expect(field).to_have_attribute("aria-invalid", "true")
            expect(field).to_have_accessible_description(re.compile(said))
        expect(page.locator("#text")).to_have_accessible_description(re.compile("raccourcis SPIP"))
        expect(page.locator("#text")).to_have_value("          x")
        if not scripts:
            assert page.title().startswith("Erreur\u00a0:")
        problems.get_by_role("link", name="Site web").click()
        expect(page.locator("#website")).to_be_focused()
        page.locator("#website").fill("https://exemple.org")
        page.locator("#author").fill("Jeanne")
        button(page, place).click()
        expect(page.locator("#preview")).to_be_focused()
        expect(page.locator("[aria-invalid], .error, .problems")).to_have_count(0)


def count_posts(context: BrowserContext) -> list[str]:
    """Return a list that grows with each form that is sent."""
    posted: list[str] = []

    def note(request: Request) -> None:
        if request.method == "POST":
            posted.append(request.post_data or "")

    context.on("request", note)
    return posted


@SCRIPTS
def test_a_double_click_sends_once(browser: Browser, place: Place, scripts: bool) -> None:
    with visit(browser, place.article, java_script_enabled=scripts) as page:
        if scripts:
            near(page)
        posted = count_posts(page.context)
        write(page)
        button(page, place).dblclick()
        expect(page.locator("#preview")).to_be_visible()
        button(page, place, "send").dblclick()
        expect(page.locator(".receipt")).to_have_count(1)
        assert len(place.pending) == 1
        if scripts:
            assert ["token=" in one for one in posted] == [False, True]


def test_a_preview_that_is_out_of_date_is_not_sent(browser: Browser, place: Place) -> None:
    with visit(browser, place.article) as page:
        near(page)
        write(page)
        button(page, place).click()
        send = button(page, place, "send")
        expect(send).to_be_enabled()
        page.locator("#text").press_sequentially("!")
        expect(send).to_be_disabled()
        expect(page.get_by_text("Vous avez modifié votre message")).to_be_visible()
        page.locator("#text").press("Backspace")
        expect(send).to_be_enabled()
        page.locator("#author").fill("Jean")
        expect(send).to_be_disabled()
        page.locator("#author").press("Enter")
        expect(page.locator("#preview h4")).to_have_text("Jean")
        expect(send).to_be_enabled()
        page.locator("#author").press("Enter")
        expect(page.locator(".receipt")).to_have_count(0)
        assert place.pending == []


def test_the_key_enter_does_not_send_what_is_on_the_page_of_the_preview(browser: Browser, place: Place) -> None:
    with visit(browser, place.article, java_script_enabled=False) as page:
        write(page)
        button(page, place).click()
        page.locator("#author").fill("Jean")
        page.locator("#author").press("Enter")
        expect(page.locator("#preview h4")).to_have_text("Jean")
        expect(page.locator(".remarks")).to_have_count(0)
        assert place.pending == []


def test_nothing_is_lost_when_the_inbox_is_away_and_comes_back(browser: Browser, place: Place) -> None:
    with visit(browser, place.article, allowed="502") as page:
        near(page)
        write(page, email="jeanne@exemple.org")
        button(page, place).click()
        expect(page.locator("#preview")).to_be_visible()
        place.inbox.stop()
        try:
            button(page, place, "send").click()
            problems = page.get_by_role("alert")
            expect(problems).to_be_focused()
            expect(problems).to_contain_text("Le site ne répond pas")
            for name, value in {"text": TEXT, "email": "jeanne@exemple.org"}.items():
                expect(page.locator(f"#{name}")).to_have_value(value)
        finally:
            place.start()
        button(page, place, "send").click()
        expect(page.locator(".receipt")).to_be_focused()
        expect(problems).to_have_count(0)
        assert len(place.pending) == 1


def test_an_answer_that_is_no_page_of_the_inbox_or_does_not_come_is_told(browser: Browser, place: Place) -> None:
    def late(route: Route) -> None:
        if route.request.method == "POST":
            route.fulfill(status=500, body="Oops") if "bon" in (route.request.post_data or "") else None
        else:
            route.continue_()

    with visit(browser, place.article, allowed="500") as page:
        page.evaluate("AbortSignal.timeout = (old => () => old.call(AbortSignal, 300))(AbortSignal.timeout)")
        page.route("**/inbox/", late)
        near(page)
        for text in ("bon, voici dix lettres", "mal, voici dix lettres"):
            page.locator("#author").fill("Jeanne")
            page.locator("#text").fill(text)
            button(page, place).click()
            expect(page.get_by_role("alert")).to_contain_text("Le site ne répond pas")
            expect(page.get_by_role("alert")).to_have_count(1)
            expect(page.locator("#text")).to_have_value(text)
            expect(button(page, place)).to_be_enabled()
            page.locator("#text").fill("")


def test_a_draft_comes_back_and_is_forgotten_once_the_receipt_is_seen(browser: Browser, place: Place) -> None:
    with visit(browser, place.article) as page:
        near(page)
        write(page, email="jeanne@exemple.org", website="https://exemple.org")
        button(page, place).click()
        expect(page.locator("#preview")).to_be_visible()
        assert "jeanne@exemple.org" not in page.evaluate("JSON.stringify(localStorage)")
        page.reload()
        near(page)
        for name, value in {"text": TEXT, "author": "Jeanne Martin", "website": "https://exemple.org"}.items():
            expect(page.locator(f"#{name}")).to_have_value(value)
        button(page, place).click()
        button(page, place, "send").click()
        expect(page.locator(".receipt")).to_be_visible()
        expect(page.locator("#text")).to_have_value("")
        assert page.evaluate("localStorage.length") == 0
        page.reload()
        near(page)
        expect(page.locator("#text")).to_have_value("")


def test_a_draft_is_forgotten_where_the_receipt_is_a_page_of_its_own(browser: Browser, place: Place) -> None:
    with visit(browser, place.article, allowed="Failed") as page:
        near(page)
        write(page)
        assert page.evaluate("localStorage.length") == 1
        page.route("**/send.js", lambda route: route.abort())
        page.reload()
        write(page)
        button(page, place).click()
        expect(page).to_have_url(re.compile("/inbox/$"))
        assert page.evaluate("localStorage.length") == 1
        button(page, place, "send").click()
        expect(page.locator("[data-sent=x]")).to_be_visible()
        page.wait_for_load_state()
        assert page.evaluate("localStorage.length") == 0


@SCRIPTS
def test_the_way_back_leads_to_what_was_written(browser: Browser, place: Place, scripts: bool) -> None:
    with visit(browser, place.article, java_script_enabled=scripts) as page:
        if scripts:
            near(page)
        write(page)
        button(page, place).click()
        expect(page.locator("#preview")).to_be_visible()
        if scripts:
            page.goto(f"{place.host}/a/")
        page.go_back()
        expect(page).to_have_url(place.article)
        page.locator("#postez").scroll_into_view_if_needed()
        expect(page.locator("#text")).to_have_value(TEXT)
        button(page, place).click()
        expect(page.locator("#preview strong")).to_have_text("mon avis")


def test_a_receipt_is_copied_and_printed(browser: Browser, place: Place) -> None:
    options = {"permissions": ["clipboard-read", "clipboard-write"]}
    with visit(browser, place.article, **options) as page:
        near(page)
        write(page)
        button(page, place).click()
        button(page, place, "send").click()
        page.get_by_role("button", name="Copier les deux").click()
        expect(page.locator(".receipt").get_by_role("status")).to_have_text("C’est copié.")
        reference, code = codes(page)
        copied = page.evaluate("navigator.clipboard.readText()").replace("\u00a0", " ")
        assert copied == f"Le Labo\nRéférence : {reference}\nCode secret : {code}\n{place.host}/inbox/status"
        page.emulate_media(media="print")
        for one in (page.locator("h1"), page.get_by_text(code), page.get_by_text(f"{place.host}/inbox/status")):
            expect(one.first).to_be_visible()
        for gone in ("#postez", ".article .prose", ".comment", ".receipt button"):
            expect(page.locator(gone).first).to_be_hidden()


def test_the_field_for_programs_is_seen_by_nobody_and_said_to_be_left_empty(browser: Browser, place: Place) -> None:
    with visit(browser, place.article, java_script_enabled=False) as page:
        trap = page.get_by_role("textbox", name="Laissez ce champ vide")
        expect(trap).to_have_attribute("autocomplete", "off")
        box = page.locator(".trap").bounding_box()
        assert box
        assert max(box["width"], box["height"]) <= 1
        page.locator("#website").focus()
        page.keyboard.press("Tab")
        expect(page.locator("#text")).to_be_focused()
        page.emulate_media(media="print")
        expect(page.locator(".trap")).to_be_hidden()


def test_a_word_that_only_the_message_has_is_explained_in_the_page(browser: Browser, place: Place) -> None:
    with visit(browser, place.article) as page:
        near(page)
        write(page)
        button(page, place).click()
        page.locator("#preview .term").click()
        expect(page.locator("#term-ptce")).to_contain_text("Pôle territorial")


# An inbox on another host


@pytest.mark.parametrize("allowed", [True, False], ids=["that scripts may ask", "that the policy keeps from scripts"])
def test_an_inbox_elsewhere(browser: Browser, tmp_path: Path, allowed: bool) -> None:
    other = Place(tmp_path / "unused", "fr", "")

    class Gate(Front):
        """Another host, for the inbox alone."""

        def do_OPTIONS(self) -> None:  # noqa: N802
            preflights.append(self.path)
            self.send_error(405)

    preflights: list[str] = []
    policy = f"{chromium.POLICY}; connect-src 'self' {{gate}}" if allowed else chromium.POLICY
    with chromium.serve(tmp_path, handler=partial(Gate, place=other)) as gate:
        at = f"{gate}/inbox/"
        with opened(tmp_path / "site", "fr", "", inbox=at, policy=policy.format(gate=gate)) as place:
            other.inbox = place.inbox
            with visit(browser, place.article, allowed="" if allowed else "Security Policy") as page:
                near(page)
                write(page)
                button(page, place).click()
                expect(page.locator("#preview")).to_be_focused()
                assert (page.url == place.article) == allowed
                button(page, place, "send").click()
                expect(page.locator(".receipt")).to_be_focused()
                assert page.url == (place.article if allowed else at)
                assert len(place.pending) == 1
                assert preflights == []
                if not allowed:
                    page.get_by_role("link", name="Revenir à l’article").click()
                    expect(page).to_have_url(place.article)


# How the pages look


Screen = tuple[int, Literal["light", "dark"]]
# Each page is looked at in both languages, and so on both screens.
SCREENS: dict[str, Screen] = {"fr": (1280, "light"), "en": (390, "dark")}


def look(page: Page, *screens: Screen) -> None:
    """Look at a page on some screens: nothing is too wide on any, and no rule of accessibility broken on these."""
    page.wait_for_load_state()
    for width in (390, 1280):
        page.set_viewport_size({"width": width, "height": 800})
        assert page.evaluate("document.documentElement.scrollWidth") <= width, (page.title(), width)
    for width, scheme in screens:
        page.set_viewport_size({"width": width, "height": 800})
        page.emulate_media(color_scheme=scheme, reduced_motion="reduce")
        assert violations(page) == [], (page.title(), width, scheme)
    page.set_viewport_size({"width": 1280, "height": 900})


@pytest.mark.parametrize("language", SCREENS)
def test_axe_finds_no_violation_on_a_page_of_the_inbox(
    browser: Browser, places: dict[str, Place], language: str
) -> None:
    place, screen = places[language], SCREENS[language]
    with visit(browser, place.article, bypass_csp=True, allowed="Failed|40[34]|422|503") as page:
        page.route("**/form.js", lambda route: route.abort())  # the pages themselves, not what comes in place
        page.reload()
        write(page, author="L'équipe du Labo", website="http:x")
        button(page, place).click()
        look(page, screen)
        page.goto(f"{place.host}{place.base}/inbox/reply/x/one")
        look(page, screen)
        write(page, f"{TEXT} {{{{jamais fermé <img src=x>")
        button(page, place).click()
        expect(page.locator(".remarks li")).not_to_have_count(0)
        look(page, screen)
        button(page, place, "send").click()
        expect(page.locator(".receipt")).to_be_visible()
        look(page, screen)
        mine = codes(page)
        page.goto(f"{place.host}{place.base}/inbox/status")
        look(page, screen)
        ask(page, place, (mine[0], "AAAA-BBBB-CCCC-DDDD"))
        expect(page.locator("#code")).to_have_attribute("aria-invalid", "true")
        look(page, screen)
        ask(page, place, mine)
        expect(page.locator(".state.pending")).to_be_visible()
        look(page, screen)
        waiting = next(path for path in place.pending if path.stem == mine[0])
        approved = place.root / "comments/approved/x" / waiting.name
        waiting.rename(approved)
        ask(page, place, mine)
        expect(page.locator(".state:is(.approved, .published)")).to_be_visible()
        look(page, screen)
        for _ in range(40):
            if page.locator(".state.published").count():
                break
            page.wait_for_timeout(500)
            ask(page, place, mine)
        expect(page.locator(".state.published")).to_be_visible()
        look(page, screen)
        page.locator("[name=withdraw]").click()
        expect(page.locator(".state.removal")).to_be_visible()
        look(page, screen)
        approved.unlink()
        ask(page, place, mine)
        expect(page.locator(".state.refused")).to_be_visible()
        look(page, screen)
        page.goto(place.article)
        write(page)
        page.locator("[name=article]").evaluate("one => { one.value = 'z'; }")
        button(page, place).click()
        expect(page.locator("textarea[readonly]")).to_have_value(TEXT)
        look(page, screen)
        page.get_by_role("button", name=re.compile("Copier|Copy")).click()
        expect(page.get_by_role("status")).not_to_be_empty()


def test_what_comes_in_place_breaks_no_rule_and_looks_as_the_thread_does(browser: Browser, place: Place) -> None:
    long = "Un long message, pour que ses lignes se brisent. " * 12
    with visit(browser, place.article, bypass_csp=True, allowed="422") as page:
        near(page)
        write(page, "          x", author="L'équipe du Labo")
        button(page, place).click()
        expect(page.locator(".problems")).to_be_visible()
        look(page, *SCREENS.values())
        write(page, long)
        button(page, place).click()
        expect(page.locator("#preview")).to_be_visible()
        look(page, *SCREENS.values())
        seen = []
        for width in (390, 1280):
            page.set_viewport_size({"width": width, "height": 900})
            seen.append(page.locator("#preview .prose > p").bounding_box())
        page.locator("#text").press_sequentially("!")
        look(page, *SCREENS.values())
        page.locator("#text").press("Backspace")
        button(page, place, "send").click()
        expect(page.locator(".receipt")).to_be_visible()
        look(page, *SCREENS.values())
        [kept] = place.pending
        approved = place.root / "comments/approved/x" / kept.name
        kept.rename(approved)
        place.build()
        page.reload()
        for width, box in zip((390, 1280), seen, strict=True):
            page.set_viewport_size({"width": width, "height": 900})
            published = page.locator(f"#comment-{kept.stem} .prose > p").bounding_box()
            assert box
            assert published
            assert (box["width"], box["height"]) == (published["width"], published["height"])
        approved.unlink()


def test_the_live_preview_takes_messages_too(browser: Browser, tmp_path: Path) -> None:
    settings = "title: Essai\nbase_url: https://essai.example/labo\n"
    site = write_site(tmp_path / "site", {**FILES, "site.yaml": settings})
    running = Preview(site, tmp_path / "log")
    place = Place(tmp_path, "fr", "/labo")
    try:
        with visit(browser, running.address + "a/x/") as page:
            near(page)
            write(page)
            button(page, place).click()
            button(page, place, "send").click()
            expect(page.locator(".receipt")).to_be_focused()
            assert len([*(site / "comments/pending").rglob("*.md")]) == 1
            running.wait_for_words("(?s)stops.*stops")
            page.wait_for_timeout(300)
            expect(
                page.locator(".receipt")
            ).to_be_visible()  # a message that waits changes no page: none is loaded again
    finally:
        running.process.terminate()
        running.process.wait(PATIENCE)
