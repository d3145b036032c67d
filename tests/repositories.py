"""git, as the tests use it: whose settings it has, and what it prints."""

import subprocess
from pathlib import Path

import pytest

ZOE = "[user]\nname=Zoé\nemail=zoe@labo.example\n[init]\ndefaultBranch=main\n"
IDENTITY = "[user]\nname=Zoé Éditrice\nemail=zoe@labo.example\n[init]\ndefaultBranch=main\n[gc]\nauto=0\n"


def git(root: Path, *words: str) -> str:
    """Run git in a folder; return what it prints."""
    done = subprocess.run(["git", *words], cwd=root, capture_output=True, text=True, timeout=120)
    assert not done.returncode, f"git {' '.join(words)}: {done.stderr}"
    return done.stdout


def identify(monkeypatch: pytest.MonkeyPatch, settings: Path, said: str = IDENTITY) -> None:
    """Let git know of its editor what is `said`, by the file `settings`, and nothing of this machine."""
    settings.write_text(said, encoding="utf-8")
    monkeypatch.setenv("GIT_CONFIG_GLOBAL", str(settings))
    monkeypatch.setenv("GIT_CONFIG_NOSYSTEM", "1")
