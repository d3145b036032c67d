"""Moderators hear of every message by e-mail, from a real mail server, whatever happens on the way."""

import email.policy
import os
import socket
import ssl
import subprocess
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from email.message import EmailMessage
from email.parser import BytesParser
from pathlib import Path

import hypothesis
import msgspec
import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session
from conftest import article, comment, write_site
from hypothesis import given
from hypothesis import strategies as st

from labo_ssg.formats.comment import CommentHeader, Screen, text
from labo_ssg.inbox.outgoing import letter
from labo_ssg.inbox.outgoing.deliveries import Failed
from labo_ssg.inbox.outgoing.letter import Waiting
from labo_ssg.inbox.outgoing.notices import NoticeDelivery
from labo_ssg.model import Html, InboxSettings, NoticeSettings, Site
from labo_ssg.moderation import proposed
from labo_ssg.moderation.proposed import Proposed
from labo_ssg.moderation.showing import Shown

NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)
WHO = "moderation@labo.example"


class Postman:
    """Keeps what it is given; answers with `answers` first, and refuses what holds `never`."""

    def __init__(self) -> None:
        self.mails: list[EmailMessage] = []
        self.recipients: list[list[str]] = []
        self.answers: list[str] = []
        self.unknown: set[str] = set()
        self.never = ""
        self.goodbye = "221 bye"

    async def handle_RCPT(  # noqa: N802 - aiosmtpd's name
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        if address in self.unknown:
            return "550 no such user"
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: N802
        if self.answers:
            return self.answers.pop(0)
        assert isinstance(envelope.content, bytes)
        mail = BytesParser(_class=EmailMessage, policy=email.policy.SMTP).parsebytes(envelope.content)
        if self.never and self.never in words(mail):
            return "554 this looks like spam"
        self.mails.append(mail)
        self.recipients.append(envelope.rcpt_tos)
        return "250 OK"

    async def handle_QUIT(self, server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: N802
        return self.goodbye


def words(mail: EmailMessage, kind: str = "plain") -> str:
    body = mail.get_body((kind,))
    assert body is not None
    return str(body.get_content()).replace("\r\n", "\n")


def free_port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return int(free.getsockname()[1])


@pytest.fixture
def postman() -> Postman:
    return Postman()


@pytest.fixture
def server(postman: Postman) -> Iterator[Controller]:
    controller = Controller(postman, hostname="127.0.0.1", port=free_port())
    controller.start()
    yield controller
    controller.stop()


def settings(url: str, every: str = "message") -> Site:
    notices = NoticeSettings((WHO,), "inbox@labo.example", url, every)  # type: ignore[arg-type] # one of two words
    return Site("Le Labo de l’ESS", "https://labo.example", inbox=InboxSettings(notices=notices))


def to(
    root: Path, server: Controller | str, who: str = WHO, every: str = "message", password: str = ""
) -> NoticeDelivery:
    """Return the delivery of letters to `who`, by the server."""
    url = server if isinstance(server, str) else f"smtp://127.0.0.1:{server.port}"

    def shown(path: str) -> Shown:
        if "broken" in path:
            raise ValueError(path)
        html = Html('<p>Voir <a href="https://spam.example/?a=1&amp;b=2">ici</a></p>')
        link = "https://spam.example/?a=1&b=2"
        title = "PTCE : « éléments » & <diagnostic>\r\nBcc: eve@evil.example"
        return Shown(
            title,
            "https://labo.example/ptce/",
            "Jeanne\nBcc: x\u202e",
            html,
            "Voir [ici->…]\n-- \n.",
            (link,),
            "Bien dit",
        )

    return NoticeDelivery(root, settings(url, every), who, render=shown, password=password, clock=lambda: NOW)


def put(root: Path, name: str, age: timedelta = timedelta(0), screen: Screen | None = None) -> None:
    path = root / f"comments/pending/ptce/{name}.md"
    path.parent.mkdir(parents=True, exist_ok=True)
    header = CommentHeader("ptce", "Jeanne", NOW - timedelta(hours=1), screen=screen)
    path.write_bytes(text(header, "Voir [ici->https://spam.example]"))
    written = (NOW - age).timestamp()
    os.utime(path, (written, written))


def ids(mail: EmailMessage) -> list[str]:
    lines = words(mail).splitlines()
    return [line.split()[-1] for line in lines if line.strip().startswith("labo comments approve ")]


def test_a_letter_says_all_that_one_must_know_to_decide(tmp_path: Path, server: Controller, postman: Postman) -> None:
    put(tmp_path, "one", screen=Screen(40, ("3 liens", "le mot « casino »")))
    assert to(tmp_path, server).deliver() is None
    [mail] = postman.mails
    assert postman.recipients == [[WHO]]
    title = "PTCE : « éléments » & <diagnostic> Bcc: eve@evil.example"
    assert mail["Subject"] == f"[Le Labo de l’ESS] Message de Jeanne Bcc: x sur «\xa0{title}\xa0»"
    assert (mail["Bcc"], mail["To"], mail["Auto-Submitted"]) == (None, WHO, "auto-generated")
    assert mail["From"] == "Le Labo de l’ESS <inbox@labo.example>"
    plain = words(mail)
    for said in (
        "https://labo.example/ptce/\n",
        "23 novembre 2026 à 12:00",
        "En réponse à\xa0: Bien dit",
        "> Voir [ici->…]\n> -- \n> .",
        "  - https://spam.example/?a=1&b=2",
        "Rang 40 sur 100\n  - 3 liens\n  - le mot « casino »",
        "Pour le publier\xa0:\n    labo comments approve one\n",
        "Pour le refuser\xa0:\n    labo comments reject one\n",
    ):
        assert said in plain
    html = words(mail, "html")
    assert '<a href="https://spam.example/?a=1&amp;b=2">ici</a>' in html
    assert "<li>https://spam.example/?a=1&amp;b=2</li>" in html
    assert "&lt;diagnostic&gt;" in html


def test_a_letter_leads_to_the_pull_request(tmp_path: Path, server: Controller, postman: Postman) -> None:
    put(tmp_path, "one")
    url = "https://forge.example/labo/site/pulls/7"
    record = Proposed("one", "ptce", "labo/comment-one", NOW, url, 7)
    (tmp_path / proposed.FOLDER).mkdir(parents=True)
    (tmp_path / proposed.FOLDER / "one.json").write_bytes(msgspec.json.encode(record))
    to(tmp_path, server).deliver()
    [mail] = postman.mails
    assert f"Pour décider\xa0: {url}\n" in words(mail)
    assert f'<a href="{url}">{url}</a>' in words(mail, "html")
    assert ids(mail) == []


@given(st.text(max_size=200), st.text(alphabet='é,"<>@=?_ab \n\r\x00\u2028\u202e;:()\\\ud800', max_size=300))
@hypothesis.settings(max_examples=50, deadline=None)
def test_no_name_and_no_title_writes_headers(title: str, author: str) -> None:
    shown = Shown(title, "https://labo.example/ptce/", author, Html(""), author, (title,), author)
    site = settings("smtp://localhost")
    mail = letter.compose(site, "inbox@labo.example", WHO, [Waiting("one", "x", "x", "", NOW, shown)], NOW)
    found = BytesParser(_class=EmailMessage, policy=email.policy.SMTP).parsebytes(mail.as_bytes())
    names = "From To Subject Date Message-ID Auto-Submitted MIME-Version Content-Type".split()
    assert found.keys() == names
    assert (found["To"], found["From"]) == (WHO, "Le Labo de l’ESS <inbox@labo.example>")
    # Python loses a space where it folds a line between two encoded words, and nothing else.
    assert "".join(found["Subject"].split()) == "".join(mail["Subject"].split())


def test_each_message_is_told_once_even_after_a_restart(tmp_path: Path, server: Controller, postman: Postman) -> None:
    put(tmp_path, "one")
    to(tmp_path, server).deliver()
    put(tmp_path, "two")
    delivery = to(tmp_path, server)
    delivery.deliver()
    delivery.deliver()
    assert [ids(mail) for mail in postman.mails] == [["one"], ["two"]]
    (tmp_path / "comments/pending/ptce/one.md").unlink()
    to(tmp_path, server).deliver()
    told = tmp_path / ".labo/inbox/told" / WHO
    assert told.read_text().split() == ["comments/pending/ptce/two.md"], "what was decided is forgotten"
    told.write_text("comments/pending/ptce/tw")
    to(tmp_path, server).deliver()
    to(tmp_path, server).deliver()
    assert len(postman.mails) == 3, "a line that was cut short tells a message twice"


def test_many_messages_are_told_fifty_at_a_time(tmp_path: Path, server: Controller, postman: Postman) -> None:
    for number in range(101):
        put(tmp_path, f"m{number:03}")
    to(tmp_path, server).deliver()
    assert [len(ids(mail)) for mail in postman.mails] == [50, 50, 1]
    assert sorted(name for mail in postman.mails for name in ids(mail)) == [f"m{number:03}" for number in range(101)]
    assert postman.mails[0]["Subject"] == "[Le Labo de l’ESS] 50 messages attendent une décision"


def test_in_a_digest_messages_wait_for_others_for_an_hour(tmp_path: Path, server: Controller, postman: Postman) -> None:
    put(tmp_path, "one", age=timedelta(minutes=50))
    put(tmp_path, "two")
    assert to(tmp_path, server, every="hour").deliver() == 600
    assert postman.mails == []
    put(tmp_path, "one", age=timedelta(minutes=60))
    assert to(tmp_path, server, every="hour").deliver() is None
    assert [ids(mail) for mail in postman.mails] == [["one", "two"]]
    put(tmp_path, "from-tomorrow", age=timedelta(days=-1))
    assert to(tmp_path, server, every="hour").deliver() == 3600


def test_a_request_of_removal_is_told_at_once_and_marked(tmp_path: Path, server: Controller, postman: Postman) -> None:
    put(tmp_path, "young")
    approved = comment("ptce", body="Publié.")
    asked = "---\narticle: ptce\ndate: 2026-11-23T10:00:00Z\n---\n"
    write_site(
        tmp_path,
        {
            "content/ptce.md": article(),
            "comments/approved/ptce/old.md": approved,
            "comments/removals/ptce/old.md": f"{asked}J’ai changé d’avis.\nMerci !\n",
            "comments/removals/ptce/lost.md": asked,
        },
    )
    to(tmp_path, server, every="hour").deliver()
    to(tmp_path, server, every="hour").deliver()
    [mail] = postman.mails
    assert mail["Subject"] == "[Le Labo de l’ESS] 2 retraits sont demandés"
    plain = words(mail)
    assert "> J’ai changé d’avis.\n> Merci !" in plain
    assert "Aucune raison n’est donnée." in plain
    assert "labo comments erase old" in plain
    assert "labo comments erase lost" in plain
    assert ids(mail) == []


def test_a_message_that_cannot_be_shown_is_sent_as_it_is(tmp_path: Path, server: Controller, postman: Postman) -> None:
    for name in ("broken", "fine"):
        put(tmp_path, name)
    (tmp_path / "comments/pending/ptce/broken.md").write_bytes(b"no header <script>\xff\xed\xa0\x80")
    to(tmp_path, server).deliver()
    [mail] = postman.mails
    assert sorted(ids(mail)) == ["broken", "fine"]
    assert "> no header <script>\ufffd" in words(mail)
    assert "no header &lt;script&gt;" in words(mail, "html")


def test_a_server_that_is_down_gets_the_letter_once_it_is_up(tmp_path: Path, postman: Postman) -> None:
    put(tmp_path, "one")
    port = free_port()
    delivery = to(tmp_path, f"smtp://127.0.0.1:{port}")
    for _ in range(2):
        with pytest.raises(Failed, match=f"smtp://127.0.0.1:{port}: .*refused"):
            delivery.deliver()
    controller = Controller(postman, hostname="127.0.0.1", port=port)
    controller.start()
    try:
        delivery.deliver()
    finally:
        controller.stop()
    assert [ids(mail) for mail in postman.mails] == [["one"]]


def test_a_letter_that_is_put_off_is_sent_again(tmp_path: Path, server: Controller, postman: Postman) -> None:
    put(tmp_path, "one")
    postman.answers = ["451 come again"]
    with pytest.raises(Failed, match="come again"):
        to(tmp_path, server).deliver()
    to(tmp_path, server).deliver()
    assert [ids(mail) for mail in postman.mails] == [["one"]]


def test_a_letter_that_was_taken_is_not_sent_again_whatever_follows(
    tmp_path: Path, server: Controller, postman: Postman
) -> None:
    put(tmp_path, "one")
    postman.goodbye = "421 stay"
    to(tmp_path, server).deliver()
    to(tmp_path, server).deliver()
    assert [ids(mail) for mail in postman.mails] == [["one"]]


def test_a_recipient_who_is_refused_delays_no_other(tmp_path: Path, server: Controller, postman: Postman) -> None:
    put(tmp_path, "one")
    postman.unknown = {"gone@labo.example"}
    with pytest.raises(Failed, match="no such user"):
        to(tmp_path, server, "gone@labo.example").deliver()
    to(tmp_path, server, "other@labo.example").deliver()
    assert postman.recipients == [["other@labo.example"]]
    postman.unknown = set()
    to(tmp_path, server, "gone@labo.example").deliver()
    assert postman.recipients[1:] == [["gone@labo.example"]]


def test_a_message_that_the_server_refuses_is_told_without_its_words(
    tmp_path: Path, server: Controller, postman: Postman
) -> None:
    for name in ("broken-one", "two", "broken-three"):
        put(tmp_path, name)
    (tmp_path / "comments/pending/ptce/broken-one.md").write_text("Casino !", encoding="utf-8")
    postman.never = "Casino"
    to(tmp_path, server).deliver()
    assert sorted(ids(mail) for mail in postman.mails) == [["broken-one"], ["broken-three"], ["two"]]
    bare = next(mail for mail in postman.mails if ids(mail) == ["broken-one"])
    assert "Ce message n’a pas pu être envoyé par courriel" in words(bare)
    to(tmp_path, server).deliver()
    assert len(postman.mails) == 3


@pytest.mark.filterwarnings("ignore:Requiring AUTH while not requiring TLS")  # smtps has it from the start
@pytest.mark.parametrize("scheme", ["smtp+starttls", "smtps"])
def test_a_server_is_known_by_its_certificate_and_knows_us_by_a_password(
    tmp_path: Path, postman: Postman, scheme: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    key, certificate = tmp_path / "key.pem", tmp_path / "certificate.pem"
    made = "req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 1 -subj /CN=localhost"
    names = ["-addext", "subjectAltName=DNS:localhost", "-keyout", str(key), "-out", str(certificate)]
    subprocess.run(["openssl", *made.split(), *names], check=True, capture_output=True)
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(certificate, key)

    def check(server: SMTP, session: Session, envelope: Envelope, mechanism: str, data: LoginPassword) -> AuthResult:
        known = (data.login, data.password) == (b"n@me", "né secret".encode())
        return AuthResult(success=known, handled=known)

    secured = (
        {"tls_context": context, "require_starttls": True} if scheme == "smtp+starttls" else {"ssl_context": context}
    )
    port = free_port()
    controller = Controller(
        postman, hostname="localhost", port=port, authenticator=check, auth_required=True,
        auth_require_tls=scheme == "smtp+starttls", **secured,
    )  # fmt: skip
    put(tmp_path, "one")
    url = f"{scheme}://n%40me@localhost:{port}"
    with monkeypatch.context() as trusting:
        trusting.setenv("SSL_CERT_FILE", str(certificate))
        controller.start()
        try:
            with pytest.raises(Failed, match="535"):
                to(tmp_path, url, password="wrong").deliver()
            to(tmp_path, url, password="né secret").deliver()
            trusting.undo()
            put(tmp_path, "two")
            with pytest.raises(Failed, match="CERTIFICATE_VERIFY_FAILED"):
                to(tmp_path, url, password="né secret").deliver()
        finally:
            controller.stop()
    assert [ids(mail) for mail in postman.mails] == [["one"]]
