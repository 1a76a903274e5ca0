"""The layers of a net that give its losses their scores, and how a file on top changes how many."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from protonet.errors import SpecError, UsageError
from protonet.run.loading import load
from protonet.schema import Spec
from protonet.spec.kept import wirer_of
from protonet.spec.layer import LayerSpec

VARIABLE = "classes"
"""Of a file whose net has its number of classes from a variable."""


@dataclass(frozen=True, slots=True)
class Classifiers:
    """Layers whose outputs are the classes.

    Attributes:
        names: of the layers.
        by_variable: whether their number is that of `vars.classes`; else each can be changed by
            its name.
        sample: shape of what the net was made for, of its first input, without N.
    """

    names: tuple[str, ...]
    by_variable: bool = False
    sample: tuple[int | str, ...] = ()


def classifiers(file: Path) -> Classifiers:
    """Return the layers of a net that give a loss its scores.

    Raises: UsageError if there is none, or one lies inside a block, where another file cannot
        change it, and the file has no variable for it.
    """
    spec = load(file)
    found = _classifiers(spec)
    if not found:
        raise UsageError(
            f"{file}: it has no loss with scores, so its number of classes cannot be changed from "
            "outside"
        )
    names = tuple(dict.fromkeys(layer.name for layer in found))
    sample = next((tuple(one.shape) for one in spec.net.inputs.values()), ())
    inner = next((layer.name for layer in found if layer.instances), None)
    if inner is None:
        return Classifiers(names, sample=sample)
    if not _by_variable(file, found):
        raise UsageError(
            f"{file}: its layer {inner} lies inside a block, so its number of classes cannot be "
            f"changed from outside; write vars: {{{VARIABLE}: N}} in it, and num_output: "
            f"${VARIABLE} for each layer that has as many"
        )
    return Classifiers(names, True, sample)


def _classifiers(spec: Spec) -> list[LayerSpec]:
    wiring = wirer_of(spec.net).wire(spec.net.net_state("train"))
    makers = {top: node for node in wiring.nodes for top in node.tops}
    found = []
    for loss in wiring.nodes:
        node = loss if spec.net.types[loss.layer.type].kind == "loss" else None
        while node is not None and not hasattr(node.layer.params, "num_output"):
            node = makers.get(node.bottoms[0]) if node.bottoms and not node.body else None
        if node is not None:
            found.append(node.layer)
    return found


def _by_variable(file: Path, found: list[LayerSpec]) -> bool:
    """Return whether a variable changes how many outputs each of these layers has."""
    wanted = 1 + max(_outputs(layer) for layer in found)
    try:
        changed = _classifiers(load(file, [f"vars.{VARIABLE}={wanted}"]))
    except SpecError:  # it means something else there
        return False
    return [_outputs(layer) for layer in changed] == [wanted] * len(found)


def _outputs(layer: LayerSpec) -> int:
    return int(getattr(layer.params, "num_output"))  # noqa: B009  # of any record that has it
