"""Going on with a run: whether it may go on as the spec now stands, and from which numbers."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from protonet.errors import UsageError
from protonet.records import shortened
from protonet.run.job import Job
from protonet.run.machine import check_same, differences
from protonet.run.refrozen import refrozen
from protonet.snapshot import Machine, Snapshot, State
from protonet.spec.addresses import weights_of
from protonet.spec.data import TRAIN, placed
from protonet.spec.shuffle import FULL
from protonet.spec.solver import SolverSpec
from protonet.spec.torch_class import OPTIM

_FIXED = frozenset(
    {
        *("type", "regularization_type", "updates", "iter_size"),
        *("random_seed", "deterministic", "precision", "ema", "history_size"),
    }
)
"""Keys of the solver that what was done so far depends on in a way that cannot be changed later."""
_PLACES = frozenset({"cache", "source", "fallback", "root_folder"})
"""Keys of a set that say where its data are: they are known by their content."""
_MOMENTUM = "momentum"
_WITH_HISTORY = frozenset({"SGD", "Nesterov"})
"""Caffe's rules that remember something only with a momentum."""
_MACHINE = frozenset({"device", "threads", "channels_last", "compile"})
"""Keys that are held against the machine that is recorded, not against the spec."""


def check_continues(job: Job, spec: Mapping[str, Any], snapshot: Snapshot) -> list[str]:
    """Refuse a snapshot of another training; return what differs and may.

    Args:
        job: the training as the spec now stands.
        spec: the resolved spec as plain data.
        snapshot: what would be gone on with.

    Raises: UsageError naming every key or set that differs.
    """
    state = snapshot.state
    check_same(_comparable(state, spec, job), job.machine)
    before, now = (one.get("solver") or {} for one in (state.spec, spec))
    refused = [*_fixed_differences(state.spec, spec), *_data_differences(state.data, job)]
    if not refused:  # only of the same net and rule can it be said what is trained
        refused = list(refrozen(before, now, job, snapshot.optimizer))
    if refused:
        raise UsageError(
            f"{snapshot.path}: belongs to another training: {'; '.join(refused)}. Put it back, "
            "or train anew without --resume"
        )
    return [
        *_solver_differences(state.spec, spec, fixed=False),
        *differences(state.machine, job.machine),
    ]


def _comparable(state: State, spec: Mapping[str, Any], job: Job) -> Machine:
    """Return what the run was computed with; between ddp and fsdp the memory format may change."""
    ways = [(one.get("solver") or {}).get("parallel") for one in (state.spec, spec)]
    if ways[0] == ways[1]:
        return state.machine
    return state.machine.model_copy(update={"channels_last": job.machine.channels_last})


def _fixed_differences(before: Mapping[str, Any], now: Mapping[str, Any]) -> Iterator[str]:
    yield from _differences("net", before.get("net"), now.get("net"))
    yield from _differences(f"data.{TRAIN}", _set(before, TRAIN), _set(now, TRAIN))
    yield from _solver_differences(before, now, fixed=True)


def _solver_differences(
    before: Mapping[str, Any], now: Mapping[str, Any], *, fixed: bool
) -> Iterator[str]:
    old, new = (_flat(spec.get("solver") or {}) for spec in (before, now))
    kept = _FIXED | set(_switched(old, new))
    for key in sorted((old.keys() | new.keys()) - _MACHINE):
        if (key in kept) == fixed:
            yield from _differences(f"solver.{key}", old.get(key), new.get(key))


def _switched(old: Mapping[str, Any], new: Mapping[str, Any]) -> Iterator[str]:
    """Yield the keys of an update rule that are switched on or off: on these depends what it
    remembers of each parameter. Others, such as betas, may change."""
    rule = str(new["type"])
    if rule not in _WITH_HISTORY and not rule.startswith(OPTIM.prefix):
        return
    for key in (old.keys() | new.keys()) - SolverSpec.model_fields.keys():
        before, now = old.get(key), new.get(key)
        is_switch = key == _MOMENTUM or isinstance(before, bool) or isinstance(now, bool)
        if is_switch and bool(before) != bool(now):
            yield key


def _flat(solver: Mapping[str, Any]) -> dict[str, Any]:
    """Return a solver section with its update rule as flat keys: both forms mean the same."""
    rule = solver.get("optimizer", {})
    own = rule if isinstance(rule, Mapping) else {"type": rule}
    rest = {key: value for key, value in solver.items() if key != "optimizer"}
    return {"type": SolverSpec.model_fields["type"].default, **rest, **own}


def _set(spec: Mapping[str, Any], name: str) -> Any:
    """Return a set without its sources: data are known by their content, not by their place."""
    written = (spec.get("data") or {}).get(name) or {}
    entries = [_without_place(entry) for _, entry in placed(written)]
    return entries if isinstance(written, list) else entries[0]


def _without_place(entry: Mapping[str, Any]) -> dict[str, Any]:
    kept = {key: value for key, value in entry.items() if key not in _PLACES}
    if kept.get("shuffle") == FULL:
        kept["shuffle"] = True
    weights = weights_of(entry.get("source"))
    return kept if weights is None else {**kept, "source": " : ".join(map(str, weights))}


def _differences(path: str, before: Any, now: Any) -> Iterator[str]:
    if isinstance(before, Mapping) and isinstance(now, Mapping):
        for key in sorted(before.keys() | now.keys()):
            yield from _differences(f"{path}.{key}", before.get(key), now.get(key))
    elif isinstance(before, list) and isinstance(now, list) and len(before) == len(now):
        for place, (old, new) in enumerate(zip(before, now, strict=True)):
            name = old.get("name", place) if isinstance(old, Mapping) else place
            yield from _differences(f"{path}.{name}", old, new)
    elif before != now:
        yield f"{path} was {_shown(before)}, is {_shown(now)}"


def _shown(value: Any) -> str:
    """Return a value as the file has it."""
    if value is None:
        return "not given"
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, Mapping):
        return shortened(value)
    return f"{len(value)} entries" if isinstance(value, list) else str(value)


def _data_differences(before: Mapping[str, str], job: Job) -> Iterator[str]:
    for name, source in job.sets[TRAIN].by_name().items():
        if before.get(name) != source.header.content_hash:
            yield f"data.{name} holds other records now ({source.dataset.path})"
