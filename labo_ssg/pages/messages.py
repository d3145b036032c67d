"""The pages of the inbox: the form on a page of its own, from the site as it is published."""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from msgspec.structs import replace

from labo_ssg.model import Link
from labo_ssg.pages import articles
from labo_ssg.pages.frame import Frame
from labo_ssg.pages.materials import Materials
from labo_ssg.pages.page import Page, Sketch
from labo_ssg.pages.views import ArticleView, CommentView, FormView, Mention, MessageView

UNPUBLISHED = "//"  # how the paths of pages begin that are shown and lie nowhere
REPLY, REFUSED = "inbox/reply.html", "inbox/refused.html"


def reply(frame: Frame, view: ArticleView, comment: str) -> Page | None:
    """Return the page on which a comment of the article of `view` is answered, None where no answer is taken."""
    answered = _comment(view.thread, comment)
    if not answered or not view.form:
        return None
    title = frame.say("Reply to %(name)s") % {"name": answered.author}
    form = replace(view.form, reply_to=answered.id)
    return Page(f"{UNPUBLISHED}reply", REPLY, _view(frame, view, title, answered, form))


def refused(frame: Frame, view: ArticleView, fields: Mapping[str, str], errors: Mapping[str, str]) -> Page | None:
    """Return the form with what was typed and what is wrong with it, None where the article takes no message.

    `fields` and `errors` are by the names of the form.
    """
    if not view.form:
        return None
    answered = _comment(view.thread, fields["reply_to"])
    values = {name: value for name, value in fields.items() if name not in ("article", "reply_to")}
    form = replace(view.form, reply_to=answered.id if answered else "", values=values, errors=dict(errors))
    return Page(f"{UNPUBLISHED}refused", REFUSED, _view(frame, view, frame.say("Your message"), answered, form))


def samples(materials: Materials, pages: Mapping[str, Page]) -> Iterator[Page]:
    """Yield one page of each kind, to see whether their templates work before a visitor needs them.

    `pages` are those of the articles, by id.
    """
    taking = [article for article in materials.library.articles if article.comments == "open"]
    talked = [article for article in taking if materials.talk(article)]
    for found, template, make in ((taking, REFUSED, _sample_of_refused), (talked, REPLY, _sample_of_reply)):
        for sketch in (pages[article.id].view for article in found[:1]):
            if isinstance(sketch, Sketch):
                yield Page(f"{UNPUBLISHED}{template}", template, Sketch(sketch.url, make, sketch.materials))


def _sample_of_refused(frame: Frame, *materials: Any) -> MessageView:
    view = articles.view(frame, *materials)
    wrong = {"": "…", "text": "…"}
    page = refused(frame, view, {"article": view.id, "reply_to": "", "text": "…"}, wrong)
    return _shown(page)


def _sample_of_reply(frame: Frame, *materials: Any) -> MessageView:
    view = articles.view(frame, *materials)
    return _shown(reply(frame, view, view.thread[0].id))


def _shown(page: Page | None) -> MessageView:
    if not page or not isinstance(page.view, MessageView):
        raise AssertionError("a sample is of an article that takes messages")
    return page.view


def _view(frame: Frame, view: ArticleView, title: str, answered: CommentView | None, form: FormView) -> MessageView:
    article = Mention(view.title, view.url, view.language)
    return MessageView(
        url=form.action,
        title=title,
        language=frame.site.language,
        breadcrumb=(*view.breadcrumb, Link(view.title, view.url)),
        section=view.section,
        terms=view.terms,
        article=article,
        answered=answered,
        form=form,
    )


def _comment(thread: Iterable[CommentView], comment: str) -> CommentView | None:
    return next((one for one in _all(thread) if one.id == comment), None)


def _all(thread: Iterable[CommentView]) -> Iterator[CommentView]:
    for comment in thread:
        yield comment
        yield from _all(comment.replies)
