"""A training whose batches several processes share: what each computes, and how it adds up."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn.modules.batchnorm import _NormBase

from protonet.distributed.group import Group
from protonet.distributed.reduction import Reduction
from protonet.errors import PathError
from protonet.layers.batch_norm import BatchStatistics
from protonet.layers.hdf5_output import HDF5Output
from protonet.layers.synchronised import Synchronised
from protonet.net import Net
from protonet.net.adding import Adding
from protonet.spec.data import TRAIN, DataSpec
from protonet.step.objective import Outputs
from protonet.step.update import Computed

Given = Mapping[str, Any]
"""What a part of a net gives: tensors, or pairs of numerator and denominator."""


def whole_outputs(
    call: Callable[..., Given], adding: Mapping[str, Adding], group: Group, share: float
) -> Callable[..., Outputs]:
    """Return a forward pass whose losses add up, over all processes, to those of the whole batch.

    Args:
        call: computes a part.
        adding: how each output makes up that of the whole.
        group: the processes.
        share: the part of every batch, 0 to 1, that this process gets.
    """
    quotients = [name for name, how in adding.items() if how == "quotient"]

    def forward(*bottoms: Tensor) -> Outputs:
        given = call(*bottoms)
        counted = _totals([given[name][1] for name in quotients], group)
        outputs = {name: given[name] for name in adding}
        for name, total in zip(quotients, counted, strict=True):
            numerator = given[name][0]
            outputs[name] = numerator / total.to(numerator.dtype)
        for name, how in adding.items():
            if how == "mean":
                outputs[name] = given[name] * share
        return outputs

    return forward


def _totals(denominators: list[Tensor], group: Group) -> list[Tensor]:
    """Return the denominators of the whole batch; 1 for 0, whose numerator is 0."""
    if not denominators:
        return []
    wide = torch.float32 if denominators[0].device.type == "mps" else torch.float64
    with torch.no_grad():
        flat = torch.cat([one.detach().to(wide).reshape(-1) for one in denominators])
        group.add_(flat)
        flat.masked_fill_(flat == 0, 1.0)
    sizes = [one.numel() for one in denominators]
    parts = zip(flat.split(sizes), denominators, strict=True)
    return [part.view(one.shape) for part, one in parts]


class Combined:
    """Adds up what the processes have computed of a batch.

    Args:
        reduction: over the gradients of the update.
        adding: how each output of the net makes up that of the whole.
        reduced: whether the gradients are sums over the processes already.
    """

    def __init__(
        self, reduction: Reduction, adding: Mapping[str, Adding], *, reduced: bool = False
    ) -> None:
        self._reduction, self._adding, self._reduced = reduction, adding, reduced

    def __call__(
        self, gradients: list[Tensor], computed: Computed
    ) -> tuple[list[Tensor], Computed]:
        """Return the gradients, the loss, and the outputs that are single numbers, of the whole."""
        names = [
            name
            for name, value in computed.outputs.items()
            if value.dim() == 0 and self._adding[name] != "own"
        ]
        numbers = [computed.loss, *(computed.outputs[name] for name in names)]
        own = [] if self._reduced else gradients
        sums, (loss, *values) = self._reduction.sums(own, numbers)
        whole = gradients if self._reduced else sums
        return whole, Computed(loss, {**computed.outputs, **dict(zip(names, values, strict=True))})


def statistics_of(net: Net) -> list[Tensor]:
    """Return what normalising layers keep of the batches, where each process sees parts of them."""
    found: dict[int, Tensor] = {}
    for module in _normalising(net):
        if getattr(module, "rows", None) is None:
            kept = module.buffers(recurse=False)
            found |= {id(one): one for one in kept if one.is_floating_point()}
    return list(found.values())


def synchronise(net: Net, group: Group) -> None:
    """Have normalising layers use the statistics of the whole batch."""
    rows = torch.compiler.disable(group.rows)
    for module in _normalising(net):
        if isinstance(module, BatchStatistics | Synchronised):
            module.rows = rows


def _normalising(net: Net) -> Iterator[nn.Module]:
    for leaf in net.leaves():
        for module in leaf.module.modules():
            if isinstance(module, BatchStatistics | _NormBase) and module.training:
                yield module


def unshared(net: Net, tests: Iterable[Net], data: DataSpec, group: Group) -> Iterator[PathError]:
    """Yield what several processes cannot share.

    Args:
        net: in phase train.
        tests: in phase test.
        data: of the training set.
        group: the processes.
    """
    place = ("data", TRAIN, *next(iter(data.sources)))
    if data.batch_size < group.count:
        why = f"each of {group.count} processes needs a part of every batch"
        hint = f"batch_size counts all of them: at least {group.count}"
        yield PathError("PN013", (*place, "batch_size"), why, got=str(data.batch_size), hint=hint)
    for blob, spec in net.input_specs.items():
        size = (spec.axes() or ("",))[0]
        if isinstance(size, int):
            why = (
                f"the net's input {blob} takes batches of {size}, of which each of {group.count} "
                "processes would get a part"
            )
            yield PathError("PN041", (*place, "batch_size"), why, hint="write the shape without N")
    writers = {
        leaf.node.index
        for one in (net, *tests)
        for leaf in one.leaves()
        if isinstance(leaf.module, HDF5Output)
    }
    for index in sorted(writers):
        why = f"it writes one file, and each of {group.count} processes has a part of the rows"
        yield PathError("PN015", ("net", "layers", index), why, hint="use one process")
