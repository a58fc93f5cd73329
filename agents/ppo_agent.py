"""The PPO learner: Stable-Baselines3's algorithm on one life, with dice of its own and a frozen copy on demand."""

from __future__ import annotations

from collections.abc import Generator, Mapping
from typing import Any

import gymnasium as gym
import numpy as np
import torch
from gymnasium import spaces
from stable_baselines3 import PPO
from stable_baselines3.common.buffers import RolloutBuffer
from stable_baselines3.common.callbacks import BaseCallback
from stable_baselines3.common.logger import Logger
from stable_baselines3.common.policies import ActorCriticPolicy
from stable_baselines3.common.preprocessing import is_image_space
from stable_baselines3.common.type_aliases import RolloutBufferSamples
from stable_baselines3.common.vec_env import VecEnv, VecNormalize
from torch import nn

from agents import vitals
from agents.frozen import FrozenNetwork, FrozenPolicy, Standardise, probabilities
from agents.ppo import PPOSpec
from agents.protocol import check_autoreset, vector_steps
from agents.vec import SB3VecEnv
from lifelong_agent.seeds import generator, seed_for

ACTIVATION_MODULES = {"tanh": nn.Tanh, "relu": nn.ReLU, "leaky_relu": nn.LeakyReLU, "elu": nn.ELU}
VITALS_SAMPLES = 512
"""Observations of the latest rollout that vitals are computed from, evenly spaced."""


class OwnDiceBuffer(RolloutBuffer):
    """SB3's rollout buffer, with minibatches drawn by a generator of its own instead of NumPy's global one."""

    def __init__(self, *args: Any, rng: np.random.Generator, **kwargs: Any) -> None:
        """Make the buffer; all arguments but ``rng`` are SB3's."""
        super().__init__(*args, **kwargs)
        self._rng = rng

    def get(self, batch_size: int | None = None) -> Generator[RolloutBufferSamples, None, None]:
        """Yield the rollout's minibatches in random order, each sample once."""
        if not self.generator_ready:
            for name in ("observations", "actions", "values", "log_probs", "advantages", "returns"):
                setattr(self, name, self.swap_and_flatten(getattr(self, name)))
            self.generator_ready = True
        total = self.buffer_size * self.n_envs
        order = self._rng.permutation(total)
        for start in range(0, total, batch_size or total):
            yield self._get_samples(order[start : start + (batch_size or total)])


class NormedPolicy(ActorCriticPolicy):
    """SB3's MLP policy with a layer normalisation before every nonlinearity."""

    def _build_mlp_extractor(self) -> None:
        super()._build_mlp_extractor()
        for name in ("policy_net", "value_net"):
            layers: list[nn.Module] = []
            for layer in getattr(self.mlp_extractor, name):
                layers.append(layer)
                if isinstance(layer, nn.Linear):
                    layers.append(nn.LayerNorm(layer.out_features))
            setattr(self.mlp_extractor, name, nn.Sequential(*layers).to(self.device))


class Lifetime(BaseCallback):
    """Ends `PPO.learn` after exactly so many environment steps, and keeps the observations of the latest rollout.

    SB3 rounds a training up to whole rollouts. A rollout that completes on the last step is still learnt from; steps
    after the last whole rollout are lived but teach nothing, as for every learner by rollouts.
    """

    def __init__(self, steps: int) -> None:
        """Make the callback for a life of ``steps`` environment steps."""
        super().__init__()
        self.steps = steps
        self.observations: np.ndarray | None = None

    def _on_step(self) -> bool:
        last_of_rollout = self.locals["n_steps"] + 1 == self.locals["n_rollout_steps"]
        return self.num_timesteps < self.steps or last_of_rollout

    def _on_rollout_end(self) -> None:
        self.observations = self.locals["rollout_buffer"].observations  # the buffer makes new arrays for the next


class PPOAgent:
    """PPO that lives one life through `PPO.learn`.

    All randomness is the agent's own: torch's global generator (which SB3 draws weights and actions from) is seeded
    by name when the agent is made and when a life begins, and put back afterwards; minibatches are shuffled by a NumPy
    generator. `policy` and `vitals` work on copies and draw nothing, so exams leave the life as it is.

    Attributes:
        algorithm: The class of Stable-Baselines3, or of ours, that learns.
        model: The learner.
    """

    algorithm: type[PPO] = PPO

    def __init__(self, spec: PPOSpec, env: gym.vector.VectorEnv, seed: int) -> None:
        """Make the agent; see `AgentSpec.build`.

        Raises:
            ValueError: If the senses are neither a non-image ``Box`` nor ``MultiBinary``, the actions neither
                ``Discrete`` from 0 nor ``Box``, or the minibatches do not divide the rollout.
        """
        check_autoreset(env)
        check_body(spec, env)
        self.spec, self.seed, self._lives = spec, seed, 0
        self._latest: Lifetime | None = None
        with torch.random.fork_rng(devices=[]):
            torch.default_generator.manual_seed(seed_for(seed, "ppo", "weights"))
            self.model = self.algorithm(
                NormedPolicy if spec.layer_norm else ActorCriticPolicy,
                self._body(env, None),
                learning_rate=spec.learning_rate,
                n_steps=spec.n_steps,
                batch_size=spec.batch_size,
                n_epochs=spec.n_epochs,
                gamma=spec.gamma,
                gae_lambda=spec.gae_lambda,
                clip_range=spec.clip_range,
                normalize_advantage=spec.normalize_advantage,
                ent_coef=spec.ent_coef,
                vf_coef=spec.vf_coef,
                max_grad_norm=spec.max_grad_norm,
                target_kl=spec.target_kl,
                rollout_buffer_class=OwnDiceBuffer,
                rollout_buffer_kwargs={"rng": generator(seed, "ppo", "minibatches")},
                policy_kwargs={
                    "net_arch": {"pi": list(spec.policy_widths), "vf": list(spec.value_widths)},
                    "activation_fn": ACTIVATION_MODULES[spec.activation],
                    "ortho_init": spec.orthogonal_init,
                    "optimizer_class": self._optimizer_class(),
                    "optimizer_kwargs": {
                        "betas": spec.adam_betas,
                        "eps": spec.adam_epsilon,
                        "weight_decay": spec.weight_decay,
                    },
                },
                device="cpu",  # SB3 itself advises against a GPU for networks of this size
            )
        self.model.set_logger(Logger(None, []))  # by itself it leaves a folder in the temporary ones at every training

    def _optimizer_class(self) -> type[torch.optim.Optimizer]:
        return torch.optim.Adam

    def _body(self, env: gym.vector.VectorEnv, former: VecNormalize | None) -> VecEnv:
        """See the environment as SB3 does, with the running statistics of a former life, if any."""
        body: VecEnv = SB3VecEnv(env)
        if self.spec.normalize_observations or self.spec.normalize_rewards:
            body = VecNormalize(
                body,
                norm_obs=self.spec.normalize_observations,
                norm_reward=self.spec.normalize_rewards,
                gamma=self.spec.gamma,
            )
            if former is not None:
                body.obs_rms, body.ret_rms = former.obs_rms, former.ret_rms
        return body

    def live(self, env: gym.vector.VectorEnv, steps: int) -> None:
        """Live exactly ``steps`` environment steps in one `PPO.learn`; see `Agent.live`.

        Raises:
            ValueError: If the steps cannot be lived exactly, or the environment is another body than the agent's.
        """
        check_autoreset(env)
        vector_steps(env, steps)
        self.model.set_env(self._body(env, self.model.get_vec_normalize_env()))
        self._latest = Lifetime(steps)
        with torch.random.fork_rng(devices=[]):
            torch.default_generator.manual_seed(seed_for(self.seed, "ppo", "life", self._lives))
            self._lives += 1
            self.model.learn(steps, callback=self._latest)

    def policy(self) -> FrozenPolicy:
        """Copy the policy network, and the senses' running statistics if there are any; see `Agent.policy`."""
        net = self.model.policy
        normal, space = self.model.get_vec_normalize_env(), self.model.action_space
        assert isinstance(space, (spaces.Discrete, spaces.Box))  # checked at birth
        sense = None
        if normal is not None and self.spec.normalize_observations:
            mean, variance = np.array(normal.obs_rms.mean), np.array(normal.obs_rms.var)  # type: ignore[union-attr]
            sense = Standardise(mean, variance, normal.clip_obs, normal.epsilon)
        log_std = net.log_std.detach().cpu().numpy() if isinstance(space, spaces.Box) else None
        return self._frozen(space, log_std, sense)

    def _frozen(
        self, space: spaces.Discrete | spaces.Box, log_std: np.ndarray | None, sense: Standardise | None
    ) -> FrozenPolicy:
        return FrozenPolicy(self._network("policy"), space, log_std, sense)

    def _network(self, which: str) -> FrozenNetwork:
        policy = self.model.policy
        last = policy.action_net if which == "policy" else policy.value_net
        return FrozenNetwork([*getattr(policy.mlp_extractor, f"{which}_net"), last])

    def _trace(self, which: str, seen: np.ndarray) -> tuple[list[np.ndarray], np.ndarray]:
        """Give the activations of a network's hidden layers, ``(B, n_l)`` each, and its outputs."""
        return self._network(which).trace(seen)

    def _weights(self) -> list[np.ndarray]:
        """Give all weight matrices of both networks."""
        return [weight for which in ("policy", "value") for weight in self._network(which).weights]

    def vitals(self) -> Mapping[str, float]:
        """Tell how the networks fare on the latest rollout.

        Returns:
            ``vitals/weight_magnitude`` (mean absolute weight of both networks) and, once a rollout is complete,
            ``vitals/effective_rank`` and ``vitals/value_effective_rank`` (last hidden layer of the policy and of the
            value network), ``vitals/dormant_share`` (all hidden units of both), ``vitals/policy_entropy`` (nats).
        """
        told = {"vitals/weight_magnitude": vitals.weight_magnitude(self._weights())}
        seen = None if self._latest is None else self._latest.observations
        if seen is None:
            return told
        seen = seen.reshape(-1, *self.model.observation_space.shape)  # type: ignore[misc]
        seen = seen[:: max(1, len(seen) // VITALS_SAMPLES)]
        policy_hidden, output = self._trace("policy", seen)
        value_hidden, _ = self._trace("value", seen)
        if policy_hidden:
            told["vitals/effective_rank"] = vitals.effective_rank(policy_hidden[-1])
        if value_hidden:
            told["vitals/value_effective_rank"] = vitals.effective_rank(value_hidden[-1])
        told["vitals/dormant_share"] = vitals.dormant_share([*policy_hidden, *value_hidden])
        if isinstance(self.model.action_space, spaces.Box):
            log_std = self.model.policy.log_std.detach().cpu().numpy()
            told["vitals/policy_entropy"] = float((log_std + 0.5 * np.log(2 * np.pi * np.e)).sum())
        else:
            chance = probabilities(output)
            told["vitals/policy_entropy"] = float(-(chance * np.log(chance + 1e-12)).sum(axis=-1).mean())
        return told


def check_body(spec: PPOSpec, env: gym.vector.VectorEnv) -> None:
    """Refuse bodies and rollouts PPO cannot live with.

    Raises:
        ValueError: Says what was expected, what came, and how to mend it.
    """
    senses, actions = env.single_observation_space, env.single_action_space
    vector_senses = isinstance(senses, spaces.MultiBinary) or (isinstance(senses, spaces.Box) and senses.shape != ())
    if not vector_senses or is_image_space(senses):
        raise ValueError(f"{spec.kind} senses through a Box (no image) or MultiBinary; got {senses}; flatten it first")
    if spec.normalize_observations and not isinstance(senses, spaces.Box):
        raise ValueError(
            f"{spec.kind}: normalize_observations is for real-valued senses (Box); got {senses}; switch it off"
        )
    discrete = isinstance(actions, spaces.Discrete) and actions.start == 0
    if not discrete and not isinstance(actions, spaces.Box):
        raise ValueError(f"{spec.kind} acts through a Discrete space from 0 or a Box; got {actions}")
    rollout = spec.n_steps * env.num_envs
    if rollout % spec.batch_size:
        raise ValueError(
            f"{spec.kind}: batch_size divides the rollout of n_steps * num_envs environment steps; got "
            f"batch_size={spec.batch_size} and {spec.n_steps} * {env.num_envs} = {rollout}; change one of the two"
        )
