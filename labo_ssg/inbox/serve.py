"""The inbox as a server of its own: uvicorn, one process or several, that ends what it has begun."""

import logging
import os
import socket
import tempfile
from contextlib import ExitStack
from pathlib import Path

import uvicorn
from uvicorn.config import STARTUP_FAILURE
from uvicorn.supervisors import Multiprocess

from labo_ssg.inbox.app import ROOT, create_app
from labo_ssg.inbox.http.metrics import FOLDER

BACKLOG = 2048  # connections that wait to be taken
GRACE = 10  # seconds in which answers that were begun may end

log = logging.getLogger("uvicorn.error")


class Server(uvicorn.Server):
    """uvicorn's own server, which says where it is, ends at the second signal, and with 0 where it was told to."""

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        if sockets and self.started:
            _tell(sockets[0])

    def handle_exit(self, sig: int, frame: object) -> None:
        self.force_exit = self.should_exit
        self.should_exit = True


def serve(root: Path, host: str, port: int, *, workers: int) -> None:
    """Serve the inbox of the site at `root` until told to stop (SIGTERM, Ctrl-C).

    Raise Unfit, Weak, OSError; SystemExit where it could not start after all.
    """
    create_app(root)  # what is wrong with the settings is told once, here
    os.environ[ROOT] = str(root.resolve())
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.create_server((host, port), family=family, backlog=BACKLOG) as listening, ExitStack() as around:
        config = _config(workers)
        if workers == 1:
            server = Server(config)
            server.run([listening])
            if not server.started:
                raise SystemExit(STARTUP_FAILURE)
            return
        os.environ[FOLDER] = around.enter_context(tempfile.TemporaryDirectory())
        listening.set_inheritable(True)
        _tell(listening)
        Multiprocess(config, [listening]).run()


def _config(workers: int) -> uvicorn.Config:
    return uvicorn.Config(
        "labo_ssg.inbox.app:create_app",
        factory=True,
        workers=workers,
        http="labo_ssg.inbox.http.wire:Connection",  # which has limits of its own
        ws="none",
        loop="uvloop",
        log_config=None,
        access_log=False,
        server_header=False,
        proxy_headers=False,  # the application does that, with the settings of the site
        backlog=BACKLOG,
        timeout_graceful_shutdown=GRACE,
    )


def _tell(listening: socket.socket) -> None:
    host, port = listening.getsockname()[:2]
    log.info("Uvicorn running on http://%s:%d (Press CTRL+C to quit)", f"[{host}]" if ":" in host else host, port)
