"""Senses that are shifted, mixed, lost, turned or mirrored, beside what can be worked out by hand."""

from __future__ import annotations

from typing import Any

import gymnasium as gym
import numpy as np
import pytest
from gymnasium import spaces

from envs import (
    Change,
    Clock,
    Effect,
    Features,
    FlipImage,
    Frame,
    LifelongEnv,
    LifelongVectorEnv,
    Linear,
    Mix,
    Noise,
    Permute,
    Rotate,
    Schedule,
    Setting,
    Shift,
    Task,
    check_snapshot,
)
from envs.changes.mix import random_orthogonal
from envs.effect import EffectEnv

IMAGE = spaces.Box(0, 255, (6, 6, 3), np.uint8)


def real(*shape: int) -> spaces.Box:
    return spaces.Box(-np.inf, np.inf, shape, np.float32)


def frame(space: spaces.Space, num_envs: int = 5, seed: int = 0) -> Frame:
    """Make where an effect is to work, with a clock at 0."""
    dice = np.random.default_rng([seed, 1])
    return Frame(
        space,
        spaces.Discrete(2),
        num_envs,
        Clock(),
        np.random.default_rng(seed),
        lambda: dice.spawn(num_envs),
        "a test",
    )


def sensed(space: spaces.Space, num_envs: int = 5, seed: int = 3) -> np.ndarray:
    """Draw observations of a space."""
    rng, shape = np.random.default_rng(seed), (num_envs, *(space.shape or ()))
    if space.dtype == np.float32:
        return rng.normal(size=shape).astype(np.float32)
    return rng.integers(256 if space == IMAGE else 2, size=shape).astype(space.dtype)


def image_effect(change: Any, space: spaces.Space = IMAGE, seed: int = 0) -> Any:
    """Make the effect of a change on images, whether or not it says what it does in `effect`."""
    if not isinstance(change, Permute):
        return change.effect(frame(space, seed=seed))
    env = gym.Env()
    env.observation_space, env.action_space = space, spaces.Discrete(2)
    wrapped = change.wrap(env, Setting(Clock(), np.random.default_rng(seed), np.random.default_rng(0)))
    assert isinstance(wrapped, EffectEnv)
    return wrapped.effect


ALL = [
    (Shift(), real(4)),
    (Shift(scale=0.5), real(3, 2)),
    (Shift(offset=0.3, scale=0.5), IMAGE),
    (Mix(), real(27)),
    (Features(), real(4)),
    (Features(size=9), real(4)),
    (Features(size=9), spaces.MultiBinary(6)),
    (Features(), IMAGE),
    (Rotate(), IMAGE),
    (Rotate(2), spaces.Box(-np.inf, np.inf, (4, 6, 1), np.float32)),
    (FlipImage(), IMAGE),
    (FlipImage("vertical"), IMAGE),
]


@pytest.mark.parametrize(("change", "space"), ALL, ids=lambda one: str(one)[:40])
def test_many_see_what_each_would_and_nothing_that_was_given_is_written_to(change: Change, space: spaces.Space):
    many, given = change.effect(frame(space)), sensed(space)
    kept, seen = given.copy(), many.see(given, None, False)
    assert np.array_equal(given, kept) and not np.array_equal(seen, given)
    assert seen.dtype == given.dtype and seen.flags.c_contiguous
    assert all(many.observation_space.contains(row) for row in seen)
    for row in range(5):
        one = change.effect(frame(space, num_envs=1))
        assert np.array_equal(one.see(given[row : row + 1], None, False)[0], seen[row])
        for name in change.reports():
            assert np.array_equal(one.report()[name][0], many.report()[name][row])
    rows = np.array([4, 1])
    assert np.array_equal(many.see(given[rows], rows, True), seen[rows])
    assert set(many.report()) == set(change.reports())
    other = change.effect(frame(space, seed=1))
    if not isinstance(change, (Rotate, FlipImage)) and space != IMAGE:
        assert not np.array_equal(other.see(given, None, False), seen)  # another world


@pytest.mark.parametrize(("change", "space"), [pair for pair in ALL if pair[0].still() is not None][:8], ids=str)
def test_at_zero_strength_nothing_changes(change: Any, space: spaces.Space):
    effect, given = change.still().effect(frame(space)), sensed(space)
    assert effect.observation_space == space
    assert np.array_equal(effect.see(given, None, False), given)


@pytest.mark.parametrize(
    "changes", [(Shift(), Permute(), Mix(), Features(size=7)), (Features(size=5), Noise(), Shift())]
)
def test_lives_of_many_are_those_of_each(changes: tuple[Change, ...]):
    schedule = Schedule((Task("a", "CartPole-v1", changes),), steps=200)
    ours, looped = (LifelongVectorEnv(schedule, 3, seed=4, engine=engine) for engine in ("numpy", "looped"))
    seen, expected = ours.reset()[0], looped.reset()[0]
    assert seen.shape == (3, max(change.size for change in changes if isinstance(change, Features)))
    for k in range(60):
        assert np.array_equal(seen, expected)
        actions = np.array([k, k + 1, 0]) % 2
        (seen, *_, infos), (expected, *_, told) = ours.step(actions), looped.step(actions)
        assert np.array_equal(infos["lifelong"]["features_absent"], told["lifelong"]["features_absent"])
        if "final_obs" in infos:
            over = infos["_final_obs"]
            assert np.array_equal(infos["final_obs"][over], told["final_obs"][over])


def test_lives_in_changed_pixels_are_those_of_each():
    changes = (
        Permute(what="pixels"),
        Permute(),
        Rotate(),
        FlipImage(),
        Features(),
        Shift(offset=0.1),
        Noise(deviation=0.1),
    )
    task = Task("a", "lifelong/Pixels-v0", changes, {"base": "MiniGrid-LavaGapS5-v0", "max_steps": 7})
    schedule = Schedule((task,), steps=100)
    ours, looped = (LifelongVectorEnv(schedule, 3, seed=4, engine=engine) for engine in ("numpy", "looped"))
    seen, expected = ours.reset()[0], looped.reset()[0]
    for k in range(20):
        assert np.array_equal(seen, expected) and seen.dtype == np.uint8
        actions = np.array([k, k + 1, 0]) % 3
        (seen, *_, infos), (expected, *_, told) = ours.step(actions), looped.step(actions)
        if "final_obs" in infos:
            over = infos["_final_obs"]
            assert np.array_equal(infos["final_obs"][over], told["final_obs"][over])


# Permuted images.


@pytest.mark.parametrize("what", ["channels", "pixels"])
def test_images_are_deranged(what: str):
    for seed in range(20):
        effect = image_effect(Permute(what=what), seed=seed)
        assert sorted(effect.order) == list(range(3 if what == "channels" else 36))
        assert (effect.order != np.arange(len(effect.order))).all()
        given = sensed(IMAGE)
        seen = effect.see(given, None, False)
        assert seen.flags.c_contiguous and np.array_equal(effect.see(given[[2]], np.array([2]), True)[0], seen[2])
        for place in range(36):
            y, x = divmod(place, 6)
            for colour in range(3):
                from_y, from_x = divmod(int(effect.order[place]), 6) if what == "pixels" else (y, x)
                from_colour = colour if what == "pixels" else effect.order[colour]
                assert np.array_equal(seen[:, y, x, colour], given[:, from_y, from_x, from_colour])


# Turns and mirrors.


def test_four_quarter_turns_are_none_and_mirrors_undo_themselves():
    given = sensed(IMAGE)
    turn, half, back = (image_effect(Rotate(turns)) for turns in (1, 2, 3))

    def see(effect: Effect, shown: np.ndarray) -> np.ndarray:
        return effect.see(shown, None, False)

    once = see(turn, given)
    assert np.array_equal(once, np.rot90(given, axes=(1, 2)))
    assert np.array_equal(see(turn, once), see(half, given)) and np.array_equal(see(back, once), given)
    assert np.array_equal(see(turn, see(turn, see(turn, once))), given)
    left, down = image_effect(FlipImage()), image_effect(FlipImage("vertical"))
    assert np.array_equal(see(left, given), given[:, :, ::-1]) and np.array_equal(see(down, given), given[:, ::-1])
    assert np.array_equal(see(left, see(left, given)), given) and np.array_equal(see(down, see(down, given)), given)
    assert np.array_equal(see(down, see(left, given)), see(half, given))


# Mixing.


def test_the_matrix_is_orthogonal_and_the_worlds_own():
    for size in (2, 4, 30):
        matrix = random_orthogonal(size, np.random.default_rng(size))
        np.testing.assert_allclose(matrix @ matrix.T, np.eye(size), atol=1e-12)
        assert np.array_equal(matrix, random_orthogonal(size, np.random.default_rng(size)))
    effect, given = Mix().effect(frame(real(4))), sensed(real(4))
    seen = effect.see(given, None, False)
    np.testing.assert_allclose(seen, given @ effect.matrix.T, rtol=1e-5)
    np.testing.assert_allclose(seen @ effect.matrix, given, rtol=1e-4, atol=1e-6)
    np.testing.assert_allclose(np.linalg.norm(seen, axis=1), np.linalg.norm(given, axis=1), rtol=1e-5)


def test_matrices_are_uniform():
    # Of a uniform matrix, no entry's sign is preferred, and each square is 1 / size on average; QR alone gives
    # diagonals that are below 0 more often than not.
    drawn = np.array([random_orthogonal(3, np.random.default_rng(seed)) for seed in range(2000)])
    assert np.abs(drawn.mean(0)).max() < 4 * np.sqrt(1 / 3 / 2000)
    assert np.abs((drawn**2).mean(0) - 1 / 3).max() < 0.03
    assert abs((np.linalg.det(drawn) > 0).mean() - 0.5) < 0.05


# Shifts.


def test_a_shift_is_what_it_is_given_or_has_the_asked_deviations():
    space, given = real(3), sensed(real(3))
    seen = Shift(offsets=(1.0, 0.0, -2.0), scales=(2.0, 1.0, 0.5)).effect(frame(space)).see(given, None, False)
    np.testing.assert_allclose(seen, given * (2, 1, 0.5) + (1, 0, -2), rtol=1e-6)
    drawn = [Shift(scale=0.5).effect(frame(space, seed=seed)) for seed in range(400)]
    offsets, scales = np.array([one.offsets for one in drawn]), np.array([one.scales for one in drawn])
    assert abs(offsets.std() - 2.0) < 0.15 and abs(offsets.mean()) < 0.25
    assert abs(np.log(scales).std() - 0.5) < 0.04 and (scales > 0).all()
    alone = Shift(offset=0.0, scale=0.5).effect(frame(space))
    assert not alone.offsets.any()


def test_a_shift_drifts_in():
    space = real(2)
    where = frame(space)
    effect = Shift(offsets=(4.0,), scales=(3.0,), when=Linear(0.0, 1.0, over=100, begin=50)).effect(where)
    for age, strength in ((0, 0.0), (50, 0.0), (75, 0.25), (100, 0.5), (150, 1.0), (900, 1.0), (75, 0.25)):
        where.clock.age = age
        seen = effect.see(np.full((5, 2), 2.0, np.float32), None, False)
        assert np.allclose(seen, (1 + 2 * strength) * 2.0 + 4.0 * strength)
        assert np.array_equal(effect.report()["shift_strength"], np.full(5, strength))


def test_a_shifted_image_is_rounded_and_stays_an_image():
    given = np.array([0, 100, 200, 255], np.uint8).reshape(1, 2, 2, 1)
    space = spaces.Box(0, 255, (2, 2, 1), np.uint8)
    seen = Shift(offsets=(0.1,), scales=(0.5,)).effect(frame(space, 1)).see(given, None, False)
    assert seen.ravel().tolist() == [26, 76, 126, 153] and seen.dtype == np.uint8  # 25.5 rounds to an even number
    seen = Shift(offsets=(-0.2,), scales=(2.0,)).effect(frame(space, 1)).see(given, None, False)
    assert seen.ravel().tolist() == [0, 149, 255, 255]


@pytest.mark.parametrize("engine", ["numpy", "looped", "alone"])
@pytest.mark.parametrize("base", ["CartPole-v1", "lifelong/Pixels-v0"])
def test_changed_lives_go_on_from_where_they_were_saved(base: str, engine: str):
    fading = Linear(0.0, 1.0, over=300)
    changes = (Permute(), Features(when=fading), Shift(offset=0.1, when=fading))
    schedule = Schedule((Task("a", base, changes), Task("b", base, (Permute(),))), steps=120, cycles=2)
    check_snapshot(
        lambda: LifelongEnv(schedule) if engine == "alone" else LifelongVectorEnv(schedule, 3, engine=engine),
        after=120,
    )


def test_changes_go_together_where_no_name_is_moved():
    Task("a", "CartPole-v1", (Shift(), Shift(label="second"), Mix()))
    with pytest.raises(ValueError, match="both report 'shift_strength'; give one a label"):
        Task("a", "CartPole-v1", (Shift(), Shift()))
    for moves in (Permute(), Mix(), Rotate(), FlipImage(), Features()):
        with pytest.raises(ValueError, match=f"'{moves.kind}' moves channels that 'noise' inside of it names"):
            Task("a", "CartPole-v1", (Shift(), Noise(), moves))


@pytest.mark.parametrize(
    ("make", "error", "message"),
    [
        (lambda: Permute(what="pixel"), ValueError, "Permute.what is one of channels, pixels; got 'pixel'"),
        (lambda: image_effect(Permute(flip=True)), ValueError, "takes permute=True alone"),
        (lambda: image_effect(Permute(what="pixels"), real(4)), ValueError, "pixels are of images"),
        (
            lambda: image_effect(Permute(), spaces.Box(0, 255, (4, 4, 1), np.uint8)),
            ValueError,
            "at least 2 channels; got 1",
        ),
        (lambda: Rotate(4), ValueError, "between 1 and 3 quarter turns; got 4"),
        (lambda: Rotate(1.0), TypeError, "whole number of quarter turns"),  # pyright: ignore[reportArgumentType]
        (lambda: image_effect(Rotate(), spaces.Box(0, 255, (4, 6, 3), np.uint8)), ValueError, "got 4 x 6 pixels"),
        (lambda: image_effect(Rotate(), real(4)), ValueError, "Rotate needs images"),
        (lambda: FlipImage("diagonal"), ValueError, "one of horizontal, vertical; got 'diagonal'"),
        (lambda: Mix().effect(frame(IMAGE)), ValueError, "Mix needs unbounded real senses"),
        (lambda: Mix().effect(frame(real(1))), ValueError, "at least 2 components"),
        (lambda: Shift(offset=-1.0), ValueError, "Shift.offset is a standard deviation"),
        (lambda: Shift(offset=0.0), ValueError, "would change nothing"),
        (lambda: Shift(offsets=(0.0,), scales=(1.0,)), ValueError, "would change nothing"),
        (lambda: Shift(scales=(0.0,)), ValueError, "scales are above 0"),
        (lambda: Shift(offset=Linear(0, 1, 5)), TypeError, "let Shift.when be the signal"),  # pyright: ignore[reportArgumentType]
        (lambda: Shift(offsets=[1.0]), TypeError, "a tuple of numbers"),  # pyright: ignore[reportArgumentType]
        (lambda: Shift(when=2.0), ValueError, "Shift.when is a strength, from 0 to 1"),
        (
            lambda: Shift(offsets=(1.0, 2.0)).effect(frame(real(4))),
            ValueError,
            "for each of 4 channels of a test; got 2",
        ),
        (
            lambda: Shift().effect(frame(spaces.MultiBinary(4))),
            ValueError,
            "Shift needs unbounded real numbers or images",
        ),
        (lambda: Features(share=0.0), ValueError, "would change nothing"),
        (lambda: Features(share=1.5), ValueError, "from 0 to 1; got 1.5"),
        (lambda: Features(absent=(1, 1)), ValueError, "names a feature twice"),
        (lambda: Features(absent=(-1,)), ValueError, "Features.absent is at least 0; got -1"),
        (lambda: Features(size=4.0), TypeError, "Features.size counts whole features"),  # pyright: ignore[reportArgumentType]
        (lambda: Features(absent=(4,)).effect(frame(real(4))), ValueError, "indices from 0 to 3"),
        (lambda: Features(size=3).effect(frame(real(4))), ValueError, "at least the 4 components of a test; got 3"),
        (lambda: Features(size=99).effect(frame(IMAGE)), ValueError, "pads vectors"),
        (lambda: Features().effect(frame(spaces.Discrete(3))), ValueError, "Features needs bits"),
    ],
)
def test_errors_say_what_was_expected_and_what_came(make: Any, error: type[Exception], message: str):
    with pytest.raises(error, match=message):
        make()
