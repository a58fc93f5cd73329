"""Context inference: which world is this, told from prediction error alone."""

from __future__ import annotations

from typing import Any, Literal, NamedTuple

import numpy as np
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
    never below zero (Page's test). The brain acts in its context until another one is clearly less doubtful. Where the
    present one is refuted all the same, a candidate learns beside the known ones and becomes a context of its own once
    it has predicted what was new: a new world soon becomes predictable, most storms in the sensors do not.

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
        disorder: How much more surprising than those of the known worlds the bits of a new world may be.
        stubborn: Steps in a row after which what looks like failed sensors is taken for another world, if a candidate
            explains it.
    """

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
        disorder: float = 3.0,
        stubborn: int = 96,
    ) -> None:
        super().__init__()
        self.contexts = contexts
        self.threshold = threshold
        self.patience = patience
        self.fading = fading
        self.chunk = chunk
        self.disorder = disorder
        self.stubborn = stubborn
        slots = contexts + 1  # one more for the candidate
        self.dynamics = Dynamics(in_dim, actions, slots) if senses == "real" else None
        self.familiarity = Familiarity(in_dim, slots) if senses == "bits" else None
        self.rewards = RewardModel(in_dim, actions, slots, bits=senses == "bits", generator=generator)
        self.returns = ReturnModel(streams, slots, gamma=gamma)
        # Streams of one world see much alike: what many see in one step makes a model no riper than what few do.
        crowd = max(1, streams // 8)
        self.returns.ripe *= crowd
        self.full = 512 * crowd
        if self.familiarity is not None:
            self.familiarity.ripe *= crowd
        if self.dynamics is not None:
            self.dynamics.starts *= crowd
            self.dynamics.ripe *= crowd
        # Evidence per stream that makes a candidate: real-valued models must predict well, bits need only be typical.
        self.creditable = 4.0 if senses == "real" else 0.0
        # Doubt in each context, in nats in [0, ceiling]: from the senses, from rewards.
        self.doubt = np.zeros((2, slots))
        self.ceiling = 1.5 * threshold
        self.known = 1
        self.context = 0
        self.lost = 0  # steps in a row in which no context was good enough to learn in
        self.queue: list[tuple[Tensor, ...]] = []
        self._guess: float | None = None
        self.credit = 0.0  # running evidence of the senses for the candidate,
        self.ailing = 0  # steps in a row in which most transitions looked like sensor faults
        self.rival = 0.0  # and for the known context that explains them best

    def forget_belief(self, streams: int, guess: float = 0.0) -> None:
        """Begin anew with so many streams, not knowing the world: what an exam begins with. Keeps all that was learnt.

        Args:
            streams: Number of parallel streams.
            guess: In ``[0, 1)``: picks the context to begin in among those that the first observations speak for
                alike.
        """
        self.doubt[:] = 0.0
        self.lost = self.ailing = 0
        self._guess = guess
        self.returns.restart(streams)

    def get_extra_state(self) -> dict[str, Any]:
        """What is kept on the host, and what was seen and not learnt yet: part of ``state_dict()``."""
        counters = {"known": self.known, "context": self.context, "lost": self.lost}
        counters |= {"credit": self.credit, "rival": self.rival, "ailing": self.ailing}
        return counters | {"doubt": self.doubt.tolist(), "queue": [list(parts) for parts in self.queue]}

    def set_extra_state(self, state: dict[str, Any]) -> None:
        """Restore what is kept on the host, and what was seen and not learnt yet."""
        self.known, self.context = int(state["known"]), int(state["context"])
        self.lost, self.credit, self.rival = int(state["lost"]), float(state["credit"]), float(state["rival"])
        self.ailing, self.doubt = int(state["ailing"]), np.array(state["doubt"])
        device = self.rewards.weight.device
        self.queue = [tuple(part.to(device) for part in parts) for parts in state["queue"]]

    def _apply(self, fn: Any, recurse: bool = True) -> Any:
        self.queue = [tuple(fn(part) for part in parts) for parts in self.queue]
        return super()._apply(fn, recurse)

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
            reward: What it brought, ``(B,)``, on the host.
            after: What was seen after it, ``(B, in_dim)``; the final observation where an episode ended.
            ended: Whether an episode ended with this step, ``(B,)``, bool, on the host.
            fresh: First observations of the episodes that began at this step, ``(F, in_dim)``, F may be 0.
            learn: Whether the models may learn and new contexts may be opened; a frozen policy only infers.

        Returns:
            The belief after the step. Senses and actions are kept for up to ``chunk`` steps: hand over tensors that are
            not written to again.
        """
        before, candidate = self.context, self.known
        paid = reward.numpy().astype(np.float64)
        senses = self._evidence(sense, action, after)
        code, expected, rewards = self._reward_evidence(sense, action, paid, learn=learn)
        returns = self.returns.follow(paid, ended.numpy())
        rewards[before] += self.returns.evidence(before, returns)
        self._doubt(senses[:candidate], rewards[:candidate], fresh, len(sense))
        return self.conclude((sense, action, after, fresh), paid, senses, code, expected, returns, learn=learn)

    def conclude(
        self,
        step: tuple[Tensor, Tensor, Tensor, Tensor],
        paid: np.ndarray,
        senses: np.ndarray,
        code: Tensor | None,
        expected: np.ndarray,
        returns: np.ndarray,
        *,
        learn: bool = True,
    ) -> Belief:
        """Draw what follows from doubts that have been told: the second half of ``observe``.

        Args:
            step: Senses, actions, senses after them, first observations: see ``observe``.
            paid: Rewards, ``(B,)``.
            senses: Evidence of the senses for the contexts and the candidate, ``(known + 1,)``.
            code: What the reward model made of the senses, ``(B, k)``; None as long as rewards tell nothing.
            expected: Rewards that were expected, ``(known + 1, B)``.
            returns: Returns of the episodes that ended, ``(F,)``.
            learn: See ``observe``.
        """
        sense, action, after, _ = step
        before, candidate = self.context, self.known
        doubts = self._choose()
        self.ailing = 0 if self.context != before else self.ailing
        sure = bool(doubts[self.context] < self.threshold) and (
            self.ailing < self.stubborn or candidate == self.contexts
        )
        opened = False
        if not sure or self.context != before:
            self.queue = []  # may have been seen in another world: better unlearnt than learnt wrong
        self.lost = 0 if sure else self.lost + 1
        if learn:
            if self.dynamics is not None:
                self.dynamics.notice(sense, after)
            if sure:
                if self._model_seen(candidate):
                    self._clear(candidate)
                if code is not None:
                    self.rewards.learn(self.context, code, action, expected[self.context], paid)
                self.queue.append(step)
                if len(self.queue) >= self.chunk or not self._ripe(self.context):
                    self._learn(self.context)
                self.returns.learn(self.context, returns)
            elif candidate < self.contexts:
                credit, rival = float(senses[candidate]), float(senses[:candidate].max())
                if self.lost > 1:
                    credit, rival = 0.8 * self.credit + 0.2 * credit, 0.8 * self.rival + 0.2 * rival
                self.credit, self.rival = credit, rival
                self.queue = [step]
                if code is not None:
                    self.rewards.learn(candidate, code, action, expected[candidate], paid)
                self._learn(candidate)
                if self.lost >= self.stubborn:  # nobody explains more: it is our world after all, with failed sensors
                    self.ailing = 0
                if self.lost >= self.patience and self._convincing(len(sense)):
                    self.open(candidate)
                    opened = sure = True
        return Belief(self.context, sure, self.context != before, opened)

    def begin(self, first: Tensor, *, learn: bool = True) -> Belief:
        """Take in the first observations of a life or an exam, ``(B, in_dim)``, which nothing came before."""
        before = self.context
        told = self._first_evidence(first)
        if self._guess is not None:
            likely = np.flatnonzero(told > told.max() - len(first))
            self.context, self._guess = int(likely[int(self._guess * len(likely))]), None
        self._doubt(told, np.zeros(self.known), first[:0], len(first))
        self._choose()
        if learn and self.known == 1:
            self._learn_first(0, first)
        return Belief(self.context, True, self.context != before, False)

    def _doubt(self, senses: np.ndarray, rewards: np.ndarray, fresh: Tensor, streams: int) -> None:
        known = self.known
        if fresh.shape[0]:
            senses = senses + self._first_evidence(fresh)
        doubt = self.doubt[:, :known]
        # Against the best there is (or against knowing nothing, 0), less what chance may do to each stream.
        doubt[0] += max(senses.max(), 0.0) - streams - senses
        acted = doubt[1, self.context] - rewards[self.context]
        doubt[1] *= self.fading
        doubt[1, self.context] = acted
        np.minimum(np.maximum(doubt, 0.0, out=doubt), self.ceiling, out=doubt)

    def _choose(self) -> np.ndarray:
        """Change to the least doubtful context if it is clearly less doubtful than the present one; returns doubts."""
        doubts = self.doubt[:, : self.known].sum(0)
        best = int(doubts.argmin())
        if doubts[best] < doubts[self.context] - 2.0 and doubts[best] < self.threshold:
            self.context = best
        return doubts

    def _evidence(self, sense: Tensor, action: Tensor, after: Tensor) -> np.ndarray:
        """Evidence of the senses for the contexts and the candidate, summed over streams."""
        asked = self.known + 1
        if self.dynamics is not None:
            return self.dynamics.total_evidence(sense, action, after, asked)
        assert self.familiarity is not None
        return self.familiarity.total_evidence(after, asked)

    def _reward_evidence(
        self, sense: Tensor, action: Tensor, reward: np.ndarray, *, learn: bool
    ) -> tuple[Tensor | None, np.ndarray, np.ndarray]:
        """Code the senses, say what was expected, ``(contexts, B)``, and what that is evidence for, ``(contexts,)``."""
        rewards = self.rewards
        notice = learn and not rewards.settled
        drive = rewards.drive(sense) if notice or rewards.informative else None
        code, expected, told = None, np.zeros(self.known + 1), np.zeros(self.known + 1)
        if rewards.informative and drive is not None:
            code = rewards.code(drive)
            expected = rewards.predict(code, action, self.known + 1)
            told = rewards.evidence(expected, reward).sum(1)
        if learn:
            rewards.notice(drive if notice else None, reward)
        return code, expected, told

    def _first_evidence(self, fresh: Tensor) -> np.ndarray:
        if self.dynamics is not None:
            return self.dynamics.first_evidence(fresh.double(), self.known).sum(1).cpu().numpy()
        assert self.familiarity is not None
        return self.familiarity.total_evidence(fresh, self.known)

    def _convincing(self, streams: int) -> bool:
        """Whether the candidate may become a context."""
        if self.credit <= self.creditable * streams:
            return False
        # Where rewards tell nothing, worlds differ in their senses or not at all: a known world that explains these as
        # well has not ended, we only fare badly in it.
        if not self.rewards.informative and self.credit <= self.rival:
            return False
        if self.dynamics is not None:
            return self.dynamics.explained(self.known) > 0.5  # noise is as large as a world's changes, not foreseen
        assert self.familiarity is not None
        # A storm in the bits stays surprising whoever looks at it; a new world soon surprises its own model little
        # more than the known worlds surprise theirs.
        surprise = self.familiarity.surprise[: self.known + 1]
        return bool(surprise[-1] <= self.disorder * surprise[:-1].max())

    def _learn(self, context: int) -> None:
        """Let one context learn what is queued: many steps in one go cost little more than one."""
        senses, actions, afters, first = zip(*self.queue, strict=True)
        self.queue = []
        first = [one for one in first if len(one)]
        if self.familiarity is not None:
            self.familiarity.learn(context, torch.cat([*afters, *first]))
            return
        assert self.dynamics is not None
        wary = context != self.known and self._ripe(context)
        seen = torch.cat(senses).double(), torch.cat(actions), torch.cat(afters).double()
        sound = self.dynamics.learn(context, *seen, wary=wary)
        if context != self.known:
            self.ailing = self.ailing + len(senses) if sound < 0.5 else 0
        if first:
            self._learn_first(context, torch.cat(first))

    def _ripe(self, context: int) -> bool:
        return self._model_seen(context) >= self.full

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

    def open(self, candidate: int) -> None:
        """Make the candidate a context, and believe in it."""
        self.context = candidate
        self.known += 1
        self.lost = self.ailing = 0
        self.doubt[:, candidate] = 0.0
        self._clear(self.known)
