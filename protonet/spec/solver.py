"""The solver section of a spec. Flat keys are Caffe's (caffe.proto, SolverParameter)."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Annotated, Any

from pydantic import (
    BeforeValidator,
    Field,
    ModelWrapValidatorHandler,
    SkipValidation,
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
    Positive,
    Record,
    Size,
    Text,
    custom_error,
    fields_of,
    suggestion,
)
from protonet.spec.keys import line, lines_of, refused, respelt

_DEVICE = re.compile(r"(auto|cpu|mps|cuda(:\d+)?)\Z")


def _device(value: object) -> object:
    if isinstance(value, str) and _DEVICE.match(value):
        return value
    raise custom_error("PN014", "no such device", "auto, cpu, mps, cuda or cuda:0")


def _names(value: Any) -> Any:
    return value.split(",") if isinstance(value, str) else value


class LrPolicySpec(Record):
    """How the learning rate changes: `{type: inv, gamma: 0.0001, power: 0.75}`, or a bare type."""

    type: Text
    """One of Caffe's seven policies."""
    params: SkipValidation[Any] = Field(default=None, exclude=True)
    """The validated keys of the policy itself."""

    @model_validator(mode="wrap")
    @classmethod
    def _split(cls, value: Any, handler: ModelWrapValidatorHandler[Any]) -> Any:
        where = () if isinstance(value, str) else ("type",)
        value = {"type": value} if isinstance(value, str) else value
        if not isinstance(value, Mapping) or not isinstance(value.get("type"), str):
            return handler(value)
        name = value["type"]
        if name not in LR_POLICIES:
            unknown = line("PN014", "unknown policy", suggestion(name, LR_POLICIES), where, name)
            raise refused(unknown)
        own = {key: item for key, item in value.items() if key != "type"}
        return handler({"type": name, "params": LR_POLICIES[name].params.model_validate(own)})


class SolverSpec(Record):
    """How the net is trained. The optimizer's own keys (momentum, weight_decay …) stand beside
    these."""

    type: Text = "SGD"
    """The update rule."""
    optimizer: SkipValidation[Any] = Field(default=None, exclude=True)
    """The validated keys of the update rule itself."""
    base_lr: Positive
    """Learning rate that the policy starts from."""
    lr_policy: LrPolicySpec = LrPolicySpec.model_construct(
        type="fixed", params=LR_POLICIES["fixed"].params()
    )
    """How the learning rate changes with the iteration."""
    max_iter: Count
    """Number of updates."""
    iter_size: Count = 1
    """Batches whose gradients are summed, and divided by this number, for one update."""
    clip_gradients: Positive | None = None
    """Largest L2 norm of all gradients together; a longer one is scaled to it."""
    display: Size = 100
    """Iterations between two lines of the log; 0 for none."""
    average_loss: Count = 1
    """Iterations over which the displayed loss is averaged."""
    test_interval: Size = 0
    """Iterations between two tests; 0 for a test at the end only."""
    test_iter: Count | None = None
    """Batches in a test, averaged as Caffe does; left out: the whole set exactly once."""
    test_initialization: Flag = True
    """Test before the first update, where there is a test_interval."""
    snapshot: Size = 0
    """Iterations between two snapshots; 0 for one at the end only."""
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

    @model_validator(mode="wrap")
    @classmethod
    def _split(cls, value: Any, handler: ModelWrapValidatorHandler[Any]) -> Any:
        if not isinstance(value, Mapping):
            return handler(value)
        optimizer, lines = _rule(value)
        common = {key: item for key, item in value.items() if key not in _RULE_KEYS}
        try:
            solver = handler({**common, "optimizer": optimizer})
        except ValidationError as error:
            lines = [*lines_of(error), *lines]
        if lines:
            known = {*fields_of(cls), *_keys_of(value.get("type", "SGD"))} - {"optimizer"}
            raise refused(*respelt(lines, known, _POLICY_KEYS))
        return solver


_RULE_KEYS = frozenset(key for kind in OPTIMIZERS.values() for key in fields_of(kind.params))
"""The keys of all update rules."""
_POLICY_KEYS = {
    key: f"it belongs to the policy: lr_policy: {{type: …, {key}: …}}"
    for kind in LR_POLICIES.values()
    for key in fields_of(kind.params)
}
"""Keys that Caffe's solver has beside `lr_policy`, and what to say of them here."""


def _keys_of(rule: object) -> Iterable[str]:
    """Return the own keys of an update rule; those of all where it is unknown."""
    known = isinstance(rule, str) and rule in OPTIMIZERS
    return fields_of(OPTIMIZERS[str(rule)].params) if known else _RULE_KEYS


def _rule(value: Mapping[str, Any]) -> tuple[Record | None, list[InitErrorDetails]]:
    """Validate the update rule's own keys; return them, or None and what is wrong."""
    rule = value.get("type", "SGD")
    lines = []
    if "optimizer" in value:  # not a field of the language: it must not replace the rule's own
        lines.append(line("PN012", "unknown key", "", ("optimizer",), value["optimizer"]))
    if not isinstance(rule, str) or rule not in OPTIMIZERS:
        hint = suggestion(rule, OPTIMIZERS)
        unknown = [line("PN014", "unknown update rule", hint, ("type",), rule)]
        return None, [*lines, *(unknown if isinstance(rule, str) else ())]
    own = {key: value[key] for key in value if key in _RULE_KEYS}
    try:
        return OPTIMIZERS[rule].params.model_validate(own), lines
    except ValidationError as error:
        return None, [*lines, *lines_of(error)]
