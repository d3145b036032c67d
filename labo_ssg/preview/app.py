"""The preview's web application: the built files, a reload after each build, problems in the page."""

from collections.abc import AsyncIterator
from html import escape
from pathlib import Path

from anyio import to_thread
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import (
    FileResponse,
    HTMLResponse,
    RedirectResponse,
    Response,
    StreamingResponse,
)
from starlette.routing import Route
from starlette.types import ASGIApp, Receive, Scope, Send

from labo_ssg.inbox.http.guard import Guard
from labo_ssg.inbox.http.web import Web, application
from labo_ssg.preview.here import Here
from labo_ssg.preview.moderation import Moderation
from labo_ssg.preview.stage import Stage

HERE = Path(__file__).parent
OWN = "/_labo"  # the preview's own addresses
PATIENCE = 15.0  # seconds between two signs of life to a waiting browser
NEVER_KEEP = {"Cache-Control": "no-store"}
EMPTY = "<!doctype html><html><head><title>Preview</title></head><body><main></main></body></html>"


def create_app(output: Path, stage: Stage, web: Web, moderation: Moderation) -> ASGIApp:
    """Return an application that serves the site built in `output`, and the inbox of `web` where its forms are sent.

    Moderators have a page of their own there, `moderation`.
    """
    pages = _pages(output, stage, moderation)
    inboxes: dict[str, ASGIApp] = {}  # by their path, which the settings may change

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        home = _inbox_of(scope, stage)
        if home is None:
            await pages(scope, receive, send)
            return
        if home not in inboxes:
            inboxes[home] = Guard(application(web.routes(home)), [])
        await inboxes[home](scope, receive, send)

    return Here(app, stage.say)


def _inbox_of(scope: Scope, stage: Stage) -> str | None:
    """Return the path of the inbox that a request is for, None where it is for a page."""
    if scope["type"] != "http" or not stage.has_site:
        return None
    return stage.inbox if scope["path"].startswith(f"{stage.inbox}/") else None


def _pages(output: Path, stage: Stage, moderation: Moderation) -> Starlette:

    async def events(request: Request) -> Response:
        async def signs() -> AsyncIterator[str]:
            version: int | None = stage.version
            while version is not None:
                yield f"data: {version}\n\n"
                version = await to_thread.run_sync(stage.wait_beyond, version, PATIENCE, abandon_on_cancel=True)

        return StreamingResponse(signs(), media_type="text/event-stream", headers=NEVER_KEEP)

    async def own_file(request: Request) -> Response:
        return FileResponse(HERE / "assets" / request.url.path.rpartition("/")[2], headers=NEVER_KEEP)

    def page(request: Request) -> Response:
        path, base = request.url.path, stage.base
        if base and not path.startswith(f"{base}/"):
            return RedirectResponse(f"{base}/") if path in ("/", base) else _not_found(output, stage)
        found = _find(output, request.scope["path"].removeprefix(base))
        if found is None:
            return _not_found(output, stage)
        if found.is_dir() and not path.endswith("/"):
            query = f"?{request.url.query}" if request.url.query else ""
            return RedirectResponse(f"/{path.strip('/')}/{query}")
        found = found / "index.html" if found.is_dir() else found
        if not found.is_file():
            return _not_found(output, stage)
        if found.suffix != ".html":
            return FileResponse(found, headers=NEVER_KEEP)
        return _html(found.read_text(encoding="utf-8"), stage, 200)

    return Starlette(
        routes=[
            Route(f"{OWN}/events", events),
            Route(f"{OWN}/reload.js", own_file),
            Route(f"{OWN}/problems.css", own_file),
            *moderation.routes(),
            Route("/{path:path}", page),
        ]
    )


def _find(output: Path, path: str) -> Path | None:
    """Return the file or folder of `output` that `path` names, None where it names none."""
    try:
        found = (output / path.lstrip("/")).resolve(strict=True)
    except (OSError, ValueError):  # no such file, a name too long, a NUL
        return None
    return found if found.is_relative_to(output.resolve()) else None


def _not_found(output: Path, stage: Stage) -> Response:
    known = output / "404.html"
    return _html(known.read_text(encoding="utf-8") if known.is_file() else EMPTY, stage, 404)


def _html(page: str, stage: Stage, status: int) -> Response:
    """Return `page` with the script that reloads it, and above it the problems of the last build."""
    head = f'<script src="{OWN}/reload.js" data-version="{stage.version}" defer></script>'
    if stage.problems:
        head += f'<link rel="stylesheet" href="{OWN}/problems.css">'
        page = page.replace("</body>", f"{_panel(stage)}</body>", 1)
    return HTMLResponse(page.replace("</head>", f"{head}</head>", 1), status, headers=NEVER_KEEP)


def _panel(stage: Stage) -> str:
    items = "".join(
        f"<li><code>{escape(str(one.place))}</code> {escape(one.what)}<br><small>{escape(one.hint)}</small></li>"
        for one in stage.problems
    )
    number = len(stage.problems)
    title = f"{number} problem{'s' if number > 1 else ''}: this is the last good site"
    return f'<section id="labo-problems" role="alert" lang="en"><h2>{title}</h2><ol>{items}</ol></section>'
