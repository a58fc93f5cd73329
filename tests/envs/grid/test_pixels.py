"""Pixels looked up in tables, beside those that MiniGrid draws."""

from __future__ import annotations

from typing import Any

import gymnasium as gym
import numpy as np
import pytest
from gymnasium import spaces
from minigrid.core import world_object as things
from minigrid.wrappers import ImgObsWrapper, RGBImgPartialObsWrapper

from agents.vec import SB3VecEnv
from envs import LifelongEnv, LifelongVectorEnv, Schedule, Task
from envs.compiled import can_compile
from envs.grid.make import make_world
from envs.grid.pixels import PixelSenses, make_pixels
from envs.grid.tiles import Painter, tiles
from tests.envs.grid.zoo import put, zoo, zoo_world

THINGS: tuple[Any, ...] = (None, things.Key, things.Ball, things.Box, things.Floor, things.Goal, things.Door)
EVERYTHING = ("left", "right", "forward", "pickup", "drop", "toggle")
FAMILIES = (
    "DoorKey-5x5-v0",
    "UnlockPickup-v0",
    "BlockedUnlockPickup-v0",
    "RedBlueDoors-6x6-v0",
    "LavaGapS5-v0",
    "Dynamic-Obstacles-5x5-v0",
    "Fetch-5x5-N2-v0",
    "Playground-v0",
    "ObstructedMaze-1Dlhb-v0",
    "FourRooms-v0",
)


def drawn(name: str, tile_size: int = 8, **arguments: Any) -> gym.Env:
    """Make an environment that MiniGrid itself draws."""
    env = gym.make(f"MiniGrid-{name}", disable_env_checker=True, **arguments).unwrapped
    return ImgObsWrapper(RGBImgPartialObsWrapper(env, tile_size=tile_size))


def hand_something(env: Any, rng: np.random.Generator) -> None:
    """Now and then put a thing or an open, closed or locked door ahead of the agent, or take what is there away."""
    x, y = env.unwrapped.front_pos
    ahead = env.unwrapped.grid.get(x, y)
    if ahead is not None and ahead.type == "wall":
        return
    colour = str(rng.choice(["red", "green", "blue", "purple", "yellow", "grey"]))
    state = int(rng.integers(3))
    what = THINGS[rng.integers(len(THINGS))]
    thing = what and (what(colour, state == 0, state == 2) if what is things.Door else what(colour))
    env.unwrapped.grid.set(x, y, thing)


@pytest.mark.parametrize("name", FAMILIES)
def test_the_picture_is_minigrids_own(name: str):
    rng = np.random.default_rng(0)
    actions = EVERYTHING[:3] if "Dynamic" in name else EVERYTHING
    ours, theirs = make_pixels(f"MiniGrid-{name}", actions), drawn(name)
    assert ours.observation_space == theirs.observation_space == spaces.Box(0, 255, (56, 56, 3), np.uint8)
    told, carried = 0, 0
    seen, shown = ours.reset(seed=3)[0], theirs.reset(seed=3)[0]
    while told < 200:
        np.testing.assert_array_equal(seen, shown)
        assert seen.dtype == shown.dtype == np.uint8
        if len(actions) > 3 and told % 5 == 0:
            luck = rng.integers(2**32)
            for env in (ours, theirs):
                hand_something(env, np.random.default_rng(luck))
        action = int(
            rng.choice(len(actions), p=np.array((1, 1, 2, 3, 1, 2)[: len(actions)]) / (10, 4)[len(actions) < 4])
        )
        seen, *answer = ours.step(action)
        shown, *expected = theirs.step(action)
        assert answer == expected
        told, carried = told + 1, carried + (theirs.unwrapped.carrying is not None)  # pyright: ignore[reportAttributeAccessIssue]
        if answer[1] or answer[2]:
            np.testing.assert_array_equal(seen, shown)
            seen, shown = ours.reset()[0], theirs.reset()[0]
    assert carried or "Dynamic" in name or "Lava" in name


@pytest.mark.parametrize(
    ("engine", "name", "arguments"),
    [
        ("numpy", "DoorKey-5x5-v0", {"max_steps": 23}),
        ("numpy", "DistShift1-v0", {"max_steps": 31}),
        ("numpy", "Fetch-5x5-N2-v0", {}),
        pytest.param(
            *("numba", "DoorKey-5x5-v0", {"max_steps": 23}),
            marks=pytest.mark.skipif(not can_compile(), reason="no numba"),
        ),
    ],
)
def test_many_pictures_are_those_of_each(engine: Any, name: str, arguments: dict):
    world = make_world(name, 3, senses="pixels", actions=EVERYTHING, engine=engine, **arguments)
    theirs = [drawn(name, **arguments) for _ in range(3)]
    world.seed([5, 6, 7])
    rng, kept, ended = np.random.default_rng(1), [], 0
    seen, shown = world.begin()[0], np.array([env.reset(seed=5 + row)[0] for row, env in enumerate(theirs)])
    for _ in range(60):
        np.testing.assert_array_equal(seen, shown)
        kept.append((seen, seen.copy()))
        actions = rng.integers(len(EVERYTHING), size=3)
        outcome = world.step(actions)
        seen = outcome.observation
        for row, env in enumerate(theirs):
            shown[row], _, terminated, truncated, _ = env.step(actions[row])
            assert (terminated, truncated) == (outcome.terminated[row], outcome.truncated[row])
            if terminated or truncated:
                assert outcome.final is not None
                np.testing.assert_array_equal(outcome.final[row], shown[row])
                shown[row], ended = env.reset()[0], ended + 1
    assert ended
    for picture, copy in kept:  # nothing that was handed out has been painted over
        np.testing.assert_array_equal(picture, copy)


@pytest.mark.parametrize("view", [3, 9])
def test_pictures_in_tensors_are_those_in_arrays(view: int):
    pytest.importorskip("torch")
    shown: dict[str, Any] = {"senses": "pixels", "agent_view_size": view, "tile_size": 4}
    worlds = [zoo_world(24, engine, **shown) for engine in ("numpy", "torch")]
    animals = zoo(np.random.default_rng(2), 24)
    for world in worlds:
        put(world, animals)
    for _ in range(5):
        arrays, tensors = (world.step(np.arange(24) % 3, again=False).observation for world in worlds)
        assert arrays.shape == (24, 4 * view, 4 * view, 3)
        np.testing.assert_array_equal(arrays, np.asarray(tensors))


def test_tiles_of_another_size_are_minigrids_too():
    ours, theirs = make_pixels("MiniGrid-Playground-v0", EVERYTHING, tile_size=5), drawn("Playground-v0", 5)
    seen, shown = ours.reset(seed=0)[0], theirs.reset(seed=0)[0]
    assert seen.shape == (35, 35, 3)
    np.testing.assert_array_equal(seen, shown)


def test_all_that_can_be_seen_or_carried_has_a_tile():
    table = tiles(8).reshape(2, 198, -1)
    drawn: np.ndarray = np.any(table, axis=2)
    assert drawn[1].sum() == 1 + 3 * 6  # an empty hand; keys, balls and boxes of six colours
    assert drawn[0, 18:].sum() == 1 + 6 + 6 + 6 * 3 + 3 * 6 + 6 + 1 and drawn[0, :18].all()
    # What is unseen looks the same 18 times over, and MiniGrid draws goals as it draws walls of their colour.
    assert len(np.unique(table[drawn], axis=0)) == drawn.sum() - 17 - 6


def life(**arguments: Any) -> Schedule:
    tasks = tuple(
        Task(name, "lifelong/Pixels-v0", (), {"base": f"MiniGrid-{name}", "max_steps": 9, **arguments})
        for name in ("Empty-5x5-v0", "LavaGapS5-v0")
    )
    return Schedule(tasks, steps=40, cycles=2)


def test_lives_are_lived_in_pixels():
    ours, looped = (LifelongVectorEnv(life(), 4, seed=1, engine=engine) for engine in ("numpy", "looped"))
    alone = LifelongEnv(life(), seed=1)
    assert ours.single_observation_space == alone.observation_space == spaces.Box(0, 255, (56, 56, 3), np.uint8)
    seen, expected = ours.reset()[0], looped.reset()[0]
    assert alone.reset()[0].dtype == seen.dtype == np.uint8
    for k in range(30):
        np.testing.assert_array_equal(seen, expected)
        assert seen.flags.writeable
        seen, *_, infos = ours.step((np.arange(4) + k) % 3)
        expected, *_, told = looped.step((np.arange(4) + k) % 3)
        if "final_obs" in infos:
            ended = infos["_final_obs"]
            np.testing.assert_array_equal(infos["final_obs"][ended], told["final_obs"][ended])
    with pytest.raises(ValueError, match=r"\(35, 35, 3\).*one body and one set of senses"):
        LifelongVectorEnv(
            Schedule(
                (
                    *life().tasks[:1],
                    Task("b", "lifelong/Pixels-v0", (), {"base": "MiniGrid-Empty-5x5-v0", "tile_size": 5}),
                ),
                40,
            )
        )


def test_pixels_reach_stable_baselines_as_bytes():
    life_in_pixels = LifelongVectorEnv(life(), 4, seed=1, engine="numpy")
    learner, ended = SB3VecEnv(life_in_pixels), 0
    assert learner.reset().dtype == np.uint8
    for _ in range(12):
        seen: Any
        seen, _, dones, infos = learner.step(np.full(4, 2))
        assert isinstance(seen, np.ndarray) and seen.shape == (4, 56, 56, 3) and seen.dtype == np.uint8
        for row in np.flatnonzero(dones):
            last, ended = infos[row]["terminal_observation"], ended + 1
            assert life_in_pixels.single_observation_space.contains(last) and last.any()
    assert ended


def test_a_base_is_there_if_none_is_named():
    env: Any = gym.make("lifelong/Pixels-v0")
    many = LifelongVectorEnv(Schedule((Task("a", "lifelong/Pixels-v0"),), 40), 2, engine="numpy")
    assert env.observation_space == many.single_observation_space and env.unwrapped.width == 5


@pytest.mark.parametrize(
    ("make", "error", "message"),
    [
        (lambda: Painter(7, 0), ValueError, "tile_size lies between 1 and 64 pixels; got 0"),
        (lambda: Painter(7, 8.0), TypeError, "tile_size is a whole number of pixels; got 8.0 of type float"),  # pyright: ignore[reportArgumentType]
        (
            lambda: make_world("Empty-5x5-v0", senses="bits", tile_size=4),
            ValueError,
            "tile_size=4 is for senses 'pixels'",
        ),
        (lambda: PixelSenses(gym.make("CartPole-v1")), TypeError, "shows MiniGrid environments"),
        (lambda: make_pixels("MiniGrid-Empty-5x5-v0", ("jump",)), ValueError, "got 'jump'"),
    ],
)
def test_errors_say_what_was_expected_and_what_came(make: Any, error: type, message: str):
    with pytest.raises(error, match=message):
        make()
