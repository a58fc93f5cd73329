import copy
from typing import Any, Literal

import pytest
import torch
from torch import Tensor

from lifelong_agent.brain import Thought, TriarchicBrain
from lifelong_agent.config import BrainConfig
from tests.lifelong_agent.streams import STREAMS, BitWorld, LinearWorld

SMALL: dict[str, Any] = {"neurons": 96, "open_neurons": 24, "winners": 4, "contexts": 3}
Senses = Literal["real", "bits"]


def make(senses: Senses = "real", seed: int = 0, in_dim: int | None = None, **changes: Any) -> TriarchicBrain:
    return TriarchicBrain(
        in_dim or (4 if senses == "real" else 240),
        3,
        actions=2,
        streams=STREAMS,
        gamma=0.9,
        senses=senses,
        config=BrainConfig(**(SMALL | changes)),
        seed=seed,
    )


def tensors(brain: TriarchicBrain) -> dict[str, Any]:
    return copy.deepcopy(brain.state_dict())


def same(one: Any, other: Any) -> bool:
    if isinstance(one, Tensor):
        return torch.equal(one, other)
    if isinstance(one, dict):
        return one.keys() == other.keys() and all(same(value, other[name]) for name, value in one.items())
    if isinstance(one, list):
        return len(one) == len(other) and all(map(same, one, other))
    return one == other


class Life:
    """A life with a brain by the rules of an agent, but with arbitrary factors."""

    def __init__(self, brain: TriarchicBrain, seed: int = 0) -> None:
        self.brain, self.dice = brain, torch.Generator().manual_seed(seed)
        self.thought: Thought | None = None

    def live(self, world: LinearWorld | BitWorld, steps: int) -> list[Tensor]:
        brain, outputs = self.brain, []
        sense = world.first()
        if self.thought is None:
            brain.begin(sense)
        thought = brain(brain.perceive_first(sense))
        for _ in range(steps):
            action = torch.randint(0, 2, (STREAMS,), generator=self.dice)
            after, reward = world.step(sense, action)
            over = torch.zeros(STREAMS, dtype=torch.bool)
            belief = brain.observe(sense, action, reward, after, over, after[:0])
            outputs.append(thought.output)
            if not belief.switched and belief.sure:
                factor = torch.randn(STREAMS, 3, generator=self.dice) * 0.1
                brain.learn(thought, torch.ones(STREAMS, 3), factor, rightness=0.5, bounded=2)
                brain.grow(thought)
            sense = after
            thought = brain(brain.perceive_first(after) if belief.switched else brain.perceive(after, action))
        self.thought = thought
        return outputs


@pytest.mark.parametrize("senses", ["real", "bits"])
def test_thinking_is_pure_and_builds_no_graph(senses: Senses):
    brain = make(senses)
    world = LinearWorld(0) if senses == "real" else BitWorld(0)
    Life(brain).live(world, 30)
    before = tensors(brain)
    sense = world.first()
    thought = brain(sense)
    again = brain(sense)
    assert torch.equal(thought.output, again.output)
    assert torch.equal(thought.sense, sense)
    assert same(tensors(brain), before)
    assert thought.output.abs().sum() > 0
    assert list(brain.parameters()) == []
    assert not any(value.requires_grad or value.grad_fn for value in (*brain.buffers(), thought.output, *thought.code))


def naive(brain: TriarchicBrain, thoughts: list[Thought], asked: list[dict[str, Tensor]]) -> dict[str, Tensor]:
    """The three-factor rule, stream by stream and synapse by synapse, on plain numbers."""
    config, scale = brain.config, brain.config.winners**-0.5
    open_neurons, outputs = config.open_neurons, 3
    trace = [[[0.0] * outputs for _ in range(open_neurons)] for _ in range(STREAMS)]
    core = [[0.0] * outputs for _ in range(open_neurons)]
    fast = [[0.0] * outputs for _ in range(open_neurons)]
    importance = [[0.0] * outputs for _ in range(open_neurons)]
    for thought, wish in zip(thoughts, asked, strict=True):
        change = [[0.0] * outputs for _ in range(open_neurons)]
        for stream in range(STREAMS):
            firing = set(thought.code.winners[stream].tolist())
            for neuron in range(open_neurons):
                code = scale if neuron in firing else 0.0
                for out in range(outputs):
                    kept = brain.gamma * config.trace * trace[stream][neuron][out]
                    trace[stream][neuron][out] = kept + code * float(wish["direction"][stream, out])
            energy = max(1.0, sum(trace[stream][neuron][2] ** 2 for neuron in range(open_neurons)))
            for neuron in range(open_neurons):
                code = scale if neuron in firing else 0.0
                for out in range(outputs):
                    factor = float(wish["factor"][stream, out]) / (energy if out == 2 else 1.0)
                    change[neuron][out] += trace[stream][neuron][out] * factor
                    change[neuron][out] += code * float(wish["at_once"][stream, out])
        right = float(wish["rightness"])
        for neuron in range(open_neurons):
            for out in range(outputs):
                part = min(1.0, max(abs(trace[stream][neuron][out]) for stream in range(STREAMS)) / scale)
                known = importance[neuron][out]
                core[neuron][out] += change[neuron][out] / (1 + config.brake * known)
                importance[neuron][out] += config.importance_rate * part * (right - known)
                held = fast[neuron][out] * 0.5 ** (1 / config.half_life) + config.fast_share * change[neuron][out]
                core[neuron][out] += config.consolidation * right * held
                fast[neuron][out] = held * (1 - config.consolidation * right)
    told = {"core": core, "fast": fast, "importance": importance}
    return {"trace": torch.tensor(trace), **{name: torch.tensor(rows) for name, rows in told.items()}}


def test_learning_is_the_three_factor_rule():
    brain = make(importance_rate=0.2, half_life=5.0, consolidation=0.1)
    dice = torch.Generator().manual_seed(0)
    thoughts, asked = [], []
    for _ in range(6):
        thought = brain(torch.randn(STREAMS, 4, generator=dice))
        wish = {name: torch.randn(STREAMS, 3, generator=dice) for name in ("direction", "factor", "at_once")}
        right = float(torch.rand((), generator=dice))
        before = wish["factor"].clone()
        brain.learn(thought, **wish, rightness=right, bounded=2)
        assert torch.equal(wish["factor"], before)
        thoughts.append(thought)
        asked.append(wish | {"rightness": torch.tensor(right)})
    expected = naive(brain, thoughts, asked)
    members = brain.cortex.members[0]
    torch.testing.assert_close(brain.trace, expected["trace"].permute(2, 0, 1))
    for name in ("core", "fast", "importance"):
        torch.testing.assert_close(getattr(brain.readout, name)[:, members], expected[name].T, rtol=1e-4, atol=1e-5)
        others = torch.ones(96, dtype=torch.bool)
        others[members] = False
        assert getattr(brain.readout, name)[:, others].abs().sum() == 0


def test_a_bounded_step_closes_its_share_of_the_error():
    brain = make(brake=0.0, fast_share=0.0, trace=0.0)
    sense = torch.randn(1, 4, generator=torch.Generator().manual_seed(0))
    for step in range(1, 4):
        thought = brain(sense)
        factor = torch.tensor([[0.0, 0.0, 0.25]]) * (8.0 - thought.output)
        brain.learn(thought, torch.ones(1, 3), factor, rightness=0.0, bounded=2)
        brain.normalizer.clear(0)  # so that the sense keeps its code
        assert brain(sense).output[0].tolist() == pytest.approx([0.0, 0.0, 8.0 * (1 - 0.75**step)], abs=1e-5)
        assert brain.reread(thought).output[0, 2].item() == pytest.approx(8.0 * (1 - 0.75**step))


def test_ended_streams_leave_no_trace():
    brain = make()
    thought = brain(torch.randn(STREAMS, 4, generator=torch.Generator().manual_seed(0)))
    brain.learn(thought, torch.ones(STREAMS, 3), torch.zeros(STREAMS, 3), rightness=0.0)
    before = brain.trace.clone()
    ended = torch.arange(STREAMS) % 2 == 0
    brain.end(ended)
    assert brain.trace[:, ended].abs().sum() == 0
    assert torch.equal(brain.trace[:, ~ended], before[:, ~ended])


def test_a_new_world_opens_fresh_neurons_and_old_thoughts_are_refused():
    brain = make()
    life = Life(brain)
    life.live(LinearWorld(10), 80)
    old = life.thought
    life.live(LinearWorld(20), 60)
    assert (brain.context, brain.contexts) == (1, 2)
    assert set(brain.cortex.members[0].tolist()).isdisjoint(brain.cortex.members[1].tolist())
    assert old is not None
    with pytest.raises(ValueError, match=r"thought in 0, the brain is now in 1; think again after a switch"):
        brain.learn(old, torch.ones(STREAMS, 3), torch.ones(STREAMS, 3), rightness=1.0)


def test_another_world_does_not_touch_what_was_learnt_in_the_first():
    brain = make()
    life = Life(brain)
    life.live(LinearWorld(10), 80)
    world = LinearWorld(20)
    while brain.context == 0:
        life.live(world, 1)
    assert brain.trace.abs().sum() == 0
    members = brain.cortex.members[0]
    before = {name: getattr(brain.readout, name)[:, members].clone() for name in ("core", "fast", "importance")}
    life.live(world, 40)
    assert brain.context == 1
    assert all(torch.equal(getattr(brain.readout, name)[:, members], value) for name, value in before.items())
    assert brain.readout.core[:, brain.cortex.members[1]].abs().sum() > 0


def test_without_inference_there_is_one_context_and_without_a_gate_all_share_neurons():
    alone, shared = make(infer=False), make(gate=False)
    for brain in (alone, shared):
        life = Life(brain)
        life.live(LinearWorld(10), 80)
        life.live(LinearWorld(20), 40)
    assert (alone.contexts, alone.inference) == (1, None)
    assert shared.contexts == 2
    assert torch.equal(shared.cortex.members[1], shared.cortex.members[0])


def test_novel_input_recruits_a_neuron_without_habits():
    brain = make(in_dim=3)
    dice = torch.Generator().manual_seed(0)
    usual = torch.tensor([[1.0, 0.0, 0.0], [0.0, 1.0, 0.0]]).repeat(STREAMS // 2, 1)
    for _ in range(150):
        thought = brain(usual + 0.01 * torch.randn(STREAMS, 3, generator=dice))
        brain.learn(thought, torch.ones(STREAMS, 3), torch.ones(STREAMS, 3), rightness=0.0)
        assert not brain.grow(thought)
    thought = brain(usual)
    members = brain.cortex.members[0]
    # A view that the best neuron meets worse than any other: the drives are made up, the sense is not.
    best = thought.code.best.clone()
    best[3] = -9.0
    odd = thought._replace(code=thought.code._replace(best=best))
    for values in (brain.readout.core, brain.readout.fast, brain.trace):
        values.fill_(1.0)
    brain.readout.importance.fill_(0.5)
    assert not brain.grow(odd)  # all are protected
    brain.readout.importance.fill_(0.05)
    assert brain.grow(odd)
    assert brain.cortex.born == 1
    normal = brain.normalizer(usual, 0)[3]
    tuned = int((brain.cortex.weight[members] - normal / normal.norm()).abs().amax(1).argmin())
    torch.testing.assert_close(brain.cortex.weight[members[tuned]], normal / normal.norm())
    for values in (brain.readout.core, brain.readout.fast, brain.readout.importance):
        assert values[:, members[tuned]].abs().sum() == 0
    assert brain.trace[:, :, tuned].abs().sum() == 0
    assert not make(neurogenesis=False).grow(odd)


@pytest.mark.parametrize("senses", ["real", "bits"])
def test_a_restored_brain_lives_on_as_the_saved_one(senses: Senses):
    def worlds() -> list[LinearWorld | BitWorld]:
        return [LinearWorld(10), LinearWorld(20)] if senses == "real" else [BitWorld(10), BitWorld(20)]

    brain = make(senses)
    life = Life(brain)
    for world in worlds():
        life.live(world, 80)
    restored = make(senses, seed=99)
    restored.load_state_dict(tensors(brain))
    assert same(tensors(restored), tensors(brain))
    assert (restored.context, restored.contexts) == (brain.context, brain.contexts) == (1, 2)
    told = []
    for one in (brain, restored):
        again = Life(one, seed=5)
        again.thought = one(torch.zeros(STREAMS, 4 if senses == "real" else 240))
        told.append([output for world in worlds() for output in again.live(world, 60)])
    assert all(torch.equal(left, right) for left, right in zip(*told, strict=True))
    assert same(tensors(restored), tensors(brain))


def test_a_copy_lives_a_life_of_its_own():
    brain = make()
    Life(brain).live(LinearWorld(10), 60)
    twin, before = copy.deepcopy(brain), tensors(brain)
    Life(twin).live(LinearWorld(20), 60)
    assert same(tensors(brain), before)
    assert not same(tensors(twin), before)
    assert (brain.contexts, twin.contexts) == (1, 2)


def test_equal_seeds_make_equal_brains():
    brains = [make(seed=3), make(seed=3), make(seed=4)]
    for brain in brains:
        Life(brain).live(LinearWorld(10), 40)
    assert same(tensors(brains[0]), tensors(brains[1]))
    assert not torch.equal(brains[0].cortex.weight, brains[2].cortex.weight)


def test_a_moved_brain_thinks_the_same():
    brain = make()
    life = Life(brain)
    life.live(LinearWorld(10), 40)
    sense = LinearWorld(11).first()
    before = brain(sense)
    moved = brain.to(torch.device("cpu"))
    assert torch.equal(moved(sense).output, before.output)
    host = {"inference.returns.running", "inference.returns.discount", "inference.returns.usual"}
    for name, value in brain.to("meta").named_buffers():
        assert value.device.type == ("cpu" if name in host else "meta"), name


@pytest.mark.parametrize("kind", ["double", "float", "half"])
def test_a_brain_keeps_its_precision(kind: str):
    brain, life = make(), Life(make())
    before = {name: value.dtype for name, value in brain.named_buffers()}
    changed = getattr(brain, kind)()
    assert changed is brain
    assert {name: value.dtype for name, value in brain.named_buffers()} == before
    Life(brain).live(LinearWorld(10), 20)
    life.live(LinearWorld(10), 20)
    assert same(tensors(brain), tensors(life.brain))


def test_a_thought_can_be_taken_apart_and_put_together():
    brain = make()
    Life(brain).live(LinearWorld(10), 20)
    sense = LinearWorld(11).first()
    thought, order = brain(sense), torch.arange(STREAMS).flip(0)
    parts, whole = thought.rows(order), brain(sense[order])
    torch.testing.assert_close(parts.output, whole.output)
    assert torch.equal(parts.code.active(1.0), whole.code.active(1.0))
    assert torch.equal(parts.sense, whole.sense)
