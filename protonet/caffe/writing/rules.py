"""In which nets a layer takes part, as `include` and `exclude` of a prototxt say it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from protonet.caffe.text_format import Field
from protonet.caffe.writing.tree import group, number, text, word
from protonet.spec.layer import LayerSpec
from protonet.spec.state import Rule

_CAFFES = {"train": "TRAIN", "test": "TEST", "deploy": "TEST"}
"""Caffe deploys a net in its phase TEST."""


def rule_fields(layer: LayerSpec) -> Iterator[Field]:
    """Yield the rules of a layer."""
    if layer.phase is not None:
        phases = list(dict.fromkeys(_CAFFES[phase] for phase in layer.phase))
        if len(phases) == 1:
            yield group("include", [word("phase", phases[0])])
    for name, rules in (("include", layer.include), ("exclude", layer.exclude)):
        for fields in _once(rules):
            yield group(name, fields)


def _once(rules: Iterable[Rule]) -> Iterator[Sequence[Field]]:
    """Yield the fields of rules, each once: what is said of test and of deploy is said of TEST."""
    made: list[list[Field]] = []
    for rule in rules:
        fields = list(_fields(rule))
        if fields not in made:
            made.append(fields)
    yield from made


def _fields(rule: Rule) -> Iterator[Field]:
    if rule.phase is not None:
        yield word("phase", _CAFFES[rule.phase])
    for name, level in (("min_level", rule.min_level), ("max_level", rule.max_level)):
        if level is not None:
            yield number(name, level)
    for name, stages in (("stage", rule.stage), ("not_stage", rule.not_stage)):
        yield from (text(name, stage) for stage in stages)
