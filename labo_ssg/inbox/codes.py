"""The code by which the author of a message is known again, and the secret of which codes are made."""

import base64
import hashlib
import logging
import os
import re
import secrets
from pathlib import Path

from labo_ssg.disk import spool
from labo_ssg.places import INBOX

VARIABLE = "LABO_SECRET"
FILE = "secret"
LONG_ENOUGH = 32  # characters
LETTERS = "abcdefghjkmnpqrstuvwxyz23456789"  # none of them looks like another
ID = re.compile(r"\d{8}T\d{6}Z-[a-z2-9]{6}")  # of messages from the form, or from letters
CODE = re.compile(r"[A-Z2-7]{16}")


log = logging.getLogger(__name__)


class Weak(ValueError):  # noqa: N818 - a secret, not an error of the program
    """A secret that others could guess."""


def code(secret: bytes, comment: str) -> str:
    """Return the code of a comment, "ABCD-EFGH-IJKL-MNOP", the same each time."""
    letters = base64.b32encode(draw(secret, f"code {comment}")[:10]).decode()
    return "-".join(letters[at : at + 4] for at in range(0, 16, 4))


def draw(secret: bytes, what: str) -> bytes:
    """Return 32 bytes that nobody can tell without the secret, the same each time."""
    # Not HMAC, which lets other threads go first each time: that takes ten times longer than to draw.
    return hashlib.blake2b(what.encode(), key=hashlib.blake2b(secret).digest(), digest_size=32).digest()


def hashed(code: str) -> str:
    """Return the digest of a code that the file of its comment keeps: 80 random bits cannot be guessed from it."""
    return f"sha256:{hashlib.sha256(plain(code).encode()).hexdigest()}"


def plain(code: str) -> str:
    """Return the letters of a code, however it was typed."""
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
