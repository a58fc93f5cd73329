from __future__ import annotations

import gymnasium as gym
import numpy as np
import pytest
from gymnasium import spaces

from envs import Clock, Linear, Rotate, Setting, Turn, check_change
from envs.changes.turn import TurnEffect, sampling
from envs.effect import Frame


def frame(space: gym.Space, bodies: int = 2, clock: Clock | None = None) -> Frame:
    dice = np.random.default_rng(0)
    return Frame(space, spaces.Discrete(2), bodies, clock or Clock(), dice, lambda: [dice] * bodies, "a test")


def real(*shape: int) -> spaces.Box:
    return spaces.Box(-np.inf, np.inf, shape, np.float32)


def effect(change: Turn, space: gym.Space, clock: Clock | None = None) -> TurnEffect:
    return change.effect(frame(space, clock=clock))


def drawn(*shape: int) -> np.ndarray:
    return np.random.default_rng(1).random(shape, np.float32)


@pytest.mark.parametrize("turns", [1, 2, 3])
def test_quarter_turns_are_those_of_rotate_to_the_bit(turns: int):
    space, images = real(7, 7, 3), drawn(2, 7, 7, 3)
    expected = Rotate(turns).effect(frame(space)).see(images, None, True)
    np.testing.assert_array_equal(effect(Turn(90.0 * turns), space).see(images, None, True), expected)
    np.testing.assert_array_equal(effect(Turn(90.0 * turns - 720), space).see(images, None, True), expected)
    flat = effect(Turn(90.0 * turns), real(147)).see(images.reshape(2, -1), None, True)
    np.testing.assert_array_equal(flat, expected.reshape(2, -1))


def test_it_is_what_a_plain_loop_makes_of_it():
    height, width, degrees = 5, 8, 33.0
    image = drawn(1, height, width, 1)
    seen = effect(Turn(degrees), real(height, width, 1)).see(image, None, True)[0, ..., 0]
    cos, sin = np.cos(np.deg2rad(degrees)), np.sin(np.deg2rad(degrees))
    padded = np.pad(image[0, ..., 0].astype(float), 9)
    for row in range(height):
        for column in range(width):
            x, y = column - (width - 1) / 2, (height - 1) / 2 - row
            across, down = cos * x + sin * y + (width - 1) / 2 + 9, (height - 1) / 2 - (cos * y - sin * x) + 9
            left, top = int(across), int(down)
            part = padded[top : top + 2, left : left + 2]
            right, below = across - left, down - top
            expected = np.array([1 - below, below]) @ part @ np.array([1 - right, right])
            assert abs(seen[row, column] - expected) < 1e-6


def test_what_was_black_outside_stays_black_and_an_even_picture_stays_even_inside():
    _, shares = sampling(28, 28, 1, 45.0)
    sums = shares.sum(axis=0).reshape(28, 28)
    assert sums[14, 14] == 1 and (sums[9:19, 9:19] > 1 - 1e-6).all() and sums.max() < 1 + 1e-6
    assert sums[0, 0] == sums[-1, 0] == sums[0, -1] == sums[-1, -1] == 0


def test_the_angle_follows_its_signal_in_steps_and_is_told():
    clock = Clock()
    turned = effect(Turn(Linear(0.0, 10.0, over=1000)), real(64), clock)
    images, before = drawn(2, 64), None
    told = []
    for age in range(0, 1001, 10):
        clock.age = age
        seen = turned.see(images, None, False)
        told.append(turned.report()["turn_degrees"][0])
        assert abs(told[-1] - age / 100) <= 0.25 and told[-1] % 0.5 == 0
        assert (before is not None and np.array_equal(seen, before)) == (len(told) > 1 and told[-1] == told[-2])
        before = seen
    assert len(set(told)) == 21
    clock.age = 0
    assert turned.see(images, None, False) is images


def test_bodies_that_do_not_see_are_told_as_they_saw_last():
    clock = Clock()
    turned = effect(Turn(Linear(0.0, 90.0, over=90)), real(16), clock)
    turned.see(drawn(2, 16), None, True)
    clock.age = 30
    turned.see(drawn(1, 16), np.array([1]), False)
    assert turned.report()["turn_degrees"].tolist() == [0.0, 30.0]
    other = effect(Turn(Linear(0.0, 90.0, over=90)), real(16), clock)
    other.restore(turned.state())
    assert other.report()["turn_degrees"].tolist() == [0.0, 30.0]


def test_bytes_stay_bytes_and_shapes_may_be_given():
    space = spaces.Box(0, 255, (6, 6, 3), np.uint8)
    images = np.full((2, 6, 6, 3), 255, np.uint8)
    seen = effect(Turn(45.0), space).see(images, None, True)
    assert seen.dtype == np.uint8 and seen[0, 3, 3, 0] == 255 and seen[0, 0, 0, 0] == 0
    flat = drawn(2, 6)
    seen = effect(Turn(180.0, shape=(2, 3)), real(6)).see(flat, None, True)
    np.testing.assert_array_equal(seen, flat[:, ::-1])


def test_it_keeps_its_promises_on_pictures_that_turn_slowly():
    for shape in ("flat", "image"):
        check_change(lambda shape=shape: gym.make("lifelong/Labelled-v0", shape=shape), Turn(Linear(0, 90, over=300)))


@pytest.mark.parametrize(
    ("space", "change", "said"),
    [
        (spaces.MultiBinary(64), Turn(), "pictures of bytes or of unbounded real numbers; got MultiBinary"),
        (spaces.Box(0, 255, (64,), np.uint8), Turn(), "or pictures in vectors of real numbers; got Box"),
        (real(65), Turn(), r"square pictures of at least 4 x 4 pixels.*\(65,\).*give the shape of others"),
        (real(9), Turn(), "of at least 4 x 4 pixels"),
        (real(8, 8), Turn(), r"needs images \(H, W, C\), or pictures in vectors"),
        (real(64), Turn(shape=(8, 9)), r"Turn.shape \(8, 9\) has 72 numbers; got"),
        (real(8, 8, 3), Turn(shape=(8, 8)), r"Turn.shape is \(8, 8\), but got .*leave it out for images"),
    ],
)
def test_what_is_no_picture_is_refused(space: gym.Space, change: Turn, said: str):
    with pytest.raises(ValueError, match=said):
        effect(change, space)


@pytest.mark.parametrize(
    ("fields", "error", "said"),
    [
        ({"degrees": np.inf}, ValueError, "Turn.degrees"),
        ({"degrees": "much"}, TypeError, "Turn.degrees"),
        ({"resolution": 0.0}, ValueError, "Turn.resolution is above 0"),
        ({"resolution": Linear(0, 1, over=1)}, TypeError, "Turn.resolution is a number"),
        ({"shape": (8,)}, ValueError, "Turn.shape is height and width"),
        ({"shape": (8, 0)}, ValueError, "each at least 1"),
        ({"shape": (8, 8.0)}, TypeError, "Turn.shape holds whole numbers"),
    ],
)
def test_fields_are_checked(fields: dict, error: type[Exception], said: str):
    with pytest.raises(error, match=said):
        Turn(**fields)


def test_the_space_of_a_real_picture_of_a_life_is_turned():
    setting = Setting(Clock(), *np.random.default_rng(0).spawn(2))
    with pytest.raises(ValueError, match="unbounded real numbers"):  # a promise of bounds, which lives give up
        Turn().wrap(gym.make("lifelong/Labelled-v0"), setting)
