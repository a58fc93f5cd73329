"""The classifier: one forward pass, one answer and one step of gradient descent for every minibatch of pictures."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import gymnasium as gym
import numpy as np
import torch
from gymnasium import spaces
from torch import Tensor
from torch.nn.functional import cross_entropy

from agents import vitals
from agents.classifier import ClassifierSpec
from agents.classifier_network import ClassifierNetwork
from agents.protocol import Policy, Step, check_autoreset, vector_steps
from agents.recent import Recent
from agents.unit_adam import UnitAdam
from lifelong_agent.seeds import seed_for

VITALS_SAMPLES = 2000
"""Latest pictures that vitals are computed from, as in Dohare et al. (2024)."""


class ClassifierAgent:
    """Names N pictures, is told their right classes, and learns from them, at every vector step.

    The answers are those of the network that is then changed by them, so the accuracy over the life is the online
    accuracy of Dohare et al. (2024), before the update. The N pictures of a step are one minibatch, seen once.

    Attributes:
        network: The network.
        optimizer: Its optimiser.
        plasticity: What keeps it plastic, attached; None if nothing does.
    """

    def __init__(self, spec: ClassifierSpec, env: gym.vector.VectorEnv, seed: int) -> None:
        """Make the agent; see `AgentSpec.build`.

        Raises:
            ValueError: If the senses are no ``Box``, or the actions not ``Discrete`` from 0.
        """
        check_autoreset(env)
        self.spec = spec
        self.shape, classes = check_body(spec, env)
        dice = torch.Generator().manual_seed(seed_for(seed, "classifier", "weights"))
        self.network = ClassifierNetwork(math.prod(self.shape), spec.widths, classes, dice, spec.adaptation)
        self.optimizer = make_optimizer(spec, self.network)
        self.plasticity = spec.mechanism(self.network, seed_for(seed, "classifier", spec.kind))
        if self.plasticity is not None:
            self.plasticity.attach(self.optimizer)
        self._recent = Recent(env.num_envs, self.shape, VITALS_SAMPLES)

    def live(self, env: gym.vector.VectorEnv, steps: int) -> None:
        """Live exactly ``steps`` environment steps, learning at each; see `Agent.live`.

        Raises:
            ValueError: If the steps cannot be lived exactly, or the world tells no right classes.
            FloatingPointError: If the loss is no longer finite; network and optimiser are those of before that step.
        """
        check_autoreset(env)
        turns = vector_steps(env, steps)
        seen, _ = env.reset()
        if self._recent.num_envs != env.num_envs:
            self._recent = Recent(env.num_envs, self.shape, VITALS_SAMPLES)
        network, recent = self.network, self._recent
        for _ in range(turns):
            before = network.state()
            logits = network(recent.keep(seen))
            seen, _, _, _, infos = env.step(logits.detach().numpy().argmax(axis=1))
            self._learn(logits, right_classes(infos, env), before)

    def _learn(self, logits: Tensor, answer: np.ndarray, before: tuple[Tensor, ...]) -> None:
        """Take one step of gradient descent on the cross-entropy of logits ``(N, classes)``."""
        loss = cross_entropy(logits, torch.from_numpy(answer))
        value = loss.detach().numpy()
        if not math.isfinite(value):
            self.network.restore(before)
            if self.plasticity is not None:
                self.plasticity.discard()
            raise FloatingPointError(
                f"{self.spec.kind}: expected a finite loss; got {value} with learning_rate="
                f"{self.spec.learning_rate}: either a picture holds numbers that are not finite, or learning diverged; "
                f"then choose a smaller learning_rate. Network and optimiser are as they were before this step"
            )
        self.optimizer.zero_grad(set_to_none=True)
        loss.backward()
        self.optimizer.step()

    def policy(self) -> FrozenClassifier:
        """Copy the network; see `Agent.policy`."""
        return FrozenClassifier(self.network.copied())

    def vitals(self) -> Mapping[str, float]:
        """Tell how the network fares on the latest pictures.

        Returns:
            ``vitals/weight_magnitude``, what the mechanism tells, and once a picture was seen
            ``vitals/effective_rank_1`` and so on for each hidden layer, their mean ``vitals/effective_rank``, and
            ``vitals/dormant_share``.
        """
        weights = [parameter.detach().numpy() for parameter in self.network.parameters() if parameter.dim() > 1]
        told = {"vitals/weight_magnitude": vitals.weight_magnitude(weights)}
        if self.plasticity is not None:
            told |= self.plasticity.vitals()
        pictures = self._recent.pictures()
        if len(pictures):
            with torch.no_grad():
                hidden = [layer.numpy() for layer in self.network.hidden(pictures)]
            ranks = [vitals.effective_rank(layer) for layer in hidden]
            told |= {f"vitals/effective_rank_{place}": rank for place, rank in enumerate(ranks, start=1)}
            told["vitals/effective_rank"] = sum(ranks) / len(ranks)
            told["vitals/dormant_share"] = vitals.dormant_share(hidden)
        return told


class FrozenClassifier(Policy):
    """A frozen network that gives its best answer; running means move on, and are put back for each task."""

    def __init__(self, network: ClassifierNetwork) -> None:
        """Take over a network in evaluation mode that nobody else holds."""
        self.network = network
        self._born = network.state()

    def reset(self, num_envs: int, rng: np.random.Generator) -> None:
        """Begin an exam; nothing is drawn. See `Policy.reset`."""
        self.network.restore(self._born)

    def act(self, observation: np.ndarray) -> np.ndarray:
        """Name the likeliest class of each picture, shape ``(N, ...)`` -> ``(N,)``."""
        pictures = np.asarray(observation, dtype=np.float32).reshape(len(observation), -1)
        with torch.no_grad():
            return self.network(torch.from_numpy(pictures)).numpy().argmax(axis=1)

    def observe(self, step: Step) -> None:
        """Ignore what came of it: exams teach nothing."""


def make_optimizer(spec: ClassifierSpec, network: ClassifierNetwork) -> torch.optim.Optimizer:
    """Make the optimiser a spec asks for."""
    common: dict[str, Any] = {"lr": spec.learning_rate, "weight_decay": spec.weight_decay}
    if spec.optimizer == "sgd":
        return torch.optim.SGD(network.parameters(), momentum=spec.momentum, **common)
    kind = UnitAdam if spec.forgets_units else torch.optim.Adam
    return kind(network.parameters(), betas=spec.adam_betas, **common)


def right_classes(infos: Mapping[str, Any], env: gym.vector.VectorEnv) -> np.ndarray:
    """Give the right classes of the pictures that were just acted on, shape ``(N,)``, int64.

    Raises:
        ValueError: If the world does not tell them.
    """
    # Where the world changes with a step, what the step told is of the episodes that ended with it.
    answer = infos["answer"] if "answer" in infos else infos.get("final_info", {}).get("answer")
    if isinstance(answer, np.ndarray) and answer.dtype == np.int64 and answer.shape == (env.num_envs,):
        return answer
    got = f"{answer.dtype} of shape {answer.shape}" if isinstance(answer, np.ndarray) else f"{type(answer).__name__}"
    raise ValueError(
        f"classifiers learn from infos['answer'], the right classes of the pictures acted on, an int64 array of shape "
        f"({env.num_envs},) at every step; got {'none' if answer is None else got} from {env}; "
        f"let them live in a labelled world, such as lifelong/Labelled-v0"
    )


def check_body(spec: ClassifierSpec, env: gym.vector.VectorEnv) -> tuple[tuple[int, ...], int]:
    """Refuse bodies a classifier cannot live in.

    Returns:
        The shape of a picture and the number of classes.

    Raises:
        ValueError: Says what was expected, what came, and how to mend it.
    """
    senses, actions = env.single_observation_space, env.single_action_space
    if not isinstance(senses, spaces.Box) or senses.shape == ():
        raise ValueError(f"{spec.kind} sees pictures in a Box; got {senses}; flatten them first")
    if not isinstance(actions, spaces.Discrete) or actions.start != 0:
        raise ValueError(f"{spec.kind} names classes through a Discrete space from 0; got {actions}")
    return senses.shape, int(actions.n)
