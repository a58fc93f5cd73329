"""XLand-MiniGrid in JAX (https://github.com/dunnolab/xland-minigrid): compiled scans of 32 steps.

It sees through walls and does not show what is carried, which MiniGrid does: it has less to compute.
"""

from __future__ import annotations

from collections.abc import Iterator
from importlib import import_module
from typing import Any


def steps(name: str, num_envs: int) -> Iterator[int]:
    """Take random actions; yields environment steps.

    Args:
        name: MiniGrid's, such as ``"DoorKey-8x8"``.
        num_envs: Environments that are stepped together.
    """
    jax, xminigrid = import_module("jax"), import_module("xminigrid")
    env, parameters = xminigrid.make(f"MiniGrid-{name}")
    env = import_module("xminigrid.wrappers").GymAutoResetWrapper(env)
    many = jax.vmap(env.step, in_axes=(None, 0, 0))
    kinds = env.num_actions(parameters)

    @jax.jit
    def live(state: Any, key: Any) -> Any:
        def step(carried: Any, _: Any) -> Any:
            state, key = carried
            key, dice = jax.random.split(key)
            state = many(parameters, state, jax.random.randint(dice, (num_envs,), 0, kinds))
            # What is not told is not computed: every observation and reward has to reach the outside.
            return (state, key), (state.observation.sum(), state.reward.sum())

        return jax.lax.scan(step, (state, key), None, length=32)

    begin = jax.jit(jax.vmap(env.reset, in_axes=(None, 0)))
    carried = (begin(parameters, jax.random.split(jax.random.PRNGKey(0), num_envs)), jax.random.PRNGKey(1))
    for _ in range(3):  # what comes out differs in kind from what went in first, and is compiled again
        carried, told = live(*carried)
        jax.block_until_ready(told)
    yield 0
    while True:
        carried, told = live(*carried)
        jax.block_until_ready(told)
        yield 32 * num_envs
