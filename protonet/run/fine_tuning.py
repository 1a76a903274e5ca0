"""The parts of a first spec that begins with a model of the zoo: its preprocessing, its net but for
the classes, its weights."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from protonet.errors import UsageError
from protonet.run.classifiers import VARIABLE, Classifiers
from protonet.run.loading import load
from protonet.schema import Spec
from protonet.snapshot import Evaluation
from protonet.source.yaml_text import means_itself
from protonet.zoo.address import name_of
from protonet.zoo.convert import evaluation_of
from protonet.zoo.info import info
from protonet.zoo.model import Model
from protonet.zoo.pull import Pull

BATCH = 32
_LONGEST = 200
"""Characters of one step of a transform that a person still reads."""


@dataclass(frozen=True, slots=True)
class FineTuning:
    """A model of the zoo that learns other classes.

    Attributes:
        address: of the model, `zoo://resnet18`.
        evaluation: how a sample is prepared for its weights.
        layers: those that give the classes.
        classes: how many, where the net has them from a variable; None where each layer is told.
        removed: metrics that other classes leave without meaning.
        normalized: whether the net holds BatchNorm, with which it bears a higher rate.
    """

    address: str
    evaluation: Evaluation
    layers: tuple[str, ...]
    removed: tuple[str, ...]
    normalized: bool
    classes: int | None = None

    def transform(self, *, training: bool) -> Iterator[str]:
        """Yield the lines of a set's transform.

        Raises: UsageError if it holds what nobody would write by hand.
        """
        steps = self.evaluation.transform
        if not steps:
            yield "    transform: {}"
            return
        yield f"    transform:                   # as {self.address} takes them"
        for step in _varied(steps) if training else steps:
            yield f"      - {self._step(step)}"

    def net(self) -> Iterator[str]:
        """Yield the lines of the net."""
        if self.classes is not None:
            yield f"vars: {{{VARIABLE}: {self.classes}}}   # of the base"
        yield f"net:\n  base: {self.address}"
        if self.removed or self.classes is None:
            yield "  layers:                      # what differs from the base"
        for layer in self.layers if self.classes is None else ():
            yield f"    - {{name: {_text(layer)}, num_output: $data.classes}}"
        for metric in self.removed:
            yield f"    - {{name: {_text(metric)}, remove: true}}   # the classes are too few"

    def solver(self) -> Iterator[str]:
        """Yield the lines of the solver."""
        yield "solver:"
        yield "  type: SGD"
        yield f"  weights: {self.address}"
        rate = "0.01 " if self.normalized else "0.001"
        yield f"  base_lr: {rate}                 # try a third of it and three times as much, too"
        yield "  momentum: 0.9"
        yield "  weight_decay: 0.0005"
        yield "  lr_policy: {type: poly, power: 1}   # down to 0 at the end"
        yield "  params:"
        yield "    - {match: '*', lr_mult: 0.1}   # what is trained changes slowly"
        for layer in self.layers:
            pattern = _text(_escaped(layer))
            yield f"    - {{match: {pattern}, lr_mult: 10}}   # new: at base_lr"
        yield "  max_iter: 20 epochs"
        yield "  test_interval: 1 epoch"
        yield "  snapshot: 5 epochs"
        yield "  random_seed: 1                 # everything random follows from it"

    def _step(self, step: Mapping[str, Any]) -> str:
        text = _flow(step)
        if len(text) > _LONGEST:
            raise UsageError(
                f"{self.address}: its {step['type']} is too long for a spec to be read "
                f"({len(text):,} characters); write one by hand, as docs/zoo.md shows"
            )
        return text


def fine_tuning(address: str, classes: int, layers: Classifiers, net: Path) -> FineTuning:
    """Return what a first spec says of a model of the zoo.

    Args:
        address: of the model.
        classes: how many the dataset has.
        layers: of the net that give the classes.
        net: the file of the model's net.

    Raises: UsageError if there is no such model, or its preprocessing is not known; DataError if a
        mirror cannot be read.
    """
    known = info(name_of(address), Pull())
    evaluation = known.evaluation if isinstance(known, Model) else evaluation_of(known)
    if evaluation is None or evaluation.input is None:
        raise UsageError(
            f"{address}: how its samples are prepared is not known; write a spec by hand, as "
            "docs/zoo.md shows"
        )
    spec = load(net)
    normalized = any("BatchNorm" in layer.type for layer in spec.net.layers)
    return FineTuning(
        address,
        evaluation,
        layers.names,
        _too_many(spec, classes),
        normalized,
        classes if layers.by_variable else None,
    )


def _too_many(spec: Spec, classes: int) -> tuple[str, ...]:
    """Return the metrics that count a class among the best `top_k`, where there are no more."""
    return tuple(
        layer.name for layer in spec.net.layers if 1 < classes <= getattr(layer.params, "top_k", 1)
    )


def _varied(steps: Sequence[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
    """Return the steps of a test as those of training: where it scales and takes the centre, a
    window by chance, and mirrored every other time."""
    if [step["type"] for step in steps[:2]] != ["Resize", "CenterCrop"]:
        return list(steps)
    kept = {key: steps[0][key] for key in ("interpolation", "antialias") if key in steps[0]}
    window = {"type": "RandomResizedCrop", "size": steps[1]["size"], **kept}
    return [window, {"type": "Mirror"}, *steps[2:]]


def _flow(step: Mapping[str, Any]) -> str:
    parts = [f"{key}: {_value(value)}" for key, value in step.items() if value is not None]
    return f"{{{', '.join(parts)}}}"


def _value(value: object) -> str:
    return _text(value) if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def _text(text: str) -> str:
    """Return a text as the language writes it in a map on one line."""
    plain = text.replace("_", "").isalnum() and text.isascii() and means_itself(text)
    return text if plain else json.dumps(text.replace("$", "$$"), ensure_ascii=False)


def _escaped(name: str) -> str:
    """Return a name as a pattern that fits it alone."""
    return "".join(f"[{letter}]" if letter in "*?[" else letter for letter in name)
