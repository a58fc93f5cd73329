"""What a brain refuses, before it has learnt from it."""

from typing import Any

import pytest
import torch

from lifelong_agent.brain import TriarchicBrain
from tests.lifelong_agent.streams import STREAMS, LinearWorld
from tests.lifelong_agent.test_brain import Life, make, same, tensors

BAD_SENSES = {
    "width": (torch.zeros(STREAMS, 5), r"expected senses of shape \(streams, 4\), float32; got \(8, 5\), float32"),
    "row": (torch.zeros(4), r"got \(4,\), float32"),
    "type": (torch.zeros(STREAMS, 4).double(), r"got \(8, 4\), float64"),
    "nan": (
        torch.zeros(STREAMS, 4).index_fill_(1, torch.tensor([2]), torch.nan),
        r"got \[nan, nan, nan\] at .*\[0, 2\]",
    ),
    "inf": (torch.zeros(STREAMS, 4).fill_(torch.inf), "expected finite senses; got .inf"),
}


@pytest.mark.parametrize("engine", ["torch", "auto"])
@pytest.mark.parametrize("name", sorted(BAD_SENSES))
def test_senses_that_cannot_be_are_refused_and_teach_nothing(name: str, engine: str):
    brain = make(engine=engine)
    Life(brain).live(LinearWorld(10), 20)
    sense, told = BAD_SENSES[name]
    good, action, over = torch.zeros(STREAMS, 4), torch.zeros(STREAMS, dtype=torch.long), torch.zeros(STREAMS).bool()
    before = tensors(brain)
    for refuse in (
        lambda: brain(sense),
        lambda: brain.begin(sense),
        lambda: brain.observe(good, action, torch.ones(STREAMS), sense, over, good[:0]),
    ):
        with pytest.raises(ValueError, match=told):
            refuse()
    assert same(tensors(brain), before)


@pytest.mark.parametrize("engine", ["torch", "auto"])
def test_wishes_that_do_not_fit_are_refused(engine: str):
    brain = make(engine=engine)
    good, wish = torch.zeros(STREAMS, 4), torch.ones(STREAMS, 3)
    thought, before = brain(good), tensors(brain)
    for changes, told in (
        (
            {"direction": torch.ones(STREAMS, 2)},
            r"direction says what to do with outputs of shape \(8, 3\); got \(8, 2\)",
        ),
        ({"factor": torch.ones(1, 3)}, r"factor says .* got \(1, 3\)"),
        ({"at_once": torch.ones(3)}, r"at_once says .* got \(3,\)"),
        ({"bounded": -1}, "bounded is an output, from 0 to 2, or None; got -1"),
        ({"bounded": 3}, "got 3"),
    ):
        asked: dict[str, Any] = {"direction": wish, "factor": wish, "rightness": 0.5} | changes
        with pytest.raises(ValueError, match=told):
            brain.learn(thought, **asked)
    crowd = torch.zeros(STREAMS + 1, 4)
    with pytest.raises(ValueError, match="learns from at most 8 streams; got 9"):
        brain.learn(brain(crowd), torch.ones(9, 3), torch.ones(9, 3), rightness=0.5)
    for action in (torch.full((STREAMS,), 2), torch.full((STREAMS,), -1), torch.zeros(2, dtype=torch.long)):
        with pytest.raises(ValueError, match="expected 8 actions, integers from 0 to 1; got"):
            brain.observe(good, action, torch.ones(STREAMS), good, torch.zeros(STREAMS).bool(), good[:0])
    assert same(tensors(brain), before)


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"in_dim": 0}, "in_dim is a positive number; got 0"),
        ({"out_dim": -1}, "out_dim is a positive number; got -1"),
        ({"actions": 0}, "actions is a positive number"),
        ({"streams": 0}, "streams is a positive number"),
        ({"gamma": 1.0}, r"gamma is a discount in \[0, 1\); got 1.0"),
    ],
)
def test_impossible_sizes_are_refused(changes: dict[str, Any], told: str):
    sizes: dict[str, Any] = {"in_dim": 4, "out_dim": 3, "actions": 2, "streams": 2, "gamma": 0.9, "senses": "real"}
    with pytest.raises(ValueError, match=told):
        TriarchicBrain(**(sizes | changes))
