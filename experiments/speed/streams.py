"""Contenders that measure themselves: the brain without a world, on one stream."""

from __future__ import annotations

from experiments.speed.brain import brain_step_microseconds, cost_by_neurons, sensor_stream_hertz
from experiments.speed.worlds import one_thread


def brain_step(steps: int = 4000) -> float:
    """Give what it costs to act and to learn: 147 bits, 8,192 neurons of which 32 fire; CPU microseconds."""
    one_thread()
    return brain_step_microseconds(steps)


def sensors(steps: int = 2000, width: int = 512) -> float:
    """Give how often a CPU second can act on, and learn from, ``width`` real numbers that all change."""
    one_thread()
    return sensor_stream_hertz(steps, width=width)


def acting(neurons: int, steps: int = 1000) -> float:
    """Give what it costs to act with so many neurons, in CPU microseconds."""
    one_thread()
    return cost_by_neurons((neurons,), steps)[neurons][0]


def learning(neurons: int, steps: int = 1000) -> float:
    """Give what it costs to learn with so many neurons, in CPU microseconds."""
    one_thread()
    return cost_by_neurons((neurons,), steps)[neurons][1]
