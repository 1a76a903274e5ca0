"""A net: the spec's layers as a torch graph for one phase, around parameters that all phases
share."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import torch

from protonet.errors import PathError, PathErrors, UsageError
from protonet.layers.from_nothing import FromNothing
from protonet.layers.record import LayerType
from protonet.net.axes import Axes
from protonet.net.form import Form, LossTerm
from protonet.net.modules import Prover
from protonet.net.parameters import ParameterStore
from protonet.optim import Slot
from protonet.spec.deploy import derive_deploy
from protonet.spec.kept import sharing_of, wirer_of
from protonet.spec.net import InputSpec, NetSpec
from protonet.spec.state import Phase
from protonet.spec.wiring import Node, Wirer, Wiring

_CONVOLUTIONS = frozenset(
    {
        *("Convolution", "Deconvolution", "DepthwiseConvolution"),
        *("nn.Conv2d", "nn.ConvTranspose2d"),
    }
)
"""Types that are faster on images in memory format channels last."""


@dataclass(frozen=True, slots=True)
class _Common:
    """What the phases of a net have in common."""

    spec: NetSpec
    layers: Mapping[str, LayerType]
    wirer: Wirer
    prover: Prover
    store: ParameterStore

    def wired(self, phase: Phase, stages: tuple[str, ...]) -> Wiring:
        """Return the wiring of a phase.

        Raises: PathErrors with everything that is missing.
        """
        if phase == "deploy":
            wiring = derive_deploy(self.spec, self.layers, self.wirer)
        else:
            wiring = self.wirer.wire(self.spec.net_state(phase, stages))
        _raise([*self.wirer.errors, *wiring.errors])
        if not wiring.nodes:
            why = f"no layer is left in phase {phase}"
            _raise([PathError("PN029", ("net", "layers"), why)])
        return wiring


class Net(Form):
    """One net in one phase. `in_phase` gives the same net in another, around the same parameters.

    Args:
        spec: the net section of a spec.
        phase: `train`, `test` or `deploy`.
        seed: first values of the parameters follow from it.
        device: where the parameters lie.
        channels_last: memory format of 4-d parameters; left out: channels last where there are
            convolutions.

    Raises: PathErrors with all that is wrong; `protonet.schema.located` adds file and line.
    """

    def __init__(
        self,
        spec: NetSpec,
        phase: Phase = "train",
        *,
        seed: int = 0,
        device: torch.device | str = "cpu",
        channels_last: bool | None = None,
    ) -> None:
        if channels_last is None:
            channels_last = any(layer.type in _CONVOLUTIONS for layer in spec.layers)
        memory_format = torch.channels_last if channels_last else torch.contiguous_format
        layers = spec.types
        sharing = sharing_of(spec)
        store = ParameterStore(sharing, seed, torch.device(device), memory_format)
        wirer, prover = wirer_of(spec), Prover(spec, layers, sharing)
        self._enter(_Common(spec, layers, wirer, prover, store), phase, ())

    def in_phase(self, phase: Phase, stages: tuple[str, ...] = ()) -> Net:
        """Return the same net in another phase, around the same parameters.

        Args:
            phase: `train`, `test` or `deploy`.
            stages: stages set besides the spec's own.

        Raises: PathErrors with what is wrong in that phase.
        """
        other = Net.__new__(Net)
        other._enter(self._common, phase, stages)
        return other

    def with_inputs(self, inputs: Mapping[str, InputSpec]) -> Net:
        """Return the same net in the same phase for other inputs, around the same parameters.

        Args:
            inputs: by name, those that are other ones.

        Raises: PathErrors where a layer, or the shape of a parameter, does not allow it.
        """
        spec = self.spec.model_copy(update={"inputs": {**self.spec.inputs, **inputs}})
        wirer, prover = wirer_of(spec), Prover(spec, self.layers, self.store.sharing)
        other = Net.__new__(Net)
        common = _Common(spec, self.layers, wirer, prover, self.store)
        other._enter(common, self.phase, tuple(self.wiring.state.stages))
        return other

    def _enter(self, common: _Common, phase: Phase, stages: tuple[str, ...]) -> None:
        self._common, self.phase = common, phase
        wiring = common.wired(phase, stages)
        proof = common.prover.prove(wiring)
        _raise(proof.errors)
        for leaf in proof.leaves(wiring.nodes):
            kind = common.layers[leaf.node.layer.type]
            _raise(common.store.adopt(leaf.node, leaf.module, kind))
            if isinstance(leaf.module, FromNothing):
                leaf.module.device = common.store.device
        super().__init__(wiring, proof, common.layers)

    @property
    def spec(self) -> NetSpec:
        """Return the net section that it was made from."""
        return self._common.spec

    @property
    def store(self) -> ParameterStore:
        """Return what holds the parameters."""
        return self._common.store

    @property
    def params(self) -> dict[str, dict[str, torch.Tensor]]:
        """Return every parameter and statistic, `params[layer][name]`."""
        return self.store.params

    @property
    def device(self) -> torch.device:
        """Return where the parameters lie."""
        return self.store.device

    @property
    def memory_format(self) -> torch.memory_format:
        """Return the memory format that images should arrive in."""
        return self.store.memory_format

    @property
    def learnable(self) -> list[Slot]:
        """Return the tensors that this phase trains, each once, in the order of the layers."""
        return self.store.learnable(self.wiring.all_nodes())

    def named_tensors(self) -> dict[str, torch.Tensor]:
        """Return every parameter and statistic once, by the `layer/parameter` it is saved under."""
        return dict(self.store.tensors)

    def total_loss(self, outputs: Mapping[str, torch.Tensor]) -> torch.Tensor:
        """Return what is minimised: the sum of the outputs times their weights, one number.

        Raises: UsageError if the net minimises nothing in this phase.
        """
        if not self.loss_terms:
            raise UsageError(f"the net has no loss in phase {self.phase}")
        return weighed_sum(outputs, self.loss_terms)

    def __call__(
        self, blobs: Mapping[str, torch.Tensor], wanted: Iterable[str] | None = None
    ) -> dict[str, torch.Tensor]:
        """Run the net.

        Args:
            blobs: a tensor per input.
            wanted: names of the blobs to return, inner ones too (`layer:NAME` for a layer's own
                output); left out: the outputs.

        Raises: UsageError if an input is missing or a wanted blob does not exist.
        """
        for name in self.inputs:
            if name not in blobs:
                known = ", ".join(self.inputs)
                raise UsageError(f"the net's input {name} is missing; it takes {known}")
        module = self.graph_module if wanted is None else self.giving(wanted)
        result: dict[str, torch.Tensor] = module(*(blobs[name] for name in self.inputs))
        return result

    def table(self) -> list[tuple[Node, tuple[Axes, ...], int]]:
        """Return, per layer, its node, the axes of its tops and its number of parameters."""
        return [
            (node, tuple(map(proof.axes, node.tops)), self._count(node.layer.name))
            for node, proof in ((leaf.node, leaf.proof) for leaf in self.leaves())
        ]

    def _count(self, layer: str) -> int:
        return sum(tensor.numel() for tensor in self.params.get(layer, {}).values())


def weighed_sum(outputs: Mapping[str, torch.Tensor], terms: Sequence[LossTerm]) -> torch.Tensor:
    """Return the sum of some outputs times their weights, one number."""
    weighed = [_weighed(outputs[term.output], term) for term in terms]
    return weighed[0] if len(weighed) == 1 else torch.stack(weighed).sum()


def _weighed(output: torch.Tensor, term: LossTerm) -> torch.Tensor:
    total = output if term.is_scalar else output.sum()
    return total if term.weight == 1 else total * term.weight


def _raise(errors: list[PathError]) -> None:
    if errors:
        raise PathErrors(errors)
