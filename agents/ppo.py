"""Proximal policy optimisation (Stable-Baselines3) made to live instead of to train: what can be set."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

import gymnasium as gym

from agents.protocol import AgentSpec

if TYPE_CHECKING:  # Stable-Baselines3 and torch take seconds to import: only an agent that is built needs them
    from agents.ppo_agent import PPOAgent


@dataclass(frozen=True)
class PPOSpec(AgentSpec, kind="ppo"):
    """PPO by Stable-Baselines3. Defaults are SB3's, but for `n_steps`: 8 sub-environments make its 2,048-step rollout.

    Source: Schulman et al., "Proximal policy optimization algorithms" (2017); SB3 2.x ``PPO``.
    """

    learning_rate: float = 3e-4
    """Step size of Adam, constant over the life."""
    n_steps: int = 256
    """Vector steps of one rollout; a rollout holds ``n_steps * num_envs`` environment steps."""
    batch_size: int = 64
    """Environment steps of one minibatch; divides the rollout."""
    n_epochs: int = 10
    """Passes over each rollout."""
    gamma: float = 0.99
    """Discount of future reward per vector step, in [0, 1]."""
    gae_lambda: float = 0.95
    """Trade-off of bias and variance in generalised advantage estimation, in [0, 1]."""
    clip_range: float = 0.2
    """How far the probability ratio may move from one before its gradient stops."""
    normalize_advantage: bool = True
    """Standardise the advantages within each minibatch."""
    ent_coef: float = 0.0
    """Weight of the entropy bonus."""
    vf_coef: float = 0.5
    """Weight of the value loss."""
    max_grad_norm: float = 0.5
    """Largest norm of the whole gradient; longer ones are scaled down."""
    target_kl: float | None = None
    """Stop the epochs of a rollout once the policy moved this far (approximate Kullback-Leibler divergence, nats)."""
    policy_widths: tuple[int, ...] = (64, 64)
    """Units of each hidden layer of the policy network."""
    value_widths: tuple[int, ...] = (64, 64)
    """Units of each hidden layer of the value network; the two networks share nothing."""
    activation: Literal["tanh", "relu", "leaky_relu", "elu"] = "tanh"
    """Nonlinearity of the hidden units."""
    layer_norm: bool = False
    """Normalise each hidden layer's sums before the nonlinearity."""
    orthogonal_init: bool = True
    """Draw orthogonal initial weights, as SB3 does; otherwise torch's default."""
    adam_betas: tuple[float, float] = (0.9, 0.999)
    """Decay of Adam's first and second moments; equal ones (.99, .99) age better in changing worlds."""
    adam_epsilon: float = 1e-5
    """Added to Adam's denominator."""
    weight_decay: float = 0.0
    """Weight of the L2 penalty, coupled: it passes through Adam's moments."""
    normalize_observations: bool = False
    """Standardise real-valued senses by their running mean and variance over the whole life."""
    normalize_rewards: bool = False
    """Divide rewards by the running standard deviation of the discounted return."""

    def __post_init__(self) -> None:
        """Refuse settings that cannot mean anything.

        Raises:
            ValueError: If a number is out of its range; names the field and the range.
        """
        for name in ("learning_rate", "clip_range", "max_grad_norm", "adam_epsilon"):
            self._check(name, getattr(self, name) > 0, "above zero")
        for name in ("ent_coef", "vf_coef", "weight_decay"):
            self._check(name, getattr(self, name) >= 0, "zero or above")
        for name in ("gamma", "gae_lambda"):
            self._check(name, 0 <= getattr(self, name) <= 1, "in [0, 1]")
        for name in ("n_steps", "n_epochs"):
            self._check(name, getattr(self, name) >= 1, "an integer of 1 or above")
        self._check("batch_size", self.batch_size >= 2, "an integer of 2 or above")
        for name in ("policy_widths", "value_widths"):
            self._check(name, all(width >= 1 for width in getattr(self, name)), "a tuple of integers of 1 or above")
        self._check("adam_betas", all(0 <= beta < 1 for beta in self.adam_betas), "two numbers in [0, 1)")
        self._check("target_kl", self.target_kl is None or self.target_kl > 0, "above zero, or none")

    def _check(self, name: str, holds: bool, expected: str) -> None:
        if not holds:
            raise ValueError(f"{self.kind}: {name} is {expected}; got {getattr(self, name)!r}")

    def build(self, env: gym.vector.VectorEnv, seed: int) -> PPOAgent:
        """Make the agent; see `AgentSpec.build`."""
        from agents.ppo_agent import PPOAgent  # noqa: PLC0415

        return PPOAgent(self, env, seed)
