"""Values → bytes and back, and their digests: how what was made is kept, and known again."""

import hashlib
from collections.abc import Callable
from hashlib import blake2b, sha1
from typing import Any, Generic, TypeVar

import msgspec

Value = TypeVar("Value")

DIGEST = 20  # bytes of the digest of a file


def _plain(value: object) -> str:
    """Return the text inside `Html`, a `str` of another name."""
    if isinstance(value, str):
        return str(value)
    raise NotImplementedError(f"a {type(value).__name__} cannot be packed")


# JSON keeps the offset of a datetime, which readers see; other formats turn it into UTC.
_DECODERS: dict[Any, msgspec.json.Decoder[Any]] = {}
_ENCODER = msgspec.json.Encoder(enc_hook=_plain)  # in the order that mappings have, which pages may show
_framed = msgspec.msgpack.Encoder().encode  # puts the length of each part before it


def pack(value: object) -> bytes:
    """Return `value` as bytes; those of equal values are the same, where their mappings are in one order."""
    return _ENCODER.encode(value)


def unpack(data: bytes, kind: type[Value]) -> Value:
    """Return what `pack` made of a value of this `kind`."""
    if kind not in _DECODERS:
        _DECODERS[kind] = msgspec.json.Decoder(kind, dec_hook=lambda kind, value: kind(value))
    found: Value = _DECODERS[kind].decode(data)
    return found


def digest(*parts: bytes) -> bytes:
    """Return 16 bytes that stand for `parts`; how they are cut counts."""
    return blake2b(_framed(parts), digest_size=16).digest()


class Stamped(Generic[Value]):
    """A value that is part of many others, and a digest that stands for it in theirs: it is packed once."""

    __slots__ = ("digest", "value")

    def __init__(self, value: Value, digest: bytes) -> None:
        self.value, self.digest = value, digest


class Promised(Stamped[Value]):
    """A value that is made once it is asked for, where its digest is known before."""

    __slots__ = ("_make",)

    def __init__(self, make: Callable[[], Value], digest: bytes) -> None:
        self._make, self.digest = make, digest

    def __getattr__(self, name: str) -> Value:
        """Make the value: there is nothing else that was not set."""
        if name != "value":
            raise AttributeError(name)
        self.value = self._make()
        return self.value

    def __reduce__(self) -> tuple[type[Stamped[Value]], tuple[Value, bytes]]:
        """Say what another process is given."""
        return Stamped, (self.value, self.digest)


def stamped(value: Value) -> Stamped[Value]:
    """Return `value` with the digest of itself."""
    return Stamped(value, digest(pack(value)))


def cut(digests: bytes) -> list[bytes]:
    """Return the digests of files that stand one after another."""
    return [digests[at : at + DIGEST] for at in range(0, len(digests), DIGEST)]


def file_digest(size: int, data: bytes = b"") -> "hashlib._Hash":
    """Return what will stand for a file of `size` bytes, once it has seen them: what git calls the id of the blob."""
    return sha1(b"blob %d\0" % size + data, usedforsecurity=False)


def digest_of_file(data: bytes) -> bytes:
    """Return what stands for a file that holds `data`."""
    return file_digest(len(data), data).digest()
