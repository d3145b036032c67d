"""Files that only their owner may read, and that git must never hold."""

import os
import shutil
import subprocess
from pathlib import Path

IGNORED = 0  # what `git check-ignore` ends with; 1 where it is not, 128 where it cannot tell


def would_be_committed(path: Path) -> bool:
    """Tell whether a file at `path` could come into a commit: it is in a work tree of git, which does not ignore it."""
    folder = path.parent.resolve()
    if not any((above / ".git").exists() for above in (folder, *folder.parents)):
        return False
    git = shutil.which("git")
    if not git:
        return True
    asked = [git, "-C", str(folder), "check-ignore", "--quiet", "--", path.name]
    return subprocess.run(asked, check=False, capture_output=True).returncode != IGNORED  # noqa: S603 - no shell


def write_private(path: Path, data: bytes) -> None:
    """Write `data` to a new file at `path` that its owner alone may read; raise FileExistsError, or another OSError."""
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        file.write(data)
        file.flush()
        os.fsync(descriptor)
