"""Which articles are the same text in several languages."""

from collections.abc import Iterable, Mapping, Sequence

from labo_ssg.model import Article
from labo_ssg.packing import Stamped, stamped
from labo_ssg.pages import urls
from labo_ssg.pages.views import Mention
from labo_ssg.problems import Place, Problem


def by_article(articles: Sequence[Article]) -> dict[str, Stamped[tuple[Mention, ...]]]:
    """Return, by article id, the text in all its languages, for the articles that have several."""
    known = {article.id: article for article in articles}
    groups: dict[str, list[Article]] = {}
    for article in articles:
        groups.setdefault(article.translation_of if article.translation_of in known else article.id, []).append(article)
    found = {}
    for group in groups.values():
        if len(group) > 1:
            views = stamped(tuple(mention(one) for one in _in_order(group)))
            found.update(dict.fromkeys((one.id for one in group), views))
    return found


def mention(article: Article) -> Mention:
    return Mention(article.title, urls.article(article), article.language)


def check(articles: Iterable[Article]) -> list[Problem]:
    """Return a problem for each article whose `translation_of` cannot be followed."""
    known = {article.id: article for article in articles}
    first: dict[tuple[str, str], Article] = {}
    problems = []
    for article in known.values():
        if fault := article.translation_of and _fault(article, known, first):
            what, hint = fault
            place = Place(article.place.path, article.lines.get("translation_of", 1))
            problems.append(Problem(place, f"`translation_of`: {what}", hint))
    return problems


def _fault(
    article: Article, known: Mapping[str, Article], first: dict[tuple[str, str], Article]
) -> tuple[str, str] | None:
    """Return what is wrong, and a hint; `first` collects the translations by their original and language."""
    original = known.get(article.translation_of)
    if original is None:
        return f"there is no article `{article.translation_of}`", "write the id of the article it was written as first"
    if original is article:
        return "it is the article itself", "write the id of the article it was written as first"
    if original.translation_of:
        return f"`{original.id}` is a translation itself", f"write `{original.translation_of}`, as there"
    if original.language == article.language:
        hint = "add the language that it is in: `lang: en`"
        return f"`{original.id}` is in the same language, `{article.language}`", hint
    other = first.setdefault((original.id, article.language), article)
    if other is not article:
        return f"{other.place.path} translates `{original.id}` into `{article.language}` too", "keep one of the two"
    return None


def _in_order(group: Iterable[Article]) -> list[Article]:
    """Return the original first, then its translations by language."""
    return sorted(group, key=lambda one: (bool(one.translation_of), one.language, one.id))
