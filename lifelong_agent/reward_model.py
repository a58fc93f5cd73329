"""What each context expects to be rewarded for: tells worlds apart that look the same."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from lifelong_agent.projection import project, random_rows


class RewardModel(nn.Module):
    """Each context predicts the reward of an action linearly from a shared sparse code of the raw senses.

    Only a broken promise speaks against a context: a reward that was firmly expected and did not come. A reward that
    nobody expected speaks for the contexts that did expect it. Expecting nothing and getting nothing says nothing.

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
    wrong: Tensor
    usual: Tensor

    def __init__(
        self,
        in_dim: int,
        actions: int,
        contexts: int,
        *,
        bits: bool,
        generator: torch.Generator,
        neurons: int = 1024,
        winners: int = 32,
        rate: float = 0.1,
        noise: float = 0.25,
    ) -> None:
        super().__init__()
        self.winners = winners
        self.rate = rate
        self.noise = noise
        self.bits = bits
        self.register_buffer("projection", random_rows(neurons, in_dim, 1.0, generator).T.contiguous())
        self.register_buffer("weight", torch.zeros(contexts, actions, neurons))
        self.register_buffer("centre", torch.zeros(neurons))
        # How wrong each context's promises have been: running mean square error where it expected something.
        self.register_buffer("wrong", torch.zeros(contexts))
        # Over the whole life: (samples, mean reward, largest distance from the mean).
        self.register_buffer("usual", torch.zeros(3))

    @property
    def informative(self) -> bool:
        """Whether rewards have ever differed: where they have not, they tell nothing."""
        return bool(self.usual[2] > 1e-6)

    def code(self, sense: Tensor) -> Tensor:
        """Code raw senses, shape ``(B, in_dim)``: the winners, ``(B, winners)``."""
        drive = project(sense, self.projection, bits=self.bits) - self.centre
        return drive.topk(self.winners, dim=1, sorted=False).indices

    def predict(self, code: Tensor, action: Tensor, contexts: int) -> Tensor:
        """Predict the rewards of actions, shape ``(B,)``, in each of the first contexts: ``(contexts, B)``."""
        return self.weight[:contexts, action[:, None], code].sum(2)

    def evidence(self, code: Tensor, action: Tensor, reward: Tensor, contexts: int) -> Tensor:
        """Evidence of rewards, ``(B,)``, for the first contexts against knowing nothing: ``(contexts, B)``, in nats."""
        expected = self.predict(code, action, contexts)
        noise = self.noise * self.usual[2]
        own = (noise**2 + self.wrong[:contexts]).sqrt()[:, None]
        # Within half a noise a prediction is as good as right: small errors must not add up over a life.
        error = ((reward - expected).abs() - 0.5 * own).clamp(min=0.0) / own
        surprise = ((reward - self.usual[1]).abs() - 0.5 * noise).clamp(min=0.0) / noise
        return (0.5 * surprise**2 - 0.5 * error**2).clamp(-5.0, 5.0)

    def learn(self, context: int, code: Tensor, action: Tensor, reward: Tensor) -> None:
        """Let one context learn from rewards, shape ``(B,)``."""
        error = reward - self.weight[context][action[:, None], code].sum(1)
        promised = (reward - error) > self.noise * self.usual[2]
        share = 0.01 * promised.sum()
        self.wrong[context] += share * ((error**2 * promised).sum() / promised.sum().clamp(min=1) - self.wrong[context])
        change = (self.rate / self.winners) * error[:, None].expand_as(code)
        # Streams in one place would each make the whole step: their changes are shared out.
        touched = torch.zeros_like(self.weight[context])
        place = (action[:, None].expand_as(code), code)
        touched.index_put_(place, torch.ones_like(change), accumulate=True)
        self.weight[context].index_put_(place, change / touched[place], accumulate=True)

    def notice(self, sense: Tensor, reward: Tensor) -> None:
        """Follow the usual senses, ``(B, in_dim)``, and rewards, ``(B,)``, of the whole life.

        The mean of the senses settles early, so that the code keeps its meaning.
        """
        self.usual[0] += 1.0
        self.usual[1] += (reward.mean() - self.usual[1]) * (1.0 / self.usual[0]).clamp(min=1e-4)
        self.usual[2] = torch.maximum(self.usual[2], (reward - self.usual[1]).abs().max())
        if self.usual[0] <= 1000:
            drive = project(sense, self.projection, bits=self.bits)
            self.centre += (drive.mean(0) - self.centre) / self.usual[0]

    def clear(self, context: int) -> None:
        """Forget what one context expects."""
        self.weight[context] = 0.0
        self.wrong[context] = 0.0
