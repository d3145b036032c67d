"""The pages of the inbox: the form on a page of its own, from the site as it is published."""

from collections.abc import Iterable, Iterator, Mapping

from msgspec.structs import replace

from labo_ssg import language
from labo_ssg.model import Link
from labo_ssg.pages.plan import Plan
from labo_ssg.pages.views import ArticleView, CommentView, FormView, Mention, MessageView, Page

UNPUBLISHED = ""  # the path of a page that is shown and lies nowhere
REPLY, REFUSED = "inbox/reply.html", "inbox/refused.html"


def reply(plan: Plan, article: str, comment: str) -> Page | None:
    """Return the page on which a comment is answered, None where there is none or no answer is taken."""
    view = _article(plan, article)
    answered = view and _comment(view.thread, comment)
    if not view or not answered or not view.form:
        return None
    words = language.translations(plan.site.language)
    title = words.gettext("Reply to %(name)s") % {"name": answered.author}
    form = replace(view.form, reply_to=answered.id)
    return Page(UNPUBLISHED, REPLY, _view(plan, view, title, answered, form))


def refused(plan: Plan, fields: Mapping[str, str], errors: Mapping[str, str]) -> Page | None:
    """Return the form with what was typed and what is wrong with it, None where its article takes no message.

    `fields` and `errors` are by the names of the form.
    """
    view = _article(plan, fields["article"])
    if not view or not view.form:
        return None
    answered = _comment(view.thread, fields["reply_to"])
    words = language.translations(plan.site.language)
    values = {name: value for name, value in fields.items() if name not in ("article", "reply_to")}
    form = replace(view.form, reply_to=answered.id if answered else "", values=values, errors=dict(errors))
    return Page(UNPUBLISHED, REFUSED, _view(plan, view, words.gettext("Your message"), answered, form))


def samples(plan: Plan) -> list[Page]:
    """Return one page of each kind, to see whether their templates work before a visitor needs them."""
    views = [page.view for page in plan.pages if isinstance(page.view, ArticleView) and page.view.form]
    talked = [view for view in views if view.thread]
    wrong = {"": "…", "text": "…"}
    pages = [refused(plan, {"article": view.id, "reply_to": "", "text": "…"}, wrong) for view in views[:1]]
    pages += [reply(plan, view.id, view.thread[0].id) for view in talked[:1]]
    return [page for page in pages if page]


def _view(plan: Plan, view: ArticleView, title: str, answered: CommentView | None, form: FormView) -> MessageView:
    article = Mention(view.title, view.url, view.language)
    return MessageView(
        url=form.action,
        title=title,
        language=plan.site.language,
        breadcrumb=(*view.breadcrumb, Link(view.title, view.url)),
        section=view.section,
        terms=view.terms,
        article=article,
        answered=answered,
        form=form,
    )


def _article(plan: Plan, article: str) -> ArticleView | None:
    views = (page.view for page in plan.pages)
    return next((view for view in views if isinstance(view, ArticleView) and view.id == article), None)


def _comment(thread: Iterable[CommentView], comment: str) -> CommentView | None:
    return next((one for one in _all(thread) if one.id == comment), None)


def _all(thread: Iterable[CommentView]) -> Iterator[CommentView]:
    for comment in thread:
        yield comment
        yield from _all(comment.replies)
