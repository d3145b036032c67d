"""Start Chromium, and serve it a built site as a careful host does: for tests, benchmarks and pictures."""

import functools
import shutil
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

from playwright.sync_api import Browser, Playwright

SWITCHES = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
POLICY = "default-src 'self'"  # nothing inline, nothing from elsewhere
# What paths that end like this are served with instead: the search runs WebAssembly, in a worker of its own.
OWN_POLICIES = {"/pagefind/pagefind-worker.js": "connect-src 'self'; script-src 'wasm-unsafe-eval'"}


def executable() -> str | None:
    """Return the path of the system's Chromium, None where Playwright's own is to be used.

    The one that has no window to draw opens a page in a quarter of the time.
    """
    names = ("chromium-headless-shell", "chromium", "chromium-browser", "google-chrome")
    return next(filter(None, map(shutil.which, names)), None)


def launch(playwright: Playwright) -> Browser:
    return playwright.chromium.launch(executable_path=executable(), args=SWITCHES)


class Handler(SimpleHTTPRequestHandler):
    """A quiet server of files, with a policy for each."""

    protocol_version = "HTTP/1.1"  # connections are kept, as real hosts do
    # Not every Python knows these.
    extensions_map = SimpleHTTPRequestHandler.extensions_map | {
        ".avif": "image/avif",
        ".wasm": "application/wasm",
        ".webp": "image/webp",
    }
    disable_nagle_algorithm = True  # a kept connection would wait before the body

    def __init__(self, *words: object, policy: str, **named: object) -> None:
        self.policy = policy
        super().__init__(*words, **named)  # type: ignore[arg-type] # the server's own words, passed on

    def handle(self) -> None:
        with suppress(ConnectionError):  # a browser may leave at any time
            super().handle()

    def end_headers(self) -> None:
        own = (policy for end, policy in OWN_POLICIES.items() if self.path.endswith(end))
        self.send_header("Content-Security-Policy", next(own, self.policy))
        super().end_headers()

    def log_message(self, *words: object) -> None:
        """Say nothing."""


@contextmanager
def serve(folder: Path, *, policy: str = POLICY, handler: Callable[..., Handler] = Handler) -> Iterator[str]:
    """Serve the files of `folder` on any free port; give the address, without a slash at its end."""
    handler = functools.partial(handler, directory=str(folder), policy=policy)
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}"
    finally:
        server.shutdown()
        server.server_close()
