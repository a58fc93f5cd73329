"""Our grid worlds and MiniGrid's, lived beside each other, transition by transition.

Row ``i`` of our worlds and an environment of MiniGrid's get the same seed, once, and the same actions for as long as is
asked. Compared are image, direction, mission, reward, terminated, truncated, and where an episode ends its last
observation and the first one of the next. Half of the rows live their episodes to the end; in the others episodes are
left early as well, in both, so that many worlds are built of every kind.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import Any

import gymnasium as gym
import minigrid  # noqa: F401  (registers its environments)
import numpy as np
from gymnasium.vector import AutoresetMode

from envs.batched_vector import BatchedVectorEnv
from envs.grid.make import find, make_world
from lifelong_agent.seeds import generator

ROWS = 16
"""Worlds of an id that are lived side by side."""
ODDS = (1, 1, 4, 1, 1, 2, 1)
"""How often each action is drawn in every other row, for far walks and something to do at their ends; else equally."""
LEAVE = 1 / 50
"""How often, per step, an episode is left early in the second half of the rows."""
Seen = dict[str, Any]
"""What is known of a row after a step: name -> value."""


@dataclass(frozen=True)
class Found:
    """What came of one id.

    Attributes:
        id: MiniGrid's id.
        transitions: Steps compared, of all rows together.
        episodes: Episodes that ended in them.
        worlds: Worlds built: first ones, after ends, and after episodes that were left early.
        differences: Rows that differed; each is compared up to its first difference.
        first: That of the first of them: ``seed``, ``step``, ``what``, ``ours``, ``minigrid``; None without one.
    """

    id: str
    transitions: int
    episodes: int
    worlds: int
    differences: int
    first: dict[str, Any] | None


def compare(env_id: str, steps: int, seed: int, engine: str = "numba") -> Found:
    """Live one id in both.

    Args:
        env_id: MiniGrid's id.
        steps: Steps of each of `ROWS` rows.
        seed: Seed of the first row, and of the actions.
        engine: What does our arithmetic.
    """
    mission = cache(find(env_id)[0].mission)
    world: Any = make_world(env_id, ROWS, senses="dict", engine=engine)
    ours = BatchedVectorEnv(world, AutoresetMode.SAME_STEP, world.showing.presentation)
    theirs: list[Any] = [gym.make(env_id, disable_env_checker=True).unwrapped for _ in range(ROWS)]
    dice = generator(seed, "exact", env_id)
    kinds = int(theirs[0].action_space.n)
    odds = np.array(ODDS[:kinds]) / sum(ODDS[:kinds])
    alike = dict.fromkeys(range(ROWS), True)
    transitions, episodes, worlds = 0, 0, ROWS
    first: dict[str, Any] | None = None

    def hold(step: int, row: int, mine: Seen, wanted: Seen) -> None:
        nonlocal first
        what = differing(mine, wanted)
        if what is not None:
            alike[row] = False
            told = {"seed": seed + row, "step": step, "what": what}
            first = first or {**told, "ours": brief(mine.get(what)), "minigrid": brief(wanted.get(what))}

    seen, _ = ours.reset(seed=seed)
    for row, env in enumerate(theirs):
        hold(0, row, row_of(seen, row, mission), told_by(begin(env, seed + row)))
    for step in range(1, steps + 1):
        actions = dice.integers(kinds, size=ROWS)
        actions[::2] = dice.choice(kinds, ROWS // 2, p=odds)
        seen, reward, terminated, truncated, infos = ours.step(actions)
        for row in (row for row, same in alike.items() if same):
            observation, value, over, cut, _ = theirs[row].step(actions[row])
            mine: Seen = {"reward": reward[row], "terminated": terminated[row], "truncated": truncated[row]}
            wanted: Seen = {"reward": value, "terminated": over, "truncated": cut}
            transitions += 1
            if over or cut:
                episodes += 1
                wanted |= told_by(observation, "final ")
                if "_final_obs" in infos and infos["_final_obs"][row]:
                    mine |= row_of(infos["final_obs"], row, mission, "final ")
                observation = begin(theirs[row])
                worlds += 1
            hold(step, row, mine | row_of(seen, row, mission), wanted | told_by(observation))
        leaving = (dice.random(ROWS) < LEAVE) & (np.arange(ROWS) >= ROWS // 2) & np.array(list(alike.values()))
        if leaving.any():
            seen, _ = ours.reset(options={"reset_mask": leaving})
            worlds += int(leaving.sum())
            for row in np.flatnonzero(leaving).tolist():
                hold(step, row, row_of(seen, row, mission), told_by(begin(theirs[row])))
    ours.close()
    for env in theirs:
        env.close()
    return Found(env_id, transitions, episodes, worlds, ROWS - sum(alike.values()), first)


def begin(env: Any, seed: int | None = None) -> Any:
    """Begin an episode of MiniGrid's, again where it says that it could not be built: its dice have moved on."""
    while True:
        try:
            return env.reset(seed=seed)[0]
        except RecursionError:
            seed = None


def row_of(observation: Any, row: int, mission: Any, prefix: str = "") -> Seen:
    """Take one row out of our observations, its mission in words."""
    return {
        f"{prefix}image": observation["image"][row],
        f"{prefix}direction": observation["direction"][row],
        f"{prefix}mission": mission(tuple(observation["mission"][row].tolist())),
    }


def told_by(observation: Any, prefix: str = "") -> Seen:
    """Name the parts of an observation of MiniGrid's."""
    return {f"{prefix}{name}": observation[name] for name in ("image", "direction", "mission")}


def differing(mine: Seen, wanted: Seen) -> str | None:
    """Name the first thing that is not the same; None if all is."""
    for name, value in wanted.items():
        if name not in mine:
            return name
        if not (np.array_equal(mine[name], value) if isinstance(value, np.ndarray) else mine[name] == value):
            return name
    return None


def brief(value: Any) -> Any:
    """Write a value as JSON knows it; of an image, its numbers."""
    return value.tolist() if isinstance(value, (np.ndarray, np.generic)) else value
