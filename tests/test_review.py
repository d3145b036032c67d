"""`labo comments review`: keys on a full screen, one commit; nothing of a message commands the terminal."""

import fcntl
import os
import pty
import re
import select
import signal
import struct
import subprocess
import termios
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from conftest import LABO, labo, run
from moderated import NOW, decided, lying, name, put, repository, status, trailers
from repositories import git, identify

from labo_ssg import language
from labo_ssg.build.edition import Editions
from labo_ssg.formats.comment import Screen
from labo_ssg.moderation import queue, sitting
from labo_ssg.moderation.review import Review
from labo_ssg.moderation.showing import Showing
from labo_ssg.moderation.sitting import Choice, Sitting
from labo_ssg.moderation.terminal import blocks, printable

PATIENCE = 30.0
LEADS = language.translations("fr").gettext("It leads to:").replace("\u00a0", " ")
ESCAPES = re.compile(
    r"\x1b(?:\[[0-?]*[ -/]*[@-~]|\][^\x07\x1b]*(?:\x07|\x1b\\)|P[^\x1b]*\x1b\\|[@-Z\\-_=>()][0-9A-B]?)"
)


@pytest.fixture(autouse=True)
def moderator(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    identify(monkeypatch, tmp_path / "gitconfig")


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """A site on which three messages wait."""
    root = repository(tmp_path / "site")
    put(
        root, 1, "Bonjour, voici {{mon avis}}, et [un lien->https://exemple.org/page].", screen=Screen(35, ("3 links",))
    )
    put(root, 2, "Une [red]réponse[/red] [link=https://mal.example]ici[/link].", author="[bold]Paul", reply_to=name(1))
    put(root, 3, "Hors sujet.", on="y", author="Zoé")
    return root


# What a terminal shows of the HTML of a message.


@pytest.mark.parametrize(
    ("html", "shown"),
    [
        ("<p>Un <strong>deux</strong>  <em>trois</em></p>\n<p>Quatre<br />cinq</p>", ["Un deux trois", "Quatre\ncinq"]),
        ('<p><a href="https://a.example/?x&amp;y">ici</a></p>', ["ici <https://a.example/?x&y>"]),
        ('<p><a href="https://a.example/">https://a.example/</a></p>', ["https://a.example/"]),
        ("<ul><li>un<ul><li>deux</li></ul></li><li>trois</li></ul>", ["• un", "• deux", "• trois"]),
        ('<ol start="4"><li>un</li><li>deux</li></ol>', ["4. un", "5. deux"]),
        ("<blockquote><p>Dit.</p></blockquote><p>Et alors ?</p>", ["Dit.", "Et alors ?"]),
        ("<pre><code>a\n  b\n</code></pre>", ["a\n  b"]),
        ("<p>5 &lt; 6 &amp; [bold]pas gras[/bold]</p>", ["5 < 6 & [bold]pas gras[/bold]"]),
        ("<p>avant\x1b[31m\u202eaprès\x9b2J</p>", ["avant�[31m�après�2J"]),
        ("<table><tr><td>a</td><td>b</td></tr><tr><td>c</td></tr></table>", ["a", "b", "c"]),
        ("<p>&#27;]0;titre&#7;</p>", ["]0;titre"]),
        ("", []),
    ],
    ids=lambda one: str(one)[:30],
)
def test_html_becomes_blocks_of_text(html: str, shown: list[str]) -> None:
    assert [block.text for block in blocks(html)] == shown


def test_blocks_know_their_hand_their_quotations_and_their_lists() -> None:
    html = "<p>Un <b>gras <i>et</i></b></p><blockquote><blockquote><p>q</p></blockquote></blockquote>"
    first, quoted = blocks(html)
    assert [(one.text, set(one.styles)) for one in first.pieces] == [
        ("Un ", set()), ("gras ", {"bold"}), ("et", {"bold", "italic"}),
    ]  # fmt: skip
    assert (first.gap, first.quotes, quoted.gap, quoted.quotes) == (False, 0, True, 2)
    listed = blocks("<p>a</p><ul><li>b<ul><li>c</li></ul></li><li>d</li></ul><p>e</p>")
    assert [(one.indent, one.gap) for one in listed] == [(0, False), (0, True), (3, False), (0, False), (0, True)]


def test_no_character_that_commands_is_printable() -> None:
    commanding = "".join(chr(code) for code in (*range(32), *range(0x7F, 0xA0), 0x200E, 0x202E, 0x2066, 0xD800))
    assert set(printable(commanding)) == {"�", "\n", " "}


# The screen, by keys.


def review(root: Path, kept: dict[str, Choice] | None = None) -> Review:
    editions = Editions(root, "")
    editions.refresh(NOW)
    say = language.translations("fr").gettext
    return Review(Sitting(root, queue.waiting(root)[0]), kept or {}, Showing(root, editions).show, say, "fr", NOW)


def driven(app: Review, *keys: str, size: tuple[int, int] = (80, 24)) -> tuple[str, str]:
    """Type `keys`; return what the screen then shows, and how it ended, "" where it has not."""

    async def drive() -> str:
        async with app.run_test(size=size) as pilot:
            await pilot.pause()
            for key in keys:
                await pilot.press(key)
                await pilot.pause()
            return seen(app)

    return run(drive()), app.return_value or ""


def seen(app: Review) -> str:
    screen = app.screen
    return "\n".join("".join(segment.text for segment in line) for line in screen._compositor.render_strips())


def test_the_screen_shows_the_message_its_context_and_its_links(root: Path) -> None:
    shown, _ = driven(review(root), size=(80, 40))
    for words in ("Message 1 sur 3", "L’économie sociale", "https://essai.example/a/x/", "Marie", "il y a 2 jours",
                  "Rang 35 sur 100", "3 links", "mon avis", "un lien <https://exemple.org/page>", LEADS,
                  "exemple.org  https://exemple.org/page", "v valider", "q finir"):  # fmt: skip
        assert words in shown.replace("\u00a0", " "), shown
    shown, _ = driven(review(root), "j")
    assert "Répond à un message qui attend aussi" in shown
    assert "Une [red]réponse[/red] [link=https://mal.example]ici[/link]." in shown
    assert "[bold]Paul" in shown


@pytest.mark.parametrize("size", [(80, 24), (60, 20), (40, 12)])
def test_all_keys_are_named_on_narrow_screens(root: Path, size: tuple[int, int]) -> None:
    shown, _ = driven(review(root), size=size)
    rows = shown.split("\n")
    assert len(rows) == size[1]
    assert all(key in shown for key in ("v valider", "r rejeter", "s spam", "t plus tard", "e répondre", "u annuler"))


def test_keys_choose_and_nothing_is_decided_by_them(root: Path) -> None:
    app = review(root)
    _, end = driven(app, "v", "r", *"non", "enter", "s", "enter")
    assert end == "apply"
    chosen = [(one.message.id, one.ruling, one.reason) for one in app._sitting.verdicts()]
    assert chosen == [(name(1), "approved", ""), (name(2), "rejected", "non"), (name(3), "spam", "")]
    assert len(lying(root, "pending")) == 3
    assert decided(root) == []
    assert len(sitting.kept(root)) == 3


@pytest.mark.parametrize(
    ("keys", "rulings", "end"),
    [
        (["a", "u"], [], ""),
        (["s", "v", "u"], ["spam"], ""),
        (["t", "j", "v"], ["approved"], ""),
        (["r", "escape"], [], ""),
        (["r", "enter"], ["rejected"], ""),
        (["e", *"Oui", "enter", "!", "ctrl+s"], ["approved"], ""),
        (["e", "ctrl+s"], [], ""),
        (["v", "q", "escape"], ["approved"], ""),
        (["v", "q", "x"], ["approved"], "drop"),
        (["v", "q", "p"], ["approved"], "keep"),
        (["v", "q", "o"], ["approved"], "apply"),
        (["v", "question_mark", "escape", "ctrl+c"], ["approved"], "keep"),
        (["r", "ctrl+c"], [], "keep"),
        (["q"], [], "drop"),
        (["k", "k", "right", "left", "u"], [], ""),
    ],
    ids=lambda one: " ".join(one) if isinstance(one, list) else str(one),
)
def test_what_keys_come_to(root: Path, keys: list[str], rulings: list[str], end: str) -> None:
    app = review(root)
    assert driven(app, *keys)[1] == end
    assert [one.ruling for one in app._sitting.verdicts()] == rulings


def test_choices_of_a_session_that_died_are_taken_up_or_given_up(root: Path) -> None:
    driven(review(root), "v", "s", "ctrl+c")
    kept = sitting.kept(root)
    app = review(root, kept)
    shown, _ = driven(app, "o")
    assert "Message 3 sur 3" in shown
    assert app._sitting.choices == kept
    app = review(root, kept)
    driven(app, "x")
    assert app._sitting.choices == {}


def test_a_message_that_cannot_be_shown_is_shown_as_it_was_written(root: Path) -> None:
    put(root, 4, "Sur {{rien}}.", on="nulle-part")
    shown, _ = driven(review(root), "j", "j", "j")
    assert "Ne peut être montré" in shown
    assert "Sur {{rien}}." in shown


# The real command, on a real terminal.


class Terminal:
    """`labo comments review` on a pseudo-terminal."""

    def __init__(self, root: Path, *words: str, **environment: str) -> None:
        master, slave = pty.openpty()
        fcntl.ioctl(slave, termios.TIOCSWINSZ, struct.pack("HHHH", 24, 80, 0, 0))
        self.master, self.printed = master, ""
        self.process = subprocess.Popen(
            [*LABO, "comments", "review", "--root", str(root), *words],
            stdin=slave,
            stdout=slave,
            stderr=slave,
            env={**os.environ, "TERM": "xterm-256color", **environment},
            start_new_session=True,
        )
        os.close(slave)

    def wait_for(self, words: str) -> None:
        """Read until `words` were printed since the last time."""
        end = time.monotonic() + PATIENCE
        while words not in ESCAPES.sub("", self.printed):
            assert time.monotonic() < end, self.printed
            assert self.read(), f"it ended: {self.printed}"
        self.printed = ""

    def read(self) -> bool:
        if select.select([self.master], [], [], 0.1)[0]:
            try:
                found = os.read(self.master, 65536)
            except OSError:
                return False
            self.printed += found.decode(errors="replace")
            return bool(found)
        return True

    def type(self, keys: str) -> None:
        os.write(self.master, keys.encode())

    def end(self) -> int:
        end = time.monotonic() + PATIENCE
        while self.read() and time.monotonic() < end:
            pass
        os.close(self.master)
        return self.process.wait(PATIENCE)


@contextmanager
def on_a_terminal(root: Path, *words: str, **environment: str) -> Iterator[Terminal]:
    signal.signal(signal.SIGHUP, signal.SIG_DFL)  # which it inherits: under nohup, nobody hangs up
    terminal = Terminal(root, *words, **environment)
    try:
        yield terminal
    finally:
        if terminal.process.poll() is None:
            terminal.process.kill()
            terminal.process.wait()


def test_a_session_on_a_terminal_is_one_commit(root: Path) -> None:
    with on_a_terminal(root, NO_COLOR="1") as terminal:
        terminal.wait_for("Message 1 sur 3")
        terminal.type("v")
        terminal.wait_for("1 à valider")
        terminal.type("r")
        terminal.wait_for("Pourquoi")
        terminal.type("hors charte\r")
        terminal.wait_for("1 à rejeter")
        terminal.type("s")
        terminal.wait_for("un seul commit")
        terminal.type("o")
        assert terminal.end() == 0
    assert trailers(root) == [
        "Decision: approved", f"Comment: {name(1)}", "Decision: rejected", f"Comment: {name(2)}",
        "Decision: spam", f"Comment: {name(3)}",
    ]  # fmt: skip
    assert "Reason: hors charte" in git(root, "log", "-1", "--format=%B")
    assert git(root, "log", "--format=%s").splitlines()[1:] == ["Start"]
    assert set(lying(root, "approved")) == {name(1)}
    assert not (root / sitting.KEPT).exists()
    assert status(root) == []


@pytest.mark.parametrize("sign", [signal.SIGKILL, signal.SIGHUP, signal.SIGTERM], ids=lambda one: one.name)
def test_who_is_cut_short_loses_no_choice(root: Path, sign: signal.Signals) -> None:
    with on_a_terminal(root) as terminal:
        terminal.wait_for("Message 1 sur 3")
        terminal.type("v")
        terminal.wait_for("1 à valider")
        terminal.process.send_signal(sign)
        terminal.end()
    assert [one.ruling for one in sitting.kept(root).values()] == ["approved"]
    assert len(lying(root, "pending")) == 3
    assert decided(root) == []


def test_what_was_decided_meanwhile_is_told(root: Path) -> None:
    with on_a_terminal(root) as terminal:
        terminal.wait_for("Message 1 sur 3")
        assert labo("comments", "reject", name(1), "--root", root).returncode == 0
        assert labo("comments", "review", "--root", root).returncode == 2
        terminal.type("v")
        terminal.wait_for("1 à valider")
        terminal.type("q")
        terminal.wait_for("un seul commit")
        terminal.type("o")
        assert terminal.end() == 1
        assert "it does not wait any more" in terminal.printed
    assert decided(root) == [(name(1), "rejected")]


def test_without_a_terminal_one_is_told_what_to_do(root: Path) -> None:
    done = labo("comments", "review", "--root", root)
    assert done.returncode == 2
    assert (
        done.stderr == "labo: there is no terminal to draw on\n  hint: `labo comments list` and `approve` need none\n"
    )
