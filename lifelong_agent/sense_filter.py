"""A filter over real-valued senses: a channel that says what cannot be is believed less than the forward model."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from lifelong_agent.dynamics import Dynamics


class SenseFilter(nn.Module):
    """Estimates what the senses would say if no sensor failed, for each of B streams.

    A Kalman filter on the linear forward model of the present context. The sensors of a stream are exact until one
    contradicts the prediction by more than ``gate`` standard deviations; then its claim gets the variance of its own
    contradiction, so a dropped, inverted or noisy channel hardly moves the estimate, and the sound channels correct it
    through the model.

    Source: Kalman (1960); innovation gating and robust measurement variance (Mehra 1970; Huber's weights in
    Cipra & Romera 1991).

    Args:
        streams: Number of parallel streams.
        in_dim: Number of sense channels.
        gate: Contradiction from which a channel is doubted, in standard deviations of the prediction.
        looseness: Smallest standard deviation of a prediction, as a share of a channel's usual change.
    """

    estimate: Tensor
    covariance: Tensor

    def __init__(self, streams: int, in_dim: int, *, gate: float = 6.0, looseness: float = 0.1) -> None:
        super().__init__()
        self.gate = gate
        self.looseness = looseness
        self.register_buffer("estimate", torch.zeros(streams, in_dim, dtype=torch.float64))
        self.register_buffer("covariance", torch.zeros(streams, in_dim, in_dim, dtype=torch.float64))
        self._sound = True  # whether all covariances are zero

    def get_extra_state(self) -> bool:
        """Whether all sensors are believed: part of ``state_dict()``."""
        return self._sound

    def set_extra_state(self, state: bool) -> None:
        """Restore whether all sensors are believed."""
        self._sound = state

    def restart(self, streams: int) -> None:
        """Begin anew with so many streams, of which nothing is known."""
        width = self.estimate.shape[1]
        self.estimate = self.estimate.new_zeros(streams, width)
        self.covariance = self.covariance.new_zeros(streams, width, width)
        self._sound = True

    def step(self, dynamics: Dynamics, context: int, action: Tensor, after: Tensor) -> Tensor:
        """Take in what the sensors say after an action.

        Args:
            dynamics: The forward models.
            context: The context that is believed in.
            action: What was done, ``(B,)``.
            after: What the sensors say, ``(B, in_dim)``.

        Returns:
            The estimate, ``(B, in_dim)``, of the sensors' type.
        """
        size, width = after.shape
        if (
            dynamics.compiled
            and self._sound
            and not dynamics.contradicted(context, self.estimate[:size], action, after, self.looseness, self.gate)
        ):
            self.trust(after)
            return after
        mean = dynamics.predict(context, self.estimate[:size], action)
        noise = dynamics.variance[context] + (self.looseness**2) * dynamics.usual[0]
        if self._sound:
            spread = torch.diag(noise).expand(size, -1, -1)
        else:
            carry = torch.eye(width, dtype=mean.dtype, device=mean.device) + dynamics.slope[context, :width].T
            spread = carry @ self.covariance[:size] @ carry.T + torch.diag(noise)
        return self._correct(mean, spread, after)

    def start(self, dynamics: Dynamics, context: int, fresh: Tensor, which: Tensor) -> Tensor:
        """Begin episodes: the first observations are weighed against what episodes of this world begin with.

        Args:
            dynamics: The forward models.
            context: The context that is believed in.
            fresh: What the sensors say, ``(B, in_dim)``, used where ``which`` holds.
            which: Which streams begin an episode, ``(B,)``, bool.

        Returns:
            The estimates of all streams, ``(B, in_dim)``.
        """
        usual = dynamics.usual_start(context)
        size = fresh.shape[0]
        if usual is None:
            self.estimate[:size][which] = fresh[which].double()
            self.covariance[:size][which] = 0.0
            return self.estimate[:size].to(fresh.dtype, copy=True)
        mean, variance = usual
        variance = variance + (self.looseness**2) * dynamics.usual[0]
        kept, kept_spread, sound = self.estimate[:size].clone(), self.covariance[:size].clone(), self._sound
        self._correct(mean.expand(size, -1), torch.diag(variance).expand(size, -1, -1), fresh)
        self.estimate[:size] = torch.where(which[:, None], self.estimate[:size], kept)
        self.covariance[:size] = torch.where(which[:, None, None], self.covariance[:size], kept_spread)
        self._sound = self._sound and sound
        return self.estimate[:size].to(fresh.dtype, copy=True)

    def trust(self, sense: Tensor) -> None:
        """Take what the sensors say as it is: ``(B, in_dim)``."""
        self.estimate[: sense.shape[0]] = sense.double()
        self.covariance[: sense.shape[0]] = 0.0
        self._sound = self._sound or len(sense) == len(self.covariance)

    def _correct(self, mean: Tensor, spread: Tensor, seen: Tensor) -> Tensor:
        size = len(seen)
        gap = seen.double() - mean
        own = spread.diagonal(dim1=1, dim2=2)
        doubted = gap.square() > self.gate**2 * own
        if not bool(doubted.any()):
            self.trust(seen)
            return seen
        sound = ~doubted.any(1)
        claimed = torch.where(doubted, gap**2, 1e-6 * own).clamp(min=1e-12)  # a channel may never have changed
        gain = torch.linalg.solve(spread + torch.diag_embed(claimed), spread)
        estimate = mean + (gap[:, None, :] @ gain)[:, 0]
        self.estimate[:size] = torch.where(sound[:, None], seen.double(), estimate)
        self.covariance[:size] = (spread - spread @ gain).masked_fill_(sound[:, None, None], 0.0)
        self._sound = False
        return self.estimate[:size].to(seen.dtype, copy=True)
