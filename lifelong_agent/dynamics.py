"""Forward models of real-valued senses, one per context: the world is the one whose model predicts."""

from __future__ import annotations

from typing import Any

import numpy as np
import torch
from torch import Tensor

from lifelong_agent.engine import kernels
from lifelong_agent.views import Viewed


class Dynamics(Viewed):
    """Each context predicts the change of the raw senses linearly from the senses and the action, and knows its error.

    Bayesian linear regression in information form with forgetting towards the prior, so nothing winds up. The evidence
    for a context is the log-likelihood ratio of what happened under its model against that of knowing nothing but the
    usual size of changes. A second Gaussian, over the first observations of episodes, recognises worlds before a step.

    Sources: recursive least squares with regularised forgetting (Ljung 1999, ch. 11); selection among forward models by
    their likelihood (MOSAIC: Haruno, Wolpert & Kawato 2001; multiple model-based RL: Doya et al. 2002).

    Args:
        in_dim: Number of sense channels.
        actions: Number of discrete actions.
        contexts: Number of context slots.
        memory: Samples after which an old sample counts 1/e.
        floor: Smallest standard deviation that a model may claim, as a share of a channel's usual change.
        limit: Largest evidence of one transition, in nats, for or against.
        fault: Largest evidence of one channel against a context, in nats.
        gate: Error from which a wary learner takes a channel for failed, in standard deviations.
        starts: First observations that must have been seen before they say what is usual, and may speak against a
            context.
        ripe: Transitions that a context must have seen before it may speak against itself: the first errors of a
            model measure its ignorance.
    """

    usual: Tensor
    information: Tensor
    moment: Tensor
    variance: Tensor
    changes: Tensor
    foresight: Tensor
    _acted: Tensor
    start: Tensor
    bounds: Tensor

    def __init__(
        self,
        in_dim: int,
        actions: int,
        contexts: int,
        *,
        memory: float = 20_000.0,
        floor: float = 0.05,
        limit: float = 10.0,
        fault: float = 3.0,
        gate: float = 6.0,
        starts: int = 64,
        ripe: int = 256,
    ) -> None:
        super().__init__()
        size = in_dim + actions + 1
        self.compiled = False
        self.keep = 1.0 - 1.0 / memory
        self.floor = floor
        self.limit = limit
        self.fault = fault
        self.gate = gate
        self.starts = starts
        self.ripe = ripe
        wide = torch.float64
        # Usual change and spread of each channel over the whole life: (mean square change, mean, mean square).
        self.register_buffer("usual", torch.zeros(3, in_dim, dtype=wide))
        self.register_buffer("information", torch.zeros(contexts, size, size, dtype=wide))
        self.register_buffer("moment", torch.zeros(contexts, size, in_dim, dtype=wide))
        self.register_buffer("variance", torch.ones(contexts, in_dim, dtype=wide))
        self.register_buffer("changes", torch.zeros(contexts, in_dim, dtype=wide))
        # Slopes and their covariance side by side, so that one product of matrices serves both.
        self.register_buffer("foresight", torch.zeros(contexts, size, in_dim + size, dtype=wide))
        self.register_buffer("start", torch.zeros(contexts, 3, in_dim, dtype=wide))
        # Least and largest evidence that a context may give.
        self.register_buffer("bounds", torch.zeros(2, contexts, 1, dtype=wide))
        self.register_buffer("_acted", torch.eye(actions, dtype=wide), persistent=False)
        self.in_dim = in_dim
        self.seen = [0.0] * contexts  # how much each context has learnt from; on the host, for it decides what is done
        self.noticed = 0.0
        self._prior = 1e-3

    @property
    def slope(self) -> Tensor:
        """What each context foresees of a change, by feature: ``(contexts, in_dim + actions + 1, in_dim)``."""
        return self.foresight[:, :, : self.in_dim]

    @property
    def covariance(self) -> Tensor:
        """How unsure each context is of its slopes, in units of its noise: ``(contexts, size, size)``."""
        return self.foresight[:, :, self.in_dim :]

    def get_extra_state(self) -> dict[str, Any]:
        """Counters that belong to the state: part of ``state_dict()``."""
        return {"seen": list(self.seen), "noticed": self.noticed}

    def set_extra_state(self, state: dict[str, Any]) -> None:
        """Restore the counters."""
        self.seen, self.noticed = list(state["seen"]), float(state["noticed"])

    def notice(self, sense: Tensor, after: Tensor) -> None:
        """Follow the usual size of changes over the whole life: both of shape ``(B, in_dim)``."""
        self.noticed += 1.0
        if self.compiled:
            kernels().follow_usual(sense.numpy(), after.numpy(), self.views["usual"], max(1.0 / self.noticed, 1e-4))
            return
        sense, after = sense.double(), after.double()
        now = torch.stack([(after - sense).square(), after, after.square()]).mean(1)
        self.usual.lerp_(now, max(1.0 / self.noticed, 1e-4))

    def predict(self, context: int, sense: Tensor, action: Tensor) -> Tensor:
        """Predict the next senses in one context, ``(B, in_dim)``."""
        return sense + self._features(sense, action) @ self.slope[context]

    def usual_start(self, context: int) -> tuple[Tensor, Tensor] | None:
        """Mean and variance of first observations in one context, each ``(in_dim,)``; None while too few are known."""
        count, total, square = self.start[context]
        if count[0] < self.starts:
            return None
        mean = total / count
        return mean, (square / count - mean**2).clamp(min=0.0)

    def evidence(self, sense: Tensor, action: Tensor, after: Tensor, contexts: int) -> Tensor:
        """Evidence of transitions for the first contexts against knowing nothing, in nats: ``(contexts, B)``."""
        features = self._features(sense, action)
        foreseen = features @ self.foresight[:contexts]
        change = after - sense
        error = change - foreseen[:, :, : self.in_dim]
        spread = (foreseen[:, :, self.in_dim :] * features).sum(2, keepdim=True).add_(1.0)
        variance = (self.variance[:contexts, None] * spread).add_(self._floor())
        blank = 4.0 * self.usual[0] + 1e-12
        known = error.square_().div_(variance).add_(variance.log_())
        return self._bounded(known, change.square() / blank + blank.log(), *self.bounds[:, :contexts])

    def total_evidence(self, sense: Tensor, action: Tensor, after: Tensor, contexts: int) -> np.ndarray:
        """Evidence of transitions, summed over streams, on the host: ``(contexts,)``; senses of any precision."""
        if not self.compiled:
            told = self.evidence(sense.double(), action, after.double(), contexts)
            return told.sum(1).cpu().numpy()
        out = np.empty(contexts)
        views = self.views
        state = views["foresight"], views["variance"], views["usual"][0], views["bounds"]
        seen = sense.numpy(), action.numpy(), after.numpy()
        kernels().foresee(*seen, *state, self.floor**2, self.fault, out)
        return out

    def contradicted(
        self, context: int, sense: Tensor, action: Tensor, after: Tensor, loose: float, gate: float
    ) -> bool:
        """Say whether any channel contradicts what a context foresees, by ``gate`` standard deviations (CPU only).

        Args:
            context: The context.
            sense: What is held to be true, ``(B, in_dim)``, double.
            action: What was done, ``(B,)``.
            after: What the sensors say, ``(B, in_dim)``.
            loose: Smallest standard deviation of a prediction, as a share of a channel's usual change.
            gate: In standard deviations.
        """
        views = self.views
        state = views["foresight"][context], views["variance"][context], views["usual"][0]
        return kernels().contradicts(sense.numpy(), action.numpy(), after.numpy(), *state, loose**2, gate**2)

    def first_evidence(self, first: Tensor, contexts: int) -> Tensor:
        """Evidence of first observations, ``(B, in_dim)``, for the first contexts, in nats: ``(contexts, B)``."""
        start = self.start[:contexts]
        count = start[:, 0].clamp(min=1.0)
        mean = start[:, 1] / count
        variance = (start[:, 2] / count - mean**2).clamp(min=0.0)
        usual = (self.usual[2] - self.usual[1] ** 2).clamp(min=1e-12)
        variance = variance * (1.0 + 2.0 / count) + (self.floor**2) * usual + usual / count
        variance = variance[:, None]
        known = (first - mean[:, None]) ** 2 / variance + variance.log()
        unknown = (first - self.usual[1]) ** 2 / (4.0 * usual) + (4.0 * usual).log()
        count = start[:, 0, :1]
        return self._bounded(known, unknown, -self.limit * (count >= self.starts), self.limit * (count >= 8))

    def learn(self, context: int, sense: Tensor, action: Tensor, after: Tensor, *, wary: bool = False) -> float:
        """Let one context learn from transitions; a wary one leaves out those that it holds to be sensor faults.

        Returns:
            The share of the transitions that was learnt from.
        """
        given = len(sense)
        features = self._features(sense, action)
        change = after - sense
        error = change - features @ self.slope[context]
        if wary:
            loose = self.variance[context] + 4.0 * self._floor()
            sound = (error**2 < self.gate**2 * loose).all(1)
            features, change, error = features[sound], change[sound], error[sound]
            sense = sense[sound]
            if not len(sense):
                return 0.0
        size = sense.shape[0]
        seen = self.seen[context]
        # Prequential residuals of the first samples measure ignorance, not noise: they are let go fast.
        least = 0.2 if seen < self.ripe else 1.0 - self.keep**size
        rate = min(max(size / (seen + size), least), 0.5) if seen else 1.0
        spread = 1.0 + (features @ self.covariance[context] * features).sum(1, keepdim=True) if seen else 1.0
        self.variance[context] += rate * ((error**2 / spread).mean(0) - self.variance[context])
        self.changes[context] += rate * ((change**2).mean(0) - self.changes[context])
        keep = self.keep**size
        self.information[context] = keep * self.information[context] + features.T @ features
        self.moment[context] = keep * self.moment[context] + features.T @ change
        eye = self._prior * torch.eye(features.shape[1], dtype=features.dtype, device=features.device)
        covariance = torch.linalg.inv(self.information[context] + eye)
        self.foresight[context, :, self.in_dim :] = covariance
        self.foresight[context, :, : self.in_dim] = covariance @ self.moment[context]
        self.seen[context] += size
        self.bounds[0, context] = -self.limit if self.seen[context] >= self.ripe else 0.0
        self.bounds[1, context] = self.limit
        return size / given

    def explained(self, context: int) -> float:
        """Share of the changes that a context foresaw while it learnt, mean over channels, at most 1."""
        changes = self.changes[context].clamp(min=1e-12)
        return 1.0 - float((self.variance[context] / changes).clamp(max=1.0).mean())

    def learn_first(self, context: int, first: Tensor) -> None:
        """Let one context learn what episodes begin with: ``(B, in_dim)``."""
        self.start[context, 0] += first.shape[0]
        self.start[context, 1] += first.sum(0)
        self.start[context, 2] += (first**2).sum(0)

    def clear(self, context: int) -> None:
        """Forget what one context knows."""
        for name in ("information", "moment", "foresight", "changes", "start"):
            getattr(self, name)[context] = 0.0
        self.bounds[:, context] = 0.0
        self.variance[context] = 1.0
        self.seen[context] = 0.0

    def _bounded(self, known: Tensor, unknown: Tensor, least: Tensor, largest: Tensor) -> Tensor:
        # One channel may speak against a context only so far: a failed sensor is no other world.
        channels = (unknown - known).mul_(0.5).clamp_(-self.fault, 2.0 * self.fault)
        return channels.sum(2).clamp(least, largest)

    def _floor(self) -> Tensor:
        return (self.floor**2) * self.usual[0] + 1e-12

    def _features(self, sense: Tensor, action: Tensor) -> Tensor:
        return torch.cat([sense, self._acted[action], torch.ones_like(sense[:, :1])], dim=1)
