"""The preview's web application: the built files, a reload after each build, problems in the page."""

from collections.abc import AsyncIterator
from html import escape
from pathlib import Path

from anyio import to_thread
from msgspec.structs import asdict
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import (
    FileResponse,
    HTMLResponse,
    PlainTextResponse,
    RedirectResponse,
    Response,
    StreamingResponse,
)
from starlette.routing import Route

from labo_ssg.build.design import Design
from labo_ssg.inbox import form
from labo_ssg.pages import messages
from labo_ssg.pages.page import Page, finished
from labo_ssg.preview.stage import Stage
from labo_ssg.theme import Broken

HERE = Path(__file__).parent
OWN = "/_labo"  # the preview's own addresses
PATIENCE = 15.0  # seconds between two signs of life to a waiting browser
NEVER_KEEP = {"Cache-Control": "no-store"}
EMPTY = "<!doctype html><html><head><title>Preview</title></head><body><main></main></body></html>"


def create_app(output: Path, stage: Stage) -> Starlette:
    """Return an application that serves the site built in `output`."""

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
            *_inbox(output, stage),
            Route("/{path:path}", page),
        ]
    )


def _inbox(output: Path, stage: Stage) -> list[Route]:
    """Return the routes that stand in for the inbox: what it would show, without its keeping anything."""

    async def message(request: Request) -> Response:
        """Give back what was typed, with what is wrong with it; what is right is kept by nobody here, and told so."""
        made = stage.made
        fields = await request.form()
        submission = form.read({name: value for name, value in fields.items() if isinstance(value, str)})
        if not made:
            return _given_back(submission)
        say = made.plan.frame.say
        errors = form.check(submission, say)
        status = 422 if errors else 503
        errors = errors or {"": say("This preview keeps no message. What you wrote is still below.")}
        article = stage.article(submission.article)
        refused = messages.refused(made.plan.frame, article, asdict(submission), errors) if article else None
        return _inbox_page(made, refused, stage, status) if refused else _given_back(submission)

    def reply(request: Request) -> Response:
        made = stage.made
        names = request.path_params
        article = stage.article(names["article"])
        answer = messages.reply(made.plan.frame, article, names["comment"]) if made and article else None
        return _inbox_page(made, answer, stage, 200) if made and answer else _not_found(output, stage)

    return [
        Route("/{path:path}", message, methods=["POST"]),
        Route("/{inbox:path}/reply/{article}/{comment}", reply),
    ]


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


def _given_back(submission: form.Submission) -> Response:
    words = f"There is no article `{submission.article}` that takes messages. You wrote:\n\n{submission.text}\n"
    return PlainTextResponse(words, 404, headers=NEVER_KEEP)


def _inbox_page(made: Design, page: Page, stage: Stage, status: int) -> Response:
    try:
        return _html(made.theme.render(finished(page, made.plan.frame)).decode(), stage, status)
    except Broken as broken:  # a template that no page of the built site uses
        return PlainTextResponse(f"{broken.problem}\n", 500, headers=NEVER_KEEP)


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
