"""What each context expects to be rewarded for: tells worlds apart that look the same."""

from __future__ import annotations

from typing import Any

import numpy as np
import torch
from torch import Tensor

from lifelong_agent.engine import kernels
from lifelong_agent.projection import project, random_rows
from lifelong_agent.views import Viewed


class RewardModel(Viewed):
    """Each context predicts the reward of an action linearly from a shared sparse code of the raw senses.

    Only a broken promise speaks against a context: a reward that was firmly expected and did not come. A reward that
    nobody expected speaks for the contexts that did expect it. Expecting the usual and getting the usual says nothing,
    and a world that pays more than expected raises no doubt: it may be ours, better explored.

    Source: normalised least mean squares (Widrow & Hoff 1960; Nagumo & Noda 1967) on a fly-like code
    (Dasgupta, Stevens & Navlakha 2017); reward as a key of its own beside the senses (Doya et al. 2002).

    Args:
        in_dim: Number of sense channels.
        actions: Number of discrete actions.
        contexts: Number of context slots.
        bits: Whether the senses are bits.
        neurons: Size of the code.
        winners: Active neurons of the code.
        rate: Share of a prediction error that one sample closes, in ``(0, 1]``.
        noise: Standard deviation of a reward, as a share of the largest distance from the mean reward ever seen.
        generator: Draws the code's projection.
    """

    projection: Tensor
    weight: Tensor
    centre: Tensor

    def __init__(
        self,
        in_dim: int,
        actions: int,
        contexts: int,
        *,
        bits: bool,
        generator: torch.Generator,
        neurons: int = 512,
        winners: int = 32,
        rate: float = 0.1,
        noise: float = 0.25,
    ) -> None:
        super().__init__()
        self.compiled = False
        self.neurons = neurons
        self.winners = winners
        self.rate = rate
        self.noise = noise
        self.bits = bits
        self.register_buffer("projection", random_rows(neurons, in_dim, 1.0, generator).T.contiguous())
        self.register_buffer("weight", torch.zeros(contexts, actions * neurons))
        self.register_buffer("centre", torch.zeros(neurons))
        # On the host, per context: the reward to be expected where nothing is known (the mean of its first lessons),
        # and how wrong its promises have been (running mean square error where it expected something else).
        self.lessons = np.zeros(contexts)
        self.bias = np.zeros(contexts)
        self.wrong = np.zeros(contexts)
        # Over the whole life: samples, mean reward, largest distance from the mean.
        self.seen, self.mean, self.largest = 0.0, 0.0, 0.0

    @property
    def informative(self) -> bool:
        """Whether rewards have ever differed: where they have not, they tell nothing."""
        return self.largest > 1e-6

    @property
    def settled(self) -> bool:
        """Whether the mean of the senses has settled."""
        return self.seen >= 1000

    def drive(self, sense: Tensor) -> Tensor:
        """Project raw senses, shape ``(B, in_dim)``: drives of shape ``(B, neurons)``."""
        if not (self.compiled and self.bits):
            return project(sense, self.projection, bits=self.bits)
        drive = np.empty((len(sense), self.neurons), np.float32)
        kernels().sum_rows(sense.numpy(), self.views["projection"], drive)
        return torch.from_numpy(drive)

    def code(self, drive: Tensor) -> Tensor:
        """Code drives, shape ``(B, neurons)``: the winners, ``(B, winners)``."""
        if not self.compiled:
            return (drive - self.centre).topk(self.winners, dim=1, sorted=False).indices
        winners, best = np.empty((len(drive), self.winners), np.int64), np.empty(len(drive), np.float32)
        kernels().fire(drive.numpy(), self.views["centre"], winners, best)
        return torch.from_numpy(winners)

    def predict(self, code: Tensor, action: Tensor, contexts: int) -> np.ndarray:
        """Predict the rewards of actions, shape ``(B,)``, in each of the first contexts: ``(contexts, B)``."""
        if self.compiled:
            out = np.empty((contexts, len(code)))
            kernels().promised(self.views["weight"], code.numpy(), action.numpy(), self.neurons, out)
            return out + self.bias[:contexts, None]
        place = code + self.neurons * action[:, None]
        promised = self.weight[:contexts, place].sum(2)
        return promised.cpu().numpy().astype(np.float64) + self.bias[:contexts, None]

    def evidence(self, expected: np.ndarray, reward: np.ndarray) -> np.ndarray:
        """Evidence of rewards for the contexts that expected them, against knowing nothing but the mean, in nats.

        Args:
            expected: What the first contexts expected, ``(contexts, B)``.
            reward: What came, ``(B,)``.

        Returns:
            Shape ``(contexts, B)``.
        """
        noise = self.noise * self.largest
        own = np.sqrt(noise**2 + self.wrong[: len(expected), None])
        # Within half a noise a prediction is as good as right: small errors must not add up over a life.
        error = np.maximum(np.abs(reward - expected) - 0.5 * own, 0.0) / own
        surprise = np.maximum(np.abs(reward - self.mean) - 0.5 * noise, 0.0) / noise
        told = 0.5 * (surprise**2 - error**2)
        # Where something unusual came, who trusts itself less claims less: a wide density is a low one.
        told -= np.log(own / noise) * (surprise > 0.0)
        return np.minimum(np.maximum(told, -5.0), 5.0)

    def learn(self, context: int, code: Tensor, action: Tensor, expected: np.ndarray, reward: np.ndarray) -> None:
        """Let one context, which expected ``(B,)``, learn from rewards, ``(B,)``."""
        if self.lessons[context] < 100:
            self.lessons[context] += 1
            self.bias[context] += (float(reward.mean()) - self.bias[context]) / self.lessons[context]
        error = reward - expected
        noise = self.noise * self.largest
        promised = np.abs(expected - self.bias[context]) > noise
        count = float(promised.sum())
        if count:
            self.wrong[context] += 0.01 * count * (float((error**2)[promised].mean()) - self.wrong[context])
        step = error * (self.rate / self.winners)
        if self.compiled:
            kernels().teach(self.views["weight"][context], code.numpy(), action.numpy(), self.neurons, step)
            return
        place = (code + self.neurons * action[:, None]).flatten()
        # Streams in one place would each make the whole step: their changes are shared out.
        crowd = torch.bincount(place, minlength=self.weight.shape[1])[place]
        steps = torch.from_numpy(step).to(self.weight).repeat_interleave(self.winners, output_size=len(place))
        self.weight[context].index_put_((place,), steps / crowd, accumulate=True)

    def notice(self, drive: Tensor | None, reward: np.ndarray) -> None:
        """Follow the usual drives, ``(B, neurons)``, and rewards, ``(B,)``, of the whole life.

        The mean of the drives settles early, so that the code keeps its meaning; from then on none need be given.
        """
        self.seen += 1.0
        self.mean += (float(reward.mean()) - self.mean) * max(1.0 / self.seen, 1e-4)
        self.largest = max(self.largest, float(np.abs(reward - self.mean).max()))
        if drive is not None and self.compiled:
            kernels().follow_mean(drive.numpy(), self.views["centre"], 1.0 / self.seen)
        elif drive is not None:
            self.centre.lerp_(drive.mean(0), 1.0 / self.seen)

    def clear(self, context: int) -> None:
        """Forget what one context expects: from now on the mean reward."""
        self.weight[context] = 0.0
        self.wrong[context] = self.lessons[context] = 0.0
        self.bias[context] = self.mean

    def get_extra_state(self) -> dict[str, Any]:
        """What is kept on the host: part of ``state_dict()``."""
        usual = {"seen": self.seen, "mean": self.mean, "largest": self.largest}
        return usual | {name: getattr(self, name).tolist() for name in ("lessons", "bias", "wrong")}

    def set_extra_state(self, state: dict[str, Any]) -> None:
        """Restore what is kept on the host."""
        self.seen, self.mean, self.largest = (float(state[name]) for name in ("seen", "mean", "largest"))
        self.lessons, self.bias, self.wrong = (np.array(state[name]) for name in ("lessons", "bias", "wrong"))
