from __future__ import annotations

from typing import Any

import gymnasium as gym
import numpy as np
import pytest

from envs.grid.senses import BITS, GridSenses, make_grid, spread

EVERYTHING = ("left", "right", "forward", "pickup", "drop", "toggle")


def one_hot(observation: dict) -> np.ndarray:
    """Spell MiniGrid's own observation out as bits, cell by cell."""
    bits: list[int] = []
    for column in range(7):
        for row in range(7):
            thing, colour, state = (int(number) for number in observation["image"][column, row])
            bits += [int(thing == k) for k in range(11)]
            bits += [int(colour == k) for k in range(6)]
            bits += [int(state == k) for k in range(3)]
    return np.array(bits + [int(observation["direction"] == k) for k in range(4)], np.int8)


@pytest.mark.parametrize(
    "base",
    [
        "MiniGrid-Empty-Random-6x6-v0",
        "MiniGrid-LavaGapS5-v0",
        "MiniGrid-SimpleCrossingS9N1-v0",
        "MiniGrid-Dynamic-Obstacles-5x5-v0",
        "MiniGrid-DoorKey-5x5-v0",
        "MiniGrid-FourRooms-v0",
        "MiniGrid-ObstructedMaze-2Dl-v0",
    ],
)
def test_the_bits_are_minigrids_own_view(base: str):
    actions = EVERYTHING[:3] if "Dynamic" in base else EVERYTHING
    ours, theirs = make_grid(base, actions), gym.make(base, disable_env_checker=True)
    rng = np.random.default_rng(0)
    for seed in range(3):
        seen, shown = ours.reset(seed=seed)[0], theirs.reset(seed=seed)[0]
        for _ in range(40):
            assert ours.observation_space.contains(seen)
            np.testing.assert_array_equal(seen, one_hot(shown))
            action = int(rng.integers(len(actions)))
            seen, *answer = ours.step(action)
            shown, *expected = theirs.step(action)
            assert answer == expected
            if answer[1] or answer[2]:
                break


def test_sight_spreads_along_a_clear_row_and_stops_at_walls():
    everything, middle = 0b1111111, 0b0001000
    assert spread(middle, everything) == (everything, everything)
    assert spread(middle, 0) == (middle, 0)
    # Only the middle is clear: its neighbours are seen, and so are the three cells beyond.
    assert spread(middle, middle) == (0b0011100, 0b0011100)


def test_actions_are_the_chosen_ones_in_the_chosen_order():
    env: Any = make_grid("MiniGrid-Empty-Random-6x6-v0", ("forward", "right"), max_steps=7)
    assert env.action_space.n == 2
    assert env.unwrapped.max_steps == 7
    env.reset(seed=0)
    facing = env.unwrapped.agent_dir
    env.step(1)
    assert env.unwrapped.agent_dir == (facing + 1) % 4


def test_length_of_the_view():
    assert BITS == 984


def test_errors_say_what_was_expected_and_what_came():
    with pytest.raises(ValueError, match=r"MiniGrid has the actions left, right, .*; got 'jump'"):
        make_grid("MiniGrid-Empty-5x5-v0", ("jump",))
    with pytest.raises(ValueError, match="at least one action"):
        make_grid("MiniGrid-Empty-5x5-v0", ())
    with pytest.raises(ValueError, match=r"view of 7x7 cells; .* has 5"):
        make_grid("MiniGrid-Empty-5x5-v0", agent_view_size=5)
    with pytest.raises(TypeError, match="shows MiniGrid environments"):
        GridSenses(gym.make("CartPole-v1"))
