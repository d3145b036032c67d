"""The build, on small real sites: what it publishes, what it never does, and that it is always the same."""

import os
import shutil
import subprocess
import sys
import time
from datetime import UTC, datetime
from pathlib import Path

import pytest
from conftest import LABO, NOW, ROOT, article, build_files, comment, dom, labo, read_tree, text_of, write_site

from labo_ssg.build.build import build
from labo_ssg.build.check import check
from labo_ssg.build.finding import READABLE

NIGHT = datetime(2021, 1, 12, 22, 59, tzinfo=UTC)  # 23:59 in Paris
MORNING = datetime(2021, 1, 12, 23, 1, tzinfo=UTC)


def test_an_article_is_at_the_address_of_its_file(tmp_path: Path) -> None:
    site = write_site(tmp_path / "site", {"content/a/b/c.md": article('"Un titre : oui !"')})
    files = build_files(site, tmp_path / "out")
    page = dom(files["a/b/c/index.html"])
    assert [text_of(title) for title in page.iter("h1")] == ["Un titre\u00a0: oui\u00a0!"]
    assert {"index.html", "a/index.html", "a/b/index.html", "a/b/c/comments.xml", "a/b/feed.xml"} <= files.keys()
    assert {"404.html", "feed.xml", "comments/feed.xml", "sitemap.xml", "robots.txt", "tags/index.html"} <= files.keys()


def test_drafts_and_later_articles_show_only_when_asked_for(tmp_path: Path) -> None:
    site = write_site(
        tmp_path / "site",
        {
            "content/a/brouillon.md": article(draft="true"),
            "content/a/demain.md": article(date="2031-05-01"),
            "content/a/paru.md": article(),
            "comments/approved/brouillon/1.md": comment("brouillon"),
        },
    )
    shown = build_files(site, tmp_path / "out")
    everything = build_files(site, tmp_path / "all", drafts=True)
    assert {path for path in shown if path.endswith("index.html") and path.startswith("a/")} == {
        "a/index.html",
        "a/paru/index.html",
    }
    assert {"a/brouillon/index.html", "a/demain/index.html"} <= everything.keys()
    assert b"brouillon" not in b"".join(shown.values())


def test_an_article_appears_at_midnight_of_the_site(tmp_path: Path) -> None:
    site = write_site(tmp_path / "site", {"content/a/b.md": article(date="2021-01-13")})
    assert "a/b/index.html" not in build_files(site, tmp_path / "out", now=NIGHT)
    assert "a/b/index.html" in build_files(site, tmp_path / "out", now=MORNING)


def test_a_comment_waits_until_its_file_is_moved(tmp_path: Path) -> None:
    site = write_site(tmp_path / "site", {"content/a/b.md": article()})
    waiting = site / "comments/pending/b/20210113T100000Z-abcdef.md"
    waiting.parent.mkdir(parents=True)
    waiting.write_text(comment("b", author="Zélie Quinquoncel", body="Ortocambre, dit-elle."), encoding="utf-8")
    before = build_files(site, tmp_path / "out")
    everything = b"".join(before.values())
    words = (b"Quinquoncel", b"Ortocambre", b"20210113T100000Z-abcdef")
    assert [word for word in words if word in everything] == []

    approved = site / "comments/approved/b" / waiting.name
    approved.parent.mkdir(parents=True)
    waiting.rename(approved)
    after = build_files(site, tmp_path / "out")
    changed = {path for path in after if before.get(path) != after[path]}
    assert changed == {"index.html", "a/index.html", "a/b/index.html", "a/b/comments.xml", "comments/feed.xml"} - (
        set() if before["a/index.html"] != after["a/index.html"] else {"a/index.html"}
    )
    assert "Ortocambre, dit-elle." in after["a/b/index.html"].decode()


def test_what_is_beside_an_article_is_copied_as_it_is(tmp_path: Path) -> None:
    picture = bytes(range(256)) * 100
    body = "![Une carte](carte.bin) et [le dossier](../b/notes.pdf#p2) et [l'autre](../b/autre.md#h)"
    site = write_site(
        tmp_path / "site",
        {
            "content/a/x.md": article(body=body),
            "content/a/carte.bin": picture,
            "content/b/notes.pdf": b"%PDF",
            "content/b/autre.md": article("Autre"),
        },
    )
    files = build_files(site, tmp_path / "out")
    assert files["a/carte.bin"] == picture
    page = files["a/x/index.html"].decode()
    for expected in ('src="/a/carte.bin"', 'href="/b/notes.pdf#p2"', 'href="/b/autre/#h"'):
        assert expected in page


def test_a_site_in_a_folder_of_its_host_links_inside_it(tmp_path: Path) -> None:
    settings = "title: Essai\nbase_url: https://asso.example/labo/\n"
    files = {"site.yaml": settings, "content/a/x.md": article(body="[y](y.md)"), "content/a/y.md": article("Y")}
    made = build_files(write_site(tmp_path / "site", files), tmp_path / "out")
    page = dom(made["a/x/index.html"])
    links = {link.get("href") or "" for link in page.iter() if link.get("href")}
    assert "/labo/a/y/" in links
    inside = {link for link in links if link.startswith("/")}
    assert {link for link in inside if not link.startswith("/labo/")} == set()
    assert {link for link in inside if link.startswith("/labo/labo")} == set()
    assert "https://asso.example/labo/a/x/" in links


def test_a_build_with_problems_publishes_nothing_and_tells_them_all(tmp_path: Path) -> None:
    site = write_site(tmp_path / "site", {"content/a/x.md": article(body="Bon.")})
    before = build_files(site, tmp_path / "out")
    write_site(
        site,
        {
            "content/a/x.md": article(body="Mieux.\n\n[mort](nulle-part.md)", titel="faute"),
            "content/a/y.md": article(date="hier"),
            "comments/approved/x/1.md": comment("x", reply_to="absent"),
            "comments/approved/z/2.md": comment("z"),
        },
    )
    report = build(site, tmp_path / "out", now=NOW, drafts=False)
    assert [f"{one.place}: {one.what}" for one in report.problems] == [
        "comments/approved/x/1.md:5: answers comment `absent`, which is not among the approved ones of its article",
        "comments/approved/z/2.md:1: there is no article `z`",
        "content/a/x.md:4: unknown key `titel`",
        "content/a/x.md:8: the link to `nulle-part.md` leads nowhere",
        "content/a/y.md:3: `date`: expected a date, found `hier`",
    ]
    assert all(problem.hint for problem in report.problems)
    assert read_tree(tmp_path / "out") == before


def test_a_dead_link_is_told_where_it_is_and_not_where_its_letters_are(tmp_path: Path) -> None:
    site = write_site(tmp_path / "site", {"content/a/x.md": article(body="Voici un texte.\n\nEt un\n[lien](ici).")})
    report = build(site, tmp_path / "out", now=NOW, drafts=False)
    assert [str(one.place) for one in report.problems] == ["content/a/x.md:8"]


def test_a_mistake_in_a_template_is_told_by_template_and_line(tmp_path: Path) -> None:
    site = write_site(tmp_path / "site", {"content/a/x.md": article()})
    build_files(site, tmp_path / "out")
    (site / "templates").mkdir()
    (site / "templates/404.html").write_text(
        '{% extends "base.html" %}\n{% block main %}\n{{ view.nothing }}\n{% endblock %}\n'
    )
    report = build(site, tmp_path / "out", now=NOW, drafts=False)
    assert [str(one.place) for one in report.problems] == ["templates/404.html:3"]
    assert "/404.html" in report.problems[0].hint
    (site / "templates/404.html").write_text("{% extends 'base.html' %}\n{% if %}\n")
    report = build(site, tmp_path / "out", now=NOW, drafts=False)
    assert [str(one.place) for one in report.problems] == ["templates/404.html:2"]


def test_a_site_overrides_one_template_or_one_block(tmp_path: Path) -> None:
    files = {"content/a/x.md": article(), "templates/partials/footer.html": "<footer>Notre pied de page</footer>\n"}
    made = build_files(write_site(tmp_path / "site", files), tmp_path / "out")
    assert "Notre pied de page" in made["a/x/index.html"].decode()


def test_nothing_is_written_where_nothing_has_changed(tmp_path: Path) -> None:
    site = write_site(tmp_path / "site", {"content/a/x.md": article(), "content/a/x.svg": "<svg/>"})
    build_files(site, tmp_path / "out")
    times = {path: path.stat().st_mtime_ns for path in (tmp_path / "out").rglob("*")}
    report = build(site, tmp_path / "out", now=NOW, drafts=False)
    assert (report.written, report.removed) == (0, 0)
    assert {path: path.stat().st_mtime_ns for path in (tmp_path / "out").rglob("*")} == times


def test_what_the_site_no_longer_has_is_removed_and_nothing_else(tmp_path: Path) -> None:
    site = write_site(tmp_path / "site", {"content/a/x.md": article(), "content/a/y/z.md": article("Z")})
    build_files(site, tmp_path / "out")
    (tmp_path / "out/CNAME").write_text("essai.example")
    (tmp_path / "out/a/mine").mkdir()
    (site / "content/a/y/z.md").unlink()
    (site / "content/a/y").rmdir()
    report = build(site, tmp_path / "out", now=NOW, drafts=False)
    assert report.removed > 0
    assert report.foreign == ("CNAME",)
    assert not (tmp_path / "out/a/y").exists()
    assert (tmp_path / "out/a/mine").is_dir()


@pytest.mark.parametrize(
    "output", [".", "content", "content/a", "comments/approved", "templates", ".labo", "..", ".git"]
)
def test_the_output_is_never_among_the_sources(tmp_path: Path, output: str) -> None:
    site = write_site(tmp_path / "site", {"content/a/x.md": article()})
    before = read_tree(site)
    report = build(site, site / output, now=NOW, drafts=False)
    assert ["the site's own files" in one.what for one in report.problems] == [True]
    assert read_tree(site) == before


def test_what_stands_in_the_way_is_told_before_anything_is_written(tmp_path: Path) -> None:
    site = write_site(tmp_path / "site", {"content/a/x.md": article(), "content/b/y.md": article("Y")})
    out, elsewhere = tmp_path / "out", tmp_path / "elsewhere"
    elsewhere.mkdir()
    (out / "feed.xml").mkdir(parents=True)
    (out / "feed.xml/mine").write_text("precious")
    (out / "a").write_text("in the way")
    (out / "b").symlink_to(elsewhere)
    report = build(site, out, now=NOW, drafts=False)
    assert [f"{one.place.path.removeprefix(str(out))}: {one.what}" for one in report.problems] == [
        "/a: a file stands where a folder of the site should",
        "/b: a symbolic link stands where a folder of the site should",
        "/feed.xml: a folder stands where a file of the site should",
    ]
    assert sorted(path.name for path in out.iterdir()) == ["a", "b", "feed.xml"]
    assert list(elsewhere.iterdir()) == []


def test_a_file_of_an_earlier_build_gives_way_to_a_folder_and_back(tmp_path: Path) -> None:
    site = write_site(tmp_path / "site", {"content/a/d.pdf": "%PDF", "content/a/x.md": article()})
    assert "a/d.pdf" in build_files(site, tmp_path / "out")
    (site / "content/a/d.pdf").rename(site / "content/a/d.txt")
    write_site(site, {"content/a/d.pdf.md": article("D")})
    assert "a/d.pdf/index.html" in build_files(site, tmp_path / "out")
    (site / "content/a/d.pdf.md").unlink()
    (site / "content/a/d.txt").rename(site / "content/a/d.pdf")
    assert build_files(site, tmp_path / "out")["a/d.pdf"] == b"%PDF"


def test_a_build_that_was_killed_is_healed_by_the_next(tmp_path: Path) -> None:
    many = {f"content/a/x{number}.md": article(body="mot " * 200) for number in range(60)}
    site = write_site(tmp_path / "site", many)
    build_files(site, tmp_path / "out")
    for number, delay in enumerate((0.25, 0.35, 0.4, 0.45, 0.5, 0.6)):
        write_site(site, {"site.yaml": f"title: Essai {number}\nbase_url: https://essai.example\n"})
        command = [*LABO, "build", "--root", str(site), "--output", str(tmp_path / "out")]
        running = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        time.sleep(delay)
        running.kill()
        running.wait()
        pages = [path for path in (tmp_path / "out").rglob("*.html") if not path.name.startswith(".labo-")]
        assert [path for path in pages if not path.read_bytes().endswith(b"</html>")] == []
    (tmp_path / "out/a/.labo-0123456789ab").write_text("half a p")
    assert build_files(site, tmp_path / "out") == build_files(site, tmp_path / "afresh")


def test_two_builds_at_once_leave_one_whole_site(tmp_path: Path) -> None:
    site = write_site(tmp_path / "site", {f"content/a/x{number}.md": article() for number in range(30)})
    command = [*LABO, "build", "--root", str(site), "--output", str(tmp_path / "out")]
    running = [subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE) for _ in range(4)]
    assert [(one.communicate()[1].count(b"Traceback"), one.returncode) for one in running] == [(0, 0)] * 4
    assert read_tree(tmp_path / "out") == build_files(site, tmp_path / "afresh")


def test_an_output_that_is_a_link_to_nowhere_is_told(tmp_path: Path) -> None:
    site = write_site(tmp_path / "site", {"content/a/x.md": article()})
    (tmp_path / "out").symlink_to(tmp_path / "nowhere")
    report = build(site, tmp_path / "out", now=NOW, drafts=False)
    assert ["a link that leads nowhere" in one.what for one in report.problems] == [True]


@pytest.mark.parametrize(
    "environment",
    [{"PYTHONHASHSEED": "1", "TZ": "Asia/Tokyo"}, {"PYTHONHASHSEED": "2", "TZ": "America/New_York", "LC_ALL": "C"}],
    ids=["Tokyo", "New York, C locale"],
)
def test_the_same_site_gives_the_same_bytes_anywhere(demo: Path, tmp_path: Path, environment: dict[str, str]) -> None:
    copy = tmp_path / "elsewhere"
    for name in ("content", "comments", "templates"):
        shutil.copytree(ROOT / name, copy / name)
    shutil.copy(ROOT / "site.yaml", copy)
    code = f"""
from datetime import datetime
from pathlib import Path
from labo_ssg.build.build import build
report = build(Path("."), Path("public"), now=datetime.fromisoformat({NOW.isoformat()!r}), drafts=False)
raise SystemExit("\\n".join(map(str, report.problems)) or 0)
"""
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=copy, env={**os.environ, **environment}, capture_output=True, text=True
    )
    assert (done.returncode, done.stderr) == (0, "")
    assert read_tree(copy / "public") == read_tree(demo)


@pytest.fixture(scope="module")
def large(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A site that is large enough for several processes."""
    files = {f"content/a/n{number}.md": article(f"Numéro {number}", body="Un {{mot}}, l'ESS.") for number in range(60)}
    files |= {f"comments/approved/n{number % 60}/c{number}.md": comment(f"n{number % 60}") for number in range(400)}
    glossary = "- word: ESS\n  definition: Économie sociale et solidaire\n"
    return write_site(tmp_path_factory.mktemp("large"), files | {"content/glossaire.yaml": glossary})


def test_the_number_of_processes_changes_nothing(large: Path, tmp_path: Path) -> None:
    for jobs in (1, 3):
        ran = labo("build", "--root", large, "--output", tmp_path / str(jobs), "--jobs", jobs, "--no-cache")
        assert ran.returncode == 0
    one, three = read_tree(tmp_path / "1"), read_tree(tmp_path / "3")
    assert len(one) > 120
    assert one == three


def test_problems_are_told_by_several_processes_as_by_one(large: Path, tmp_path: Path) -> None:
    site = tmp_path / "site"
    shutil.copytree(large, site, symlinks=True)
    (site / "content/a/deep.md").write_text(article("Profond", body="[" * 3000), encoding="utf-8")
    told = [labo("build", "--root", site, "--jobs", jobs, "--no-cache") for jobs in (1, 2)]
    assert [one.returncode for one in told] == [1, 1]
    assert "content/a/deep.md" in told[0].stderr
    assert told[0].stderr == told[1].stderr
    (site / "content/a/deep.md").unlink()
    (site / "templates").mkdir()
    (site / "templates/article.html").write_text("{{ view.nope }}", encoding="utf-8")
    told = [labo("build", "--root", site, "--jobs", jobs, "--no-cache") for jobs in (1, 2)]
    assert "templates/article.html:1: " in told[0].stderr
    assert told[0].stderr == told[1].stderr
    # Where others share the work from the start, one of them reads the templates.
    write_site(site, {f"content/a/m{number}.md": article(f"Mot {number}") for number in range(READABLE)})
    (site / "templates/article.html").write_text("{% if %}", encoding="utf-8")
    told = [labo("build", "--root", site, "--jobs", jobs, "--no-cache") for jobs in (1, 2)]
    assert "templates/article.html:1: the template cannot be read" in told[0].stderr
    assert told[0].stderr == told[1].stderr


def test_a_process_that_is_killed_is_told(large: Path, tmp_path: Path) -> None:
    site = tmp_path / "site"
    shutil.copytree(large, site, symlinks=True)
    code = (
        "import os, labo_ssg.markup.body as markup; render, parent = markup.render_body, os.getpid()\n"
        "markup.render_body = lambda text: os.kill(os.getpid(), 9) if os.getpid() != parent else render(text)\n"
        f"from labo_ssg.cli.commands import main; main(['build', '--root', {str(site)!r}, '--jobs', '2', '--no-cache'])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60)
    assert (done.returncode, "was killed\n  hint: there may be too little memory" in done.stderr) == (1, True)


def test_check_tells_the_problems_of_drafts_and_of_waiting_comments(tmp_path: Path) -> None:
    site = write_site(
        tmp_path / "site",
        {
            "content/a/x.md": article(),
            "content/a/y.md": article(draft="true", body="[mort](mort.md)"),
            "comments/pending/x/1.md": comment("x").replace("author", "auteur"),
            "comments/pending/nulle/2.md": comment("nulle"),
        },
    )
    assert build(site, tmp_path / "out", now=NOW, drafts=False).problems == ()
    assert [str(one.place) for one in check(site, now=NOW)] == [
        "comments/pending/nulle/2.md:1",
        "comments/pending/x/1.md:3",
        "content/a/y.md:6",
    ]


def test_check_tells_anchors_that_lead_nowhere(tmp_path: Path) -> None:
    good = "## Qui vote\n\n[ici](#qui-vote), [là](y.md#forum), [note](y.md#fn:1)"
    files = {
        "content/a/x.md": article(body=f"{good}\n\n[perdu](y.md#nulle-part) et [raté](#qui-vota)"),
        "content/a/y.md": article("Y", body="Un[^1].\n\n[^1]: note"),
    }
    site = write_site(tmp_path / "site", files)
    assert [f"{one.place}: {one.what}" for one in check(site, now=NOW)] == [
        "content/a/x.md:9: the link to `#nulle-part` leads to no place of that page",
        "content/a/x.md:9: the link to `#qui-vota` leads to no place of that page",
    ]


def test_the_build_imports_neither_web_stack_nor_watcher() -> None:
    code = "import sys, labo_ssg.cli.commands, labo_ssg.build.build; print(*sorted(sys.modules))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    loaded = {name.split(".")[0] for name in done.stdout.split()}
    assert loaded & {"starlette", "uvicorn", "watchdog", "httpx", "asyncio", "anyio"} == set()


def test_a_read_only_output_is_told(tmp_path: Path) -> None:
    site = write_site(tmp_path / "site", {"content/a/x.md": article()})
    done = labo("build", "--root", site, "--output", "/proc/labo")
    assert done.returncode == 1
    assert "/proc/labo" in done.stderr
    assert "hint:" in done.stderr
    assert "Traceback" not in done.stderr
