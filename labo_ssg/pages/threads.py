"""Comments → nested threads, in reading order."""

from collections.abc import Callable, Mapping, Sequence

from labo_ssg.model import Body, Comment, Link
from labo_ssg.pages import urls
from labo_ssg.pages.views import CommentView
from labo_ssg.problems import Problem

DEEPEST = 12  # lists nested in the page; deeper answers stand in order in the last one (browsers stop at 512 elements)

APPROVE = "approve that one too, or remove `reply_to`"


def check(comments: Sequence[Comment], homes: Mapping[str, str]) -> list[Problem]:
    """Return the problems of the answers among the comments of one article.

    `homes` is the article of each comment of the site.
    """
    known = {comment.id: comment for comment in comments}
    problems = []
    for comment in comments:
        if comment.reply_to and comment.reply_to not in known:
            what = f"answers comment `{comment.reply_to}`, which is not among the approved ones of its article"
            home = homes.get(comment.reply_to)
            hint = f"it is one of the article `{home}`: remove `reply_to`" if home else APPROVE
            problems.append(Problem(comment.place, what, hint))
    settled: set[str] = set()
    for comment in comments:
        way: dict[str, None] = {}
        at: Comment | None = comment
        while at and at.id not in settled and at.id not in way:
            way[at.id] = None
            at = known.get(at.reply_to)
        if at and at.id in way:
            if at.reply_to == at.id:
                problems.append(Problem(at.place, "answers itself", "remove `reply_to`"))
            else:
                what = f"answers itself in the end: it is in a circle of `reply_to` with `{at.reply_to}`"
                problems.append(Problem(at.place, what, "remove `reply_to` from one of them"))
        settled.update(way)
    return problems


def thread(
    comments: Sequence[Comment],
    url: str,
    bodies: Mapping[str, Body],
    editors: Sequence[str],
    reply: Callable[[Comment], str],
    say: Callable[[str], str],
) -> tuple[CommentView, ...]:
    """Return the root comments of the article at `url`, oldest first, each with its answers.

    `bodies` are by comment id; `editors` are the names whose answers are the site's own;
    `reply` tells where a comment is answered, "" where it cannot be; `say` puts words into the site's language.
    A message that was removed is a comment without a text, whose author is what is said in its place.
    """
    known = {comment.id: comment for comment in comments}
    roots: list[_Node] = []
    levels = [roots]
    for comment, depth in _in_reading_order(comments):
        shown = min(depth, DEEPEST)
        node = _Node(comment, depth)
        levels[shown - 1].append(node)
        levels[shown:] = [node.replies]

    def name(comment: Comment) -> str:
        return say("a removed message") if comment.erased else comment.author

    def view(node: _Node) -> CommentView:
        comment, body = node.comment, bodies[node.comment.id]
        parent = known.get(comment.reply_to)
        anchor = urls.anchor(comment)
        return CommentView(
            id=comment.id,
            anchor=anchor,
            url=f"{url}#{anchor}",
            author=say("Message removed") if comment.erased else comment.author,
            website=comment.website,
            date=comment.date,
            body=body.html,
            notes=body.notes,
            answers=Link(name(parent), f"{url}#{urls.anchor(parent)}") if parent else None,
            depth=node.depth,
            by_editors=comment.author in editors and comment.is_published,
            reply=reply(comment),
            excerpt=body.excerpt,
            replies=tuple(map(view, node.replies)),
            erased=comment.erased,
            pending=comment.pending,
        )

    return tuple(map(view, roots))


class _Node:
    def __init__(self, comment: Comment, depth: int) -> None:
        self.comment, self.depth = comment, depth
        self.replies: list[_Node] = []


def _in_reading_order(comments: Sequence[Comment]) -> list[tuple[Comment, int]]:
    """Return each comment with its depth (1 for a root), followed by the answers to it."""
    answers: dict[str, list[Comment]] = {}
    for comment in sorted(comments, key=lambda one: (one.date, one.id), reverse=True):
        answers.setdefault(comment.reply_to, []).append(comment)
    order: list[tuple[Comment, int]] = []
    waiting = [(comment, 1) for comment in answers.get("", ())]
    while waiting:
        comment, depth = waiting.pop()
        order.append((comment, depth))
        waiting += [(answer, depth + 1) for answer in answers.get(comment.id, ())]
    return order
