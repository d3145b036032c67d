"""The local page of moderators: `labo serve` on a real repository, by requests and in a real browser."""

import re
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from xml.etree.ElementTree import Element

import httpx
import pytest
from conftest import article, comment, dom, text_of, violations, write_site
from playwright.sync_api import Browser, Page, expect
from repositories import git
from test_inbox_browser import visit
from test_preview import PATIENCE, Preview

SETTINGS = """title: Le Labo
base_url: https://essai.example/labo
comments: {editors: [L'équipe du Labo]}
"""
SCREEN = """screen:
  rank: 25
  reasons:
  - Vocabulaire publicitaire.
"""
FILES = {
    "site.yaml": SETTINGS,
    ".gitignore": ".labo/\n",
    "content/a/x.md": article("Les pôles"),
    "content/a/y.md": article("La mesure", date="2021-01-13"),
    "comments/approved/x/one.md": comment("x", author="Zoé", body="Qui {{paie}} ?"),
}
NO_SETTINGS = {"GIT_CONFIG_GLOBAL": "/dev/null", "GIT_CONFIG_SYSTEM": "/dev/null"}


def make_repository(root: Path, files: dict[str, str]) -> Path:
    write_site(root, files)
    git(root, "init", "-q", "-b", "main")
    git(root, "add", ".")
    git(root, "-c", "user.name=Début", "-c", "user.email=d@exemple.org", "commit", "-q", "-m", "Start")
    return root


class Moderated(Preview):
    """A running preview of the site at `root`, and a moderator without a browser, who was let in."""

    def __init__(self, root: Path, log: Path) -> None:
        super().__init__(root, log)
        self.root = root
        self.invitation = self.wait_for_words(r"moderate at (http://\S+)")
        self.page, _, self.token = self.invitation.partition("?token=")
        self.moderator = httpx.Client(follow_redirects=True, timeout=PATIENCE)

    def enter(self) -> Element:
        return dom(self.moderator.get(self.invitation).content)

    def see(self, query: str = "") -> Element:
        return dom(self.moderator.get(self.page + query).content)

    def send(self, fields: dict[str, str], **headers: str) -> httpx.Response:
        """Send what the form of the page holds, and `fields`."""
        return self.moderator.post(self.page, data={**self.form(), **fields}, headers=headers)

    def form(self) -> dict[str, str]:
        """Return what the form of the page holds besides what one types."""
        hidden = (one for one in self.see().iter("input") if one.get("type") == "hidden")
        return {one.get("name", ""): one.get("value", "") for one in hidden}

    def decide(self, ruling: str, comment: str, **typed: str) -> Element:
        """Press a button under a message; return the page that follows."""
        key = self.key(comment)
        answer = self.send({"one": f"{ruling} {key}", **{f"{name} {key}": text for name, text in typed.items()}})
        assert answer.status_code == 200
        return dom(answer.content)

    def key(self, comment: str) -> str:
        """Return what names a message in the form."""
        found = (one.get("value", "") for one in self.see().iter("button") if one.get("name") == "one")
        return next(
            key
            for _, _, key in (value.partition(" ") for value in found)
            if f"/{comment} " in f"{key} ".replace(".md", "")
        )

    def wait_for(self, files: dict[str, str]) -> None:
        """Let these messages wait, by article and id, and no others."""
        for path in (self.root / "comments/pending").rglob("*.md"):
            path.unlink()
        write_site(
            self.root, {"site.yaml": SETTINGS, **{f"comments/pending/{name}.md": text for name, text in files.items()}}
        )

    def pending(self) -> list[str]:
        return sorted(path.stem for path in (self.root / "comments/pending").rglob("*.md"))

    def approved(self) -> list[str]:
        return sorted(path.stem for path in (self.root / "comments/approved").rglob("*.md"))

    def commits(self) -> int:
        return int(git(self.root, "rev-list", "--count", "HEAD"))

    def last_commit(self) -> str:
        return git(self.root, "log", "-1", "--format=%an <%ae>%n%B")

    def stop(self) -> None:
        self.moderator.close()
        self.process.terminate()
        self.process.wait(PATIENCE)
        assert "Traceback" not in self.log.read_text(encoding="utf-8")


def hidden(page: Element, name: str) -> str:
    found = page.find(f".//input[@name='{name}']")
    assert found is not None, text_of(page)
    return found.get("value", "")


def by_class(page: Element, name: str) -> list[Element]:
    return [one for one in page.iter() if name in one.get("class", "").split()]


def outcome(page: Element) -> str:
    """Return what the page says of the last decision."""
    return " ".join(text_of(one) for one in by_class(page, "outcome"))


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Moderated]:
    folder = tmp_path_factory.mktemp("moderation")
    root = make_repository(folder / "site", FILES)
    git(root, "config", "user.name", "Jeanne Martin")
    git(root, "config", "user.email", "jeanne@exemple.org")
    moderated = Moderated(root, folder / "log")
    moderated.enter()
    yield moderated
    moderated.stop()


@pytest.fixture
def desk(running: Moderated) -> Moderated:
    """The site as it was at first, with three messages that wait."""
    git(running.root, "reset", "-q", "--hard", git(running.root, "rev-list", "--max-parents=0", "HEAD").strip())
    git(running.root, "clean", "-q", "-f", "-d", "comments")
    running.wait_for(
        {
            "x/two": comment(
                "x",
                author="Paul",
                body="Voici {{mon avis}}, et [un lien->https://piege.example/a?b=c].",
                reply_to="one",
            ),
            "x/three": comment("x", author="Crédit", body="Un prêt !", hour=12).replace("---\nUn", f"{SCREEN}---\nUn"),
            "y/four": comment("y", author="Crédit", body="Encore un prêt ![[Une note.]]", hour=11),
        }
    )
    return running


# What is shown


def test_a_message_is_shown_in_its_thread_with_what_speaks_against_it(desk: Moderated) -> None:
    page = desk.see()
    assert [text_of(one) for one in page.iter("h2")] == ["Les pôles", "La mesure"]
    paul, credit, last = by_class(page, "pending")
    assert [text_of(one) for one in by_class(page, "answered")[0].iter("strong")] == ["paie"]
    assert "En réponse à Zoé" in text_of(paul)
    assert [text_of(one) for one in paul.iter("strong")] == ["paie", "mon avis"]
    [leads] = by_class(paul, "leads")
    assert [text_of(one) for one in leads.iter("b")] == ["piege.example"]
    assert [text_of(one) for one in leads.iter("code")] == ["https://piege.example/a?b=c"]
    assert [text_of(one) for one in by_class(credit, "signs")[0].iter("li")] == [
        "Rang 25 sur 100",
        "Vocabulaire publicitaire.",
    ]
    assert by_class(last, "leads") == [], "a note leads nowhere"


def test_nothing_of_a_message_leads_away_or_comes_from_elsewhere(desk: Moderated) -> None:
    desk.wait_for(
        {
            "x/two": comment(
                "x", body="<img src=https://piege.example/x.png> [a->https://piege.example/] <script>1</script>"
            )
        }
    )
    answer = desk.moderator.get(desk.page)
    page = dom(answer.content)
    assert [one.get("href") for one in page.iter("a") if "piege" in one.get("href", "")] == []
    assert [*page.iter("img")] == []
    assert "img-src 'self' data:" in answer.headers["content-security-policy"]


def test_what_is_answered_may_wait_too_and_both_are_published_together(desk: Moderated) -> None:
    desk.wait_for(
        {"x/two": comment("x", author="Paul"), "x/three": comment("x", author="Anne", hour=11, reply_to="two")}
    )
    [answered] = by_class(desk.see(), "answered")
    assert "En réponse à Paul" in text_of(answered)
    assert "en attente lui aussi" in text_of(answered)
    assert "Il répond à un message qui n’est pas publié. Validez d’abord celui-là, ou les deux ensemble." in outcome(
        desk.decide("approved", "three")
    )
    both = {f"pick {desk.key(one)}": "on" for one in ("two", "three")}
    assert "2 messages validés." in outcome(dom(desk.send({**both, "all": "approved"}).content))
    assert desk.approved() == ["one", "three", "two"]


def test_requests_of_removal_and_files_that_cannot_be_read_are_shown(desk: Moderated) -> None:
    desk.wait_for(
        {"x/bad": "---\narticle: x\nauthro: A\n---\nUn message.\n", "gone/lost": comment("gone", body="Où ?")}
    )
    wish = "---\narticle: x\ndate: 2021-02-01T10:00:00+00:00\n---\nCe n'est plus moi.\n"
    write_site(desk.root, {"site.yaml": SETTINGS, "comments/removals/x/one.md": wish})
    page = desk.see()
    [wished] = [one for one in page.iter("section") if one.get("aria-labelledby") == "wishes"]
    for words in ("Zoé", "Qui paie", "Ce n'est plus moi.", "labo comments erase one"):
        assert words in text_of(wished).replace("\u00a0", " "), words
    [broken] = by_class(page, "broken")
    assert "comments/pending/x/bad.md:3unknown key `authro`did you mean `author`?" in text_of(broken)
    assert "Il n’y a pas d’article « gone » : il a été supprimé ou renommé." in text_of(page)
    assert "Où ?" in [text_of(one) for one in page.iter("pre")]
    assert "Son article n’existe plus." in outcome(desk.decide("approved", "lost"))


def test_a_long_list_has_pages(desk: Moderated) -> None:
    desk.wait_for({f"y/c{number:03}": comment("y", author=f"A{number:03}", hour=9) for number in range(120)})
    first, last = desk.see(), desk.see("?page=3")
    assert [len(by_class(page, "pending")) for page in (first, last)] == [50, 20]
    assert text_of(by_class(last, "pages")[0]) == "← Page précédentePage 3 sur 3"
    assert "120 messages attendent une décision." in text_of(last)


# What is decided


def test_an_approved_message_moves_byte_for_byte_and_can_be_taken_back(desk: Moderated) -> None:
    data = (desk.root / "comments/pending/x/two.md").read_bytes()
    page = desk.decide("approved", "two")
    assert "Validé\u00a0: le message de Paul." in outcome(page)
    assert git(desk.root, "rev-parse", "HEAD")[:10] in outcome(page)
    assert (desk.root / "comments/approved/x/two.md").read_bytes() == data
    assert desk.last_commit().startswith("Jeanne Martin <jeanne@exemple.org>\nApprove a message on x\n")
    assert "Decision: approved\nComment: two\nArticle: x\n" in desk.last_commit()
    undo = next(one.get("value", "") for one in page.iter("button") if one.get("name") == "undo")
    page = dom(desk.send({"undo": undo}).content)
    assert "Décision annulée\u00a0: le message de Paul est de nouveau en attente." in outcome(page)
    assert (desk.root / "comments/pending/x/two.md").read_bytes() == data
    assert (desk.approved(), desk.commits()) == (["one"], 3)
    assert "Decision: reopened\nComment: two\n" in desk.last_commit()
    assert git(desk.root, "status", "--porcelain", "comments/approved") == ""


def test_a_reason_is_kept_in_the_commit_and_what_was_rejected_can_be_taken_back(desk: Moderated) -> None:
    data = (desk.root / "comments/pending/x/three.md").read_bytes()
    page = desk.decide("rejected", "three", reason="Une publicité.")
    assert desk.pending() == ["four", "two"]
    assert "Decision: rejected\nComment: three\nArticle: x\nReason: Une publicité.\n" in desk.last_commit()
    undo = next(one.get("value", "") for one in page.iter("button") if one.get("name") == "undo")
    desk.send({"undo": undo})
    assert (desk.root / "comments/pending/x/three.md").read_bytes() == data
    assert "Crédit – Il est déjà en attente." in outcome(dom(desk.send({"undo": undo}).content))
    assert "trop ancienne" in outcome(dom(desk.send({"undo": "forgotten"}).content))


def test_an_answer_is_published_with_its_message_and_leaves_with_it(desk: Moderated) -> None:
    page = desk.decide("approved", "two", reply="Merci,\r\n\r\n{{Paul}} !")
    [reply] = set(desk.approved()) - {"one", "two"}
    text = (desk.root / f"comments/approved/x/{reply}.md").read_text(encoding="utf-8")
    assert "author: L’équipe du Labo\n" in text
    assert "reply_to: two\n" in text
    assert text.endswith("---\nMerci,\n\n{{Paul}} !\n")
    assert desk.commits() == 2
    undo = next(one.get("value", "") for one in page.iter("button") if one.get("name") == "undo")
    desk.send({"undo": undo})
    assert (desk.approved(), desk.pending()) == (["one"], ["four", "three", "two"])


def test_what_was_answered_since_is_not_taken_back(desk: Moderated) -> None:
    page = desk.decide("approved", "two")
    write_site(desk.root, {"site.yaml": SETTINGS, "comments/approved/x/late.md": comment("x", hour=20, reply_to="two")})
    undo = next(one.get("value", "") for one in page.iter("button") if one.get("name") == "undo")
    assert "Un message publié depuis lui répond." in outcome(dom(desk.send({"undo": undo}).content))
    assert desk.approved() == ["late", "one", "two"]


def test_an_answer_to_what_is_rejected_is_given_back(desk: Moderated) -> None:
    page = desk.decide("spam", "two", reply="Merci quand même.")
    assert "l’on ne répond qu’à un message publié" in outcome(page)
    assert "Merci quand même." in [text_of(one) for one in page.iter("textarea")]
    assert len(desk.pending()) == 3


def test_a_message_that_was_changed_since_it_was_seen_is_left(desk: Moderated) -> None:
    key, form = desk.key("two"), desk.form()
    path = desk.root / "comments/pending/x/two.md"
    path.write_text(comment("x", author="Paul", body="Autre chose."), encoding="utf-8")
    page = dom(desk.send({**form, "one": f"approved {key}", f"reason {key}": "Bien."}).content)
    assert "Paul – Son fichier a changé depuis que vous l’avez vu." in outcome(page)
    assert "two" in desk.pending()


def test_a_message_that_was_withdrawn_meanwhile_is_told_and_the_others_are_decided(desk: Moderated) -> None:
    fields = {**desk.form(), **{f"pick {desk.key(one)}": "on" for one in ("two", "three")}}
    (desk.root / "comments/pending/x/two.md").unlink()
    page = dom(desk.send({**fields, "all": "rejected"}).content)
    assert "Rejeté\u00a0: le message de Crédit." in outcome(page)
    assert "1 message est resté tel quel Paul – Il n’attend plus" in outcome(page)
    assert desk.pending() == ["four"]


def test_of_two_who_decide_at_once_one_is_told(desk: Moderated) -> None:
    fields = {**desk.form(), "one": f"rejected {desk.key('two')}"}
    with ThreadPoolExecutor(4) as pool:
        answers = pool.map(lambda _: desk.moderator.post(desk.page, data=fields), range(4))
        told = [outcome(dom(answer.content)) for answer in answers]
    assert sorted("Rejeté" in one for one in told) == [False, False, False, True]
    assert sum("Il n’attend plus" in one for one in told) == 3
    assert desk.commits() == 2


def test_where_git_cannot_commit_nothing_moves_and_what_was_typed_stays(desk: Moderated) -> None:
    merge = desk.root / ".git/MERGE_HEAD"
    merge.write_text(git(desk.root, "rev-parse", "HEAD"), encoding="ascii")
    try:
        page = desk.decide("rejected", "two", reason="Trop long à redire.")
    finally:
        merge.unlink()
    assert "a merge is under way in this folder" in outcome(page)
    assert hidden(page, f"reason {desk.key('two')}") == "Trop long à redire."
    assert (len(desk.pending()), desk.commits()) == (3, 1)


# Who may


def test_the_printed_address_lets_in_and_is_forgotten(desk: Moderated) -> None:
    answer = httpx.get(desk.invitation)
    assert (answer.status_code, answer.headers["location"]) == (303, "/moderation")
    cookie = answer.headers["set-cookie"]
    assert all(word in cookie for word in ("HttpOnly", "SameSite=strict", "Path=/moderation"))
    assert desk.token not in cookie
    shown = desk.moderator.get(desk.page)
    headers = {"cache-control": "no-store", "referrer-policy": "no-referrer", "x-frame-options": "DENY"}
    assert {name: shown.headers[name] for name in headers} == headers
    assert "frame-ancestors 'none'" in shown.headers["content-security-policy"]
    assert desk.token not in shown.text


@pytest.mark.parametrize("query", ["", "?token=", "?token=wrong", "?token=%C3%A9%00", "?page=1"])
def test_who_was_not_let_in_is_told_how(desk: Moderated, query: str) -> None:
    answer = httpx.get(desk.page + query)
    assert answer.status_code == 403
    assert "Ouvrez l’adresse que `labo serve` a affichée" in text_of(dom(answer.content))
    assert "Paul" not in answer.text


def test_forms_of_others_are_refused(desk: Moderated) -> None:
    fields = {**desk.form(), "one": f"spam {desk.key('two')}"}
    cookies = dict(desk.moderator.cookies)
    tries: list[tuple[dict[str, str], dict[str, str], dict[str, str]]] = [
        (fields, {}, {}),
        ({**fields, "form": "wrong"}, cookies, {}),
        ({"one": fields["one"]}, cookies, {}),
        (fields, cookies, {"Sec-Fetch-Site": "cross-site"}),
        (fields, cookies, {"Sec-Fetch-Site": "same-site"}),
        (fields, cookies, {"Origin": "http://127.0.0.1:1"}),
        (fields, cookies, {"Origin": "null"}),
        (fields, cookies, {"Origin": "https://piege.example"}),
    ]
    for sent, kept, headers in tries:
        given = {
            **headers,
            **({"Cookie": "; ".join(f"{name}={value}" for name, value in kept.items())} if kept else {}),
        }
        assert httpx.post(desk.page, data=sent, headers=given).status_code == 403, (sent, given)
    assert len(desk.pending()) == 3
    origin = desk.page.removesuffix("/moderation")
    desk.send(fields, Origin=origin)
    assert desk.pending() == ["four", "three"]


@pytest.mark.parametrize("path", ["/moderation", "/labo/a/x/", "/_labo/events", "/labo/inbox/status"])
def test_another_host_than_this_machine_is_refused(desk: Moderated, path: str) -> None:
    url = desk.page.removesuffix("/moderation") + path
    for host in ("piege.example", "piege.example:80", "127.0.0.1.piege.example", "localhost@piege.example", ""):
        answer = httpx.get(url, headers={"Host": host})
        assert answer.status_code == 403, host
        assert "pour cette machine seule" in answer.text
    if path != "/_labo/events":
        for host in ("localhost:8000", "LOCALHOST", "[::1]:8000", "127.0.0.1"):
            assert httpx.get(url, headers={"Host": host}).status_code in (200, 403 if path == "/moderation" else 200)


# Other sites than one that is well and in git


@pytest.mark.browser
def test_who_decides_is_asked_for_where_git_does_not_know(
    browser: Browser, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in NO_SETTINGS.items():
        monkeypatch.setenv(name, value)
    desk = Moderated(
        make_repository(tmp_path / "site", FILES | {"comments/pending/x/two.md": comment("x")}), tmp_path / "log"
    )
    try:
        page = desk.enter()
        assert "Qui décide" in text_of(page)
        assert [one for one in page.iter("button") if one.get("name") == "one"] == []
        wrong = desk.send({"name": "Anne", "address": "nowhere"})
        assert (wrong.status_code, "Il faut les deux" in wrong.text) == (422, True)
        with visit(browser, desk.invitation, viewport=SIZES["phone"]) as shown:
            expect(shown.get_by_role("textbox", name="Votre nom")).to_be_focused()
            check(shown)
        assert "Vous décidez en tant que Anne Le Gall <anne@exemple.org>." in text_of(
            dom(desk.send({"name": "Anne Le Gall", "address": "anne@exemple.org"}).content)
        )
        desk.decide("approved", "two")
        assert desk.last_commit().startswith("Anne Le Gall <anne@exemple.org>\n")
    finally:
        desk.stop()


def test_a_site_that_was_never_right_says_so_and_messages_wait(tmp_path: Path) -> None:
    files = {"content/a/x.md": article("Raté", titel="x"), "comments/pending/x/two.md": comment("x", body="Sûr.")}
    desk = Moderated(write_site(tmp_path / "site", files), tmp_path / "log")
    try:
        answer = desk.moderator.get(desk.invitation)
        assert (answer.status_code, "The messages wait safely." in answer.text) == (503, True)
        with desk.news() as versions:
            next(versions)
            (desk.root / "content/a/x.md").write_text(article(), encoding="utf-8")
            next(versions)
        assert "Sûr." in text_of(desk.see())
        with desk.news() as versions:
            next(versions)
            (desk.root / "content/a/x.md").write_text(article(titel="x"), encoding="utf-8")
            next(versions)
        assert "Le site contient en ce moment des erreurs" in text_of(desk.see())
        assert "Rejeté" in outcome(desk.decide("rejected", "two")), "there is no git: decisions are kept in a file"
        assert "two,rejected" in (desk.root / "comments/journal.csv").read_text(encoding="utf-8")
    finally:
        desk.stop()


# In a browser


SIZES = {"desk": {"width": 1280, "height": 900}, "phone": {"width": 390, "height": 844}}


def check(page: Page) -> None:
    """Look at all that holds for each state of the page."""
    assert violations(page) == []
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")


@pytest.mark.browser
@pytest.mark.parametrize(("scripts", "size"), [(True, "desk"), (True, "phone"), (False, "phone")])
def test_messages_are_decided_in_a_browser(browser: Browser, desk: Moderated, scripts: bool, size: str) -> None:
    with visit(browser, desk.invitation, java_script_enabled=scripts, viewport=SIZES[size]) as page:
        assert page.url == desk.page
        card = page.locator(".pending", has=page.get_by_role("heading", name="Paul"))
        if scripts:
            for summary in card.locator("summary").all():
                summary.click()
            check(page)
        else:
            card.get_by_text("Répondre", exact=True).click()
        card.get_by_role("textbox", name="Votre réponse").fill("Merci !")
        card.get_by_role("button", name="Valider et répondre").click()
        expect(page.locator(".outcome.done")).to_be_focused()
        expect(page.locator(".outcome.done")).to_contain_text(
            "Validé\u00a0: le message de Paul. Votre réponse est publiée avec lui."
        )
        assert len(desk.approved()) == 3
        page.get_by_role("link", name="2 messages de Crédit en attente").first.click()
        expect(page.locator(".pending")).to_have_count(2)
        expect(page.get_by_role("checkbox").first).to_be_checked()
        bulk = page.locator(".bulk")
        if scripts:
            expect(bulk).to_contain_text("Cochés\u00a0: 2")
            check(page)
        bulk.get_by_label("Motif").fill("Du démarchage.")
        bulk.get_by_role("button", name="Spam").click()
        expect(page.locator(".outcome.done")).to_contain_text("2 messages écartés comme spam.")
        expect(page.locator(".nothing")).to_be_visible()
        assert desk.last_commit().count("Reason: Du démarchage.") == 2
        assert (desk.pending(), desk.commits()) == ([], 3)
        if scripts:
            check(page)
        page.get_by_role("button", name="Annuler").click()
        expect(page.locator(".outcome.done")).to_contain_text("2 messages de nouveau en attente.")
        expect(page.locator(".pending")).to_have_count(2)


PRESS_TWICE = """() => {
  const stopped = [];
  addEventListener("submit", (event) => { stopped.push(event.defaultPrevented); event.preventDefault(); });
  const button = document.querySelector(".verdict button");
  button.click();
  button.click();
  return stopped;
}"""


@pytest.mark.browser
def test_nothing_is_decided_by_accident(browser: Browser, desk: Moderated) -> None:
    with visit(browser, desk.invitation) as page:
        card = page.locator(".pending").first
        card.get_by_text("Donner un motif").click()
        card.get_by_role("textbox", name="Pourquoi").fill("Un motif")
        page.keyboard.press("Enter")
        page.locator(".bulk").get_by_role("button", name="Rejeter").click()
        expect(page.locator(".problems")).to_contain_text("Rien n’est coché")
        check(page)
        assert len(desk.pending()) == 3
        expect(page.get_by_role("textbox", name="Pourquoi").first).to_have_value("Un motif")
        page.get_by_role("link", name="Tout cocher").click()
        expect(page.get_by_role("checkbox", checked=True)).to_have_count(3)
        page.get_by_role("link", name="Tout décocher").click()
        expect(page.get_by_role("checkbox", checked=True)).to_have_count(0)
        page.locator(".pending").last.get_by_role("button", name="Rejeter").click()
        expect(page.locator(".outcome.done")).to_be_visible()
        assert desk.commits() == 2
        expect(page.locator(".pending").last).to_be_in_viewport()
        assert page.evaluate(PRESS_TWICE) == [False, True]
    with visit(browser, desk.page, allowed="403") as page:
        expect(page.locator(".problems")).to_contain_text("n’y a pas été admis")
        check(page)


@pytest.mark.browser
def test_a_page_of_another_site_decides_nothing(browser: Browser, desk: Moderated) -> None:
    field = f'<input name="one" value="spam {desk.key("two")}">'
    form = f'<form method="post" action="{desk.page}">{field}<button>Go</button></form>'
    with visit(browser, desk.invitation, allowed="403") as page:
        page.route("http://piege.example/", lambda route: route.fulfill(body=form, content_type="text/html"))
        page.goto("http://piege.example/")
        with page.expect_response(re.compile("/moderation$")) as answer:
            page.get_by_role("button").click()
        assert answer.value.status == 403
    assert len(desk.pending()) == 3
