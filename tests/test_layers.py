"""The layers: experiments above agents and envs, above the brain; and the contracts that guard them can fail."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
PACKAGES = ("lifelong_agent", "envs", "agents", "experiments")


def lint(folder: Path) -> subprocess.CompletedProcess[str]:
    """Run import-linter in a folder, with the contracts of the pyproject.toml that lies there."""
    code = "import sys; from importlinter.cli import lint_imports_command; sys.exit(lint_imports_command())"
    return subprocess.run(
        [sys.executable, "-c", code, "--no-cache"], cwd=folder, capture_output=True, text=True, check=False
    )


@pytest.fixture
def house(tmp_path: Path) -> Path:
    """A house of four empty packages under our contracts."""
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    for package in PACKAGES:
        (tmp_path / package).mkdir()
        (tmp_path / package / "__init__.py").touch()
    return tmp_path


def test_our_imports_keep_the_contracts():
    answer = lint(ROOT)
    assert answer.returncode == 0, answer.stdout + answer.stderr


def test_what_is_allowed_passes(house: Path):
    (house / "experiments" / "run.py").write_text("import agents\nimport envs\nimport lifelong_agent\nimport tyro\n")
    (house / "agents" / "learner.py").write_text("import gymnasium\nimport lifelong_agent\nimport torch\n")
    (house / "envs" / "world.py").write_text("import gymnasium\nimport lifelong_agent\n")
    (house / "lifelong_agent" / "brain.py").write_text("import numpy\nimport torch\n")
    answer = lint(house)
    assert answer.returncode == 0, answer.stdout + answer.stderr


@pytest.mark.parametrize(
    ("package", "forbidden"),
    [
        ("envs", "agents"),
        ("agents", "envs"),
        ("agents", "experiments"),
        ("envs", "torch"),
        ("lifelong_agent", "envs"),
        ("lifelong_agent", "gymnasium"),
    ],
)
def test_what_is_forbidden_is_found(house: Path, package: str, forbidden: str):
    (house / package / "planted.py").write_text(f"import {forbidden}\n")
    answer = lint(house)
    assert answer.returncode == 1, answer.stdout + answer.stderr
    assert f"{package}.planted -> {forbidden}" in answer.stdout
