"""Context inference: which world is this, told from prediction error alone."""

from __future__ import annotations

from typing import Literal, NamedTuple

import torch
from torch import Tensor, nn

from lifelong_agent.dynamics import Dynamics
from lifelong_agent.familiarity import Familiarity
from lifelong_agent.return_model import ReturnModel
from lifelong_agent.reward_model import RewardModel


class Belief(NamedTuple):
    """What inference made of a step.

    Attributes:
        context: The context to act in.
        sure: Whether the context explains what was seen; a learner had better not learn where this is False.
        switched: Whether the context is another one than before this step.
        opened: Whether the context has just been opened for a world never met before.
    """

    context: int
    sure: bool
    switched: bool
    opened: bool


class ContextInference(nn.Module):
    """A bank of tests, one per world met so far: which of them has not been refuted?

    Every context owns forward models: of the senses, of the reward of an action, of the return of an episode. Each step
    is evidence for or against a context; what speaks against it adds to its doubt, what speaks for it takes doubt away,
    never below zero (Page's test). The brain acts in its context until another one is clearly less doubtful. Where all
    are refuted, a candidate learns beside them and becomes a context of its own once it has predicted what was new: a
    new world soon becomes predictable, a storm in the sensors does not.

    Doubts from the senses are tested in all contexts at every step. Doubts from rewards arise only in the context that
    is acted in; elsewhere they fade, so a world that once stopped paying is tried again.

    All streams of a batch are taken to live in the same world, as the sub-environments of one life do.

    Sources: multiple model-based RL (Doya et al. 2002) for contexts by forward models; a candidate beside the known
    ones as in an infinite mixture (Nagabandi, Finn & Levine 2019); Page (1954) for the test.

    Args:
        in_dim: Number of sense channels.
        actions: Number of discrete actions.
        contexts: Number of context slots; when all are taken, no new world is opened.
        streams: Number of parallel streams.
        gamma: Discount per step, for the returns.
        senses: ``"real"`` for real-valued channels, ``"bits"`` for binary ones.
        generator: Draws the reward model's code.
        threshold: Doubt at which a context is refuted, in nats.
        patience: Steps in a row that all contexts must be refuted before a candidate becomes one.
        chunk: Steps that the models of the senses of a well-known context learn from in one go.
        fading: Share of the doubt from rewards that a context keeps per step in which it is not acted in.
    """

    doubt: Tensor

    def __init__(
        self,
        in_dim: int,
        actions: int,
        contexts: int,
        *,
        streams: int,
        gamma: float,
        senses: Literal["real", "bits"],
        generator: torch.Generator,
        threshold: float = 8.0,
        patience: int = 8,
        fading: float = 0.99,
        chunk: int = 8,
    ) -> None:
        super().__init__()
        self.contexts = contexts
        self.threshold = threshold
        self.patience = patience
        self.fading = fading
        self.chunk = chunk
        slots = contexts + 1  # one more for the candidate
        self.dynamics = Dynamics(in_dim, actions, slots) if senses == "real" else None
        self.familiarity = Familiarity(in_dim, slots) if senses == "bits" else None
        self.rewards = RewardModel(in_dim, actions, slots, bits=senses == "bits", generator=generator)
        self.returns = ReturnModel(streams, slots, gamma=gamma)
        # Evidence per stream that makes a candidate: real-valued models must predict well, bits need only be typical.
        self.creditable = 4.0 if senses == "real" else 0.0
        # Doubt in each context, in nats in [0, ceiling]: from the senses, from rewards.
        self.register_buffer("doubt", torch.zeros(2, slots, dtype=torch.float64))
        self.ceiling = 1.5 * threshold
        self.known = 1
        self.context = 0
        self.lost = 0  # steps in a row in which all contexts were refuted
        self._queue: list[tuple[Tensor, Tensor, Tensor, Tensor]] = []
        self.credit = 0.0  # running evidence of the senses for the candidate

    def forget_belief(self, streams: int) -> None:
        """Begin anew with so many streams, doubting no world: what an exam begins with. Keeps all that was learnt."""
        self.doubt.zero_()
        self.lost = 0
        self.returns.restart(streams)

    def get_extra_state(self) -> dict[str, float]:
        """Counters that belong to the state: part of ``state_dict()``."""
        return {"known": self.known, "context": self.context, "lost": self.lost, "credit": self.credit}

    def set_extra_state(self, state: dict[str, float]) -> None:
        """Restore the counters."""
        self.known, self.context = int(state["known"]), int(state["context"])
        self.lost, self.credit = int(state["lost"]), float(state["credit"])

    def observe(
        self,
        sense: Tensor,
        action: Tensor,
        reward: Tensor,
        after: Tensor,
        ended: Tensor,
        fresh: Tensor,
        *,
        learn: bool = True,
    ) -> Belief:
        """Take in one step of B streams.

        Args:
            sense: What was seen before the action, ``(B, in_dim)``.
            action: What was done, ``(B,)``, integers.
            reward: What it brought, ``(B,)``.
            after: What was seen after it, ``(B, in_dim)``; the final observation where an episode ended.
            ended: Whether an episode ended with this step, ``(B,)``, bool.
            fresh: First observations of the episodes that began at this step, ``(F, in_dim)``, F may be 0.
            learn: Whether the models may learn and new contexts may be opened; a frozen policy only infers.

        Returns:
            The belief after the step.
        """
        before, candidate = self.context, self.known
        senses, rewards, code = self._evidence(sense, action, reward, after)
        returns = self.returns.follow(reward, ended)
        rewards[before] += self.returns.evidence(before, returns)
        self._doubt(senses[:candidate], rewards[:candidate], fresh, len(sense))
        doubts = self._choose()
        sure = doubts[self.context] < self.threshold
        opened = False
        if not sure or self.context != before:
            self._queue = []  # may have been seen in another world: better unlearnt than learnt wrong
        self.lost = 0 if sure else self.lost + 1
        if learn:
            self._notice(sense, reward, after)
            if sure:
                if self._model_seen(candidate):
                    self._clear(candidate)
                if code is not None:
                    self.rewards.learn(self.context, code, action, reward)
                self._queue.append((sense, action, after, fresh))
                if len(self._queue) >= self.chunk or not self._ripe(self.context):
                    self._learn(self.context)
                self.returns.learn(self.context, returns)
            elif candidate < self.contexts:
                credit = float(senses[candidate])
                self.credit = credit if self.lost <= 1 else 0.8 * self.credit + 0.2 * credit
                self._queue = [(sense, action, after, fresh)]
                if code is not None:
                    self.rewards.learn(candidate, code, action, reward)
                self._learn(candidate)
                if self.lost >= self.patience and self.credit > self.creditable * len(sense):
                    self._open(candidate)
                    opened = sure = True
        return Belief(self.context, sure, self.context != before, opened)

    def begin(self, first: Tensor, *, learn: bool = True) -> Belief:
        """Take in the first observations of a life or an exam, ``(B, in_dim)``, which nothing came before."""
        before = self.context
        nothing = torch.zeros(self.known, dtype=torch.float64, device=first.device)
        self._doubt(nothing, nothing, first, len(first))
        self._choose()
        if learn and self.known == 1:
            self._learn_first(0, first)
        return Belief(self.context, True, self.context != before, False)

    def _doubt(self, senses: Tensor, rewards: Tensor, fresh: Tensor, streams: int) -> None:
        known = self.known
        if fresh.shape[0]:
            senses = senses + self._first_evidence(fresh)
        acted = torch.zeros_like(rewards)
        acted[self.context] = 1.0
        doubt = self.doubt[:, :known]
        # Against the best there is (or against knowing nothing, 0), less what chance may do to each stream.
        doubt[0] += senses.amax().clamp(min=0.0) - senses - streams
        doubt[1] = acted * (doubt[1] - rewards) + (1.0 - acted) * self.fading * doubt[1]
        doubt.clamp_(0.0, self.ceiling)

    def _choose(self) -> list[float]:
        """Change to the least doubtful context if it is clearly less doubtful than the present one; returns doubts."""
        doubts = self.doubt[:, : self.known].sum(0).tolist()
        best = min(range(self.known), key=doubts.__getitem__)
        if doubts[best] < doubts[self.context] - 2.0 and doubts[best] < self.threshold:
            self.context = best
        return doubts

    def _evidence(
        self, sense: Tensor, action: Tensor, reward: Tensor, after: Tensor
    ) -> tuple[Tensor, Tensor, Tensor | None]:
        asked = self.known + 1  # the contexts and the candidate
        if self.dynamics is not None:
            senses = self.dynamics.evidence(sense.double(), action, after.double(), asked).sum(1)
        else:
            assert self.familiarity is not None
            senses = self.familiarity.evidence(after, asked).sum(1).double()
        if not self.rewards.informative:
            return senses, torch.zeros_like(senses), None
        code = self.rewards.code(sense)
        return senses, self.rewards.evidence(code, action, reward, asked).sum(1).double(), code

    def _first_evidence(self, fresh: Tensor) -> Tensor:
        if self.dynamics is not None:
            return self.dynamics.first_evidence(fresh.double(), self.known).sum(1)
        assert self.familiarity is not None
        return self.familiarity.evidence(fresh, self.known).sum(1).double()

    def _notice(self, sense: Tensor, reward: Tensor, after: Tensor) -> None:
        self.rewards.notice(sense, reward)
        if self.dynamics is not None:
            self.dynamics.notice(sense.double(), after.double())

    def _learn(self, context: int) -> None:
        """Let one context learn what is queued: many steps in one go cost little more than one."""
        sense, action, after, fresh = (torch.cat(parts) for parts in zip(*self._queue, strict=True))
        self._queue = []
        if self.dynamics is not None:
            wary = context != self.known and self._ripe(context)
            self.dynamics.learn(context, sense.double(), action, after.double(), wary=wary)
        elif self.familiarity is not None:
            self.familiarity.learn(context, after)
        if fresh.shape[0]:
            self._learn_first(context, fresh)

    def _ripe(self, context: int) -> bool:
        return self._model_seen(context) >= 512

    def _learn_first(self, context: int, first: Tensor) -> None:
        if self.dynamics is not None:
            self.dynamics.learn_first(context, first.double())
        elif self.familiarity is not None:
            self.familiarity.learn(context, first)

    def _model_seen(self, context: int) -> float:
        model = self.dynamics if self.dynamics is not None else self.familiarity
        assert model is not None
        return float(model.seen[context])

    def _clear(self, context: int) -> None:
        for model in (self.dynamics, self.familiarity, self.rewards, self.returns):
            if model is not None:
                model.clear(context)

    def _open(self, candidate: int) -> None:
        self.context = candidate
        self.known += 1
        self.lost = 0
        self.doubt[:, candidate] = 0.0
        self._clear(self.known)
