"""What changes and lives cost, against Gymnasium's bare vectors of the same 64 bodies."""

from __future__ import annotations

from experiments.speed.rows import OURS, Contender, Group, Row

BODIES = 64


def _group(base: str, title: str, marks: dict[str, float | None], lived: dict[str, str]) -> Group:
    """Changes around Gymnasium's own vector of bodies, and lives as they are shipped, against the bare vector.

    Args:
        base: The bodies.
        title: What they are called.
        marks: Change around the vector -> the mark.
        lived: Change -> the base of the life that is lived with it.
    """
    bare = "SyncVectorEnv"
    every = {bare: Contender(f"{OURS}lives:vector", {"base": base, "change": "none", "num_envs": BODIES})}
    rows = []
    for change, must in marks.items():
        every[change] = Contender(f"{OURS}lives:vector", {"base": base, "change": change, "num_envs": BODIES})
        rows.append(Row(f"a step of {BODIES} {title}", change, bare, must, None, "cost"))
    for change, of in lived.items():
        what = f"life, {change}"
        every[what] = Contender(f"{OURS}lives:life", {"base": of, "change": change, "num_envs": BODIES})
        rows.append(Row(f"a step of {BODIES} {title}", what, bare, None, None, "cost"))
    return Group("overhead", every, tuple(rows), base)


GROUPS: tuple[Group, ...] = (
    _group(
        "cartpole",
        "CartPoles",
        {"permute": 1.10, "five storms": 1.5},
        {"permute": "cartpole", "five storms": "cartpole"},
    ),
    _group("minigrid", "MiniGrids, seen as images", {"pixels": 1.03}, {"permute": "bits"}),
    _group("bits", "MiniGrids, seen as bits by us", {"permute": None}, {}),
)
"""Everything that `lifelong bench worlds` measures."""
