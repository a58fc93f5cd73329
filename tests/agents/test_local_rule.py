"""Classifiers by the family of local update rules."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
import torch

from agents import LocalRuleSpec, RuleSpec
from agents.classifier import ClassifierSpec
from agents.classifier_agent import ClassifierAgent
from lifelong_agent.plasticity import LocalRule
from tests.agents.labelled import Blobs

SMALL: dict[str, Any] = {"widths": (16, 12), "learning_rate": 0.1}
TERMS = LocalRule(20.0, 0.99, 1e-3, pre=0.5, post=0.5, square=-0.25, size=0.25, rate_novelty=0.5, path=0.5)


def lived(spec: ClassifierSpec) -> tuple[ClassifierAgent, Blobs]:
    env = Blobs(task=200)
    agent = spec.build(env, 3)
    agent.live(env, 1600)
    return agent, env


@pytest.mark.parametrize("gate", ["none", "dendrites", "prototypes"])
def test_by_default_it_is_the_shipped_rule_bit_by_bit(gate: Any):
    one, _ = lived(RuleSpec(**SMALL, gate=gate))
    two, _ = lived(LocalRuleSpec(**SMALL, gate=gate, local=LocalRule(trace=0.0)))
    state, other = one.network.state_dict(), two.network.state_dict()
    assert all(torch.equal(state[name], other[name]) for name in state)


def test_by_other_terms_it_learns_and_the_same_seed_gives_the_same_bits():
    (one, env), (two, _) = lived(LocalRuleSpec(**SMALL, local=TERMS)), lived(LocalRuleSpec(**SMALL, local=TERMS))
    state, other = one.network.state_dict(), two.network.state_dict()
    assert all(torch.equal(state[name], other[name]) for name in state)
    assert sum(env.right[150:200]) / 50 > 0.9
    plain, _ = lived(RuleSpec(**SMALL))
    assert not torch.equal(plain.network.state_dict()["layers.0.weight"], state["layers.0.weight"])


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"adaptation": False, "local": TERMS}, "local_rule: local is without novelty if there is no adaptation"),
        ({"gate": "prototypes", "local": replace(TERMS, trace=0.5)}, "local is without a trace of units"),
        ({"share": 2.0}, r"local_rule: share is in \(0, 1\)"),
    ],
)
def test_settings_that_do_not_fit_together_are_refused(change: dict, message: str):
    with pytest.raises(ValueError, match=message):
        LocalRuleSpec(**change)
