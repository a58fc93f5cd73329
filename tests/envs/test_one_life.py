from __future__ import annotations

import numpy as np
import pytest
from gymnasium.error import ResetNeeded

from envs import LifelongEnv, Schedule, Task
from lifelong_agent.seeds import seed_for
from tests.envs.probes import WEATHER, body, counters


def live(env: LifelongEnv, steps: int, actions=None) -> tuple[np.ndarray, list[dict]]:
    """Live with given actions (all zero by default); give all observations and the lifelong infos of steps."""
    observation, _ = env.reset()
    observations, infos = [observation], []
    for step in range(steps):
        observation, _, terminated, truncated, info = env.step(0 if actions is None else int(actions[step]))
        observations.append(observation)
        infos.append(info["lifelong"])
        if terminated or truncated:
            observations.append(env.reset()[0])
    return np.array(observations), infos


def test_the_clock_runs_through_every_reset():
    env = LifelongEnv(counters(length=5))
    _, infos = live(env, 30)
    assert [info["age"] for info in infos] == list(range(1, 31))
    env.reset()
    env.reset()
    assert env.clock.age == 30


def test_a_switch_fires_once_truncates_and_still_shows_the_old_world():
    env = LifelongEnv(counters(steps=12, cycles=2, length=5))
    env.reset()
    switches = []
    for step in range(1, 61):
        observation, _, terminated, truncated, info = env.step(1)
        if info["lifelong"]["switched"]:
            switches.append((step, observation.tolist(), terminated, truncated))
        if terminated or truncated:
            env.reset()
    # Episodes of 5 steps: each visit of 12 ends 2 steps into its third episode; after age 48 the last world goes on.
    assert switches == [
        (12, [2.0, 3.0, 0.0], False, True),
        (24, [2.0, 3.0, 10.0], False, True),
        (36, [2.0, 6.0, 0.0], False, True),
    ]


def test_an_episode_that_ends_with_its_visit_is_not_called_truncated():
    env = LifelongEnv(counters(steps=10, length=5))
    env.reset()
    for _ in range(5):
        env.step(0)
    env.reset()
    _, _, terminated, truncated, info = [env.step(0) for _ in range(5)][-1]
    assert (terminated, truncated, info["lifelong"]["switched"]) == (True, False, True)


def test_the_next_reset_begins_in_the_new_world():
    env = LifelongEnv(counters(steps=12, length=5))
    live(env, 11)
    env.step(0)
    with pytest.raises(ResetNeeded):
        env.step(0)
    observation, info = env.reset()
    assert observation.tolist() == [0.0, 1.0, 10.0]
    assert info["lifelong"] == {"task": 1, "task_name": "world1", "visit": 1, "age": 12, "switched": False}


def test_a_step_needs_a_reset_first():
    with pytest.raises(ResetNeeded):
        LifelongEnv(counters()).step(0)


def test_each_base_is_seeded_once_by_name():
    env = LifelongEnv(counters(steps=12, cycles=2, length=5), seed=7)
    bases = [body(env, task, 0).unwrapped for task in (0, 1)]
    live(env, 48)
    assert [base.seeds for base in bases] == [[seed_for(7, "life", "env", task, 0)] for task in (0, 1)]


def test_the_same_seed_is_the_same_life():
    first, infos = live(LifelongEnv(WEATHER, seed=3), 600)
    second, again = live(LifelongEnv(WEATHER, seed=3), 600)
    other, _ = live(LifelongEnv(WEATHER, seed=4), 600)
    np.testing.assert_array_equal(first, second)
    assert str(infos) == str(again)
    assert not np.array_equal(first[:20], other[:20])


def test_a_seeded_reset_begins_a_new_life_whatever_was_lived_before():
    env = LifelongEnv(WEATHER, seed=3)
    live(env, 333)
    env.reset(seed=4)
    assert env.clock.age == 0
    moved, _ = live(env, 200)
    fresh = LifelongEnv(WEATHER, seed=4)
    fresh.reset()
    np.testing.assert_array_equal(moved, live(fresh, 200)[0])


def test_an_exam_has_the_same_worlds_with_other_dice():
    def senses(purpose: str):
        env = LifelongEnv(WEATHER, seed=5, purpose=purpose)
        storm = body(env, 1, 0)
        spells = [storm.get_wrapper_attr("timetable").at(age) for age in range(500)]
        wirings = [body(env, 0, 0), storm.env]
        start = env.reset()[0]
        drawn = [(spell.start, spell.stop, spell.kind, spell.mask.tolist()) for spell in spells]
        return drawn, [(w.order.tolist(), str(w.signs), str(w.offsets)) for w in wirings], start

    life, exam = senses("life"), senses("exam")
    assert life[:2] == exam[:2]
    assert not np.array_equal(life[2], exam[2])


def test_a_life_in_one_world_is_that_world():
    whole, alone = LifelongEnv(WEATHER, seed=6), LifelongEnv(WEATHER.only(1), seed=6)
    assert body(whole, 1, 0).env.order.tolist() == body(alone, 1, 0).env.order.tolist()
    whole.clock.advance(150)
    np.testing.assert_array_equal(
        whole.reset()[0] - body(whole, 1, 0).env.offsets, alone.reset()[0] - body(alone, 1, 0).env.offsets
    )
    assert alone.reset()[1]["lifelong"]["task"] == 1


def test_spaces_that_differ_are_refused_with_both_names():
    tasks = (Task("few", "probe/Counter-v0"), Task("many", "probe/Counter-v0", kwargs={"actions": 3}))
    with pytest.raises(ValueError, match=r"'many' has .*Discrete\(3\), but task 'few' has .*Discrete\(2\)"):
        LifelongEnv(Schedule(tasks, 10))
    tasks = (Task("cart", "CartPole-v1"), Task("hill", "MountainCar-v0"))
    with pytest.raises(ValueError, match=r"'hill' has .* but task 'cart' has .*one body and one set of senses"):
        LifelongEnv(Schedule(tasks, 10))
    with pytest.raises(ValueError, match=r"'lake' has Discrete\(16\); flatten"):
        LifelongEnv(Schedule((Task("lake", "FrozenLake-v1"),), 10))


def test_wrong_arguments_are_named():
    with pytest.raises(TypeError, match="follows a Schedule; got 'demo'"):
        LifelongEnv("demo")  # pyright: ignore[reportArgumentType]
    with pytest.raises(TypeError, match=r"seed is an integer; got 0.5"):
        LifelongEnv(counters(), seed=0.5)  # pyright: ignore[reportArgumentType]
    with pytest.raises(TypeError, match="purpose is text"):
        LifelongEnv(counters(), purpose=3)  # pyright: ignore[reportArgumentType]
    with pytest.raises(ValueError, match=r"takes no options; got \{'low': 1\}"):
        LifelongEnv(counters()).reset(options={"low": 1})


def test_actions_change_neither_worlds_nor_weather():
    rng = np.random.default_rng(0)
    storms = []
    for actions in (np.zeros(600), rng.integers(0, 2, 600)):
        _, infos = live(LifelongEnv(WEATHER, seed=8), 600, actions)
        storms.append(
            [(info["age"], info["task"], info.get("storm_kind"), str(info.get("storm_mask"))) for info in infos]
        )
    assert storms[0] == storms[1]
