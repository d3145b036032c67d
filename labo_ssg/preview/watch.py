"""Tells when a file of the site has changed, once for a burst of changes."""

import threading
import traceback
from collections.abc import Callable
from pathlib import Path

from watchdog.events import FileSystemEvent, FileSystemEventHandler
from watchdog.observers import Observer
from watchdog.observers.api import ObservedWatch

from labo_ssg.places import CONTENT, SETTINGS

FOLDERS = (CONTENT, "comments", "templates")
QUIET = 0.08  # seconds without a change before the burst is over: an editor saves in several steps
CHANGES = {"created", "modified", "moved", "deleted"}  # to open and to read are events too


class Watcher:
    """Calls `on_change` in a thread of its own, after each burst of changes below `root`."""

    def __init__(self, root: Path, on_change: Callable[[], None]) -> None:
        self._root, self._on_change = root, on_change
        self._changed, self._stopped = threading.Event(), threading.Event()
        self._observer = Observer()
        self._thread = threading.Thread(target=self._run, name="watch", daemon=True)
        self._watches: dict[str, ObservedWatch] = {}

    def start(self) -> None:
        self._observer.schedule(_Handler(self._note_root), str(self._root), recursive=False)
        for name in FOLDERS:
            self._watch(name)
        self._observer.start()
        self._thread.start()

    def stop(self) -> None:
        """Stop watching; a call of `on_change` that is going on is let finish."""
        self._stopped.set()
        self._changed.set()
        self._observer.stop()
        self._observer.join()
        self._thread.join()

    def _watch(self, name: str) -> None:
        """Watch the folder `name`, if it is there; one that was deleted and made again is another one."""
        if name in self._watches:
            self._observer.unschedule(self._watches.pop(name))
        if (self._root / name).is_dir():
            self._watches[name] = self._observer.schedule(_Handler(self._note), str(self._root / name), recursive=True)

    def _note(self, event: FileSystemEvent) -> None:
        self._changed.set()

    def _note_root(self, event: FileSystemEvent) -> None:
        names = {Path(str(path)).name for path in (event.src_path, event.dest_path) if path}
        if event.event_type != "modified":  # a folder is when something in it comes or goes
            for name in names & set(FOLDERS):
                self._watch(name)
        if names & {SETTINGS, *FOLDERS}:
            self._changed.set()

    def _run(self) -> None:
        while True:
            self._changed.wait()
            while self._changed.is_set() and not self._stopped.is_set():
                self._changed.clear()
                self._stopped.wait(QUIET)
            if self._stopped.is_set():
                return
            try:
                self._on_change()
            except Exception:  # a bug of ours: shown whole, but the next change deserves another try
                traceback.print_exc()


class _Handler(FileSystemEventHandler):
    def __init__(self, note: Callable[[FileSystemEvent], None]) -> None:
        self._note = note

    def on_any_event(self, event: FileSystemEvent) -> None:
        if event.event_type in CHANGES:
            self._note(event)
