"""Context inference: which world is this, told from prediction error alone."""

from __future__ import annotations

from typing import Literal, NamedTuple

import torch
from torch import Tensor, nn

from lifelong_agent.dynamics import Dynamics
from lifelong_agent.familiarity import Familiarity
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
    """A filter over the worlds met so far, and over the possibility that this is none of them.

    Every context owns forward models (of the senses, of the reward). After each step the belief in a context grows by
    the evidence of the step for it; with a small chance the world has just changed. Where "none of them" wins, a
    candidate learns beside it, and becomes a context of its own once it has predicted what was new: a new world soon
    becomes predictable, a storm in the sensors does not.

    All streams of a batch are taken to live in the same world, as the sub-environments of one life do.

    Sources: multiple model-based RL (Doya et al. 2002); an infinite mixture of worlds with a candidate as the Chinese
    restaurant's next table (Nagabandi, Finn & Levine 2019); the forward algorithm with a hazard rate (Adams & MacKay
    2007).

    Args:
        in_dim: Number of sense channels.
        actions: Number of discrete actions.
        contexts: Number of context slots; when all are taken, no new world is opened.
        senses: ``"real"`` for real-valued channels, ``"bits"`` for binary ones.
        hazard: Chance per step that the world has changed.
        patience: Steps that "none of them" must have won before a candidate becomes a context.
        generator: Draws the reward model's code.
    """

    log_belief: Tensor

    def __init__(
        self,
        in_dim: int,
        actions: int,
        contexts: int,
        *,
        senses: Literal["real", "bits"],
        generator: torch.Generator,
        hazard: float = 1e-3,
        patience: int = 8,
    ) -> None:
        super().__init__()
        self.contexts = contexts
        self.hazard = hazard
        self.patience = patience
        slots = contexts + 1  # the last one to be used is always the candidate
        self.dynamics = Dynamics(in_dim, actions, slots) if senses == "real" else None
        self.familiarity = Familiarity(in_dim, slots) if senses == "bits" else None
        self.rewards = RewardModel(in_dim, actions, slots, bits=senses == "bits", generator=generator)
        self.register_buffer("log_belief", torch.zeros(slots, dtype=torch.float64))
        self.known = 1
        self.context = 0
        self.doubt = 0  # steps in a row that "none of them" has won
        self.credit = 0.0  # running evidence of the senses for the candidate

    def forget_belief(self) -> None:
        """Begin anew not knowing which world this is: what an exam begins with. Keeps all that was learnt."""
        self.log_belief.zero_()
        self.doubt = 0

    def get_extra_state(self) -> dict[str, float]:
        """Counters that belong to the state: part of ``state_dict()``."""
        return {"known": self.known, "context": self.context, "doubt": self.doubt, "credit": self.credit}

    def set_extra_state(self, state: dict[str, float]) -> None:
        """Restore the counters."""
        self.known, self.context = int(state["known"]), int(state["context"])
        self.doubt, self.credit = int(state["doubt"]), float(state["credit"])

    @torch.no_grad()
    def observe(
        self, sense: Tensor, action: Tensor, reward: Tensor, after: Tensor, fresh: Tensor, *, learn: bool = True
    ) -> Belief:
        """Take in one step of B streams.

        Args:
            sense: What was seen before the action, ``(B, in_dim)``.
            action: What was done, ``(B,)``, integers.
            reward: What it brought, ``(B,)``.
            after: What was seen after it, ``(B, in_dim)``; the final observation where an episode ended.
            fresh: First observations of the episodes that began at this step, ``(F, in_dim)``, F may be 0.
            learn: Whether the models may learn and new contexts may be opened; a frozen policy only infers.

        Returns:
            The belief after the step.
        """
        senses, rewards, code = self._evidence(sense, action, reward, after)
        total = senses + rewards
        candidate = self.known
        self._filter(total[:candidate], fresh)
        credit = float(senses[candidate]) if learn else 0.0
        before, opened = self.context, False
        winner = int(self.log_belief[: candidate + 1].argmax())
        lead = float(self.log_belief[winner].exp())
        doubtful = winner == candidate
        if not doubtful:
            self.doubt = 0
            if lead > 0.5:
                self.context = winner
        elif lead > 0.9:
            self.doubt += 1
        sure = not doubtful and self.context == winner
        if learn:
            self._notice(sense, reward, after)
            if doubtful and candidate < self.contexts:
                self.credit = credit if self.doubt <= 1 else 0.8 * self.credit + 0.2 * credit
                self._learn(candidate, sense, action, reward, after, fresh, code)
                if self.doubt >= self.patience and self.credit > 0.0:
                    self._open(candidate)
                    opened = sure = True
            elif sure:
                if self._has(candidate):
                    self._clear(candidate)
                self._learn(self.context, sense, action, reward, after, fresh, code)
        return Belief(self.context, sure, self.context != before, opened)

    @torch.no_grad()
    def begin(self, first: Tensor, *, learn: bool = True) -> Belief:
        """Take in the first observations of a life or an exam, ``(B, in_dim)``, which nothing came before."""
        before = self.context
        self._filter(torch.zeros(self.known, dtype=torch.float64, device=first.device), first)
        winner = int(self.log_belief[: self.known].argmax())
        if float(self.log_belief[winner]) > float(self.log_belief[before]) + 1.0:
            self.context = winner
        if learn and self.known == 1:
            self._learn_first(0, first)
        return Belief(self.context, True, self.context != before, False)

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

    def _filter(self, evidence: Tensor, fresh: Tensor) -> None:
        known = self.known
        belief = self.log_belief[: known + 1].exp()
        belief = belief / belief.sum()
        # Anything may follow a change of world with equal chance: a world met before, or a new one.
        belief = (1.0 - self.hazard) * belief + self.hazard / (known + 1)
        log_belief = belief.log()
        log_belief[:known] += evidence
        if fresh.shape[0]:
            log_belief[:known] += self._first_evidence(fresh)
        self.log_belief[: known + 1] = log_belief.log_softmax(0)

    def _first_evidence(self, fresh: Tensor) -> Tensor:
        if self.dynamics is not None:
            return self.dynamics.first_evidence(fresh.double(), self.known).sum(1)
        assert self.familiarity is not None
        return self.familiarity.evidence(fresh, self.known).sum(1).double()

    def _notice(self, sense: Tensor, reward: Tensor, after: Tensor) -> None:
        self.rewards.notice(sense, reward)
        if self.dynamics is not None:
            self.dynamics.notice(sense.double(), after.double())

    def _learn(
        self,
        context: int,
        sense: Tensor,
        action: Tensor,
        reward: Tensor,
        after: Tensor,
        fresh: Tensor,
        code: Tensor | None,
    ) -> None:
        if code is not None:
            self.rewards.learn(context, code, action, reward)
        if self.dynamics is not None:
            self.dynamics.learn(context, sense.double(), action, after.double())
        elif self.familiarity is not None:
            self.familiarity.learn(context, after)
        if fresh.shape[0]:
            self._learn_first(context, fresh)

    def _learn_first(self, context: int, first: Tensor) -> None:
        if self.dynamics is not None:
            self.dynamics.learn_first(context, first.double())
        elif self.familiarity is not None:
            self.familiarity.learn(context, first)

    def _has(self, context: int) -> bool:
        model = self.dynamics if self.dynamics is not None else self.familiarity
        assert model is not None
        return bool(model.seen[context] > 0)

    def _clear(self, context: int) -> None:
        for model in (self.dynamics, self.familiarity, self.rewards):
            if model is not None:
                model.clear(context)

    def _open(self, candidate: int) -> None:
        self.context = candidate
        self.known += 1
        self.doubt = 0
        self.log_belief[:] = -50.0
        self.log_belief[candidate] = 0.0
        if self.known < self.log_belief.shape[0]:
            self._clear(self.known)
