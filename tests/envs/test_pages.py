from __future__ import annotations

import re
import subprocess
import sys
from dataclasses import fields
from pathlib import Path

import pytest

from envs.when import Pace, Signal

ROOT = Path(__file__).resolve().parents[2]
PAGES = {
    page: (ROOT / "docs" / f"{page}.md").read_text()
    for page in ("bases", "changes", "classic", "grid", "labelled", "lives", "when")
}


@pytest.mark.parametrize("page", PAGES)
def test_the_python_of_a_page_runs(page: str):
    snippets = re.findall(r"```python\n(.*?)```", PAGES[page], flags=re.DOTALL)
    assert snippets
    for snippet in snippets:
        command = [sys.executable, "-W", "error", "-c", snippet]
        answer = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
        assert answer.returncode == 0, answer.stderr


def test_the_tables_of_signals_and_paces_tell_all_kinds_and_their_fields():
    rows = re.findall(r"^\| `(\w+)` \| `(\w+)` \| ([^|]+) \|", PAGES["when"], flags=re.MULTILINE)
    told = {kind: (name, tuple(re.findall(r"`(\w+)`", columns))) for kind, name, columns in rows}
    assert told == {
        kind: (cls.__name__, tuple(field.name for field in fields(cls)))
        for kind, cls in (*Signal.kinds.items(), *Pace.kinds.items())
        if cls.__module__.startswith("envs.")
    }
