"""Classifiers by the local rule, living through wirings of labelled blobs."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch

from agents import GatedRuleSpec, RuleSpec
from agents.classifier_agent import ClassifierAgent, FrozenClassifier
from lifelong_agent.plasticity import Consolidation, Dendrites, Prototypes
from tests.agents.labelled import Blobs

WIDTHS = (32, 24)
SPECS = {
    "rule": RuleSpec(widths=WIDTHS, learning_rate=0.1),
    "dendrites": RuleSpec(widths=WIDTHS, learning_rate=0.1, gate="dendrites"),
    "gated": GatedRuleSpec(widths=WIDTHS, learning_rate=0.1),
    "gated_adam": GatedRuleSpec(widths=WIDTHS, learning_rate=3e-3, optimizer="adam"),
    "gated_shared": GatedRuleSpec(widths=WIDTHS, learning_rate=0.1, own_readout=False, share=0.75),
}
EVERY = pytest.mark.parametrize("spec", SPECS.values(), ids=SPECS)


class Wired(Blobs):
    """Blobs whose numbers are wired otherwise every ``each`` vector steps, the same few wirings in turn."""

    def __init__(self, each: int = 100, wirings: int = 2, num_envs: int = 16, broken: int = -1) -> None:
        super().__init__(num_envs, features=60, classes=3)
        self.centres *= self.rng.random(60) < 0.5  # some numbers are mostly off, as pixels are
        self.wirings = [self.rng.permutation(60) for _ in range(wirings)]
        self.each, self.broken = each, broken

    def shown(self, wiring: int, count: int) -> tuple[np.ndarray, np.ndarray]:
        dice = np.random.default_rng(9)
        answer = dice.integers(3, size=count)
        seen = np.clip(self.centres[answer] + 0.1 * dice.standard_normal((count, 60)), 0, 1)
        return seen[:, self.wirings[wiring]].astype(np.float32), answer

    def _deal(self) -> None:
        super()._deal()
        self.seen[:] = self.seen[:, self.wirings[self.count // self.each % len(self.wirings)]]
        if self.count == self.broken:
            self.seen[3, 5] = np.nan


def state(agent: ClassifierAgent) -> dict[str, torch.Tensor]:
    return {name: value.clone() for name, value in agent.network.state_dict().items()}


def same(one: dict[str, torch.Tensor], two: dict[str, torch.Tensor]) -> bool:
    return one.keys() == two.keys() and all(torch.equal(one[name], two[name]) for name in one)


def life(spec: RuleSpec, turns: int = 200, seed: int = 0, env: Blobs | None = None) -> ClassifierAgent:
    env = env or Wired()
    agent = spec.build(env, seed)
    agent.live(env, turns * env.num_envs)
    return agent


@EVERY
def test_the_same_seed_lives_the_same_life_to_the_bit(spec: RuleSpec) -> None:
    torch.manual_seed(1)
    one = state(life(spec))
    torch.manual_seed(2)
    before = torch.get_rng_state()
    assert same(one, state(life(spec)))
    assert torch.equal(torch.get_rng_state(), before)
    assert not same(one, state(life(spec, seed=1)))


@EVERY
def test_exams_and_looks_change_nothing(spec: RuleSpec) -> None:
    class Looked(Wired):
        agent: ClassifierAgent

        def step(self, actions: Any) -> Any:
            outcome = super().step(actions)
            if self.count % 13 == 0:
                policy = self.agent.policy()
                for wiring in (0, 1):
                    policy.reset(5, np.random.default_rng(0))
                    for _ in range(3):
                        policy.act(self.shown(wiring, 5)[0])
                assert all(np.isfinite(value) for value in dict(self.agent.vitals()).values())
            return outcome

    looked = Looked()
    looked.agent = spec.build(looked, 0)
    looked.agent.live(looked, 200 * 16)
    assert same(state(looked.agent), state(life(spec)))


@EVERY
@pytest.mark.parametrize("turn", [40, 100])
def test_a_picture_that_is_not_finite_stops_with_the_state_of_before(spec: RuleSpec, turn: int) -> None:
    env = Wired(broken=turn)
    agent = spec.build(env, 0)
    with pytest.raises(FloatingPointError, match="input that is not finite"):
        agent.live(env, 200 * 16)
    twin = life(spec, turn)
    assert same(state(agent), state(twin))
    for each in (agent, twin):
        each.live(Wired(), 16 * 20)
    assert same(state(agent), state(twin)), "life goes on as if the picture had not been"


@pytest.mark.parametrize("turn", [0, 30, 40])
@pytest.mark.parametrize("name", ["rule", "dendrites", "gated", "gated_shared"])
def test_a_loss_that_is_not_finite_undoes_all_that_the_pictures_did(name: str, turn: int) -> None:
    """Pictures are finite, the loss is not: at birth, in a known context, and in one that has just been stored."""

    class Broken(ClassifierAgent):
        def _learn(self, logits: torch.Tensor, answer: np.ndarray, before: Any) -> None:
            broken = not done and env.count == turn + 1
            done.extend([True] * broken)
            super()._learn(logits * float("nan") if broken else logits, answer, before)

    env, done = Wired(each=40), []
    agent, twin = Broken(SPECS[name], env, 0), SPECS[name].build(env, 0)
    with pytest.raises(FloatingPointError, match="expected a finite loss"):
        agent.live(env, 200 * 16)
    if turn:
        twin = life(SPECS[name], turn, env=Wired(each=40))
    assert agent.rule is not None and twin.rule is not None
    for mine, theirs in zip(agent.rule.running(), twin.rule.running(), strict=True):
        assert torch.equal(mine, theirs)
    stored = [{name: value for name, value in state(each).items() if ".contexts." in name} for each in (agent, twin)]
    assert same(*stored)
    for each, rule in ((agent, agent.rule), (twin, twin.rule)):
        each.live(Wired(each=7), 16 * 40)
        for context in range(rule.contexts):
            rule.enter(context)
    now, other = state(agent), state(twin)
    assert same(*({name: value for name, value in each.items() if ".whole_" not in name} for each in (now, other))), (
        "life goes on as if the pictures had not been"
    )


@EVERY
def test_a_wiring_is_learnt_and_learnt_again(spec: RuleSpec) -> None:
    env = Wired(each=150, wirings=3)
    life(spec, 450, env=env)
    right = np.array(env.right).reshape(3, 150)
    assert (right[:, -50:].mean(axis=1) > 0.9).all()


@pytest.mark.parametrize("own_readout", [True, False])
def test_single_pictures_met_cold_are_recognised_and_named(own_readout: bool) -> None:
    env = Wired(each=150, wirings=3)
    agent = life(GatedRuleSpec(widths=WIDTHS, learning_rate=0.1, own_readout=own_readout), 450, env=env)
    assert agent.rule is not None and agent.rule.contexts == 3
    assert dict(agent.vitals())["vitals/contexts"] == 3
    policy = agent.policy()
    assert policy.rule is not None
    met, right = [], []
    for wiring in (1, 0, 2, 0):
        pictures, answers = env.shown(wiring, 60)
        for picture, answer in zip(pictures, answers, strict=True):
            policy.reset(1, np.random.default_rng(0))
            right.append(int(policy.act(picture[None])[0]) == answer)
            met.append(policy.rule.context == wiring)
    assert np.mean(met) > 0.95
    assert np.mean(right) > 0.8, "chance is a third"
    assert agent.rule.context == 2, "the learner's context is its own"


def test_the_strict_rule_forgets_an_exam_and_knows_no_contexts() -> None:
    env = Wired()
    agent = life(SPECS["rule"], env=env)
    policy = agent.policy()
    assert isinstance(policy, FrozenClassifier) and policy.rule is not None and policy.rule.store is None
    pictures = env.shown(0, 40)[0]
    policy.reset(40, np.random.default_rng(0))
    first = policy.act(pictures)
    policy.act(env.shown(1, 40)[0])
    policy.reset(40, np.random.default_rng(0))
    assert np.array_equal(policy.act(pictures), first)
    assert "vitals/contexts" not in agent.vitals()


def test_settings_reach_the_parts_of_the_rule() -> None:
    env = Wired()
    agent = GatedRuleSpec(widths=(40, 20), share=0.25, strength=7.0, decay=0.5, regeneration=0.1).build(env, 0)
    rule = agent.rule
    assert rule is not None and rule.store is not None
    assert [units.opened for units in rule.opened] == [10, 5]
    assert rule.store.settings == Prototypes(0.25)
    assert {synapses.settings for synapses in rule.synapses} == {Consolidation(7.0, 0.5, 0.1)}
    assert len(rule.scaled) == 2 and all(unit.pool and unit.habituation is not None for unit in rule.units)
    assert all(weights.keeps_weight == (weights.out is None) for weights in rule.weights)
    shared = GatedRuleSpec(widths=(40, 20), own_readout=False).build(env, 0).rule
    assert shared is not None and not any(weights.keeps_weight for weights in shared.weights)
    dendrites = [GatedRuleSpec(widths=(40, 20)).build(env, seed).network.state_dict() for seed in (0, 1)]
    drawn = [name for name in dendrites[0] if name.endswith(".dendrites")]
    assert len(drawn) == 2
    assert not any(torch.equal(*(each[name] for each in dendrites)) for name in drawn), "drawn by the agent's seed"
    bare = RuleSpec(widths=(40, 20), strength=0.0, scaling=False, pool=False, hidden_adaptation=False).build(env, 0)
    assert bare.rule is not None and bare.rule.sensory is not None
    assert not bare.rule.synapses and not bare.rule.scaled and not bare.rule.gates
    assert all(not unit.pool and unit.habituation is None for unit in bare.rule.units)
    drawn_back = RuleSpec(widths=(40, 20), strength=0.0, regeneration=0.1).build(env, 0).rule
    assert drawn_back is not None and drawn_back.synapses[0].settings == Consolidation(0.0, 0.9999, 0.1)
    fixed = RuleSpec(widths=(40, 20), biases=False, gain=0.5).build(env, 0)
    assert [parameter.requires_grad for name, parameter in fixed.network.named_parameters() if "bias" in name] == [
        False, False, True,
    ]  # fmt: skip
    assert fixed.rule is not None and fixed.rule.sensory is not None and fixed.rule.sensory.gain == 0.5
    none = RuleSpec(widths=(40, 20), adaptation=False).build(env, 0)
    assert none.rule is not None and none.rule.sensory is None
    gates = RuleSpec(widths=(40, 20), gate="dendrites", share=0.3).build(env, 0).rule
    assert gates is not None and len(gates.gates) == 2
    assert gates.gates[0]._threshold == pytest.approx(0.5244, abs=1e-4), "what a normal number exceeds 3 times in 10"
    assert Dendrites(0.3).share == 0.3


@pytest.mark.parametrize(
    ("field", "value", "others"),
    [
        ("gain", -1.0, {}), ("strength", -1.0, {}), ("decay", 1.5, {}), ("regeneration", -1.0, {}), ("share", 0.0, {}),
        ("share", 1.0, {"gate": "dendrites"}), ("gate", "all", {}), ("gate", "dendrites", {"adaptation": False}),
        ("learning_rate", 0.0, {}),
    ],
)  # fmt: skip
def test_impossible_settings_are_refused(field: str, value: Any, others: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match=f"rule: {field} is .*got {value!r}"):
        RuleSpec(**{field: value, **others})
    assert GatedRuleSpec(share=1.0).share == 1.0
