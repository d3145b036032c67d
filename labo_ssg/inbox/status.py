"""What became of a message, told to its author alone; its withdrawal."""

from datetime import datetime

from anyio import to_thread

from labo_ssg.formats import plain_text
from labo_ssg.inbox.codes import ID
from labo_ssg.inbox.mailbox import Found, Mailbox
from labo_ssg.inbox.reception import Answer, Fields, Reception
from labo_ssg.inbox.tokens import Tokens
from labo_ssg.pages import messages
from labo_ssg.pages.views import State
from labo_ssg.places import PENDING

LONGEST = 2000  # characters of why somebody wants a message removed


class Counter:
    """Answers those who have the code of a message."""

    def __init__(self, reception: Reception, mailbox: Mailbox, tokens: Tokens) -> None:
        self._reception, self._mailbox, self._tokens = reception, mailbox, tokens

    async def ask(self, fields: Fields, now: datetime) -> Answer:
        """Return what became of a message, having withdrawn it where that is asked for; raise OSError."""
        reference, code = fields.get("reference", "").strip(), fields.get("code", "").strip()
        if not (reference or code):
            return await self._answer("asked", None, fields, now, 200)
        found, is_known = await to_thread.run_sync(self._find, reference, code)
        if not is_known:
            return await self._answer("unknown", None, fields, now, 404)
        if fields.get("withdraw"):
            why = plain_text.visible(fields.get("why", "")).replace("\r\n", "\n").strip()[:LONGEST]
            await to_thread.run_sync(self._withdraw, found, reference, why, now)
            found = await to_thread.run_sync(self._mailbox.locate, reference)
        return await self._answer(await self._state(found, reference), found, fields, now, 200)

    def _find(self, reference: str, code: str) -> tuple[Found | None, bool]:
        """Return where a message lies, and whether `code` is its own."""
        if not (ID.fullmatch(reference) and self._tokens.could_be(code)):
            return None, False
        found = self._mailbox.locate(reference)
        return found, self._tokens.is_code(code, reference, found.code if found else "")

    def _withdraw(self, found: Found | None, reference: str, why: str, now: datetime) -> None:
        if found and found.state == PENDING and self._mailbox.withdraw(found.article, reference):
            return
        found = self._mailbox.locate(reference)  # a moderator may have decided a moment ago
        if found and found.state != PENDING and not found.is_erased:
            self._mailbox.ask_removal(found.article, reference, why, now)

    async def _state(self, found: Found | None, reference: str) -> State:
        if found is None:
            if await to_thread.run_sync(self._mailbox.is_withdrawn, reference):
                return "withdrawn"
            return "approved" if await to_thread.run_sync(self._mailbox.is_merged, reference) else "refused"
        if found.state == PENDING:
            return "pending"
        if found.is_erased:
            return "refused"  # which says: the moderators have removed it since
        asked = await to_thread.run_sync(self._mailbox.asks_removal, found.article, reference)
        return "removal" if asked else "approved"

    async def _answer(self, state: State, found: Found | None, fields: Fields, now: datetime, status: int) -> Answer:
        edition, view = await self._reception.article(found.article if found else "", now)
        reference, code = fields.get("reference", "").strip()[:60], fields.get("code", "").strip()[:40]
        published = messages.find(view, reference) if view and state == "approved" else None
        if published:
            state = "published"
        page = messages.status(edition.frame, view, state, reference, code, published.url if published else "")
        return Answer(edition.render(page), status, f"status {state}", reference if found else "")
