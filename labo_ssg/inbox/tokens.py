"""What the inbox signs: a preview, a message's id, its author's code; the only importer of itsdangerous."""

import base64
import hashlib
import hmac
import logging
import os
import re
import secrets
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

from itsdangerous import BadSignature, Signer
from msgspec.structs import astuple

from labo_ssg.disk import spool
from labo_ssg.inbox.form import Submission
from labo_ssg.packing import digest, pack
from labo_ssg.places import INBOX

VARIABLE = "LABO_SECRET"
FILE = "secret"
LONG_ENOUGH = 32  # characters
VALID = timedelta(hours=12)  # how long one may look at a preview before confirming
EARLY = timedelta(minutes=5)  # by how much the clock of another inbox may be ahead
LETTERS = "abcdefghjkmnpqrstuvwxyz23456789"  # none of them looks like another
ID = re.compile(rf"\d{{8}}T\d{{6}}Z-[{LETTERS}]{{6}}")
CODE = re.compile(r"[A-Z2-7]{16}")


log = logging.getLogger(__name__)


class Weak(ValueError):  # noqa: N818 - a secret, not an error of the program
    """A secret that others could guess."""


class Tokens:
    """The signatures made with one secret, which all inboxes of a site share."""

    def __init__(self, secret: bytes) -> None:
        self._key = hashlib.blake2b(secret).digest()
        self._signer = Signer(self._draw("previewed"), key_derivation="none", digest_method=hashlib.sha256)

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
            drawn = self._draw(f"id {number} {token}")
            word = "".join(LETTERS[byte % len(LETTERS)] for byte in drawn[:6])
            yield f"{moment:%Y%m%dT%H%M%SZ}-{word}"
            number += 1

    def code(self, comment: str) -> str:
        """Return the code by which the author of a comment is known again, "ABCD-EFGH-IJKL-MNOP"."""
        letters = base64.b32encode(self._draw(f"code {comment}")[:10]).decode()
        return "-".join(letters[at : at + 4] for at in range(0, 16, 4))

    def could_be(self, typed: str) -> bool:
        """Tell whether `typed` has the form of a code, before one goes and looks for its comment."""
        return bool(CODE.fullmatch(_letters(typed)))

    def is_code(self, typed: str, comment: str, known: str = "") -> bool:
        """Tell whether `typed` is the code of `comment`, by the secret or by the digest `known` from its file."""
        if not self.could_be(typed):
            return False
        letters = _letters(typed)
        ours = hmac.compare_digest(letters, self.code(comment).replace("-", ""))
        return ours or (bool(known) and hmac.compare_digest(hashed(letters).encode(), known.encode()))

    def pace(self) -> bytes:
        """Return the secret from which the digests of senders are made."""
        return self._draw("pace")

    def _draw(self, what: str) -> bytes:
        """Return 32 bytes that nobody can tell without the secret, the same each time."""
        # Not HMAC, which lets other threads go first each time: that takes ten times longer than to draw.
        return hashlib.blake2b(what.encode(), key=self._key, digest_size=32).digest()


def hashed(code: str) -> str:
    """Return the digest of a code that the file of its comment keeps: 80 random bits cannot be guessed from it."""
    return f"sha256:{hashlib.sha256(_letters(code).encode()).hexdigest()}"


def _letters(code: str) -> str:
    return re.sub(r"[\s-]", "", code).upper()


def secret(root: Path) -> bytes:
    """Return the secret of the inbox of the site at `root`, which is made where there is none; raise Weak, OSError."""
    if given := os.environ.get(VARIABLE, ""):
        if len(given) < LONG_ENOUGH:
            raise Weak(f"{VARIABLE} has {len(given)} characters, it takes {LONG_ENOUGH} or more")
        return given.encode()
    path = root / INBOX / FILE
    if not path.exists():
        spool.keep_new(path, secrets.token_urlsafe(48).encode(), mode=0o600)  # unless another inbox was faster
    if path.stat().st_mode & 0o077:
        log.warning("others may read the secret: chmod 600 %s", path)
    found = path.read_bytes().strip()
    if len(found) < LONG_ENOUGH:
        raise Weak(f"{path} has {len(found)} characters, it takes {LONG_ENOUGH} or more: delete it")
    return found


def _digest(submission: Submission) -> str:
    return digest(pack(astuple(submission))).hex()
