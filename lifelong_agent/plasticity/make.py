"""Making a standard network plastic."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

import torch
from torch import Tensor, nn

from lifelong_agent.plasticity.adaptation import Habituation, Sensory
from lifelong_agent.plasticity.consolidation import Synapses
from lifelong_agent.plasticity.dendrites import DendriticGate
from lifelong_agent.plasticity.layers import dissect
from lifelong_agent.plasticity.local_rule import LocalRule
from lifelong_agent.plasticity.local_synapses import LocalSynapses
from lifelong_agent.plasticity.open_units import open_layers
from lifelong_agent.plasticity.plastic import Plastic
from lifelong_agent.plasticity.prototypes import ContextStore
from lifelong_agent.plasticity.scaling import lengths
from lifelong_agent.plasticity.settings import Adaptation, Consolidation, Dendrites, Prototypes, Scaling
from lifelong_agent.plasticity.tracing import trace
from lifelong_agent.plasticity.unit import Unit


def make_plastic(
    network: nn.Module,
    *inputs: Any,
    adaptation: Adaptation | None = Adaptation(),  # noqa: B008 - frozen
    pool: bool = True,
    consolidation: Consolidation | None = Consolidation(),  # noqa: B008 - frozen
    scaling: Scaling | None = Scaling(),  # noqa: B008 - frozen
    biases: bool = True,
    gate: Dendrites | Prototypes | None = None,
    leave_alone: Collection[str] = (),
    seed: int = 0,
) -> Plastic:
    """Make a network learn by the rule, in place.

    The network stays what it was: same modules, same call, same training loop. Its layers are found by running it once.
    In the strict mode (no gate) its architecture stays too; with a gate, a context opens a part of the hidden units.
    With `Prototypes` the parameters are those of the open units, so make the optimiser afterwards::

        network = nn.Sequential(nn.Linear(784, 256), nn.ReLU(), nn.Linear(256, 10))
        rule = make_plastic(network, torch.zeros(1, 784))
        optimizer = torch.optim.SGD(network.parameters(), lr=0.2)
        rule.attach(optimizer)

    Args:
        network: Modules with dense and convolutional layers and element-wise activations.
        *inputs: Arguments of one call of the network.
        adaptation: Take running means off the input and off what hidden units send; None leaves it out.
        pool: Standardise the sums of each hidden layer, sample by sample.
        consolidation: Slow down important synapses, or step by any other `LocalRule`; works once `Plastic.attach` has
            been called.
        scaling: Keep the length of each hidden unit's incoming weights; works once `Plastic.attach` has been called.
        biases: Whether hidden units go on learning their biases. They are no synapses: nothing consolidates them, and
            over a life they drift until units are on or off whatever comes, which costs a layer effective rank. False
            leaves them as they were born.
        gate: Open a part of the units, as the input says: by random dendrites on its running mean, or by stored
            prototypes. Both need ``adaptation``.
        leave_alone: Names of modules that are not touched.
        seed: Of the random dendrites.

    Returns:
        The rule, to be attached to an optimiser.

    Raises:
        ValueError: If the network has layers that the rule cannot handle, which are named; if it is plastic already;
            if a gate is asked for without adaptation, or in a network of which layers are left alone; if a local rule
            asks for what the other parts do not give.
    """
    if any(hasattr(module, "adaptation") or hasattr(module, "weight_importance") for module in network.modules()):
        raise ValueError("this network is plastic already; make_plastic works on a network once")
    if gate is not None and adaptation is None:
        raise ValueError("a gate needs the running mean of the input: give adaptation=Adaptation(...) with it")
    if isinstance(consolidation, LocalRule):
        _check_local(consolidation, adaptation, gate)
    anatomy = dissect(network, *inputs, leave_alone=leave_alone)
    if adaptation is not None and not anatomy.first:
        raise ValueError("adaptation needs a layer that reads the input; all that do are left alone")
    plastic = Plastic(network, anatomy)
    dice = torch.Generator().manual_seed(seed)
    example = _example(network, anatomy.first[0], inputs) if anatomy.first else torch.zeros(0)
    if adaptation is not None:
        _adapt(plastic, adaptation, example)
    if scaling is not None:
        _scale(plastic, scaling)
    if isinstance(gate, Prototypes):
        _open_by_prototypes(plastic, gate, example, dice, bool(adaptation and adaptation.gain))
    for index, layer in enumerate(anatomy.hidden):
        size = plastic.opened[index].opened if plastic.opened else layer.units
        habituation = closing = None
        if adaptation is not None and adaptation.hidden:
            habituation = Habituation(size, layer.dim, layer.incoming.weight)  # pyright: ignore[reportArgumentType]
            layer.activation.add_module("habituation", habituation)
        if isinstance(gate, Dendrites):
            closing = DendriticGate(layer.units, example, gate.share, dice)
            layer.activation.add_module("gate", closing)
            plastic.gates.append(closing)
        plastic.units.append(Unit(plastic, layer, pool, habituation, closing))
        bias: Any = layer.incoming.bias
        if bias is not None and not biases:
            bias.requires_grad_(False)
    if consolidation is not None:
        _consolidate(plastic, consolidation)
    return plastic


def _adapt(plastic: Plastic, adaptation: Adaptation, example: Tensor) -> None:
    """Take the running mean of the input off what the first layers read; the first of them follows it."""
    plastic.floor = adaptation.floor
    plastic.sensory = Sensory(example, adaptation.horizon, adaptation.gain)
    first, *others = plastic.anatomy.first
    first.add_module("adaptation", plastic.sensory)
    first.register_forward_pre_hook(plastic.sense)
    for other in others:
        other.register_forward_pre_hook(plastic.hand_on)


def _scale(plastic: Plastic, scaling: Scaling) -> None:
    """Remember the lengths that hidden units' weights were born with."""
    plastic.scaled_every = scaling.every
    for layer in plastic.anatomy.hidden:
        born: Any = layer.incoming.weight
        layer.incoming.register_buffer("weight_length", lengths(born.detach()))
        plastic.scaled.append(layer.incoming)


def _open_by_prototypes(plastic: Plastic, gate: Prototypes, example: Tensor, dice: torch.Generator, gain: bool) -> None:
    """Store contexts, and take layers apart into what they open."""
    hidden = plastic.anatomy.hidden
    plastic.store = ContextStore(example, gate, gain)
    plastic.anatomy.first[0].add_module("contexts", plastic.store)
    plastic.opened, plastic.weights = open_layers(hidden, gate.share, gate.capacity, example, dice)
    for layer, units in zip(hidden, plastic.opened, strict=True):
        layer.activation.add_module("open_units", units)
    for weights in plastic.weights if gate.own_readout else ():
        weights.keep(gate.capacity)


def _check_local(rule: LocalRule, adaptation: Adaptation | None, gate: Dendrites | Prototypes | None) -> None:
    """Refuse local rules that ask for what the other parts do not give.

    Raises:
        ValueError: Says what is missing.
    """
    if rule.uses_novelty and adaptation is None:
        raise ValueError(
            f"LocalRule: rate_novelty={rule.rate_novelty} and decay_novelty={rule.decay_novelty} need the novelty that "
            "adaptation tells; give adaptation=Adaptation(...), or set both to 0"
        )
    if rule.traces_units and isinstance(gate, Prototypes):
        raise ValueError(
            f"LocalRule: trace={rule.trace} follows units from step to step, but with Prototypes each context opens "
            "others; set trace=0, for those of the batch"
        )


def _consolidate(plastic: Plastic, consolidation: Consolidation) -> None:
    """Consolidate all weights; those that a context keeps for itself by importance of its own."""
    activations = {id(layer.incoming): layer.activation for layer in plastic.anatomy.hidden}
    plain = consolidation.consolidation() if isinstance(consolidation, LocalRule) else consolidation
    for module in plastic.anatomy.weighted.values():
        if plain is None and isinstance(consolidation, LocalRule):
            activation = activations.get(id(module), module)
            plastic.synapses.append(LocalSynapses(module, consolidation, activation, plastic.sensory))
        else:
            plastic.synapses.append(Synapses(module, plain or consolidation))
    named = {id(synapses.module): synapses.buffers for synapses in plastic.synapses}
    for weights in plastic.weights:
        weights.carry(*named.get(id(weights.module), ()))


def _example(network: nn.Module, first: nn.Module, inputs: tuple[Any, ...]) -> Tensor:
    """Give a zero of what the first layer reads, without the dimension of samples."""
    found: list[Tensor] = []
    handle = first.register_forward_pre_hook(lambda _module, given: found.append(given[0]))
    try:
        trace(network, *inputs)
    finally:
        handle.remove()
    return torch.zeros_like(found[0][0])
