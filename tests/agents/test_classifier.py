"""Classifiers, of every kind, living on streams of labelled blobs."""

import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from torch.nn.functional import cross_entropy

from agents import CBPSpec, ClassifierSpec, L2InitSpec, ReDoSpec, ShrinkPerturbSpec, WeightClippingSpec
from agents.classifier_agent import ClassifierAgent
from agents.recent import Recent
from agents.unit_adam import UnitAdam
from tests.agents.labelled import Blobs

SMALL: dict[str, Any] = {"widths": (16, 12), "learning_rate": 0.1}
ADAM: dict[str, Any] = {"widths": (16, 12), "learning_rate": 3e-3, "optimizer": "adam"}
SPECS = {
    "bp": ClassifierSpec(**SMALL, momentum=0.5),
    "adaptation": ClassifierSpec(**SMALL, adaptation=True),
    "l2init": L2InitSpec(**SMALL, strength=1e-2),
    "cbp": CBPSpec(**SMALL, replacement_rate=0.01, maturity_threshold=20),
    "cbp_adaptation": CBPSpec(**SMALL, replacement_rate=0.01, maturity_threshold=20, adaptation=True),
    "cbp_adam": CBPSpec(**ADAM, replacement_rate=0.01, maturity_threshold=20, variant="as_published"),
    "redo": ReDoSpec(**SMALL, threshold=0.5, period=20, window=4),
    "redo_adam": ReDoSpec(**ADAM, threshold=0.5, period=20, window=4),
    "shrink_perturb": ShrinkPerturbSpec(**SMALL, noise=1e-3),
    "soft": ShrinkPerturbSpec(**SMALL, weight_decay=0.0, noise=1e-3, shrink=1e-3, variant="soft"),
    "weight_clipping": WeightClippingSpec(**SMALL, clip=2.0),
}
EVERY = pytest.mark.parametrize("spec", SPECS.values(), ids=SPECS)
ROOT = Path(__file__).parents[2]


def weights(agent: ClassifierAgent) -> torch.Tensor:
    return torch.cat([value.flatten().double() for value in agent.network.state_dict().values()])


def life(spec: ClassifierSpec, steps: int = 400, seed: int = 0, env: Blobs | None = None) -> ClassifierAgent:
    env = env or Blobs()
    agent = spec.build(env, seed)
    agent.live(env, steps)
    assert env.count == steps // 4
    return agent


@EVERY
def test_it_learns_and_learns_again(spec: ClassifierSpec) -> None:
    env = Blobs(task=400)
    life(spec, 2 * 1600, env=env)
    right = np.array(env.right).reshape(2, 400)
    assert right[:, :5].mean() < 0.7
    assert right[:, -100:].mean() > 0.9


@EVERY
def test_the_same_seed_lives_the_same_life_whatever_the_global_dice(spec: ClassifierSpec) -> None:
    torch.manual_seed(1)
    first = life(spec)
    torch.manual_seed(2)
    before = torch.get_rng_state()
    second = life(spec)
    assert torch.equal(weights(first), weights(second))
    assert torch.equal(torch.get_rng_state(), before)
    assert not torch.equal(weights(first), weights(life(spec, seed=1)))


@EVERY
def test_looking_and_examining_change_nothing(spec: ClassifierSpec) -> None:
    class Looked(Blobs):
        agent: ClassifierAgent

        def step(self, actions: Any) -> Any:
            outcome = super().step(actions)
            policy = self.agent.policy()
            policy.reset(7, np.random.default_rng(0))
            for _ in range(3):
                policy.act(np.random.default_rng(self.count).random((7, 6), np.float32))
            vitals = dict(self.agent.vitals())
            assert all(np.isfinite(value) for value in vitals.values())
            return outcome

    looked = Looked()
    looked.agent = spec.build(looked, 0)
    looked.agent.live(looked, 240)
    assert torch.equal(weights(looked.agent), weights(life(spec, 240)))


@pytest.mark.parametrize("settings", [SMALL, ADAM], ids=["sgd", "adam"])
@pytest.mark.parametrize(
    "none",
    [
        (L2InitSpec, {"strength": 0.0}),
        (CBPSpec, {"replacement_rate": 0.0, "maturity_threshold": 3}),
        (ReDoSpec, {"period": 0}),
        (ShrinkPerturbSpec, {"noise": 0.0, "weight_decay": 0.0}),
        (WeightClippingSpec, {"clip": float("inf")}),
    ],
    ids=["l2init", "cbp", "redo", "shrink_perturb", "weight_clipping"],
)
def test_at_strength_zero_it_is_plain_backpropagation_bit_for_bit(none: Any, settings: dict[str, Any]) -> None:
    kind, zero = none
    plain = weights(life(ClassifierSpec(**settings)))
    assert torch.equal(weights(life(kind(**settings, **zero))), plain)
    strong = next(spec for spec in SPECS.values() if type(spec) is kind and spec.optimizer == "sgd")
    assert not torch.equal(weights(life(strong)), plain)


def test_a_step_is_the_gradient_of_the_cross_entropy_on_the_pictures_acted_on() -> None:
    env = Blobs()
    agent = ClassifierSpec(**SMALL).build(env, 3)
    twin = agent.network.copied().requires_grad_(True)
    env.reset()
    seen, told, acted = env.seen.copy(), env.answer.copy(), []
    env.reset = lambda **_: (env.seen, {})  # type: ignore[method-assign]
    step = env.step
    env.step = lambda actions: (acted.append(actions), step(actions))[1]  # type: ignore[method-assign]
    agent.live(env, 4)
    logits = twin(torch.from_numpy(seen))
    cross_entropy(logits, torch.from_numpy(told)).backward()
    assert acted[0].tolist() == logits.argmax(dim=1).tolist()
    for mine, theirs in zip(agent.network.parameters(), twin.parameters(), strict=True):
        torch.testing.assert_close(mine, theirs - 0.1 * theirs.grad)  # type: ignore[operator]


@pytest.mark.parametrize("settings", [SMALL, ADAM], ids=["sgd", "adam"])
@pytest.mark.parametrize("adaptation", [False, True])
def test_after_a_loss_that_is_not_finite_all_is_as_it_was_before_the_step(
    settings: dict[str, Any], adaptation: bool
) -> None:
    class Broken(Blobs):
        def _deal(self) -> None:
            super()._deal()
            if self.count == 30:
                self.seen[1, 2] = np.nan

    spec = CBPSpec(**settings, adaptation=adaptation, replacement_rate=0.05, maturity_threshold=3)
    agent = spec.build(Broken(), 0)
    with pytest.raises(
        FloatingPointError,
        match="input that is not finite" if adaptation else "cbp: expected a finite loss; got nan with",
    ):
        agent.live(Broken(), 400)
    twin = life(spec, 120)  # the thirty steps before
    assert torch.equal(weights(agent), weights(twin))
    for mine, theirs in zip(agent.optimizer.state.values(), twin.optimizer.state.values(), strict=True):
        assert all(torch.equal(torch.as_tensor(mine[key]), torch.as_tensor(theirs[key])) for key in mine)
    for each in (agent, twin):
        each.live(Blobs(seed=5), 80)  # life goes on as if the step had not been
    assert torch.equal(weights(agent), weights(twin))


def test_diverging_ends_with_an_error_and_finite_weights() -> None:
    agent = ClassifierSpec(widths=(16, 12), learning_rate=30.0, adaptation=True).build(Blobs(), 0)
    with pytest.raises(FloatingPointError, match="choose a smaller learning_rate"):
        agent.live(Blobs(task=5), 4000)
    assert torch.isfinite(weights(agent)).all()


@pytest.mark.parametrize("adaptation", [False, True])
def test_policies_are_frozen_copies_that_say_what_the_network_would(adaptation: bool) -> None:
    agent = life(ClassifierSpec(**SMALL, adaptation=adaptation))
    seen = np.random.default_rng(0).random((50, 6), np.float32)
    policy = agent.policy()
    acts = []
    for turn in range(3):  # before and after more of life
        policy.reset(50, np.random.default_rng(turn))
        acts.append(policy.act(seen))
        agent.live(Blobs(seed=turn + 1), 400)
    assert len(np.unique(acts[0])) > 1
    assert all(np.array_equal(acts[0], act) for act in acts)
    policy = agent.policy()
    policy.reset(50, np.random.default_rng(0))
    with torch.enable_grad():  # as it trains
        logits = agent.network(torch.from_numpy(seen))
    assert np.array_equal(policy.act(seen), logits.detach().numpy().argmax(axis=1))


def test_running_means_adapt_in_an_exam_and_begin_each_task_as_they_were() -> None:
    agent = life(ClassifierSpec(**SMALL, adaptation=True), 1600)
    policy = agent.policy()
    rng, ramp = np.random.default_rng(0), np.linspace(0.9, 0, 6, dtype=np.float32)
    assert policy.rule is not None
    born = policy.rule.running()
    policy.reset(20, rng)
    acts = [policy.act(rng.random((20, 6), np.float32) * 0.1 + ramp) for _ in range(30)]
    assert policy.rule.sensory is not None
    np.testing.assert_allclose(policy.rule.sensory.mean, ramp + 0.05, atol=0.05)
    policy.reset(20, rng)
    *means, _ = policy.rule.running()  # the trace, too, begins anew: the last are counts
    assert all(torch.equal(now, then) for now, then in zip(means, born[:-1], strict=True))
    rng = np.random.default_rng(0)
    again = [policy.act(rng.random((20, 6), np.float32) * 0.1 + ramp) for _ in range(30)]
    np.testing.assert_array_equal(again, acts)


def test_vitals_are_of_the_latest_pictures_layer_by_layer() -> None:
    agent = life(CBPSpec(**SMALL, replacement_rate=0.01, maturity_threshold=20), 8 * 400)
    told = agent.vitals()
    assert set(told) == {
        f"vitals/{name}"
        for name in (
            "effective_rank", "effective_rank_1", "effective_rank_2", "dormant_share", "weight_magnitude",
            "replaced_units",
        )
    }  # fmt: skip
    assert told["vitals/effective_rank"] == (told["vitals/effective_rank_1"] + told["vitals/effective_rank_2"]) / 2
    assert told["vitals/replaced_units"] > 0
    with torch.no_grad():
        agent.network.layers[0].weight.zero_()  # type: ignore[operator,union-attr]
        agent.network.layers[0].bias.zero_()  # type: ignore[operator,union-attr]
        agent.network.layers[0].bias[3] = 1.0  # type: ignore[index,union-attr]
    told = agent.vitals()
    assert told["vitals/effective_rank_1"] == pytest.approx(1)
    assert told["vitals/dormant_share"] >= 15 / 28
    newborn = agent.spec.build(Blobs(), 0).vitals()
    assert set(newborn) == {"vitals/weight_magnitude", "vitals/replaced_units"}


def test_recent_keeps_copies_of_the_latest_steps() -> None:
    recent, seen = Recent(2, (2, 3), 8), np.zeros((2, 2, 3), np.float32)
    assert recent.pictures().shape == (0, 6)
    for step in range(6):
        seen[:] = step
        kept = recent.keep(seen)
        assert kept.shape == (2, 6)
        assert (kept == step).all()
    assert sorted(recent.pictures()[:, 0].tolist()) == [2, 2, 3, 3, 4, 4, 5, 5]
    assert len(Recent(5, (1,), 3).pictures()) == 0
    assert Recent(5, (1,), 3).keep(np.ones((5, 1))).shape == (5, 1)


def test_first_weights_are_hes_and_the_optimiser_is_what_was_asked_for() -> None:
    env = Blobs(features=400, classes=5)
    agent = ClassifierSpec(widths=(300, 200), optimizer="adam").build(env, 0)
    for layer, fan_in, gain in zip(agent.network.layers, (400, 300, 200), (2, 2, 1), strict=True):
        bound = np.sqrt(3 * gain / fan_in)
        assert bound * 0.99 < float(layer.weight.detach().abs().max()) <= bound  # type: ignore[operator,union-attr]
        assert float(layer.weight.detach().std()) == pytest.approx(bound / np.sqrt(3), rel=0.05)  # type: ignore[operator,union-attr]
        assert not layer.bias.any()  # type: ignore[operator,union-attr]
    assert type(agent.optimizer) is torch.optim.Adam
    assert type(CBPSpec(optimizer="adam").build(env, 0).optimizer) is UnitAdam
    group = ClassifierSpec(momentum=0.3, weight_decay=0.2, learning_rate=0.7).build(env, 0).optimizer.param_groups[0]
    assert (group["momentum"], group["weight_decay"], group["lr"]) == (0.3, 0.2, 0.7)


@pytest.mark.parametrize(
    ("told", "got"),
    [
        ({}, "got none"),
        ({"answer": np.zeros(4)}, r"got float64 of shape \(4,\)"),
        ({"answer": np.zeros(3, np.int64)}, r"got int64 of shape \(3,\)"),
        ({"answer": [0, 0, 0, 0]}, "got list"),
    ],
)
def test_worlds_that_tell_no_right_classes_are_refused(told: dict[str, Any], got: str) -> None:
    class Silent(Blobs):
        def step(self, actions: Any) -> Any:
            return (*super().step(actions)[:4], told)

    agent = ClassifierSpec(**SMALL).build(Silent(), 0)
    before = weights(agent)
    with pytest.raises(ValueError, match=rf"infos\['answer'\].*{got} from .*Labelled"):
        agent.live(Silent(), 8)
    assert torch.equal(weights(agent), before)


def test_what_was_right_is_learnt_from_where_the_world_changes_with_the_step_too() -> None:
    class Changing(Blobs):
        def step(self, actions: Any) -> Any:
            *outcome, infos = super().step(actions)
            return *outcome, {"final_info": infos} if self.count % 7 == 0 else infos

    assert torch.equal(weights(life(ClassifierSpec(**SMALL), env=Changing())), weights(life(ClassifierSpec(**SMALL))))


def test_impossible_bodies_are_refused() -> None:
    env = Blobs()
    env.single_action_space = env.single_observation_space  # type: ignore[assignment]
    with pytest.raises(ValueError, match="bp names classes through a Discrete space from 0; got Box"):
        ClassifierSpec().build(env, 0)
    env.single_observation_space = Blobs().single_action_space  # type: ignore[assignment]
    with pytest.raises(ValueError, match="cbp sees pictures in a Box; got Discrete"):
        CBPSpec().build(env, 0)
    with pytest.raises(ValueError, match="multiple of 4 environment steps"):
        ClassifierSpec().build(Blobs(), 0).live(Blobs(), 6)


@pytest.mark.parametrize(
    ("kind", "field", "value"),
    [
        (ClassifierSpec, "learning_rate", 0.0), (ClassifierSpec, "widths", ()), (ClassifierSpec, "widths", (8, 0)),
        (ClassifierSpec, "optimizer", "adamw"), (ClassifierSpec, "momentum", 1.0),
        (ClassifierSpec, "adam_betas", (0.9, 1.0)), (ClassifierSpec, "weight_decay", -1.0),
        (L2InitSpec, "strength", -1.0), (CBPSpec, "replacement_rate", 2.0), (CBPSpec, "maturity_threshold", -1),
        (CBPSpec, "decay_rate", 1.0), (ReDoSpec, "threshold", -0.1), (ReDoSpec, "period", -1),
        (ReDoSpec, "window", 0), (ReDoSpec, "window", 1001), (ShrinkPerturbSpec, "noise", -1.0),
        (ShrinkPerturbSpec, "shrink", 1.5), (ShrinkPerturbSpec, "variant", "hard"),
        (WeightClippingSpec, "clip", 0.0),
    ],
)  # fmt: skip
def test_impossible_settings_are_refused(kind: type[ClassifierSpec], field: str, value: Any) -> None:
    with pytest.raises(ValueError, match=f"{kind.kind}: {field} is ") as caught:
        kind(**{field: value})
    assert f"got {value!r}" in str(caught.value)


def test_specs_are_light_until_an_agent_is_built() -> None:
    code = "import sys, agents; agents.CBPSpec(); agents.ReDoSpec(); print('torch' in sys.modules)"
    told = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=ROOT)
    assert told.stdout.strip() == "False"


def test_a_life_in_another_number_of_bodies_goes_on() -> None:
    agent = life(ClassifierSpec(**SMALL))
    agent.live(Blobs(num_envs=6), 60)
    assert len(agent._recent.pictures()) == 60
