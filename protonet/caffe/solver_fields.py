"""The fields of a solver prototxt → the section `solver`."""

from __future__ import annotations

from collections.abc import Mapping, Set
from types import MappingProxyType

from protonet.caffe.context import Context
from protonet.caffe.marked import Marked, leaf, mapping
from protonet.caffe.report import Report
from protonet.caffe.text_format import Field, Message
from protonet.caffe.values import one, scalar, value_of
from protonet.lr_policy import LR_POLICIES
from protonet.optim import OPTIMIZERS
from protonet.records import fields_of

AS_THEY_ARE = (
    *("base_lr", "max_iter", "iter_size", "display", "average_loss", "test_interval"),
    *("test_initialization", "snapshot", "snapshot_after_train", "debug_info"),
)
"""Fields that mean the same in both."""

RULE_KEYS = frozenset(
    {"momentum", "momentum2", "rms_decay", "delta", "weight_decay", "regularization_type"}
)
"""Fields that belong to the update rules."""

POLICY_KEYS = frozenset({"gamma", "power", "stepsize", "stepvalue"})
"""Fields that belong to the learning-rate policies."""

_SNAPSHOTS = "protonet keeps its snapshots, in a format of its own, in the run directory"

LEFT_OUT: Mapping[str, str] = MappingProxyType(
    {
        "snapshot_prefix": _SNAPSHOTS,
        "snapshot_format": _SNAPSHOTS,
        "snapshot_diff": "protonet's snapshots hold no gradients",
        "test_compute_loss": "protonet always tests the losses too",
        "layer_wise_reduce": "protonet lets torch choose when gradients are summed",
    }
)
"""Fields that no key stands for, and why."""

TYPES = {
    "SGD": "SGD",
    "NESTEROV": "Nesterov",
    "ADAGRAD": "AdaGrad",
    "RMSPROP": "RMSProp",
    "ADADELTA": "AdaDelta",
    "ADAM": "Adam",
}
"""Caffe's update rules, by the names of 2014."""

POLICIES = frozenset({"fixed", "step", "exp", "inv", "multistep", "poly", "sigmoid"})
"""Caffe's learning-rate policies."""


def solver_section(solver: Message, context: Context) -> Marked:
    """Return the section `solver` of a checked solver prototxt; all else is noted.

    An unknown `type` or `lr_policy` is passed on for the spec's check to refuse.
    """
    made = mapping(solver.mark)
    report = context.report
    for name in AS_THEY_ARE:
        for field in solver.named(name):
            made.put(name, leaf(scalar(field), field.value.mark), field.mark)
    _put_rule(solver, made, report)
    _put_policy(solver, made, report)
    _put_clipping(solver, made)
    _put_test_iter(solver, made, report)
    _put_seed(solver, made, report)
    _put_device(solver, made, report)
    _put_layout(solver, made)
    _put_weights(solver, made, context)
    for name, why in LEFT_OUT.items():
        for field in solver.named(name):
            if scalar(field) is not False:
                report.note(field.mark, name, why)
    return made


def _put_rule(solver: Message, made: Marked, report: Report) -> None:
    new, old = solver.named("type"), solver.named("solver_type")
    if new and old:
        why = "type and solver_type say the same thing in two ways"
        report.refuse("PN015", old[0].mark, "solver_type", why, "keep type")
    name = "SGD"
    for field in (*old, *new):
        name = TYPES[scalar(field)] if field in old else str(scalar(field))
        made.put("type", leaf(name, field.value.mark), field.mark)
    known = OPTIMIZERS.get(name)
    used = fields_of(known.params).keys() if known else RULE_KEYS
    _put_used(solver, made, RULE_KEYS, used, report, f"type {name}")


def _put_policy(solver: Message, made: Marked, report: Report) -> None:
    fields = solver.named("lr_policy")
    if not fields:
        why = "Caffe has no default lr_policy and stops; here it is fixed"
        report.note(solver.mark, "lr_policy", why)
    policy = mapping(fields[0].value.mark if fields else solver.mark)
    name = str(one(solver, "lr_policy") or "fixed")
    for field in fields:
        policy.put("type", leaf(name, field.value.mark), field.mark)
        made.put("lr_policy", policy, field.mark)
    known = LR_POLICIES.get(name)
    used = fields_of(known.params).keys() if known else POLICY_KEYS
    _put_used(solver, policy, POLICY_KEYS, used, report, f"lr_policy {name}")


def _put_used(
    solver: Message, made: Marked, keys: Set[str], used: Set[str], report: Report, user: str
) -> None:
    """Put the fields of these keys that are used, and note the others."""
    for name in dict.fromkeys(field.name for field in solver.fields if field.name in keys):
        fields = solver.named(name)
        if name in used:
            made.put(name, value_of(fields, "SolverParameter", report, ""), fields[0].mark)
        else:
            report.note(fields[0].mark, name, f"{user} does not use {name}")


def _put_clipping(solver: Message, made: Marked) -> None:
    """Leave a negative limit out: it is Caffe's way to say that there is none."""
    for field in solver.named("clip_gradients"):
        if scalar(field) >= 0:
            made.put("clip_gradients", leaf(scalar(field), field.value.mark), field.mark)


def _put_test_iter(solver: Message, made: Marked, report: Report) -> None:
    fields = solver.named("test_iter")
    for field in fields[:1]:
        made.put("test_iter", leaf(scalar(field), field.value.mark), field.mark)
    for field in fields[1:]:
        if scalar(field) != scalar(fields[0]):
            why = f"every evaluation set is tested with the first test_iter, {scalar(fields[0])}"
            report.note(field.mark, "test_iter", why)


def _put_seed(solver: Message, made: Marked, report: Report) -> None:
    for field in solver.named("random_seed"):
        if scalar(field) < 0:
            why = "Caffe takes another seed each time; protonet's runs are always seeded, with 0"
            report.note(field.mark, "random_seed", why)
        else:
            made.put("random_seed", leaf(scalar(field), field.value.mark), field.mark)


def _put_device(solver: Message, made: Marked, report: Report) -> None:
    """Take the CPU where it is asked for; a GPU without a number is what is there."""
    modes, numbers = solver.named("solver_mode"), solver.named("device_id")
    if one(solver, "solver_mode") == "CPU":
        made.put("device", leaf("cpu", modes[0].value.mark), modes[0].mark)
        return
    for field in numbers:
        made.put("device", leaf(f"cuda:{scalar(field)}", field.value.mark), field.mark)
    if modes and not numbers:
        why = "device auto takes a GPU where there is one, and else the CPU"
        report.note(modes[0].mark, "solver_mode", why)


def _put_layout(solver: Message, made: Marked) -> None:
    """Ask for Caffe's own memory layout, in which a training rounds as Caffe's did.

    protonet's default, channels last, is half as fast again and nearer to exact arithmetic, and so
    leaves Caffe's path at the first near-tie of a pooling.
    """
    made.put("channels_last", leaf(False, solver.mark))


def _put_weights(solver: Message, made: Marked, context: Context) -> None:
    fields: tuple[Field, ...] = solver.named("weights")
    paths = [path.strip() for field in fields for path in str(scalar(field)).split(",")]
    if paths:
        written = [context.path(path) for path in paths]
        made.put("weights", leaf(written, fields[0].value.mark), fields[0].mark)
