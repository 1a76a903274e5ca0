"""`solver.params`: factors on how the parameters of a net learn, by patterns of their names."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import replace

from protonet.errors import PathError, PathErrors
from protonet.net import Net
from protonet.optim import Slot
from protonet.spec.updates import FactorSpec, factors, idle_rules


def factored(net: Net, rules: Sequence[FactorSpec]) -> list[Slot]:
    """Return what the net trains, in the order of `net.learnable`, with the factors applied.

    What a factor of 0 stops is not trained any more: no gradient is computed for it, it has no
    history, and it counts in no norm, as with a layer's own `lr_mult: 0`.

    Args:
        net: in phase train.
        rules: `solver.params`.

    Raises: PathErrors naming the rules that fit nothing; PathError if nothing is left to train.
    """
    names = names_of(net)
    if idle := idle_rules(rules, [name for known in names.values() for name in known]):
        raise PathErrors(idle)
    slots = [_factored(slot, rules, names[id(slot.tensor)]) for slot in net.learnable]
    for slot in slots:
        slot.tensor.requires_grad_(slot.lr_mult != 0)
    if not net.learnable:
        raise PathError("PN029", ("solver", "params"), "no parameter is left to train")
    return [slot for slot in slots if slot.lr_mult != 0]


def names_of(net: Net) -> dict[int, list[str]]:
    """Return every name, `layer/parameter`, of each tensor, by its id; a shared one has several."""
    names: dict[int, list[str]] = defaultdict(list)
    for layer, parameters in net.params.items():
        for name, tensor in parameters.items():
            names[id(tensor)].append(f"{layer}/{name}")
    return names


def _factored(slot: Slot, rules: Sequence[FactorSpec], names: Sequence[str]) -> Slot:
    found = factors(rules, names)
    return replace(
        slot,
        lr_mult=slot.lr_mult * found.lr_mult,
        decay_mult=slot.decay_mult * found.decay_mult,
    )
