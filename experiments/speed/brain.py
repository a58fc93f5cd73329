"""What the brain costs on one core, in CPU time: a step of it, a step of the agent, a stream of sensors.

Pure measurements of one run each: whoever calls them takes turns, takes the middle, and compares ratios, for machines
are shared. CPU time of the process is counted, not the clock on the wall. Set one thread before (`single_threaded`).
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import gymnasium as gym
import numpy as np
import torch

from agents.brain import BrainSpec
from lifelong_agent.actor_critic import Yardstick
from lifelong_agent.brain import TriarchicBrain
from lifelong_agent.config import BrainConfig
from lifelong_agent.engine import Engine
from lifelong_agent.learner import Learner, Outcome, Rates, make_learner

LOOP = 512
"""Observations that are lived through over and over."""
STRETCH = 32
"""Steps that are measured together where two measurements take turns."""


@contextmanager
def single_threaded() -> Iterator[None]:
    """Let tensor operations use one thread."""
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        yield
    finally:
        torch.set_num_threads(before)


def brain_step_microseconds(
    steps: int = 2000,
    *,
    width: int = 147,
    neurons: int = 8192,
    winners: int = 32,
    on: int = 32,
    changed: int = 12,
    streams: int = 1,
    engine: Engine = "auto",
) -> float:
    """Measure one step of a brain on bits: act, and learn from what comes of it.

    Args:
        steps: Vector steps to measure, after a quarter as many to warm up.
        width: Number of bits.
        neurons: Neurons, all of them open.
        winners: Neurons that fire.
        on: Bits that are on.
        changed: Bits that change from one observation to the next.
        streams: Number of parallel streams.
        engine: See `BrainConfig`.

    Returns:
        CPU microseconds a step of one stream.
    """
    seen = bits(width, on, changed, streams)
    learner = _learner(width, neurons, winners, streams, engine, real=False)
    return _whole(learner, seen, steps) / streams


def sensor_stream_hertz(
    steps: int = 2000, *, width: int = 512, neurons: int = 1024, winners: int = 64, engine: Engine = "auto"
) -> float:
    """Measure a dense real-valued stream of sensors, of which every channel changes at every step.

    Args:
        steps: Steps to measure, after a quarter as many to warm up.
        width: Number of channels.
        neurons: Neurons, all of them open.
        winners: Neurons that fire.
        engine: See `BrainConfig`.

    Returns:
        Steps, each acted and learnt from, a CPU second.
    """
    seen = np.random.default_rng(0).normal(size=(LOOP, 1, width)).astype(np.float32)
    return 1e6 / _whole(_learner(width, neurons, winners, 1, engine, real=True), seen, steps)


def cost_by_neurons(
    sizes: Sequence[int] = (1024, 4096, 16_384, 65_536),
    steps: int = 1000,
    *,
    width: int = 147,
    winners: int = 32,
    on: int = 32,
    changed: int = 12,
) -> dict[int, tuple[float, float]]:
    """Measure how costs grow with the number of open neurons, with compiled kernels.

    Acting is to code an observation (with the running means that codes are centred by) and to read it out; learning is
    the rest of a step. It is the small difference of two large numbers: whole steps and acting take turns, a stretch of
    `STRETCH` steps each, so that what else the machine does hits both, and the middle of all stretches is taken.

    Args:
        sizes: Numbers of neurons, all of them open.
        steps: Steps of either kind to measure for each, after a quarter as many to warm up.
        width: Number of bits.
        winners: Neurons that fire.
        on: Bits that are on.
        changed: Bits that change from one observation to the next.

    Returns:
        Neurons -> CPU microseconds to act, and to learn.
    """
    seen = bits(width, on, changed, 1)
    costs = {}
    for size in sizes:
        learner: Any = _learner(width, size, winners, 1, "numba", real=False)
        stream, rng = learner.stream, np.random.default_rng(1)

        def act(step: int, stream: Any = stream, learner: Learner = learner, rng: np.random.Generator = rng) -> None:
            stream.debt[:] = 1e-3  # as a lesson leaves it: the means have yet to follow
            stream.attend(stream.take(seen[step % LOOP, 0]))
            learner.act(rng)

        live = _living(learner, seen)
        for step in range(steps // 4):
            live(step)
        stretches = [[_stretch(one, first) for one in (live, act)] for first in range(0, steps, STRETCH)]
        whole, acting = np.median(stretches, axis=0).tolist()
        costs[size] = acting, max(whole - acting, 0.0)
    return costs


def agent_step_microseconds(env: gym.vector.VectorEnv, steps: int = 4000, spec: BrainSpec | None = None) -> float:
    """Measure one step of the whole agent, without what the world costs.

    Args:
        env: The world to live in; what its own steps cost is measured by living it with random actions, and taken off.
        steps: Environment steps to measure, after a quarter as many to warm up.
        spec: The agent.

    Returns:
        CPU microseconds an environment step.
    """
    agent = (spec or BrainSpec()).build(env, 0)
    size, actions = env.num_envs, env.single_action_space
    assert isinstance(actions, gym.spaces.Discrete)
    steps -= steps % size
    agent.live(env, steps // 4 - steps // 4 % size)
    began = time.process_time()
    agent.live(env, steps)
    both = time.process_time() - began
    dice = np.random.default_rng(0)
    drawn = dice.integers(0, actions.n, (steps // size, size)) + actions.start
    env.reset()
    began = time.process_time()
    for action in drawn:
        env.step(action)
    return 1e6 * (both - (time.process_time() - began)) / steps


def bits(width: int, on: int, changed: int, streams: int) -> np.ndarray:
    """Draw observations of which each differs from the one before in few bits: ``(LOOP, streams, width)``, int8."""
    dice = np.random.default_rng(0)
    seen = np.zeros((LOOP, streams, width), np.int8)
    for stream in range(streams):
        now = np.zeros(width, np.int8)
        now[dice.permutation(width)[:on]] = 1
        for step in range(LOOP):
            off, new = (dice.permutation(np.flatnonzero(now == state))[: changed // 2] for state in (1, 0))
            now[off], now[new] = 0, 1
            seen[step, stream] = now
    return seen


def _learner(width: int, neurons: int, winners: int, streams: int, engine: Engine, *, real: bool) -> Learner:
    actions = 7
    config = BrainConfig(neurons=neurons, open_neurons=neurons, winners=winners, infer=False, engine=engine)
    senses = "real" if real else "bits"
    brain = TriarchicBrain(
        width, actions + 1, actions=actions, streams=streams, gamma=0.99, senses=senses, config=config
    )
    return make_learner(brain, Yardstick(streams, 1, gamma=0.99), Rates(0.5, 0.2, 0.01))


def _living(learner: Learner, seen: np.ndarray) -> Callable[[int], None]:
    """Begin a life on observations; returns what lives a step of it."""
    streams, rng = seen.shape[1], np.random.default_rng(0)
    rewards = (np.arange(LOOP) % 37 == 0).astype(np.float32)[:, None].repeat(streams, 1)
    never = np.zeros(streams, bool)
    learner.begin(seen[-1])

    def live(step: int) -> None:
        now = step % LOOP
        learner.learn(Outcome(learner.act(rng), rewards[now], never, never, seen[now], seen[now]))

    return live


def _whole(learner: Learner, seen: np.ndarray, steps: int) -> float:
    live = _living(learner, seen)
    for step in range(steps // 4):
        live(step)
    return _stretch(live, 0, steps)


def _stretch(live: Callable[[int], None], first: int, steps: int = STRETCH) -> float:
    began = time.process_time()
    for step in range(first, first + steps):
        live(step)
    return 1e6 * (time.process_time() - began) / steps
