"""The solver section of a spec. Flat keys are Caffe's (caffe.proto, SolverParameter)."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Annotated, Any, Literal, get_args

from pydantic import (
    BeforeValidator,
    Field,
    ModelWrapValidatorHandler,
    ValidationError,
    model_validator,
)
from pydantic_core import InitErrorDetails

from protonet.lr_policy import LR_POLICIES
from protonet.optim import OPTIMIZERS
from protonet.records import (
    Count,
    Flag,
    Integer,
    NonNegative,
    Positive,
    Record,
    Text,
    custom_error,
    fields_of,
)
from protonet.spec.board import Board, BoardSpec
from protonet.spec.duration import Duration, Iterations, TimedInterval, TimedLength
from protonet.spec.keys import line, lines_of, refused, respelt
from protonet.spec.optimizer import RULE_KEYS, OptimizerSpec, flat_rule, rule_keys
from protonet.spec.parallel import FSDP, unshareable
from protonet.spec.policy import LrPolicySpec
from protonet.spec.updates import FactorSpec, Updates

Precision = Literal["float32", "tf32", "bf16", "fp16"]
Effect = Literal["stop", "snapshot", "none"]
Mode = Literal["default", "reduce-overhead", "max-autotune"]
Decay = Annotated[Positive, Field(lt=1)]

_DEVICE = re.compile(r"(auto|cpu|mps|cuda(:\d+)?)\Z")


def _device(value: object) -> object:
    if isinstance(value, str) and _DEVICE.match(value):
        return value
    raise custom_error("PN014", "no such device", "auto, cpu, mps, cuda or cuda:0")


def _compilation(value: object) -> object:
    if isinstance(value, bool) or value in get_args(Mode):
        return value
    raise custom_error(
        "PN014", "no such way to compile", f"true, false, {', '.join(get_args(Mode))}"
    )


def _micro_batch(value: object) -> object:
    if value in ("auto", "off") or (isinstance(value, int) and value > 0 and value is not True):
        return value
    raise custom_error("PN014", "no such size of a part", "auto, off, or a number of samples")


def _parallel(value: object) -> object:
    if value not in ("ddp", FSDP):
        raise custom_error("PN014", "no such way to train together", "ddp or fsdp")
    return value


def _names(value: Any) -> Any:
    return [name.strip() for name in value.split(",")] if isinstance(value, str) else value


def _permission(value: Any) -> Any:
    names = _names(value)
    texts = isinstance(names, list | tuple) and all(isinstance(name, str) for name in names)
    if isinstance(value, bool) or texts:
        return names
    raise custom_error("PN010", "takes true, false, or patterns", "allow_missing: ['fc8/*']")


class EarlyStopSpec(Record):
    """Training stops when the deciding metric, which chooses the best snapshot, has not improved
    for a number of tests."""

    patience: Count
    """Tests without an improvement after which training stops."""
    min_delta: NonNegative = 0.0
    """By how much the metric must be better than the best so far to count as an improvement."""


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
    max_iter: TimedLength
    """Number of updates, or of epochs, `90 epochs`, or the time to train for, `30 minutes`."""
    params: tuple[FactorSpec, ...] = ()
    """Factors on how parameters learn, by patterns of their names; where several fit, all act."""
    updates: Updates = ()
    """Several updates an iteration, each of its own losses and parameters, in this order and of the
    same batch; with them the solver's own rule is not used."""
    iter_size: Count = 1
    """Batches whose gradients are summed, and divided by this number, for one update."""
    clip_gradients: Positive | None = None
    """Largest L2 norm of all gradients together; a longer one is scaled to it."""
    clip_value: Positive | None = None
    """Largest magnitude of each element of a gradient; a larger one is cut to it."""
    display: TimedInterval = 100
    """Iterations, epochs or minutes between two lines of the log; 0 for none."""
    average_loss: Iterations = 1
    """Iterations over which the displayed loss is averaged."""
    debug_info: Flag = False
    """Print with every display the mean absolute value of each blob, parameter, gradient and
    update, as Caffe does."""
    test_interval: TimedInterval = 0
    """Iterations, epochs or minutes between two tests; 0 for a test at the end only."""
    test_iter: Count | None = None
    """Batches in a test, averaged as Caffe does; left out: the whole set exactly once."""
    test_initialization: Flag = True
    """Test before the first update, where there is a test_interval."""
    best: Text | None = None
    """The loss or metric that the best snapshot is chosen by, `accuracy` or `val/accuracy`; left
    out: the first metric of val, else of the first evaluation set."""
    early_stop: EarlyStopSpec | None = None
    """When to stop because the tests no longer get better."""
    snapshot: TimedInterval = 0
    """Iterations, epochs or minutes between two snapshots; 0 for one at the end only."""
    snapshot_after_train: Flag = True
    """Write a snapshot at the end."""
    snapshot_keep: Count = 3
    """Number of newest snapshots that are kept; the best one is kept besides."""
    sigint_effect: Effect = "stop"
    """What Ctrl-C does: end the run after a snapshot, only write one, or nothing."""
    sighup_effect: Effect = "snapshot"
    """What SIGHUP does, in the same words."""
    weights: Annotated[tuple[Text, ...], BeforeValidator(_names)] = ()
    """Weights to start from (safetensors, npz, caffemodel, a run, `zoo://NAME`); later ones win."""
    allow_missing: Annotated[Flag | tuple[Text, ...], BeforeValidator(_permission)] = True
    """Whether parameters may stay as they are when weights are loaded that do not hold them: true,
    false, or which ones, by patterns of their names as in solver.params."""
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
    """Arithmetic of the net: float32; tf32, with factors of 10 bits on a GPU; bf16 or fp16, with
    parameters and losses in float32, and with the loss scaled for fp16."""
    micro_batch: Annotated[Literal["auto", "off"] | Count, BeforeValidator(_micro_batch)] = "auto"
    """Samples that are computed at once; the gradients of such parts add up to those of the batch.
    auto: the whole batch, and parts of half the size each time that memory runs out; off: never."""
    compile: Annotated[Flag | Mode | None, BeforeValidator(_compilation)] = None
    """Compile the net in phase train: true, or a mode of torch.compile. It needs a C++ compiler."""
    tune: Literal["off", "auto"] = "off"
    """auto: of channels_last, threads and compile, what is not given is tried before the training
    and chosen by speed. A resumed run keeps the choice."""
    checkpoint: tuple[Text, ...] = ()
    """Layers, or instances of blocks, by patterns of their names, whose inner blobs are not kept
    for the backward pass but computed again in it: less memory, more time."""
    tensorboard: Board = BoardSpec()
    """What TensorBoard is shown of a run, and how often; true: all of it; false: nothing."""
    parallel: Annotated[Text, BeforeValidator(_parallel)] = "ddp"
    """How several processes train together, each with a part of every batch: ddp, each with the
    whole net; fsdp, each with a part of every parameter too, and of what is remembered of it."""
    sync_batch_norm: Flag = False
    """Have BatchNorm use the statistics of the whole batch where several processes share it; else
    each uses those of its part, and their average is kept."""
    ema: Decay | None = None
    """Decay of an exponential moving average of the weights, such as 0.999; the average is what is
    tested and saved as the weights."""

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
        else:
            lines = [*lines, *_contradictions(solver)]
        if lines:
            known, hints = _known(value, fields_of(cls))
            raise refused(*respelt(lines, known, hints))
        if endless := list(_endless(solver)):
            raise refused(*endless)
        return solver


class TimedSolver(SolverSpec):
    """The solver section with every length in iterations, as the training set turns them into, but
    those in units of time."""

    max_iter: int
    """Number of updates; the largest there is where a time is given."""
    max_seconds: float | None = None
    """The time to train for."""
    display: int | Duration
    """Iterations, or the time, between two lines of the log; 0 for none."""
    test_interval: int | Duration
    """Iterations, or the time, between two tests; 0 for a test at the end only."""
    snapshot: int | Duration
    """Iterations, or the time, between two snapshots; 0 for one at the end only."""


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


def _contradictions(solver: SolverSpec) -> Iterator[InitErrorDetails]:
    """Yield what is right by itself, and not together."""
    if solver.debug_info and solver.compile:
        why = "the inside of a compiled net cannot be watched"
        yield line("PN015", why, "leave compile or debug_info out", ("debug_info",), True)
    rule = solver.optimizer
    yield from unshareable(dict(solver), rule.type, flat=rule.flat)


def _endless(solver: SolverSpec) -> Iterator[InitErrorDetails]:
    """Yield the policies whose rates depend on the last iteration, where a clock decides on it."""
    length = solver.max_iter
    if not isinstance(length, Duration) or length.unit != "seconds":
        return
    places: list[tuple[tuple[Any, ...], LrPolicySpec | None]] = [(("lr_policy",), solver.lr_policy)]
    places += [
        (("updates", place, "lr_policy"), update.lr_policy)
        for place, update in enumerate(solver.updates)
    ]
    for where, policy in places:
        if policy is not None and policy.needs_end:
            why = f"its rates end with max_iter, and {length} is no number of iterations"
            hint = "give max_iter in iterations or epochs, or another policy"
            yield line("PN015", why, hint, where, policy.type)
