"""The state of sources: by which compiled code that was kept is known to be of today."""

from __future__ import annotations

from pathlib import Path

SHARED = Path(__file__).with_name("addresses.py")
"""What compiled code of every package stands on."""


def stamp(*roots: Path) -> tuple[tuple[str, float, int], ...]:
    """Tell the state of modules, each a file or below a folder: names, times of change and sizes."""
    found = [
        (path, path.relative_to(root if root.is_dir() else root.parent))
        for root in roots
        for path in (sorted(root.rglob("*.py")) if root.is_dir() else [root])
    ]
    stats = ((name, path.stat()) for path, name in found)
    return tuple((str(name), stat.st_mtime, stat.st_size) for name, stat in stats)
