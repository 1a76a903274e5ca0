"""Which nets can be computed in parts of a batch, and what a person must know of it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from torch import nn
from torch.nn.modules.batchnorm import _NormBase

from protonet.distributed.group import Group
from protonet.errors import PathError, PathErrors
from protonet.layers.batch_norm import BatchStatistics
from protonet.layers.normalization import LossParams
from protonet.net import Net
from protonet.net.adding import Parted, adding_of
from protonet.net.form import LossTerm
from protonet.run.machine import why_no_memory
from protonet.snapshot import Machine
from protonet.spec.net import BATCH
from protonet.spec.solver import SolverSpec
from protonet.step.micro import MicroBatch
from protonet.step.splitting import CannotSplit, Splitting

Call = Callable[..., Mapping[str, Any]]

AUTO, OFF = "auto", "off"

_COUNTING = frozenset({"BatchReindex", "Filter", "ROIPooling", "HDF5Output"})
"""Types that read or write the places of samples in the batch."""


def micro_batch(solver: SolverSpec, before: Machine | None) -> MicroBatch | None:
    """Return how many samples are computed at once: as the spec says, else as before, else all of a
    batch until memory runs out. None: always all of it.

    Args:
        solver: the solver section.
        before: what the run that is resumed computed with.
    """
    if solver.micro_batch == OFF:
        return None
    size = before.micro_batch if before else None
    if isinstance(solver.micro_batch, int):
        size = solver.micro_batch
    return MicroBatch(size, solver.micro_batch == AUTO, _is_full)


def splitting_of(
    net: Net,
    terms: Iterable[LossTerm],
    parted: Callable[[], Parted],
    call: Callable[[Parted], Call],
) -> Splitting:
    """Return how a net is computed in parts of a batch.

    Args:
        net: in phase train.
        terms: what is minimised.
        parted: makes the net of a part.
        call: makes of that what is called.

    Raises: CannotSplit.
    """
    minimised = [term.output for term in terms]
    for why in (_unsplittable(net), _unknown(net, minimised)):
        if why:
            raise CannotSplit(why)
    made = parted()
    normalising = list(_normalising(net))
    uneven = {
        name
        for name in minimised
        if made.adding[name] == "quotient" and not _goes_with_samples(net, name)
    }
    return Splitting(
        forward=call(made),
        adding=made.adding,
        axes=[batch_axis(spec.axes()) for spec in net.input_specs.values()],
        uneven=frozenset(uneven),
        statistics=[
            one
            for _, module in normalising
            for one in module.buffers(recurse=False)
            if one.is_floating_point() or one.dim() == 0
        ],
        note=_note([name for name, _ in normalising]),
    )


def check_alone(solver: SolverSpec, group: Group) -> None:
    """Refuse parts of so many samples in each of several processes.

    Raises: PathError.
    """
    size = solver.micro_batch
    if isinstance(size, int) and not group.is_alone:
        why = f"{group.count} processes compute a part of every batch each, and no smaller ones"
        hint = (
            "half the batch_size with twice the iter_size gives the same updates with half the "
            "memory; leave micro_batch out"
        )
        raise PathError("PN016", ("solver", "micro_batch"), why, got=str(size), hint=hint)


def check_splits(solver: SolverSpec, net: Net) -> None:
    """Refuse parts of so many samples where the net cannot be computed in parts.

    Raises: PathError.
    """
    if not isinstance(solver.micro_batch, int):
        return
    minimised = [term.output for term in net.loss_terms]
    if why := _unsplittable(net) or _unknown(net, minimised):
        path = ("solver", "micro_batch")
        raise PathError("PN015", path, f"a batch cannot be computed in parts: {why}")


def _is_full(error: Exception) -> bool:
    is_kind = isinstance(error, RuntimeError | MemoryError)
    return is_kind and why_no_memory(error) is not None  # type: ignore[arg-type]  # of this kind


def batch_axis(axes: tuple[int | str, ...]) -> int | None:
    """Return which axis is that of the batch; None where there is none."""
    return axes.index(BATCH) if BATCH in axes else None


def _unsplittable(net: Net) -> str:
    """Return why a net needs its batches whole; empty where it does not."""
    for node in net.wiring.all_nodes():
        if node.layer.type in _COUNTING:
            return f"layer {node.layer.name} ({node.layer.type}) counts the samples of the batch"
    if all(BATCH not in spec.axes() for spec in net.input_specs.values()):
        return "no input has a batch axis"
    return ""


def _unknown(net: Net, minimised: Iterable[str]) -> str:
    """Return what is minimised and does not add up; empty where all of it does."""
    unknown = []
    for name in minimised:
        try:
            adding_of(net, [name])
        except PathErrors:
            unknown.append(name)
    if not unknown:
        return ""
    whether = "whether it is a mean or a sum" if len(unknown) == 1 else "if means or sums"
    return f"of {' and '.join(unknown)} it cannot be told {whether} over the samples"


def _goes_with_samples(net: Net, name: str) -> bool:
    """Return whether a loss is divided by so much for each sample, whatever the sample."""
    position, _ = net.measured[name]
    params = net.wiring.nodes[position].layer.params
    weighed = getattr(params, "class_weights", None) is not None
    return isinstance(params, LossParams) and params.ignore_label is None and not weighed


def _normalising(net: Net) -> Iterable[tuple[str, nn.Module]]:
    for leaf in net.leaves():
        for module in leaf.module.modules():
            if isinstance(module, BatchStatistics | _NormBase) and module.training:
                yield leaf.node.layer.name, module


def _note(layers: list[str]) -> str:
    if not layers:
        return ""
    shown = ", ".join(layers[:3]) + (f" and {len(layers) - 3} more" if len(layers) > 3 else "")
    return f"note: what normalises by the batch ({shown}) uses the statistics of each part"
