"""NineRooms and L-Grid against what was published, drawn and counted by hand, and against MiniGrid."""

from __future__ import annotations

from typing import Any

import gymnasium as gym
import numpy as np
import pytest
from gymnasium import spaces
from gymnasium.utils.env_checker import check_env
from gymnasium.vector import AutoresetMode
from minigrid.core.constants import COLOR_TO_IDX, OBJECT_TO_IDX, STATE_TO_IDX
from minigrid.core.grid import Grid
from minigrid.core.mission import MissionSpace
from minigrid.core.world_object import Goal as Square
from minigrid.core.world_object import Wall
from minigrid.minigrid_env import MiniGridEnv

from envs import GridGoal, LifelongVectorEnv, Permute, Schedule, Storm, Task, check_snapshot
from envs.batched_vector import BatchedVectorEnv
from envs.grids import LGrid, NineRooms, PlanWorld, make_world
from envs.looped import LoopedWorld

NAMES = ("NineRooms-v0", "LGrid-v0")
UP, DOWN, LEFT, RIGHT = range(4)
TURN_LEFT, TURN_RIGHT, FORWARD = range(3)

ROOMS = """
.....|.....|.....
.....|.....|.....
.................
.....|.....|.....
.....|.....|.....
--.-----.-----.--
.....|.....|.....
.....|.....|.....
.....|..s..|.....
.....|.....|.....
.....|.....|.....
--.-----.-----.--
.....|.....|.....
.....|.....|.....
.................
.....|.....|.....
.....|.....|.....
"""
"""NineRooms as published, with its thin walls drawn as cells: a door is a dot in a wall."""


def drawn_neighbours() -> dict[tuple[int, int], list[tuple[int, int]]]:
    """Read from the drawing where each move leads: cell (column, row) -> what follows on up, down, left, right."""
    lines = ROOMS.strip().split("\n")
    wide = [k + (k >= 5) + (k >= 10) for k in range(15)]  # cell -> place in the drawing
    follows = {}
    for x in range(15):
        for y in range(15):
            follows[x, y] = []
            for dx, dy in ((0, -1), (0, 1), (-1, 0), (1, 0)):
                to = x + dx, y + dy
                inside = 0 <= to[0] < 15 and 0 <= to[1] < 15
                between = (wide[x] + dx, wide[y] + dy)
                free = inside and lines[between[1]][between[0]] in ".s"
                follows[x, y].append(to if free else (x, y))
    return follows


def lived(world: PlanWorld, actions: list[int]) -> list[tuple[float, bool, bool]]:
    outcomes = [world.step(np.array([action]), again=False) for action in actions]
    return [(o.reward.item(), o.terminated.item(), o.truncated.item()) for o in outcomes]


def test_nine_rooms_are_laid_out_as_published():
    plan, follows = NineRooms(), drawn_neighbours()
    for (x, y), expected in follows.items():
        assert [(int(to % 15), int(to // 15)) for to in plan.following[15 * y + x]] == expected, (x, y)


def test_goals_of_nine_rooms_are_drawn_outside_of_the_middle_and_the_north():
    goals = NineRooms().goals
    assert len(goals) == len(set(goals)) == 150 - 25
    assert all(y >= 5 and not (5 <= x <= 9 and 5 <= y <= 9) for x, y in goals)


def test_the_shortest_way_in_nine_rooms_is_worth_what_the_formula_says():
    world = make_world("NineRooms-v0", goal=(7, 12))  # five steps to the south, through the door
    world.seed([0])
    first, _ = world.begin()
    assert np.flatnonzero(first[0]).tolist() == [7 * 15 + 7]
    lives = lived(world, [DOWN] * 5 + [UP])
    assert [round(reward, 10) for reward, *_ in lives] == [-0.05, -0.04, -0.03, -0.02, -0.01, 3.0]
    assert [ended for _, ended, _ in lives] == [False] * 5 + [True]
    assert sum(reward for reward, *_ in lives) == pytest.approx(3 - 0.01 * 5 * 6 / 2)


def test_ways_round_walls_are_counted_in_nine_rooms():
    # The room to the west of the middle one is reached through the north or the south: 12 cells for 5.
    steps = NineRooms().steps_to(np.arange(225) == 15 * 7 + 2)
    assert steps[15 * 7 + 7] == 15 and steps.min() == 0


def test_an_episode_of_nine_rooms_is_cut_after_a_hundred_steps():
    world = make_world("NineRooms-v0")
    world.seed([0])
    world.begin()
    lives = lived(world, [UP, DOWN] * 50)
    assert [cut for *_, cut in lives] == [False] * 99 + [True] and not any(ended for _, ended, _ in lives)


class Oracle(MiniGridEnv):
    """L-Grid out of MiniGrid's parts, as published."""

    def __init__(self) -> None:
        super().__init__(MissionSpace(mission_func=lambda: ""), width=15, height=11, max_steps=100, agent_view_size=5)

    def _gen_grid(self, width: int, height: int) -> None:
        self.grid = Grid(width, height)
        self.grid.wall_rect(0, 0, width, height)
        for place in ((7, 1), (9, 3)):
            self.put_obj(Square(), *place)
        for place in ((3, 4), (4, 4)):
            self.put_obj(Wall(), *place)
        for column in range(5, 15):
            self.grid.vert_wall(column, 4, 7)
        self.place_agent(top=(1, 9), size=(4, 2))
        self.mission = ""


def one_hot(image: np.ndarray) -> np.ndarray:
    sizes = (len(OBJECT_TO_IDX), len(COLOR_TO_IDX), len(STATE_TO_IDX))
    return np.concatenate([np.eye(size, dtype=np.int8)[image[..., k]] for k, size in enumerate(sizes)], axis=-1).ravel()


def test_l_grid_is_the_one_of_minigrid():
    oracle, world, rng = Oracle(), make_world("LGrid-v0", goal=(9, 3)), np.random.default_rng(0)
    world.seed([3])
    ends = 0
    for _ in range(40):
        oracle.reset(seed=0)
        seen, _ = world.begin()
        cell, facing = world.plan.cells[world.state[0]], world.state[0] % 4
        oracle.agent_pos, oracle.agent_dir = (int(cell % 15), int(cell // 15)), int(facing)
        image = oracle.gen_obs()["image"]
        for _ in range(100):
            np.testing.assert_array_equal(seen[0], one_hot(image))
            action = int(rng.choice(3, p=(0.15, 0.15, 0.7)))
            outcome, (told, _, terminated, truncated, _) = (
                world.step(np.array([action]), again=False),
                oracle.step(action),
            )
            seen, image = outcome.observation, told["image"]
            assert (outcome.terminated.item(), outcome.truncated.item()) == (terminated, truncated)
            expected = 5.0 if terminated and tuple(oracle.agent_pos) == (9, 3) else 0.0
            assert outcome.reward.item() == expected
            ends += terminated
            if terminated or truncated:
                break
    assert ends > 5


def test_episodes_of_l_grid_begin_where_minigrid_lets_them():
    oracle, world = Oracle(), make_world("LGrid-v0", 800)
    world.seed(range(800))
    world.begin()
    states, counts = np.unique(world.state, return_counts=True)
    starts = {
        (int(cell % 15), int(cell // 15), int(state % 4))
        for state, cell in zip(states, world.plan.cells[states], strict=True)
    }
    assert counts.min() > 25 and counts.max() < 80  # 50 expected of each
    published = set()
    for seed in range(150):
        oracle.reset(seed=seed)
        published.add((int(oracle.agent_pos[0]), int(oracle.agent_pos[1]), int(oracle.agent_dir)))
    assert starts == published and len(starts) == 16


@pytest.mark.parametrize(("goal", "returns"), [((7, 1), (5.0, 0.0)), ((9, 3), (0.0, 5.0))])
def test_the_best_ways_through_l_grid_take_fourteen_steps_and_pay_five_or_nothing(goal: Any, returns: Any):
    to_the_north = [FORWARD] * 8 + [TURN_RIGHT] + [FORWARD] * 5
    to_the_south = [FORWARD] * 6 + [TURN_RIGHT] + [FORWARD] * 7
    for way, worth in zip((to_the_north, to_the_south), returns, strict=True):
        world = make_world("LGrid-v0", goal=goal)
        world.seed([0])
        world.begin()
        plan = world.plan
        (world.state[0],) = np.flatnonzero(plan.cells == 9 * 15 + 2)[3:4]  # column 2, row 9, facing north
        assert plan.steps_to(np.isin(plan.cells, [1 * 15 + 7, 3 * 15 + 9]))[world.state[0]] == 14
        lives = lived(world, way)
        assert [ended for _, ended, _ in lives] == [False] * 13 + [True]
        assert [reward for reward, *_ in lives] == [0.0] * 13 + [worth]


def test_goals_are_hidden_until_they_are_revealed():
    for name, other in (("NineRooms-v0", (0, 14)), ("LGrid-v0", (9, 3))):
        plan = make_world(name).plan
        hidden, moved = make_world(name), make_world(name, goal=other)
        shown = make_world(name, goal=other, reveal_goal=True)
        for world in (hidden, moved, shown):
            world.seed([1])
        seen = [world.begin()[0][0] for world in (hidden, moved, shown)]
        np.testing.assert_array_equal(seen[0], seen[1])
        np.testing.assert_array_equal(seen[2][: len(seen[0])], seen[0])
        assert np.flatnonzero(seen[2][len(seen[0]) :]).tolist() == [plan.cell(other)]


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("mode", list(AutoresetMode))
def test_a_row_does_not_depend_on_how_many_rows_there_are(name: str, mode: AutoresetMode):
    seeds, rng = [5, 6, 7, 8, 9], np.random.default_rng(0)
    many = BatchedVectorEnv(make_world(name, 5, max_steps=6), mode)
    few = BatchedVectorEnv(make_world(name, 2, max_steps=6), mode)
    seen, alone = many.reset(seed=seeds)[0], few.reset(seed=seeds[1:3])[0]
    for step in range(60):
        np.testing.assert_array_equal(seen[1:3], alone)
        if step == 2:  # from here on episodes do not end all at once
            seen = many.reset(options={"reset_mask": np.array([True, False, True, False, False])})[0]
            alone = few.reset(options={"reset_mask": np.array([False, True])})[0]
        actions = rng.integers(0, many.single_action_space.n, 5)  # pyright: ignore[reportAttributeAccessIssue]
        seen, *outcome, infos = many.step(actions)
        alone, *expected, told = few.step(actions[1:3])
        for one, two in zip(outcome, expected, strict=True):
            np.testing.assert_array_equal(one[1:3], two)
        ended: Any = outcome[1] | outcome[2]
        if mode is AutoresetMode.SAME_STEP and ended[1:3].any():
            rows = ended[1:3]
            np.testing.assert_array_equal(infos["final_obs"][1:3][rows], told["final_obs"][rows])
        if mode is AutoresetMode.DISABLED and ended.any():
            seen = many.reset(options={"reset_mask": ended})[0]
            if ended[1:3].any():
                alone = few.reset(options={"reset_mask": ended[1:3]})[0]


@pytest.mark.parametrize("name", NAMES)
def test_idle_rows_stay_as_they_are(name: str):
    world, idle = make_world(name, 2, max_steps=3), np.array([True, False])
    world.seed([0, 1])
    first, _ = world.begin()
    for k in range(5):
        outcome = world.step(np.array([2, 2]), again=False, idle=idle)
        np.testing.assert_array_equal(outcome.observation[0], first[0])
        assert (outcome.reward[0], outcome.terminated[0], outcome.truncated.tolist()) == (0.0, False, [False, k >= 2])
    assert not world.step(np.array([2, 2]), again=False).truncated[0]


@pytest.mark.parametrize("name", NAMES)
def test_gymnasium_makes_and_checks_them(name: str):
    check_env(gym.make(f"lifelong/{name}").unwrapped, skip_render_check=True)
    many = gym.make_vec(f"lifelong/{name}", num_envs=3, vectorization_mode="vector_entry_point", max_steps=7)
    one = gym.make(f"lifelong/{name}", max_steps=7)
    assert one.observation_space == many.single_observation_space
    assert one.observation_space == spaces.MultiBinary({"NineRooms-v0": 225, "LGrid-v0": 500}[name])
    seen, first = many.reset(seed=4)[0], one.reset(seed=5)[0]
    for action in [2, 0, 2, 1, 2, 2, 2]:
        np.testing.assert_array_equal(seen[1], first)
        seen, *outcome, _ = many.step(np.full(3, action))
        first, *expected, _ = one.step(action)
        assert [part[1] for part in outcome] == expected
    assert outcome[2].all()  # pyright: ignore[reportPossiblyUnbound]


def goals(name: str, kwargs: dict[str, Any]) -> Schedule:
    base = f"lifelong/{name}"
    if name == "LGrid-v0":
        changes = ((), (GridGoal(swap=True),), (Permute(), GridGoal("9,3")), (Permute(), Storm(("drop",), 20, 20)))
    else:
        changes = ((GridGoal(),), (GridGoal(), Storm(("invert",), 20, 20)), (Permute(), GridGoal((3, 6))), (Permute(),))
    return Schedule(tuple(Task(f"t{k}", base, some, kwargs) for k, some in enumerate(changes)), steps=150, cycles=2)


@pytest.mark.parametrize("name", NAMES)
def test_lives_in_grids_are_the_same_all_at_once_and_one_by_one(name: str):
    schedule = goals(name, {"max_steps": 11})
    fast, slow = (LifelongVectorEnv(schedule, 4, 2, engine=engine) for engine in ("auto", "looped"))
    (ours, told), (theirs, truth) = fast.reset(), slow.reset()
    assert not isinstance(fast._world, LoopedWorld) and isinstance(slow._world, LoopedWorld)
    rng, places = np.random.default_rng(0), set()
    for _ in range(schedule.total // 4):
        np.testing.assert_array_equal(ours, theirs)
        assert set(told["lifelong"]) == set(truth["lifelong"])
        for key, value in truth["lifelong"].items():
            np.testing.assert_array_equal(told["lifelong"][key], value, err_msg=key)
        if "goal_place" in told["lifelong"]:
            places.add((int(told["lifelong"]["task"][0]), *told["lifelong"]["goal_place"][0].tolist()))
        actions = rng.integers(0, 3, 4)
        ours, *outcome, told = fast.step(actions)
        theirs, *expected, truth = slow.step(actions)
        np.testing.assert_array_equal(outcome, expected)
    if name == "LGrid-v0":
        assert places == {(1, 9, 3), (2, 9, 3)}
    else:  # a goal of its own for each world, the same on the second visit
        assert len(places) == 3 and len({place[1:] for place in places}) == 3 and (2, 3, 6) in places


def test_a_drawn_goal_is_that_of_the_life_and_of_its_exams():
    schedule = Schedule((Task("a", "lifelong/NineRooms-v0", (GridGoal(),)),), 100)

    def place(seed: int, purpose: str = "life") -> list[int]:
        return LifelongVectorEnv(schedule, 2, seed, purpose).reset()[1]["lifelong"]["goal_place"][0].tolist()

    assert place(1) == place(1, "exam")
    drawn = [tuple(place(seed)) for seed in range(30)]
    assert len(set(drawn)) > 20 and set(drawn) <= set(NineRooms().goals)


def test_what_cannot_be_is_refused():
    for make, error, message in (
        (lambda: make_world("FourRooms"), ValueError, "grids are LGrid-v0, NineRooms-v0; got 'FourRooms'"),
        (lambda: make_world("LGrid-v0", max_steps=0), ValueError, "max_steps is an integer of at least 1; got 0"),
        (lambda: make_world("LGrid-v0", 0), ValueError, "num_envs is an integer of at least 1; got 0"),
        (lambda: make_world("LGrid-v0", goal=(1, 1)), ValueError, r"squares \(7, 1\), \(9, 3\); got \(1, 1\)"),
        (lambda: make_world("NineRooms-v0", goal=(15, 1)), ValueError, r"from 0 to 14, .*; got \(15, 1\)"),
        (lambda: make_world("NineRooms-v0", goal="7,7"), ValueError, r"where episodes begin; got \(7, 7\)"),
        (lambda: make_world("NineRooms-v0", goal=5), TypeError, "a cell, .column, row. or 'column,row'.*; got 5"),
        (lambda: GridGoal("3;4"), ValueError, "GridGoal.place is a cell, .* such as '2,3'; got '3;4'"),
        (lambda: GridGoal((-1, 3)), ValueError, r"counts columns and rows from 0; got \(-1, 3\)"),
        (lambda: GridGoal((1, 3), swap=True), ValueError, "a place or swap=True, not both"),
        (lambda: GridGoal(swap=1), TypeError, "GridGoal.swap is true or false; got 1 of type int"),  # pyright: ignore[reportArgumentType]
        (lambda: life("NineRooms-v0", GridGoal(swap=True)), ValueError, "with two goals, such as LGrid; NineRooms has"),
        (lambda: life("LGrid-v0", GridGoal((2, 2))), ValueError, r"two squares .* got \(2, 2\)"),
        (lambda: life("Room-v0", GridGoal()), ValueError, "task 'a': GridGoal needs a grid with a goal to move"),
        (lambda: life("LGrid-v0", engine="torch"), ValueError, "cannot be lived in tensors: its base 'lifelong/LGrid"),
        (lambda: life("LGrid-v0", engine="numba"), ValueError, "is stepped by engine 'numpy' alone; got 'numba'"),
    ):
        with pytest.raises(error, match=message):
            make()
    world = make_world("LGrid-v0", 2)
    world.seed([0, 1])
    world.begin()
    with pytest.raises(ValueError, match="actions lie between 0 and 2; got 3 for sub-environment 1"):
        world.step(np.array([0, 3]))


def life(name: str, *changes: Any, engine: str = "auto") -> None:
    LifelongVectorEnv(Schedule((Task("a", f"lifelong/{name}", changes),), 100), 2, engine=engine).reset()


def test_bits_are_shown_elsewhere_and_otherwise_at_no_cost():
    plain, other = make_world("LGrid-v0", 4), make_world("LGrid-v0", 4)
    order, again = np.random.default_rng(0).permutation(500), np.random.default_rng(1).permutation(500)
    unset = np.arange(500) % 2
    lit = 1 - np.arange(500) // 250
    assert other.rewire(order) and other.rewire(again) and other.show_bits(unset, lit)
    assert not other.rewire(None) and not other.rewire(order, np.ones(500, np.float32))
    for world in (plain, other):
        world.seed([0, 1, 2, 3])
    seen, bare = other.begin()[0], plain.begin()[0]
    np.testing.assert_array_equal(seen, np.where(bare[:, order][:, again] == 1, lit, unset))
    with pytest.raises(ValueError, match="expected a permutation of 500 bits"):
        other.rewire(np.zeros(500, np.int64))
    with pytest.raises(ValueError, match="expected 500 values, 0 or 1"):
        other.show_bits(unset + 1, lit)


@pytest.mark.parametrize("name", NAMES)
def test_grids_go_on_bit_by_bit_from_where_they_were_saved(name: str):
    check_snapshot(lambda: gym.make(f"lifelong/{name}", max_steps=9), after=100)
    check_snapshot(lambda: gym.make_vec(f"lifelong/{name}", 4, autoreset_mode="SameStep", max_steps=9), after=100)
    for engine in ("auto", "looped"):
        check_snapshot(lambda engine=engine: LifelongVectorEnv(goals(name, {"max_steps": 11}), 4, 2, engine=engine))


def test_what_was_saved_elsewhere_is_refused():
    saved = make_world("LGrid-v0", 2).snapshot()
    for other in (
        make_world("LGrid-v0", 3),
        make_world("NineRooms-v0", 2),
        make_world("LGrid-v0", 2, reveal_goal=True),
    ):
        with pytest.raises(ValueError, match="cannot go on from 2 in LGrid with 500"):
            other.restore(saved)


def test_plans_count_steps_where_there_is_no_way():
    plan = LGrid()
    target = np.zeros(len(plan.cells), bool)
    assert (plan.steps_to(target) == -1).all()
