"""E-mail addresses sealed to the moderators' key, and opened with it; the only importer of nacl.

A sealed address is "sealed:" and a sealed box of libsodium (crypto_box_seal: X25519, XSalsa20, Poly1305), in base64 for
URLs without padding. Who holds the public key alone, the inbox, cannot open what it has sealed.
"""

import binascii
import re
from base64 import b64decode, urlsafe_b64encode
from typing import NamedTuple

from nacl.exceptions import CryptoError
from nacl.public import PrivateKey, PublicKey, SealedBox

PREFIX = "sealed:"
KEY = re.compile(r"[A-Za-z0-9_-]{43}")
SMALLEST = 48  # bytes of a sealed box around nothing: a public key, a tag


class Keys(NamedTuple):
    """A pair of keys, each 32 bytes in base64 for URLs: 43 characters."""

    public: str
    private: str


class SealingError(Exception):
    """What cannot be sealed or opened: the message says why, `hint` what to do."""

    def __init__(self, what: str, hint: str) -> None:
        super().__init__(what)
        self.hint = hint


def new_keys() -> Keys:
    """Return keys that nobody has had before."""
    made = PrivateKey.generate()
    return Keys(_written(bytes(made.public_key)), _written(bytes(made)))


def seal(address: str, public: str) -> str:
    """Return `address` sealed to the key `public`; raise SealingError where that is none."""
    wrong = SealingError("addresses cannot be sealed to this key", "make one with `labo keys new`")
    try:
        return PREFIX + _written(SealedBox(PublicKey(_key(public))).encrypt(address.encode()))
    except CryptoError as error:  # 32 bytes that are no point from which a secret could come
        raise wrong from error


def unseal(sealed: str, private: str) -> str:
    """Return the address that is `sealed`, opened with the key `private`; raise SealingError."""
    key = PrivateKey(_key(private))
    if not sealed.startswith(PREFIX):
        raise SealingError("this is not a sealed address", f"one starts with `{PREFIX}`")
    damaged = SealingError("the sealed address is damaged", "copy all of it; what is lost cannot be made again")
    try:
        box = _read(sealed.removeprefix(PREFIX))
    except ValueError as error:
        raise damaged from error
    if len(box) < SMALLEST:
        raise damaged
    try:
        return SealedBox(key).decrypt(box).decode()
    except (CryptoError, UnicodeDecodeError) as error:
        what = "this key does not open the address: it was sealed to another one, or is damaged"
        hint = "take the private key that `labo keys new` wrote, not the public one of site.yaml; try older keys"
        raise SealingError(what, hint) from error


def _key(text: str) -> bytes:
    if not KEY.fullmatch(text):
        what = f"a key has 43 letters, digits, `-` or `_`, not {len(text)} characters like these"
        raise SealingError(what, "copy the whole line that `labo keys new` wrote")
    return _read(text)


def _written(data: bytes) -> str:
    return urlsafe_b64encode(data).decode().rstrip("=")


def _read(text: str) -> bytes:
    """Return the bytes behind base64 for URLs; raise ValueError."""
    try:
        return b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)
    except binascii.Error as error:
        raise ValueError(str(error)) from error
