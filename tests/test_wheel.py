"""The wheel: one name in site-packages, the suite inside it, and nobody's package overwritten.

The wheel is built from this checkout and unpacked (a wheel of pure Python is installed by unpacking) into virtual
environments far from it, which borrow their dependencies from the running one; so no network is needed.
"""

from __future__ import annotations

import subprocess
import sys
import sysconfig
import venv
import zipfile
from dataclasses import dataclass
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
SUITE = ("envs", "agents", "experiments")
FOREIGN = 'OWNER = "somebody else"\n'
COMMAND = "from importlib.metadata import entry_points as e; e(group='console_scripts')['lifelong'].load()()"


@dataclass(frozen=True)
class Home:
    """A virtual environment and an empty folder to work in, both far from the checkout."""

    python: Path
    site: Path
    folder: Path

    def run(self, code: str, *words: str) -> subprocess.CompletedProcess[str]:
        """Run code in this environment from the folder; isolated, so only what is installed can be imported."""
        command = [str(self.python), "-I", "-c", code, *words]
        return subprocess.run(command, cwd=self.folder, capture_output=True, text=True, check=False)


def build(kind: str, folder: Path) -> Path:
    command = [sys.executable, "-m", "hatchling", "build", "--target", f"wheel:{kind}", "--directory", str(folder)]
    subprocess.run(command, cwd=ROOT, capture_output=True, check=True)
    (wheel,) = folder.glob("*.whl")
    return wheel


def settle(folder: Path, wheel: Path, foreign: str | None = None) -> Home:
    """Make an environment in which a foreign package of that name lived before the wheel came."""
    venv.create(folder / "venv", symlinks=True)
    python = folder / "venv" / "bin" / "python"
    site = Path(sysconfig.get_path("purelib", "venv", {"base": str(folder / "venv")}))
    # A path given in a .pth file is appended, and the .pth files that lie there (our editable install) are not read.
    (site / "zz_borrowed.pth").write_text(sysconfig.get_path("purelib") + "\n" + sysconfig.get_path("platlib") + "\n")
    if foreign is not None:
        (site / foreign).mkdir()
        (site / foreign / "__init__.py").write_text(FOREIGN)
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(site)
    (folder / "elsewhere").mkdir()
    return Home(python, site, folder / "elsewhere")


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return build("standard", tmp_path_factory.mktemp("wheel"))


@pytest.fixture(scope="module")
def names(wheel: Path) -> list[str]:
    with zipfile.ZipFile(wheel) as archive:
        return archive.namelist()


def test_one_import_name_and_one_path_file(wheel: Path, names: list[str]):
    information = "-".join(wheel.name.split("-")[:2]) + ".dist-info"
    assert {name.split("/")[0] for name in names} == {"lifelong_agent", "lifelong_agent_suite.pth", information}
    with zipfile.ZipFile(wheel) as archive:
        assert archive.read("lifelong_agent_suite.pth").decode().splitlines() == ["lifelong_agent/_suite"]
        scripts = archive.read(f"{information}/entry_points.txt").decode().split()
    assert scripts == ["[console_scripts]", "lifelong", "=", "lifelong_agent.suite:main"]


@pytest.mark.parametrize("package", SUITE)
def test_every_module_and_preset_travels(names: list[str], package: str):
    files = {path for kind in ("*.py", "*.yaml") for path in (ROOT / package).rglob(kind)}
    assert files
    assert {f"lifelong_agent/_suite/{path.relative_to(ROOT).as_posix()}" for path in files} <= set(names)


def test_the_digits_travel_with_what_is_said_of_them(names: list[str]):
    assert {f"lifelong_agent/_suite/envs/labelled/digits.{kind}" for kind in ("npz", "txt")} <= set(names)


def test_nothing_compiled_travels(names: list[str]):
    assert [name for name in names if "__pycache__" in name or name.endswith(".pyc")] == []


def test_an_editable_install_bundles_nothing(tmp_path: Path):
    with zipfile.ZipFile(build("editable", tmp_path)) as archive:
        assert [name for name in archive.namelist() if "_suite" in name] == []


def test_the_suite_and_its_command_work_from_another_folder(tmp_path: Path, wheel: Path):
    home = settle(tmp_path, wheel)
    answer = home.run(COMMAND, "list")
    assert answer.returncode == 0, answer.stderr
    assert "ppo_cbp" in answer.stdout
    code = "import importlib.util as u; [print(u.find_spec(name).origin) for name in ('envs', 'agents', 'experiments')]"
    found = home.run(code).stdout.split()
    assert found == [str(home.site / "lifelong_agent" / "_suite" / name / "__init__.py") for name in SUITE]


@pytest.mark.parametrize("taken", SUITE)
def test_a_foreign_package_keeps_its_name_and_the_command_says_so(tmp_path: Path, wheel: Path, taken: str):
    home = settle(tmp_path, wheel, foreign=taken)
    file = home.site / taken / "__init__.py"
    assert file.read_text() == FOREIGN
    assert home.run(f"import {taken}; print({taken}.OWNER)").stdout == "somebody else\n"

    answer = home.run(COMMAND, "list")
    assert answer.returncode == 2
    assert answer.stdout == ""
    assert len(answer.stderr.splitlines()) == 1
    assert answer.stderr.startswith(f"lifelong: 'import {taken}' gives {file}, which is not ours")


def test_a_folder_without_init_does_not_take_a_name(tmp_path: Path, wheel: Path):
    # Somebody's `envs/` beside their script is a namespace package: any real package further on wins against it.
    home = settle(tmp_path, wheel)
    (home.site / "envs").mkdir()
    assert home.run("from lifelong_agent.suite import complaint; print(complaint())").stdout == "None\n"


def test_a_lost_package_is_named(tmp_path: Path, wheel: Path):
    home = settle(tmp_path, wheel)
    (home.site / "lifelong_agent_suite.pth").unlink()
    answer = home.run(COMMAND, "list")
    assert answer.returncode == 2
    assert "the package 'envs' cannot be imported" in answer.stderr
    assert len(answer.stderr.splitlines()) == 1
