import copy
from typing import Any, Literal

import numpy as np
import pytest
import torch
from torch import Tensor

from lifelong_agent.brain import TriarchicBrain
from lifelong_agent.config import BrainConfig
from lifelong_agent.dynamics import Dynamics
from lifelong_agent.engine import compiles
from lifelong_agent.familiarity import Familiarity
from lifelong_agent.normalizer import ContextNormalizer
from lifelong_agent.reward_model import RewardModel
from tests.lifelong_agent.streams import STREAMS, BitWorld, LinearWorld

kernels = pytest.importorskip("lifelong_agent.kernels", reason="needs numba: pip install 'lifelong_agent[fast]'")
Senses = Literal["real", "bits"]


def random(*shape: int, seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).normal(size=shape).astype(np.float32)


def bits(count: int, width: int, share: float, seed: int = 0) -> np.ndarray:
    return (np.random.default_rng(seed).random((count, width)) < share).astype(np.float32)


@pytest.mark.parametrize("share", [0.0, 0.1, 0.5, 0.9, 1.0])
@pytest.mark.parametrize("count", [1, 2, 8])
def test_rows_of_bits_that_are_on_are_summed(count: int, share: float):
    sense, weight, out = bits(count, 37, share), random(37, 12), np.full((count, 12), np.nan, np.float32)
    kernels.sum_rows(sense, weight, out)
    np.testing.assert_allclose(out, sense @ weight, rtol=1e-5, atol=1e-5)


def test_what_streams_share_is_no_less_exact():
    alike = np.repeat(bits(1, 200, 0.3), 8, 0)
    alike[3, :5] = 1.0 - alike[3, :5]
    weight, out = random(200, 12), np.empty((8, 12), np.float32)
    kernels.sum_rows(alike, weight, out)
    np.testing.assert_allclose(out, alike @ weight, rtol=1e-5, atol=1e-5)


@pytest.mark.parametrize("kind", ["spread", "equal", "few values", "one far away"])
@pytest.mark.parametrize("k", [1, 5, 64])
def test_the_k_largest_fire_whatever_the_drives(kind: str, k: int):
    drive = {
        "spread": random(8, 64),
        "equal": np.zeros((8, 64), np.float32),
        "few values": random(8, 64).round(),
        "one far away": np.where(np.arange(64) == 7, 1e9, random(8, 64)).astype(np.float32),
    }[kind]
    centre = random(64, seed=1) if kind == "spread" else np.zeros(64, np.float32)
    winners, best = np.empty((8, k), np.int64), np.empty(8, np.float32)
    kernels.fire(drive, centre, winners, best)
    for row, firing in zip(drive - centre, winners, strict=True):
        assert len(set(firing.tolist())) == k
        np.testing.assert_array_equal(np.sort(row[firing]), np.sort(row)[-k:])
    np.testing.assert_array_equal(best, (drive - centre).max(1))


def test_normalising_and_its_statistics():
    plain, fast = ContextNormalizer(5, 2, scale=True), ContextNormalizer(5, 2, scale=True)
    fast.compiled = True
    for seed in range(20):
        sense = torch.from_numpy(3.0 * random(8, 5, seed=seed) + 1.0)
        for each in (plain, fast):
            each.update(sense, 1)
        torch.testing.assert_close(fast(sense, 1), plain(sense, 1), rtol=1e-4, atol=1e-5)
    torch.testing.assert_close(fast.square, plain.square, rtol=1e-4, atol=1e-4)


def test_evidence_of_transitions():
    plain = Dynamics(4, 2, 4)
    worlds, dice = [LinearWorld(1), LinearWorld(2)], torch.Generator().manual_seed(0)
    for context, world in enumerate(worlds):
        for _ in range(50):
            sense, action = world.first(), torch.randint(0, 2, (STREAMS,), generator=dice)
            after, _ = world.step(sense, action)
            plain.notice(sense, after)
            plain.learn(context, sense.double(), action, after.double())
    fast = copy.deepcopy(plain)
    fast.compiled = True
    for world in (*worlds, LinearWorld(3)):
        sense, action = world.first(), torch.randint(0, 2, (STREAMS,), generator=dice)
        after, _ = world.step(sense, action)
        one, other = (each.total_evidence(sense, action, after, 4) for each in (plain, fast))
        np.testing.assert_allclose(one, other, rtol=1e-9, atol=1e-9)
        for each in (plain, fast):
            each.notice(sense, after)
        torch.testing.assert_close(fast.usual, plain.usual)
        for context in (0, 1):
            gap = (after.double() - plain.predict(context, sense.double(), action)).square()
            told = bool((gap > 36.0 * (plain.variance[context] + 0.01 * plain.usual[0])).any())
            assert fast.contradicted(context, sense.double(), action, after, 0.1, 6.0) == told


def test_evidence_of_bits():
    plain, worlds = Familiarity(240, 4), [BitWorld(1), BitWorld(2)]
    for context, world in enumerate(worlds):
        for _ in range(30):
            plain.learn(context, world.first())
    fast = copy.deepcopy(plain)
    fast.compiled = True
    for world in (*worlds, BitWorld(3)):
        for _ in range(5):
            sense = world.first()
            one, other = (each.total_evidence(sense, 3) for each in (plain, fast))
            np.testing.assert_allclose(one, other, rtol=1e-4, atol=1e-3)
            for each in (plain, fast):
                each.learn(0, sense)


def test_rewards_are_foreseen_and_learnt():
    plain = RewardModel(60, 3, 2, bits=True, generator=torch.Generator().manual_seed(0), neurons=64, winners=8)
    fast = copy.deepcopy(plain)
    fast.compiled = True
    for seed in range(40):
        sense = torch.from_numpy(bits(4, 60, 0.3, seed))
        action, reward = torch.tensor([0, 1, 1, 2]), random(4, seed=seed).astype(np.float64)
        for each in (plain, fast):
            drive = each.drive(sense)
            each.notice(drive, reward)
            code = each.code(drive)
            each.learn(1, code, action, each.predict(code, action, 2)[1], reward)
        torch.testing.assert_close(fast.weight, plain.weight, rtol=1e-4, atol=1e-5)


def brain(senses: Senses, engine: Any, **changes: Any) -> TriarchicBrain:
    small: dict[str, Any] = {"neurons": 192, "open_neurons": 48, "winners": 6, "contexts": 4}
    config = BrainConfig(**(small | changes), engine=engine)
    width = 4 if senses == "real" else 240
    return TriarchicBrain(width, 3, actions=2, streams=STREAMS, gamma=0.9, senses=senses, config=config)


@pytest.mark.parametrize("changes", [{}, {"fast_share": 0.0}, {"brake": 0.0}, {"consolidation": 0.0}])
@pytest.mark.parametrize("senses", ["real", "bits"])
def test_both_engines_live_the_same_life(senses: Senses, changes: dict[str, Any]):
    brains = [brain(senses, engine, **changes) for engine in ("torch", "numba")]
    assert [each.compiled for each in brains] == [False, True]
    dice = torch.Generator().manual_seed(0)
    worlds = [LinearWorld(10), LinearWorld(20)] if senses == "real" else [BitWorld(10, paid=0), BitWorld(20)]
    for world in (*worlds, worlds[0]):
        sense = world.first()
        thoughts = [each(each.perceive_first(sense)) for each in brains]
        for step in range(100):
            action = torch.randint(0, 2, (STREAMS,), generator=dice)
            after, reward = world.step(sense, action)
            over = torch.full((STREAMS,), step % 20 == 19)
            factor, now = 0.02 * torch.randn(2, STREAMS, 3, generator=dice)
            direction = 2.0 * torch.randn(STREAMS, 3, generator=dice)  # so that traces hold more energy than 1
            outputs: list[Tensor] = []
            for k, each in enumerate(brains):
                belief = each.observe(sense, action, reward, after, over, after[:0])
                if belief.sure and not belief.switched:
                    each.learn(thoughts[k], direction, factor, rightness=0.5, at_once=now, bounded=2)
                    each.grow(thoughts[k])
                each.end(over)
                seen = each.perceive_first(after) if belief.switched else each.perceive(after, action)
                thoughts[k] = each(seen)
                outputs.append(each.reread(thoughts[k]).output)
            torch.testing.assert_close(outputs[1], outputs[0], rtol=1e-3, atol=1e-4)
            sense = after
    one, other = brains
    assert (one.context, one.contexts) == (other.context, other.contexts) == (0, 2)
    for name, value in one.named_buffers():
        torch.testing.assert_close(dict(other.named_buffers())[name], value, rtol=1e-3, atol=1e-4, msg=name)


def test_neurons_that_do_not_follow_one_another_are_left_to_the_tensors():
    crowded = brain("real", "numba", neurons=48, contexts=3)  # the second world must take the first one's neurons
    world = LinearWorld(10)
    for each in (world, LinearWorld(20)):
        sense = each.first()
        for _ in range(60):
            action = torch.zeros(STREAMS, dtype=torch.long)
            after, reward = each.step(sense, action)
            over = torch.zeros(STREAMS, dtype=torch.bool)
            belief = crowded.observe(sense, action, reward, after, over, after[:0])
            thought = crowded(after)
            if belief.sure:
                crowded.learn(thought, torch.ones(STREAMS, 3), torch.ones(STREAMS, 3), rightness=0.5)
            sense = after
    assert crowded.contexts == 2
    assert crowded.readout.core.abs().sum() > 0


def test_engines_are_chosen_by_name_and_place(monkeypatch: pytest.MonkeyPatch):
    assert brain("real", "auto").compiled
    assert not brain("real", "numba").to("meta").compiled
    with pytest.raises(ValueError, match="engine is one of auto, torch, numba; got 'numpy'"):
        brain("real", "numpy")

    def missing() -> None:
        raise ImportError("No module named 'numba'")

    monkeypatch.setattr("lifelong_agent.engine.kernels", missing)
    assert not compiles("auto")
    with pytest.raises(
        ValueError, match=r"cannot be used here: No module named 'numba'; pip install 'lifelong_agent\["
    ):
        compiles("numba")
