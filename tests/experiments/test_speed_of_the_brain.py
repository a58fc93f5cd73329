import numpy as np
import pytest
import torch

from agents.brain import BrainSpec
from experiments.speed.brain import (
    agent_step_microseconds,
    bits,
    brain_step_microseconds,
    cost_by_neurons,
    sensor_stream_hertz,
    single_threaded,
)
from lifelong_agent.config import BrainConfig
from tests.agents.worlds import vector

SMALL = BrainConfig(neurons=256, open_neurons=64, winners=4, contexts=2)


def test_observations_change_as_told() -> None:
    seen = bits(40, 10, 6, 2)
    assert (seen.sum(2) == 10).all()
    assert (np.abs(np.diff(seen, axis=0)).sum(2) == 6).all()


@pytest.mark.parametrize("streams", [1, 2])
def test_a_step_of_a_brain_costs_something(streams: int) -> None:
    for engine in ("torch", "auto"):
        cost = brain_step_microseconds(
            40, width=20, neurons=64, winners=4, on=6, changed=2, streams=streams, engine=engine
        )
        assert 0.0 < cost < 1e5


def test_a_stream_of_sensors_is_followed() -> None:
    assert 10.0 < sensor_stream_hertz(40, width=12, neurons=64, winners=4) < 1e7


def test_costs_are_told_by_size() -> None:
    pytest.importorskip("numba")
    costs = cost_by_neurons((32, 64), 40, width=20, winners=4, on=6, changed=2)
    assert list(costs) == [32, 64]
    assert all(0.0 < act < 1e5 and 0.0 <= learn < 1e5 for act, learn in costs.values())


@pytest.mark.parametrize("num_envs", [1, 2])
def test_the_world_is_not_counted(num_envs: int) -> None:
    assert -1e3 < agent_step_microseconds(vector(num_envs=num_envs), 80, BrainSpec(brain=SMALL)) < 1e5


def test_threads_are_given_back() -> None:
    before = torch.get_num_threads()
    with single_threaded():
        assert torch.get_num_threads() == 1
    assert torch.get_num_threads() == before
