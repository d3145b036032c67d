"""What each template receives: a view is all that its page may show.

Every `url` is a path of the site ("/territoires/ptce/"); templates pass it through
the filters `href` (a link in a page) or `absolute` (a feed, a canonical address).
"""

from datetime import datetime
from typing import Any, Literal

from msgspec import Struct

from labo_ssg.model import Discussion, Heading, Html, Link, Source, Variant, Way
from labo_ssg.pages import urls


class SiteView(Struct, frozen=True):
    """What every page knows of the site: the global `site` of all templates.

    `search` is the address of the search page, "" for none; `style` the CSS of the theme's settings. `preview` tells
    that it shows messages that wait: no machine should keep such pages.
    """

    title: str
    tagline: str
    description: str
    language: str
    base_url: str
    menu: tuple[Link, ...]
    footer: tuple[Link, ...]
    partners: tuple["PartnerView", ...]
    social: tuple[Link, ...]
    has_glossary: bool
    search: str
    style: str
    extra: dict[str, Any]
    preview: bool = False


class Mention(Struct, frozen=True):
    """An article that another page names, and the language of its title."""

    title: str
    url: str
    language: str


class Titled(Mention, frozen=True):
    """An article in a list of titles."""

    date: datetime | None


class View(Struct, frozen=True, kw_only=True):
    """What every page has. `breadcrumb` goes from the home page to the page's parent.

    `section` is the address of the top section the page belongs to, "" for none.
    `description` is plain text. `terms` are those that the texts of the page explain.
    `translations` are the same page in every language it is in, its own included, or none.
    `card` is the address of the picture that a shared link shows, `card_size` its width and height
    in pixels, () where they are not known; `data` is the page as schema.org describes such ones.
    """

    url: str
    title: str
    description: str = ""
    language: str
    breadcrumb: tuple[Link, ...] = ()
    section: str = ""
    feeds: tuple[Link, ...] = ()
    terms: tuple["TermView", ...] = ()
    translations: tuple[Mention, ...] = ()
    card: str = urls.CARD
    card_size: tuple[int, ...] = ()
    data: dict[str, Any] = {}


class ImageView(Struct, frozen=True):
    """A picture; `width` and `height` in pixels, 0 where they are not known, `variants` from narrow to wide."""

    url: str
    alt: str
    credit: str
    width: int
    height: int
    variants: tuple[Variant, ...]


class PartnerView(Struct, frozen=True):
    """A media partner; `logo` is None where there is none."""

    name: str
    url: str
    logo: ImageView | None


class Entry(Struct, frozen=True, cache_hash=True):
    """An article in a list. `comments` is the number of published ones, whatever `discussion` says."""

    url: str
    title: str
    lead: Html
    date: datetime | None
    updated: datetime | None
    authors: tuple[Link, ...]
    section: Link | None
    image: ImageView | None
    discussion: Discussion
    comments: int
    language: str


class Pagination(Struct, frozen=True):
    """Page `number` (from 1) of the `count` pages of the list at `url`."""

    number: int
    count: int
    url: str

    def at(self, number: int) -> str:
        """Return the address of page `number`."""
        return urls.numbered(self.url, number)

    @property
    def urls(self) -> tuple[str, ...]:
        """The address of each page."""
        return tuple(self.at(number) for number in range(1, self.count + 1))

    @property
    def previous(self) -> str:
        """The address of the page before this one, "" at the start."""
        return self.at(self.number - 1) if self.number > 1 else ""

    @property
    def next(self) -> str:
        """The address of the page after this one, "" at the end."""
        return self.at(self.number + 1) if self.number < self.count else ""


class TermView(Struct, frozen=True):
    """A term of the glossary; `anchor` is its id on the glossary page, `term-<anchor>` that of its popover.

    `articles` (filled on the glossary page alone) are those that use the term.
    """

    anchor: str
    word: str
    also: tuple[str, ...]
    definition: str
    details: str
    url: str
    articles: tuple[Mention, ...] = ()


class CommentView(Struct, frozen=True):
    """A published comment and the answers to it, or what stands in the place of one that was removed.

    `anchor` is its id in the page, `url` its permalink; `answers` is the comment it replies to
    (title: its author), or None; `depth` counts from 1 and goes on where nesting stops;
    `by_editors` tells that its author is one of the site's editors; `reply` is the address at
    which it is answered, "" where it cannot be. `excerpt` is plain text. One that was `erased` has no text, and
    `author` says so in words. One that is `pending` waits for a decision: only a preview shows it, and must say so.
    """

    id: str
    anchor: str
    url: str
    author: str
    website: str
    date: datetime
    body: Html
    notes: Html
    answers: Link | None
    depth: int
    by_editors: bool
    reply: str
    excerpt: str
    replies: tuple["CommentView", ...]
    erased: bool = False
    pending: bool = False

    @property
    def is_published(self) -> bool:
        """Whether it can be read, and by all."""
        return not (self.erased or self.pending)


class FormView(Struct, frozen=True):
    """The form for a message: `action` is the inbox's address, `notice` and `privacy` plain text.

    `reply_to` is the id of the comment that it answers, "" for none. `trap` is the name of a field
    that people leave empty. A text has from `shortest` to `longest` characters. On a page of the inbox
    `values` holds what was typed and `errors` what is wrong with it, by the name of the field.

    Where `kind` is not "post" no inbox receives the form: `link` begins a message elsewhere, at `address`
    (an e-mail address, the host of a forge), with the `lines` that it must start with.
    """

    action: str
    article: str
    notice: str
    privacy: str
    trap: str = ""
    needs_name: bool = True
    asks_email: bool = False
    asks_website: bool = True
    shortest: int = 10
    longest: int = 20_000
    reply_to: str = ""
    values: dict[str, str] = {}
    errors: dict[str, str] = {}
    kind: Way = "post"
    link: str = ""
    address: str = ""
    lines: str = ""


class ArticleView(View, frozen=True, kw_only=True):
    """`article.html`. `thread` holds the root comments; `form` is None where no message is taken."""

    id: str
    date: datetime | None
    updated: datetime | None
    authors: tuple[Link, ...]
    parent: Link | None
    lead: Html
    body: Html
    notes: Html
    headings: tuple[Heading, ...]
    image: ImageView | None
    source: Source | None
    tags: tuple[Link, ...]
    discussion: Discussion
    comments: int
    comments_feed: str
    thread: tuple[CommentView, ...]
    form: FormView | None
    previous: Mention | None
    next: Mention | None
    extra: dict[str, Any]


class Quote(Struct, frozen=True):
    """A short quotation of a published comment, for the home page; `excerpt` is plain text.

    `language` is that of the article, and so of its title and of the excerpt.
    """

    url: str
    author: str
    date: datetime
    article: str
    language: str
    excerpt: str


class Shelf(Struct, frozen=True):
    """A section and its latest articles, or a subsection (without articles) of a section page."""

    title: str
    url: str
    description: str
    count: int
    entries: tuple[Entry, ...]


class HomeView(View, frozen=True, kw_only=True):
    """`home.html`. `lead` is the newest article (on the first page alone), `latest` the ones after it."""

    intro: Html
    lead: Entry | None
    latest: tuple[Entry, ...]
    shelves: tuple[Shelf, ...]
    quotes: tuple[Quote, ...]
    pagination: Pagination


class ListView(View, frozen=True, kw_only=True):
    """`section.html`, `tag.html`, `author.html`. `body` and `shelves` are of a section's first page.

    `titles`, on the first page of a tag or an author that has several, are all the articles, not only its `entries`.
    """

    body: Html
    shelves: tuple[Shelf, ...]
    entries: tuple[Entry, ...]
    titles: tuple[Titled, ...]
    count: int
    pagination: Pagination


class IndexView(View, frozen=True, kw_only=True):
    """`tags.html`, `authors.html`: every tag or author, with its number of articles."""

    shelves: tuple[Shelf, ...]


class GlossaryView(View, frozen=True, kw_only=True):
    """`glossary.html`: `entries` are all the terms."""

    entries: tuple[TermView, ...]


class SearchView(View, frozen=True, kw_only=True):
    """`search.html`."""


class MessageView(View, frozen=True, kw_only=True):
    """`inbox/reply.html`, `inbox/refused.html`, `inbox/preview.html`: the form on a page of its own.

    `article` is the one it belongs to, `answered` the comment that it answers, or None. `preview` is the
    message as it will be shown, `remarks` what it loses on the way, `token` what confirms it as it is.
    """

    article: Mention
    answered: CommentView | None
    form: FormView
    preview: CommentView | None = None
    remarks: tuple[str, ...] = ()
    token: str = ""


class ReceiptView(View, frozen=True, kw_only=True):
    """`inbox/receipt.html`: `reference` and `code` are asked for at `status`; `delay` is plain text.

    `id` is that of the article.
    """

    id: str
    article: Mention
    reference: str
    code: str
    delay: str
    status: str


State = Literal["asked", "unknown", "pending", "approved", "published", "removal", "withdrawn", "refused"]
"""What became of a message; "asked" where nobody has been asked yet, "unknown" where reference or code are wrong."""


class StatusView(View, frozen=True, kw_only=True):
    """`inbox/status.html`: the form at `action`, and what became of a message; `comment` is where it is published."""

    article: Mention | None
    action: str
    state: State
    reference: str
    code: str
    comment: str


class GivenBackView(View, frozen=True, kw_only=True):
    """`inbox/given_back.html`: `why` a message was not taken, and its `values`, by the names of the form."""

    article: Mention | None
    why: str
    values: dict[str, str]


class NotFoundView(View, frozen=True, kw_only=True):
    """`404.html`."""

    sections: tuple[Link, ...]


class OldAddress(Struct, frozen=True):
    """An old address with a `query` ("article123"), and the page, `title` and `url`, that answers for it."""

    query: str
    title: str
    url: str


class MovedView(View, frozen=True, kw_only=True):
    """`moved.html`: an old address. `target` is the new one of the path itself, "" for none."""

    target: str
    queries: tuple[OldAddress, ...]


class FeedEntry(Struct, frozen=True):
    """An entry of a feed; its `url` is its id."""

    url: str
    title: str
    authors: tuple[str, ...]
    published: datetime
    updated: datetime
    summary: str
    content: Html
    language: str


class FeedView(View, frozen=True, kw_only=True):
    """`feeds/atom.xml`. `page` is the address of the page that the feed follows."""

    page: str
    updated: datetime
    entries: tuple[FeedEntry, ...]


class SitemapEntry(Struct, frozen=True):
    """An address of the sitemap, the day of its last change, if known, and the same page in all its languages."""

    url: str
    updated: datetime | None
    translations: tuple[Mention, ...]


class SitemapView(View, frozen=True, kw_only=True):
    """`feeds/sitemap.xml` and `robots.txt`."""

    entries: tuple[SitemapEntry, ...]
