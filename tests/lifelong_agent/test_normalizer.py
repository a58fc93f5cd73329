import copy

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from lifelong_agent.normalizer import ContextNormalizer


@given(st.lists(st.integers(1, 9), min_size=1, max_size=6), st.integers(0, 2**31))
def test_batches_of_any_size_give_numpys_mean_and_variance(sizes: list[int], seed: int):
    rng = np.random.default_rng(seed)
    normalizer = ContextNormalizer(3, 2, scale=True)
    batches = [rng.normal([5.0, -2.0, 0.0], [0.1, 3.0, 1.0], (size, 3)).astype(np.float32) for size in sizes]
    for batch in batches:
        normalizer.update(torch.from_numpy(batch), 1)
    seen = np.concatenate(batches)
    assert normalizer.count[1] == len(seen)
    np.testing.assert_allclose(normalizer.mean[1], seen.mean(0), rtol=1e-4, atol=1e-5)
    np.testing.assert_allclose(normalizer.square[1] / len(seen), seen.var(0), rtol=1e-3, atol=1e-5)


def test_contexts_are_kept_apart_and_forgotten_one_by_one():
    normalizer = ContextNormalizer(1, 3, scale=True)
    normalizer.update(torch.tensor([[1.0], [3.0]]), 0)
    normalizer.update(torch.tensor([[100.0], [300.0]]), 1)
    sense = torch.tensor([[4.0]])
    assert normalizer(sense, 0).item() == pytest.approx(2.0)  # mean 2, deviation 1
    assert normalizer(sense, 1).item() == pytest.approx(-1.96)  # mean 200, deviation 100
    normalizer.clear(0)
    assert (normalizer.count[0], normalizer.mean[0].item(), normalizer.square[0].item()) == (0, 0, 0)
    assert normalizer(sense, 1).item() == pytest.approx(-1.96)


def test_outliers_are_clipped_and_bits_only_centred():
    real, bits = ContextNormalizer(1, 1, scale=True, clip=5.0), ContextNormalizer(1, 1, scale=False)
    for normalizer in (real, bits):
        normalizer.update(torch.tensor([[-1.0], [1.0]]), 0)
        normalizer.update(torch.tensor([[1.0], [3.0]]), 0)
    far = torch.tensor([[1e6], [-1e6]])
    assert real(far, 0).flatten().tolist() == [5.0, -5.0]
    assert bits(far, 0).flatten().tolist() == [1e6 - 1, -1e6 - 1]


def test_normalising_changes_nothing():
    normalizer = ContextNormalizer(2, 1, scale=True)
    normalizer.update(torch.randn(5, 2, generator=torch.Generator().manual_seed(0)), 0)
    before, sense = copy.deepcopy(normalizer.state_dict()), torch.ones(4, 2)
    normalizer(sense, 0)
    assert torch.equal(sense, torch.ones(4, 2))
    for name, value in normalizer.state_dict().items():
        assert torch.equal(before[name], value) if isinstance(value, torch.Tensor) else before[name] == value
