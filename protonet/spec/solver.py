"""The solver section of a spec. Flat keys are Caffe's (caffe.proto, SolverParameter)."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, ModelWrapValidatorHandler, ValidationError, model_validator
from pydantic_core import InitErrorDetails

from protonet.lr_policy import LR_POLICIES
from protonet.optim import OPTIMIZERS
from protonet.records import Count, Flag, Integer, Positive, Record, Text, custom_error, fields_of
from protonet.spec.diagnose import LATER
from protonet.spec.duration import Interval, Iterations, Length
from protonet.spec.keys import line, lines_of, refused, respelt
from protonet.spec.optimizer import RULE_KEYS, OptimizerSpec, flat_rule, rule_keys
from protonet.spec.policy import LrPolicySpec
from protonet.spec.updates import FactorSpec, UpdateSpec

Precision = Literal["float32", "tf32", "bf16", "fp16"]

_DEVICE = re.compile(r"(auto|cpu|mps|cuda(:\d+)?)\Z")


def _device(value: object) -> object:
    if isinstance(value, str) and _DEVICE.match(value):
        return value
    raise custom_error("PN014", "no such device", "auto, cpu, mps, cuda or cuda:0")


def _names(value: Any) -> Any:
    return value.split(",") if isinstance(value, str) else value


class SolverSpec(Record):
    """How the net is trained. The keys of the update rule (momentum, weight_decay …) stand beside
    these, or in `optimizer`."""

    type: Text = "SGD"
    """The update rule, with its keys beside those of the solver."""
    optimizer: OptimizerSpec = OptimizerSpec.model_construct(
        type="SGD", params=OPTIMIZERS["SGD"].params(), flat=True
    )
    """The update rule with its own keys, instead of `type`; left out: what `type` says."""
    base_lr: Positive
    """Learning rate that the policy starts from."""
    lr_policy: LrPolicySpec = LrPolicySpec.model_construct(
        type="fixed", params=LR_POLICIES["fixed"].params()
    )
    """How the learning rate changes with the iteration."""
    max_iter: Length
    """Number of updates, or of epochs: `90 epochs`."""
    params: tuple[FactorSpec, ...] = ()
    """Factors on how parameters learn, by patterns of their names; where several fit, all act."""
    updates: tuple[UpdateSpec, ...] = ()
    """Several updates an iteration, each of its own losses and parameters."""
    iter_size: Count = 1
    """Batches whose gradients are summed, and divided by this number, for one update."""
    clip_gradients: Positive | None = None
    """Largest L2 norm of all gradients together; a longer one is scaled to it."""
    display: Interval = 100
    """Iterations, or epochs, between two lines of the log; 0 for none."""
    average_loss: Iterations = 1
    """Iterations over which the displayed loss is averaged."""
    test_interval: Interval = 0
    """Iterations, or epochs, between two tests; 0 for a test at the end only."""
    test_iter: Count | None = None
    """Batches in a test, averaged as Caffe does; left out: the whole set exactly once."""
    test_initialization: Flag = True
    """Test before the first update, where there is a test_interval."""
    snapshot: Interval = 0
    """Iterations, or epochs, between two snapshots; 0 for one at the end only."""
    snapshot_after_train: Flag = True
    """Write a snapshot at the end."""
    snapshot_keep: Count = 3
    """Number of newest snapshots that are kept; the best one is kept besides."""
    weights: Annotated[tuple[Text, ...], BeforeValidator(_names)] = ()
    """Weights to start from (safetensors, npz, a run); later ones win."""
    random_seed: Integer = 0
    """Everything random follows from it: first weights, order of the samples, dropout, crops."""
    device: Annotated[Text, BeforeValidator(_device)] = "auto"
    """auto (CUDA, else MPS, else CPU), cpu, mps, cuda or cuda:0."""
    threads: Count | None = None
    """Threads that torch computes with on the CPU; left out: the cores at hand."""
    channels_last: Flag | None = None
    """Memory format of images inside the net; left out: channels last where the net has
    convolutions."""
    deterministic: Flag = False
    """Refuse operations whose result may differ between two runs on a GPU."""

    precision: Precision = "float32"
    """Arithmetic of the net: float32, tf32, bf16 or fp16."""

    @model_validator(mode="wrap")
    @classmethod
    def _split(cls, value: Any, handler: ModelWrapValidatorHandler[Any]) -> Any:
        if not isinstance(value, Mapping):
            return handler(value)
        common, lines = _with_rule(value)
        try:
            solver = handler(common)
        except ValidationError as error:
            lines = [*lines_of(error), *lines]
        if lines:
            known, hints = _known(value, fields_of(cls))
            raise refused(*respelt(lines, known, hints))
        if later := list(_kept_for_later(value)):
            raise refused(*later)
        return solver


class TimedSolver(SolverSpec):
    """The solver section with every length in iterations, as the training set turns them into."""

    max_iter: int
    """Number of updates."""
    display: int
    """Iterations between two lines of the log; 0 for none."""
    test_interval: int
    """Iterations between two tests; 0 for a test at the end only."""
    snapshot: int
    """Iterations between two snapshots; 0 for one at the end only."""


_POLICY_KEYS = {
    key: f"it belongs to the policy: lr_policy: {{type: …, {key}: …}}"
    for kind in LR_POLICIES.values()
    for key in fields_of(kind.params)
}
"""Keys that Caffe's solver has beside `lr_policy`, and what to say of them here."""


def _with_rule(value: Mapping[str, Any]) -> tuple[dict[str, Any], list[InitErrorDetails]]:
    """Return the section with its update rule as `optimizer`, and what is wrong with the rule."""
    if "optimizer" not in value:
        rule, lines = flat_rule(value)
        common = {key: item for key, item in value.items() if key not in RULE_KEYS}
        return {**common, "optimizer": rule} if rule else common, lines
    inside = value["optimizer"]
    rule_type = inside.get("type") if isinstance(inside, Mapping) else inside
    if "type" in value:
        why = "type and optimizer both name the update rule"
        return dict(value), [line("PN015", why, "keep one", ("type",), value["type"])]
    return {**value, "type": rule_type} if isinstance(rule_type, str) else dict(value), []


def _known(
    value: Mapping[str, Any], fields: Mapping[str, Any]
) -> tuple[set[str], Mapping[str, str]]:
    """Return the keys that may stand in the section as it is written, and what to say of others."""
    if "optimizer" not in value:
        return {*fields, *rule_keys(value.get("type", "SGD"))}, _POLICY_KEYS
    belongs = {
        key: f"it belongs to the update rule: optimizer: {{type: …, {key}: …}}" for key in RULE_KEYS
    }
    return set(fields), {**_POLICY_KEYS, **belongs}


def _kept_for_later(value: Mapping[str, Any]) -> Iterator[InitErrorDetails]:
    """Yield what is right, but needs a later version."""
    if "updates" in value:
        why = "kept for losses that update different parameters"
        yield line("PN016", why, LATER, ("updates",), value["updates"])
    if value.get("precision", "float32") != "float32":
        why = "kept for mixed precision"
        yield line("PN016", why, LATER, ("precision",), value["precision"])
