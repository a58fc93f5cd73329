from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pytest

from envs import Change, Effect, Frame, LifelongVectorEnv, Noise, Permute, Schedule, Task
from envs.counter import CounterDice
from tests.envs.probes import counters


def dice(rows: int = 3, seed: int = 0) -> CounterDice:
    return CounterDice(np.random.default_rng(seed).spawn(rows))


def test_counted_numbers_are_a_function_of_row_and_count():
    ours, theirs = dice(), dice()
    later = ours.uniform(7, 5)
    assert (theirs.uniform(2, 5) != later).all()
    assert np.array_equal(theirs.uniform(7, 5), later)
    assert np.array_equal(theirs.uniform(7, 9, np.array([2]))[0, :5], later[2])
    with pytest.raises(ValueError, match="at most 1048576 numbers a row; got 1048577"):
        ours.uniform(0, 2**20 + 1)


def test_counted_numbers_are_uniform_and_normal():
    drawn = np.concatenate([dice(64).uniform(count, 31) for count in range(200)])
    assert drawn.min() >= 0 and drawn.max() < 1
    counts, _ = np.histogram(drawn, bins=20, range=(0, 1))
    assert ((counts - drawn.size / 20) ** 2 / (drawn.size / 20)).sum() < 44  # chi-square, 19 degrees, p = 0.001
    assert abs(np.corrcoef(drawn[:, 0], drawn[:, 1])[0, 1]) < 0.03
    normal = np.concatenate([dice(64).normal(count, 31) for count in range(200)])
    assert abs(normal.mean()) < 0.01 and abs(normal.std() - 1) < 0.01 and abs((normal**4).mean() - 3) < 0.1


@dataclass(frozen=True)
class Echo(Change, kind="echo"):
    """Remembers the last observation and adds it; acts the other way; pays the double."""

    def effect(self, frame: Frame) -> Effect:
        return EchoEffect(frame)


class EchoEffect(Effect):
    def __init__(self, frame: Frame) -> None:
        super().__init__(frame)
        self.last = np.zeros((frame.num_envs, *(frame.observation_space.shape or ())), np.float32)

    def begin(self, rows):
        self.last[slice(None) if rows is None else rows] = 0

    def act(self, actions, rows):
        return 1 - actions

    def see(self, sensed, rows, first):
        where = slice(None) if rows is None else rows
        seen = sensed + self.last[where]
        self.last[where] = sensed
        return seen

    def pay(self, rewards, ended, rows):
        return 2 * rewards

    def report(self):
        return {"echo": self.last.copy()}


def trace(schedule: Schedule, engine: str) -> tuple:
    life = LifelongVectorEnv(schedule, 3, seed=4, engine=engine)
    told = [life.reset()[0]]
    for k in range(60):
        *outcome, infos = life.step(np.array([k, k + 1, 0]) % 2)
        told += [*outcome, infos["lifelong"].get("echo")]
        if "final_obs" in infos:
            told.append(infos["final_obs"][infos["_final_obs"]])
    return tuple(told)


@pytest.mark.parametrize("changes", [(Echo(),), (Permute(flip=True), Noise(), Echo()), (Echo(), Noise(when=0.5))])
@pytest.mark.parametrize("base", ["CartPole-v1", "probe/Counter-v0"])
def test_an_effect_on_many_is_the_effect_on_each(base: str, changes: tuple[Change, ...]):
    schedule = Schedule((Task("a", base, changes), Task("b", base)), steps=90)
    for ours, theirs in zip(trace(schedule, "auto"), trace(schedule, "looped"), strict=True):
        assert np.array_equal(ours, theirs)


def test_a_change_says_what_it_does_and_changes_report_under_their_own_names():
    with pytest.raises(TypeError, match="says what it does in effect"):

        class Idle(Change, kind="idle"):
            pass

    with pytest.raises(ValueError, match="'noise' and 'noise' both report 'noise_kind'; give one a label"):
        Task("a", "CartPole-v1", (Noise(), Noise()))
    with pytest.raises(ValueError, match="'permute' moves channels that 'noise' inside of it names"):
        Task("a", "CartPole-v1", (Noise(), Permute()))
    assert counters().total


def test_numbers_drawn_ahead_are_those_drawn_at_once():
    rng, ours = np.random.default_rng(0), dice(5)
    age = 0
    for step in range(300):
        age = int(rng.integers(0, 500)) if step % 50 == 0 else age + 5 * int(rng.integers(1, 3))
        count, rows = 2 * age + step % 2, np.flatnonzero(rng.random(5) < 0.5) if step % 3 == 0 else None
        for width in (1, 4):
            drawn = ours.uniform(count, width, rows), ours.normal(count, width, rows)
            at_once = dice(5).uniform(count, width, rows), dice(5).normal(count, width, rows)
            for one, other in zip(drawn, at_once, strict=True):
                assert one.tobytes() == other.tobytes()
                one[...] = 0  # what is handed out is nobody else's
            assert ours.uniform(count, width, rows).tobytes() == at_once[0].tobytes()
    big = ours.uniform(7, 5000)
    assert np.array_equal(big[:, :4], dice(5).uniform(7, 4))
