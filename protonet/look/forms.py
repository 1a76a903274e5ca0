"""One phase of a net, wired and proved on the meta device, to be looked at."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from torch import nn

from protonet.errors import PathError, PathErrors
from protonet.layers.record import Blob, LayerType
from protonet.net.axes import Axes
from protonet.net.modules import Prover
from protonet.net.proof import Leaf, Proof
from protonet.spec.deploy import derive_deploy
from protonet.spec.kept import sharing_of, wirer_of
from protonet.spec.net import NetSpec
from protonet.spec.sharing import Sharing
from protonet.spec.state import Phase
from protonet.spec.wiring import Value, Wiring


@dataclass(frozen=True, slots=True)
class Proved:
    """A net in one phase: who reads what, every shape, and a module without memory per layer."""

    wiring: Wiring
    proof: Proof
    sharing: Sharing
    layers: Mapping[str, LayerType]

    @property
    def phase(self) -> Phase:
        """The phase that was proved."""
        return self.wiring.state.phase

    def axes(self, value: Value) -> Axes:
        """Return the axes of a value: numbers, and N where they follow the batch."""
        return self.proof.shapes[value].axes(self.proof.sizes)

    def blob(self, value: Value) -> Blob:
        """Return a value as it was proved with the first of the two sizes of each named axis."""
        return self.proof.shapes[value].small

    def module(self, position: int) -> nn.Module:
        """Return the module of the layer at this position of the wiring."""
        return self.proof.modules[position]

    def leaves(self) -> Iterator[Leaf]:
        """Yield every layer, those in the steps of recurrent layers too."""
        return self.proof.leaves(self.wiring.nodes)


def prove_net(net: NetSpec, phase: Phase, sizes: Mapping[str, int] | None = None) -> Proved:
    """Wire and prove one phase of a net.

    Args:
        net: the net.
        phase: `train`, `test` or `deploy`.
        sizes: exactly these sizes of the named axes, N among them; left out: two sizes of each, so
            that it is seen what follows them.

    Raises: PathErrors with everything wrong; `protonet.schema.located` adds file and line.
    """
    layers = net.types
    wirer = wirer_of(net)
    sharing = sharing_of(net)
    if phase == "deploy":
        wiring = derive_deploy(net, layers, wirer)
    else:
        wiring = wirer.wire(net.net_state(phase))
    prover = Prover(net, layers, sharing)
    if sizes is not None:
        prover.sizes = (sizes, sizes)
    proof = prover.prove(wiring)
    errors = [*wirer.errors, *wiring.errors, *proof.errors]
    if not errors and not wiring.nodes:
        errors = [PathError("PN029", ("net", "layers"), f"no layer is left in phase {phase}")]
    if errors:
        raise PathErrors(errors)
    return Proved(wiring, proof, sharing, layers)


def axis_names(net: NetSpec) -> tuple[str, ...]:
    """Return the named axes of a net's inputs, those of the deployed net too, in the order of the
    file."""
    inputs = [*net.inputs.values(), *(net.deploy.inputs.values() if net.deploy else ())]
    axes = (axis for spec in inputs for axis in spec.axes() if isinstance(axis, str))
    return tuple(dict.fromkeys(axes))
