import copy
from typing import Any

import numpy as np
import pytest
import torch

from tests.lifelong_agent.pairs import Pair, Senses, Wander, read_out

pytest.importorskip("lifelong_agent.stream_learner", reason="needs numba: pip install 'lifelong_agent[fast]'")

CLOSE = 1e-5


def agree(pair: Pair) -> None:
    gaps = pair.gaps()
    assert {name: gap for name, gap in gaps.items() if gap > CLOSE} == {}
    one, other = pair.outputs()
    np.testing.assert_allclose(other, one, atol=CLOSE)


def test_a_pair_that_does_not_learn_the_same_is_noticed():
    pair = Pair("bits", 1)
    world = Wander("bits", 1, 1)
    pair.begin(world.look())
    pair.live(world, 50)
    agree(pair)
    pair.compiled.rates = pair.compiled.rates._replace(value=0.6)
    getattr(pair.compiled, "stream").rates[10] = 0.6  # noqa: B009
    pair.live(world, 50)
    with pytest.raises(AssertionError):
        agree(pair)


CASES = [("bits", 1, {}), ("real", 1, {"infer": False}), ("real", 1, {}), ("bits", 8, {}), ("real", 8, {})]


def live(senses: Senses, streams: int, changes: dict[str, Any], steps: int) -> Pair:
    width = 64 if senses == "bits" else 6
    pair = Pair(senses, streams, width, **changes)
    world = Wander(senses, streams, 1, width)
    pair.begin(world.look())
    for _ in range(10):
        pair.live(world, steps // 10)
        agree(pair)
    return pair


@pytest.mark.parametrize(("senses", "streams", "changes"), CASES)
def test_both_engines_learn_the_same(senses: Senses, streams: int, changes: dict[str, Any]):
    live(senses, streams, changes, 1000)


@pytest.mark.long
@pytest.mark.parametrize(("senses", "streams", "changes"), CASES)
def test_both_engines_learn_the_same_for_ten_thousand_steps(senses: Senses, streams: int, changes: dict[str, Any]):
    live(senses, streams, changes, 10_000)
