"""The corpus as a site of each builder: its files, the edits made to them, and whether the pages show it all.

The same texts for all builders: only headers, places of files and the markup of comments differ. What each builder
wants beside them (settings, templates) is in `bench/peers/`; Labo takes its own default theme, or the plain one there.
"""

import json
import re
import shutil
from datetime import datetime, timedelta
from pathlib import Path

from corpus import Article, Comment, Corpus

PEERS = Path(__file__).parent / "peers"
THEME = Path(__file__).parent.parent / "templates"
FOOTERS = {
    "labo": "templates/partials/footer.html",
    "hugo": "layouts/_partials/footer.html",
    "pelican": "theme/templates/footer.html",
}
OUTPUT = "public"
MARK = re.compile(r"repere-[a-z]+-[0-9]+")  # a word that an edit adds: no template and no typography changes it
SHOWN = re.compile(r'id="comment-([0-9-]+)"')

SPIP_IN_MARKDOWN = (
    (re.compile(r"{{(.+?)}}"), r"**\1**"),
    (re.compile(r"{(.+?)}"), r"*\1*"),
    (re.compile(r"\[(.+?)->(.+?)]"), r"[\1](\2)"),
    (re.compile(r"<quote>(.+?)</quote>"), r"> \1"),
)

Fields = dict[str, str | datetime | list[str]]


class Site:
    """A site of `builder` ("labo", "hugo", "pelican") in `folder`; each edit adds a mark or takes the place of one."""

    def __init__(self, builder: str, folder: Path, corpus: Corpus) -> None:
        self.builder, self.folder, self.corpus = builder, folder, corpus
        self.addresses: list[str] = []
        self.edited = corpus.article(corpus.usual())  # the article that edits touch
        self.in_article: list[str] = []  # the marks that its page must show, the one of every page apart
        self.in_footer: list[str] = []
        self.count = 0

    def start(self, engine: str, *, plain: bool = False) -> None:
        """Write all but the articles; Labo reads their Markdown with `engine`, in its own theme or a `plain` one."""
        if self.builder != "labo" or plain:
            shutil.copytree(PEERS / self.builder, self.folder, ignore=shutil.ignore_patterns("__pycache__"))
        if self.builder == "labo":
            settings = f"title: Banc d'essai\nbase_url: https://banc.example\nmarkdown: {{engine: {engine}}}\n"
            self.write("site.yaml", settings)
            self.write(".gitignore", f"/{OUTPUT}/\n/.labo/\n")
            if not plain:
                self.write(FOOTERS["labo"], (THEME / "partials/footer.html").read_text(encoding="utf-8"))
        if self.builder != "pelican":  # whose plugin makes the titles of sections
            name = "index.md" if self.builder == "labo" else "_index.md"
            for top, leaf in self.corpus.sections():
                for section in (top, f"{top}/{leaf}"):
                    title = section.split("/")[-1].replace("-", " ").capitalize()
                    self.write(f"content/{section}/{name}", header({"title": title}))

    def add(self, article: Article) -> None:
        self.addresses.append(article.address)
        self.write(*article_file(self.builder, article))
        for comment in article.comments:
            self.write(*comment_file(self.builder, article, comment))

    def add_comment(self) -> None:
        article, mark = self.edited, self._mark("comment")
        name = f"{article.slug.rpartition('-')[2]}-{len(article.comments) + 1}"
        date = (article.comments[-1] if article.comments else article).date + timedelta(days=1)
        text = f"{article.lead}\n\n{{{{Un mot}}}} de plus : {mark}. {article.lead}\n"
        comment = Comment(name, "Zoé Aubry", date, None, text)
        article.comments.append(comment)
        self.in_article.append(mark)
        self.write(*comment_file(self.builder, article, comment))

    def edit_article(self) -> None:
        mark = self._mark("article")
        self.in_article = [one for one in self.in_article if "article" not in one] + [mark]
        body = f"{self.edited.body}\nUn paragraphe *de plus* : {mark}.\n"
        self.write(*article_file(self.builder, self.edited._replace(body=body)))

    def edit_footer(self) -> None:
        path = FOOTERS[self.builder]
        text = (self.folder / path).read_text(encoding="utf-8").partition("<p>repere")[0]
        self.in_footer = [self._mark("footer")]
        self.write(path, f"{text}<p>{self.in_footer[0]}</p>\n")

    def wrong(self, output: Path, *, whole: bool) -> str:
        """Return what is wrong with the pages of articles in `output`, "" where nothing is.

        All must be there; the edited one, or each if `whole`, must show its comments and the marks, and no mark of old.
        """
        pages = [output / address / "index.html" for address in self.addresses]
        if missing := sum(not page.is_file() for page in pages):
            return f"{missing} of {len(pages)} articles are missing"
        lists = (self.edited.sections[0], "/".join(self.edited.sections), f"tags/{self.edited.tags[0]}")
        for path in (*(f"{one}/index.html" for one in lists), "index.html", "sitemap.xml"):
            if not (output / path).is_file():
                return f"{path} is missing"
        chosen = range(len(pages)) if whole else [self.addresses.index(self.edited.address)]
        wrong = (self._wrong_page(number, pages[number].read_text(encoding="utf-8")) for number in chosen)
        return next(filter(None, wrong), "")

    def _wrong_page(self, number: int, html: str) -> str:
        address = self.addresses[number]
        edited = address == self.edited.address
        comments = len(self.edited.comments) if edited else self.corpus.counts[number]
        shown = len(set(SHOWN.findall(html)))
        if shown != comments:
            return f"{address} shows {shown} comments, not {comments}"
        marks = {*self.in_footer, *(self.in_article if edited else ())}
        different = marks.symmetric_difference(MARK.findall(html))
        return f"{address} lacks, or has kept, {', '.join(sorted(different))}" if different else ""

    def write(self, path: str, text: str) -> None:
        place = self.folder / path
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_text(text, encoding="utf-8")

    def _mark(self, kind: str) -> str:
        self.count += 1
        return f"repere-{kind}-{self.count}"


def article_file(builder: str, article: Article) -> tuple[str, str]:
    """Return the path of `article` below the site's folder, and the text of its file."""
    fields: Fields = {"title": article.title, "date": article.date, "tags": article.tags}
    fields |= {"summary" if builder == "pelican" else "description": article.lead}
    if article.author:
        fields["author"] = article.author
    return f"content/{article.address}.md", header(fields, yaml=builder != "pelican") + article.body


def comment_file(builder: str, article: Article, comment: Comment) -> tuple[str, str]:
    """Return the path of `comment` below the site's folder, and the text of its file."""
    fields: Fields = {"author": comment.author, "date": comment.date}
    name = f"{article.slug}/{comment.id}"
    if builder == "labo":
        fields |= {"article": article.slug} | ({"reply_to": comment.answers} if comment.answers else {})
        return f"comments/approved/{name}.md", header(fields) + comment.text
    text = comment.text
    for spip, markdown in SPIP_IN_MARKDOWN:
        text = spip.sub(markdown, text)
    if builder == "pelican":  # its plugin calls a comment by the name of its file, less the dot
        fields |= {"replyto": f"{comment.answers}md"} if comment.answers else {}
        return f"content/comments/{name}.md", header(fields, yaml=False) + text
    fields |= {"id": comment.id, "answers": comment.answers or "", "text": text}
    return f"data/comments/{name}.yaml", header(fields).replace("---\n", "")


def header(fields: Fields, *, yaml: bool = True) -> str:
    """Return the header of a text: in YAML, or as Pelican's Markdown has it."""
    if not yaml:
        plain = {key: ", ".join(value) if isinstance(value, list) else value for key, value in fields.items()}
        return "".join(f"{key}: {value}\n" for key, value in plain.items()) + "\n"
    lines = []
    for key, value in fields.items():  # what JSON quotes, YAML reads
        lines.append(f"{key}: {value if isinstance(value, datetime) else json.dumps(value, ensure_ascii=False)}\n")
    return "".join(("---\n", *lines, "---\n"))
