import copy
import pickle

import numpy as np
import torch

from lifelong_agent.views import Viewed


class Box(Viewed):
    here: torch.Tensor

    def __init__(self) -> None:
        super().__init__()
        self.register_buffer("here", torch.zeros(3))


def shares(box: Box) -> bool:
    box.here.fill_(float(box.here[0]) + 1.0)
    return bool((box.views["here"] == box.here.numpy()).all())


def test_a_view_is_made_once_and_shares_memory():
    box = Box()
    assert box.views["here"] is box.views["here"]
    assert shares(box)


def test_copies_have_views_of_their_own():
    box = Box()
    assert shares(box)
    for twin in (copy.deepcopy(box), copy.copy(box), pickle.loads(pickle.dumps(box))):
        assert shares(twin)
    other = copy.deepcopy(box)
    other.here.fill_(9.0)
    assert not (box.views["here"] == 9.0).any()


def test_moved_and_loaded_buffers_have_new_views():
    box = Box()
    assert shares(box)
    assert box.double().views["here"].dtype == np.float64
    assert shares(box)
    for assign in (False, True):
        box.load_state_dict({"here": torch.full((3,), 5.0, dtype=torch.float64)}, assign=assign)
        assert (box.views["here"] == 5.0).all()
        assert shares(box)


def test_a_buffer_put_in_anothers_stead_is_seen_once_its_views_are_forgotten():
    box = Box()
    assert shares(box)
    box.here = torch.full((3,), 7.0)
    box.forget_views()
    assert shares(box)
