"""When the site must be built again: `labo next-build`, as a job of a forge asks it."""

from datetime import UTC, datetime
from pathlib import Path

import pytest
from conftest import NOW, article, labo, read_tree, write_site

from labo_ssg.build.build import build
from labo_ssg.build.due import due

SITE = {
    "content/a/old.md": article("Ancien"),
    "content/a/later.md": article("Plus tard", date="2999-06-01 08:30"),
    "content/a/sooner.md": article("Bientôt", date="2998-06-01"),
    "content/a/draft.md": article("Brouillon", date="2997-01-01", draft="true"),
    "content/mentions.md": "---\ntitle: Mentions\nlisted: false\n---\nLégales.\n",
}


def test_the_moment_is_that_of_the_next_article_where_the_site_is(tmp_path: Path) -> None:
    site = write_site(tmp_path / "site", SITE)
    done = labo("next-build", "--root", site)
    assert (done.returncode, done.stdout, done.stderr) == (0, "2998-06-01T00:00:00+02:00\n", "")
    (site / "content/a/sooner.md").unlink()
    assert labo("next-build", "--root", site).stdout == "2999-06-01T08:30:00+02:00\n"


def test_a_site_without_articles_of_a_later_date_is_told_in_a_word(tmp_path: Path) -> None:
    site = write_site(tmp_path / "site", {"content/a/old.md": article()})
    done = labo("next-build", "--root", site)
    assert (done.returncode, done.stdout) == (0, "")
    assert done.stderr == "no article waits for a later date\n"


def test_at_the_moment_itself_the_article_is_there_and_waits_no_more(tmp_path: Path) -> None:
    site = write_site(tmp_path / "site", SITE)
    moment = datetime(2998, 5, 31, 22, tzinfo=UTC)
    assert due(site, now=NOW).moment == moment
    built = build(site, site / "public", now=moment, drafts=False)
    assert built.problems == ()
    assert (site / "public/a/sooner/index.html").is_file()
    assert due(site, now=moment).moment == datetime(2999, 6, 1, 6, 30, tzinfo=UTC)


def test_nothing_is_rendered_and_what_a_build_remembers_is_left_to_it(tmp_path: Path) -> None:
    site = write_site(tmp_path / "site", {**SITE, "templates/base.html": "{% broken"})
    assert labo("next-build", "--root", site).returncode == 0
    assert not (site / "public").exists()
    (site / "templates/base.html").unlink()
    build(site, site / "public", now=NOW, drafts=False)
    before = read_tree(site / "public")
    assert labo("next-build", "--root", site).returncode == 0
    again = build(site, site / "public", now=NOW, drafts=False)
    assert (again.written, read_tree(site / "public")) == (0, before)


@pytest.mark.parametrize(
    ("files", "expected"),
    [
        ({"content/a/x.md": article(date="demain")}, "content/a/x.md:3: `date`: expected a date"),
        ({"site.yaml": "titre: x\n"}, "site.yaml:1: unknown key `titre`"),
    ],
    ids=["an article whose date means nothing", "settings that mean nothing"],
)
def test_what_cannot_be_read_is_told_and_no_moment_with_it(
    tmp_path: Path, files: dict[str, str], expected: str
) -> None:
    site = write_site(tmp_path / "site", {**SITE, **files})
    done = labo("next-build", "--root", site)
    assert (done.returncode, done.stdout) == (1, "")
    assert expected in done.stderr


def test_a_folder_that_is_no_site_is_told_and_stays_empty(tmp_path: Path) -> None:
    done = labo("next-build", cwd=tmp_path)
    assert (done.returncode, "there is no site.yaml" in done.stderr) == (1, True)
    assert list(tmp_path.iterdir()) == []
