"""What is wrong between the layers of a net: how many blobs they take, what they are called, what
they read."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from protonet.errors import Path, PathError
from protonet.language import Plan, frames_around
from protonet.layers.record import Arity
from protonet.spec.kept import sharing_of, wirer_of
from protonet.spec.net import NetSpec
from protonet.spec.own_names import OWN_INPUT, OWN_OUTPUT
from protonet.spec.recurrence import step_errors
from protonet.spec.state import Phase
from protonet.spec.wiring import INPUT, Wirer


def check_wiring(net: NetSpec) -> list[PathError]:
    """Return everything wrong in how the layers of a net are named and joined.

    The deploy net is derived, and checked where it is built; train and test are checked here.
    """
    wirer = wirer_of(net)
    missing = [
        error for phase in ("train", "test") for error in wirer.wire(net.net_state(phase)).errors
    ]
    return [
        *wirer.errors,
        *once(missing),
        *_arity_errors(wirer),
        *_repeated_names(net),
        *_blob_names(wirer),
        *_shape_counts(wirer),
        *_long_lists(wirer),
        *step_errors(net, net.types),
        *sharing_of(net).errors(),
    ]


def once(errors: Iterable[PathError]) -> list[PathError]:
    """Return the errors without those at a place that already has one of the same code: what is
    missing in two phases is said once."""
    first: dict[object, PathError] = {}
    for error in errors:
        first.setdefault((error.path, error.code), error)
    return list(first.values())


def _arity_errors(wirer: Wirer) -> Iterator[PathError]:
    unchained = {error.path[:3] for error in wirer.errors}
    for index, layer in enumerate(wirer.net.layers):
        kind, place = wirer.layers.get(layer.type), ("net", "layers", index)
        if kind is None:
            continue
        bottoms, tops = wirer.bottoms[index], wirer.tops(index)
        if not kind.bottoms.admits(len(bottoms)) and place not in unchained:
            why = f"{layer.type} reads {_counted(kind.bottoms, 'bottom')}, here {len(bottoms)}"
            where = (*place, "bottom") if layer.bottom else place
            hint = "" if layer.bottom else "write bottom: [...]"
            yield PathError("PN024", where, why, got=", ".join(bottoms), hint=hint)
        if not kind.tops.admits(len(tops)):
            why = f"{layer.type} gives {_counted(kind.tops, 'top')}, here {len(tops)}"
            where = (*place, "top") if layer.top else place
            yield PathError("PN025", where, why, got=", ".join(tops))


def _counted(arity: Arity, noun: str) -> str:
    return f"{arity} {noun}{'' if str(arity) == '1' else 's'}"


def _repeated_names(net: NetSpec) -> Iterator[PathError]:
    first: dict[tuple[str, str], int] = {}
    reported: set[int] = set()
    around: list[tuple[int, ...]] = []
    steps = {one.loop.layer: one.layers for one in net.plan.frames if one.loop is not None}
    for index, layer in enumerate(net.layers):
        for phase in layer.phases(net.state.level, frozenset(net.state.stage)):
            known = first.setdefault((layer.name, phase), index)
            if known in steps.get(index, ()):
                continue  # the layer `.` of its own block
            if known != index and index not in reported:
                around = around or frames_around(net.plan)
                frame = _same_instance(net.plan, around[index], around[known])
                reported |= {index} if frame is None else set(net.plan.frames[frame].layers)
                yield _repeated_name(net, index, frame, phase)


def _repeated_name(net: NetSpec, index: int, frame: int | None, phase: Phase) -> PathError:
    """Return that a layer has the name of another, or an instance that of another instance."""
    name, above = net.layers[index].name, "a layer"
    path: Path = ("net", "layers", index, "name")
    if frame is not None:
        name, above = net.plan.frames[frame].name, "an instance"
        path = ("net", "frames", frame, "name")
    why = f"the name {name} is taken by {above} above, in phase {phase}"
    return PathError("PN021", path, why, hint="weights are stored by layer name")


def _same_instance(plan: Plan, around: Iterable[int], others: Iterable[int]) -> int | None:
    """Return the outermost of the frames around a layer that has the name of another, one of those
    around a layer above; None where it is the layers themselves that have one name."""
    names = {plan.frames[other].name for other in others}
    found = (frame for frame in around if plan.frames[frame].name in names - {""})
    return next((frame for frame in found if frame not in others), None)


def _blob_names(wirer: Wirer) -> Iterator[PathError]:
    """Yield tops that would be mistaken for something else."""
    declared = set(wirer.net.inputs)
    for name in declared:
        yield from _mistakable(name, ("net", "inputs", name))
    for index, layer in enumerate(wirer.net.layers):
        for name in wirer.tops(index):
            where = ("net", "layers", index, "top" if layer.top else "name")
            yield from _mistakable(name, where)
            if layer.type == INPUT and name in declared:
                why = f"the input {name} is declared twice"
                yield PathError("PN015", where, why, hint="keep it in inputs or as a layer")


def _mistakable(name: str, where: Path) -> Iterator[PathError]:
    """Yield an error if a blob's name would be taken for one that means something for good."""
    for prefix, what in ((OWN_OUTPUT, "a layer's own output"), (OWN_INPUT, "an input")):
        if name.startswith(prefix):
            why = f"{prefix} begins the name of {what}, so no blob's"
            yield PathError("PN022", where, why, got=name)


def _shape_counts(wirer: Wirer) -> Iterator[PathError]:
    """Yield Input layers that give neither one shape for all tops nor one for each."""
    for index, layer in enumerate(wirer.net.layers):
        if layer.type == INPUT and layer.params is not None:
            shapes, tops = len(layer.params.shapes()), len(wirer.tops(index))
            if shapes not in (1, tops):
                why = f"{shapes} shapes for {tops} top{'' if tops == 1 else 's'}"
                hint = "give one for each top, or one for all"
                yield PathError("PN013", ("net", "layers", index, "shape"), why, hint=hint)


def _long_lists(wirer: Wirer) -> Iterator[PathError]:
    """Yield lists that have more items than the bottoms or tops they go with."""
    for index, layer in enumerate(wirer.net.layers):
        weights, flags = layer.loss_weight or (), layer.propagate_down or ()
        for key, values, names, noun in (
            ("loss_weight", weights, wirer.tops(index), "top"),
            ("propagate_down", flags, wirer.bottoms[index], "bottom"),
        ):
            if len(values) > len(names):
                count = f"{len(names)} {noun}{'' if len(names) == 1 else 's'}"
                why = f"{len(values)} values for {count}"
                yield PathError("PN013", ("net", "layers", index, key), why)
