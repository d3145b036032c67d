"""A full screen on which a moderator goes through the messages that wait. The only importer of textual.

It decides nothing itself: it ends with what is to become of the choices.
"""

import asyncio
import signal
import threading
from collections.abc import Callable, Mapping
from datetime import datetime
from itertools import groupby
from typing import ClassVar, Literal, get_args

from textual.app import App, ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical, VerticalScroll
from textual.content import Content, Span
from textual.events import Key
from textual.screen import ModalScreen
from textual.widgets import Input, Static, TextArea

from labo_ssg.moderation.sheet import Say, sheet
from labo_ssg.moderation.showing import Shown
from labo_ssg.moderation.sitting import Choice, Ruling, Sitting
from labo_ssg.moderation.terminal import Block

End = Literal["apply", "keep", "drop"]
"""What is to become of the choices: they are carried out, left for the next time, or given up."""

Show = Callable[[str], Shown]
"""Shows the message at a path; raises LookupError, ValueError, OSError where it cannot."""

LOOKS = {"code": "bold", "link": "underline"}  # the styles that textual calls otherwise
QUOTATION = 2  # columns that a bar takes
ENDS: Mapping[str, End] = {"y": "apply", "o": "apply", "enter": "apply", "p": "keep", "x": "drop"}
LEAVING: BindingType = Binding("ctrl+c,ctrl+q", "app.leave", priority=True)


class Ask(ModalScreen[str]):
    """A question, and the keys that answer it, each with its answer; Escape answers nothing: ""."""

    BINDINGS: ClassVar[list[BindingType]] = [LEAVING]

    def __init__(self, text: str, answers: Mapping[str, str]) -> None:
        super().__init__()
        self._text, self._answers = text, answers

    def compose(self) -> ComposeResult:
        with VerticalScroll(classes="dialog"):
            yield Static(Content(self._text))

    def on_key(self, event: Key) -> None:
        key = "enter" if event.key == "enter" else event.character or event.key
        if event.key == "escape" or key in self._answers or not self._answers:
            event.stop()
            self.dismiss(self._answers.get(key, ""))


class Write(ModalScreen[str | None]):
    """Asks for some words: a line, ended by Enter, or several lines, ended by Ctrl+S. Escape gives None."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "give_up", priority=True),
        Binding("ctrl+s", "end", priority=True),
        LEAVING,
    ]

    def __init__(self, text: str, before: str, *, lines: bool) -> None:
        super().__init__()
        self._text, self._before, self._lines = text, before, lines

    def compose(self) -> ComposeResult:
        with Vertical(classes="dialog"):
            yield Static(Content(self._text))
            yield TextArea(self._before, id="words") if self._lines else Input(self._before, id="words")

    def on_input_submitted(self) -> None:
        self.action_end()

    def action_end(self) -> None:
        field = self.query_one("#words")
        self.dismiss(field.text if isinstance(field, TextArea) else str(getattr(field, "value", "")))

    def action_give_up(self) -> None:
        self.dismiss(None)


class Review(App[End]):
    """Shows the message at hand, takes what is chosen, and ends with what is to become of it all."""

    CSS = """
    Screen { layout: vertical; }
    #where { height: auto; max-height: 2; padding: 0 1; background: $foreground; color: $background; }
    #message { height: 1fr; padding: 0 1; }
    #message Static { height: auto; }
    #keys { height: auto; max-height: 3; padding: 0 1; border-top: solid $foreground; }
    Ask, Write { align: center middle; }
    .dialog { width: 90%; max-width: 76; height: auto; max-height: 90%; padding: 1 2; border: solid $foreground;
              background: $surface; }
    TextArea { height: 10; }
    """
    ENABLE_COMMAND_PALETTE = False
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("v,a", "choose('approved')"),
        Binding("s", "choose('spam')"),
        Binding("t", "choose('later')"),
        Binding("r", "reject"),
        Binding("e,R", "reply"),
        Binding("u", "undo"),
        Binding("right,j", "move(1)"),
        Binding("left,k", "move(-1)"),
        Binding("question_mark", "help"),
        Binding("q", "end"),
        LEAVING,
    ]

    def __init__(
        self, sitting: Sitting, kept: dict[str, Choice], show: Show, say: Say, language: str, now: datetime
    ) -> None:
        """Review what waits in `sitting`; `kept` was chosen before, and may be taken up. `now` tells the ages."""
        super().__init__()
        self._sitting, self._kept, self._show_message = sitting, kept, show
        self._say, self._language, self._now = say, language, now

    def compose(self) -> ComposeResult:
        yield Static(id="where", markup=False)
        yield VerticalScroll(id="message")
        yield Static(id="keys", markup=False)

    def on_resize(self) -> None:
        self.query_one("#keys", Static).update(Content(self._keys()))

    async def on_mount(self) -> None:
        self._catch_the_end()
        self.query_one("#message").focus()
        await self._draw()
        if self._kept:
            say = self._say
            text = say("Of an earlier session, {number} choices were not carried out.").format(number=len(self._kept))
            keys = say("y  take them up\nx  give them up")
            self.push_screen(Ask(f"{text}\n\n{keys}", {"y": "y", "o": "y", "enter": "y", "x": "x"}), self._begin)

    def _catch_the_end(self) -> None:
        """Leave as Ctrl-C does where somebody asks the process to end: the terminal is put right."""
        if threading.current_thread() is threading.main_thread():  # no other one is told of signals
            asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, self.action_leave)

    async def _begin(self, answer: str | None) -> None:
        if answer != "x":
            self._sitting.take_up(self._kept)
        await self._draw()

    async def _draw(self) -> None:
        """Show the message at hand."""
        message, why = self._sitting.message, ""
        try:
            shown = self._show_message(message.path)
        except (LookupError, ValueError, OSError) as error:
            shown, why = None, str(error)
        self.query_one("#where", Static).update(Content(self._where()))
        found = sheet(message, shown, why, self._sitting.above, self._say, self._language, self._now)
        there = self.query_one("#message", VerticalScroll)
        with self.batch_update():
            await there.remove_children()
            await there.mount_all(
                _drawn(list(alike)) for _, alike in groupby(found, lambda one: (one.indent, one.quotes))
            )
        there.scroll_home(animate=False)

    def _where(self) -> str:
        sitting, say = self._sitting, self._say
        chosen = f" [{self._named(sitting.choice.ruling)}]" if sitting.choice else ""
        counted = ((ruling, sitting.count(ruling)) for ruling in get_args(Ruling))
        told = ", ".join(f"{number} {self._named(ruling)}" for ruling, number in counted if number)
        place = say("Message {at} of {number}").format(at=sitting.at + 1, number=len(sitting.waiting))
        return f"{place}{chosen}{f' — {told}' if told else ''}"

    def _named(self, ruling: Ruling) -> str:
        say = self._say
        return {
            "approved": say("to publish"),
            "rejected": say("to reject"),
            "spam": say("spam"),
            "later": say("later"),
        }[ruling]

    def _keys(self) -> str:
        say = self._say
        words = (
            *(say("v publish"), say("r reject"), say("s spam"), say("t later"), say("e answer")),
            *(say("u undo"), say("←→ move"), say("? help"), say("q end")),
        )
        lines = [""]
        for word in words:
            if len(lines[-1]) + len(word) + 2 > max(self.size.width - 2, 20):
                lines.append("")
            lines[-1] += f"  {word}" if lines[-1] else word
        return "\n".join(lines)

    # What keys do.

    async def action_choose(self, ruling: Ruling, reason: str = "", reply: str = "") -> None:
        self._sitting.choose(Choice(ruling, reason, reply))
        await self._draw()
        if self._sitting.is_through:
            self.action_end()

    def action_reject(self) -> None:
        before, say = self._sitting.choice, self._say
        text = say("Why? The journal keeps it; Enter alone gives no reason, Escape goes back.")

        async def then(reason: str | None) -> None:
            if reason is not None:
                await self.action_choose("rejected", reason=reason)

        self.push_screen(Write(text, before.reason if before else "", lines=False), then)

    def action_reply(self) -> None:
        before, say = self._sitting.choice, self._say
        text = say("Your answer, in SPIP’s markup, is published beneath the message. Ctrl+S ends, Escape goes back.")

        async def then(reply: str | None) -> None:
            if reply is not None and reply.strip():
                await self.action_choose("approved", reply=reply)

        self.push_screen(Write(text, before.reply if before else "", lines=True), then)

    async def action_undo(self) -> None:
        if not self._sitting.undo():
            self.bell()
        await self._draw()

    async def action_move(self, step: int) -> None:
        self._sitting.move(step)
        await self._draw()

    def action_help(self) -> None:
        say = self._say
        text = say(
            "v or a  publish the message\n"
            "r  reject it; a reason is asked for\n"
            "s  put it away as spam\n"
            "t  decide later: it goes on waiting\n"
            "e or R  publish it with an answer\n"
            "u  undo the last choice\n"
            "→ or j, ← or k  next message, message before\n"
            "↑ ↓ space  scroll\n"
            "q  end: carry out all choices, in one commit\n"
            "Ctrl+C  leave: choices are kept for the next time"
        )
        self.push_screen(Ask(text, {}))

    def action_end(self) -> None:
        number = len(self._sitting.verdicts())
        if not number:
            self.exit("drop")
            return
        say = self._say
        text = say("{number} decisions are to be carried out, in one commit.").format(number=number)
        text = text if number > 1 else say("One decision is to be carried out, in one commit.")
        keys = say("y or Enter  carry them out\np  keep them for the next time\nx  give them up\nEscape  go back")
        self.push_screen(Ask(f"{text}\n\n{keys}", {key: key for key in ENDS}), self._end)

    def _end(self, answer: str | None) -> None:
        if answer:
            self.exit(ENDS[answer])

    def action_leave(self) -> None:
        self.exit("keep")


def _drawn(blocks: list[Block]) -> Static:
    """Return blocks, all as far from the left, as a part of the screen; those of a quotation with a bar."""
    text, spans = "", list[Span]()
    for number, block in enumerate(blocks):
        text += "\n" * ((1 + block.gap) if number else 0)
        for piece in block.pieces:
            end = len(text) + len(piece.text)
            spans += [Span(len(text), end, LOOKS.get(style, style)) for style in sorted(piece.styles)]
            text += piece.text
    first, drawn = blocks[0], Static(Content(text, spans))
    drawn.styles.margin = (int(first.gap), 0, 0, first.indent + QUOTATION * max(first.quotes - 1, 0))
    if first.quotes:
        drawn.styles.border_left = ("solid", "gray")
        drawn.styles.padding = (0, 0, 0, 1)
    return drawn
