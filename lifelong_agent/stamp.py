"""The state of sources: by which compiled code that was kept is known to be of today."""

from __future__ import annotations

from pathlib import Path


def stamp(root: Path) -> tuple[tuple[str, float, int], ...]:
    """Tell the state of all modules below a folder: names, times of change and sizes."""
    stats = ((path, path.stat()) for path in sorted(root.rglob("*.py")))
    return tuple((str(path.relative_to(root)), stat.st_mtime, stat.st_size) for path, stat in stats)
