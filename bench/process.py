"""One process and those that it starts: how long they take, and how much memory they hold. Linux only."""

import os
import subprocess
import tempfile
import threading
import time
from pathlib import Path
from typing import NamedTuple

LEAST_PAUSE = 0.02  # seconds between two looks at the memory
SHARE = 50  # they take a fiftieth of the time at most
SHARES_KNOWN = os.access("/proc/self/smaps_rollup", os.R_OK)
LIMIT = 1800.0  # seconds after which a process is ended


class Figures(NamedTuple):
    """Seconds and MiB; `failure` says why there is nothing to be made of them."""

    wall: float
    cpu: float  # of the process and of all that it waited for
    biggest: float  # the largest resident set (RSS) of any of them
    tree: float  # the most that they held together: each shared page once (PSS) where SHARES_KNOWN, else RSS
    failure: str


def measure(command: list[str], folder: Path, environment: dict[str, str]) -> Figures:
    """Run `command` in `folder`, with `environment` beside our own."""
    os.sync()  # what others wrote is not for this one to wait for
    with tempfile.TemporaryFile() as said:
        start = time.perf_counter()
        process = subprocess.Popen(
            command, cwd=folder, env=os.environ | environment, stdin=subprocess.DEVNULL, stdout=said, stderr=said
        )
        watch = _Watch(process)
        watch.start()
        _, status, usage = os.wait4(process.pid, 0)
        wall = time.perf_counter() - start
        process.returncode = os.waitstatus_to_exitcode(status)
        watch.over.set()
        watch.join()
        said.seek(0)
        last_words = said.read()[-300:].decode(errors="replace").strip()
    failure = f"exit status {process.returncode} after {wall:.0f} s: {last_words}" if process.returncode else ""
    return Figures(wall, usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024, watch.peak / 1024, failure)


class _Watch(threading.Thread):
    def __init__(self, process: subprocess.Popen[bytes]) -> None:
        super().__init__()
        self.process, self.over, self.peak = process, threading.Event(), 0

    def run(self) -> None:
        pause, begun = LEAST_PAUSE, time.perf_counter()
        while not self.over.wait(pause):
            start = time.perf_counter()
            self.peak = max(self.peak, _memory(self.process.pid))
            pause = max(LEAST_PAUSE, SHARE * (time.perf_counter() - start))
            if start - begun > LIMIT:
                self.process.kill()


def _memory(process: int) -> int:
    """Return the KiB that a process and those below it hold."""
    folder = Path(f"/proc/{process}")
    try:
        lines = (folder / ("smaps_rollup" if SHARES_KNOWN else "status")).read_text().splitlines()
        own = next((int(line.split()[1]) for line in lines if line.startswith(("Pss:", "VmRSS:"))), 0)
        below = " ".join(path.read_text() for path in folder.glob("task/*/children"))
    except OSError:  # it has ended
        return 0
    return own + sum(_memory(int(child)) for child in below.split())
