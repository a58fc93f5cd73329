"""What is true of every kind of fault: alone and as one of many, calm, interrupted, and on bases of all senses."""

from __future__ import annotations

from typing import Any

import gymnasium as gym
import numpy as np
import pytest
from gymnasium import spaces

from envs import Clock, Dummy, Frame, LifelongVectorEnv, Linear, Noise, Schedule, Setting, Task, restore, snapshot
from envs.changes.fault import LEVELS, Fault
from envs.senses import free
from tests.envs import probes  # noqa: F401 - registers a screen
from tests.envs.test_batched_lives import lived_alike

SPACES: dict[str, Any] = {
    "real": spaces.Box(-np.inf, np.inf, (5,), np.float32),
    "bits": spaces.MultiBinary(6),
    "image": spaces.Box(0, 255, (6, 5, 3), np.uint8),
}
BASES = {"real": "CartPole-v1", "bits": "lifelong/Room-v0", "image": "probe/Screen-v0"}
KINDS = {kind: change for kind, change in sorted(Fault.kinds.items()) if issubclass(change, Fault)}
CASES = [(kind, sense) for kind, change in KINDS.items() for sense in change.senses]
BODIES = 4


def made(fault: Fault, sense: str, which: list[int] | None = None) -> tuple[Any, Clock]:
    """Make a fault's effect on some of the bodies, all of them if None, and its clock."""
    clock = Clock()
    rows = list(range(BODIES)) if which is None else which
    moments = np.random.default_rng(1).spawn(BODIES)
    frame = Frame(
        SPACES[sense], spaces.Discrete(2), len(rows), clock, np.random.default_rng(0),
        lambda: [moments[row] for row in rows], "a test",
    )  # fmt: skip
    return fault.effect(frame), clock


def senses(sense: str, rng: np.random.Generator) -> np.ndarray:
    """Sense something, with zeros of both signs and large numbers among the real ones."""
    shape = (BODIES, *SPACES[sense].shape)
    if sense == "real":
        sensed = np.round(2 * rng.standard_normal(shape, np.float32), 1)
        sensed[:, 0] = np.where(rng.random(BODIES) < 0.5, -0.0, 50.0)
        return sensed
    return rng.integers(0, 256 if sense == "image" else 2, shape).astype(SPACES[sense].dtype)


def script(steps: int) -> list[tuple[np.ndarray | None, bool, bool]]:
    """Tell whose observations come when: rows, whether they are first ones, and whether time passes before."""
    rng = np.random.default_rng(5)
    calls: list[tuple[np.ndarray | None, bool, bool]] = [(None, True, False)]
    for step in range(steps):
        idle = rng.random(BODIES) < 0.3 if step % 3 == 1 else np.zeros(BODIES, bool)
        calls.append((np.flatnonzero(~idle) if idle.any() else None, False, True))
        ended = np.flatnonzero(rng.random(BODIES) < 0.1)
        if len(ended):
            calls.append((ended, True, False))
    return [call for call in calls if call[0] is None or len(call[0])]


def play(effect: Any, clock: Clock, sense: str, calls: list, seed: int = 0) -> list[tuple]:
    """Live through a script; gives what was sensed, seen and told to be hit of the rows at each call."""
    rng, told = np.random.default_rng(seed), []
    for rows, first, passes in calls:
        clock.age += BODIES * passes
        sensed = senses(sense, rng)
        if first:
            effect.begin(rows)
        given = sensed if rows is None else sensed[rows]
        seen = effect.see(given, rows, first)
        mask = next(value for name, value in effect.report().items() if name.endswith("_mask"))
        told.append((sensed, seen, mask.copy(), rows))
    return told


@pytest.mark.parametrize(("kind", "sense"), CASES)
@pytest.mark.parametrize("level", LEVELS)
def test_of_many_bodies_each_is_as_it_would_be_alone(kind: str, sense: str, level: str):
    fault, calls = KINDS[kind](level=level, when=Linear(start=0.2, stop=1.0, over=100)), script(40)
    many = play(*made(fault, sense), sense, calls)
    for body in range(BODIES):
        effect, clock = made(fault, sense, [body])
        for (rows, first, passes), (sensed, seen, mask, _) in zip(calls, many, strict=True):
            clock.age += BODIES * passes
            if rows is not None and body not in rows:
                continue
            if first:
                effect.begin(None)
            alone = effect.see(sensed[body : body + 1], None, first)
            place = body if rows is None else int(np.flatnonzero(rows == body)[0])
            assert alone.dtype == seen.dtype and alone[0].tobytes() == seen[place].tobytes()
            assert np.array_equal(effect.report()[f"{kind}_mask"][0], mask[body])


@pytest.mark.parametrize(("kind", "sense"), CASES)
def test_what_is_not_hit_is_as_it_was_sensed(kind: str, sense: str):
    channels = (0, 2)
    fault, hits = KINDS[kind](level="hard", channels=channels), 0
    for everything, seen, masks, rows in play(*made(fault, sense), sense, script(150)):
        which = np.arange(BODIES) if rows is None else rows
        sensed, mask = everything[which], masks[which]
        assert not np.delete(mask, channels, axis=-1).any()
        assert seen[~mask].tobytes() == sensed[~mask].tobytes()
        hits += int(mask.sum())
        if kind in ("saturate", "quantise", "non_finite") or (kind, sense) == ("invert", "bits"):
            assert (seen != sensed)[mask].all()
    assert hits > 100


@pytest.mark.parametrize(("kind", "sense"), CASES)
def test_no_strength_changes_nothing_and_a_calm_ends_what_lasts(kind: str, sense: str):
    fault = KINDS[kind](level="hard")
    for sensed, seen, mask, rows in play(*made(fault.still(), sense), sense, script(30)):
        assert seen.tobytes() == (sensed if rows is None else sensed[rows]).tobytes() and not mask.any()
    effect, clock = made(KINDS[kind](level="hard", when=Linear(start=1.0, stop=0.0, over=1, begin=120)), sense)
    calls = [(None, True, False), *[(None, False, True)] * 40]
    told = play(effect, clock, sense, calls)
    assert any(mask.any() for _, _, mask, _ in told[:30]) and not any(mask.any() for _, _, mask, _ in told[31:])
    assert effect.report()[f"{kind}_kind"].tolist() == ["calm"] * BODIES
    if hasattr(effect, "lasting"):
        assert not effect.lasting.left.any()


@pytest.mark.parametrize(("kind", "sense"), CASES)
def test_what_is_restored_goes_on_as_if_nothing_had_been(kind: str, sense: str):
    often: dict[str, Any] = {"probability": 0.4} if "probability" in KINDS[kind].__dataclass_fields__ else {}
    fault = Noise(correlation=0.7) if kind == "noise" else KINDS[kind](level="hard", **often)
    calls = script(60)
    effect, clock = made(fault, sense)
    play(effect, clock, sense, calls[:40])
    kept, age = effect.state(), clock.age
    expected = play(effect, clock, sense, calls[40:], seed=1)
    other, its = made(fault, sense)
    other.restore(kept)
    its.age = age
    for (_, seen, mask, _), (_, again, told, _) in zip(
        expected, play(other, its, sense, calls[40:], seed=1), strict=True
    ):
        assert seen.tobytes() == again.tobytes() and np.array_equal(mask, told)


@pytest.mark.parametrize("kind", [kind for kind, sense in CASES if sense == "real"])
def test_lives_go_on_from_a_snapshot(kind: str):
    schedule = Schedule((Task("a", "CartPole-v1", (KINDS[kind](level="hard"),)),), 1000)
    one, other = (LifelongVectorEnv(schedule, 3, 1) for _ in range(2))
    one.reset()
    rng = np.random.default_rng(0)
    for _ in range(43):
        one.step(rng.integers(0, 2, 3))
    restore(other, snapshot(one))
    for _ in range(60):
        actions = rng.integers(0, 2, 3)
        (ours, *_, told), (theirs, *_, truth) = one.step(actions), other.step(actions)
        assert ours.tobytes() == theirs.tobytes()
        assert np.array_equal(told["lifelong"][f"{kind}_mask"], truth["lifelong"][f"{kind}_mask"])


class Recorder(gym.Wrapper):
    """Keeps what was sensed."""

    sensed: Any

    def reset(self, **arguments: Any) -> Any:
        observation, info = self.env.reset(**arguments)
        self.sensed = np.array(observation)
        return observation, info

    def step(self, action: Any) -> Any:
        outcome = self.env.step(action)
        self.sensed = np.array(outcome[0])
        return outcome


@pytest.mark.parametrize("sense", BASES)
def test_the_truth_is_told_for_two_thousand_steps(sense: str):
    for kind in (kind for kind, one in CASES if one == sense):
        clock, (world, moment) = Clock(), np.random.default_rng(3).spawn(2)
        inner = Recorder(free(gym.make(BASES[sense], disable_env_checker=True)))
        env = KINDS[kind](level="medium").wrap(inner, Setting(clock, world, moment))
        env.action_space.seed(0)
        seen, info = env.reset(seed=0)
        hits = 0
        for _ in range(2000 if sense != "bits" else 500):
            mask = info["lifelong"][f"{kind}_mask"]
            assert seen[~mask].tobytes() == inner.sensed[~mask].tobytes() and seen.shape == mask.shape
            assert seen.dtype == env.observation_space.dtype and info["lifelong"][f"{kind}_kind"] == kind
            hits += int(mask.any())
            clock.advance(1)
            seen, _, terminated, truncated, info = env.step(env.action_space.sample())
            if terminated or truncated:
                seen, info = env.reset()
        assert hits > 10, kind


REALS = [kind for kind, sense in CASES if sense == "real" and kind != "non_finite"]


@pytest.mark.parametrize("kinds", [REALS[::2], REALS[1::2]], ids="-".join)
def test_lives_with_faults_are_the_same_stepped_together_or_one_by_one(kinds: list[str]):
    faults = tuple(KINDS[kind](level="hard", channels=(0, 2)) for kind in kinds)
    tasks = (Task("a", "CartPole-v1", faults), Task("b", "CartPole-v1", faults[:1]))
    assert lived_alike(Schedule(tasks, steps=180, cycles=2), num_envs=3, steps=240) > 10


def smoke(kind: str, base: str, steps: int, num_envs: int) -> None:
    life = LifelongVectorEnv(Schedule((Task("a", base, (KINDS[kind](level="hard"),)),), steps), num_envs, 0)
    seen, infos = life.reset()
    life.action_space.seed(0)
    for _ in range(steps // num_envs):
        tame = seen if KINDS[kind].keeps_finite else np.nan_to_num(seen)
        assert life.observation_space.contains(tame)
        assert infos["lifelong"][f"{kind}_mask"].shape == seen.shape
        seen, *_, infos = life.step(life.action_space.sample())


@pytest.mark.long
@pytest.mark.parametrize(("kind", "sense"), CASES)
def test_a_hundred_thousand_steps_of_every_kind_on_every_base(kind: str, sense: str):
    smoke(kind, BASES[sense], 100_000, 50)


def test_what_adds_channels_lies_inside_of_what_names_them():
    with pytest.raises(ValueError, match="'dummy' moves channels that 'drop' inside of it names"):
        Task("a", "CartPole-v1", (KINDS["drop"](), Dummy()))
    life = LifelongVectorEnv(Schedule((Task("a", "CartPole-v1", (Dummy(), KINDS["drop"](level="hard"))),), 100), 2)
    seen, infos = life.reset()
    assert seen.shape == infos["lifelong"]["drop_mask"].shape == (2, 14)
