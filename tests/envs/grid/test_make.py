"""Grid worlds by name and by drawing, through Gymnasium and Stable-Baselines3."""

from __future__ import annotations

import re
from typing import Any

import gymnasium as gym
import minigrid  # noqa: F401 - registers its own
import numpy as np
import pytest
from gymnasium.error import ResetNeeded
from gymnasium.utils.env_checker import check_env
from gymnasium.vector import AutoresetMode, SyncVectorEnv

import envs  # noqa: F401 - registers the worlds
from agents.vec import SB3VecEnv
from envs.compiled import can_compile
from envs.grid.codes import BALL, BLUE, BOX, DOOR, GOAL, KEY, LAVA, LOCKED, NOTHING, RED, WALL, YELLOW, code_of
from envs.grid.make import find, make_vector_env, make_world, names
from envs.grid.sight import VIEWS
from envs.spares import Spares

CORRIDOR = """
#########
#>..D..G#
#.B.#.L.#
#########
"""
LEGEND = {"D": "locked yellow door", "B": "blue box with yellow key"}
FORWARD, PICKUP, TOGGLE, RIGHT = 2, 3, 5, 1


def layout(text: str = CORRIDOR, **arguments: Any) -> Any:
    return make_world("Layout-v0", layout=text, legend=LEGEND, **arguments)


@pytest.mark.parametrize("senses", ["dict", "image", "flat", "bits", "full", "pixels"])
def test_single_worlds_pass_gymnasiums_check(senses: str):
    check_env(gym.make("lifelong/Fetch-5x5-N2-v0", senses=senses).unwrapped, skip_render_check=True)


def test_all_names_are_registered_and_minigrids_names_find_them():
    for name in names():
        assert f"lifelong/{name}" in gym.registry
    assert find("MiniGrid-DoorKey-8x8-v0") == find("DoorKey-8x8-v0")


@pytest.mark.parametrize("mode", [AutoresetMode.NEXT_STEP, AutoresetMode.SAME_STEP])
def test_vectors_reset_themselves_as_gymnasiums_do(mode: AutoresetMode):
    ours = gym.make_vec("lifelong/Empty-5x5-v0", num_envs=3, autoreset_mode=mode, max_steps=20)
    make: Any = lambda: gym.make("MiniGrid-Empty-5x5-v0", max_steps=20)  # noqa: E731
    theirs: Any = SyncVectorEnv([make] * 3, autoreset_mode=mode)
    (seen, _), (expected, _) = ours.reset(seed=4), theirs.reset(seed=4)
    rng, ends = np.random.default_rng(0), 0
    for _ in range(90):
        np.testing.assert_array_equal(seen["image"], expected["image"])
        np.testing.assert_array_equal(seen["direction"], expected["direction"])
        actions = rng.integers(0, 7, 3)
        seen, *outcome, infos = ours.step(actions)
        expected, *truth, told = theirs.step(actions)
        for one, two in zip(outcome, truth, strict=True):
            np.testing.assert_array_equal(one, two)
        for row in np.flatnonzero(outcome[1] | outcome[2]):
            ends += 1
            if mode is AutoresetMode.SAME_STEP:
                np.testing.assert_array_equal(infos["final_obs"]["image"][row], told["final_obs"][row]["image"])
    assert ends > 9


def test_without_autoreset_ended_rows_wait_for_their_mask():
    env = make_vector_env("Empty-5x5-v0", 2, autoreset_mode="Disabled", max_steps=3)
    first, _ = env.reset(seed=1)
    ends: Any = [env.step(np.array([0, 0]))[3] for _ in range(3)]
    assert ends[-1].all()
    with pytest.raises(ResetNeeded, match="reset_mask"):
        env.step(np.array([0, 0]))
    with pytest.raises(ValueError, match="names at least one row"):
        env.reset(options={"reset_mask": np.zeros(2, bool)})
    with pytest.raises(TypeError, match="array of bool"):
        env.reset(options={"reset_mask": [0, 1]})
    env.reset(options={"reset_mask": np.array([True, False])})
    with pytest.raises(ResetNeeded):
        env.step(np.array([0, 0]))
    env.reset(options={"reset_mask": np.array([False, True])})
    seen, *_ = env.step(np.array([6, 6]))
    np.testing.assert_array_equal(seen["image"], first["image"])


@pytest.mark.parametrize("view", VIEWS)
def test_views_of_other_sizes_are_minigrids(view: int):
    ours: Any = gym.make("lifelong/DoorKey-8x8-v0", agent_view_size=view)
    theirs = gym.make("MiniGrid-DoorKey-8x8-v0", agent_view_size=view)
    (seen, _), (expected, _) = ours.reset(seed=2), theirs.reset(seed=2)
    for action in np.random.default_rng(0).integers(0, 7, 300):
        np.testing.assert_array_equal(seen["image"], expected["image"])
        assert ours.unwrapped.mission == expected["mission"]
        seen, *_ = ours.step(action)
        expected, *_ = theirs.step(action)


def test_a_drawing_is_a_world():
    world = layout()
    world.seed([0])
    world.begin()
    cells = world.arrays.cells[0].reshape(4, 9)
    assert cells[1].tolist() == [
        WALL, NOTHING, NOTHING, NOTHING, code_of(DOOR, YELLOW, LOCKED), NOTHING, NOTHING, GOAL, WALL
    ]  # fmt: skip
    assert cells[2, 2] == code_of(BOX, BLUE) and cells[2, 6] == LAVA
    assert world.arrays.contents[0].reshape(4, 9)[2, 2] == code_of(KEY, YELLOW)


def test_a_drawn_world_is_solved_as_it_looks():
    world = layout(max_steps=100)
    world.seed([0])
    world.begin()
    way = [FORWARD, RIGHT, TOGGLE, PICKUP, RIGHT, RIGHT, RIGHT, FORWARD, FORWARD, TOGGLE, *[FORWARD] * 4]
    for action in way:
        outcome = world.step(np.array([action]), again=False)
        assert not outcome.truncated[0]
    assert outcome.terminated[0] and outcome.reward[0] == 1 - 0.9 * (len(way) / 100)  # pyright: ignore


def test_agents_and_things_are_put_where_a_drawing_lets_them():
    text = "#####\n#*..#\n#..*#\n#####"
    world = layout(text, num_envs=200, things=("red ball",))
    world.seed(range(200))
    world.begin()
    agent, cells = world.arrays.agent, world.arrays.cells
    assert {(x, y) for x, y in agent[:, :2].tolist()} == {(1, 1), (3, 2)}
    assert set(agent[:, 2].tolist()) == {0, 1, 2, 3}
    assert ((cells == code_of(BALL, RED)).sum(1) == 1).all()
    assert len({tuple(row) for row in cells.tolist()}) > 4


@pytest.mark.parametrize(
    ("make", "error", "message"),
    [
        (lambda: find("DorKey-8x8-v0"), ValueError, "did you mean 'DoorKey-8x8-v0'"),
        (lambda: make_world("Empty-5x5-v0", sise=4), TypeError, "Empty worlds have no argument 'sise'; they have"),
        (lambda: make_world("Empty-5x5-v0", size=2), ValueError, "at least 4; got 2"),
        (lambda: make_world("Empty-5x5-v0", max_steps=0), ValueError, "max_steps is an integer of at least 1; got 0"),
        (lambda: make_world("Empty-5x5-v0", 0), ValueError, "num_envs is an integer of at least 1; got 0"),
        (lambda: make_world("Empty-5x5-v0", agent_view_size=4), ValueError, "agent_view_size is one of"),
        (lambda: make_world("Empty-5x5-v0", engine="cuda"), ValueError, "engine of a grid world is one of"),
        (lambda: make_world("Empty-5x5-v0", engine="numpy", device="cuda"), ValueError, "needs engine 'torch'"),
        (lambda: make_world("Empty-5x5-v0", layouts=9), ValueError, "a pool of layouts=9 is for engine 'torch'"),
        (lambda: make_world("Empty-5x5-v0", senses="smell"), ValueError, "senses of a grid world are one of"),
        (lambda: make_world("Empty-5x5-v0", actions=("jump",)), ValueError, "got 'jump'"),
        (lambda: make_world("Empty-5x5-v0", actions=()), ValueError, "at least one action"),
        (lambda: gym.make("lifelong/Empty-5x5-v0", render_mode="rgb_array"), ValueError, "draw no pictures"),
        (lambda: layout("###\n#x#\n###"), ValueError, "unknown character 'x' in row 2, column 2"),
        (lambda: layout("####\n#>#\n####"), ValueError, r"equal lengths; got \[4, 3, 4\]"),
        (lambda: layout("####\n#>..\n####"), ValueError, "walled in; row 2, column 4 is open"),
        (lambda: layout("#####\n#>.<#\n#####"), ValueError, "got 2 agents"),
        (lambda: layout("##\n##"), ValueError, "3 to 256 cells wide and high"),
        (lambda: layout("####\n#>.#\n####", things=("red ball",) * 2), ValueError, "do not fit into 2 empty cells"),
        (lambda: make_world("Layout-v0", layout=CORRIDOR, legend={"D": "pink door"}), ValueError, "got 'pink door'"),
    ],
)
def test_wrong_worlds_are_named(make: Any, error: type[Exception], message: str):
    with pytest.raises(error, match=message):
        make()


@pytest.mark.parametrize("engine", ["numba", "numpy"])
def test_wrong_actions_are_refused_and_nothing_is_done(engine: Any):
    world = make_world("Empty-5x5-v0", 3, engine=engine)
    world.seed([1, 2, 3])
    world.begin()
    before = world.arrays.agent.copy()
    for actions, message in (
        (np.array([0, 1, 7]), "actions lie between 0 and 6; got 7 for sub-environment 2"),
        (np.array([0, -1, 0]), "got -1 for sub-environment 1"),
        (np.array([0, 1]), re.escape("expected 3 integer actions, one for each sub-environment; got shape (2,)")),
        (np.array([0.0, 1.0, 2.0]), "got shape .3,., float64"),
    ):
        with pytest.raises(ValueError, match=message):
            world.step(actions)
    np.testing.assert_array_equal(world.arrays.agent, before)


@pytest.mark.parametrize("engine", ["numba", "numpy"])
def test_single_worlds_take_whole_numbers_only(engine: str):
    env = gym.make("lifelong/Empty-5x5-v0", engine=engine, disable_env_checker=True)
    env.reset(seed=0)
    env.step(np.array(2))
    with pytest.raises(TypeError, match=r"a discrete action is an integer; got 1\.7 of type float"):
        env.step(1.7)
    with pytest.raises(ValueError, match="actions lie between 0 and 6; got 9"):
        env.step(9)


def test_stable_baselines_learns_on_them():
    from stable_baselines3 import PPO  # noqa: PLC0415 - slow to import

    env: Any = gym.make_vec("lifelong/Empty-5x5-v0", num_envs=16, senses="flat", autoreset_mode=AutoresetMode.SAME_STEP)
    learner = PPO("MlpPolicy", SB3VecEnv(env), n_steps=64, batch_size=256, n_epochs=4, learning_rate=1e-3, seed=0)
    learner.learn(16 * 64 * 12)
    returns = [info["r"] for info in learner.ep_info_buffer] if learner.ep_info_buffer else []
    values: Any = learner.rollout_buffer.rewards
    assert not returns and values.sum() / learner.rollout_buffer.episode_starts.sum() > 0.5


def test_observations_that_are_kept_stay_as_they_are():
    world = make_world("DoorKey-5x5-v0", 4, senses="bits")
    world.seed(range(4))
    kept = [world.begin()[0]]
    copies = [kept[0].copy()]
    rng = np.random.default_rng(0)
    for _ in range(3 * Spares((1,))._most):
        kept.append(world.step(rng.integers(0, 7, 4)).observation)
        copies.append(kept[-1].copy())
    for one, two in zip(kept, copies, strict=True):
        np.testing.assert_array_equal(one, two)


@pytest.mark.skipif(not can_compile(), reason="no numba")
@pytest.mark.parametrize("senses", ["image", "bits", "dict", "full"])
@pytest.mark.parametrize(
    "name", ["DoorKey-5x5", "Dynamic-Obstacles-5x5", "LavaGapS5", "GoToDoor-5x5", "KeyCorridorS3R1"]
)
def test_a_world_alone_does_what_it_does_beside_another(name: str, senses: str):
    one, two = (make_world(f"{name}-v0", size, senses=senses, engine="numba") for size in (1, 2))
    choices: Any = one.action_space
    for world in (one, two):
        world.seed(range(world.num_envs))
        world.begin()
    rng, ends = np.random.default_rng(0), 0
    for step in range(400):
        actions = rng.integers(0, choices.n, 2)
        idle = rng.random(2) < 0.3 if step % 3 == 0 else None
        alone = one.step(actions[:1], idle=None if idle is None else idle[:1])
        beside = two.step(actions, idle=idle)
        for part in ("observation", "reward", "terminated", "truncated"):
            ours, theirs = getattr(alone, part), getattr(beside, part)[:1]
            assert ours.dtype == theirs.dtype
            np.testing.assert_array_equal(ours, theirs)
        if alone.final is not None and beside.final is not None:
            np.testing.assert_array_equal(alone.final[0], beside.final[0])
            ends += 1
    assert ends


@pytest.mark.skipif(not can_compile(), reason="no numba")
def test_rewards_and_ends_that_are_kept_stay_as_they_are():
    world = make_world("LavaGapS5-v0", 1, engine="numba")
    world.seed([0])
    world.begin()
    rng = np.random.default_rng(0)
    kept = [world.step(rng.integers(0, 3, 1)) for _ in range(300)]
    assert len({id(one.terminated) for one in kept}) == len(kept)
    ended = [one.final is not None for one in kept]
    assert any(ended)
    assert [bool(one.terminated | one.truncated) for one in kept] == ended
