"""NAVIX, MiniGrid in JAX (https://github.com/epignatelli/navix): compiled scans of 32 steps over many environments."""

from __future__ import annotations

from collections.abc import Iterator
from importlib import import_module
from typing import Any


def steps(name: str, num_envs: int) -> Iterator[int]:
    """Take random actions, seeing as in MiniGrid; yields environment steps.

    Args:
        name: MiniGrid's, such as ``"DoorKey-8x8"``.
        num_envs: Environments that are stepped together.
    """
    jax, navix = import_module("jax"), import_module("navix")
    env = navix.make(f"Navix-{name}-v0", observation_fn=navix.observations.symbolic_first_person)
    many = jax.vmap(env.step)

    @jax.jit
    def live(state: Any, key: Any) -> Any:
        def step(carried: Any, _: Any) -> Any:
            state, key = carried
            key, dice = jax.random.split(key)
            state = many(state, jax.random.randint(dice, (num_envs,), 0, 7))
            # What is not told is not computed: every observation and reward has to reach the outside.
            return (state, key), (state.observation.sum(), state.reward.sum())

        return jax.lax.scan(step, (state, key), None, length=32)

    state = jax.jit(jax.vmap(env.reset))(jax.random.split(jax.random.PRNGKey(0), num_envs))
    carried = (state, jax.random.PRNGKey(1))
    for _ in range(3):  # what comes out differs in kind from what went in first, and is compiled again
        carried, told = live(*carried)
        jax.block_until_ready(told)
    yield 0
    while True:
        carried, told = live(*carried)
        jax.block_until_ready(told)
        yield 32 * num_envs
