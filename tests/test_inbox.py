"""The inbox as its visitors meet it: a real process, real requests, real files."""

import re
import time
from collections.abc import Iterator
from pathlib import Path, PurePosixPath

import httpx
import pytest
from conftest import PLAIN, article, build_files, comment, dom, write_site
from inboxes import TEXT, Inbox, receipt, running, token, words

from labo_ssg.formats import comment as comment_format
from labo_ssg.inbox.codes import hashed
from labo_ssg.inbox.sealing import new_keys, unseal
from labo_ssg.model import Site
from labo_ssg.pages import forms

KEYS = new_keys()
SETTINGS = f"""title: Essai
base_url: https://essai.example
comments:
  key: {KEYS.public}
  editors: [La Rédaction]
  delay: deux jours ouvrés
inbox:
  pace: {{sender: 100}}
"""
FILES = {
    "site.yaml": SETTINGS,
    "content/a/x.md": article("Les PTCE"),
    "content/a/fini.md": article("Fini", comments="closed"),
    "content/a/muet.md": article("Muet", comments="off"),
    "content/glossaire.yaml": "- {word: PTCE, definition: Pôle territorial de coopération économique}\n",
    "comments/approved/x/one.md": comment("x", author="Zoé", body="Un premier message."),
}


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Inbox]:
    folder = tmp_path_factory.mktemp("inbox")
    with running(write_site(folder / "site", FILES), folder / "log") as inbox:
        yield inbox
        assert "traceback" not in inbox.log.read_text(encoding="utf-8").lower()


@pytest.fixture
def inbox(served: Inbox) -> Inbox:
    """The same inbox for all tests, without messages."""
    for path in served.pending():
        path.unlink()
    return served


def kept(inbox: Inbox) -> comment_format.CommentHeader:
    """Return the header of the one message that waits."""
    [path] = inbox.pending()
    data = path.read_bytes()
    place = PurePosixPath(path.relative_to(inbox.root))
    assert comment_format.parse(data, place)[1] == []
    header = comment_format.read_header(data, place)
    assert header is not None
    return header


def errors(answer: httpx.Response) -> str:
    """Return what a page says is wrong."""
    return words(dom(answer.content).find(".//*[@role='alert']"))


def test_a_preview_is_what_will_be_published_to_the_byte(inbox: Inbox, tmp_path: Path) -> None:
    text = "Les PTCE : {{oui}}, {mais}…\n\n- un[[Une note.]]\n- <code>deux</code>\n\n<quote>cité</quote> [->art9]"
    shown = re.search(r'<div class="prose e-content">.*?</article>', inbox.preview(text=text).text, re.DOTALL)
    reference, _ = receipt(inbox.send(text=text))
    target = inbox.root / f"comments/approved/x/{reference}.md"
    inbox.pending()[0].rename(target)
    try:
        page = build_files(inbox.root, tmp_path / "out")["a/x/index.html"].decode()
    finally:
        target.unlink()
    assert shown is not None
    published = shown[0].replace("preview", reference).partition("</div>")[0]
    assert published in page
    assert "Pôle territorial" in page


def test_nothing_is_kept_before_it_was_seen_and_confirmed(inbox: Inbox) -> None:
    seen = token(inbox.preview())
    assert inbox.pending() == []
    for changed in ({"text": TEXT + " !"}, {"author": "Jean"}, {"reply_to": "one"}, {"website": "https://a.example"}):
        fields = {"article": "x", "text": TEXT, "author": "Jeanne", **changed}
        again = inbox.post(**fields, token=seen)
        assert token(again) != seen, changed
        assert "pas tout à fait" in again.text or "plus tout à fait" in again.text
    for forged in ("x", f"{seen}x", seen[:-2], "é", ".." * 10):
        assert inbox.preview(token=forged).status_code == 200
    assert inbox.pending() == []
    assert inbox.preview(token=seen).status_code == 201
    assert len(inbox.pending()) == 1


def test_what_is_kept_is_the_message_as_it_was_typed_and_nothing_of_the_person(inbox: Inbox) -> None:
    text = "Première ligne\n---\n\n  la {{suite}} : « là »\n# fin"
    more = {"website": "https://exemple.org", "email": "jeanne@exemple.org", "author": "Jeanne: « Martin » # 1"}
    reference, code = receipt(inbox.send(text=text, **more))
    header = kept(inbox)
    assert inbox.pending()[0].stem == reference
    assert (header.author, header.website, header.article) == (more["author"], more["website"], "x")
    assert inbox.pending()[0].read_text(encoding="utf-8").endswith(f"\n---\n{text}\n")
    assert unseal(header.email, KEYS.private) == "jeanne@exemple.org"
    assert header.code == hashed(code)
    raw = inbox.pending()[0].read_text(encoding="utf-8")
    assert not any(secret in raw for secret in (code, "jeanne@", "127.0.0.1", "python-httpx"))
    assert header.screen is not None
    assert re.fullmatch(r"\d{8}T\d{6}Z-[a-z2-9]{6}", reference)


def test_a_message_that_is_sent_twice_is_kept_once(inbox: Inbox) -> None:
    fields = {"article": "x", "text": TEXT, "author": "Jeanne"}
    seen = token(inbox.preview(**fields))
    answers = [inbox.post(**fields, token=seen) for _ in range(3)]
    assert [one.status_code for one in answers] == [201, 200, 200]
    assert len({receipt(one) for one in answers}) == 1
    [path] = inbox.pending()
    approved = inbox.root / "comments/approved/x" / path.name
    path.rename(approved)
    try:
        assert receipt(inbox.post(**fields, token=seen)) == receipt(answers[0])
        assert inbox.pending() == []
    finally:
        approved.unlink()


def test_the_author_of_a_message_follows_it_and_withdraws_it(inbox: Inbox) -> None:
    mine = receipt(inbox.send())
    assert inbox.status(mine) == "pending"
    assert inbox.status((mine[0], mine[1].lower().replace("-", " "))) == "pending"
    assert inbox.status(mine, withdraw="yes") == "withdrawn"
    assert inbox.pending() == []
    assert inbox.status(mine) == "withdrawn"


def test_a_message_that_was_withdrawn_does_not_come_back(inbox: Inbox) -> None:
    fields = {"article": "x", "text": TEXT, "author": "Jeanne"}
    seen = token(inbox.preview(**fields))
    mine = receipt(inbox.post(**fields, token=seen))
    inbox.status(mine, withdraw="yes")
    assert inbox.post(**fields, token=seen).status_code == 200
    assert inbox.pending() == []


def test_a_message_that_moderators_delete_is_not_kept(inbox: Inbox) -> None:
    mine = receipt(inbox.send())
    inbox.pending()[0].unlink()
    assert inbox.status(mine) == "refused"


def test_the_removal_of_a_published_message_is_asked_for_in_a_file(inbox: Inbox) -> None:
    mine = receipt(inbox.send())
    approved = inbox.root / f"comments/approved/x/{mine[0]}.md"
    inbox.pending()[0].rename(approved)
    end = time.monotonic() + 20
    while inbox.status(mine) == "approved" and time.monotonic() < end:  # until a new edition shows it
        time.sleep(0.2)
    page = inbox.post("/inbox/status", reference=mine[0], code=mine[1]).text
    assert f"/a/x/#comment-{mine[0]}" in page, re.findall(r"<section.*?</section>", page, re.DOTALL)
    assert inbox.status(mine, withdraw="yes", why="Mon nom\r\ny est.") == "removal"
    asked = (inbox.root / f"comments/removals/x/{mine[0]}.md").read_text(encoding="utf-8")
    assert "article: x\n" in asked
    assert asked.endswith("\n---\nMon nom\ny est.\n")
    assert approved.exists()
    approved.unlink()


@pytest.mark.parametrize("wrong", ["", "AAAA-BBBB-CCCC-DDDD", "é", "../../site.yaml", "x" * 500])
def test_a_message_is_shown_to_nobody_else(inbox: Inbox, wrong: str) -> None:
    reference, code = receipt(inbox.send())
    assert inbox.status((reference, wrong)) == "problems"
    assert inbox.status((wrong or "x", code)) == "problems"
    assert inbox.status((reference, wrong), withdraw="yes") == "problems"
    assert len(inbox.pending()) == 1


def test_an_answer_names_what_it_answers(inbox: Inbox) -> None:
    page = dom(httpx.get(f"{inbox.address}/inbox/reply/x/one", verify=PLAIN).content)
    assert "Zoé" in words(page)
    inbox.send(reply_to="one")
    assert kept(inbox).reply_to == "one"


def test_an_answer_to_what_is_not_published_is_refused_and_kept_in_the_form(inbox: Inbox) -> None:
    reference, _ = receipt(inbox.send())  # which waits
    for parent in (reference, "nothing", "../x"):
        answer = inbox.preview(text="Une réponse, tout de même.", reply_to=parent)
        assert answer.status_code == 422
        assert "message à part entière" in errors(answer)
        page = dom(answer.content)
        assert page.find(".//input[@name='reply_to']").get("value") == ""  # type: ignore[union-attr]
        assert "Une réponse, tout de même." in words(page.find(".//textarea"))
    for path in ("x/nothing", "nowhere/one", "fini/one", "x/..%2Fone"):
        assert httpx.get(f"{inbox.address}/inbox/reply/{path}", verify=PLAIN).status_code == 404


@pytest.mark.parametrize(
    ("of", "status", "why"), [("fini", 403, "close"), ("muet", 403, "close"), ("nul", 503, "connu")]
)
def test_a_message_that_no_article_takes_is_given_back(inbox: Inbox, of: str, status: int, why: str) -> None:
    answer = inbox.preview(article=of, text="Un long message & <b>précieux</b>.")
    assert answer.status_code == status
    assert why in errors(answer)
    assert "Un long message & <b>précieux</b>." in words(dom(answer.content).find(".//textarea"))


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"author": " \u00a0 "}, "un nom"),
        ({"author": "la rédaction"}, "réservé"),
        ({"author": "a" * 81}, "trop long"),
        ({"text": "Court"}, "trop court"),
        ({"text": "   \n "}, "vide"),
        ({"text": "a" * 20_001}, "trop long"),
        ({"text": "é" * 10_500}, "20"),
        ({"email": "jeanne@"}, "courriel"),
        ({"website": "javascript:alert(1)"}, "https://"),
    ],
)
def test_what_is_wrong_is_said_and_nothing_typed_is_lost(inbox: Inbox, fields: dict[str, str], said: str) -> None:
    answer = inbox.preview(**{"author": "Jeanne", "text": TEXT, **fields})
    assert answer.status_code == 422
    assert said in errors(answer)
    page = dom(answer.content)
    text = page.find(".//textarea[@name='text']")
    assert "".join(text.itertext()).strip() == fields.get("text", TEXT).strip()  # type: ignore[union-attr]
    assert inbox.pending() == []


def test_the_field_that_nobody_sees_stops_programs_and_says_so(inbox: Inbox) -> None:
    trap = forms.trap(Site("Essai", "https://essai.example"), "x")
    page = inbox.preview().text
    assert f'name="{trap}"' in page
    answer = inbox.preview(**{trap: "https://spam.example"})
    assert answer.status_code == 422
    assert "programmes" in errors(answer)
    assert TEXT in words(dom(answer.content).find(".//textarea"))


def test_what_a_message_loses_is_told_with_the_preview(inbox: Inbox) -> None:
    page = dom(inbox.preview(text="Voici <script>alert(1)</script> et {{du gras jamais fermé.").content)
    told = [words(one) for one in page.iterfind(".//div[@class='remarks']//li")]
    assert len(told) == 2
    assert "script" in told[0]


def test_the_same_text_again_is_told_to_the_moderators(inbox: Inbox) -> None:
    text = "Un texte que l'on retrouve à l'identique, ou presque, sous un autre article."
    first, _ = receipt(inbox.send(text=text))
    inbox.send(text=text.upper() + " !", author="Autre")
    latest = max(inbox.pending(), key=lambda path: path.stat().st_mtime_ns)
    header = comment_format.read_header(latest.read_bytes(), PurePosixPath("comments/pending/x/y.md"))
    assert header is not None
    assert header.screen is not None
    assert any(first in reason for reason in header.screen.reasons)
    assert header.screen.rank < 100


def test_a_new_article_takes_messages_at_once_and_a_broken_one_harms_no_other(inbox: Inbox) -> None:
    new, broken = inbox.root / "content/a/neuf.md", inbox.root / "content/a/casse.md"
    new.write_text(article("Neuf"), encoding="utf-8")
    broken.write_text("---\ntitle: [\n---\n", encoding="utf-8")
    try:
        end = time.monotonic() + 5
        while (found := inbox.preview(article="neuf").status_code) == 503 and time.monotonic() < end:
            time.sleep(0.1)
        assert found == 200
        assert inbox.preview(article="x").status_code == 200
    finally:
        new.unlink()
        broken.unlink()


def test_health_and_numbers_are_told(inbox: Inbox) -> None:
    inbox.send()
    assert httpx.get(f"{inbox.address}/healthz", verify=PLAIN).text.startswith("ok")
    numbers = httpx.get(f"{inbox.address}/metrics", verify=PLAIN).text
    assert re.search(r'labo_inbox_answers_total\{outcome="kept"\} [1-9]', numbers)


def test_the_log_tells_what_happened_and_of_nobody(inbox: Inbox) -> None:
    inbox.send(author="Jeanne Martin", email="jeanne@exemple.org", text="Un message tout à fait secret.")
    log = inbox.log.read_text(encoding="utf-8").replace(inbox.address, "")
    assert not any(word in log for word in ("Jeanne", "jeanne@", "secret.", "127.0.0.1", "httpx"))
    last = inbox.events()[-1]
    assert (last["event"], last["status"], last["comment"]) == ("kept", 201, inbox.pending()[0].stem)


def test_pages_have_their_assets_and_allow_no_script_but_their_own(inbox: Inbox) -> None:
    answer = inbox.preview()
    policy = answer.headers["content-security-policy"]
    assert "default-src 'none'" in policy
    assert "unsafe" not in policy
    page = dom(answer.content)
    sheets = [link.get("href", "") for link in page.iterfind(".//link[@rel='stylesheet']")]
    assert len(sheets) > 1
    for sheet in sheets:
        found = httpx.get(inbox.address + sheet, verify=PLAIN)
        assert (found.status_code, found.headers["content-type"].partition(";")[0]) == (200, "text/css")
        assert "immutable" in found.headers["cache-control"]
    assert httpx.get(f"{inbox.address}/inbox/assets/x/../../site.yaml", verify=PLAIN).status_code == 404


def test_too_many_messages_of_one_sender_wait(tmp_path: Path) -> None:
    settings = "title: E\nbase_url: https://essai.example\ninbox: {pace: {sender: 2}}\n"
    with running(write_site(tmp_path / "site", {**FILES, "site.yaml": settings}), tmp_path / "log") as inbox:

        def send(number: int, sender: str) -> httpx.Response:
            told = {"X-Forwarded-For": sender} if sender else {}  # the test is a proxy, whose word is believed
            fields = {"article": "x", "author": "Zoé", "text": f"Un message, numéro {number}."}
            return inbox.post(**fields, token=token(inbox.preview(**fields)), headers=told)

        answers = [send(number, "203.0.113.7") for number in range(3)]
        assert [one.status_code for one in answers] == [201, 201, 429]
        assert "une heure" in errors(answers[2])
        assert "numéro 2" in answers[2].text
        assert send(3, "203.0.113.8").status_code == 201
        # A proxy that names nobody stands for all visitors at once: they are not stopped for each other.
        assert [send(number, "").status_code for number in range(4, 8)] == [201] * 4


def test_the_settings_decide_what_is_asked(tmp_path: Path) -> None:
    settings = (
        "title: E\nbase_url: https://essai.example/labo\nlanguage: en\n"
        "comments: {name: optional, website: hidden, shortest: 3, longest: 30}\n"
    )
    files = {"site.yaml": settings, "content/a/x.md": article()}
    with running(write_site(tmp_path / "site", files), tmp_path / "log") as inbox:
        fields = {"article": "x", "author": "", "text": "Yes.", "website": "https://a.example", "email": "a@b.example"}
        seen = inbox.post("/labo/inbox/", **fields)
        assert "This is how your message will appear" in seen.text
        page = dom(seen.content)
        assert page.find(".//input[@name='website']") is None
        assert page.find(".//input[@name='email']") is None
        assert inbox.post("/labo/inbox/", **fields, token=token(seen)).status_code == 201
        header = kept(inbox)
        assert (header.author, header.website, header.email) == ("Anonymous", "", "")
        assert "30 characters at most" in errors(inbox.post("/labo/inbox/", article="x", author="A", text="x" * 31))


def test_an_inbox_elsewhere_takes_the_forms_of_its_site_and_of_no_other(tmp_path: Path) -> None:
    settings = "title: E\nbase_url: https://essai.example\ncomments: {inbox: https://inbox.example/m/}\n"
    files = {"site.yaml": settings, "content/a/x.md": article()}
    with running(write_site(tmp_path / "site", files), tmp_path / "log") as inbox:
        fields = {"article": "x", "author": "A", "text": TEXT}
        own = {"Origin": "https://essai.example", "Sec-Fetch-Site": "cross-site"}
        answer = inbox.post("/m/", headers=own, **fields)
        assert answer.status_code == 200
        assert answer.headers["access-control-allow-origin"] == "https://essai.example"
        page = dom(answer.content)
        assert page.find(".//form[@id='postez']").get("action") == "https://inbox.example/m/"  # type: ignore[union-attr]
        assert page.find(".//p[@class='kicker']/a").get("href") == "https://essai.example/a/x/"  # type: ignore[union-attr]
        sheet = page.find(".//link[@rel='stylesheet']").get("href", "")  # type: ignore[union-attr]
        assert sheet.startswith("https://inbox.example/m/assets/")
        other = {"Origin": "https://autre.example", "Sec-Fetch-Site": "cross-site"}
        assert inbox.post("/m/", headers=other, **fields).status_code == 403
