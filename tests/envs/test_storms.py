from __future__ import annotations

from typing import Any

import pytest

from envs import STORMS, Delay, Drop, Dummy, LifelongVectorEnv, Linear, Noise, Schedule, Stuck, Task, storm
from envs.changes.fault import Fault
from tests.envs import probes  # noqa: F401 - registers a screen

BASES = {"bits": "lifelong/Room-v0", "camera": "probe/Screen-v0"}


@pytest.mark.parametrize("name", STORMS)
def test_every_storm_blows_over_a_base(name: str):
    task = Task("a", BASES.get(name, "CartPole-v1"), storm("hard", name))
    life = LifelongVectorEnv(Schedule((task,), 400), 2)
    seen, _ = life.reset()
    life.action_space.seed(0)
    hit = set()
    for _ in range(150):
        assert life.observation_space.contains(seen)
        seen, *_, infos = life.step(life.action_space.sample())
        hit |= {key for key, value in infos["lifelong"].items() if key.endswith("_mask") and value.any()}
    assert hit == {f"{kind}_mask" for kind in STORMS[name] if issubclass(Fault.kinds[kind], Fault)}


def test_the_combined_challenge_is_that_of_the_suite():
    changes: Any = storm("medium", "combined")
    assert changes[:5] == storm("medium", "observations")
    assert [(change.kind, change.level) for change in changes[5:]] == [
        ("repeat_actions", "medium"),
        ("noisy_actions", "medium"),
        ("delay_actions", "medium"),
        ("reward_delay", "medium"),
    ]
    repeat, noise, delay, late = changes[5:]
    assert (repeat.probability, repeat.steps, noise.deviation, delay.steps, late.steps) == (1.0, 2, 0.3, 6, 20)
    assert len({name for change in changes for name in change.reports()}) == 12
    assert changes[:5] == (
        Dummy(count=20, level="medium"),
        Noise(deviation=0.3, level="medium"),
        Drop(probability=0.05, steps=5, level="medium"),
        Stuck(probability=0.05, steps=5, level="medium"),
        Delay(steps=6, level="medium"),
    )


def test_sensor_groups_and_strength_are_given_to_each():
    rising = Linear(start=0.0, stop=1.0, over=9)
    changes: Any = storm("easy", {"noise": (0, 2), "stuck": ()}, rising)
    assert changes == (Noise(channels=(0, 2), when=rising), Stuck(when=rising))


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("severe",), "level is one of easy, medium, hard; got 'severe'"),
        (("easy", "combine"), "there is no storm 'combine'; did you mean 'combined'"),
        (("easy", ("nois",)), "no kind 'nois' has levels; did you mean 'noise'"),
        (("easy", ("permute",)), "no kind 'permute' has levels"),
        (("easy", ("noise", "noise")), "has each kind once; got noise, noise"),
        (("easy", {"dummy": (1,)}), "'dummy' has no channels to choose"),
    ],
)
def test_what_is_no_storm_is_named(arguments: Any, message: str):
    with pytest.raises(ValueError, match=message):
        storm(*arguments)
