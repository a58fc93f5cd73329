"""Gymnax, classic control in JAX (https://github.com/RobertTLange/gymnax): compiled scans of 64 steps."""

from __future__ import annotations

from collections.abc import Iterator
from importlib import import_module
from typing import Any


def steps(body: str, num_envs: int) -> Iterator[int]:
    """Take random actions; yields environment steps.

    Args:
        body: Gymnasium's name, such as ``"CartPole-v1"``.
        num_envs: Environments that are stepped together.
    """
    jax, gymnax = import_module("jax"), import_module("gymnax")
    env, parameters = gymnax.make(body)
    many = jax.vmap(env.step, in_axes=(0, 0, 0, None))
    draw = jax.vmap(env.action_space(parameters).sample)

    @jax.jit
    def live(state: Any, key: Any) -> Any:
        def step(carried: Any, _: Any) -> Any:
            state, key = carried
            key, wish, dice = jax.random.split(key, 3)
            actions = draw(jax.random.split(wish, num_envs))
            seen, state, reward, *_ = many(jax.random.split(dice, num_envs), state, actions, parameters)
            # What is not told is not computed: every observation and reward has to reach the outside.
            return (state, key), (seen.sum(), reward.sum())

        return jax.lax.scan(step, (state, key), None, length=64)

    _, state = jax.vmap(env.reset, in_axes=(0, None))(jax.random.split(jax.random.PRNGKey(0), num_envs), parameters)
    carried = (state, jax.random.PRNGKey(1))
    for _ in range(3):  # what comes out differs in kind from what went in first, and is compiled again
        carried, told = live(*carried)
        jax.block_until_ready(told)
    yield 0
    while True:
        carried, told = live(*carried)
        jax.block_until_ready(told)
        yield 64 * num_envs
