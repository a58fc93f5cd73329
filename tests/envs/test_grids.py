"""NineRooms and L-Grid against what was published, drawn and counted by hand, and against MiniGrid."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from minigrid.core.constants import COLOR_TO_IDX, OBJECT_TO_IDX, STATE_TO_IDX
from minigrid.core.grid import Grid
from minigrid.core.mission import MissionSpace
from minigrid.core.world_object import Goal as Square
from minigrid.core.world_object import Wall
from minigrid.minigrid_env import MiniGridEnv

from envs.grids import LGrid, NineRooms, PlanWorld, make_world

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


def test_plans_count_steps_where_there_is_no_way():
    plan = LGrid()
    target = np.zeros(len(plan.cells), bool)
    assert (plan.steps_to(target) == -1).all()
