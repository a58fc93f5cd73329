"""What changes and lives cost, against Gymnasium's bare vectors of the same 64 bodies."""

from __future__ import annotations

from experiments.speed.rows import OURS, Contender, Group, Row

BODIES = 64


def _group(base: str, title: str, marks: dict[str, float | None]) -> Group:
    """Changes, and lives with them, around one kind of body."""
    bare = "SyncVectorEnv"
    every = {bare: Contender(f"{OURS}lives:vector", {"base": base, "change": "none", "num_envs": BODIES})}
    rows = []
    for change, must in marks.items():
        for what, function, mark in ((change, "vector", must), (f"life, {change}", "life", must)):
            every[what] = Contender(f"{OURS}lives:{function}", {"base": base, "change": change, "num_envs": BODIES})
            rows.append(Row(f"a step of {BODIES} {title}", what, bare, mark, None, "cost"))
    return Group("overhead", every, tuple(rows), base)


GROUPS: tuple[Group, ...] = (
    _group("cartpole", "CartPoles", {"permute": 1.10, "five storms": 1.5}),
    _group("minigrid", "MiniGrids", {"permute": 1.03}),
)
"""Everything that `lifelong bench worlds` measures."""
