from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pytest

from envs import Change, LifelongEnv, LifelongVectorEnv, Noise, Permute, Schedule, Storm, Task, check_life
from envs.effect import Effect, Frame
from envs.named import LIVES
from tests.envs.pictures import where_data_is
from tests.envs.probes import counters

A, B = Task("a", "CartPole-v1", (Permute(flip=True),)), Task("b", "CartPole-v1", (Noise(),))


@pytest.mark.parametrize("name", where_data_is(sorted(LIVES)))
def test_named_lives_keep_their_promises(name: str):
    box2d = any("Lunar" in task.env_id for task in LIVES[name]().tasks)
    check_life(name, switches=2, around=6, snapshots=not box2d)


def test_streams_and_gradual_switches_keep_them_too():
    check_life(A.for_steps(400).then(B).blend(120).cycle(2) | Storm(calm=30, burst=30))
    check_life(counters(steps=90))
    check_life(Schedule((A,), 500))


@dataclass(frozen=True)
class Loose(Change, kind="loose"):
    """Breaks a promise of lives."""

    fault: str

    def effect(self, frame: Frame) -> Effect:
        return LooseEffect(frame, self.fault)


class LooseEffect(Effect):
    def __init__(self, frame: Frame, fault: str) -> None:
        super().__init__(frame)
        self.fault, self.clock, self.calls = fault, frame.clock, 0
        self.secret = np.random.default_rng()

    def see(self, sensed, rows, first):
        self.calls += 1
        if self.fault == "clock" and not first:
            self.clock.advance(1)
        if self.fault == "entropy":
            return sensed + np.float32(self.secret.normal())
        if self.fault == "memory":
            return sensed + np.float32(self.calls)
        if self.fault == "type":
            return sensed.astype(np.float64)
        return np.full_like(sensed, np.inf) if self.fault == "finite" and not first else sensed


@pytest.mark.parametrize(
    ("fault", "message"),
    [
        ("entropy", "is the same for the same seed|goes on from a snapshot"),
        ("memory", "goes on from a snapshot as without"),
        ("clock", "ages by one for each body"),
        ("type", "observes within"),
        ("finite", "observes within|observes finite"),
    ],
)
def test_every_broken_promise_is_found(fault: str, message: str):
    check_life(Schedule((Task("x", "CartPole-v1", (Loose("none"),)), A), 200))
    with pytest.raises(ValueError, match=message):
        check_life(Schedule((Task("x", "CartPole-v1", (Loose(fault),)), A), 200))


def test_a_life_that_switches_late_or_lets_episodes_go_on_is_found(monkeypatch: pytest.MonkeyPatch):
    schedule = Schedule((A, B), 200)
    with monkeypatch.context() as patch:
        patch.setattr(Schedule, "leave_at", lambda self, visit: self._stops[visit] + 5.0)
        LifelongEnv(schedule).reset()
        patch.setattr("envs.life_checks.Schedule.visit_at", lambda self, age: min((age - 1) // 200, 1))
        with pytest.raises(ValueError, match="A life"):
            check_life(schedule)
    step = LifelongVectorEnv.step

    def endless(self, actions):
        observation, reward, terminated, truncated, info = step(self, actions)
        return observation, reward, terminated, np.zeros_like(truncated), info

    with monkeypatch.context() as patch:
        patch.setattr(LifelongVectorEnv, "step", endless)
        with pytest.raises(ValueError, match="ends all episodes at a switch"):
            check_life(schedule)


def test_what_is_no_life_is_refused():
    with pytest.raises(TypeError, match="a Schedule, a Stream or a name; got 3"):
        check_life(3)  # pyright: ignore[reportArgumentType]
    with pytest.raises(ValueError, match="did you mean 'demo'"):
        check_life("dem")
