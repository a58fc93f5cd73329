"""The way from the installed command `lifelong` to the suite: the packages `envs`, `agents` and `experiments`.

In a checkout they are folders at its root. In a wheel they travel inside `lifelong_agent/_suite/`, at the end of
`sys.path`, so that a package of the same name from another distribution wins and nothing of anyone's is overwritten.
This module notices when that has happened, and says so.
"""

from __future__ import annotations

import importlib
import importlib.util
import sys
from pathlib import Path

NAMES = ("envs", "agents", "experiments")


def home() -> Path:
    """Return the folder which holds our `envs`, `agents` and `experiments`."""
    package = Path(__file__).resolve().parent
    bundled = package / "_suite"
    return bundled if bundled.is_dir() else package.parent


def where(name: str) -> Path | None:
    """Return the file or folder that `import name` would load, without importing it; None if there is none."""
    spec = importlib.util.find_spec(name)
    if spec is None:
        return None
    if spec.origin is not None:
        return Path(spec.origin).resolve()
    folders = list(spec.submodule_search_locations or ())  # a folder without __init__.py
    return Path(folders[0]).resolve() if folders else None


def complaint() -> str | None:
    """Return one line on what keeps the suite from being imported, or None if all three names are ours."""
    for name in NAMES:
        ours, found = home() / name, where(name)
        if found is None:
            return (
                f"the package '{name}' cannot be imported, though it belongs in {ours}; "
                "reinstall lifelong_agent, in a virtual environment of its own"
            )
        if not found.is_relative_to(ours):
            return (
                f"'import {name}' gives {found}, which is not ours ({ours}): another distribution or folder has taken "
                "the name; install lifelong_agent in a virtual environment of its own, or take that one off the path"
            )
    return None


def main() -> None:
    """Run the command line, or leave with status 2 and one line on standard error if the suite is not importable."""
    reason = complaint()
    if reason is not None:
        print(f"lifelong: {reason}", file=sys.stderr)
        raise SystemExit(2)
    # By name: an import statement would make the brain depend on the experiments, against the layers contract.
    raise SystemExit(importlib.import_module("experiments.cli").main())
