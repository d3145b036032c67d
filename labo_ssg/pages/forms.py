"""The form for a message, as an article and the pages of the inbox show it."""

from labo_ssg.model import Article, CommentSettings, Site
from labo_ssg.packing import digest
from labo_ssg.pages.views import FormView


def form(article: Article, site: Site) -> FormView | None:
    """Return the form under `article`, None where it takes no message."""
    settings = site.comments
    if article.comments != "open":
        return None
    return FormView(
        action=settings.inbox,
        article=article.id,
        notice=settings.notice,
        privacy=settings.privacy,
        trap=trap(site, article.id),
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
