"""Tells when files of the site have changed, and in which folders, once for a burst of changes."""

import os
import threading
import traceback
from collections.abc import Callable, Set
from pathlib import Path

from watchdog.events import FileSystemEvent, FileSystemEventHandler
from watchdog.observers import Observer
from watchdog.observers.api import ObservedWatch

from labo_ssg.places import CONTENT, SETTINGS

FOLDERS = (CONTENT, "comments", "templates")
QUIET = 0.08  # seconds without a change before the burst is over: an editor saves in several steps
ALL, MANY = "*", 200  # any folder; folders that are looked at one by one
CHANGES = {"created", "modified", "moved", "deleted"}  # to open and to read are events too


class Watcher:
    """Calls `on_change` in a thread of its own, after each burst of changes below `root`.

    It is given the folders, relative to `root`, in which something has changed, None for any of them.
    """

    def __init__(self, root: Path, on_change: Callable[[Set[str] | None], None]) -> None:
        self._root, self._on_change = root, on_change
        self._touched: set[str] = set()
        self._guard = threading.Lock()
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
        paths = [Path(os.fsdecode(path)) for path in (event.src_path, event.dest_path) if path]
        folders = {
            folder for path in paths for folder in ((path, path.parent) if event.is_directory else (path.parent,))
        }
        with self._guard:
            self._touched |= {folder.relative_to(self._root).as_posix() for folder in folders}
        self._changed.set()

    def _note_root(self, event: FileSystemEvent) -> None:
        names = {Path(str(path)).name for path in (event.src_path, event.dest_path) if path}
        if event.event_type != "modified":  # a folder is when something in it comes or goes
            for name in names & set(FOLDERS):
                self._watch(name)
                self._touch_all()
        if names & {SETTINGS, *FOLDERS}:
            self._changed.set()

    def _touch_all(self) -> None:
        with self._guard:
            self._touched.add(ALL)

    def _take(self) -> Set[str] | None:
        """Return the folders that were touched since this was asked last, None for any."""
        with self._guard:
            taken, self._touched = self._touched, set()
        # Of very many changes at once, the system may not tell all.
        return None if ALL in taken or len(taken) > MANY else taken

    def _run(self) -> None:
        while True:
            self._changed.wait()
            while self._changed.is_set() and not self._stopped.is_set():
                self._changed.clear()
                self._stopped.wait(QUIET)
            if self._stopped.is_set():
                return
            try:
                self._on_change(self._take())
            except Exception:  # a bug of ours: shown whole, but the next change deserves another try
                traceback.print_exc()


class _Handler(FileSystemEventHandler):
    def __init__(self, note: Callable[[FileSystemEvent], None]) -> None:
        self._note = note

    def on_any_event(self, event: FileSystemEvent) -> None:
        if event.event_type in CHANGES:
            self._note(event)
