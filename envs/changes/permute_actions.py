"""Muscles wired up differently."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from gymnasium import spaces

from envs.changes.action_change import ActionChange, ActionEffect
from envs.changes.permute import derangement, random_signs
from envs.effect import Frame


@dataclass(frozen=True)
class PermuteActions(ActionChange, kind="permute_actions"):
    """Give a body its own fixed wiring of the actions, drawn once for the world.

    Of numbered actions each does what another one did: none keeps its meaning. Of real actions,
    ``done[i] = sign[i] * meant[order[i]]``: no component keeps its place, and at least one sign is flipped where signs
    are flipped at all.

    Source: permuted outputs as a continual problem, after permuted inputs, Goodfellow et al. 2013 (arXiv:1312.6211).

    Attributes:
        permute: Whether actions, or components, trade places.
        flip: Whether each component's sign is flipped with probability 1/2; for real actions with bounds -x and x.
    """

    permute: bool = True
    flip: bool = False

    def check(self) -> None:
        """Refuse settings that would change nothing."""
        if not (self.permute or self.flip):
            raise ValueError("PermuteActions would change nothing: set permute or flip")

    def effect(self, frame: Frame) -> ActionEffect:
        """Draw the wiring.

        Raises:
            ValueError: If there is one action, or one component, to be permuted; if components that trade places have
                different bounds; if numbered actions, or those whose bounds are not symmetric, are to be flipped.
        """
        space = frame.action_space
        came = f"got {space} from {frame.owner}"
        if isinstance(space, spaces.Discrete):
            if self.flip or not self.permute:
                raise ValueError(f"numbered actions have no sign: PermuteActions takes permute=True alone; {came}")
            return RenumberedEffect(self, frame, derangement(int(space.n), frame.world))
        if not isinstance(space, spaces.Box) or not np.issubdtype(space.dtype, np.floating) or len(space.shape) != 1:
            raise ValueError(f"PermuteActions needs numbered actions, or real ones of one dimension; {came}")
        if self.permute and ((space.low != space.low[0]).any() or (space.high != space.high[0]).any()):
            raise ValueError(f"components that trade places have equal bounds; {came}")
        if self.flip and (space.low != -space.high).any():
            raise ValueError(f"components whose signs are flipped have bounds -x and x; {came}")
        count = space.shape[0]
        order = derangement(count, frame.world) if self.permute else np.arange(count)
        signs = random_signs(count, frame.world) if self.flip else np.ones(count, np.float32)
        return RewiredEffect(self, frame, order, signs)


class RenumberedEffect(ActionEffect):
    """The effect behind `PermuteActions` on numbered actions.

    Attributes:
        order: What each action does, ``(actions,)``, counted from 0.
    """

    def __init__(self, change: PermuteActions, frame: Frame, order: np.ndarray) -> None:
        """Prepare for N bodies."""
        super().__init__(change, frame)
        space: Any = frame.action_space
        self.order, self._start, self._space = order, space.start, space

    def turn(self, actions: np.ndarray, rows: np.ndarray | None) -> np.ndarray:
        """Give actions their meaning here.

        Raises:
            ValueError: If one is no action.
        """
        numbers = actions - self._start
        if ((numbers < 0) | (numbers >= len(self.order))).any():
            raise ValueError(f"actions lie in {self._space}; got {actions}")
        return self.order[numbers] + self._start


class RewiredEffect(ActionEffect):
    """The effect behind `PermuteActions` on real actions.

    Attributes:
        order: Which component each one is, ``(components,)``.
        signs: -1 or 1 for each, ``(components,)``, float32.
    """

    def __init__(self, change: PermuteActions, frame: Frame, order: np.ndarray, signs: np.ndarray) -> None:
        """Prepare for N bodies."""
        super().__init__(change, frame)
        self.order, self.signs = order, signs

    def turn(self, actions: np.ndarray, rows: np.ndarray | None) -> np.ndarray:
        """Rewire actions."""
        return actions[:, self.order] * self.signs
