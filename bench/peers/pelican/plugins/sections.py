"""Lists of articles by section, on two levels: Pelican's own categories have one."""

from typing import Any

from pelican import signals


def arrange(generator: Any) -> None:
    """Give the templates `tops`, the sections of the first level; keep all of them for `write`."""
    sections: dict[str, list[Any]] = {}
    for article in generator.articles:  # the newest first
        for address in (article.top, f"{article.top}/{article.leaf}"):
            sections.setdefault(address, []).append(article)
    generator.context["sections"] = sections
    generator.context["tops"] = sorted(address for address in sections if "/" not in address)


def write(generator: Any, writer: Any) -> None:
    for address, articles in generator.context["sections"].items():
        below = [other for other in generator.context["sections"] if other.startswith(f"{address}/")]
        writer.write_file(
            f"{address}/index.html",
            generator.get_template("section"),
            generator.context,
            paginated={"articles": articles},
            template_name="section",
            url=f"{address}/",
            address=address,
            below=below,
            articles=articles,
        )


def register() -> None:
    signals.article_generator_finalized.connect(arrange)
    signals.article_writer_finalized.connect(write)
