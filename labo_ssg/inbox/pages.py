"""The inbox's pages: the form on a page of its own, from the site as it is published."""

from collections.abc import Iterable, Iterator, Mapping

from msgspec.structs import asdict, replace

from labo_ssg import language
from labo_ssg.inbox.form import Submission
from labo_ssg.model import Link
from labo_ssg.pages.plan import Plan
from labo_ssg.pages.views import ArticleView, CommentView, FormView, MessageView, Page

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
    return Page("", REPLY, _view(plan, view, title, answered, form))


def refused(plan: Plan, submission: Submission, errors: Mapping[str, str]) -> Page | None:
    """Return the form with what was typed and what is wrong with it, None where its article takes no message."""
    view = _article(plan, submission.article)
    if not view or not view.form:
        return None
    answered = _comment(view.thread, submission.reply_to)
    words = language.translations(plan.site.language)
    values = {name: value for name, value in asdict(submission).items() if name not in ("article", "reply_to")}
    form = replace(view.form, reply_to=answered.id if answered else "", values=values, errors=dict(errors))
    return Page("", REFUSED, _view(plan, view, words.gettext("Your message"), answered, form))


def _view(plan: Plan, view: ArticleView, title: str, answered: CommentView | None, form: FormView) -> MessageView:
    article = Link(view.title, view.url)
    return MessageView(
        url=form.action,
        title=title,
        language=plan.site.language,
        breadcrumb=(*view.breadcrumb, article),
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
