"""The inbox as a server of its own: uvicorn, one process or several, that ends what it has begun."""

import os
import tempfile
from pathlib import Path

import uvicorn

from labo_ssg.inbox.app import ROOT, create_app
from labo_ssg.inbox.metrics import FOLDER

CONNECTIONS = 256  # at once, and in each process
GRACE = 10  # seconds in which answers that were begun may end


def serve(root: Path, host: str, port: int, *, workers: int) -> None:
    """Serve the inbox of the site at `root` until told to stop (SIGTERM, Ctrl-C).

    Raise Unfit, OSError.
    """
    create_app(root)  # what is wrong with the settings is told once, here
    os.environ[ROOT] = str(root.resolve())
    with tempfile.TemporaryDirectory() as shared:
        if workers > 1:
            os.environ[FOLDER] = shared
        uvicorn.run(
            "labo_ssg.inbox.app:create_app",
            factory=True,
            host=host,
            port=port,
            workers=workers,
            http="labo_ssg.inbox.wire:Connection",
            loop="uvloop",
            log_config=None,
            access_log=False,
            server_header=False,
            proxy_headers=False,  # the application does that, with the settings of the site
            limit_concurrency=CONNECTIONS,
            timeout_graceful_shutdown=GRACE,
        )
