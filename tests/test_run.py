"""The front door `./run`: installs once, again when what it installs has changed, and can fail.

The script runs in a folder of its own, with stand-ins for Python and the tools that write down how they were called.
"""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
TOOLS = ("ruff check", "ruff format", "pyright", "lint-imports")
STAND_IN = """#!/bin/bash
words="$(basename "$0") $*"
echo "$words" >>calls.txt
[[ -z "$BROKEN" || ! "$words" =~ $BROKEN ]]
"""


class Checkout:
    """A folder with the script, what it reads, and a `.venv` of stand-ins."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        for name in ("run", "pyproject.toml", "constraints.txt", "hatch_build.py"):
            shutil.copy(ROOT / name, folder)
        (folder / ".venv" / "bin").mkdir(parents=True)
        for name in ("python", "lifelong", "ruff", "pyright", "lint-imports"):
            tool = folder / ".venv" / "bin" / name
            tool.write_text(STAND_IN)
            tool.chmod(0o755)

    def run(self, *words: str, broken: str = "", **environment: str) -> subprocess.CompletedProcess[str]:
        """Call the script from elsewhere; calls whose words match the pattern `broken` fail."""
        return subprocess.run(
            [str(self.folder / "run"), *words],
            cwd="/",
            env=os.environ | {"BROKEN": broken} | environment,
            capture_output=True,
            text=True,
            check=False,
        )

    def calls(self, *words: str) -> list[str]:
        """Return what was called since the last question, as far as it contains one of the words."""
        log = self.folder / "calls.txt"
        lines = log.read_text().splitlines() if log.exists() else []
        log.unlink(missing_ok=True)
        return [line for line in lines if any(word in line for word in words)]


@pytest.fixture
def checkout(tmp_path: Path) -> Checkout:
    return Checkout(tmp_path)


def test_installs_once_and_passes_words_on(checkout: Checkout):
    assert checkout.run("test", "-q", "a b").returncode == 0
    first, second = checkout.calls("install", "pytest")
    assert (
        first.startswith("python -m pip install")
        and "--constraint constraints.txt --editable .[test,fast,worlds,discover]" in first
    )
    assert second == "python -m pytest -q a b"

    assert checkout.run("lifelong", "list").returncode == 0
    assert checkout.calls("") == ["lifelong list"]
    assert checkout.run("demo", "--seeds", "1").returncode == 0
    assert checkout.calls("") == ["lifelong compare demo --seeds 1"]


@pytest.mark.parametrize("name", ["pyproject.toml", "constraints.txt", "hatch_build.py"])
def test_installs_again_when_its_reasons_change(checkout: Checkout, name: str):
    checkout.run("test")
    checkout.calls()
    with (checkout.folder / name).open("a") as file:
        file.write("\n")
    checkout.run("test")
    assert len(checkout.calls("pip install")) == 1


def test_a_failed_installation_is_said_and_tried_again(checkout: Checkout):
    answer = checkout.run("test", broken="pip install")
    assert answer.returncode == 1
    assert "run: the installation failed" in answer.stderr
    assert checkout.calls("pytest") == []
    checkout.run("test")
    assert len(checkout.calls("pip install")) == 1


def test_the_status_of_what_ran_comes_back(checkout: Checkout):
    assert checkout.run("test", broken="pytest").returncode == 1
    assert checkout.run("demo", broken="compare").returncode == 1


def test_lint_runs_every_gate(checkout: Checkout):
    assert checkout.run("lint").returncode == 0
    assert len(checkout.calls(*TOOLS)) == len(TOOLS)


@pytest.mark.parametrize("tool", TOOLS)
def test_every_gate_can_fail_and_hides_no_other(checkout: Checkout, tool: str):
    assert checkout.run("lint", broken=tool).returncode == 1
    assert len(checkout.calls(*TOOLS)) == len(TOOLS)


def test_unknown_words_are_refused(checkout: Checkout):
    answer = checkout.run("tests")
    assert answer.returncode == 1
    assert "run: 'tests' is none of demo, test, lint, lifelong." in answer.stderr
    assert checkout.calls("") == []


def test_help_needs_nothing(checkout: Checkout):
    shutil.rmtree(checkout.folder / ".venv")
    answer = checkout.run()
    assert answer.returncode == 0
    assert "./run demo" in answer.stdout
    assert not (checkout.folder / ".venv").exists()


def without_venv(checkout: Checkout) -> Path:
    """Replace `.venv` by a stand-in for a system's Python that can make it."""
    (checkout.folder / ".venv").rename(checkout.folder / "made")
    system = checkout.folder / "system"
    system.write_text(STAND_IN.replace("words=", 'if [[ "$*" == *"-m venv"* ]]; then mv made .venv; fi\nwords=', 1))
    system.chmod(0o755)
    return system


def test_makes_the_environment(checkout: Checkout):
    system = without_venv(checkout)
    assert checkout.run("test", PYTHON=str(system)).returncode == 0
    made, pip = checkout.calls("-m venv", " install ")
    assert made == "system -m venv --clear .venv"
    assert pip.startswith("python -m pip install")


def test_without_ensurepip_the_pip_of_the_system_serves(checkout: Checkout):
    system = without_venv(checkout)
    broken = "system -c import ensurepip|python -m pip --version"
    assert checkout.run("test", broken=broken, PYTHON=str(system)).returncode == 0
    made, pip = checkout.calls("-m venv", " install ")
    assert made == "system -m venv --clear --without-pip .venv"
    assert pip.startswith("system -m pip --python .venv/bin/python install")


def test_without_any_pip_says_what_to_install(checkout: Checkout):
    system = without_venv(checkout)
    answer = checkout.run("test", broken="import ensurepip|-m pip --version", PYTHON=str(system))
    assert answer.returncode == 1
    assert "has neither ensurepip nor pip; install one (Debian, Ubuntu: apt install python3-venv)" in answer.stderr
    assert not (checkout.folder / ".venv").exists()


def test_a_python_that_will_not_do_is_named(checkout: Checkout):
    shutil.rmtree(checkout.folder / ".venv")
    answer = checkout.run("test", PYTHON="/no/such/python")
    assert answer.returncode == 1
    assert answer.stderr.splitlines() == [
        "run: PYTHON=/no/such/python is not a Python 3.11 or newer; point it at one, or unset it."
    ]
