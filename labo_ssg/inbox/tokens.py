"""What the inbox signs: a preview, a message's id; the only importer of itsdangerous."""

import hashlib
import hmac
import secrets
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

from itsdangerous import BadSignature, Signer
from msgspec.structs import astuple

from labo_ssg.inbox.codes import CODE, LETTERS, code, draw, hashed, plain
from labo_ssg.inbox.form import Submission
from labo_ssg.packing import digest, pack

VALID = timedelta(hours=12)  # how long one may look at a preview before confirming
EARLY = timedelta(minutes=5)  # by how much the clock of another inbox may be ahead


class Tokens:
    """The signatures made with one secret, which all inboxes of a site share."""

    def __init__(self, secret: bytes) -> None:
        self._secret = secret
        self._signer = Signer(draw(secret, "previewed"), key_derivation="none", digest_method=hashlib.sha256)

    def sign(self, submission: Submission, now: datetime) -> str:
        """Return what proves that `submission`, exactly as it is, was shown as a preview at `now`."""
        shown = f"{_digest(submission)}.{int(now.timestamp())}.{secrets.token_urlsafe(9)}"
        return self._signer.sign(shown).decode()

    def read(self, token: str, submission: Submission, now: datetime) -> datetime | None:
        """Return when `submission` was previewed, None where `token` does not prove that it was, lately."""
        try:
            known, seconds, _ = self._signer.unsign(token).decode().split(".")
            moment = datetime.fromtimestamp(int(seconds), UTC)
        except (BadSignature, ValueError):
            return None
        is_same = hmac.compare_digest(known, _digest(submission))
        return moment if is_same and -EARLY <= now - moment <= VALID else None

    def ids(self, token: str, moment: datetime) -> Iterator[str]:
        """Yield the ids that the message confirmed by `token`, previewed at `moment`, may have, the same each time.

        So a message that is sent twice takes the same name, and is kept once.
        """
        number = 0
        while True:
            drawn = draw(self._secret, f"id {number} {token}")
            word = "".join(LETTERS[byte % len(LETTERS)] for byte in drawn[:6])
            yield f"{moment:%Y%m%dT%H%M%SZ}-{word}"
            number += 1

    def code(self, comment: str) -> str:
        """Return the code by which the author of a comment is known again, "ABCD-EFGH-IJKL-MNOP"."""
        return code(self._secret, comment)

    def could_be(self, typed: str) -> bool:
        """Tell whether `typed` has the form of a code, before one goes and looks for its comment."""
        return bool(CODE.fullmatch(plain(typed)))

    def is_code(self, typed: str, comment: str, known: str = "") -> bool:
        """Tell whether `typed` is the code of `comment`, by the secret or by the digest `known` from its file."""
        if not self.could_be(typed):
            return False
        letters = plain(typed)
        ours = hmac.compare_digest(letters, self.code(comment).replace("-", ""))
        return ours or (bool(known) and hmac.compare_digest(hashed(letters).encode(), known.encode()))

    def pace(self) -> bytes:
        """Return the secret from which the digests of senders are made."""
        return draw(self._secret, "pace")


def _digest(submission: Submission) -> str:
    return digest(pack(astuple(submission))).hex()
