"""MiniGrid itself, lived beside our grid worlds, and experts that know the way through it."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from typing import Any, NamedTuple

import gymnasium as gym
import numpy as np
from gymnasium.vector import AutoresetMode
from minigrid.minigrid_env import MiniGridEnv

from envs.batched_vector import BatchedVectorEnv
from envs.grid.layout import FORWARD, LEFT, RIGHT, TOGGLE
from envs.grid.make import find
from envs.grid.world import Engine, GridWorld

Expert = Callable[[Any], int]
"""Looks at MiniGrid's environment and says what to do."""
BIASED = (1, 1, 4, 1, 1, 2, 1)
"""How often each action is drawn where draws are biased: far walks, and something to do at their ends."""


class Lived(NamedTuple):
    """What happened in all worlds together: episodes that ended with each kind of reward, and those that were cut."""

    successes: int
    failures: int
    penalties: int
    truncations: int


def lived_alike(
    minigrid_id: str,
    *,
    num_envs: int = 4,
    steps: int = 200,
    seed: int = 7,
    engine: Engine = "auto",
    biased: bool = False,
    expert: Expert | None = None,
    **arguments: Any,
) -> Lived:
    """Live the same lives in our worlds and in MiniGrid's, and compare everything that can be told from outside.

    Row ``i`` has the seed ``seed + i``; episodes begin anew in the step in which one ends.

    Args:
        minigrid_id: MiniGrid's id, with or without ``MiniGrid-``.
        num_envs: Worlds.
        steps: Steps of each.
        seed: Seed of the first world, and of the actions.
        engine: What does our arithmetic.
        biased: Draw actions as `BIASED` says, not uniformly.
        expert: Asked for three actions out of four; the others are drawn.
        **arguments: Arguments of the environment other than those that the id has.

    Raises:
        AssertionError: If anything differs; says what, in which id, step and row.
    """
    family, known = find(minigrid_id)
    name = f"MiniGrid-{minigrid_id.removeprefix('MiniGrid-')}"
    world = GridWorld(family, num_envs, senses="dict", engine=engine, **(known | arguments))
    ours = BatchedVectorEnv(world, AutoresetMode.SAME_STEP, world.showing.presentation)
    theirs: list[Any] = [gym.make(name, **arguments).unwrapped for _ in range(num_envs)]
    dice = np.random.default_rng(seed)
    odds = np.array(BIASED[: len(family.meaning)]) if biased else np.ones(len(family.meaning))
    counts = np.zeros(4, int)

    def same(what: str, step: int, row: int, mine: Any, wanted: Any) -> None:
        assert np.array_equal(mine, wanted), f"{name}, step {step}, row {row}: {what} is {mine}; MiniGrid has {wanted}"

    seen, _ = ours.reset(seed=seed)
    told = [begin(env, seed + row) for row, env in enumerate(theirs)]
    for step in range(steps):
        missions = world.missions()
        for row, observation in enumerate(told):
            same("image", step, row, seen["image"][row], observation["image"])
            same("direction", step, row, seen["direction"][row], observation["direction"])
            same("mission", step, row, missions[row], observation["mission"])
        actions = dice.choice(len(odds), num_envs, p=odds / odds.sum())
        if expert is not None:
            asked = dice.random(num_envs) < 0.75
            actions = np.array([expert(theirs[row]) if asked[row] else actions[row] for row in range(num_envs)])
        seen, reward, terminated, truncated, infos = ours.step(actions)
        for row, env in enumerate(theirs):
            observation, wanted, over, cut, _ = env.step(actions[row])
            same("reward", step, row, reward[row], wanted)
            same("terminated", step, row, terminated[row], over)
            same("truncated", step, row, truncated[row], cut)
            if over or cut:
                same("final image", step, row, infos["final_obs"]["image"][row], observation["image"])
                same("final direction", step, row, infos["final_obs"]["direction"][row], observation["direction"])
                counts += (over and wanted > 0, over and wanted == 0, wanted < 0, cut)
                observation = begin(env)
            told[row] = observation
    for env in theirs:
        env.close()
    return Lived(*counts.tolist())


def begin(env: Any, seed: int | None = None) -> Any:
    """Begin an episode of MiniGrid's, again and again where it says that it cannot be; returns its observation."""
    while True:
        try:
            return env.reset(seed=seed)[0]
        except RecursionError:  # its dice have moved on
            seed = None


def way(env: MiniGridEnv, arrived: Callable[[int, int, int], bool]) -> int | None:
    """Give the first action of a shortest way, through closed doors but not lava; None at its end, or without one.

    Args:
        env: MiniGrid's environment.
        arrived: Told column, row and direction of the agent, says whether that is where to go.
    """
    start = (int(env.agent_pos[0]), int(env.agent_pos[1]), int(env.agent_dir))
    first: dict[tuple[int, int, int], int | None] = {start: None}
    queue = deque([start])
    while queue:
        x, y, facing = here = queue.popleft()
        if arrived(x, y, facing):
            return first[here]
        ahead = faced(x, y, facing)
        thing = env.grid.get(*ahead) if 0 <= ahead[0] < env.width and 0 <= ahead[1] < env.height else env.grid.get(0, 0)
        steps = [(LEFT, (x, y, (facing + 3) % 4)), (RIGHT, (x, y, (facing + 1) % 4))]
        if thing is None or (thing.can_overlap() and thing.type != "lava"):
            steps.append((FORWARD, (*ahead, facing)))
        elif thing.type == "door":
            steps.append((TOGGLE, (*ahead, facing)))
        for action, there in steps:
            if there not in first:
                first[there] = action if here == start else first[here]
                queue.append(there)
    return None


def faced(x: int, y: int, facing: int) -> tuple[int, int]:
    """Give the cell ahead of one who stands somewhere and faces a direction."""
    return x + (1, 0, -1, 0)[facing], y + (0, 1, 0, -1)[facing]


def go_and(env: MiniGridEnv, arrived: Callable[[int, int, int], bool], action: int) -> int:
    """Go somewhere, and act there."""
    step = way(env, arrived)
    return action if step is None else step


def where_is(env: MiniGridEnv, kind: str, colour: str | None = None) -> tuple[int, int] | None:
    """Find the first thing of a kind, and of a colour if one is given."""
    for y in range(env.height):
        for x in range(env.width):
            thing = env.grid.get(x, y)
            if thing is not None and thing.type == kind and colour in (None, thing.color):
                return x, y
    return None
