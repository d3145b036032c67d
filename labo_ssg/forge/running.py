"""Runs git: nobody is asked anything, no hook runs, nothing waits for ever."""

import os
import signal
import subprocess
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

LOCAL, NETWORK = 60.0, 120.0  # seconds that a command may take
PATIENCE = 5.0  # seconds that one waits for what another git has locked
GRACE = 5.0  # seconds in which a command that was told to end removes its own locks

Index = Path | None
"""An index of one's own; None for that of the work tree."""

# Who runs the inbox from a hook or an alias of git hands these on; they would lead to another folder.
_OF_ANOTHER = ("GIT_DIR", "GIT_WORK_TREE", "GIT_INDEX_FILE", "GIT_PREFIX", "GIT_OBJECT_DIRECTORY", "GIT_COMMON_DIR")
_SETTINGS = {
    "core.hooksPath": os.devnull,
    "core.fsync": "committed,reference",  # what was committed is on the disk
    "i18n.commitEncoding": "UTF-8",
    "i18n.logOutputEncoding": "UTF-8",
}
_WORDS = [
    "git",
    "--no-optional-locks",
    *(word for key, value in _SETTINGS.items() for word in ("-c", f"{key}={value}")),
]


class GitFailed(Exception):  # noqa: N818 - it is no mistake of a programmer: one tries again
    """git did not do it; the text is its own words, `output` what it printed besides."""

    def __init__(self, words: str, output: str = "") -> None:
        super().__init__(words)
        self.output = output


def run(
    root: Path,
    *words: str,
    stdin: bytes = b"",
    index: Index = None,
    environment: Mapping[str, str] | None = None,
    network: bool = False,
) -> bytes:
    """Run a command of git in `root`; return what it prints; raise GitFailed."""
    status, output, said = _patiently(root, words, stdin, _environment(index, environment), network)
    if status:
        raise GitFailed(f"git {words[0]}: {said or f'it ended with {status}'}", output.decode(errors="replace"))
    return output


def ask(root: Path, *words: str, stdin: bytes = b"") -> bytes | None:
    """Run a command of git that says no by the status 1; None for that."""
    status, output, said = _patiently(root, words, stdin, _environment(None, None), network=False)
    if status == 1:
        return None
    if status:
        raise GitFailed(f"git {words[0]}: {said or f'it ended with {status}'}")
    return output


def _patiently(
    root: Path, words: tuple[str, ...], stdin: bytes, environment: Mapping[str, str], network: bool
) -> tuple[int, bytes, str]:
    """Run a command, again and again for a while where another git holds a lock: it then did nothing."""
    end = time.monotonic() + PATIENCE
    while True:
        status, output, said = _once(root, words, stdin, environment, NETWORK if network else LOCAL)
        if not status or ".lock': File exists" not in said or time.monotonic() > end:
            return status, output, said
        time.sleep(0.05)


def _once(
    root: Path, words: tuple[str, ...], stdin: bytes, environment: Mapping[str, str], seconds: float
) -> tuple[int, bytes, str]:
    with _started(root, words, environment) as process:
        output, said = _ended(process, words, stdin, seconds)
    return process.returncode, output, said


@contextmanager
def begun(root: Path, *words: str) -> Iterator[list[bytes]]:
    """Start a command of git; its input is what was put into the list by the end of the block. Raises GitFailed."""
    given: list[bytes] = []
    with _started(root, words, _environment(None, None)) as process:
        try:
            yield given
        finally:
            _, said = _ended(process, words, b"".join(given), LOCAL)
    if process.returncode:
        raise GitFailed(f"git {words[0]}: {said}")


def _started(root: Path, words: tuple[str, ...], environment: Mapping[str, str]) -> "subprocess.Popen[bytes]":
    try:
        # A session of its own has no terminal: ssh cannot ask either, and Ctrl-C does not cut git short.
        return subprocess.Popen(  # noqa: S603 - git itself
            [*_WORDS, *words],
            cwd=root,
            env=environment,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            start_new_session=True,
        )
    except FileNotFoundError as error:
        if error.filename != "git":
            raise
        raise GitFailed("git is not installed") from error


def _ended(
    process: "subprocess.Popen[bytes]", words: tuple[str, ...], stdin: bytes, seconds: float
) -> tuple[bytes, str]:
    """Return what a process prints until it ends by itself, which it must."""
    try:
        output, said = process.communicate(stdin, seconds)
    except subprocess.TimeoutExpired:
        _end(process)
        raise GitFailed(f"git {words[0]}: it has not ended in {seconds:.0f} seconds") from None
    return output, said.decode(errors="replace").strip()


def _end(process: "subprocess.Popen[bytes]") -> None:
    """End git and what it started, kindly first."""
    os.killpg(process.pid, signal.SIGTERM)
    try:
        process.communicate(timeout=GRACE)
    except subprocess.TimeoutExpired:
        os.killpg(process.pid, signal.SIGKILL)
        process.communicate()


def _environment(index: Index, more: Mapping[str, str] | None) -> dict[str, str]:
    kept = {name: value for name, value in os.environ.items() if name not in _OF_ANOTHER}
    own = {"GIT_INDEX_FILE": str(index)} if index else {}
    return {**kept, "GIT_TERMINAL_PROMPT": "0", "LC_ALL": "C", **own, **(more or {})}
