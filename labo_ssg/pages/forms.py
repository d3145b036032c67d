"""The form for a message, as an article and the pages of the inbox show it."""

from labo_ssg.model import Article, CommentSettings, Site
from labo_ssg.packing import digest
from labo_ssg.pages import fallbacks
from labo_ssg.pages.frame import Frame
from labo_ssg.pages.views import FormView


def form(frame: Frame, article: Article) -> FormView | None:
    """Return the form under `article`, or what stands in for it, None where it takes no message."""
    settings = frame.site.comments
    if article.comments != "open":
        return None
    if fallbacks.way(settings) != "post":
        return fallbacks.form(frame, article)
    return FormView(
        action=settings.inbox,
        article=article.id,
        notice=settings.notice,
        privacy=settings.privacy,
        trap=trap(frame.site, article.id),
        needs_name=settings.name == "required",
        asks_email=asks_email(settings),
        asks_website=settings.website == "shown",
        shortest=settings.shortest,
        longest=settings.longest,
    )


def asks_email(settings: CommentSettings) -> bool:
    """Tell whether the form asks for an address of e-mail: only where it can be sealed."""
    return settings.email == "shown" and bool(settings.key)


def trap(site: Site, article: str) -> str:
    """Return the name of the field that nobody sees and that only programs fill: another one under each article."""
    return f"f{digest(site.base_url.encode(), article.encode()).hex()[:8]}"
