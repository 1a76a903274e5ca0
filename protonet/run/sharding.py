"""A training whose parameters several processes share out: `solver.parallel: fsdp`."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from torch import Tensor

from protonet.distributed.group import Group
from protonet.distributed.sharding import Sharding, share_out
from protonet.errors import PathError, PathErrors
from protonet.layers.scale import Scale
from protonet.net import Net
from protonet.run.factors import factored
from protonet.run.parts import synchronise
from protonet.run.rules import Aim, aims
from protonet.spec.parallel import FSDP
from protonet.spec.solver import SolverSpec
from protonet.step.average import Average

_WHOLE = "ddp, where each process holds the whole net"


def aims_of(solver: SolverSpec, net: Net, group: Group) -> tuple[tuple[Aim, ...], Sharding | None]:
    """Return what each of the updates is for, and how parameters are shared out for them; None
    where each process has all of them.

    Args:
        solver: the solver section.
        net: in phase train.
        group: the processes.

    Raises: PathErrors, see `aims` and `shared_out`.
    """
    if solver.sync_batch_norm and not group.is_alone:
        synchronise(net, group)
    if solver.parallel == FSDP and not group.is_alone:
        return shared_out(solver, net, group)
    return aims(solver, net, factored(net, solver.params), parted=not group.is_alone), None


def averaged(net: Net, decay: float | None, sharding: Sharding | None) -> Average | None:
    """Return the average of a net's parameters and statistics, of those shared out that of this
    process's part; None without a decay."""
    if decay is None:
        return None
    named = net.named_tensors()
    return Average(sharding.own(named) if sharding else named, decay)


def shared_out(solver: SolverSpec, net: Net, group: Group) -> tuple[tuple[Aim, ...], Sharding]:
    """Share a net's parameters out; return what its one update is for, over this process's parts.

    What is trained are modules of their own: those of `net` stay as they are, and compute within
    `Sharding.assembled`.

    Args:
        solver: the solver section.
        net: in phase train.
        group: the processes.

    Raises: PathErrors for parameters that cannot be shared out, and what `aims` raises.
    """
    trained = net.in_phase("train")
    if solver.sync_batch_norm:
        synchronise(trained, group)
    (aim,) = aims(solver, trained, factored(trained, solver.params), parted=True)
    assert aim.parted is not None  # as it was asked for
    if errors := list(_unshareable(trained, aim, group)):
        raise PathErrors(errors)
    # what is fused with a BatchNorm is not called by itself, and so could not be gathered by itself
    layers = [module for module in trained.modules() if not isinstance(module, Scale)]
    sharding = share_out(aim.parted, layers, net.named_tensors(), group)
    slots = [replace(slot, tensor=sharding.shards[slot.name].own) for slot in aim.slots]
    return (replace(aim, slots=tuple(slots)),), sharding


def _unshareable(net: Net, aim: Aim, group: Group) -> Iterator[PathError]:
    """Yield why parameters of a net cannot be shared out."""
    assert aim.parted is not None  # as it was asked for
    names = {id(tensor): name for name, tensor in net.named_tensors().items()}
    used = {id(one): one for one in aim.parted.parameters()}
    for leaf in net.leaves():
        own = leaf.module.parameters(recurse=False)
        if any(id(one) in used and id(one) not in names for one in own):
            why = "it is frozen, and uses what another layer trains, which fsdp cannot share out"
            yield PathError("PN016", ("net", "layers", leaf.node.index), why, hint=_WHOLE)
    if single := [names[key] for key, one in used.items() if key in names and not one.dim()]:
        yield _refused(f"{' and '.join(single)} is a single number, without rows to share out")
    if outside := [slot.name for slot in aim.slots if id(slot.tensor) not in used]:
        yield _refused(f"{' and '.join(outside)} is used by what is no layer's forward pass")
    if all(_holders(one, group.count) < group.count for one in used.values()):
        why = f"no parameter has enough rows to give each of {group.count} processes a part"
        yield _refused(why, "fewer processes, or ddp")


def _refused(why: str, hint: str = _WHOLE) -> PathError:
    return PathError("PN016", ("solver", "parallel"), why, got=FSDP, hint=hint)


def _holders(parameter: Tensor, count: int) -> int:
    """Return how many of so many processes get rows of a parameter."""
    rows = len(parameter) if parameter.dim() else 0
    return -(-rows // -(-rows // count)) if rows else 0
