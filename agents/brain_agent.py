"""The online actor-critic whose policy and value head is a triarchic brain, and its frozen copy."""

from __future__ import annotations

import copy
from collections.abc import Mapping
from typing import Any

import gymnasium as gym
import numpy as np
import torch
from gymnasium import spaces
from torch import Tensor

from agents.brain import BrainSpec
from agents.fetched import Fetched, fetch
from agents.protocol import Policy, Step, check_autoreset, seen_last, vector_steps
from lifelong_agent.actor_critic import Yardstick, sample, softmax
from lifelong_agent.brain import TriarchicBrain
from lifelong_agent.device import DeviceLearner
from lifelong_agent.learner import Outcome, Rates, make_learner
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
            ValueError: If the senses are neither a flat ``Box`` nor ``MultiBinary``, the actions not ``Discrete``, or a
                rate is out of range.
        """
        check_autoreset(env)
        senses, actions = env.single_observation_space, env.single_action_space
        if not isinstance(actions, spaces.Discrete):
            raise ValueError(
                f"the brain acts in a Discrete space; got {actions}: wrap the environment to discretise it"
            )
        if not isinstance(senses, (spaces.Box, spaces.MultiBinary)) or len(senses.shape or ()) != 1:
            raise ValueError(f"the brain senses a flat Box or MultiBinary; got {senses}: flatten the observations")
        if not 0.0 <= spec.reach < float("inf"):
            raise ValueError(f"reach is how far one step may move a logit, 0 for no bound; got {spec.reach}")
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
        self.yardstick = Yardstick(env.num_envs, spec.brain.contexts, gamma=spec.gamma)
        self._rates = Rates(spec.value_rate, spec.policy_rate, spec.entropy, spec.reach)
        self._learner: Any = make_learner(self.brain, self.yardstick, self._rates)
        self._tensors = False  # whether it was made for a world of tensors
        self._rng = generator(seed, "brain", "actions")
        self._device_rng = torch.Generator(self.brain.trace.device).manual_seed(seed_for(seed, "brain", "actions"))
        self._recent: np.ndarray | Tensor | None = None

    def live(self, env: gym.vector.VectorEnv, steps: int) -> None:
        """Live exactly ``steps`` environment steps, learning at each; see `Agent.live`."""
        check_autoreset(env)
        seen: Any = env.reset()[0]
        self._suit(seen)
        learner = self._learner
        if torch.is_tensor(seen) and not isinstance(learner, DeviceLearner):
            env, seen = Fetched(env), fetch(seen)
        learner.begin(seen)
        live = self._live_one if learner.single else self._live_many
        live(env, vector_steps(env, steps))
        self.brain.settle()

    def _live_many(self, env: gym.vector.VectorEnv, steps: int) -> None:
        """Live vector steps."""
        learner, first = self._learner, self.first_action
        on_device = isinstance(learner, DeviceLearner)
        rng = self._device_rng if on_device else self._rng
        for _ in range(steps):
            action = learner.act(rng)
            upcoming, reward, terminated, truncated, infos = env.step(action + first if first else action)
            after = seen_last(upcoming, terminated, truncated, infos)
            paid = reward if on_device else np.asarray(reward, dtype=np.float32)
            learner.learn(Outcome(action, paid, terminated, truncated, after, upcoming))
            self._recent = upcoming

    def _live_one(self, env: gym.vector.VectorEnv, steps: int) -> None:
        """Live steps of one body: to make arrays of its reward and its end would cost as much as its world."""
        learner, rng, first = self._learner, self._rng, self.first_action
        for _ in range(steps):
            action = learner.act(rng)
            upcoming, reward, terminated, truncated, infos = env.step(action + first if first else action)
            nothing_follows = terminated.item()
            over = nothing_follows or truncated.item()
            after = seen_last(upcoming, terminated, truncated, infos) if over else upcoming
            paid = reward.item()
            if paid:
                paid = float(np.float32(paid))  # as arrays of rewards are rounded
            learner.learn_one(action.item(), paid, nothing_follows, over, after, upcoming)
            self._recent = upcoming

    def _suit(self, seen: np.ndarray | Tensor) -> None:
        """Choose the learner by the first observations of a life.

        Raises:
            ValueError: If these are tensors on another device than the brain's.
        """
        tensors = torch.is_tensor(seen)
        home = self.brain.trace.device
        if tensors and seen.device != home:
            raise ValueError(
                f"the brain lives on {str(home)!r} and its world on {str(seen.device)!r}: give both one device, by "
                f"BrainSpec(device={seen.device.type!r}) or LifelongVectorEnv(..., device={str(home)!r})"
            )
        if tensors != self._tensors:
            self._learner = make_learner(self.brain, self.yardstick, self._rates, tensors=tensors)
            self._tensors = tensors

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
            "vitals/core_energy": float(readout.core[:, members].square().mean().sqrt()),
            "vitals/context_energy": float(readout.fast[:, members].square().mean().sqrt()),
            "vitals/brake": float(1.0 - (1.0 / (1.0 + readout.brake * readout.importance[:, members])).mean()),
            "vitals/protected_share": float((readout.importance.amax(0) > 0.1).float().mean()),
            "vitals/dormant_share": dormant_share(brain.cortex.usage[members]),
        }
        if self._recent is not None:
            winners = brain(self._tensor(self._recent)).code.winners
            told["vitals/effective_rank"] = effective_rank(
                torch.zeros(len(winners), len(members)).scatter_(1, winners.cpu(), 1.0)
            )
        return told

    def _tensor(self, observation: np.ndarray | Tensor) -> Tensor:
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
        self.brain.forget_belief(num_envs, guess=rng.random())

    def act(self, observation: np.ndarray) -> np.ndarray:
        """Sample actions; see `Policy.act`."""
        raw = torch.as_tensor(observation, dtype=torch.float32, device=self._device)
        if self._starting is None:
            self.brain.begin(raw, learn=False)
            self._sense = self.brain.perceive_first(raw)
        elif bool(self._starting.any()):
            self._sense = self.brain.perceive_first(raw, self._starting)
        output = self.brain(self._sense).output[:, : self.actions].cpu().numpy().astype(np.float64)
        return sample(softmax(output), self._rng) + self.first_action

    def observe(self, step: Step) -> None:
        """Infer the world, and what sound sensors would say, from what came of the actions; see `Policy.observe`."""
        raw = torch.as_tensor(step.observation, dtype=torch.float32, device=self._device)
        after = torch.as_tensor(step.next_observation, dtype=torch.float32, device=self._device)
        action = torch.as_tensor(step.action - self.first_action, device=self._device)
        over = torch.from_numpy(step.terminated | step.truncated)
        self._starting = over.to(self._device)
        belief = self.brain.observe(raw, action, torch.from_numpy(step.reward), after, over, after[:0], learn=False)
        self._sense = self.brain.perceive_first(after) if belief.switched else self.brain.perceive(after, action)
