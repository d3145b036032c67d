"""Tells when a file of the site has changed, once for a burst of changes."""

import threading
import traceback
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

from watchdog.events import FileSystemEvent, FileSystemEventHandler
from watchdog.observers import Observer

from labo_ssg.disk.library import CONTENT, SETTINGS

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
        self._watched: set[str] = set()

    def start(self) -> None:
        self._observer.schedule(_Handler(self._note_root), str(self._root), recursive=False)
        self._watch_folders()
        self._observer.start()
        self._thread.start()

    def stop(self) -> None:
        """Stop watching; a call of `on_change` that is going on is let finish."""
        self._stopped.set()
        self._changed.set()
        self._observer.stop()
        self._observer.join()
        self._thread.join()

    def _watch_folders(self) -> None:
        """Watch the folders of the site that there are and that are not watched yet."""
        for name in FOLDERS:
            if name not in self._watched and (self._root / name).is_dir():
                self._observer.schedule(_Handler(self._note), str(self._root / name), recursive=True)
                self._watched.add(name)

    def _note(self, paths: Iterable[str]) -> None:
        self._changed.set()

    def _note_root(self, paths: Iterable[str]) -> None:
        names = {Path(path).name for path in paths}
        if SETTINGS in names or names & set(FOLDERS):
            self._watch_folders()
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
    def __init__(self, note: Callable[[Iterable[str]], None]) -> None:
        self._note = note

    def on_any_event(self, event: FileSystemEvent) -> Any:
        if event.event_type in CHANGES:
            self._note([str(event.src_path), str(event.dest_path)])
