"""Each kind of fault against tables computed by hand, on tiny arrays and with numbers drawn by hand."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from gymnasium import spaces

from envs import (
    BiasDrift,
    Blur,
    Clock,
    Delay,
    Drop,
    Dummy,
    Frame,
    Invert,
    InvertColours,
    Jitter,
    Linear,
    Noise,
    NonFinite,
    Occlude,
    PacketLoss,
    Quantise,
    Repeat,
    Saturate,
    ScaleDrift,
    Spikes,
    Stuck,
)
from envs.changes.blur import kernel
from envs.changes.walk import Walk

REAL = spaces.Box(-np.inf, np.inf, (2,), np.float32)
BITS = spaces.MultiBinary(3)
IMAGE = spaces.Box(0, 255, (3, 4, 3), np.uint8)


def made(change: Any, space: Any = REAL, num_envs: int = 1, seed: int = 0) -> tuple[Any, Clock]:
    """Make an effect and its clock."""
    clock = Clock()
    world, moments = np.random.default_rng([seed, 0]), np.random.default_rng([seed, 1])
    frame = Frame(space, spaces.Discrete(2), num_envs, clock, world, lambda: moments.spawn(num_envs), "a test")
    return change.effect(frame), clock


def lived(
    change: Any, sensed: list, drawn: list | None = None, space: Any = REAL, firsts: tuple[int, ...] = (0,)
) -> tuple[list, list]:
    """Show one body a list of observations, some of which begin episodes; ``drawn`` are the numbers it draws at each.

    Returns:
        What was seen and what was told to be hit, as lists.
    """
    effect, clock = made(change, space)
    told = iter(drawn or ())
    if drawn is not None:
        effect.draw = lambda width, rows, first: np.array(next(told), float).reshape(1, width)
    seen, hit = [], []
    for step, one in enumerate(sensed):
        if step in firsts:
            effect.begin(None)
        clock.age = step
        given = np.array([one], space.dtype)
        kept = given.copy()
        shown = effect.see(given, None, step in firsts)
        assert shown.dtype == space.dtype and np.array_equal(given, kept)
        report = effect.report()
        assert report[f"{change.name}_mask"].shape == shown.shape
        seen.append(shown[0].tolist())
        hit.append(report[f"{change.name}_mask"][0].astype(int).tolist())
    return seen, hit


COUNTED = [[k, -k] for k in range(7)]
SOUND, HIT = [0, 0], [1, 1]


def test_drop():
    drawn = [[0.9, 0.9], [0.2, 0.9], [0.9, 0.1], [0.1, 0.9], [0.9, 0.9]]
    seen, hit = lived(Drop(probability=0.3, steps=2, value=7), COUNTED[:5], drawn)
    assert seen == [[0, 0], [7, -1], [7, 7], [7, 7], [7, -4]]
    assert hit == [SOUND, [1, 0], HIT, HIT, [1, 0]]
    bits = lived(Drop(probability=0.5, steps=1, value=1), [[0, 0, 1]], [[0.4, 0.6, 0.4]], BITS)
    assert bits == ([[1, 0, 1]], [[1, 0, 1]])


def test_stuck():
    drawn = [[0.9, 0.9], [0.2, 0.9], [0.9, 0.9], [0.9, 0.1], [0.9, 0.9], [0.1, 0.1], [0.9, 0.9]]
    fault = Stuck(probability=0.3, steps=2)
    seen, hit = lived(fault, COUNTED, drawn, firsts=(0, 5))
    assert seen == [[0, 0], [0, -1], [0, -2], [3, -2], [4, -2], [5, -5], [5, -5]]
    assert hit == [SOUND, [1, 0], [1, 0], [0, 1], [0, 1], HIT, HIT]


def test_invert():
    seen, hit = lived(Invert(probability=0.5, steps=2), COUNTED[1:4], [[0.1, 0.9], [0.9, 0.9], [0.9, 0.1]])
    assert seen == [[-1, -1], [-2, -2], [3, 3]] and hit == [[1, 0], [1, 0], [0, 1]]
    bits = lived(Invert(probability=0.5, steps=1), [[0, 1, 1]], [[0.1, 0.1, 0.9]], BITS)
    assert bits == ([[1, 0, 1]], [[1, 1, 0]])


def test_spikes():
    fault = Spikes(probability=0.4, magnitude=(10.0, 100.0))
    seen, hit = lived(fault, COUNTED[:4], [[0.1, 0.3], [0.5, 0.19], [0.3, 0.5], [0.4, 0.4]])
    assert seen == [[10, -100], [1, 99], [-8, -2], [3, -3]] and hit == [HIT, [0, 1], [1, 0], SOUND]
    pixels = np.arange(36).reshape(3, 4, 3)
    drawn = np.full(36, 0.9)
    drawn[[0, 35]] = 0.1, 0.3
    seen, hit = lived(Spikes(probability=0.4, magnitude=0.1), [pixels], [drawn], IMAGE)
    assert np.flatnonzero(hit).tolist() == [0, 35] and np.ravel(seen)[[0, 1, 35]].tolist() == [26, 1, 10]  # 25.5 away


def test_non_finite():
    fault = NonFinite(probability=0.5, steps=1)
    drawn = [[0.1, 0.9], [0.1, 0.9, 0.4, 0.0], [0.1, 0.1], [0.1, 0.1, 0.99, 0.0]]
    (one, two), hit = lived(fault, COUNTED[1:3], drawn)
    assert one == [np.inf, -1] and two[0] == -np.inf and np.isnan(two[1]) and hit == [[1, 0], HIT]
    ((value, other),), _ = lived(NonFinite(probability=0.5, steps=1, value="nan"), [[1, 2]], [[0.1, 0.9]])
    assert np.isnan(value) and other == 2


def test_saturate():
    sensed = [[-3, 3], [0.5, -0.0], [9, -9]]
    seen, hit = lived(Saturate(low=-1.0, high=(2.0, 4.0)), sensed)
    assert seen == [[-1, 3], [0.5, 0], [2, -1]] and hit == [[1, 0], SOUND, HIT] and np.signbit(seen[1][1])
    assert lived(Saturate(low=-1.0, high=1.0, when=0.25), [[5, 1]])[0] == [[4, 1]]
    pixels = np.full((3, 4, 3), 100)
    pixels[0, 0] = 0, 10, 255
    seen, hit = lived(Saturate(dark=0.1, bright=0.5), [pixels], space=IMAGE)
    assert seen[0][0][0] == [26, 26, 128] and seen[0][1][1] == [100, 100, 100] and np.sum(hit) == 3


def test_quantise():
    seen, hit = lived(Quantise(step=0.5), [[0.3, -0.7], [1.0, -0.0], [np.inf, 0.76]])
    assert seen == [[0.5, -0.5], [1, 0], [np.inf, 1]] and hit == [HIT, SOUND, [0, 1]] and np.signbit(seen[1][1])
    assert lived(Quantise(step=0.5, when=0.5), [[0.3, -0.7]])[0] == [[0.25, -0.75]]
    pixels = np.full((3, 4, 3), 85)
    pixels[0, 0] = 0, 40, 250
    seen, hit = lived(Quantise(levels=4), [pixels], space=IMAGE)  # 0, 85, 170, 255
    assert seen[0][0][0] == [0, 0, 255] and seen[0][2][3] == [85, 85, 85] and np.sum(hit) == 2


def test_delay():
    seen, hit = lived(Delay(steps=2), COUNTED, firsts=(0, 4))
    assert [one[0] for one in seen] == [0, 0, 0, 1, 4, 4, 4]
    assert hit == [SOUND, HIT, HIT, HIT, SOUND, HIT, HIT]
    seen, hit = lived(Delay(steps=2, channels=(1,)), COUNTED[:4])
    assert seen == [[0, 0], [1, 0], [2, 0], [3, -1]] and hit[3] == [0, 1]
    growing = Linear(start=0.0, stop=1.0, over=4)
    assert [one[0] for one in lived(Delay(steps=2, when=growing), COUNTED)[0]] == [0, 1, 1, 1, 2, 3, 4]


def test_jitter():
    drawn = [[0.99], [0.0], [0.99], [0.4], [0.99]]  # up to 2 late: 2, 0, 2, 1, 2
    seen, hit = lived(Jitter(steps=2), COUNTED, drawn, firsts=(0, 6))
    assert [one[0] for one in seen] == [0, 0, 2, 2, 3, 3, 6]
    assert [one[0] for one in hit] == [0, 1, 0, 1, 1, 1, 0]


def test_repeat():
    seen, hit = lived(Repeat(level="medium"), COUNTED, firsts=(0, 5))
    assert [one[0] for one in seen] == [0, 0, 0, 3, 3, 5, 5]
    assert [one[0] for one in hit] == [0, 1, 1, 0, 1, 0, 1]
    drawn = [[0.9], [0.1], [0.9], [0.9], [0.1], [0.0], [0.9]]
    seen, _ = lived(Repeat(probability=0.5, steps=1), COUNTED, drawn)
    assert [one[0] for one in seen] == [0, 1, 1, 3, 4, 4, 6]


def test_packet_loss():
    fault = PacketLoss(worsen=0.2, recover=0.5, loss=0.5, packets=((1,), (0,)))
    drawn = [[0.9, 0, 0], [0.1, 0.1, 0.9], [0.6, 0.9, 0.1], [0.4, 0, 0], [0.1, 0.0, 0.0], [0.9, 0.9, 0.4]]
    seen, hit = lived(fault, COUNTED, drawn)  # bad at 2, 3, 5 and 6
    assert seen == [[0, 0], [1, -1], [2, -1], [2, -3], [4, -4], [4, -4], [4, -6]]
    assert hit == [SOUND, SOUND, [0, 1], [1, 0], SOUND, HIT, [1, 0]]
    zero = PacketLoss(worsen=1.0, recover=0.1, packets=((1,),), hold="zero")
    assert lived(zero, COUNTED[:3], [[0.5, 0.5]] * 2) == ([[0, 0], [1, 0], [2, 0]], [SOUND, [0, 1], [0, 1]])


def test_occlude():
    fault = Occlude(probability=0.5, steps=2, size=0.5, value=9, channels=(0, 2))
    drawn = [[0.9, 0, 0], [0.1, 0.99, 0.4], [0.9, 0, 0], [0.6, 0, 0]]  # 2 x 2 pixels from row 1, column 1
    seen, hit = lived(fault, [np.ones((3, 4, 3))] * 4, drawn, IMAGE)
    covered = np.zeros((3, 4, 3), int)
    covered[1:3, 1:3, [0, 2]] = 1
    assert hit == [np.zeros((3, 4, 3)).tolist(), covered.tolist(), covered.tolist(), np.zeros((3, 4, 3)).tolist()]
    assert np.array_equal(seen[2], np.where(covered, 9, 1))


def test_invert_colours():
    pixels = np.arange(36).reshape(3, 4, 3)
    fault = InvertColours(probability=0.5, steps=1, channels=(1,))
    (calm, turned), hit = lived(fault, [pixels, pixels], [[0.6], [0.4]], IMAGE)
    assert np.array_equal(calm, pixels)
    expected = pixels.copy()
    expected[..., 1] = 255 - expected[..., 1]
    assert np.array_equal(turned, expected) and np.sum(hit) == 12


def test_blur():
    assert kernel(1.0, True).tolist() == pytest.approx([1 / 3] * 3)
    assert kernel(1.5, True).tolist() == pytest.approx([0.125, 0.25, 0.25, 0.25, 0.125])
    bell = np.exp([-2, -0.5, 0, -0.5, -2])
    assert kernel(2.0, False).tolist() == pytest.approx((bell / bell.sum()).tolist())
    pixels = np.random.default_rng(0).integers(0, 256, (3, 4, 3))
    (seen,), _ = lived(Blur(radius=2.0, shape="gaussian"), [pixels], space=IMAGE)
    weights, expected = kernel(2.0, False).astype(float), np.zeros((3, 4, 3))
    for row, column, down, across in np.ndindex(3, 4, 5, 5):
        there = np.clip(row + down - 2, 0, 2), np.clip(column + across - 2, 0, 3)
        expected[row, column] += weights[down] * weights[across] * pixels[there]
    assert np.abs(np.array(seen) - expected).max() < 0.51


def test_a_walk_is_a_function_of_the_age_and_keeps_its_bounds():
    forth, back = (Walk(np.random.default_rng(3), 4, 0.5, 2000) for _ in range(2))
    ages = [0, 7, 19, 20, 21, 5120, 5121, 30_000, 100_000]
    there = {age: forth.at(age).copy() for age in ages}
    for age in reversed(ages):
        assert np.array_equal(back.at(age), there[age])
    assert not there[0].any() and there[7].all()
    assert np.allclose(forth.at(10), (forth.at(0) + forth.at(20)) / 2)  # knots are 20 steps apart
    far = np.concatenate([forth.at(age) for age in range(0, 200_000, 50)])
    assert np.abs(far).max() <= 0.5 and np.abs(far).max() > 0.49
    counts, _ = np.histogram(far, 5, (-0.5, 0.5))
    assert counts.min() > 0.12 * far.size  # evenly spread in the long run, 0.2 each
    early = Walk(np.random.default_rng(4), 10_000, 1.0, 10_000)
    assert np.std(early.at(400)) == pytest.approx(0.2, rel=0.03)  # grows with the root of the age
    assert np.abs(early.at(400) - early.at(399)).max() < 0.05


@pytest.mark.parametrize("fault", [BiasDrift(limit=0.5, over=100), ScaleDrift(limit=2.0, over=100)])
def test_bias_and_scale_drift(fault: Any):
    sensed = np.random.default_rng(0).standard_normal((3, 2)).astype(np.float32)

    def drift(when: float) -> np.ndarray:
        effect, clock = made(type(fault)(limit=fault.limit, over=fault.over, when=when), num_envs=3)
        assert effect.see(sensed, None, True) is sensed and not effect.report()[f"{fault.kind}_mask"].any()
        clock.age = 57
        seen = effect.see(sensed, None, False)
        assert effect.report()[f"{fault.kind}_mask"].all()
        return seen - sensed if fault.kind == "bias_drift" else np.log(seen / sensed)

    bound = 0.5 if fault.kind == "bias_drift" else np.log(2.0)
    full = drift(1.0)
    assert (np.abs(full) < bound + 1e-6).all() and np.abs(full).min() > 1e-3
    assert np.allclose(full, full[:1], atol=1e-6) and np.allclose(drift(0.5), full / 2, atol=1e-6)


def test_bias_drift_of_images_is_one_offset_a_colour():
    effect, clock = made(BiasDrift(limit=1.0, over=10), IMAGE)
    clock.age = 40
    seen = effect.see(np.full((1, 3, 4, 3), 120, np.uint8), None, False)
    assert len(np.unique(seen.reshape(-1, 3), axis=0)) == 1 and len(np.unique(seen)) == 3


def test_noise_has_its_deviation_and_its_correlation():
    sensed = np.zeros((2000, 2), np.float32)
    for fault in (Noise(deviation=(0.5, 2.0)), Noise(deviation=(0.5, 2.0), correlation=0.8)):
        effect, clock = made(fault, num_envs=2000)
        effect.begin(None)
        before, after = effect.see(sensed, None, True), sensed
        for age in range(1, 6):
            clock.age = age * 2000
            after, before = effect.see(sensed, None, False), after
        assert np.std(after, axis=0) == pytest.approx([0.5, 2.0], rel=0.05)
        correlation = [np.corrcoef(before[:, k], after[:, k])[0, 1] for k in range(2)]
        assert correlation == pytest.approx([fault.correlation] * 2, abs=0.06)
        assert effect.see(sensed[:5], np.arange(5), False).shape == (5, 2)


def test_dummies_come_behind_and_tell_nothing():
    sensed = np.random.default_rng(0).standard_normal((500, 2)).astype(np.float32)
    effect, clock = made(Dummy(level="medium", deviation=3.0), num_envs=500)
    assert effect.observation_space == spaces.Box(-np.inf, np.inf, (22,), np.float32)
    seen = effect.see(sensed, None, True)
    clock.age = 500
    other = effect.see(sensed, None, False)
    assert np.array_equal(seen[:, :2], sensed) and seen.dtype == np.float32 and effect.report() == {}
    assert (seen[:, 2:] != other[:, 2:]).all() and np.std(seen[:, 2:]) == pytest.approx(3.0, rel=0.03)
    effect, _ = made(Dummy(count=3, fill="constant"), num_envs=500)
    assert (effect.see(sensed, None, True)[:, 2:] == effect.see(sensed[:1], np.array([7]), False)[:, 2:]).all()
    bits, _ = made(Dummy(count=5), BITS)
    seen = bits.see(np.ones((1, 3), np.int8), None, True)
    assert bits.observation_space == spaces.MultiBinary(8) and bits.observation_space.contains(seen[0])


def test_lasting_faults_come_and_go_as_often_as_told():
    effect, clock = made(Drop(probability=0.05, steps=5), spaces.Box(-np.inf, np.inf, (10,), np.float32), 200)
    masks = []
    for age in range(500):
        clock.age = age * 200
        effect.see(np.ones((200, 10), np.float32), None, age == 0)
        masks.append(effect.report()["drop_mask"])
    hit = np.stack(masks)
    # A cycle is 5 steps of it and, on average, 1 / 0.05 - 1 = 19 steps without: one may follow another at once.
    assert hit[50:].mean() == pytest.approx(5 / 24, rel=0.02)
    edges = np.diff(np.pad(hit[:, 0].astype(int), ((1, 1), (0, 0))), axis=0)
    lengths = np.concatenate([np.flatnonzero(edge < 0) - np.flatnonzero(edge > 0) for edge in edges.T if not edge[-1]])
    assert len(lengths) > 100 and not (lengths % 5).any()
    strength, its = made(Drop(probability=0.2, steps=1, when=0.25), num_envs=2000)
    strength.see(np.ones((2000, 2), np.float32), None, True)
    assert strength.report()["drop_mask"].mean() == pytest.approx(0.05, abs=0.01) and its.age == 0


def test_packets_are_lost_in_bursts():
    effect, clock = made(PacketLoss(worsen=0.02, recover=0.2), num_envs=400)
    sensed, masks = np.ones((400, 2), np.float32), []
    effect.see(sensed, None, True)
    for age in range(1, 1500):
        clock.age = age * 400
        effect.see(sensed, None, False)
        masks.append(effect.report()["packet_loss_mask"][:, 0])
    lost = np.stack(masks)
    assert lost[100:].mean() == pytest.approx(0.02 / 0.22, rel=0.05)
    assert lost.sum() / (lost[1:] & ~lost[:-1]).sum() == pytest.approx(1 / 0.2, rel=0.05)  # steps a burst
