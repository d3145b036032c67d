"""Build, serve, watch, rebuild, reload: the conductor of the preview."""

import socket
import threading
from collections.abc import Callable, Set
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path

import uvicorn

from labo_ssg.build.build import Report, Workshop
from labo_ssg.build.cache import NAME
from labo_ssg.disk.library import read_site
from labo_ssg.inbox.http.web import Web
from labo_ssg.inbox.parts import assemble
from labo_ssg.places import WORK
from labo_ssg.preview.app import create_app
from labo_ssg.preview.door import Door
from labo_ssg.preview.moderation import HOME, Moderation
from labo_ssg.preview.stage import Stage
from labo_ssg.preview.watch import Watcher

HOST = "127.0.0.1"
OUTPUT = ".labo/preview"  # apart from public/: drafts may be in it


def serve(
    root: Path, port: int, *, drafts: bool, say: Callable[[str, Report], None], invite: Callable[[str], None]
) -> None:
    """Serve the site at `root` on this machine until interrupted; raise OSError where the port is taken.

    `say` is called with the site's address and the report of each build, `invite` once, with the address at which
    moderators decide: who has it may.
    """
    workshop = Workshop(root, root / OUTPUT, drafts=drafts)
    with socket.socket() as listening, workshop:
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listening.bind((HOST, port))
        listening.listen()  # a browser that comes during the first build waits for it
        taken = listening.getsockname()[1]
        host, door = f"http://{HOST}:{taken}", Door(HOME, taken)
        stage, building = Stage(root / WORK / NAME), threading.RLock()

        def rebuild(touched: Set[str] | None = None) -> None:
            with building:
                report, made = workshop.build(datetime.now(UTC), touched=touched, keep=True)
                stage.show(report.problems, made, changed=bool(report.written or report.removed))
                say(f"{host}{stage.base}/", report)

        watcher = Watcher(root, rebuild)
        with building:  # what changes during the first build is built after it
            watcher.start()
            rebuild()
        invite(f"{host}{HOME}?token={door.token}")
        try:
            with suppress(KeyboardInterrupt):  # how one ends it
                app = create_app(root / OUTPUT, stage, _inbox(root, stage), Moderation(root, stage, door))
                _run(uvicorn.Config(app, log_level="warning"), listening, stage)
        finally:
            stage.close()
            watcher.stop()


def _inbox(root: Path, stage: Stage) -> Web:
    """Return the inbox of the site at `root`: its messages are kept as those of any other, and nobody is told."""
    site, _ = read_site(root)
    return assemble(root, site.inbox, stage, lambda: datetime.now(UTC).replace(microsecond=0)).web


def _run(config: uvicorn.Config, listening: socket.socket, stage: Stage) -> None:
    class Server(uvicorn.Server):
        def handle_exit(self, sig: int, frame: object) -> None:
            stage.close()  # browsers that wait for news would keep the server from stopping
            super().handle_exit(sig, frame)  # type: ignore[arg-type] # uvicorn's own signature names a frame

    Server(config).run(sockets=[listening])
