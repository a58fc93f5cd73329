"""N bodies that are shown labelled pictures and say what they see."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from gymnasium import spaces

from envs.batched import Array, BatchedWorld, Outcome
from envs.labelled.data import load
from envs.saving.memory import load_dice, save_dice
from envs.spares import Spares


class LabelledWorld(BatchedWorld):
    """Shows pictures one after the other; a right answer is paid 1, and the right answer is told with the reward.

    Pictures are dealt from a shuffled deck, which is dealt anew when it is empty. All rows share one deck, shuffled by
    the dice of the first row: N bodies see every picture once before they see one twice, so that a task of as many
    steps as there are pictures is one pass. What a row is shown depends on the number of rows.

    The last observation of an episode is the first one of the next, so no picture is lost at an episode's end.

    Attributes:
        length: Pictures an episode, after which it is truncated.
    """

    def __init__(self, num_envs: int, data: str = "digits", length: int = 250) -> None:
        """Take up the pictures to learn from; see `serve` for those held out.

        Args:
            num_envs: Number of rows.
            data: Which pictures; see `envs.labelled.data.load`.
            length: Pictures an episode, at least 1.

        Raises:
            ValueError: If the pictures cannot be had, or the length is below 1.
        """
        if length < 1:
            raise ValueError(f"length is a number of pictures of 1 or above; got {length}")
        self.num_envs, self.length, self.data = num_envs, length, data
        self._all = load(data)
        self.features = int(np.prod(self._all.shape))
        self.observation_space = spaces.Box(0.0, 1.0, (self.features,), np.float32)
        self.action_space = spaces.Discrete(self._all.classes)
        self._order: np.ndarray | None = None
        self._spares = Spares((num_envs, self.features), np.float32)
        self.serve("life")
        self._dice = np.random.default_rng(0)
        self._deck, self._dealt = np.zeros(0, np.int64), 0
        self._shown = np.zeros(num_envs, np.int64)
        self._steps = np.zeros(num_envs, np.int64)
        self._told = np.ones(num_envs, bool)

    def serve(self, purpose: str) -> None:
        """Show held-out pictures in exams, those to learn from otherwise; see `BatchedWorld.serve`."""
        exam = purpose == "exam"
        pictures = self._all.test_x if exam else self._all.train_x
        self._pictures = pictures.reshape(len(pictures), -1)
        self._labels = self._all.test_y if exam else self._all.train_y
        self._deck, self._dealt = np.zeros(0, np.int64), 0

    def seed(self, seeds: Sequence[int | None], rows: np.ndarray | None = None) -> None:
        """Shuffle the deck anew with the dice of the first row; other rows have none; see `BatchedWorld.seed`."""
        for row, seed in zip(range(self.num_envs) if rows is None else rows.tolist(), seeds, strict=True):
            if row == 0:
                self._dice = np.random.default_rng(seed)
                self._deck, self._dealt = np.zeros(0, np.int64), 0

    def _deal(self, count: int) -> np.ndarray:
        """Take so many pictures from the deck."""
        if self._dealt + count <= len(self._deck):
            self._dealt += count
            return self._deck[self._dealt - count : self._dealt]
        dealt = [self._deck[self._dealt :]]
        missing = count - len(dealt[0])
        while missing > 0:
            self._deck = self._dice.permutation(len(self._pictures))
            dealt.append(self._deck[:missing])
            self._dealt = len(dealt[-1])
            missing -= self._dealt
        return np.concatenate(dealt)

    def _see(self) -> np.ndarray:
        seen = self._pictures.take(self._shown, axis=0)
        if self._order is not None:
            seen = seen.take(self._order, axis=1)
        return np.multiply(seen, np.float32(1 / 255), out=self._spares.take(), dtype=np.float32)

    def rewire(
        self, order: np.ndarray | None, signs: np.ndarray | None = None, offsets: np.ndarray | None = None
    ) -> bool:
        """Show pixel ``order[i]`` at place ``i`` from now on; see `BatchedWorld.rewire`."""
        if order is None or signs is not None or offsets is not None:
            return False
        self._order = np.array(order) if self._order is None else self._order[order]
        return True

    def begin(self, rows: np.ndarray | None = None) -> tuple[Array, dict[str, Array]]:
        """Begin new episodes; see `BatchedWorld.begin`."""
        which = np.arange(self.num_envs) if rows is None else rows
        self._shown = self._shown.copy()
        self._shown[which] = self._deal(len(which))
        self._steps[which] = 0
        return self._see(), {}

    def step(self, actions: Array, *, again: bool = True, idle: Array | None = None) -> Outcome:
        """Answer in every row; see `BatchedWorld.step`. ``infos["answer"]`` tells what was right, ``(N,)`` int64.

        Raises:
            ValueError: If there is not one answer a row.
        """
        actions = np.asarray(actions)
        if actions.shape != (self.num_envs,):
            raise ValueError(f"expected {self.num_envs} answers, one a row; got an array of shape {actions.shape}")
        answer = self._labels.take(self._shown)
        reward = (actions == answer).astype(np.float64)
        self._steps += 1
        if idle is None:
            self._shown = self._deal(self.num_envs)
        else:
            reward[idle] = 0
            self._steps -= idle
            self._shown = self._shown.copy()
            self._shown[~idle] = self._deal(int((~idle).sum()))
        truncated = self._steps >= self.length
        if idle is not None:
            truncated &= ~idle
        seen = self._see()
        over = truncated.any()
        if over and again:
            self._steps[truncated] = 0
        infos = {"answer": answer, "_answer": self._told}
        return Outcome(seen, reward, np.zeros(self.num_envs, bool), truncated, seen if over else None, {}, infos)

    def snapshot(self) -> dict[str, Any]:
        """Give the deck, what is shown, and the dice; see `BatchedWorld.snapshot`."""
        return {
            "data": (self.data, len(self._pictures), self.num_envs),
            "dice": save_dice(self._dice),
            "order": None if self._order is None else self._order.copy(),
            "arrays": (self._deck.copy(), self._shown.copy(), self._steps.copy()),
            "dealt": self._dealt,
        }

    def restore(self, saved: dict[str, Any]) -> None:
        """Go on from what `snapshot` gave; see `BatchedWorld.restore`."""
        mine = (self.data, len(self._pictures), self.num_envs)
        if saved["data"] != mine:
            raise ValueError(
                f"{mine[2]} bodies shown {mine[1]} pictures of {mine[0]!r} cannot go on from {saved['data'][2]} shown "
                f"{saved['data'][1]} of {saved['data'][0]!r}"
            )
        self._dice = load_dice(saved["dice"])
        self._order = None if saved["order"] is None else saved["order"].copy()
        self._deck, self._shown, self._steps = (array.copy() for array in saved["arrays"])
        self._dealt = saved["dealt"]
