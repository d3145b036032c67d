"""The pages of the inbox, from the site as it is published: the form alone, the preview, the receipt, the status."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import UTC, datetime
from typing import Any, TypeGuard

from msgspec.structs import replace

from labo_ssg.model import Html, Link
from labo_ssg.pages import articles, fallbacks, urls
from labo_ssg.pages.frame import Frame
from labo_ssg.pages.materials import Materials
from labo_ssg.pages.page import Page, Sketch
from labo_ssg.pages.views import (
    ArticleView,
    CommentView,
    FormView,
    GivenBackView,
    Mention,
    MessageView,
    ReceiptView,
    State,
    StatusView,
    View,
)

UNPUBLISHED = "//"  # how the paths of pages begin that are shown and lie nowhere
REPLY, REFUSED, PREVIEW = "inbox/reply.html", "inbox/refused.html", "inbox/preview.html"
RECEIPT, STATUS, GIVEN_BACK = "inbox/receipt.html", "inbox/status.html", "inbox/given_back.html"

Fields = Mapping[str, str]
"""What was typed, by the names of the form."""


def reply(frame: Frame, view: ArticleView, comment: str) -> Page | None:
    """Return the page on which a comment of the article of `view` is answered, None where no answer is taken."""
    answered = find(view, comment)
    if not answered or not takes(view.form):
        return None
    title = frame.say("Reply to %(name)s") % {"name": answered.author}
    form = replace(view.form, reply_to=answered.id)
    return _page(REPLY, _message(frame, view, title, answered, form))


def refused(frame: Frame, view: ArticleView, fields: Fields, errors: Mapping[str, str]) -> Page | None:
    """Return the form with what was typed and what is wrong with it, None where the article takes no message."""
    if not takes(view.form):
        return None
    answered, form = _filled(view, view.form, fields)
    form = replace(form, errors=dict(errors))
    return _page(REFUSED, _message(frame, view, frame.say("Your message"), answered, form))


def preview(
    frame: Frame,
    view: ArticleView,
    fields: Fields,
    shown: CommentView,
    terms: Iterable[str],
    remarks: Iterable[str],
    token: str,
) -> Page | None:
    """Return the message as it will be `shown`, and the form to change it; `token` confirms it as it is.

    `terms` are the anchors of those that it explains.
    """
    if not takes(view.form):
        return None
    answered, form = _filled(view, view.form, fields)
    if answered:
        shown = replace(shown, answers=Link(answered.author, answered.url), depth=answered.depth + 1)
    made = _message(frame, view, frame.say("Preview of your message"), answered, form)
    explained = frame.explained(terms)
    return _page(PREVIEW, replace(made, preview=shown, terms=explained, remarks=tuple(remarks), token=token))


def receipt(frame: Frame, view: ArticleView, comment: str, code: str) -> Page:
    """Return the thanks for a message that was kept, with what its author may ask of it later."""
    return _page(
        RECEIPT,
        ReceiptView(
            **_common(frame, frame.say("Your message has been received"), view),
            id=view.id,
            article=_mention(view),
            reference=comment,
            code=code,
            delay=frame.site.comments.delay,
            status=urls.status(frame.site.comments.inbox),
        ),
    )


def status(
    frame: Frame, view: ArticleView | None, state: State, reference: str = "", code: str = "", comment: str = ""
) -> Page:
    """Return what became of a message; `comment` is its address, once it is published."""
    return _page(
        STATUS,
        StatusView(
            **_common(frame, frame.say("What has become of my message?"), view),
            article=_mention(view) if view else None,
            action=urls.status(frame.site.comments.inbox),
            state=state,
            reference=reference,
            code=code,
            comment=comment,
        ),
    )


def given_back(frame: Frame, view: ArticleView | None, fields: Fields, why: str) -> Page:
    """Return a page with what was typed and `why` it was not taken, where there is no form to give back."""
    return _page(
        GIVEN_BACK,
        GivenBackView(
            **_common(frame, frame.say("Your message could not be taken"), view),
            article=_mention(view) if view else None,
            why=why,
            values=_typed(fields),
        ),
    )


def takes(form: FormView | None) -> TypeGuard[FormView]:
    """Tell whether messages are taken by an inbox."""
    return form is not None and form.kind == "post"


def find(view: ArticleView, comment: str) -> CommentView | None:
    """Return a published comment of the article of `view`, None where there is none of this id, or it was removed."""
    return next((one for one in _all(view.thread) if one.id == comment and one.is_published), None)


def samples(materials: Materials, page: Callable[[str], Page | None]) -> Iterator[Page]:
    """Yield one page of each kind, to see whether their templates work before a visitor needs them.

    `page` returns that of an article.
    """
    if fallbacks.way(materials.site.comments) != "post":
        return
    taking = [article for article in materials.library.articles if article.comments == "open"]
    talked = [one for one in taking if one.id in materials.talks and materials.talks[one.id].count]
    for found, template, make in (
        (taking, REFUSED, _sample_of_refused),
        (taking, PREVIEW, _sample_of_preview),
        (taking, RECEIPT, _sample_of_receipt),
        (taking, STATUS, _sample_of_status),
        (taking, GIVEN_BACK, _sample_of_given_back),
        (talked, REPLY, _sample_of_reply),
    ):
        for shown in (page(article.id) for article in found[:1]):
            if shown and isinstance(sketch := shown.view, Sketch):
                yield Page(f"{UNPUBLISHED}{template}", template, Sketch(sketch.url, make, sketch.materials))


_SAMPLE = {"article": "", "reply_to": "", "author": "…", "text": "…"}


def _sample_of_refused(frame: Frame, *materials: Any) -> View:
    wrong = {"": "…", "text": "…"}
    return _shown(refused(frame, articles.view(frame, *materials), _SAMPLE, wrong))


def _sample_of_preview(frame: Frame, *materials: Any) -> View:
    view = articles.view(frame, *materials)
    day = datetime(2021, 1, 13, tzinfo=UTC)
    shown = CommentView(
        "c", "c", f"{view.url}#c", "…", "", day, Html("<p>…</p>"), Html(""), None, 1, False, "", "…", ()
    )
    return _shown(preview(frame, view, _SAMPLE, shown, (), ["…"], "…"))


def _sample_of_reply(frame: Frame, *materials: Any) -> View:
    view = articles.view(frame, *materials)
    return _shown(reply(frame, view, next(one.id for one in _all(view.thread) if one.is_published)))


def _sample_of_receipt(frame: Frame, *materials: Any) -> View:
    return _shown(receipt(frame, articles.view(frame, *materials), "c", "…"))


def _sample_of_status(frame: Frame, *materials: Any) -> View:
    return _shown(status(frame, articles.view(frame, *materials), "published", "c", "…", "/#c"))


def _sample_of_given_back(frame: Frame, *materials: Any) -> View:
    return _shown(given_back(frame, articles.view(frame, *materials), _SAMPLE, "…"))


def _shown(page: Page | None) -> View:
    if not page or not isinstance(page.view, View):
        raise AssertionError("a sample is of an article that takes messages")
    return page.view


def _page(template: str, view: View) -> Page:
    return Page(f"{UNPUBLISHED}{template}", template, view)


def _filled(view: ArticleView, form: FormView, fields: Fields) -> tuple[CommentView | None, FormView]:
    """Return the comment that is answered, if any, and the form with what was typed."""
    answered = find(view, fields["reply_to"]) if fields["reply_to"] else None
    return answered, replace(form, reply_to=answered.id if answered else "", values=_typed(fields))


def _typed(fields: Fields) -> dict[str, str]:
    return {name: value for name, value in fields.items() if name not in ("article", "reply_to")}


def _message(frame: Frame, view: ArticleView, title: str, answered: CommentView | None, form: FormView) -> MessageView:
    return MessageView(**_common(frame, title, view), article=_mention(view), answered=answered, form=form)


def _mention(view: ArticleView) -> Mention:
    return Mention(view.title, view.url, view.language)


def _common(frame: Frame, title: str, view: ArticleView | None) -> dict[str, Any]:
    """Return what every page of the inbox has; `view` is that of the article it is about, if any."""
    way = (*view.breadcrumb, Link(view.title, view.url)) if view else (Link(frame.say("Home"), urls.HOME),)
    return {
        "url": frame.site.comments.inbox,
        "title": title,
        "language": frame.site.language,
        "breadcrumb": way,
        "section": view.section if view else "",
    }


def _all(thread: Iterable[CommentView]) -> Iterator[CommentView]:
    for comment in thread:
        yield comment
        yield from _all(comment.replies)
