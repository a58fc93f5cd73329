"""Features that come and go."""

from __future__ import annotations

import numpy as np
import pytest
from gymnasium import spaces

from envs import (
    Features,
    Frame,
    LifelongEnv,
    LifelongVectorEnv,
    Linear,
    Permute,
    Schedule,
    Shift,
    Task,
)
from envs.changes.features import FeaturesEffect
from tests.envs.test_sense_changes import frame, real, sensed


def effect_of(change: Features, where: Frame) -> FeaturesEffect:
    return change.effect(where)


def test_absent_features_read_zero_and_are_reported():
    given = sensed(real(6)) + 10
    effect = effect_of(Features(share=0.5), frame(real(6)))
    seen, absent = effect.see(given, None, False), effect.report()["features_absent"]
    assert absent.shape == (5, 6) and (absent.sum(1) == 3).all() and (absent == absent[0]).all()
    assert np.array_equal(seen, np.where(absent, 0, given))
    fixed = effect_of(Features(absent=(1, 4)), frame(real(6)))
    assert fixed.see(given, None, False)[0].nonzero()[0].tolist() == [0, 2, 3, 5]
    drawn = {tuple(sorted(effect_of(Features(share=0.4), frame(real(6), seed=seed)).absent)) for seed in range(300)}
    assert len(drawn) == 15  # all pairs of six


def test_features_are_padded_to_one_space():
    given = sensed(real(4)) + 10
    effect = effect_of(Features(absent=(2,), size=7), frame(real(4)))
    seen = effect.see(given, None, False)
    assert effect.observation_space == real(7)
    assert np.array_equal(seen[:, [0, 1, 3]], given[:, [0, 1, 3]]) and not seen[:, [2, 4, 5, 6]].any()
    assert effect.report()["features_absent"][0].tolist() == [False, False, True, False, True, True, True]
    bits = effect_of(Features(size=7, share=0.0), frame(spaces.MultiBinary(3)))
    assert bits.observation_space == spaces.MultiBinary(7)
    assert bits.see(np.ones((5, 3), np.int8), None, False).sum(1).tolist() == [3] * 5


@pytest.mark.parametrize("grows", [False, True])
def test_the_set_of_features_shrinks_and_grows_over_the_life(grows: bool):
    where = frame(real(5))
    when = Linear(1.0, 0.0, over=100) if grows else Linear(0.0, 1.0, over=100)
    effect, order = effect_of(Features(absent=(3, 0, 4, 1), when=when), where), [3, 0, 4, 1]
    present = []
    for age in range(0, 120, 5):
        where.clock.age = age
        seen = effect.see(np.ones((5, 5), np.float32), None, False)
        absent = effect.report()["features_absent"][0]
        assert np.array_equal(seen[0] == 0, absent)
        assert np.flatnonzero(absent).tolist() == sorted(order[: int(absent.sum())])
        present.append(5 - int(absent.sum()))
    assert present == sorted(present, reverse=not grows) and {present[0], present[-1]} == {1, 5}
    assert set(present) == {1, 2, 3, 4, 5}


def test_rows_that_see_nothing_new_keep_their_mask():
    where = frame(real(2))
    effect = effect_of(Features(absent=(0,), when=Linear(0.0, 1.0, over=1)), where)
    effect.see(np.ones((5, 2), np.float32), None, False)
    before = effect.report()["features_absent"]
    where.clock.age = 1
    effect.see(np.ones((2, 2), np.float32), np.array([1, 3]), True)
    assert effect.report()["features_absent"][:, 0].tolist() == [False, True, False, True, False]
    assert not before.any()  # what was told is not written to


def test_bodies_with_other_sensors_share_a_life():
    tasks = (
        Task("acrobot", "Acrobot-v1", (Features(size=8, share=0.0),)),
        Task("mountain", "MountainCar-v0", (Permute(), Features(absent=(0,), size=8), Shift(offsets=(1.0,)))),
    )
    schedule = Schedule(tasks, steps=12)
    many, one = LifelongVectorEnv(schedule, 2, seed=1, engine="numpy"), LifelongEnv(schedule, seed=1)
    assert many.single_observation_space == one.observation_space == real(8)
    seen = many.reset()[0]
    for _ in range(6):
        assert (seen[:, :6] != 0).any() and not seen[:, 6:].any()
        seen, *_, infos = many.step(np.array([0, 2]))
        assert infos["lifelong"]["features_absent"].tolist() == [[False] * 6 + [True] * 2] * 2
    assert (seen[:, 1] != 1).all() and (np.delete(seen, 1, 1) == 1).all()
    assert many.step(np.array([0, 2]))[-1]["lifelong"]["features_absent"].tolist() == [[True, False] + [True] * 6] * 2
    assert one.reset()[0].shape == (8,)
