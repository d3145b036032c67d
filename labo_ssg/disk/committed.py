"""The files that lie in their folders as they were committed: git knows their digests, and so they are not read."""

import os
import re
import subprocess
from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple

# A file in the index of git, in the state H: in another one, git was told to pass it over, changed or not.
_TRACKED = re.compile(rb"(?:\A|(?<=\0))H 100\d{3} ([0-9a-f]{40}) 0\t(?:([^\0]*)/)?([^\0/]+)(?=\0)")


class Blobs(NamedTuple):
    """Files of a folder: their names with slashes between them, their digests one after another."""

    joined: str
    digests: bytes


Committed = Mapping[str, Blobs]
"""By the path of the folder below the root; without files that were changed since they were committed."""


def by_git(root: Path) -> Committed:
    """Return the files below `root` that lie there as they were committed; none without git."""
    try:
        # In this order: what is changed and then added to the index in between is left out.
        changed = set(_git(root, "diff-files", "--name-only", "-z", "--relative").split(b"\0"))
        tracked = _git(root, "ls-files", "-s", "-v", "-z")
    except (OSError, subprocess.CalledProcessError):
        return {}
    folders: dict[bytes, tuple[list[bytes], list[bytes]]] = {}
    for blob, folder, name in _TRACKED.findall(tracked):
        if changed and (folder + b"/" + name if folder else name) in changed:
            continue
        names, blobs = folders.setdefault(folder, ([], []))
        names.append(name)
        blobs.append(blob)
    return {
        os.fsdecode(folder): Blobs(os.fsdecode(b"/".join(names)), bytes.fromhex(b"".join(blobs).decode()))
        for folder, (names, blobs) in folders.items()
    }


def _git(root: Path, *words: str) -> bytes:
    done = subprocess.run(["git", *words], cwd=root, capture_output=True, check=True)  # noqa: S603, S607 - git itself
    return done.stdout
