"""Levels of faults, and what is said of parameters that cannot be."""

from __future__ import annotations

from typing import Any, cast

import pytest

from envs import (
    BiasDrift,
    Blur,
    Delay,
    Drop,
    Dummy,
    Linear,
    Noise,
    NonFinite,
    Occlude,
    PacketLoss,
    Quantise,
    Saturate,
    ScaleDrift,
    Spikes,
    Stuck,
)
from tests.envs.test_faults import BITS, IMAGE, REAL, made


@pytest.mark.parametrize("level", ["easy", "medium", "hard"])
def test_levels_are_presets_that_a_given_value_overrules(level: str):
    numbers = {"easy": (0.1, 0.01, 1, 3), "medium": (0.3, 0.05, 5, 6), "hard": (1.0, 0.1, 10, 9)}[level]
    noise, drop, stuck, delay = Noise(level=level), Drop(level=level), Stuck(level=level), Delay(level=level)
    assert (noise.deviation, drop.probability, drop.steps, delay.steps) == numbers
    assert (stuck.probability, stuck.steps) == numbers[1:3]
    assert Dummy(level=level).count == {"easy": 10, "medium": 20, "hard": 50}[level]
    assert Drop(level=level, steps=3).steps == 3 and Drop(level=level, steps=3).probability == numbers[1]


@pytest.mark.parametrize(
    ("make", "error", "message"),
    [
        (lambda: Drop(probability=1.5), ValueError, "Drop.probability is a probability, from 0 to 1; got 1.5"),
        (lambda: Drop(steps=0), ValueError, "Drop.steps is at least 1 step; got 0"),
        (lambda: Stuck(steps=cast("Any", 2.5)), TypeError, "Stuck.steps is a whole number of steps; got 2.5"),
        (lambda: Drop(level="extreme"), ValueError, "Drop.level is one of easy, medium, hard; got 'extreme'"),
        (lambda: Drop(when=1.5), ValueError, "Drop.when is a strength, from 0 to 1"),
        (lambda: Drop(channels=(1, 1)), ValueError, "Drop.channels names a channel twice"),
        (lambda: Spikes(magnitude=()), ValueError, "magnitude is the size of a spike: one number, or one for each"),
        (lambda: Noise(correlation=1.0), ValueError, "correlation is below 1"),
        (lambda: BiasDrift(limit=0.0), ValueError, "BiasDrift.limit is above 0, or nothing would drift"),
        (lambda: ScaleDrift(limit=1.0), ValueError, "ScaleDrift.limit is above 1"),
        (lambda: BiasDrift(limit=cast("Any", Linear(0.0, 1.0, 9))), TypeError, "let `when` change over the life"),
        (lambda: Saturate(low=1.0, high=0.0), ValueError, "Saturate.low is at most .high"),
        (lambda: Saturate(low=(0.0, 0.0), high=(1.0,) * 3), ValueError, "are of equally many channels; got 2 and 3"),
        (lambda: Quantise(step=0.0), ValueError, "Quantise.step is above 0"),
        (lambda: Quantise(levels=1), ValueError, "Quantise.levels is from 2 to 256; got 1"),
        (lambda: NonFinite(value="none"), ValueError, "NonFinite.value is one of nan, inf, -inf, any; got 'none'"),
        (lambda: PacketLoss(recover=0.0), ValueError, "recover is above 0"),
        (lambda: PacketLoss(hold="first"), ValueError, "PacketLoss.hold is one of last, zero; got 'first'"),
        (lambda: PacketLoss(packets=((0, 1), (1,))), ValueError, "each channel once; 1 is in two"),
        (lambda: Occlude(size=0.0), ValueError, "Occlude.size is above 0"),
        (lambda: Occlude(value=256), ValueError, "Occlude.value is a whole number from 0 to 255; got 256"),
        (lambda: Blur(shape="round"), ValueError, "Blur.shape is one of gaussian, box; got 'round'"),
        (lambda: Blur(radius=0.0), ValueError, "Blur.radius is above 0"),
        (lambda: Dummy(count=0), ValueError, "Dummy.count is at least 1; got 0"),
        (lambda: Dummy(fill="air"), ValueError, "Dummy.fill is one of noise, constant; got 'air'"),
        (lambda: made(Drop(value=2), BITS), ValueError, "is a whole number from 0 to 1 in MultiBinary"),
        (lambda: made(Drop(value=0.5), IMAGE), ValueError, "a whole number from 0 to 255"),
        (lambda: made(Noise(), BITS), ValueError, "Noise spoils unbounded real numbers or images"),
        (lambda: made(Blur(), REAL), ValueError, "Blur spoils images .* of bytes; got Box"),
        (lambda: made(NonFinite(), IMAGE), ValueError, "NonFinite spoils unbounded real numbers; got Box"),
        (lambda: made(Spikes(magnitude=(1.0,) * 3)), ValueError, "needs one number for each of 2 channels; got 3"),
        (lambda: made(PacketLoss(packets=((0, 2),))), ValueError, "hold channels from 0 to 1 in .* got 2"),
        (lambda: made(Delay(channels=(2,))), ValueError, "Delay.channels go from 0 to 1 in .* got 2"),
        (lambda: made(Dummy(), IMAGE), ValueError, "Dummy adds channels to bits or to unbounded real senses"),
    ],
)  # fmt: skip
def test_what_cannot_be_is_named(make: Any, error: type[Exception], message: str):
    with pytest.raises(error, match=message):
        make()
