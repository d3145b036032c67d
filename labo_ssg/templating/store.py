"""Small things that are kept between runs, in a folder that may be lost, torn, foreign, or not to be written to.

A file says what it holds by its name, a digest, and proves by another in its head that it is whole. What is not whole
is not there; what cannot be written is not kept. Files are put in place by one rename, so processes do not meet.
"""

import contextlib
import marshal
import os
import tempfile
from pathlib import Path
from types import ModuleType
from typing import Any

from jinja2.bccache import Bucket, BytecodeCache

from labo_ssg.packing import digest

MOST = 512  # files; those that were used least lately go
SUFFIX = ".kept"
_SIZE = 16  # bytes of a digest


def file_of(module: ModuleType) -> bytes:
    """Return the file of `module`, wherever it lies."""
    loader: Any = module.__loader__
    return bytes(loader.get_data(module.__file__))


class Store:
    """A folder of things that were worked out before, each by the digest of all it was made of."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._written = 0

    def read(self, key: bytes) -> bytes | None:
        """Return what is kept under `key`, None where there is nothing or it is not whole."""
        path = self._path(key)
        try:
            data = path.read_bytes()
        except OSError:
            return None
        head, kept = data[:_SIZE], data[_SIZE:]
        if head != digest(key, kept):
            return None
        with contextlib.suppress(OSError):
            os.utime(path)  # it was used
        return kept

    def write(self, key: bytes, kept: bytes) -> None:
        """Keep `kept` under `key`, if that can be done."""
        with contextlib.suppress(OSError):
            self._folder.mkdir(parents=True, exist_ok=True)
            with tempfile.NamedTemporaryFile(dir=self._folder, suffix=SUFFIX, delete=False) as file:
                whole = Path(file.name)
                try:
                    file.write(digest(key, kept) + kept)
                    file.close()
                    whole.replace(self._path(key))
                except BaseException:
                    whole.unlink(missing_ok=True)
                    raise
            self._tidy()

    def _path(self, key: bytes) -> Path:
        return self._folder / f"{key.hex()}{SUFFIX}"

    def _tidy(self) -> None:
        """Drop what was not used for long, now and then."""
        self._written += 1
        if self._written % 64 != 1:
            return
        ages = []
        for path in self._folder.glob(f"*{SUFFIX}"):
            with contextlib.suppress(OSError):  # another process was first
                ages.append((path.stat().st_mtime_ns, path))
        for _, path in sorted(ages)[:-MOST]:
            path.unlink(missing_ok=True)


class Bytecode(BytecodeCache):
    """Keeps the compiled templates; `salt` stands for all else that went into them."""

    def __init__(self, store: Store, salt: bytes) -> None:
        self._store, self._salt = store, salt

    def load_bytecode(self, bucket: Bucket) -> None:
        """Fill `bucket` with the code that is kept, if there is any."""
        kept = self._store.read(self._key(bucket))
        if kept is not None:
            with contextlib.suppress(EOFError, ValueError, TypeError):
                bucket.code = marshal.loads(kept)  # noqa: S302 - whole, and of this Python: the key says so

    def dump_bytecode(self, bucket: Bucket) -> None:
        """Keep the code of `bucket`."""
        if bucket.code is not None:
            self._store.write(self._key(bucket), marshal.dumps(bucket.code))

    def _key(self, bucket: Bucket) -> bytes:
        return digest(b"code", self._salt, bucket.key.encode(), bucket.checksum.encode())
