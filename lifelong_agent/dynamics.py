"""Forward models of real-valued senses, one per context: the world is the one whose model predicts."""

from __future__ import annotations

import torch
from torch import Tensor, nn


class Dynamics(nn.Module):
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
        starts: First observations that must have been seen before they say what is usual.
    """

    usual: Tensor
    information: Tensor
    moment: Tensor
    variance: Tensor
    slope: Tensor
    covariance: Tensor
    start: Tensor
    seen: Tensor

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
    ) -> None:
        super().__init__()
        size = in_dim + actions + 1
        self.actions = actions
        self.keep = 1.0 - 1.0 / memory
        self.floor = floor
        self.limit = limit
        self.fault = fault
        self.gate = gate
        self.starts = starts
        wide = torch.float64
        # Usual change and spread of each channel over the whole life: (weight, mean square change, mean, mean square).
        self.register_buffer("usual", torch.zeros(4, in_dim, dtype=wide))
        self.register_buffer("information", torch.zeros(contexts, size, size, dtype=wide))
        self.register_buffer("moment", torch.zeros(contexts, size, in_dim, dtype=wide))
        self.register_buffer("variance", torch.ones(contexts, in_dim, dtype=wide))
        self.register_buffer("slope", torch.zeros(contexts, size, in_dim, dtype=wide))
        self.register_buffer("covariance", torch.zeros(contexts, size, size, dtype=wide))
        self.register_buffer("start", torch.zeros(contexts, 3, in_dim, dtype=wide))
        self.register_buffer("seen", torch.zeros(contexts, dtype=wide))
        self._prior = 1e-3

    def notice(self, sense: Tensor, after: Tensor) -> None:
        """Follow the usual size of changes over the whole life: both of shape ``(B, in_dim)``."""
        weight = (1.0 / (self.usual[0] + 1.0)).clamp(min=1e-4)
        self.usual[1] += weight * (((after - sense) ** 2).mean(0) - self.usual[1])
        self.usual[2] += weight * (after.mean(0) - self.usual[2])
        self.usual[3] += weight * ((after**2).mean(0) - self.usual[3])
        self.usual[0] += 1.0

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
        change = after - sense
        error = change - features @ self.slope[:contexts]
        spread = 1.0 + ((features @ self.covariance[:contexts]) * features).sum(2)
        variance = self.variance[:contexts, None, :] * spread[:, :, None] + self._floor()
        blank = 4.0 * self.usual[1] + 1e-12
        known = error**2 / variance + variance.log()
        return self._bounded(known, change**2 / blank + blank.log()) * (self.seen[:contexts] > 0)[:, None]

    def first_evidence(self, first: Tensor, contexts: int) -> Tensor:
        """Evidence of first observations, ``(B, in_dim)``, for the first contexts, in nats: ``(contexts, B)``."""
        start = self.start[:contexts]
        count = start[:, 0].clamp(min=1.0)
        mean = start[:, 1] / count
        variance = (start[:, 2] / count - mean**2).clamp(min=0.0)
        usual = (self.usual[3] - self.usual[2] ** 2).clamp(min=1e-12)
        variance = variance * (1.0 + 2.0 / count) + (self.floor**2) * usual + usual / count
        variance = variance[:, None]
        known = (first - mean[:, None]) ** 2 / variance + variance.log()
        unknown = (first - self.usual[2]) ** 2 / (4.0 * usual) + (4.0 * usual).log()
        return self._bounded(known, unknown) * (start[:, 0, :1] >= 8)

    def learn(self, context: int, sense: Tensor, action: Tensor, after: Tensor, *, wary: bool = False) -> None:
        """Let one context learn from transitions; a wary one leaves out those that it holds to be sensor faults."""
        features = self._features(sense, action)
        change = after - sense
        error = change - features @ self.slope[context]
        if wary:
            loose = self.variance[context] + 4.0 * self._floor()
            sound = (error**2 < self.gate**2 * loose).all(1)
            features, change, error = features[sound], change[sound], error[sound]
            sense = sense[sound]
            if not len(sense):
                return
        size = sense.shape[0]
        seen = self.seen[context]
        # Prequential residuals of the first samples measure ignorance, not noise: they are let go fast.
        rate = (size / (seen + size)).clamp(min=1.0 - self.keep**size, max=0.5)
        spread = 1.0 + (features @ self.covariance[context] * features).sum(1, keepdim=True)
        if seen > 0:
            self.variance[context] += rate * ((error**2 / spread).mean(0) - self.variance[context])
        else:
            self.variance[context] = self.usual[1]
        keep = self.keep**size
        self.information[context] = keep * self.information[context] + features.T @ features
        self.moment[context] = keep * self.moment[context] + features.T @ change
        eye = self._prior * torch.eye(features.shape[1], dtype=features.dtype, device=features.device)
        self.covariance[context] = torch.linalg.inv(self.information[context] + eye)
        self.slope[context] = self.covariance[context] @ self.moment[context]
        self.seen[context] += size

    def learn_first(self, context: int, first: Tensor) -> None:
        """Let one context learn what episodes begin with: ``(B, in_dim)``."""
        self.start[context, 0] += first.shape[0]
        self.start[context, 1] += first.sum(0)
        self.start[context, 2] += (first**2).sum(0)

    def clear(self, context: int) -> None:
        """Forget what one context knows."""
        for name in ("information", "moment", "slope", "covariance", "start", "seen"):
            getattr(self, name)[context] = 0.0
        self.variance[context] = 1.0

    def _bounded(self, known: Tensor, unknown: Tensor) -> Tensor:
        # One channel may speak against a context only so far: a failed sensor is no other world.
        channels = (0.5 * (unknown - known)).clamp(-self.fault, 2.0 * self.fault)
        return channels.sum(2).clamp(-self.limit, self.limit)

    def _floor(self) -> Tensor:
        return (self.floor**2) * self.usual[1] + 1e-12

    def _features(self, sense: Tensor, action: Tensor) -> Tensor:
        acted = nn.functional.one_hot(action, self.actions).to(sense.dtype)
        return torch.cat([sense, acted, torch.ones_like(sense[:, :1])], dim=1)
