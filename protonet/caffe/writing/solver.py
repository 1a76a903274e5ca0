"""The section `solver` of a spec → a solver.prototxt."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from types import MappingProxyType
from typing import Any

from protonet.caffe.fields import MESSAGES
from protonet.caffe.solver_fields import AS_THEY_ARE, POLICIES, TYPES
from protonet.caffe.text_format import Field, Message
from protonet.caffe.writing.refusals import CODE
from protonet.caffe.writing.tree import message, number, text, word
from protonet.errors import PathError, PathErrors
from protonet.spec.solver import SolverSpec

_LACKING: Mapping[str, str] = MappingProxyType(
    {
        "params": "param { lr_mult: … } of each layer does what these factors do",
        "updates": "it makes one update an iteration",
        "clip_value": "clip_gradients is what it has",
        "ema": "",
        "sync_batch_norm": "",
    }
)
"""Keys that Caffe has not and that make the training another, and what is said of each."""

_ALWAYS = ("base_lr", "max_iter", "display")
"""Keys that stand there whatever they are: Caffe has other defaults, or none."""


def write_solver(solver: SolverSpec, net: str, prefix: str) -> Message:
    """Return the fields of a solver's prototxt.

    Args:
        solver: the section of the spec.
        net: the file of the net.
        prefix: what the names of Caffe's snapshots are to begin with.

    Raises: PathErrors with all that Caffe's solver has not.
    """
    problems: list[PathError] = []
    fields = [text("net", net), *_rule(solver, problems), *_plain(solver, problems)]
    fields += _policy(solver, problems)
    fields += [number("random_seed", solver.random_seed), text("snapshot_prefix", prefix)]
    fields += _device(solver.device)
    for key, hint in _LACKING.items():
        if getattr(solver, key) != SolverSpec.model_fields[key].default:
            problems.append(_refused(key, f"Caffe's solver has no {key}", hint))
    if problems:
        raise PathErrors(problems)
    return message(fields)


def _rule(solver: SolverSpec, problems: list[PathError]) -> Iterator[Field]:
    rule = solver.optimizer
    if rule.type not in TYPES.values():
        key = "type" if rule.flat else "optimizer"
        why = f"Caffe has no update rule {rule.type}"
        problems.append(_refused(key, why, f"it has {', '.join(TYPES.values())}"))
        return
    yield text("type", rule.type)
    for key, value in rule.params.model_dump().items():
        if key not in MESSAGES["SolverParameter"]:
            if value != type(rule.params).model_fields[key].default:
                problems.append(_refused(key, f"Caffe's {rule.type} has no {key}", ""))
        elif not (key == "momentum" and value == 0):  # AdaGrad and RMSProp refuse even that
            yield _field(key, value)


def _plain(solver: SolverSpec, problems: list[PathError]) -> Iterator[Field]:
    for key in (*AS_THEY_ARE, "clip_gradients", "test_iter"):
        value = getattr(solver, key)
        if key not in _ALWAYS and value == SolverSpec.model_fields[key].default:
            continue
        if not isinstance(value, int | float):
            why = f"Caffe counts iterations, and {key} is {value}"
            problems.append(_refused(key, why, "give a number of iterations"))
        elif not (key == "test_interval" and solver.test_iter is None):  # which Caffe asks for
            yield number(key, value)


def _policy(solver: SolverSpec, problems: list[PathError]) -> Iterator[Field]:
    policy = solver.lr_policy
    if policy.type not in POLICIES or policy.warmup or policy.durations:
        shown = "a warm-up" if policy.warmup else f"a policy {policy.type}"
        why = f"Caffe has no {shown.removeprefix('a ')}"
        if policy.durations:
            why = f"Caffe counts iterations, and {', '.join(policy.durations)} is given in epochs"
        known = ", ".join(sorted(POLICIES))
        problems.append(_refused("lr_policy", why, f"it has the policies {known}"))
        return
    yield text("lr_policy", policy.type)
    for key, value in policy.params.model_dump().items():
        for one in value if isinstance(value, list | tuple) else [value]:
            if one is not None:
                yield number(key, one)


def _device(device: str) -> Iterator[Field]:
    if device == "cpu":
        yield word("solver_mode", "CPU")
    elif device.startswith("cuda"):
        yield word("solver_mode", "GPU")
        if ":" in device:
            yield number("device_id", int(device.partition(":")[2]))


def _field(key: str, value: Any) -> Field:
    return text(key, value) if isinstance(value, str) else number(key, value)


def _refused(key: str, why: str, hint: str) -> PathError:
    return PathError(CODE, ("solver", key), why, hint=hint)
