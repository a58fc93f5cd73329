"""Arrays that are handed out again, and never while anybody holds them."""

from __future__ import annotations

import numpy as np
import torch

from envs.spares import Spares


def test_what_is_held_is_not_handed_out_again():
    spares = Spares((3, 2000))
    first = spares.take()
    view = first.reshape(2, 3000)[1:]
    tensor = torch.from_numpy(spares.take().view(np.int8))
    where = first.ctypes.data
    del first
    others = [spares.take() for _ in range(6)]  # more than are remembered
    places = {one.ctypes.data for one in others}
    assert len(places) == 6 and where not in places and tensor.data_ptr() not in places
    assert view.shape == (1, 3000)


def test_what_nobody_holds_is_handed_out_again():
    spares = Spares((10_000,))
    assert len({spares.take().ctypes.data for _ in range(20)}) == 1
    held = spares.take()
    assert len({spares.take().ctypes.data for _ in range(20)} | {held.ctypes.data}) == 2
