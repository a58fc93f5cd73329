"""Two learners that live one life, on tensor operations and on compiled kernels, and what is left between them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any, Literal

import numpy as np
import torch
from torch import Tensor

from lifelong_agent.actor_critic import Yardstick
from lifelong_agent.brain import TriarchicBrain
from lifelong_agent.config import BrainConfig
from lifelong_agent.cortex import Code
from lifelong_agent.learner import Learner, Outcome, Rates, make_learner

Senses = Literal["real", "bits"]
SMALL: dict[str, Any] = {"neurons": 512, "open_neurons": 96, "winners": 8, "contexts": 4}
ACTIONS = 3


class Wander:
    """Walks of B streams along a ring of places, each with its own look; episodes end, and one place pays.

    Between worlds (another seed) nothing looks the same. Looks of neighbours differ in a few channels.
    """

    def __init__(self, senses: Senses, streams: int, seed: int, width: int = 64) -> None:
        self.real, self.streams, self.width = senses == "real", streams, width
        self.dice = np.random.default_rng(seed)
        # Real-valued places lie on a circle in each plane: linear to foresee, as the forward models are.
        self.own = self.dice.permutation(width)[: width // 4]  # the bits that are ever on here
        self.looks = np.zeros((24, width), np.int8)
        self.looks[:, self.own] = self.dice.random((24, len(self.own))) < 0.5
        self.phase = self.dice.normal(size=width).astype(np.float32)
        self.place, self.age = np.zeros(streams, np.int64), np.zeros(streams, np.int64)

    def look(self) -> np.ndarray:
        """What is seen now, ``(B, width)``."""
        if self.real:
            turn = 2.0 * np.pi * self.place / 24.0
            seen = np.cos(turn[:, None] + self.phase) + 0.01 * self.dice.normal(size=(self.streams, self.width))
            return seen.astype(np.float32)
        seen = self.looks[self.place].copy()
        seen[np.arange(self.streams), self.dice.choice(self.own, self.streams)] ^= 1
        return seen

    def step(self, action: np.ndarray) -> Outcome:
        """Go left, stay, or go right."""
        self.place = (self.place + action - 1) % 24
        self.age += 1
        reward = (self.place == 5).astype(np.float32)
        terminated = (self.place == 5) & (self.age > 3)
        truncated = (self.age >= 40) & ~terminated
        after, over = self.look(), terminated | truncated
        self.place[over] = self.dice.integers(0, 24, int(over.sum()))
        self.age[over] = 0
        upcoming = np.where(over[:, None], self.look(), after) if over.any() else after
        return Outcome(action, reward, terminated, truncated, after, upcoming)


class Pair:
    """A reference and a compiled learner.

    Of drives that are equal to rounding, the reference lets those fire that the compiled one does: which of them fire
    is no question of arithmetic.
    """

    def __init__(self, senses: Senses, streams: int, width: int = 64, **changes: Any) -> None:
        self.reference, self.compiled = (
            learner(senses, streams, width, engine, **changes) for engine in ("torch", "numba")
        )
        self.parted = 0  # neurons that fired in one only
        self.told: list[tuple[np.ndarray, np.ndarray]] = []
        self.dice = np.random.default_rng(0)
        self._overhear()

    def begin(self, first: np.ndarray) -> None:
        """Begin both lives."""
        self.told.clear()
        for each in (self.compiled, self.reference):
            each.begin(first)

    def live(self, world: Wander, steps: int) -> None:
        """Live some steps. The compiled one acts: of chances equal to rounding, another action may be drawn."""
        for _ in range(steps):
            self.told.clear()
            self.reference.act(self.dice)
            outcome = world.step(self.compiled.act(self.dice))
            self.compiled.learn(outcome)
            self.reference.learn(outcome)

    def gaps(self) -> dict[str, float]:
        """By name of what is kept: the largest difference, as a share of the largest value if that is more than 1."""
        one, other = (dict(flat(each.brain.state_dict())) for each in (self.reference, self.compiled))
        assert one.keys() == other.keys()
        return {
            name: float(np.abs(value - other[name]).max(initial=0.0) / np.abs(value).max(initial=1.0))
            for name, value in one.items()
        }

    def outputs(self) -> tuple[np.ndarray, np.ndarray]:
        """What both read out of what they see now, ``(B, O)``."""
        return read_out(self.reference), read_out(self.compiled)

    def _overhear(self) -> None:
        spoken = self.compiled.brain.cortex
        stream = getattr(self.compiled, "stream", None)
        if isinstance(getattr(stream, "think", None), Callable):
            self._overhear_reals(stream)
        elif stream is not None:
            self._overhear_bits(stream)
        say = spoken.forward

        def spoke(sense: Tensor, context: int) -> Code:
            code = say(sense, context)
            self.told.extend(zip(sense.numpy(), code.winners.numpy(), strict=True))
            return code

        setattr(spoken, "forward", spoke)  # noqa: B010 - a module's method, replaced for this pair only
        self._heed()

    def _heed(self) -> None:
        """Let the reference fire as it has been told."""
        heard = self.reference.brain.cortex
        hear = heard.forward

        def follow(sense: Tensor, context: int) -> Code:
            code = hear(sense, context)
            drive = code.drive - heard.centre[context] if heard.bits else code.drive
            for row, seen in enumerate(sense.numpy()):
                gaps = [float(np.abs(about - seen).max()) for about, _ in self._told(context)]
                if gaps and min(gaps) < 1e-3:
                    fired = self.told[int(np.argmin(gaps))][1]
                    self.parted += len(set(fired.tolist()) - set(code.winners[row].tolist()))
                    firing = torch.from_numpy(fired)
                    assert drive[row, firing].min() >= drive[row].topk(heard.winners).values[-1] - 1e-5
                    code.winners[row] = firing
            return code

        setattr(heard, "forward", follow)  # noqa: B010 - a module's method, replaced for this pair only

    def _overhear_reals(self, stream: Any) -> None:
        think = stream.think

        def aloud(which: int) -> None:
            think(which)
            self._tell(stream, which)

        stream.think = aloud

    def _overhear_bits(self, stream: Any) -> None:
        """What compiled steps thought is found where they left it."""
        from lifelong_agent.kernels.weighing import CONVINCING, OPEN, UNSURE  # noqa: PLC0415 - numba may not be there

        live, proceed, hesitate, attend = stream.live, stream.proceed, stream.hesitate, stream.attend

        def tell(told: int) -> int:
            if told not in (OPEN, CONVINCING):  # these have thought nothing yet
                if told != UNSURE:
                    self._tell(stream, stream.then)
                self._tell(stream, stream.last)
            return told

        def waver(reward: float, over: bool) -> None:
            hesitate(reward, over)
            tell(UNSURE)

        def aloud(which: int) -> None:
            attend(which)
            self._tell(stream, which)

        stream.live = lambda *step: tell(live(*step))
        stream.proceed = lambda *step: tell(proceed(*step))
        stream.hesitate, stream.attend = waver, aloud

    def _tell(self, stream: Any, which: int) -> None:
        self.told.append((stream.sense(which).numpy(), stream.winners[which].copy()))

    def _told(self, context: int) -> list[tuple[np.ndarray, np.ndarray]]:
        if self.reference.brain.cortex.bits or not hasattr(self.compiled, "stream"):
            return self.told
        normalizer = self.reference.brain.normalizer  # a stream tells what it saw, the reference hears it normalised
        return [(normalizer(torch.from_numpy(about)[None], context)[0].numpy(), fired) for about, fired in self.told]


def learner(senses: Senses, streams: int, width: int, engine: Any, **changes: Any) -> Learner:
    """A learner of a small brain."""
    reach = changes.pop("reach", 0.0)
    config = BrainConfig(**(SMALL | changes), engine=engine)
    brain = TriarchicBrain(
        width, ACTIONS + 1, actions=ACTIONS, streams=streams, gamma=0.95, senses=senses, config=config, seed=2
    )
    yardstick = Yardstick(streams, config.contexts, gamma=0.95)
    # Calmly, and shared out among streams that see the same: learning that overshoots amplifies rounding in any engine.
    return make_learner(brain, yardstick, Rates(0.1 / streams, 0.02 / streams, 0.01, reach))


def read_out(one: Learner) -> np.ndarray:
    """What a learner reads out of what it sees now, ``(B, O)``."""
    stream = getattr(one, "stream", None)
    if stream is not None and getattr(one, "_thinks"):  # noqa: B009
        return stream.outputs[stream.now][None]
    thought = getattr(one, "_thought")  # noqa: B009
    return thought.output.numpy()


def flat(value: Any, name: str = "") -> Iterator[tuple[str, np.ndarray]]:
    """Every number of a state, by name; what waits in queues is left out: only what follows from it counts."""
    if isinstance(value, dict):
        for key, part in value.items():
            if key != "queue":
                yield from flat(part, f"{name}.{key}")
    elif isinstance(value, torch.Tensor):
        yield name, value.double().numpy()
    else:
        yield name, np.asarray(value, dtype=float)
