from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch
from minigrid.envs.keycorridor import KeyCorridorEnv

from envs.dice import fresh_dice, read_generator
from envs.grid.codes import BALL, BLUE, CLOSED, DOOR, KEY, LOCKED, NOTHING, OPEN, RED, code_of
from envs.grid.families import multiroom, unlock
from envs.grid.family import Family
from envs.grid.layout import (
    AGENT_COLUMNS,
    FORWARD,
    GOES_ON,
    HEIGHT,
    HELD,
    PICKUP,
    SUCCESS,
    TOGGLE,
    WIDTH,
    X,
    Y,
)
from envs.grid.rules import TARGET, TARGET_CELL


def generate(family: str, seed: int, **arguments: Any) -> tuple[bool, np.ndarray]:
    """Build one world in plain Python; returns what is said of it, and the dice after that."""
    settings = Family.families[family].shape(**arguments).settings()
    cells = np.full(settings[WIDTH] * settings[HEIGHT], NOTHING, np.uint8)
    agent, dice = np.zeros(AGENT_COLUMNS, np.int32), fresh_dice([seed])[0]
    agent[[X, Y]], agent[HELD] = -1, NOTHING
    return Family.families[family].generate(cells, cells.copy(), agent, dice, settings), dice


def test_rooms_that_cannot_be_connected_are_given_up_when_minigrid_does():
    """The fourth room lies behind the third, which is locked."""
    arguments: dict[str, Any] = {"num_rows": 1, "num_cols": 4, "room_size": 5}
    env: Any = KeyCorridorEnv(**arguments)
    with pytest.raises(RecursionError, match="connect_all"):
        env.reset(seed=3)
    built, dice = generate("KeyCorridor", 3, **arguments)
    assert not built
    assert read_generator(dice).integers(1 << 20, size=3).tolist() == env.np_random.integers(1 << 20, size=3).tolist()


def test_rooms_that_have_no_space_are_given_up(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(multiroom, "PATIENCE", 20)
    space = {"minNumRooms": 2, "maxNumRooms": 2, "width": 4, "maxRoomSize": 4}
    assert not generate("MultiRoom", 1, height=7, **space)[0]
    assert generate("MultiRoom", 1, height=9, **space)[0]


@pytest.mark.parametrize(
    ("family", "arguments", "match"),
    [
        ("Crossing", {"size": 8}, "odd"),
        ("Crossing", {"num_crossings": -1}, "num_crossings"),
        ("Crossing", {"obstacle_type": "water"}, "'lava' or 'wall'"),
        ("LavaGap", {"size": 4}, "at least 5"),
        ("DistShift", {"width": 3}, "at least 4"),
        ("DistShift", {"agent_start_pos": (8, 1)}, "within the walls"),
        ("DistShift", {"agent_start_dir": 4}, "agent_start_dir"),
        ("DistShift", {"strip2_row": 6}, "between 1 and 5"),
        ("FourRooms", {"goal_pos": (0, 3)}, "goal_pos"),
        ("MultiRoom", {"minNumRooms": 0, "maxNumRooms": 2}, "minNumRooms"),
        ("MultiRoom", {"minNumRooms": 3, "maxNumRooms": 2}, "maxNumRooms"),
        ("KeyCorridor", {"obj_type": "goal"}, "key, ball, box"),
        ("KeyCorridor", {"num_cols": 2}, "at least 3"),
        ("KeyCorridor", {"num_rows": 0}, "num_rows"),
        ("KeyCorridor", {"room_size": 2}, "at least 3"),
        ("ObstructedMazeFull", {"agent_room": (3, 0)}, "agent_room"),
        ("ObstructedMazeFullV1", {"num_quarters": 5}, "num_quarters"),
        ("Unlock", {"max_steps": 0}, "max_steps"),
    ],
)
def test_worlds_that_cannot_be_are_refused(family: str, arguments: dict[str, Any], match: str):
    with pytest.raises(ValueError, match=match):
        Family.families[family].shape(**arguments)


RED_KEY, BLUE_KEY, RED_BALL = code_of(KEY, RED), code_of(KEY, BLUE), code_of(BALL, RED)
RED_OPEN, RED_CLOSED, RED_LOCKED = (code_of(DOOR, RED, state) for state in (OPEN, CLOSED, LOCKED))


@pytest.mark.parametrize("xp", [np, torch], ids=["numpy", "torch"])
@pytest.mark.parametrize(
    ("family", "columns", "cases"),
    [
        (
            "KeyCorridor",
            {TARGET: RED_KEY, TARGET_CELL: 5},
            # Action, what is held, what lies in the target's cell, verdict.
            [
                (PICKUP, RED_KEY, NOTHING, SUCCESS),
                (PICKUP, RED_KEY, RED_KEY, GOES_ON),
                (PICKUP, NOTHING, RED_KEY, GOES_ON),
                (PICKUP, BLUE_KEY, NOTHING, GOES_ON),
                (FORWARD, RED_KEY, NOTHING, GOES_ON),
            ],
        ),
        (
            "Unlock",
            {unlock.DOOR_CELL: 5},
            [
                (TOGGLE, RED_KEY, RED_OPEN, SUCCESS),
                (FORWARD, RED_KEY, RED_OPEN, GOES_ON),
                (TOGGLE, RED_KEY, RED_CLOSED, GOES_ON),
                (TOGGLE, RED_BALL, RED_LOCKED, GOES_ON),
            ],
        ),
    ],
)
def test_rules_say_when_it_is_done(xp: Any, family: str, columns: dict[int, int], cases: list[tuple[int, ...]]):
    action, held, lies, verdict = (np.array(column) for column in zip(*cases, strict=True))
    cells = np.full((len(cases), 9), NOTHING, np.uint8)
    agent, settings = np.zeros((len(cases), AGENT_COLUMNS), np.int32), Family.families[family].shape().settings()
    cells[:, 5], agent[:, HELD] = lies, held
    for column, value in columns.items():
        agent[:, column] = value
    one, many = Family.families[family].rule, Family.families[family].rule_batch
    assert many is not None
    assert [one(cells[b], agent[b], settings, action[b], held[b]) for b in range(len(cases))] == verdict.tolist()
    given = (cells, agent) if xp is np else (torch.from_numpy(cells), torch.from_numpy(agent))
    rest = (action, held) if xp is np else (torch.from_numpy(action), torch.from_numpy(held))
    assert np.asarray(many(xp, *given, settings, *rest)).tolist() == verdict.tolist()
