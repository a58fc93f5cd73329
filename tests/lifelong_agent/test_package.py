"""What the package shows, and what it costs to import."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

import lifelong_agent
from lifelong_agent import brain, config, cortex, inference, normalizer, readout, seeds, vitals

ROOT = Path(__file__).resolve().parent.parent.parent


def test_each_name_is_the_thing_of_its_module():
    assert lifelong_agent.TriarchicBrain is brain.TriarchicBrain
    assert lifelong_agent.BrainConfig is config.BrainConfig
    assert lifelong_agent.Thought is brain.Thought
    assert lifelong_agent.Cortex is cortex.Cortex
    assert lifelong_agent.Belief is inference.Belief
    assert lifelong_agent.ContextInference is inference.ContextInference
    assert lifelong_agent.ContextNormalizer is normalizer.ContextNormalizer
    assert lifelong_agent.Readout is readout.Readout
    assert lifelong_agent.seed_for is seeds.seed_for
    assert lifelong_agent.generator is seeds.generator
    assert lifelong_agent.effective_rank is vitals.effective_rank
    assert lifelong_agent.dormant_share is vitals.dormant_share
    assert set(lifelong_agent.__all__) <= set(dir(lifelong_agent))
    assert lifelong_agent.__all__ == sorted(lifelong_agent.__all__)
    assert all(getattr(lifelong_agent, name) is not None for name in lifelong_agent.__all__)


def test_an_unknown_name_is_told_what_there_is():
    with pytest.raises(AttributeError, match=r"no attribute 'Brian'; it has Belief, BrainConfig"):
        lifelong_agent.Brian  # noqa: B018


@pytest.mark.parametrize("wish", ["import lifelong_agent.seeds", "from lifelong_agent import BrainConfig, seed_for"])
def test_named_seeds_need_no_torch(wish: str):
    code = f"import sys; {wish}; print('torch' in sys.modules)"
    answer = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert answer.stdout.strip() == "False"
