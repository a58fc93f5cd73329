from __future__ import annotations

from typing import Any

import gymnasium as gym
import numpy as np
import pytest
from minigrid.core.world_object import Wall
from minigrid.envs.lavagap import LavaGapEnv
from minigrid.minigrid_env import MiniGridEnv

from envs.dice import WORDS, read_generator, write_generator
from envs.grid.codes import NOTHING, code_of
from envs.grid.family import Family
from envs.grid.layout import DROP, PICKUP, TOGGLE
from envs.grid.make import make_world
from envs.grid.world import GridWorld
from tests.envs.grid.oracle import faced, go_and, lived_alike, way, where_is

FAMILIES = (
    "Crossing",
    "LavaGap",
    "DistShift",
    "FourRooms",
    "MultiRoom",
    "Unlock",
    "UnlockPickup",
    "BlockedUnlockPickup",
    "KeyCorridor",
    "ObstructedMaze1Dlhb",
    "ObstructedMazeFull",
    "ObstructedMazeFullV1",
)
IDS = [name for family in FAMILIES for name in Family.families[family].ids]
# Gymnasium says so of ids that have a later version.
pytestmark = pytest.mark.filterwarnings("ignore:.*is out of date:DeprecationWarning")


def code(thing: Any) -> int:
    if thing is None:
        return NOTHING
    kind, colour, state = thing.encode()
    return code_of(kind, colour, state)


def told(env: MiniGridEnv) -> tuple[Any, ...]:
    """Cells, contents, column, row, direction and mission of MiniGrid's environment, and its dice to come."""
    inside = [code(getattr(thing, "contains", None)) for thing in env.grid.grid]
    dice = np.zeros(WORDS, np.uint64)
    source: Any = env.np_random.bit_generator
    write_generator(dice, source)
    x, y = env.agent_pos
    return [code(thing) for thing in env.grid.grid], inside, [x, y, env.agent_dir], env.mission, ahead_of(dice)


def ours(world: GridWorld, row: int) -> tuple[Any, ...]:
    """The same of one of our worlds."""
    state, mission = world.state(), world.missions()[row]
    return (
        state.cells[row].tolist(),
        state.contents[row].tolist(),
        state.agent[row, :3].tolist(),
        mission,
        ahead_of(state.dice[row]),
    )


def ahead_of(dice: np.ndarray) -> list[int]:
    return read_generator(dice).integers(1 << 20, size=3).tolist()


@pytest.mark.parametrize("minigrid_id", IDS)
def test_first_worlds_are_minigrids(minigrid_id: str):
    count = 100
    env: Any = gym.make(f"MiniGrid-{minigrid_id}").unwrapped
    env.gen_obs = dict  # what it sees is compared elsewhere
    wanted = []
    for seed in range(count):
        env.reset(seed=seed)
        wanted.append(told(env))
    for engine, some in (("auto", count), ("numpy", 5)):
        world = make_world(minigrid_id, some, engine=engine)
        world.seed(range(some))
        world.begin()
        for seed in range(some):
            assert ours(world, seed) == wanted[seed], f"{engine}, seed {seed}"


@pytest.mark.parametrize("minigrid_id", IDS)
def test_worlds_live_as_minigrids_do(minigrid_id: str):
    # Short episodes: worlds after the first count too.
    lived_alike(minigrid_id, num_envs=3, steps=60, seed=11, max_steps=17)
    lived_alike(minigrid_id, num_envs=2, steps=120, seed=5, biased=True)


def to_the_goal(env: Any) -> int:
    goal = where_is(env, "goal")
    return go_and(env, lambda x, y, facing: (x, y) == goal, DROP)


def treasure(env: Any) -> int:
    """Unlock every door, clear away what lies before it, then pick up what the mission names."""
    things = {(x, y): env.grid.get(x, y) for y in range(env.height) for x in range(env.width)}
    doors = [place for place, thing in things.items() if thing is not None and thing.type == "door"]
    locked = [place for place in doors if things[place].is_locked]
    held = env.carrying

    def before(place: tuple[int, int] | None) -> Any:
        return lambda x, y, facing: faced(x, y, facing) == place

    def out_of_the_way(x: int, y: int, facing: int) -> bool:
        i, j = faced(x, y, facing)
        return things.get((i, j), env) is None and all(abs(i - di) + abs(j - dj) > 1 for di, dj in doors)

    def can_reach(place: tuple[int, int]) -> bool:
        here = int(env.agent_pos[0]), int(env.agent_pos[1]), int(env.agent_dir)
        return before(place)(*here) or way(env, before(place)) is not None

    if not locked:
        target = getattr(env, "obj", None)
        act, wanted = PICKUP, None if target is None else tuple(target.cur_pos)
    else:
        colour = things[locked[0]].color
        blocked = not can_reach(locked[0])
        key = where_is(env, "key", colour)
        if held is not None and (held.type, held.color) == ("key", colour) and not blocked:
            return go_and(env, before(locked[0]), TOGGLE)
        if blocked:
            act, wanted = PICKUP, where_is(env, "ball")
        else:
            act, wanted = (TOGGLE, where_is(env, "box")) if key is None else (PICKUP, key)
    if held is not None:
        return go_and(env, out_of_the_way, DROP)
    return go_and(env, before(wanted), act)


@pytest.mark.parametrize(
    ("minigrid_id", "expert", "steps", "arguments"),
    [
        ("LavaCrossingS9N2-v0", to_the_goal, 150, {}),
        ("SimpleCrossingS11N5-v0", to_the_goal, 200, {}),
        ("LavaGapS6-v0", to_the_goal, 100, {}),
        ("DistShift2-v0", to_the_goal, 100, {}),
        ("FourRooms-v0", to_the_goal, 200, {}),
        ("MultiRoom-N4-S5-v1", to_the_goal, 200, {}),
        ("Unlock-v0", treasure, 200, {}),
        ("UnlockPickup-v0", treasure, 300, {}),
        ("BlockedUnlockPickup-v0", treasure, 300, {}),
        ("KeyCorridorS3R2-v0", treasure, 300, {}),
        # Where the key looks like the target it is not taken for it.
        ("KeyCorridorS3R1-v0", treasure, 300, {"obj_type": "key"}),
        ("ObstructedMaze-1Dl-v0", treasure, 300, {}),
        ("ObstructedMaze-1Dlhb-v0", treasure, 300, {}),
        ("ObstructedMaze-2Dlhb-v1", treasure, 600, {}),
    ],
)
def test_worlds_end_as_minigrids_do(minigrid_id: str, expert: Any, steps: int, arguments: dict[str, Any]):
    lived = lived_alike(minigrid_id, num_envs=3, steps=steps, seed=3, expert=expert, **arguments)
    assert lived.successes > 1, f"too little happened for a comparison: {lived}"


@pytest.mark.parametrize("minigrid_id", ["Unlock-v0", "KeyCorridorS3R1-v0"])
def test_rules_end_worlds_in_array_engines_too(minigrid_id: str):
    lived = lived_alike(minigrid_id, num_envs=3, steps=150, seed=3, expert=treasure, engine="numpy")
    assert lived.successes > 1, f"too little happened for a comparison: {lived}"


@pytest.mark.parametrize(
    ("minigrid_id", "arguments"),
    [
        ("LavaCrossingS9N1-v0", {"size": 5, "num_crossings": 9}),
        ("SimpleCrossingS9N1-v0", {"size": 13, "num_crossings": 6, "obstacle_type": "LAVA"}),
        ("LavaGapS5-v0", {"size": 10}),
        ("DistShift1-v0", {"width": 12, "height": 6, "agent_start_pos": None, "strip2_row": 4}),
        ("DistShift1-v0", {"width": 5, "height": 4, "agent_start_pos": (2, 2), "agent_start_dir": 3}),
        ("FourRooms-v0", {"agent_pos": (9, 4), "goal_pos": (1, 17)}),
        ("MultiRoom-N6-v0", {"minNumRooms": 1, "maxNumRooms": 3, "maxRoomSize": 6, "width": 14, "height": 11}),
        ("KeyCorridorS3R2-v0", {"obj_type": "box", "room_size": 5}),
        ("KeyCorridorS3R2-v0", {"obj_type": "key", "num_cols": 5}),
        # The agent may stand where the target would have to be: MiniGrid gives up, and begins anew.
        ("KeyCorridorS3R2-v0", {"num_cols": 4}),
        ("ObstructedMaze-1Dlhb-v0", {"key_in_box": False}),
        ("ObstructedMaze-Full-v0", {"agent_room": (0, 2), "num_quarters": 3, "key_in_box": False}),
        ("ObstructedMaze-Full-v1", {"agent_room": (2, 0), "num_quarters": 3, "blocked": False}),
    ],
)
def test_arguments_mean_what_minigrids_mean(minigrid_id: str, arguments: dict[str, Any]):
    lived_alike(minigrid_id, num_envs=3, steps=40, biased=True, max_steps=6, **arguments)


def test_usual_steps_are_minigrids():
    for minigrid_id in IDS:
        env: Any = gym.make(f"MiniGrid-{minigrid_id}").unwrapped
        shape = make_world(minigrid_id, 1, engine="numpy").shape
        assert shape.max_steps == env.max_steps, minigrid_id
    assert make_world("ObstructedMaze-Full-v1", engine="numpy", num_rooms_visited=3).shape.max_steps == 4 * 3 * 36


def test_a_wall_may_stand_for_a_lava_gap():
    world = make_world("LavaGapS7-v0", 20, obstacle_type="wall")
    world.seed(range(20))
    world.begin()
    made: Any = LavaGapEnv  # its annotation knows lava alone
    env = made(size=7, obstacle_type=Wall)
    for seed in range(20):
        env.reset(seed=seed)
        assert ours(world, seed) == told(env)
