"""PPO and PPO with continual backprop, living in tiny worlds."""

import random
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import gymnasium as gym
import numpy as np
import pytest
import torch
from gymnasium import spaces
from gymnasium.vector import AutoresetMode, SyncVectorEnv
from gymnasium.wrappers import TransformAction, TransformObservation

from agents import PPOCBPSpec, PPOSpec
from agents.ppo_agent import PPOAgent
from agents.ppo_cbp_agent import PPOCBPAgent
from tests.agents.worlds import Counted, Echo, cartpoles, vector

SMALL: dict[str, Any] = {
    "n_steps": 16,
    "batch_size": 32,
    "n_epochs": 2,
    "learning_rate": 3e-3,
    "policy_widths": (16, 8),
    "value_widths": (16,),
}
RESETS: dict[str, Any] = {"replacement_rate": 0.02, "maturity_threshold": 5}
SPECS = [
    PPOSpec(**SMALL),
    PPOSpec(**SMALL, normalize_observations=True, normalize_rewards=True, layer_norm=True, activation="relu"),
    PPOCBPSpec(**SMALL, **RESETS),
    PPOCBPSpec(**SMALL, **RESETS, variant="as_published", utility="adaptable_contribution", layer_norm=True),
]
ROOT = Path(__file__).parents[2]
NAMES = ["ppo", "ppo_normalised", "cbp_described", "cbp_published"]


def weights(agent: PPOAgent) -> torch.Tensor:
    return torch.cat([value.flatten().double() for value in agent.model.policy.state_dict().values()])


def life(spec: PPOSpec, steps: int = 64 * 4 + 20, seed: int = 0, after: Callable | None = None) -> PPOAgent:
    """One short life of four rollouts and a bit in four echo worlds."""
    env = Counted(vector(4))
    agent = spec.build(env, seed)
    if after is not None:
        env.after = lambda count, outcome: after(agent, count, outcome)
    agent.live(env, steps)
    assert env.count == steps // 4
    return agent


@pytest.mark.parametrize("steps", [0, 4, 60, 64, 68, 128, 132, 252])
def test_a_life_lasts_exactly_so_many_steps_and_learns_from_every_whole_rollout(steps: int) -> None:
    agent = life(PPOSpec(**SMALL), steps)  # a rollout is 16 * 4 = 64 steps, 2 epochs each
    assert agent.model.num_timesteps == steps
    assert agent.model._n_updates == steps // 64 * 2


@pytest.mark.parametrize("spec", SPECS, ids=NAMES)
def test_the_same_seed_lives_the_same_life_whatever_the_global_dice(spec: PPOSpec) -> None:
    torch.manual_seed(1)
    np.random.seed(1)  # noqa: NPY002 - the global generator is what must not matter
    first = life(spec)
    torch.manual_seed(2)
    np.random.seed(2)  # noqa: NPY002
    random.seed(2)
    before = torch.get_rng_state(), np.random.get_state()[1].copy()  # type: ignore[index,union-attr] # noqa: NPY002
    second = life(spec)
    assert torch.equal(weights(first), weights(second))
    assert torch.equal(torch.get_rng_state(), before[0])
    np.testing.assert_array_equal(np.random.get_state()[1], before[1])  # type: ignore[index] # noqa: NPY002
    assert not torch.equal(weights(first), weights(life(spec, seed=1)))


@pytest.mark.parametrize("spec", SPECS, ids=NAMES)
def test_looking_and_examining_change_nothing(spec: PPOSpec) -> None:
    looked = []

    def look(agent: PPOAgent, count: int, outcome: tuple) -> None:
        policy = agent.policy()
        policy.reset(4, np.random.default_rng(count))
        policy.act(outcome[0])
        looked.append(dict(agent.vitals()))

    assert torch.equal(weights(life(spec)), weights(life(spec, after=look)))
    assert len(looked) == 69
    assert looked[0].keys() < looked[-1].keys()
    assert all(np.isfinite(value) for row in looked for value in row.values())


@pytest.mark.parametrize("spec", SPECS, ids=NAMES)
def test_policies_are_frozen_copies(spec: PPOSpec) -> None:
    env = vector(4)
    agent = spec.build(env, 0)
    agent.live(env, 64)
    seen = np.random.default_rng(0).random((50, 3), np.float32)

    def acts(policy: Any) -> np.ndarray:
        policy.reset(50, np.random.default_rng(7))
        return policy.network(seen if policy.sense is None else policy.sense(seen))

    policy = agent.policy()
    before = acts(policy).copy()
    agent.live(env, 256)
    np.testing.assert_array_equal(acts(policy), before)
    assert np.abs(acts(agent.policy()) - before).max() > 1e-3


@pytest.mark.parametrize("spec", SPECS, ids=NAMES)
def test_frozen_policies_are_the_policy_as_it_lives(spec: PPOSpec) -> None:
    agent = life(spec)
    seen = np.random.default_rng(0).random((50, 3), np.float32)
    policy, normal = agent.policy(), agent.model.get_vec_normalize_env()
    assert (normal is None) == (policy.sense is None)
    told = seen if normal is None else normal.normalize_obs(seen)
    with torch.no_grad():
        logits = agent.model.policy.get_distribution(torch.as_tensor(told)).distribution.logits  # type: ignore[union-attr]
    ours = policy.network(seen if policy.sense is None else policy.sense(seen))
    np.testing.assert_allclose(ours - ours.mean(1, keepdims=True), logits - logits.mean(1, keepdim=True), atol=1e-4)


@pytest.mark.parametrize("spec", SPECS, ids=NAMES)
def test_it_learns_to_do_what_it_sees(spec: PPOSpec) -> None:
    rewards: list[float] = []
    life(spec, 2400, after=lambda _agent, _count, outcome: rewards.append(float(outcome[1].mean())))
    assert np.mean(rewards[:50]) < 0.7
    assert np.mean(rewards[-100:]) > 0.9


def test_a_second_life_goes_on_with_what_was_learnt() -> None:
    spec = PPOSpec(**SMALL, normalize_observations=True)
    agent = spec.build(vector(4), 0)
    agent.live(vector(4, seed=1), 128)
    first = agent.model.get_vec_normalize_env()
    assert first is not None
    seen, learnt = first.obs_rms.count, weights(agent)  # type: ignore[union-attr]
    agent.live(vector(4, seed=2), 32)  # too short to learn from
    second = agent.model.get_vec_normalize_env()
    assert second is not None
    assert second.obs_rms.count == pytest.approx(seen + 4 + 32)  # type: ignore[union-attr]
    assert torch.equal(weights(agent), learnt)


@pytest.mark.parametrize("end", ["terminated", "truncated"])
def test_cut_episodes_bootstrap_from_the_final_observation_and_ended_ones_from_zero(end: str) -> None:
    env, final, plain = Counted(vector(4, length=3, end=end)), {}, {}

    def note(count: int, outcome: tuple) -> None:
        _, reward, terminated, truncated, infos = outcome
        plain[count - 1] = reward.copy()
        for index in np.flatnonzero(terminated | truncated):
            final[count - 1, index] = infos["final_obs"][index]

    env.after = note
    agent = PPOSpec(**{**SMALL, "learning_rate": 1e-12}).build(env, 0)  # values stay as they are born
    agent.live(env, 64)
    expected = np.stack([plain[time] for time in range(16)]).astype(np.float32)
    assert len(final) == 20
    if end == "truncated":
        for (time, index), seen in final.items():
            assert seen[2] == 1  # the episode is over in what was seen last
            with torch.no_grad():
                expected[time, index] += 0.99 * agent.model.policy.predict_values(torch.as_tensor(seen[None])).item()
    np.testing.assert_allclose(agent.model.rollout_buffer.rewards, expected, rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("variant", ["as_described", "as_published"])
def test_without_replacements_it_is_ppo_bit_for_bit(variant: Any) -> None:
    plain = life(PPOSpec(**SMALL, weight_decay=1e-3))
    resets = life(PPOCBPSpec(**SMALL, weight_decay=1e-3, replacement_rate=0.0, variant=variant))
    assert torch.equal(weights(plain), weights(resets))
    assert not torch.equal(weights(plain), weights(life(PPOCBPSpec(**SMALL, **RESETS, weight_decay=1e-3))))


@pytest.mark.parametrize("spec", SPECS[2:], ids=NAMES[2:])
def test_units_age_once_a_minibatch_in_both_networks_and_never_while_acting(spec: PPOCBPSpec) -> None:
    env = vector(4)
    agent = spec.build(env, 0)
    ages: list[float] = []
    counted = Counted(env, lambda _count, _outcome: ages.append(float(agent.plasticity.memories[0].age.max())))
    agent.live(counted, 64 * 3 + 20)
    assert [layer.name for layer in agent.plasticity.layers] == [
        "mlp_extractor.policy_net.0",
        f"mlp_extractor.policy_net.{3 if spec.layer_norm else 2}",
        "mlp_extractor.value_net.0",
    ]
    updates = 3 * 2 * 2  # rollouts, epochs, minibatches
    assert agent.plasticity.updates == updates
    assert agent.plasticity.replaced == agent.vitals()["vitals/replaced_units"] > 0
    assert max(memory.age.max() for memory in agent.plasticity.memories) == updates
    assert [len(set(ages[start : start + 16])) for start in (0, 16, 32)] == [1, 1, 1]  # still while collecting
    agent.model.predict(np.zeros((4, 3), np.float32))
    assert agent.plasticity.updates == updates
    recorded = [tensor for layer in agent.plasticity._recorded for tensor in layer]
    assert recorded == []


def test_the_variants_do_what_they_are_named_for() -> None:
    described, published = (spec.build(vector(4), 0) for spec in SPECS[2:])
    assert isinstance(described, PPOCBPAgent)
    assert isinstance(published, PPOCBPAgent)
    for agent, told in ((described, True), (published, False)):
        method = agent.plasticity
        assert (method.bias_transfer, method.reset_optimizer, method.accumulate) == (told, told, told)
    assert type(described.model.policy.optimizer).__name__ == "UnitAdam"
    assert type(published.model.policy.optimizer) is torch.optim.Adam


def body(
    senses: gym.Space, actions: gym.Space, observe: Callable = lambda x: x, act: Callable = lambda x: 0
) -> gym.Env:
    return TransformAction(TransformObservation(Echo(), observe, senses), act, actions)


def bodies(*args: Any) -> SyncVectorEnv:
    env = SyncVectorEnv([lambda: body(*args)] * 4, autoreset_mode=AutoresetMode.SAME_STEP)
    env.reset(seed=0)
    return env


def test_binary_senses_and_real_valued_actions() -> None:
    binary = bodies(spaces.MultiBinary(3), spaces.Discrete(2), lambda x: (x > 0.5).astype(np.int8), lambda x: x)
    agent = PPOSpec(**SMALL).build(binary, 0)
    agent.live(binary, 128)
    agent.policy().reset(4, np.random.default_rng(0))
    real = bodies(spaces.Box(0, 1, (3,)), spaces.Box(-2, 2, (1,)), lambda x: x, lambda x: int(x[0] > 0))
    agent = PPOCBPSpec(**SMALL, **RESETS).build(real, 0)
    agent.live(real, 128)
    policy = agent.policy()
    policy.reset(4, np.random.default_rng(0))
    assert policy.act(np.zeros((4, 3))).shape == (4, 1)
    entropy = agent.model.policy.get_distribution(torch.zeros(1, 3)).entropy()
    assert entropy is not None
    assert agent.vitals()["vitals/policy_entropy"] == pytest.approx(entropy.item(), rel=1e-5)


def test_entropy_is_told_in_nats() -> None:
    agent = life(PPOSpec(**SMALL))
    with torch.no_grad():
        agent.model.policy.action_net.weight.zero_()  # type: ignore[operator,union-attr]
        agent.model.policy.action_net.bias.zero_()  # type: ignore[operator,union-attr]
    assert agent.vitals()["vitals/policy_entropy"] == pytest.approx(np.log(2))


def test_impossible_bodies_and_rollouts_are_refused() -> None:
    spec, two = PPOSpec(**SMALL), spaces.Discrete(2)
    with pytest.raises(ValueError, match=r"ppo senses through a Box \(no image\) or MultiBinary; got Discrete"):
        spec.build(bodies(spaces.Discrete(3), two, lambda x: 0), 0)
    with pytest.raises(ValueError, match="flatten it first"):
        spec.build(bodies(spaces.Box(0, 255, (36, 36, 3), np.uint8), two, lambda x: np.zeros((36, 36, 3), np.uint8)), 0)
    with pytest.raises(ValueError, match="normalize_observations is for real-valued senses"):
        PPOSpec(**SMALL, normalize_observations=True).build(bodies(spaces.MultiBinary(3), two, lambda x: x > 0.5), 0)
    with pytest.raises(ValueError, match="ppo acts through a Discrete space from 0 or a Box; got Discrete"):
        spec.build(bodies(spaces.Box(0, 1, (3,)), spaces.Discrete(2, start=1)), 0)
    with pytest.raises(ValueError, match=r"ppo_cbp: batch_size divides.*batch_size=48 and 16 \* 4 = 64"):
        PPOCBPSpec(**{**SMALL, "batch_size": 48}).build(vector(4), 0)
    with pytest.raises(ValueError, match="multiple of 4 environment steps"):
        life(spec, 63)
    with pytest.raises(ValueError, match="NEXT_STEP"):
        spec.build(SyncVectorEnv([Echo] * 4), 0)


@pytest.mark.parametrize(
    ("kind", "field", "value"),
    [
        (PPOSpec, "learning_rate", 0.0), (PPOSpec, "gamma", 1.5), (PPOSpec, "ent_coef", -1.0), (PPOSpec, "n_steps", 0),
        (PPOSpec, "batch_size", 1), (PPOSpec, "policy_widths", (8, 0)), (PPOSpec, "adam_betas", (0.9, 1.0)),
        (PPOSpec, "target_kl", 0.0), (PPOCBPSpec, "replacement_rate", 2.0), (PPOCBPSpec, "maturity_threshold", -1),
        (PPOCBPSpec, "decay_rate", 1.0), (PPOCBPSpec, "clip_range", -0.1),
    ],
)  # fmt: skip
def test_impossible_settings_are_refused(kind: type[PPOSpec], field: str, value: Any) -> None:
    with pytest.raises(ValueError, match=f"{kind.kind}: {field} is ") as caught:
        kind(**{field: value})
    assert f"got {value!r}" in str(caught.value)


def test_specs_are_light_until_an_agent_is_built() -> None:
    code = "import sys, agents.ppo_cbp; agents.ppo_cbp.PPOCBPSpec(); print('stable_baselines3' in sys.modules)"
    told = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=ROOT)
    assert told.stdout.strip() == "False"


def test_cartpole_is_lived_in_too() -> None:
    env = Counted(cartpoles(2))
    agent = PPOSpec(n_steps=64, batch_size=64, n_epochs=4).build(env, 0)
    agent.live(env, 500)
    assert env.count == 250
    assert agent.vitals()["vitals/policy_entropy"] > 0.6


def test_a_life_leaves_no_folders_behind(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    PPOSpec(**SMALL).build(vector(num_envs=2), 0).live(vector(num_envs=2), 64)
    assert list(tmp_path.iterdir()) == []
