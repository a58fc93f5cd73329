"""Changes of actions, by hand and against themselves."""

from __future__ import annotations

from typing import Any

import gymnasium as gym
import numpy as np
import pytest
from gymnasium import spaces

from envs import (
    Change,
    Clock,
    DelayActions,
    Dynamics,
    Effect,
    Frame,
    LifelongEnv,
    LifelongVectorEnv,
    Linear,
    Noise,
    NoisyActions,
    PermuteActions,
    RepeatActions,
    Schedule,
    Setting,
    StickyActions,
    Task,
    check_change,
    restore,
    snapshot,
)
from envs.changes.action_change import ActionChange, ActionEffect
from tests.envs.probes import counters

TWO = spaces.Discrete(2)
FIVE = spaces.Discrete(5)
REAL = spaces.Box(-1.0, 1.0, (3,), np.float32)
MANY = spaces.MultiDiscrete([3, 4])


def made(change: ActionChange, space: spaces.Space = FIVE, num_envs: int = 2, seed: int = 0) -> ActionEffect:
    rng = np.random.default_rng(seed)
    frame = Frame(spaces.Box(-1, 1), space, num_envs, Clock(), rng, lambda: rng.spawn(num_envs), "a body")
    effect: Any = change.effect(frame)
    effect.begin(None)
    return effect


def acted(effect: ActionEffect, meant: list[Any], rows: np.ndarray | None = None) -> list[Any]:
    """Act again and again; gives what was done, by steps."""
    done = []
    for actions in meant:
        effect.clock.advance(effect.num_envs)
        done.append(effect.act(np.asarray(actions), rows).tolist())
    return done


def test_delayed_actions_come_late_and_not_in_another_episode():
    effect = made(DelayActions(steps=2, first=4.0))
    assert acted(effect, [[0, 1], [2, 3], [1, 0], [1, 1]]) == [[4, 4], [4, 4], [0, 1], [2, 3]]
    effect.begin(np.array([1]))
    assert effect.report()["done_action"].tolist() == [2, -1]
    assert acted(effect, [[0, 0], [0, 0], [0, 2]]) == [[1, 4], [1, 4], [0, 0]]
    assert acted(effect, [[3], [3]], np.array([1])) == [[0], [2]]  # the other body stands still
    assert acted(effect, [[3, 3]]) == [[0, 3]]


def test_repeated_actions_last():
    effect = made(RepeatActions(steps=2))
    assert acted(effect, [[0, 1], [2, 2], [3, 3], [4, 0], [1, 1]]) == [[0, 1], [0, 1], [0, 1], [4, 0], [4, 0]]
    effect.begin(np.array([0]))
    assert acted(effect, [[2, 2], [3, 3]]) == [[2, 0], [2, 3]]


def test_sticky_actions_stick_as_often_as_they_should():
    effect = made(StickyActions(probability=0.25), num_envs=50)
    meant = np.random.default_rng(1).integers(0, 5, (400, 50))
    done = np.array(acted(effect, list(meant)))
    assert (done[0] == meant[0]).all()  # there is no last action yet
    stuck = (done[1:] == done[:-1]) & (done[1:] != meant[1:])
    assert abs(stuck.mean() - 0.25 * 0.8) < 0.01
    assert ((done[1:] == meant[1:]) | (done[1:] == done[:-1])).all()
    always = made(StickyActions(probability=1.0))
    assert acted(always, [[0, 1], [2, 3], [4, 4]]) == [[0, 1]] * 3
    always.begin(np.array([1]))
    assert acted(always, [[2, 3], [1, 1]]) == [[0, 3]] * 2


def test_noisy_actions_are_normal_within_bounds_or_uniform():
    effect = made(NoisyActions(deviation=0.1), REAL, 500)
    drawn = np.array(acted(effect, [np.zeros((500, 3), np.float32)] * 20))
    assert abs(drawn.std() - 0.1) < 0.002 and abs(drawn.mean()) < 0.002
    assert np.abs(acted(made(NoisyActions(level="hard"), REAL), [np.ones((2, 3), np.float32)] * 50)).max() == 1.0
    for space, shape in ((FIVE, (500,)), (MANY, (500, 2))):
        effect = made(NoisyActions(probability=0.4), space, 500)
        drawn = np.array(acted(effect, [np.zeros(shape, int)] * 40))
        counts = np.bincount(drawn.reshape(-1, *shape[1:])[..., -1].ravel() if shape[1:] else drawn.ravel())
        expected = np.full(len(counts), 0.4 / len(counts)) + np.eye(len(counts))[0] * 0.6
        np.testing.assert_allclose(counts / counts.sum(), expected, atol=0.01)


def test_permuted_actions_are_wired_once_and_no_action_keeps_its_meaning():
    for seed in range(20):
        effect = made(PermuteActions(), FIVE, 5, seed)
        (done,) = acted(effect, [[0, 1, 2, 3, 4]])
        assert sorted(done) == [0, 1, 2, 3, 4] and all(one != k for k, one in enumerate(done))
    shifted = made(PermuteActions(), spaces.Discrete(3, start=-1), 3)
    assert sorted(acted(shifted, [[-1, 0, 1]])[0]) == [-1, 0, 1]
    with pytest.raises(ValueError, match=r"actions lie in Discrete\(5\); got"):
        made(PermuteActions(), FIVE, 5).act(np.array([0, 1, 2, 3, 5]), None)
    meant = np.array([[0.1, 0.2, 0.3]], np.float32)
    (done,) = acted(made(PermuteActions(flip=True), REAL, 1), [meant])
    assert sorted(np.abs(done[0])) == meant[0].tolist() and (np.sign(done) < 0).any()
    assert (np.abs(done[0]) != meant[0]).all()
    (done,) = acted(made(PermuteActions(permute=False, flip=True), REAL, 1), [meant])
    assert np.abs(done[0]).tolist() == meant[0].tolist()


CHANGES: list[Any] = [
    DelayActions(),
    RepeatActions(probability=0.3),
    StickyActions(probability=Linear(0.0, 0.9, 200)),
    NoisyActions(level="hard"),
]


@pytest.mark.parametrize("change", [*CHANGES, PermuteActions()], ids=lambda change: change.kind)
@pytest.mark.parametrize("space", [TWO, FIVE, REAL, MANY], ids=str)
def test_any_rows_do_what_all_rows_do(change: Any, space: spaces.Space):
    if space is MANY and isinstance(change, PermuteActions):
        with pytest.raises(ValueError, match="needs numbered actions, or real ones of one dimension"):
            made(change, space)
        return
    whole, parts = made(change, space, 4), made(change, space, 4)
    space.seed(0)
    for step in range(60):
        actions = np.array([space.sample() for _ in range(4)])
        for effect in (whole, parts):
            effect.clock.advance(4)
        expected = whole.act(actions, None)
        for rows in (np.array([2, 0]), np.array([1, 3])):
            np.testing.assert_array_equal(parts.act(actions[rows], rows), expected[rows])
        assert all(space.contains(one) for one in expected), expected
        np.testing.assert_array_equal(parts.report()["done_action"], expected)
        if step % 7 == 0:
            whole.begin(np.array([1]))
            parts.begin(np.array([1]))
        if step == 30:
            fresh = made(change, space, 4)
            fresh.clock.age = parts.clock.age
            fresh.restore(parts.state())
            parts = fresh


@pytest.mark.parametrize("base", ["CartPole-v1", "Pendulum-v1", "probe/Counter-v0", "HalfCheetah-v5"])
def test_lives_of_many_are_lives_of_each(base: str):
    changes: tuple[Change, ...] = (CHANGES[0], *(type(one)(**vars(one) | {"label": one.kind}) for one in CHANGES[1:]))
    assert counters().total  # and its base is registered
    schedule = Schedule((Task("a", base, (*changes, Noise())), Task("b", base, changes[::-1])), steps=90, cycles=2)
    lives = [LifelongVectorEnv(schedule, 3, seed=4, engine=engine) for engine in ("auto", "looped")]
    first, second = (life.reset()[0] for life in lives)
    np.testing.assert_array_equal(first, second)
    lives[0].action_space.seed(0)
    ended = 0
    for _ in range(120):
        actions = lives[0].action_space.sample()
        ours, theirs = (life.step(actions) for life in lives)
        np.testing.assert_array_equal(ours[0], theirs[0])
        for name in ("done_action", "sticky_actions_done_action"):
            np.testing.assert_array_equal(ours[4]["lifelong"][name], theirs[4]["lifelong"][name])
        over = ours[2] | ours[3]
        if over.any():
            ended += 1
            last, truth = (told[4]["final_info"]["lifelong"]["done_action"] for told in (ours, theirs))
            np.testing.assert_array_equal(last[over], truth[over])
    assert ended


@pytest.mark.parametrize("base", ["CartPole-v1", "HalfCheetah-v5"])
def test_lives_go_on_from_a_snapshot_with_actions_on_their_way(base: str):
    changes = (Dynamics(factors={"gravity": Linear(1.0, 2.0, 90)}), CHANGES[0], StickyActions(label="b"), Noise())
    schedule = Schedule((Task("a", base, (*changes, RepeatActions(label="c", probability=0.5))),), 1000)
    lives: list[Any] = [
        *(LifelongVectorEnv(schedule, 2, engine=engine) for engine in ("auto", "auto", "looped", "looped")),
        LifelongEnv(schedule),
        LifelongEnv(schedule),
    ]
    for one, other in zip(lives[::2], lives[1::2], strict=True):
        one.reset(seed=3)
        rng = np.random.default_rng(0)

        def meant(life: Any = one, rng: np.random.Generator = rng) -> Any:
            life.action_space.seed(int(rng.integers(2**31)))
            return life.action_space.sample()

        for _ in range(25):
            *_, terminated, truncated, _ = one.step(meant())
            if np.ndim(terminated) == 0 and (terminated or truncated):
                one.reset()
        restore(other, snapshot(one))
        for _ in range(60):
            action = meant()
            ours, theirs = one.step(action), other.step(action)
            for mine, yours in zip(ours[:4], theirs[:4], strict=True):
                np.testing.assert_array_equal(mine, yours)
            for name, told in ours[4]["lifelong"].items():
                np.testing.assert_array_equal(told, theirs[4]["lifelong"][name])
            if np.ndim(ours[2]) == 0 and (ours[2] or ours[3]):
                one.reset()
                other.reset()


@pytest.mark.parametrize("change", [*CHANGES, PermuteActions()], ids=lambda change: change.kind)
def test_they_keep_the_promises_of_a_change_on_real_actions(change: Any):
    check_change("HalfCheetah-v5", change, steps=30)


@pytest.mark.parametrize("change", CHANGES, ids=lambda change: change.kind)
@pytest.mark.parametrize("space", [FIVE, REAL], ids=str)
def test_at_zero_strength_what_is_meant_is_done(change: Any, space: spaces.Space):
    effect = made(change.still(), space)
    for _ in range(20):
        actions = np.array([space.sample() for _ in range(2)])
        assert acted(effect, [actions]) == [actions.tolist()]


def test_levels_are_those_of_the_real_world_suite():
    for kind, name, values in (
        (DelayActions, "steps", [3, 6, 9]),
        (RepeatActions, "steps", [1, 2, 3]),
        (NoisyActions, "deviation", [0.1, 0.3, 1.0]),
    ):
        assert [getattr(kind(level=level), name) for level in ("easy", "medium", "hard")] == values
    assert DelayActions(level="hard", steps=1).steps == 1


@pytest.mark.parametrize(
    ("make", "error", "message"),
    [
        (lambda: StickyActions(probability=1.5), ValueError, "StickyActions.probability is a probability, from 0 to 1"),
        (lambda: DelayActions(steps=-1), ValueError, "DelayActions.steps is a delay in steps, at least 0; got -1"),
        (lambda: DelayActions(steps=1.5), TypeError, "a whole number; got 1.5 of type float"),  # type: ignore[arg-type]
        (lambda: RepeatActions(steps=0), ValueError, "steps is how many steps longer.* at least 1; got 0"),
        (lambda: NoisyActions(level="harsh"), ValueError, "level is one of easy, medium, hard; got 'harsh'"),
        (lambda: PermuteActions(permute=False), ValueError, "would change nothing"),
        (lambda: made(DelayActions(first=7)), ValueError, r"DelayActions.first is an action of Discrete\(5\).*got 7"),
        (lambda: made(DelayActions(first=0.5)), ValueError, "DelayActions.first is an action of .*; got 0.5"),
        (lambda: made(PermuteActions(flip=True)), ValueError, "numbered actions have no sign"),
        (lambda: made(PermuteActions(), spaces.Discrete(1)), ValueError, "at least 2 channels; got 1"),
        (lambda: made(PermuteActions(), spaces.Box(np.array([-1, -2], np.float32), 2.0, dtype=np.float32)), ValueError,
         "components that trade places have equal bounds"),
        (lambda: made(PermuteActions(flip=True), spaces.Box(0.0, 1.0, (2,))), ValueError, "have bounds -x and x"),
        (lambda: made(StickyActions(), spaces.Text(3)), ValueError, "StickyActions changes numbers or arrays"),
        (lambda: made(NoisyActions(), spaces.MultiBinary(3)), ValueError, "needs real or numbered actions"),
        (lambda: Task("a", "CartPole-v1", (StickyActions(), DelayActions())), ValueError, "both report 'done_action'"),
    ],
)  # fmt: skip
def test_what_cannot_be_is_refused(make: Any, error: type[Exception], message: str):
    with pytest.raises(error, match=message):
        make()


def test_a_subclass_says_what_it_does():
    frame: Any = made(StickyActions())
    with pytest.raises(NotImplementedError):
        ActionEffect.turn(frame, np.zeros(2), None)
    assert isinstance(frame, Effect)
    env = StickyActions().wrap(gym.make("CartPole-v1"), Setting(Clock(), *np.random.default_rng(0).spawn(2)))
    assert env.reset(seed=0)[1]["lifelong"] == {"done_action": -1}
    assert env.step(1)[4]["lifelong"] == {"done_action": 1}
