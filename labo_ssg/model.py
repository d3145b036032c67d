"""The nouns: what a site is made of, as frozen values without verbs.

Text in here is as its author wrote it; only `Body` and what is typed `Html`
has been through `markup`. Every datetime is aware.
"""

from datetime import datetime
from typing import Any, Literal

from msgspec import Struct, field

from labo_ssg.problems import Place

Markup = Literal["markdown", "spip"]
Engine = Literal["python-markdown", "commonmark"]
Typography = Literal["spip", "fine"]
Kind = Literal["article", "comment"]
"""Who wrote a text: an editor or a visitor."""

Discussion = Literal["open", "closed", "off"]

Shown = Literal["shown", "hidden"]

Way = Literal["post", "mail", "new-file"]
"""How a visitor sends a message: by the form, by a letter, or as a file written on a forge."""

Forge = Literal["github", "gitlab", "forgejo", "gitea"]
"""What a forge speaks; Gitea and Codeberg speak as Forgejo does."""

Publish = Literal["files", "release"]
"""Whether the files of the output folder are replaced one by one, or a link turned to a folder of new ones."""


class Html(str):
    """HTML that is safe to publish. Only `markup` makes it; templates print it unescaped."""

    __slots__ = ()

    def __html__(self) -> str:
        """Say to MarkupSafe that there is nothing to escape."""
        return self


class Link(Struct, frozen=True, array_like=True):
    """A title and where it leads: an entry of a menu, a social account."""

    title: str
    url: str


class Partner(Struct, frozen=True):
    """A media partner; `logo` is the address of a picture of the site."""

    name: str
    url: str
    logo: str = ""


class Term(Struct, frozen=True):
    """An entry of the glossary: `word` (and the forms in `also`) means `definition`."""

    word: str
    definition: str
    also: tuple[str, ...] = ()
    details: str = ""
    url: str = ""


class CommentSettings(Struct, frozen=True):
    """How the discussions of the site work, and what their form asks; an article may choose its own `default`.

    `inbox` is the address of the form, or what takes its place: mailto:name@example.org, new-file. Lengths of a
    message are in characters. `key` is the public one to which addresses of e-mail are sealed; without it none is
    asked for. `delay` is how soon moderators usually decide.
    """

    default: Discussion = "open"
    inbox: str = "/inbox/"
    notice: str = ""
    privacy: str = ""
    delay: str = ""
    editors: tuple[str, ...] = ()
    name: Literal["required", "optional"] = "required"
    email: Shown = "shown"
    website: Shown = "shown"
    shortest: int = 10
    longest: int = 20_000
    key: str = ""


class Repository(Struct, frozen=True):
    """Where the sources of the site lie: `url` is that of its page on a forge, the site at its root or in a `folder`.

    `forge` is None where neither the settings nor the host's name tell it. A repository is taken to be public unless
    it is said to be `private`.
    """

    url: str
    branch: str = "main"
    forge: Forge | None = None
    private: bool = False
    folder: str = ""


class NoticeSettings(Struct, frozen=True):
    """Who is told of messages by e-mail; `server` is like smtps://name@host:465, its password is no setting."""

    to: tuple[str, ...] = ()
    sender: str = ""
    server: str = "smtp://localhost:25"
    every: Literal["message", "hour"] = "message"


class ScreenSettings(Struct, frozen=True):
    """What makes a message suspect: more than so many `links` but to `friends`, any of the `words`."""

    links: int = 2
    friends: tuple[str, ...] = ()
    words: tuple[str, ...] = ()


class PaceSettings(Struct, frozen=True):
    """How many messages are taken: `sender` of one sender in an hour, `article` under one article in an hour.

    `requests` is how many requests of any kind, previews for example, one sender may make in a minute; long texts
    count for several. `store` is where several inboxes count messages together, "memory://" for each its own, or like
    redis://host:6379.
    """

    sender: int = 20
    article: int = 200
    store: str = "memory://"
    requests: int = 300


ProposalGroup = Literal["each", "together"]
"""Whether each message has a pull request of its own, or all that wait share one."""


class InboxSettings(Struct, frozen=True):
    """How `labo inbox` works; no page of the site depends on it.

    `group` says how the mailbox "pull-request" proposes messages, `origins` are those of other sites whose forms it
    takes, `proxies` the addresses whose word on where a request comes from is believed.
    """

    mailbox: Literal["folder", "commit", "pull-request"] = "folder"
    group: ProposalGroup = "each"
    push: bool = False
    bot: str = "Labo SSG <inbox@localhost>"
    origins: tuple[str, ...] = ()
    proxies: tuple[str, ...] = ("127.0.0.1", "::1")
    notices: NoticeSettings = NoticeSettings()
    screen: ScreenSettings = ScreenSettings()
    pace: PaceSettings = PaceSettings()


class MarkdownSettings(Struct, frozen=True):
    """Which program reads the Markdown of the site."""

    engine: Engine = "python-markdown"


class Colors(Struct, frozen=True):
    """The colours of the theme in one scheme, each `#rrggbb`; what is "" is derived from the others."""

    paper: str = ""
    wash: str = ""
    ink: str = ""
    second_ink: str = ""
    line: str = ""
    accent: str = ""
    on_accent: str = ""


# The theme's own, as in templates/assets/style.css; tests/test_looks.py compares.
LIGHT = Colors("#fffdf9", "#f6f2e9", "#1c1d1f", "#4d504e", "#e3ded4", "#085a42", "#fffdf9")
DARK = Colors("#15181a", "#1c2022", "#ece8e0", "#b6b5af", "#32373a", "#73d3ad", "#10201a")


class ThemeSettings(Struct, frozen=True):
    """How the theme looks. Fonts and lengths are as CSS has them, "" for the theme's own.

    `social_images` asks for a picture of each article's own title for links that are shared;
    `social_font` is the file under `content/` with which it is written.
    """

    colors: Colors = LIGHT
    dark: Colors = DARK
    text_font: str = ""
    interface_font: str = ""
    width: str = ""
    measure: str = ""
    social_images: bool = False
    social_font: str = ""


class Site(Struct, frozen=True):
    """The settings, `site.yaml`."""

    title: str
    base_url: str
    tagline: str = ""
    description: str = ""
    language: str = "fr"
    timezone: str = "Europe/Paris"
    typography: Typography = "spip"
    markdown: MarkdownSettings = MarkdownSettings()
    per_page: int = 10
    search: bool = False
    publish: Publish = "files"
    theme: ThemeSettings = ThemeSettings()
    menu: tuple[Link, ...] = ()
    footer: tuple[Link, ...] = ()
    partners: tuple[Partner, ...] = ()
    social: tuple[Link, ...] = ()
    comments: CommentSettings = CommentSettings()
    inbox: InboxSettings = InboxSettings()
    repository: Repository | None = None
    glossary: tuple[Term, ...] = ()
    extra: dict[str, Any] = field(default_factory=dict)


class Source(Struct, frozen=True, array_like=True):
    """Where an article was first published: *Lire sur* `name`."""

    name: str
    url: str


class Image(Struct, frozen=True, array_like=True):
    """The picture that stands for an article; `src` as in the body's own links."""

    src: str
    alt: str
    credit: str = ""


class Article(Struct, frozen=True, array_like=True):
    """A text of the site. `section` is its folder, `()` for the root of `content/`.

    `listed` is false for a page apart (legal notice…): it has no date and stands in no list.
    `translation_of` is the id of the article in the language it was written in, "" for none.
    `lines` are those of its header's keys, for messages; `place` is where its text starts. A library
    leaves the `text` in its file, and keeps the internal `references` that it and the lead may name.
    """

    id: str
    section: tuple[str, ...]
    stem: str
    title: str
    date: datetime | None
    updated: datetime | None
    authors: tuple[str, ...]
    description: str
    tags: tuple[str, ...]
    source: Source | None
    image: Image | None
    comments: Discussion
    draft: bool
    listed: bool
    aliases: tuple[str, ...]
    language: str
    translation_of: str
    extra: dict[str, Any]
    markup: Markup
    text: str
    place: Place
    lines: dict[str, int]
    references: tuple[str, ...] = ()


class Section(Struct, frozen=True, array_like=True):
    """A folder of `content/`; its title, text and order come from its `index` file, if any."""

    path: tuple[str, ...]
    title: str
    description: str
    order: int
    aliases: tuple[str, ...]
    markup: Markup
    text: str
    place: Place


class Comment(Struct, frozen=True, array_like=True):
    """A visitor's approved message; `text` is raw SPIP markup, which a conversation leaves in its file.

    One that was `erased` has neither author nor text: it keeps the place of the answers to it. One that is `pending`
    is not approved; only a preview that asks for such ones has any.
    """

    id: str
    article: str
    author: str
    date: datetime
    reply_to: str
    website: str
    text: str
    place: Place
    erased: bool = False
    pending: bool = False

    @property
    def is_published(self) -> bool:
        """Whether it counts among the comments of the site: it can be read, and by all."""
        return not (self.erased or self.pending)


class Asset(Struct, frozen=True, array_like=True):
    """Any other file of `content/`, copied as it is; `path` is relative to `content/`.

    `width` and `height` of a picture are in pixels, 0 where they are not known; `widths`
    are those for which it is worth making smaller.
    """

    path: str
    width: int = 0
    height: int = 0
    widths: tuple[int, ...] = ()


class Library(Struct, frozen=True):
    """What was read and may be published, each kind in a fixed order; the comments are in conversations."""

    site: Site
    sections: tuple[Section, ...]
    articles: tuple[Article, ...]
    assets: tuple[Asset, ...]


class Variant(Struct, frozen=True):
    """A picture made `width` pixels wide."""

    url: str
    width: int


class Picture(Struct, frozen=True):
    """A picture of `content/`, at `path` there; `variants` go from narrow to wide.

    `width` and `height` are in pixels, 0 where the file is no picture.
    """

    path: str
    width: int
    height: int
    variants: tuple[Variant, ...] = ()


class Target(Struct, frozen=True):
    """What an internal reference leads to; an empty `url` means that nothing is there."""

    url: str
    title: str = ""
    picture: Picture | None = None


class Manuscript(Struct, frozen=True):
    """All that shapes one body, and nothing else.

    `links` holds the internal references that the text may name, `words` the forms of
    the glossary that it holds, each with the anchor of its term, `meanings` what paper shows
    at the first occurrence of a term, by anchor. `anchor` keeps the ids of this body apart
    from those of the other bodies of its page. `engine` reads the text where it is Markdown.
    """

    text: str
    markup: Markup
    kind: Kind
    language: str
    typography: Typography
    links: dict[str, Target]
    words: dict[str, str]
    meanings: dict[str, str]
    anchor: str
    engine: Engine


class Heading(Struct, frozen=True, array_like=True):
    """A heading of a body, for its table of contents; `title` is plain text."""

    level: int
    id: str
    title: str


class Body(Struct, frozen=True, array_like=True):
    """A text made safe HTML.

    `terms` are the anchors of the glossary's terms it explains, in order; `broken` the
    internal references that lead nowhere, as they were written; `pictures` the paths of
    those it shows.
    """

    html: Html
    notes: Html
    excerpt: str
    headings: tuple[Heading, ...]
    terms: tuple[str, ...]
    broken: tuple[str, ...]
    pictures: tuple[str, ...] = ()


NO_BODY = Body(Html(""), Html(""), "", (), (), ())
"""The body of a text that is not there, or cannot be rendered."""


class Texts(Struct, frozen=True, array_like=True):
    """The bodies of an article: that of its lead, and its own."""

    lead: Body
    body: Body


class Conversation(Struct, frozen=True, array_like=True):
    """The comments of an article, oldest first, and their bodies by the id of the comment."""

    comments: tuple[Comment, ...] = ()
    bodies: dict[str, Body] = {}


class Kept(Struct, frozen=True, array_like=True):
    """A work that the cache holds, `Texts` or a `Conversation`: it stands for it until it is shown.

    `path` is that of the file or folder it was made from, `key` the digest of all that shaped it.
    """

    kind: Literal["texts", "conversation"]
    path: str
    key: str


class Gist(Struct, frozen=True, array_like=True):
    """What other pages may show of the texts of an article.

    `sign` stands for what lists show of it, as far as its own file tells. `terms` are those of both texts,
    `lead_terms` those of the lead; `pictures` are the paths of those that are shown.
    """

    kept: Kept
    sign: bytes
    lead: Html
    excerpt: str
    terms: tuple[str, ...]
    lead_terms: tuple[str, ...]
    pictures: tuple[str, ...]


class Talk(Struct, frozen=True, array_like=True):
    """What other pages may need to know of a conversation.

    `count` is how many published comments it has; `newest` and `newest_id` are those of the newest of them, or where
    there is none of the newest of all; `references` what its texts name of the site.
    """

    kept: Kept
    count: int
    newest: datetime
    newest_id: str
    pictures: tuple[str, ...]
    references: tuple[str, ...]


class Written(Struct, frozen=True):
    """What was made of all texts: by article id, by article id again, by section."""

    gists: dict[str, Gist]
    talks: dict[str, Talk]
    sections: dict[tuple[str, ...], Body]
