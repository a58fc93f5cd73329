"""N bodies that are shown labelled pictures and say what they see."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from gymnasium import spaces

from envs.batched import Array, BatchedWorld, Outcome
from envs.labelled.data import load
from envs.saving.memory import load_dice, save_dice
from envs.setting import ANSWER_KEY

SHAPES = ("flat", "image")
"""How pictures are shown: as vectors, or as images (height, width, colours)."""


class LabelledWorld(BatchedWorld):
    """Shows pictures one after the other; a right answer is paid 1, and the right answer is told with the reward.

    Pictures are dealt from a shuffled deck, which is dealt anew when it is empty. All rows share one deck, shuffled by
    the dice of the first row: N bodies see every picture once before they see one twice, so that a task of as many
    steps as there are pictures is one pass. What a row is shown depends on the number of rows.

    A picture waits until it is answered: the last observation of an episode is the first one of the next, and neither
    an end nor a stay in another world takes a picture out of the pass.

    Attributes:
        length: Pictures an episode, after which it is truncated.
        features: Numbers of one picture.
    """

    def __init__(self, num_envs: int, data: str = "digits", length: int = 250, shape: str = "flat") -> None:
        """Take up the pictures to learn from; see `serve` for those held out.

        Args:
            num_envs: Number of rows.
            data: Which pictures; see `envs.labelled.data.load`.
            length: Pictures an episode, at least 1.
            shape: One of `SHAPES`: ``(features,)`` or ``(height, width, colours)``, float32 from 0 to 1 in both.

        Raises:
            ValueError: If the pictures cannot be had, the length is below 1, or there is no such shape.
            TypeError: If the length is no integer, or the data is no text.
        """
        if not isinstance(length, int) or isinstance(length, bool):
            raise TypeError(f"length is a whole number of pictures; got {length!r} of type {type(length).__name__}")
        if length < 1:
            raise ValueError(f"length is a number of pictures of 1 or above; got {length}")
        if shape not in SHAPES:
            raise ValueError(f"shape is one of {', '.join(map(repr, SHAPES))}; got {shape!r}")
        self.num_envs, self.length, self.data = num_envs, length, data
        self._all = load(data)
        self.features = int(np.prod(self._all.shape))
        self._shape = (self.features,) if shape == "flat" else _image_shape(self._all.shape)
        self.observation_space = spaces.Box(0.0, 1.0, self._shape, np.float32)
        self.action_space = spaces.Discrete(self._all.classes)
        self._order: np.ndarray | None = None
        self._dice: Any = np.random.default_rng(0)
        self._shuffled_by: dict[str, Any] | None = None  # the dice before the deck was shuffled; None before that
        self._shown = np.zeros(num_envs, np.int64)
        self._waits = np.zeros(num_envs, bool)  # rows with a picture that has not been answered
        self._steps = np.zeros(num_envs, np.int64)
        self._nobody, self._everybody = np.zeros(num_envs, bool), np.ones(num_envs, bool)
        self._nobody.flags.writeable = self._everybody.flags.writeable = False
        self.serve("life")

    def serve(self, purpose: str) -> None:
        """Show held-out pictures to exams, those to learn from otherwise; see `BatchedWorld.serve`."""
        exam = purpose == "exam"
        pictures = self._all.test_x if exam else self._all.train_x
        self._pictures = pictures.reshape(len(pictures), -1)
        self._labels = self._all.test_y if exam else self._all.train_y
        self._empty()

    def seed(self, seeds: Sequence[int | None], rows: np.ndarray | None = None) -> None:
        """Shuffle the deck anew with the dice of the first row; other rows have none; see `BatchedWorld.seed`."""
        for row, seed in zip(range(self.num_envs) if rows is None else rows.tolist(), seeds, strict=True):
            if row == 0:
                self._dice = np.random.default_rng(seed)
                self._empty()

    def _empty(self) -> None:
        """Take the deck away, and every picture that waits."""
        # As narrow as can be: a life of 200 tasks has as many decks.
        self._deck, self._dealt = np.zeros(0, np.min_scalar_type(len(self._pictures) - 1)), 0
        self._shuffled_by = None
        self._waits[:] = False

    def _shuffle(self) -> None:
        self._shuffled_by = save_dice(self._dice)
        self._deck = self._dice.permutation(np.arange(len(self._pictures), dtype=self._deck.dtype))
        self._dealt = 0

    def _deal(self, count: int) -> np.ndarray:
        """Take so many pictures from the deck."""
        if self._dealt + count <= len(self._deck):
            self._dealt += count
            return self._deck[self._dealt - count : self._dealt]
        dealt = [self._deck[self._dealt :]]
        missing = count - len(dealt[0])
        while missing > 0:
            self._shuffle()
            dealt.append(self._deck[:missing])
            self._dealt = len(dealt[-1])
            missing -= self._dealt
        return np.concatenate(dealt)

    def _see(self) -> np.ndarray:
        seen = self._pictures.take(self._shown, axis=0)
        if self._order is not None:
            seen = seen.take(self._order, axis=1)
        return np.multiply(seen, np.float32(1 / 255), dtype=np.float32).reshape(self.num_envs, *self._shape)

    def rewire(
        self, order: np.ndarray | None, signs: np.ndarray | None = None, offsets: np.ndarray | None = None
    ) -> bool:
        """Show pixel ``order[i]`` at place ``i`` from now on; see `BatchedWorld.rewire`."""
        if order is None or signs is not None or offsets is not None or len(self._shape) > 1:
            return False
        self._order = np.array(order) if self._order is None else self._order[order]
        return True

    def begin(self, rows: np.ndarray | None = None) -> tuple[Array, dict[str, Array]]:
        """Begin new episodes, with the pictures that wait; see `BatchedWorld.begin`."""
        which = np.arange(self.num_envs) if rows is None else rows
        bare = which[~self._waits[which]]
        if len(bare):
            self._shown = self._shown.copy()
            self._shown[bare] = self._deal(len(bare))
            self._waits[bare] = True
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
        told = self._everybody
        self._steps += 1
        if idle is None:
            self._shown = self._deal(self.num_envs)
        else:
            told = ~idle
            reward[idle] = 0
            self._steps -= idle
            self._shown = self._shown.copy()
            self._shown[told] = self._deal(int(told.sum()))
        truncated = (self._steps >= self.length) & told
        seen = self._see()
        over = truncated.any()
        if over and again:
            self._steps[truncated] = 0
        infos = {ANSWER_KEY: answer, f"_{ANSWER_KEY}": told}
        return Outcome(seen, reward, self._nobody, truncated, seen if over else None, {}, infos)

    def snapshot(self) -> dict[str, Any]:
        """Give what is shown, and the dice by which the deck was shuffled; see `BatchedWorld.snapshot`."""
        return {
            "data": (self.data, len(self._pictures), self.num_envs),
            "dice": save_dice(self._dice),
            "shuffled_by": self._shuffled_by,
            "dealt": self._dealt,
            "order": None if self._order is None else self._order.copy(),
            "rows": (np.array(self._shown, np.int64), self._waits.copy(), self._steps.copy()),
        }

    def restore(self, saved: dict[str, Any]) -> None:
        """Go on from what `snapshot` gave; see `BatchedWorld.restore`."""
        mine = (self.data, len(self._pictures), self.num_envs)
        if saved["data"] != mine:
            raise ValueError(
                f"{mine[2]} bodies shown {mine[1]} pictures of {mine[0]!r} cannot go on from {saved['data'][2]} shown "
                f"{saved['data'][1]} of {saved['data'][0]!r}"
            )
        self._empty()
        if saved["shuffled_by"] is not None:
            self._dice = load_dice(saved["shuffled_by"])
            self._shuffle()
        self._dice, self._dealt = load_dice(saved["dice"]), saved["dealt"]
        self._order = None if saved["order"] is None else saved["order"].copy()
        self._shown, self._waits, self._steps = (array.copy() for array in saved["rows"])


def _image_shape(shape: tuple[int, ...]) -> tuple[int, ...]:
    """Give height, width and colours of a picture.

    Raises:
        ValueError: If it is none of two dimensions.
    """
    if len(shape) == 2:
        return (*shape, 1)
    if len(shape) == 3:
        return shape
    raise ValueError(f"shape='image' needs pictures (height, width) or (height, width, colours); these are {shape}")
