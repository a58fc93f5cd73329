"""The online actor-critic whose policy and value head is a triarchic brain, and its frozen copy."""

from __future__ import annotations

import copy
from collections.abc import Mapping

import gymnasium as gym
import numpy as np
import torch
from gymnasium import spaces
from torch import Tensor

from agents.brain import BrainSpec
from agents.protocol import Policy, Step, check_autoreset, vector_steps
from lifelong_agent.actor_critic import Yardstick, policy_direction
from lifelong_agent.brain import Thought, TriarchicBrain
from lifelong_agent.seeds import generator, seed_for
from lifelong_agent.vitals import dormant_share, effective_rank


class BrainAgent:
    """Actor-critic with eligibility traces that learns at every step of N parallel streams.

    Source: AC(lambda) on linear features (Sutton & Barto 2018, section 13.6), with a normalised critic step and TD
    errors standardised for the actor (after Intentional updates, Sharifnassab et al. 2026).
    """

    def __init__(self, spec: BrainSpec, env: gym.vector.VectorEnv, seed: int) -> None:
        """Make the agent; see `AgentSpec.build`.

        Raises:
            ValueError: If the senses are neither a flat ``Box`` nor ``MultiBinary``, or the actions not ``Discrete``.
        """
        check_autoreset(env)
        senses, actions = env.single_observation_space, env.single_action_space
        if not isinstance(actions, spaces.Discrete):
            raise ValueError(
                f"the brain acts in a Discrete space; got {actions}: wrap the environment to discretise it"
            )
        if not isinstance(senses, (spaces.Box, spaces.MultiBinary)) or len(senses.shape or ()) != 1:
            raise ValueError(f"the brain senses a flat Box or MultiBinary; got {senses}: flatten the observations")
        self.spec = spec
        self.first_action, self.actions = int(actions.start), int(actions.n)
        self.brain = TriarchicBrain(
            int(np.prod(senses.shape)),
            self.actions + 1,
            actions=self.actions,
            streams=env.num_envs,
            gamma=spec.gamma,
            senses="bits" if isinstance(senses, spaces.MultiBinary) else "real",
            config=spec.brain,
            seed=seed_for(seed, "brain", "cortex"),
        ).to(spec.device)
        self.yardstick = Yardstick(env.num_envs, spec.brain.contexts, gamma=spec.gamma).to(spec.device)
        self._rng = generator(seed, "brain", "actions")
        self._recent: np.ndarray | None = None

    def live(self, env: gym.vector.VectorEnv, steps: int) -> None:
        """Live exactly ``steps`` environment steps, learning at each; see `Agent.live`."""
        check_autoreset(env)
        observation, _ = env.reset()
        raw = self._tensor(observation)
        self.brain.begin(raw)
        thought = self.brain(self.brain.perceive_first(raw))
        for _ in range(vector_steps(env, steps)):
            chances = thought.output[:, : self.actions].softmax(1)
            action = sample(chances.cpu().numpy(), self._rng)
            outcome = env.step(action + self.first_action)
            step = Step.of(observation, action, outcome)
            observation = outcome[0]
            self._recent = observation
            raw, thought = self._learn(raw, thought, chances, step, observation)

    def policy(self) -> BrainPolicy:
        """Copy the brain; see `Agent.policy`."""
        return BrainPolicy(copy.deepcopy(self.brain), self.actions, self.first_action)

    def vitals(self) -> Mapping[str, float]:
        """Tell how the brain fares: its code, its weights, its worlds; see `docs/brain.md` for each figure."""
        brain, readout = self.brain, self.brain.readout
        members = brain.cortex.members[brain.context]
        told = {
            "vitals/contexts": float(brain.contexts),
            "vitals/context": float(brain.context),
            "vitals/neurons_born": float(brain.cortex.born),
            "vitals/core_energy": float(readout.core[members].square().mean().sqrt()),
            "vitals/context_energy": float(readout.fast[members].square().mean().sqrt()),
            "vitals/brake": float(1.0 - (1.0 / (1.0 + readout.brake * readout.importance[members])).mean()),
            "vitals/protected_share": float((readout.importance.amax(1) > 0.1).float().mean()),
            "vitals/dormant_share": dormant_share(brain.cortex.usage[members]),
        }
        if self._recent is not None:
            winners = brain(self._tensor(self._recent)).winners
            told["vitals/effective_rank"] = effective_rank(
                torch.zeros(len(winners), len(members)).scatter_(1, winners.cpu(), 1.0)
            )
        return told

    def _learn(
        self, raw: Tensor, thought: Thought, chances: Tensor, step: Step, observation: np.ndarray
    ) -> tuple[Tensor, Thought]:
        """Learn from one step; returns what the sensors say next, and the thought to act on."""
        spec, brain, value = self.spec, self.brain, self.actions
        after = self._tensor(step.next_observation)
        over = torch.from_numpy(step.terminated | step.truncated).to(raw.device)
        ended = bool((step.terminated | step.truncated).any())
        upcoming = self._tensor(observation) if ended else after
        action = torch.from_numpy(step.action).to(raw.device)
        reward = torch.from_numpy(step.reward).to(raw.device)
        fresh = upcoming[over] if ended else upcoming[:0]
        belief = brain.observe(raw, action, reward, after, over, fresh)
        if belief.switched:
            return upcoming, brain(brain.perceive_first(upcoming))
        ahead = brain(brain.perceive(after, action))
        if belief.sure:
            goes_on = torch.from_numpy(~step.terminated).to(raw.device)
            scaled = self.yardstick.reward(reward, over, belief.context)
            error = scaled + spec.gamma * goes_on * ahead.output[:, value] - thought.output[:, value]
            standard, rightness = self.yardstick.error(error, thought.output[:, value], belief.context)
            direction, at_once = policy_direction(chances, action)
            surprise = standard.abs().clamp(max=3.0)[:, None]
            ones = torch.ones_like(reward)[:, None]
            rate = spec.policy_rate * (1.0 - spec.gamma * spec.brain.trace)
            factor = torch.cat(
                [(rate * standard)[:, None].expand(-1, self.actions), spec.value_rate * error[:, None]], 1
            )
            brain.learn(
                thought,
                torch.cat([direction, ones], 1),
                factor,
                rightness=rightness,
                at_once=torch.cat([spec.policy_rate * spec.entropy * surprise * at_once, 0.0 * ones], 1),
                bounded=value,
            )
            brain.grow(thought)
        if ended:
            brain.end(over)
            return upcoming, brain(brain.perceive_first(upcoming, over))
        return upcoming, brain.reread(ahead) if belief.sure else ahead

    def _tensor(self, observation: np.ndarray) -> Tensor:
        return torch.as_tensor(observation, dtype=torch.float32, device=self.spec.device)


class BrainPolicy(Policy):
    """A frozen brain: its weights never change; it only infers which world it is in."""

    def __init__(self, brain: TriarchicBrain, actions: int, first_action: int) -> None:
        """Take over a brain that nobody else holds."""
        self.brain, self.actions, self.first_action = brain, actions, first_action
        self._rng = np.random.default_rng(0)
        self._device = brain.trace.device
        self._starting: Tensor | None = None  # which streams begin an episode; None before an exam's first step
        self._sense = torch.zeros(0)

    def reset(self, num_envs: int, rng: np.random.Generator) -> None:
        """Begin an exam not knowing the world; see `Policy.reset`."""
        self._rng, self._starting = rng, None
        self.brain.forget_belief(num_envs)

    def act(self, observation: np.ndarray) -> np.ndarray:
        """Sample actions; see `Policy.act`."""
        raw = torch.as_tensor(observation, dtype=torch.float32, device=self._device)
        if self._starting is None:
            self.brain.begin(raw, learn=False)
            self._sense = self.brain.perceive_first(raw)
        elif bool(self._starting.any()):
            self._sense = self.brain.perceive_first(raw, self._starting)
        chances = self.brain(self._sense).output[:, : self.actions].softmax(1)
        return sample(chances.cpu().numpy(), self._rng) + self.first_action

    def observe(self, step: Step) -> None:
        """Infer the world, and what sound sensors would say, from what came of the actions; see `Policy.observe`."""
        raw = torch.as_tensor(step.observation, dtype=torch.float32, device=self._device)
        after = torch.as_tensor(step.next_observation, dtype=torch.float32, device=self._device)
        action = torch.as_tensor(step.action - self.first_action, device=self._device)
        reward = torch.as_tensor(step.reward, dtype=torch.float32, device=self._device)
        self._starting = torch.as_tensor(step.terminated | step.truncated, device=self._device)
        belief = self.brain.observe(raw, action, reward, after, self._starting, after[:0], learn=False)
        self._sense = self.brain.perceive_first(after) if belief.switched else self.brain.perceive(after, action)


def sample(chances: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Draw one action a row from probabilities, shape ``(N, actions)``: integers of shape ``(N,)``."""
    drawn = rng.random((chances.shape[0], 1))
    return (chances.cumsum(1) < drawn).sum(1).clip(0, chances.shape[1] - 1)
