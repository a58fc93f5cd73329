from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch

from envs.dice import fresh_dice
from envs.grid.array_dice import RowDice, keys_of, mixed
from envs.grid.device_engine import DeviceEngine
from envs.grid.engines import Arrays
from envs.grid.layout import DIRECTION, STEPS, X, Y
from envs.grid.make import make_world
from envs.grid.world import GridWorld
from tests.envs.grid.test_array_engine import SHOWN
from tests.envs.grid.zoo import live_alike, put, same_state, zoo, zoo_world


def device_world(name: str, count: int, layouts: int | None = None, **arguments: Any) -> tuple[GridWorld, DeviceEngine]:
    """Begin N worlds on torch."""
    world = make_world(name, count, engine="torch", **arguments)
    engine = DeviceEngine(world, "cpu", layouts)
    world._engine = engine
    world.seed(range(count))
    world.begin()
    return world, engine


def rows_of(arrays: Arrays) -> list[bytes]:
    """Give the worlds as they can be compared."""
    parts = zip(arrays.cells, arrays.contents, arrays.agent, strict=True)
    return [b"".join(part.tobytes() for part in row) for row in parts]


@pytest.mark.parametrize("see_through", [False, True], ids=["walls hide", "see through"])
@pytest.mark.parametrize(("senses", "view"), SHOWN)
def test_torch_steps_and_shows_what_numpy_does(senses: str, view: int, see_through: bool):
    dice = np.random.default_rng(view)
    worlds = [
        zoo_world(48, engine, senses=senses, agent_view_size=view, see_through_walls=see_through)
        for engine in ("torch", "numpy")
    ]
    if senses == "bits":
        order = dice.permutation(worlds[0].showing.columns)
        assert all(world.rewire(order) for world in worlds)
    animals = zoo(dice, 48)
    for world in worlds:
        put(world, animals)
    assert live_alike(worlds, dice, steps=24, again=False) > 15


def test_first_episodes_are_those_of_the_other_engines():
    worlds = [make_world("Fetch-5x5-N2-v0", 20, engine=engine) for engine in ("torch", "numpy")]
    for world in worlds:
        world.seed(range(20))
    first, second = (world.begin()[0] for world in worlds)
    np.testing.assert_array_equal(first.numpy(), second)
    assert live_alike(worlds, np.random.default_rng(0), steps=30, again=False) > 5
    for world in worlds:
        world.step(np.full(20, 1), again=False)  # what torch has done since is on its device alone
    some = np.array([3, 5, 11])
    first, second = (world.begin(some)[0] for world in worlds)
    np.testing.assert_array_equal(first.numpy(), second)
    same_state(*worlds)


def test_the_pool_holds_the_layouts_that_the_generator_makes():
    # A DoorKey world of 5 by 5: two places for the door, three for agent and key on this side, four directions.
    _, engine = device_world("DoorKey-5x5-v0", 2)
    many = make_world("DoorKey-5x5-v0", 800, engine="numpy")
    many.seed(range(1000, 1800))
    many.begin()
    assert len(set(rows_of(many.arrays))) == 2 * 3 * 2 * 4
    assert set(rows_of(engine.pool())) == set(rows_of(many.arrays))


def test_episodes_begin_in_layouts_drawn_evenly_from_the_pool():
    world, engine = device_world("MultiRoom-N2-S4-v0", 64, layouts=8, max_steps=2)
    pool = rows_of(engine.pool())
    assert len(set(pool)) == 8
    counts = dict.fromkeys(pool, 0)
    shown = dict(zip(pool, engine._pool.shown.numpy(), strict=True))
    for step in range(60):
        outcome = world.step(np.zeros(64, int))
        now = rows_of(world.state())
        if step % 2:
            assert outcome.truncated.all()
            for row, seen in zip(now, outcome.observation.numpy(), strict=True):
                counts[row] += 1
                np.testing.assert_array_equal(seen.reshape(-1), shown[row])
        else:
            assert not outcome.truncated.any()
    # 1,920 draws from 8: 240 each, give or take 14.5; five of that are never seen.
    assert all(abs(count - 240) < 73 for count in counts.values())


def test_final_observations_are_those_before_the_next_episode():
    world, _ = device_world("DoorKey-5x5-v0", 16, max_steps=3)
    other = make_world("DoorKey-5x5-v0", 16, engine="numpy", max_steps=3)
    other.seed(range(16))
    other.begin()
    for again in (False, False, True):
        outcome, wanted = (one.step(np.full(16, 1), again=again) for one in (world, other))
        assert outcome.final is not None
        if not again:
            np.testing.assert_array_equal(outcome.final.numpy(), wanted.observation)
    assert outcome.truncated.all() and wanted.final is not None
    np.testing.assert_array_equal(outcome.final.numpy(), wanted.final)
    assert not np.array_equal(outcome.observation.numpy(), outcome.final.numpy())


def test_what_happens_in_a_row_depends_on_no_other():
    few, _ = device_world("Dynamic-Obstacles-Random-5x5-v0", 3)
    many, _ = device_world("Dynamic-Obstacles-Random-5x5-v0", 7)
    dice, ended = np.random.default_rng(0), 0
    for _ in range(120):
        actions = dice.integers(3, size=7)
        idle = dice.random(7) < 0.2
        mine, others = few.step(actions[:3], idle=idle[:3]), many.step(actions, idle=idle)
        np.testing.assert_array_equal(mine.observation.numpy(), others.observation[:3].numpy())
        ended += int(np.asarray(mine.terminated | mine.truncated).sum())
    assert ended > 10
    for first, second in zip(rows_of(few.state()), rows_of(many.state()), strict=False):
        assert first == second


def test_idle_rows_stay_as_they_are_while_obstacles_move_in_the_others():
    world, _ = device_world("Dynamic-Obstacles-8x8-v0", 30)
    before = rows_of(world.state())
    outcome = world.step(np.zeros(30, int), idle=torch.arange(30) < 15)
    after = rows_of(world.state())
    assert before[:15] == after[:15]
    assert all(old != new for old, new in zip(before[15:], after[15:], strict=True))
    assert not outcome.reward[:15].any()


def test_the_same_seeds_give_the_same_life_again():
    world, _ = device_world("Dynamic-Obstacles-Random-5x5-v0", 5, max_steps=4)
    lives = []
    for _ in range(2):
        world.seed(range(5))
        world.begin()
        lives.append([world.step(np.full(5, step % 3)).observation.numpy() for step in range(20)])
    np.testing.assert_array_equal(*lives)


def test_settings_and_places_are_taken_over_without_turning_the_state_back():
    world, _ = device_world("DoorKey-5x5-v0", 4, senses="bits")
    usual = world.step(np.full(4, 1)).observation.numpy()
    order = np.random.default_rng(0).permutation(world.showing.columns)
    assert world.rewire(order)
    shown = world.step(np.full(4, 6)).observation.numpy()
    np.testing.assert_array_equal(shown, usual[:, order])
    assert world.state().agent[:, STEPS].tolist() == [2] * 4
    world.state().agent[:, [X, Y, DIRECTION]] = 1, 2, 3
    world.take_over()
    world.step(np.full(4, 0))
    assert world.state().agent[:, [X, Y, DIRECTION]].tolist() == [[1, 2, 2]] * 4


def test_rows_draw_what_splitmix_says():
    dice = fresh_dice(range(3))
    keys, ticks = keys_of(dice), np.array([0, 5, 1 << 40])
    drawn = RowDice(torch.tensor(keys), torch.tensor(ticks))
    np.testing.assert_array_equal(RowDice(keys, ticks).below(1000), drawn.below(1000).numpy())

    def word(key: int, number: int) -> int:
        mask = (1 << 64) - 1
        state = (key + number * 0x9E3779B97F4A7C15) & mask
        state = (state ^ state >> 30) * 0xBF58476D1CE4E5B9 & mask
        state = (state ^ state >> 27) * 0x94D049BB133111EB & mask
        return (state ^ state >> 31) >> 33

    second = [word(int(key), int(tick) * 64 + 2) for key, tick in zip(keys, ticks, strict=True)]
    assert drawn.word().tolist() == second
    # The first output of SplitMix64 with seed 0, as its authors' program prints it.
    assert int(mixed(torch.tensor([0x9E3779B97F4A7C15 - (1 << 64)]))[0]) & (1 << 64) - 1 == 0xE220A8397B1DCDAF
    many = RowDice(torch.arange(20000) << 32, torch.zeros(20000, dtype=torch.int64)).uniform((20000,))
    assert many.min() >= 0 and many.max() < 1 and abs(many.mean() - 0.5) < 0.01
    with pytest.raises(ValueError, match="each of 3 rows draws one number at a time"):
        drawn.uniform((2,))


@pytest.mark.parametrize(
    "actions",
    [np.array([0, 7]), torch.tensor([-1, 0]), torch.tensor([0.0, 1.0]), torch.tensor([0]), np.array([0.5, 1])],
)
def test_what_is_no_action_is_refused(actions: Any):
    world, _ = device_world("DoorKey-5x5-v0", 2, layouts=1)
    with pytest.raises(ValueError, match=r"actions lie between 0 and 6; got|expected 2 integer actions"):
        world.step(actions)


def test_what_is_not_there_is_told():
    with pytest.raises(ValueError, match=r"devices that torch has here are cpu.*; got 'cuda:77'"):
        make_world("DoorKey-5x5-v0", engine="torch", device="cuda:77")
    with pytest.raises(ValueError, match=r"devices that torch has here are cpu.*; got 'moon'"):
        make_world("DoorKey-5x5-v0", engine="torch", device="moon")
    with pytest.raises(ValueError, match="at least 1 layout; got 0"):
        device_world("DoorKey-5x5-v0", 2, layouts=0)
    _, engine = device_world("DoorKey-5x5-v0", 2, layouts=1)
    with pytest.raises(ValueError, match="captured on CUDA devices; this world lives on 'cpu'"):
        engine.capture()


@pytest.mark.long
@pytest.mark.parametrize("name", ["DoorKey-8x8-v0", "Dynamic-Obstacles-8x8-v0"])
def test_a_step_is_one_graph_for_torch(name: str):
    (_, one), (_, other) = (device_world(name, 8) for _ in range(2))
    compiled = torch.compile(one.advance, fullgraph=True)
    dice = np.random.default_rng(0)
    for _ in range(60):
        actions = torch.tensor(dice.integers(3, size=8))
        for got, wanted in zip(compiled(actions, True, None), other.advance(actions, True, None), strict=True):
            torch.testing.assert_close(got, wanted)
