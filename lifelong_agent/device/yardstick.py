"""The yardstick of rewards and TD errors, in tensors on the device of a brain."""

from __future__ import annotations

import torch
from torch import Tensor

from lifelong_agent.actor_critic import Yardstick
from lifelong_agent.device.rows import put, row


class DeviceYardstick:
    """Does what `Yardstick` does without a host that waits.

    Args:
        home: Where what was measured is kept while nobody lives.
    """

    returns: Tensor
    spread: Tensor
    usual: Tensor

    def __init__(self, home: Yardstick) -> None:
        self._home = home

    def load(self, device: torch.device) -> None:
        """Go on from what is at home."""
        home = self._home
        self.returns, self.spread, self.usual = (
            kept.to(device, copy=True) for kept in (home.returns, home.spread, home.usual)
        )

    def settle(self) -> None:
        """Bring home what was measured; this waits for the device."""
        home = self._home
        home.returns.copy_(self.returns)
        home.spread.copy_(self.spread)
        home.usual.copy_(self.usual)

    def reward(self, reward: Tensor, ended: Tensor, context: Tensor, *, sure: Tensor, switched: Tensor) -> Tensor:
        """Take in the rewards of one step and return them scaled, ``(B,)``, float64.

        Args:
            reward: ``(B,)``, float64.
            ended: Whether an episode ended with this step, ``(B,)``, bool.
            context: The context believed in, ``(1,)``.
            sure: Whether the rewards are held to be this context's, ``()``, bool.
            switched: Whether the world has changed, ``()``, bool: the returns of all streams begin anew.
        """
        returns = self.returns.mul_(self._home.gamma).add_(reward)
        samples, mean, square, largest = row(self.spread, context).unbind()
        samples = samples + len(returns)
        distance = returns - mean
        mean = mean + distance.sum() / samples
        square = square + distance @ (returns - mean)
        largest = torch.maximum(largest, reward.abs().amax())
        put(self.spread, context, torch.stack([samples, mean, square, largest]), sure)
        returns.masked_fill_(ended | switched, 0.0)
        return reward / self._unit(row(self.spread, context))

    def error(self, error: Tensor, value: Tensor, context: Tensor, mask: Tensor) -> tuple[Tensor, Tensor]:
        """Take in the TD errors and values of one step, each ``(B,)``, float64, where a mask, ``()``, holds.

        Returns:
            The errors in units of their usual size, ``(B,)``, and how right they were, ``()``, in ``[0, 1]``.
        """
        home = self._home
        steps, usual_error, usual_value = row(self.usual, context).unbind()
        rate = (1.0 / (steps + 1.0)).clamp(min=home.rate)
        size = error.abs().mean()
        usual_error = usual_error + rate * (size - usual_error)
        usual_value = usual_value + rate * (value.abs().mean() - usual_value)
        put(self.usual, context, torch.stack([steps + 1.0, usual_error, usual_value]), mask)
        rightness = torch.exp(-size / (home.tolerance * usual_value + 1e-8))
        spread = row(self.spread, context)
        least = home.floor * spread[3] / self._unit(spread)
        return error / torch.maximum(usual_error, least).clamp(min=1e-8), rightness

    def _unit(self, spread: Tensor) -> Tensor:
        samples, _, square, largest = spread.unbind()
        unit = torch.maximum((square / samples.clamp(min=1.0)).sqrt(), largest)
        return torch.where(unit == 0.0, 1.0, unit)
