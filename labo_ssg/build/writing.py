"""The texts of a site → their bodies: what was written before is known by all that shaped it."""

from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any, NamedTuple

from msgspec.structs import replace

from labo_ssg.build import manuscripts, talks, waiting
from labo_ssg.build.cache import Cache, Known
from labo_ssg.build.crew import Crew
from labo_ssg.build.finding import Found
from labo_ssg.build.manuscripts import Desk, Links
from labo_ssg.build.progress import WRITING
from labo_ssg.build.reading import read_as_known
from labo_ssg.build.remembered import Done, Job, remember
from labo_ssg.build.talks import Folder, TalkOrder
from labo_ssg.disk import discussions
from labo_ssg.disk.library import Reader, reader
from labo_ssg.formats import frontmatter
from labo_ssg.markup import body as markup
from labo_ssg.model import (
    Article,
    Body,
    Comment,
    Conversation,
    Gist,
    Html,
    Kept,
    Library,
    Section,
    Talk,
    Texts,
    Written,
)
from labo_ssg.packing import digest, pack
from labo_ssg.pages import entries, threads
from labo_ssg.pages.links import Addresses
from labo_ssg.places import APPROVED, PENDING
from labo_ssg.problems import Place, Problem

# Texts and conversations from which other processes may help.
TEXTS, TALKS = 60, 100

# Of a file that was refused unread: no page shows it.
UNSEEN = Gist(Kept("texts", "", ""), b"", Html(""), "", (), (), ())


class Context(NamedTuple):
    """What all texts share; `shape` is a digest of what shapes each of them."""

    root: Path
    shape: bytes
    desk: Desk
    reader: Reader
    known: Addresses
    site_url: str


class ArticleOrder(NamedTuple):
    """The texts of an article, the digest of its file, and what its texts name of the site."""

    article: Article
    digest: bytes
    links: Links


class SectionOrder(NamedTuple):
    """The text of a section, and what it names of the site."""

    section: Section
    links: Links


class Writing:
    """The writing of all texts of a library; `whole` has those too that are not published yet."""

    def __init__(
        self, root: Path, library: Library, whole: Library, known: Addresses, cache: Cache, crew: Crew
    ) -> None:
        self._library, self._whole, self._cache, self._crew = library, whole, cache, crew
        self.notes: list[Problem] = []  # of the messages that a preview leaves out
        desk, at, site_url = manuscripts.desk(library.site), reader(library.site), library.site.base_url
        self._context = Context(root, digest(pack((desk, at, site_url))), desk, at, known, site_url)

    def write(self, found: Found) -> tuple[Written, list[Problem]]:
        """Return what was made of all texts, and the problems of those of editors and of discussions."""
        gists, problems = self._write_articles(found)
        sections, more = self._write_sections()
        talks, of_talks = self._write_talks(found)
        return Written(gists, talks, sections), [*problems, *more, *of_talks]

    def _write_articles(self, found: Found) -> tuple[dict[str, Gist], list[Problem]]:
        seen = {one.place.path: one for one in self._library.articles if one.place.path in found.contents}
        links = {path: self._links(one.references, one.section) for path, one in seen.items() if one.references}
        shape, digests = self._context.shape, found.contents
        keys = {path: shape + digests[path] + _stamp(links.get(path)) for path in seen}

        def order(path: str) -> ArticleOrder:
            return ArticleOrder(seen[path], digests[path], links.get(path, {}))

        written, problems = self._remember("texts", _write_article, keys, order, TEXTS)
        self._cache.drop("texts", self._cache.facts("texts").keys() - {one.place.path for one in self._whole.articles})
        gists = dict.fromkeys((one.id for one in self._library.articles), UNSEEN)
        return gists | {one.id: written[path].value(Gist) for path, one in seen.items()}, problems

    def _write_sections(self) -> tuple[dict[tuple[str, ...], Body], list[Problem]]:
        sections = {section.place.path: section for section in self._library.sections if section.text.strip()}
        orders = {}
        for path, section in sections.items():
            links = self._links(markup.references(section.text, section.markup), section.path)
            orders[path] = SectionOrder(section, links)
        keys = {path: self._context.shape + digest(pack(order)) for path, order in orders.items()}
        written, problems = self._remember("section text", _write_section, keys, orders.__getitem__, TEXTS)
        self._cache.drop("section text", self._cache.facts("section text").keys() - sections.keys())
        return {section.path: written[path].value(Body) for path, section in sections.items()}, problems

    def _write_talks(self, found: Found) -> tuple[dict[str, Talk], list[Problem]]:
        """Write the comments of every article, and look whether their answers hang together."""
        languages = {article.id: article.language for article in self._whole.articles}
        approved, problems = talks.folders(found, languages.keys())
        folders = approved | self._waiting(found, approved) if found.pending else approved
        known = self._cache.facts("conversation")
        orders, keys = {}, {}
        for path, folder in folders.items():
            talk = known[path].value(Talk) if path in known else None
            links = self._links(talk.references, ()) if talk else {}
            orders[path] = TalkOrder(languages[folder.article], folder.joined, folder.digests, folder.pending)
            keys[path] = _key(self._context.shape, orders[path], links)
        written, more = self._remember("conversation", _write_talk, keys, orders.__getitem__, TALKS)
        self._cache.drop("conversation", known.keys() - folders.keys())
        published = {article.id for article in self._library.articles}
        for path, folder in folders.items():
            if path not in known and folder.article in published:
                more += self._check_answers(folder.article, approved)
        shown = {path: folder.article for path, folder in folders.items() if folder.article in published}
        return {article: written[path].value(Talk) for path, article in shown.items()}, problems + more

    def _waiting(self, found: Found, approved: Mapping[str, Folder]) -> dict[str, Folder]:
        """Return the folders of the articles under which messages wait that can be shown, approved ones included.

        They have paths of their own: what is remembered of the approved ones alone stays for the next build.
        """
        published, known = ([one.id for one in some.articles] for some in (self._library, self._whole))
        at = self._context
        chosen = waiting.choose(at.root, found, waiting.Articles(set(published), set(known)), at.reader)
        self.notes += chosen.notes
        there = {folder.article: folder for folder in approved.values()}
        return {
            f"{PENDING}/{article}": there.get(article, Folder(article, "", b""))._replace(pending=tuple(files))
            for article, files in chosen.files.items()
        }

    def _check_answers(self, article: str, folders: Mapping[str, Folder]) -> list[Problem]:
        root, folder = self._context.root, f"{APPROVED}/{article}"
        comments = discussions.read_comments(root, folder, self._context.reader)[0]
        homes = {
            name.removesuffix(".md"): folder.article for folder in folders.values() for name in folder.joined.split("/")
        }
        return threads.check(comments, homes)

    def _links(self, references: Iterable[str], folder: tuple[str, ...]) -> Links:
        if not references:
            return {}
        return manuscripts.find_links(self._context.known, references, folder, self._context.site_url)

    def _remember(
        self,
        kind: str,
        step: Callable[[Context, Job], Done],
        keys: Mapping[str, bytes],
        order: Callable[[str], Any],
        worth: int,
    ) -> tuple[dict[str, Known], list[Problem]]:
        cache, crew, at = self._cache, self._crew, self._context
        return remember(cache, crew, kind, step, at, keys, order, worth=worth, stage=WRITING, prepare=self._with_data)

    def _with_data(self, job: Job) -> Job:
        """Return `job` with its files as they were read, for those who do not see this disk."""
        files = []
        if isinstance(job.order, TalkOrder):
            files = job.order.files(_article_of(job))
        elif isinstance(job.order, ArticleOrder):
            files = [(job.path, job.order.digest)]
        return job._replace(data=tuple(read_as_known(self._context.root, *one) for one in files))


def _stamp(links: Links | None) -> bytes:
    """Return what stands for `links` at the end of a key: few texts have any."""
    return digest(pack(links)) if links else b""


def _key(shape: bytes, order: TalkOrder, links: Links) -> bytes:
    """Return the key of a conversation."""
    waits = [part for path, known in order.pending for part in (path.encode(), known)]
    return digest(shape, order.language.encode(), _stamp(links), order.joined.encode(), order.digests, *waits)


def _article_of(job: Job) -> str:
    """Return the article whose conversation a job is."""
    return job.path.rpartition("/")[2]


def _write_article(at: Context, job: Job) -> Done:
    """Write the lead and the text of an article."""
    order: ArticleOrder = job.order
    article = order.article
    data, problems = job.data[0] if job.data else read_as_known(at.root, job.path, order.digest)
    is_readable = article.place.line and not problems  # without a header that can be read, there is no text
    text = frontmatter.body(data, job.path) if is_readable else ""
    place = Place(job.path, article.lines.get("description", 1))
    body = manuscripts.render(manuscripts.of_article(at.desk, article, text, order.links), article.place, problems)
    lead = manuscripts.render(manuscripts.of_lead(at.desk, article, order.links), place, problems)
    gist = Gist(
        kept=Kept("texts", job.path, job.key.hex()),
        sign=entries.sign(article, lead),
        lead=lead.html,
        excerpt=lead.excerpt or body.excerpt,
        terms=tuple(dict.fromkeys(lead.terms + body.terms)),
        lead_terms=lead.terms,
        pictures=tuple(dict.fromkeys(lead.pictures + body.pictures)),
    )
    return Done(pack(gist), pack(Texts(lead, body)), tuple(problems))


def _write_section(at: Context, job: Job) -> Done:
    order: SectionOrder = job.order
    problems: list[Problem] = []
    body = manuscripts.render(
        manuscripts.of_section(at.desk, order.section, order.links), order.section.place, problems
    )
    return Done(pack(body), b"", tuple(problems))


def _write_talk(at: Context, job: Job) -> Done:
    """Write the comments of an article; what they name of the site shows only here."""
    order: TalkOrder = job.order
    comments, problems = _read_talk(at, job)
    references = tuple(dict.fromkeys(one for comment in comments for one in markup.references(comment.text, "spip")))
    links = manuscripts.find_links(at.known, references, (), at.site_url)
    bodies: dict[str, Body] = {}
    for comment in comments:
        manuscript = manuscripts.of_comment(at.desk, comment, comment.text, order.language, links)
        bodies[comment.id] = manuscripts.render(manuscript, comment.place, problems)
    key = _key(at.shape, order, links)
    published = [comment for comment in comments if comment.is_published]
    newest = max(published or comments, key=lambda one: (one.date, one.id))
    pictures = tuple(dict.fromkeys(path for body in bodies.values() for path in body.pictures))
    kept = Kept("conversation", job.path, key.hex())
    talk = Talk(kept, len(published), newest.date, newest.id, pictures, references)
    sheets = tuple(replace(comment, text="") for comment in comments)
    passing = talk if threads.check(comments, {}) else None
    return Done(pack(talk), pack(Conversation(sheets, bodies)), tuple(problems), passing, key)


def _read_talk(at: Context, job: Job) -> tuple[tuple[Comment, ...], list[Problem]]:
    """Return the comments of a job, oldest first, and the problems of their files."""
    order: TalkOrder = job.order
    comments, problems = [], []
    for number, (path, known) in enumerate(order.files(_article_of(job))):
        data, unread = job.data[number] if job.data else read_as_known(at.root, path, known)
        comment, told = discussions.parse_comment(data, path, at.reader)
        comments.append(replace(comment, pending=True) if path.startswith(PENDING) else comment)
        problems += unread or told
    return discussions.in_order(comments), problems
