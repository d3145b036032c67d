"""The workflows that `labo new` writes: what they ask of their forges, and their commands, run in a real shell."""

import json
import os
import shlex
import shutil
import subprocess
import sys
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
import yaml
from conftest import LABO, article, comment, labo
from repositories import git, identify

from labo_ssg.disk.starter import LANGUAGES, WORKFLOWS

INSTALLS = "pip"  # in the commands that bring in the package from a registry, or the system's packages
Workflow = dict[str, Any]


def read(root: Path, forge: str) -> Workflow:
    """Return a workflow; its key `on`, which YAML 1.1 takes for a truth, has its name back."""
    found = yaml.safe_load((root / WORKFLOWS[forge]).read_text(encoding="utf-8"))
    return {"on" if key is True else key: value for key, value in found.items()}


@pytest.fixture
def site(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A site that `labo new` made, committed to git."""
    identify(monkeypatch, tmp_path / "gitconfig")
    root = tmp_path / "site"
    assert labo("new", root).returncode == 0
    for words in (["init", "-q", "-b", "main"], ["add", "."], ["commit", "-q", "-m", "Start"]):
        git(root, *words)
    return root


class Runner:
    """Runs commands as a runner of a forge does: bash, which ends at the first one that fails."""

    def __init__(self, root: Path, folder: Path) -> None:
        self.root, self.outputs = root, folder / "outputs"
        programs = folder / "bin"
        programs.mkdir()
        (programs / "labo").write_text(f'#!/bin/sh\nexec {shlex.join(LABO)} "$@"\n')
        (programs / "labo").chmod(0o755)
        self.path = f"{programs}:{os.environ['PATH']}"

    def run(self, script: str, **environment: str) -> "subprocess.CompletedProcess[str]":
        self.outputs.unlink(missing_ok=True)
        given = {**os.environ, "PATH": self.path, "GITHUB_OUTPUT": str(self.outputs), **environment}
        command = ["bash", "-e", "-o", "pipefail", "-c", script]
        return subprocess.run(command, cwd=self.root, env=given, capture_output=True, text=True, timeout=120)

    def output(self) -> str:
        return self.outputs.read_text(encoding="utf-8") if self.outputs.exists() else ""


@pytest.fixture
def runner(site: Path, tmp_path: Path) -> Runner:
    return Runner(site, tmp_path)


def steps(workflow: Workflow, job: str) -> list[tuple[str, str]]:
    """Return the commands of a job of GitHub or Forgejo by their names, but for those that install packages."""
    found = [(step["name"], step["run"]) for step in workflow["jobs"][job]["steps"] if "run" in step]
    return [(name, script) for name, script in found if INSTALLS not in script]


def ours(forge: str) -> tuple[str, str]:
    """Return the names of the jobs for pull requests and for the branch main."""
    return ("check", "publish") if forge == "forgejo" else ("check", "build")


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_new_site_has_the_workflows_of_three_forges(tmp_path: Path, language: str) -> None:
    done = labo("new", tmp_path / "new", "--language", language)
    for forge, path in WORKFLOWS.items():
        assert str(tmp_path / "new" / path) in done.stdout.splitlines()
        assert read(tmp_path / "new", forge)


@pytest.mark.parametrize("forge", WORKFLOWS)
def test_a_workflow_is_what_the_schema_of_its_forge_asks_for(site: Path, forge: str) -> None:
    kind = ["vendor.gitlab-ci", "--data-transform", "gitlab-ci"] if forge == "gitlab" else ["vendor.github-workflows"]
    command = [sys.executable, "-m", "check_jsonschema", "--builtin-schema", *kind, str(site / WORKFLOWS[forge])]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stdout + done.stderr
    broken = site / "broken.yml"
    broken.write_text(
        (site / WORKFLOWS[forge]).read_text().replace("script:", "scripts: x #").replace("runs-on", "run-on")
    )
    refused = subprocess.run([*command[:-1], str(broken)], capture_output=True, text=True, timeout=60)
    assert refused.returncode == 1, "the schema is one that refuses something"


@pytest.mark.parametrize("forge", ["github", "forgejo"])
def test_no_job_may_do_more_than_it_needs_and_no_two_builds_race(site: Path, forge: str) -> None:
    workflow = read(site, forge)
    assert workflow["permissions"] == {"contents": "read"}
    allowed = {name: job["permissions"] for name, job in workflow["jobs"].items() if "permissions" in job}
    assert allowed == ({"deploy": {"pages": "write", "id-token": "write"}} if forge == "github" else {})
    assert "pull_request_target" not in workflow["on"]
    group = workflow["concurrency"]["group"]
    assert "github.ref" in group
    assert "'published'" in group
    used = [step for job in workflow["jobs"].values() for step in job["steps"] if "uses" in step]
    assert all(step["uses"].rpartition("@v")[2].isdigit() for step in used), "each action at a major version"
    checkouts = [step for step in used if "/checkout@" in step["uses"]]
    assert [step["with"]["persist-credentials"] for step in checkouts] == [False, False]
    assert all("timeout-minutes" in job for job in workflow["jobs"].values())


@pytest.mark.parametrize("forge", ["github", "forgejo"])
def test_no_command_holds_what_a_stranger_could_have_written(site: Path, forge: str) -> None:
    jobs = read(site, forge)["jobs"].values()
    scripts = [step["run"] for job in jobs for step in job["steps"] if "run" in step]
    assert len(scripts) > 5
    assert [script for script in scripts if "${{" in script] == []


def test_gitlab_builds_one_after_another(site: Path) -> None:
    assert read(site, "gitlab")["pages"]["resource_group"] == "site"


@pytest.mark.parametrize("forge", ["github", "forgejo"])
def test_the_commands_for_a_pull_request_check_and_preview(site: Path, runner: Runner, forge: str) -> None:
    (site / "comments/pending/premier-article").mkdir(parents=True)
    (site / "comments/pending/premier-article/a.md").write_text(comment("premier-article", body="Il attend."))
    for name, script in steps(read(site, forge), ours(forge)[0]):
        done = runner.run(script)
        assert done.returncode == 0, f"{name}: {done.stdout}{done.stderr}"
    page = (site / "preview/actualites/premier-article/index.html").read_text(encoding="utf-8")
    assert "Il attend." in page
    assert 'content="noindex' in page
    assert not (site / "public").exists()


@pytest.mark.parametrize("forge", ["github", "forgejo"])
def test_a_pull_request_with_a_problem_fails_and_says_where(site: Path, runner: Runner, forge: str) -> None:
    (site / "content/actualites/bad.md").write_text(article(titel="x"))
    name, script = steps(read(site, forge), "check")[0]
    done = runner.run(script)
    assert done.returncode == 1, name
    expected = (
        "::error file=content/actualites/bad.md,line=4::" if forge == "github" else "content/actualites/bad.md:4: "
    )
    assert expected in done.stdout + done.stderr


@pytest.mark.parametrize("forge", ["github", "forgejo"])
def test_the_commands_for_the_branch_build_and_note_what_is_due(site: Path, runner: Runner, forge: str) -> None:
    (site / "content/actualites/later.md").write_text(article(date="2999-01-01"))
    commit = git(site, "rev-parse", "HEAD").strip()
    for name, script in steps(read(site, forge), ours(forge)[1]):
        done = runner.run(script, EVENT="push", GITHUB_SHA=commit, DEPLOY_TO="")
        assert done.returncode == 0, f"{name}: {done.stdout}{done.stderr}"
    assert (site / "public/index.html").is_file()
    assert (site / ".labo/next-build").read_text() == "2999-01-01T00:00:00+01:00\n"
    assert (site / ".labo/built-from").read_text() == f"{commit}\n"


NOTES = {
    "nothing was built yet": (None, "", "true"),
    "another commit was built": ("0" * 40, "2999-01-01T00:00:00+01:00\n", "true"),
    "nothing will ever become due": ("HEAD", "", "false"),
    "what waits is not due yet": ("HEAD", "2999-01-01T00:00:00+01:00\n", "false"),
    "an article became due": ("HEAD", "2021-01-01T00:00:00+01:00\n", "true"),
}


@pytest.mark.parametrize("case", NOTES)
@pytest.mark.parametrize("forge", WORKFLOWS)
def test_a_scheduled_job_builds_only_what_became_due(site: Path, runner: Runner, forge: str, case: str) -> None:
    commit, due, expected = NOTES[case]
    head = git(site, "rev-parse", "HEAD").strip()
    if commit:
        (site / ".labo").mkdir()
        (site / ".labo/built-from").write_text(f"{head if commit == 'HEAD' else commit}\n")
        (site / ".labo/next-build").write_text(due)
    if forge == "gitlab":
        script = read(site, forge)["pages"]["before_script"][0]
        done = runner.run(script, CI_PIPELINE_SOURCE="schedule", CI_COMMIT_SHA=head)
        assert done.returncode == (0 if expected == "true" else 75)
        assert read(site, forge)["pages"]["allow_failure"] == {"exit_codes": 75}
        assert runner.run(script, CI_PIPELINE_SOURCE="push", CI_COMMIT_SHA=head).returncode == 0
        return
    script = dict(steps(read(site, forge), ours(forge)[1]))["See whether there is something to do"]
    done = runner.run(script, EVENT="schedule", GITHUB_SHA=head)
    assert (done.returncode, runner.output()) == (0, f"build={expected}\n"), done.stderr
    assert runner.run(script, EVENT="push", GITHUB_SHA=head).returncode == 0
    assert runner.output() == "build=true\n"


def test_the_steps_after_the_question_heed_the_answer(site: Path) -> None:
    for forge in ("github", "forgejo"):
        found = read(site, forge)["jobs"][ours(forge)[1]]["steps"]
        after = [step.get("if") for step in found[[step.get("id") for step in found].index("ask") + 1 :]]
        assert set(after) == {"steps.ask.outputs.build == 'true'"}


def test_the_commands_of_gitlab_check_preview_and_build(site: Path, runner: Runner) -> None:
    workflow = read(site, "gitlab")
    for script in workflow["check"]["script"]:
        assert runner.run(script).returncode == 0
    assert json.loads((site / "codequality.json").read_text()) == []
    assert 'content="noindex' in (site / "preview/index.html").read_text(encoding="utf-8")
    for script in workflow["pages"]["script"]:
        assert runner.run(script, CI_COMMIT_SHA="0" * 40).returncode == 0
    assert (site / "public/index.html").is_file()
    assert (site / ".labo/built-from").read_text() == "0" * 40 + "\n"
    (site / "content/actualites/bad.md").write_text(article(titel="x"))
    done = runner.run(workflow["check"]["script"][0])
    assert (done.returncode, "content/actualites/bad.md:4: unknown key `titel`" in done.stderr) == (1, True)
    [problem] = json.loads((site / "codequality.json").read_text())
    assert problem["location"]["path"] == "content/actualites/bad.md"


@pytest.mark.skipif(not shutil.which("rsync"), reason="rsync is not installed")
def test_the_site_is_sent_whole_and_what_is_gone_is_removed(site: Path, runner: Runner, tmp_path: Path) -> None:
    there = tmp_path / "www"
    there.mkdir()
    (there / "gone.html").write_text("x")
    assert labo("build", "--root", site).returncode == 0
    script = dict(steps(read(site, "forgejo"), "publish"))["Send the site to the web server"]
    done = runner.run(script, DEPLOY_TO=f"{there}/", DEPLOY_KEY="k", DEPLOY_HOSTS="h", TMPDIR=str(tmp_path))
    assert done.returncode == 0, done.stderr
    assert (there / "index.html").read_bytes() == (site / "public/index.html").read_bytes()
    assert not (there / "gone.html").exists()
    assert not list(tmp_path.glob("tmp.*")), "no key stays"


def test_a_scheduled_build_publishes_the_article_that_became_due(site: Path, runner: Runner) -> None:
    """The whole way: a build that notes, a job that waits, a job that builds."""
    workflow = read(site, "github")
    ask, build = (dict(steps(workflow, "build"))[name] for name in ("See whether there is something to do", "Build"))
    head = git(site, "rev-parse", "HEAD").strip()
    assert runner.run(build, GITHUB_SHA=head).returncode == 0
    runner.run(ask, EVENT="schedule", GITHUB_SHA=head)
    assert runner.output() == "build=false\n"
    noted = site / ".labo/next-build"
    noted.write_text(f"{datetime.now().astimezone().replace(microsecond=0).isoformat()}\n")
    runner.run(ask, EVENT="schedule", GITHUB_SHA=head)
    assert runner.output() == "build=true\n"
