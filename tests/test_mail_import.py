"""Letters become pending messages: as Thunderbird, Gmail, Apple Mail and phones write them, or as nobody should."""

import base64
import quopri
from datetime import UTC, datetime
from email import message_from_bytes
from email.policy import default
from pathlib import Path, PurePosixPath

import pytest
from conftest import NOW, article, comment, labo, labo_here, read_tree, write_site
from hypothesis import example, given
from hypothesis import strategies as st

from labo_ssg.formats import comment as comment_format
from labo_ssg.inbox import codes, sealing
from labo_ssg.inbox.by_mail import mail
from labo_ssg.inbox.by_mail.letters import open_desk, take
from labo_ssg.inbox.tokens import Tokens
from labo_ssg.model import Comment

KEYS = sealing.new_keys()
HEADER = "title: Essai\nbase_url: https://essai.example\n"
PARENT = "20210113T090000Z-a1b2c3"
FILES = {
    "content/a/ptce.md": article("PTCE"),
    "content/a/clos.md": article("Clos", comments="closed"),
    "content/a/muet.md": article("Muet", comments="off"),
    "content/a/brouillon.md": article("Brouillon", draft="true"),
    f"comments/approved/ptce/{PARENT}.md": comment("ptce"),
    "comments/pending/ptce/20210113T090000Z-zzzzzz.md": comment("ptce"),
}
LINE = "----- Écrivez votre message sous cette ligne -----"
TEXT = "Merci pour cet article : il dit {{bien}} ce qu’il en est.\n\nUn second paragraphe, à bientôt."

THUNDERBIRD = f"""Message-ID: <3f0c5a3e-1f4b-4a2c-9d6e-0b1c2d3e4f5a@example.org>
Date: Wed, 13 Jan 2021 11:15:00 +0100
MIME-Version: 1.0
User-Agent: Mozilla Thunderbird
Content-Language: fr
To: forum@essai.example
From: Jeanne Martin <jeanne@example.org>
Subject: =?UTF-8?Q?Commentaire_sur_=C2=AB_PTCE_=C2=BB?=
Content-Type: text/plain; charset=UTF-8; format=flowed
Content-Transfer-Encoding: 8bit

Article\u00a0: ptce
En réponse à\u00a0: {PARENT}
Nom\u00a0: Jeanne M.
Site web\u00a0: https://jeanne.example
{LINE}

Merci pour cet article : il dit {{{{bien}}}} \nce qu’il en est.

Un second paragraphe, \nà bientôt.

-- \nJeanne Martin
Présidente
""".encode()

PLAIN = f"Article : ptce\r\nNom : Jeanne M.\r\nSite web :\r\n{LINE}\r\n\r\n" + TEXT.replace("\n", "\r\n")
GMAIL = b"""MIME-Version: 1.0
Date: Wed, 13 Jan 2021 11:15:00 +0100
Message-ID: <CAJx0+abc=def@mail.gmail.com>
Subject: Commentaire
From: =?UTF-8?B?SmVhbm5lIE1hcnRpbg==?= <jeanne@example.org>
To: forum@essai.example
Content-Type: multipart/alternative; boundary="000000000000a1b2c305b8c5d6e7"

--000000000000a1b2c305b8c5d6e7
Content-Type: text/plain; charset="UTF-8"
Content-Transfer-Encoding: base64

%s
--000000000000a1b2c305b8c5d6e7
Content-Type: text/html; charset="UTF-8"
Content-Transfer-Encoding: quoted-printable

<div dir=3D"ltr">rien</div>
--000000000000a1b2c305b8c5d6e7--
""" % base64.encodebytes(PLAIN.encode())

APPLE = b"""From: Jeanne Martin <jeanne@example.org>
Content-Type: multipart/mixed; boundary="Apple-Mail=_0C1D"
Mime-Version: 1.0 (Mac OS X Mail 16.0 \\(3696.120.41.1.1\\))
Subject: Commentaire
Message-Id: <0C1D2E3F@example.org>
Date: Wed, 13 Jan 2021 11:15:00 +0100
To: forum@essai.example

--Apple-Mail=_0C1D
Content-Transfer-Encoding: quoted-printable
Content-Type: text/plain;
\tcharset=utf-8

%s
--Apple-Mail=_0C1D
Content-Disposition: attachment; filename=photo.jpg
Content-Type: image/jpeg; name="photo.jpg"
Content-Transfer-Encoding: base64

/9j/4AAQ
--Apple-Mail=_0C1D--
""" % quopri.encodestring(PLAIN.replace("\r\n", "\n").encode())

PHONE = f"""Content-Type: text/html; charset=utf-8
Content-Transfer-Encoding: 8bit
From: Jeanne Martin <jeanne@example.org>
Mime-Version: 1.0 (1.0)
Date: Wed, 13 Jan 2021 11:15:00 +0100
Subject: Commentaire
Message-Id: <A1B2-C3@example.org>
To: forum@essai.example

<html><head><style>p {{}}</style></head><body dir="auto"><div>Article&nbsp;: ptce</div><div>Nom&nbsp;: Jeanne M.</div>
<div>Site web&nbsp;:</div><div>{LINE}</div><div><br></div>
<div>Merci pour cet article : il dit {{{{bien}}}} ce qu’il en
est.</div><div><br></div><div>Un second paragraphe, à bientôt.</div><br><br>Envoyé de mon iPhone</body></html>
""".encode()

LATIN = (
    b"From: =?iso-8859-1?Q?Ren=E9e?= <renee@example.org>\r\nDate: Wed, 13 Jan 2021 10:15:00 GMT\r\n"
    b"Content-Type: text/plain; charset=iso-8859-1\r\n\r\n"
    b"> Article : ptce\r\n> Nom :\r\n> " + LINE.encode("cp1252") + b"\r\n> Le c\x9cur de l\x92\xe9conomie : \x80.\r\n"
)
ENGLISH = b"""From: jeanne@example.org
Date: Wed, 13 Jan 2021 10:15:00 -0000

Hello,
Website: jeanne.example
Name: *Jeanne*
Article: ptce

There is no line above which this stands, and it is read.
"""

TOLD = {
    "Thunderbird": (THUNDERBIRD, "Jeanne M.", PARENT, "https://jeanne.example", TEXT),
    "Gmail": (GMAIL, "Jeanne M.", "", "", TEXT),
    "Apple Mail": (APPLE, "Jeanne M.", "", "", TEXT),
    "a phone": (PHONE, "Jeanne M.", "", "", TEXT),
    "Latin-1 that is Windows' own, quoted": (LATIN, "Renée", "", "", "Le cœur de l’économie : €."),
    "English, without the marker, in another order": (
        ENGLISH,
        "Jeanne",
        "",
        "https://jeanne.example",
        "Hello,\n\nThere is no line above which this stands, and it is read.",
    ),
}


@pytest.fixture
def site(tmp_path: Path) -> Path:
    key = f"comments: {{inbox: 'mailto:forum@essai.example', key: {KEYS.public}}}\n"
    return write_site(tmp_path / "site", {**FILES, "site.yaml": HEADER + key})


def imported(site: Path, data: bytes, **named: str) -> tuple[Comment, dict[str, str]]:
    """Return the comment that a letter becomes, and the lines of its header."""
    desk, problems = open_desk(site, NOW)
    assert problems == []
    done = take(desk, data, "letter.eml", article=named.get("article", ""), seal=seal, now=NOW)
    assert done.problems == ()
    assert done.is_new
    kept = (site / done.path).read_bytes()
    made, problems = comment_format.parse(kept, PurePosixPath(done.path))
    assert problems == []
    header = kept.decode().split("---\n")[1]
    return made, dict(line.split(": ", 1) for line in header.splitlines() if ": " in line and line[0].isalpha())


def seal(address: str) -> str:
    return sealing.seal(address, KEYS.public)


def refusal(site: Path, data: bytes, article: str = "") -> str:
    desk, _ = open_desk(site, NOW)
    done = take(desk, data, "letter.eml", article=article, seal=seal, now=NOW)
    assert not done.path
    return "\n".join(map(str, done.problems))


@pytest.mark.parametrize("program", TOLD)
def test_a_letter_is_read_whatever_program_wrote_it(site: Path, program: str) -> None:
    data, author, parent, website, text = TOLD[program]
    made, header = imported(site, data)
    assert (made.author, made.reply_to, made.website, made.text.rstrip("\n")) == (author, parent, website, text)
    assert made.date == datetime(2021, 1, 13, 10, 15, tzinfo=UTC)
    assert made.id.startswith("20210113T101500Z-")
    assert sealing.unseal(header["email"], KEYS.private).endswith("@example.org")


def letter(body: str, **headers: str) -> bytes:
    given = {"From": "Jeanne <jeanne@example.org>", "Date": "Wed, 13 Jan 2021 10:15:00 +0000"} | headers
    lines = "".join(f"{name.replace('_', '-')}: {value}\n" for name, value in given.items() if value)
    return f"{lines}Content-Type: text/plain; charset=utf-8\n\n{body}\n".encode()


def test_the_command_takes_a_letter_in_once(site: Path, tmp_path: Path) -> None:
    (tmp_path / "a.eml").write_bytes(APPLE)
    done = labo("comments", "import", tmp_path / "a.eml", "--root", site)
    assert done.returncode == 0, done.stderr
    kept = Path(done.stdout.strip())
    assert kept.parent == site / "comments/pending/ptce"
    assert "1 file(s) that came with it are left out" in done.stderr
    before = read_tree(site)
    assert b"jeanne@example.org" not in before[kept.relative_to(site).as_posix()]
    again = labo("comments", "import", "-", "--root", site, typed=APPLE.decode())
    assert (again.returncode, again.stdout) == (0, "")
    assert "already there" in again.stderr
    assert read_tree(site) == before
    approved = site / "comments/approved/ptce" / kept.name
    kept.rename(approved)
    third = labo("comments", "import", tmp_path / "a.eml", "--root", site)
    assert (third.returncode, third.stdout, f"already there, {approved}" in third.stderr) == (0, "", True)
    assert labo_here("check", "--root", site).returncode == 0


def test_each_letter_that_cannot_be_taken_is_told_and_the_others_are_taken(site: Path, tmp_path: Path) -> None:
    (tmp_path / "good.eml").write_bytes(GMAIL)
    (tmp_path / "bad.eml").write_bytes(letter("Article: nulle-part\n\nUn message."))
    done = labo("comments", "import", "bad.eml", "good.eml", "missing.eml", "--root", site, cwd=tmp_path)
    assert done.returncode == 1
    assert len(done.stdout.splitlines()) == 1
    assert "bad.eml: there is no article `nulle-part`\n  hint: " in done.stderr
    assert "missing.eml: it cannot be taken in: no such file" in done.stderr
    assert "Traceback" not in done.stderr


def test_settings_that_cannot_be_read_stop_everything(site: Path, tmp_path: Path) -> None:
    (tmp_path / "a.eml").write_bytes(GMAIL)
    (site / "site.yaml").write_text(f"{HEADER}comments: {{key: {'A' * 43}}}\n")
    done = labo("comments", "import", tmp_path / "a.eml", "--root", site)
    assert (done.returncode, done.stdout, "site.yaml: `comments`: `key`" in done.stderr) == (1, "", True)
    (site / "site.yaml").write_text(f"{HEADER}comment: x\n")
    done = labo("comments", "import", tmp_path / "a.eml", "--root", site)
    assert (done.returncode, done.stdout, "site.yaml:3: unknown key" in done.stderr) == (1, "", True)
    done = labo("comments", "import", tmp_path / "a.eml", "--root", tmp_path)
    assert (done.returncode, "there is no site.yaml" in done.stderr) == (1, True)


@pytest.mark.parametrize(
    ("body", "told"),
    [
        ("Un message sans article.", "does not say which article"),
        ("Article: ptc\n\nUn message.", "did you mean `ptce`?"),
        ("Article: clos\n\nUn message.", "the discussion of `clos` is closed"),
        ("Article: muet\n\nUn message.", "the discussion of `muet` is off"),
        ("Article: brouillon\n\nUn message.", "there is no article `brouillon`"),
        ("Article: ../../etc\n\nUn message.", "there is no article `../../etc`"),
        ("Article: ptce\nIn reply to: 20210113T090000Z-zzzzzz\n\nUn message.", "not among the approved comments"),
        ("Article: ptce\nIn reply to: ../clos/1\n\nUn message.", "not among the approved comments"),
        ("Article: ptce\n\nCourt.", "`text`: Your message is too short"),
        ("Article: ptce\n", "`text`: Your message is empty"),
        ("Article: ptce\n\n" + "x" * 20_001, "`text`: Your message is too long"),
        ("Article: ptce\nWebsite: javascript:alert(1)\n\nUn message.", "`website`: This is not the address"),
        (f"Article: ptce\nName: {'x' * 81}\n\nUn message.", "`author`: This is too long"),
    ],
)
def test_a_letter_that_the_form_would_not_take_is_refused(site: Path, body: str, told: str) -> None:
    before = read_tree(site)
    found = refusal(site, letter(body))
    assert found.startswith("letter.eml: ")
    assert told in found
    assert "hint: " in found
    assert read_tree(site) == before


def test_the_name_is_never_an_address(site: Path) -> None:
    body = "Article: ptce\n\nUn message."
    assert "`author`" in refusal(site, letter(body, From="jeanne@example.org"))
    assert "`author`" in refusal(site, letter(body, From='"jeanne@example.org" <jeanne@example.org>'))
    made, _ = imported(site, letter(body, From="=?utf-8?q?Martin=2C_Jeanne?= <jeanne@example.org>"))
    assert made.author == "Martin, Jeanne"


def test_the_article_may_be_named_beside_the_letter(site: Path) -> None:
    made, _ = imported(site, letter("Un message."), article="ptce")
    assert (made.article, made.text.strip()) == ("ptce", "Un message.")


def test_a_date_is_never_later_than_now(site: Path) -> None:
    for number, date in enumerate(("Wed, 13 Jan 2121 10:15:00 +0000", "hier", "", "Wed, 99 Jan 2021 10:15:00 +0000")):
        made, _ = imported(site, letter("Article: ptce\n\nUn message.", Date=date, Message_ID=f"<{number}@x>"))
        assert made.date == NOW


def test_without_a_key_the_address_is_nowhere(site: Path) -> None:
    (site / "site.yaml").write_text(HEADER)
    _, header = imported(site, letter("Article: ptce\n\nUn message."))
    assert "email" not in header


@pytest.mark.parametrize(
    ("body", "text"),
    [
        (f"Article: ptce\nNom: J\n\nBonjour,\n{LINE}\nUn message.", "Bonjour,\nUn message."),
        (f"Le 12 janv. 2021, Forum <f@e.org> a écrit :\n> Article : ptce\n> {LINE}\n> Un message.", "Un message."),
        (f"Article: ptce\n{LINE}\n> Une citation.\n\nEt un message.", "> Une citation.\n\nEt un message."),
        (f"Article: ptce\n{LINE}\nUn message.\n\nSent from my phone", "Un message."),
        (f"Article: ptce\n{LINE}\nUn message.\n--\nJeanne\nArticle: clos", "Un message."),
        (f"Article: ptce\n{LINE}\nUn message.\n\n\n\n\nEt sa fin.", "Un message.\n\nEt sa fin."),
        (f"Article: ptce\n{LINE}\nNom : ceci est du texte.", "Nom : ceci est du texte."),
        (f"Article: ptce\n{LINE}\n---\ndate: 1\n---\nUn message.", "---\ndate: 1\n---\nUn message."),
        (f"Article: ptce\n{LINE}\nUn \0me\x07ssage\u2028long.", "Un message\nlong."),
    ],
)
def test_what_is_left_is_the_message(site: Path, body: str, text: str) -> None:
    made, _ = imported(site, letter(body))
    assert made.text.rstrip("\n") == text


def test_lines_that_go_on_are_joined_in_their_quotation() -> None:
    data = letter("x").replace(b"charset=utf-8", b"charset=utf-8; format=flowed; delsp=yes")
    body = (
        "Article: ptce\nSite web : \n----- Write your message under this line -----\n> a \n> b\n>> c \nd \ne\n from\n"
    )
    assert mail.read(data.replace(b"x\n", body.encode())).text == "> ab\n>> c\nde\nfrom"


HEADERS = (
    "From",
    "Date",
    "Message-ID",
    "Content-Type",
    "Content-Transfer-Encoding",
    "Content-Disposition",
    "MIME-Version",
)
VALUES = (
    'multipart/mixed; boundary="b"',
    "text/plain; charset=utf-7; format=flowed",
    "text/html; charset*=x''%FF",
    "text/plain; charset=idna",
    "multipart/alternative",
    "message/rfc822",
    "attachment; filename*0*=utf-8''%E9; filename*1=x",
    "base64",
    "quoted-printable",
    "x-uuencode",
    "=?utf-8?b?4=?= <a@",
    '"a" <@b:c@[d]>, ;',
    "Thu, 1 Jan 0000 99:99:99 +9999",
)
BODIES = (
    "--b\n",
    "--b--\n",
    "Article: ptce\n",
    "> Nom : x\n",
    f"{LINE}\n",
    "<![if",
    "<p>&#xD800;",
    "=E9=\n",
    "begin 6 x\n",
)
anything = st.one_of(st.text(max_size=20), st.sampled_from(VALUES))
messages = st.builds(
    lambda headers, parts: "".join(f"{name}: {value}\n" for name, value in headers) + "\n" + "".join(parts),
    st.lists(st.tuples(st.sampled_from(HEADERS), anything), max_size=6),
    st.lists(
        st.one_of(st.text(max_size=20), st.sampled_from((*BODIES, *(f"Content-Type: {one}\n\n" for one in VALUES)))),
        max_size=10,
    ),
)


@given(st.one_of(st.binary(max_size=300), messages.map(lambda text: text.encode(errors="replace"))))
@example(b"Content-Type: text/plain; charset=\0\n\n\x80")
def test_no_message_is_too_odd_to_be_read(data: bytes) -> None:
    read = mail.read(data)
    read.text.encode()
    read.author.encode()
    assert mail.read(data) == read
    assert len(read.suffix) == 6


@pytest.mark.parametrize(
    "data",
    [
        pytest.param(
            b"".join(b'Content-Type: multipart/mixed; boundary="%d"\n\n--%d\n' % (n, n) for n in range(2000)),
            id="parts in parts",
        ),
        pytest.param(b"Subject: x\n\n" + b">" * 500_000, id="quoted without end"),
        pytest.param(b"Content-Type: text/plain; format=flowed\n\n" + b"a \n" * 150_000, id="one line that goes on"),
        pytest.param(b"Content-Type: text/html\n\n" + b"<div>" * 100_000, id="elements in elements"),
        pytest.param(b"Content-Type: text/html\n\n" + b"<!--" * 50_000, id="comments that never end"),
        pytest.param(b"Content-Type: text/html\n\n" + b"<a b='" * 50_000, id="tags that never end"),
        pytest.param(b"Content-Type: text/html\n\n<p>" + b"&" * 200_000, id="characters that never end"),
        pytest.param(
            b"Content-Type: text/plain; charset=punycode\n\n" + b"a" * 500_000, id="a charset of domain names"
        ),
        pytest.param(b"Subject: x\n\n" + b" * " * 200_000 + b":", id="stars and spaces"),
        pytest.param(b"From: " + b"(" * 50_000 + b"\n\nx", id="comments in a header"),
    ],
)
def test_hostile_messages_take_no_time(data: bytes) -> None:
    begun = datetime.now(UTC)
    mail.read(data)
    assert (datetime.now(UTC) - begun).total_seconds() < 10


def test_the_samples_are_what_programs_for_mail_write() -> None:
    for data in (THUNDERBIRD, GMAIL, APPLE, PHONE, LATIN, ENGLISH):
        message = message_from_bytes(data, policy=default)
        assert not message.defects
        assert not any(part.defects for part in message.walk())


def test_a_letter_is_screened_as_a_message_of_the_form(site: Path) -> None:
    advertised = f"Article: ptce\nName: Bob\n{LINE}\nDes [pills->https://pills.example/a] et https://win.example/"
    first, second = (PurePosixPath(one) for one in ("first.eml", "second.eml"))
    for number, name in enumerate((first, second)):
        (site.parent / name).write_bytes(letter(advertised).replace(b"\n", f"\nMessage-ID: <{number}@x>\n".encode(), 1))
    done = labo("comments", "import", "--root", site, *(site.parent / name for name in (first, second)))
    assert done.returncode == 0, done.stderr
    screens = []
    for path in done.stdout.split():
        header = comment_format.read_header(Path(path).read_bytes(), PurePosixPath(path))
        assert header
        assert header.screen
        screens.append(header.screen)
    assert screens[0].rank < 100
    assert any("https" in reason or "pills.example" in reason or "lien" in reason for reason in screens[0].reasons)
    assert screens[1].rank < screens[0].rank, "it says the same as the first one, which waits"
    listed = labo("comments", "list", "--root", site).stdout
    assert f"rank {screens[0].rank}" in listed


def test_where_the_site_has_mistakes_a_letter_is_screened_all_the_same(site: Path) -> None:
    (site / "content/a/bad.md").write_text("---\ntitel: X\n---\n", encoding="utf-8")
    made, header = imported(site, letter(f"Article: ptce\n{LINE}\nVisitez https://a.example/ et https://b.example/."))
    assert made.text.startswith("Visitez")
    assert header["code"].startswith("sha256:")


def test_the_reference_and_the_code_are_printed_and_the_code_is_its_author_s(site: Path) -> None:
    (site.parent / "one.eml").write_bytes(letter(f"Article: ptce\n{LINE}\nUn message."))
    for _ in range(2):  # who has lost it imports the letter again
        done = labo("comments", "import", "--root", site, site.parent / "one.eml")
        [line] = [one for one in done.stderr.splitlines() if "reference " in one]
    reference, code = line.split("reference ")[1].split(":")[0].split(", code ")
    assert codes.ID.fullmatch(reference)
    [kept] = [one for one in (site / "comments/pending/ptce").iterdir() if one.stem == reference]
    assert code not in kept.read_text(encoding="utf-8")
    assert Tokens(codes.secret(site)).is_code(code.lower(), reference)
    erased = labo("comments", "erase", "--code", code, "--root", site, "--as", "Mona")
    assert (erased.returncode, erased.stdout) == (0, f"erased {reference}\n")
