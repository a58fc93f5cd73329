"""Adaptation: axons that transmit changes, and the novelty of the input that sets how fast they adapt."""

from __future__ import annotations

import math

import torch
from torch import Tensor, nn

try:
    from lifelong_agent.kernels import adapting
except ImportError:  # numba is optional
    adapting = None


def novelty(seen: Tensor, mean: Tensor) -> Tensor:
    """Tell how new an input is beside its running mean: ``1 - max(0, cos(seen - <seen>, mean - <mean>))``.

    Args:
        seen: Mean input of late, any shape.
        mean: Running mean of the input, the same shape.

    Returns:
        A scalar tensor in [0, 1]: near 0 while the input is as ever, 1 for an input that shares nothing with the mean,
        and 1 if one of the two is constant over the channels.
    """
    one, two = seen.flatten(), mean.flatten()
    one, two = one - one.mean(), two - two.mean()
    # What is left of two constants is rounding, which points anywhere: too short, together, to be compared.
    return 1 - (one @ two / (one.norm() * two.norm()).clamp_min(1e-8)).clamp(0, 1)


def unit_means(activity: Tensor, units: int) -> Tensor:
    """Average the activity of units over samples, and over places in layers of filters.

    Args:
        activity: ``(B, units)``, ``(B, T, units)`` of dense layers, or ``(B, units, H, W)`` of convolutions.
        units: 1 if units are the dimension 1 of activity, else -1.

    Returns:
        ``(units,)``.
    """
    if activity.dim() == 2:
        return activity.mean(dim=0)
    return activity.mean(dim=[d for d in range(activity.dim()) if d != units % activity.dim()])


def gains(variance: Tensor, floor: float) -> Tensor:
    """Tell what each channel is multiplied by: ``sqrt((1 + g) / (v / <v> + g))``.

    Args:
        variance: ``v``, any shape, zero or above.
        floor: ``g``, above zero: 1 for channels that vary as the average does, at most ``sqrt((1 + g) / g)``.

    Returns:
        A tensor of the same shape; ones if nothing varies.
    """
    average = variance.mean()
    return ((1 + floor) / (variance / average + floor)).sqrt() if average > 0 else torch.ones_like(variance)


class Sensory(nn.Module):
    """The running mean of the input, which moves as fast as the input is new, and the input minus it.

    Buffers:
        mean: ``c``, the shape of one input.
        recent: Fast trace over ``horizon`` samples, the shape of one input.
        rate: ``r``, the novelty at the last step, a scalar.
        variance: ``v``, the shape of one input; only with a gain, as the next one.
        scales: What each channel is multiplied by, see `gains`.
    """

    mean: Tensor
    recent: Tensor
    rate: Tensor
    variance: Tensor
    scales: Tensor

    def __init__(self, example: Tensor, horizon: int, gain: float = 0.0) -> None:
        """Begin without a mean.

        Args:
            example: One input, without the dimension of samples.
            horizon: Samples over which the fast trace averages.
            gain: ``g`` of `gains`; 0 leaves gains at 1.
        """
        super().__init__()
        self.horizon, self.gain = horizon, gain
        if gain:
            self.register_buffer("variance", torch.zeros_like(example))
            self.register_buffer("scales", torch.ones_like(example))
        self.register_buffer("mean", torch.zeros_like(example))
        self.register_buffer("recent", torch.zeros_like(example))
        self.register_buffer("rate", example.new_ones(()))
        self.samples = 0
        self._shape = example.shape

    def get_extra_state(self) -> Tensor:
        """Give how many samples the trace has seen, for ``state_dict``."""
        return torch.tensor(self.samples)

    def set_extra_state(self, state: Tensor) -> None:
        """Take what `get_extra_state` gave."""
        self.samples = int(state)

    def forget(self) -> None:
        """Let the fast trace begin anew; the mean stays."""
        self.samples = 0

    @torch.no_grad()
    def watch(self, given: Tensor) -> None:
        """Let a batch into the fast trace, and see how new that is.

        Args:
            given: ``(B, ...)`` with the shape of one input.

        Raises:
            FloatingPointError: If it is not finite; nothing has been let in.
        """
        seen = given.reshape(-1, *self._shape)
        share = max(len(seen) / self.horizon, len(seen) / (self.samples + len(seen)))
        if adapting is not None and is_plain(seen, self.recent):
            flat = [tensor.view(-1).numpy() for tensor in (self.recent, self.mean)]
            rate = adapting.watch(seen.reshape(len(seen), -1).numpy(), *flat, share)
            self._check(rate)
        else:
            recent = seen.mean(dim=0)
            if share < 1:
                recent = self.recent.lerp(recent, share)
            rate = float(novelty(recent, self.mean))
            self._check(rate)
            self.recent.copy_(recent)
        self.samples += len(seen)
        self.rate.fill_(rate)

    @staticmethod
    def _check(rate: float) -> None:
        if not math.isfinite(rate):
            raise FloatingPointError(
                "the rule follows the mean of what the network is given; got an input that is not finite (NaN or "
                "infinite); mend it before the network sees it. Nothing has been changed"
            )

    @torch.no_grad()
    def follow(self) -> None:
        """Move the mean to the fast trace, as fast as that is new."""
        self.mean.lerp_(self.recent, self.rate)

    @torch.no_grad()
    def control(self, given: Tensor, rate: float) -> None:
        """Move variances to those of a batch around the mean, and gains with them; nothing happens without a gain.

        Args:
            given: ``(B, ...)`` with the shape of one input.
            rate: Share of the way, in [0, 1]; at most ``B / (B + horizon)`` of it is gone, since few samples tell
                little of a variance.
        """
        if not self.gain:
            return
        off = given.reshape(-1, *self._shape) - self.mean
        share = min(rate, len(off) / (len(off) + self.horizon))
        self.vary(self.variance.lerp(off.square().mean(dim=0), share))

    @torch.no_grad()
    def vary(self, variance: Tensor) -> None:
        """Take up variances, and the gains that belong to them."""
        self.variance.copy_(variance.view_as(self.variance))
        self.scales.copy_(gains(self.variance, self.gain))

    def sent(self, given: Tensor) -> Tensor:
        """Give what the senses send: the input minus its mean, times the gains; both are constants for gradients."""
        if not self.gain:
            return given - self.mean
        return torch.addcmul(-self.mean * self.scales, given, self.scales)


class Habituation(nn.Module):
    """The running mean of a hidden layer's units, which is taken off what they send.

    Buffers:
        mean: ``m``, ``(units,)``.
    """

    mean: Tensor

    def __init__(self, units: int, dim: int, like: Tensor) -> None:
        """Begin at zero.

        Args:
            units: Units of the layer.
            dim: The dimension of activity in which units lie: -1 for dense layers, 1 for filters.
            like: Gives the type and the device.
        """
        super().__init__()
        self.dim = dim
        self.register_buffer("mean", like.new_zeros(units))

    @torch.no_grad()
    def follow(self, activity: Tensor, rate: float) -> None:
        """Move the means to those of a batch.

        Args:
            activity: ``(B, units)`` or ``(B, units, ...)``.
            rate: Share of the way, in [0, 1].
        """
        if adapting is not None and activity.dim() == 2 and is_plain(activity, self.mean):
            adapting.follow_units(activity.numpy(), self.mean.numpy(), float(rate))
        else:
            self.mean.lerp_(unit_means(activity, self.dim), rate)

    def sent(self, activity: Tensor) -> Tensor:
        """Give what the units send: their activity minus its mean, which is a constant for gradients."""
        if self.dim == -1:
            return activity - self.mean
        return activity - self.mean.reshape(-1, *(1,) * (activity.dim() - 2))


def is_plain(*tensors: Tensor) -> bool:
    """Tell whether tensors lie on the host as contiguous float32, as compiled kernels want them."""
    return all(
        tensor.device.type == "cpu" and tensor.dtype == torch.float32 and tensor.is_contiguous() for tensor in tensors
    )
