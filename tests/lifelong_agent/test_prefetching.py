import numpy as np
import pytest

pytest.importorskip("numba", reason="needs numba: pip install 'lifelong_agent[fast]'")

from lifelong_agent.kernels import prefetching
from lifelong_agent.kernels.prefetching import LINE, fetch


def test_all_lines_of_what_is_fetched_are_asked_for_and_nothing_else(monkeypatch: pytest.MonkeyPatch):
    asked: list[int] = []
    monkeypatch.setattr(prefetching, "touch", asked.append)
    array = np.zeros((4, 3, 8), np.float64)
    fetch.py_func(array, 2)
    begin = array[2].ctypes.data
    assert asked == [begin, begin + LINE, begin + 2 * LINE]


def test_to_fetch_changes_nothing():
    array = np.arange(96.0).reshape(4, 3, 8)
    for place in (0, 3):
        fetch(array, place)
    np.testing.assert_array_equal(array.ravel(), np.arange(96.0))
