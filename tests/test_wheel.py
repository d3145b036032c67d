"""The wheel is enough: it ships the default theme, the words, and what `labo new` makes."""

import os
import subprocess
import sys
import zipfile
from pathlib import Path

from conftest import ROOT, read_tree


def test_a_site_made_with_the_wheel_alone_builds(tmp_path: Path) -> None:
    subprocess.run(
        [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", tmp_path / "dist"], cwd=ROOT, check=True
    )
    [wheel] = (tmp_path / "dist").glob("*.whl")
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(tmp_path / "installed")
    installed = {"PYTHONPATH": str(tmp_path / "installed"), "PYTHONSAFEPATH": "1"}
    environment = {**os.environ, **installed}

    def run(*words: str, cwd: Path) -> str:
        command = [sys.executable, "-m", "labo_ssg", *words]
        done = subprocess.run(command, cwd=cwd, env=environment, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr
        return done.stdout

    code = "import labo_ssg; print(labo_ssg.__file__)"
    where = subprocess.run([sys.executable, "-c", code], cwd=tmp_path, env=environment, capture_output=True, text=True)
    assert str(tmp_path / "installed") in where.stdout
    run("new", "site", cwd=tmp_path)
    run("build", cwd=tmp_path / "site")
    page = (tmp_path / "site/public/actualites/premier-article/index.html").read_text(encoding="utf-8")
    assert "Accueil" in page
    assert 'popovertarget="term-ess"' in page
    made = read_tree(tmp_path / "site/public")
    assert [path for path in made if path.startswith("assets/") and path.endswith("style.css")]


def test_the_wheel_holds_no_test_and_no_content(tmp_path: Path) -> None:
    subprocess.run([sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", tmp_path], cwd=ROOT, check=True)
    with zipfile.ZipFile(next(tmp_path.glob("*.whl"))) as archive:
        names = archive.namelist()
    assert {name.split("/")[0].split("-")[0] for name in names} == {"labo_ssg"}
    assert not [name for name in names if name.startswith(("labo_ssg/content", "labo_ssg/tests"))]
    assert {"labo_ssg/templates/article.html", "labo_ssg/locale/fr.po", "labo_ssg/starter/fr/site.yaml"} <= set(names)
    assert {f"labo_ssg/starter/workflows/{forge}.yml" for forge in ("github", "gitlab", "forgejo")} <= set(names)
