"""In which nets a layer takes part: `include` and `exclude` of a prototxt.

Caffe deploys a net in its phase TEST, protonet has a phase of its own for that: what a rule says of
TEST holds in test and in deploy.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from protonet.caffe.marked import Marked, leaf, listing, mapping
from protonet.caffe.report import Report
from protonet.caffe.text_format import Field, Message
from protonet.caffe.values import grouped, message, one, scalar
from protonet.spec.layer import LayerSpec
from protonet.spec.state import PHASES, Phase, Rule, State

_PHASES: dict[str | None, tuple[Phase, ...]] = {
    "TRAIN": ("train",),
    "TEST": ("test", "deploy"),
    None: PHASES,
}


def put_rules(layer: Message, made: Marked, report: Report, path: str) -> None:
    """Give a layer `phase` where its rules name phases only, else `include` and `exclude`."""
    for field in layer.named("phase"):
        report.note(
            field.mark,
            f"{path}.phase",
            "Caffe builds the layer in every net and has it behave as in this phase; protonet "
            "has no such key",
            "rules go into include { phase: … }",
        )
    included, excluded = layer.named("include"), layer.named("exclude")
    if not (included and excluded) and all(map(_names_a_phase_only, (*included, *excluded))):
        _put_phases(included, excluded, made)
        return
    for name, fields in (("include", included), ("exclude", excluded)):
        if fields:
            rules = listing((rule for field in fields for rule in _rules(field)), fields[0].mark)
            made.put(name, rules, fields[0].mark)


def exists(layer: Message, state: State) -> bool:
    """Return whether a layer of a checked prototxt is part of the net in this state."""
    included, excluded = (
        tuple(
            Rule.model_validate(rule.data) for field in layer.named(name) for rule in _rules(field)
        )
        for name in ("include", "exclude")
    )
    spec = LayerSpec.model_construct(phase=None, include=included, exclude=excluded)
    return spec.exists_in(state)


def stages(layer: Message) -> list[str]:
    """Return every stage that the layer's rules ask for, in their order, each once."""
    rules = [message(field) for name in ("include", "exclude") for field in layer.named(name)]
    named = [scalar(stage) for rule in rules for stage in rule.named("stage")]
    return list(dict.fromkeys(named))


def _names_a_phase_only(rule: Field) -> bool:
    return all(field.name == "phase" for field in message(rule).fields)


def _put_phases(included: Sequence[Field], excluded: Sequence[Field], made: Marked) -> None:
    rules = [*included, *excluded]
    if not rules:
        return
    named = {phase for rule in rules for phase in _PHASES[one(message(rule), "phase")]}
    kept = [phase for phase in PHASES if (phase in named) == bool(included)]
    if kept != list(PHASES):
        written = kept[0] if len(kept) == 1 else kept
        made.put("phase", leaf(written, rules[0].mark), rules[0].mark)


def _rules(field: Field) -> Iterator[Marked]:
    """Yield the rule, once for each phase of ours where it names one."""
    source = message(field)
    phases: Sequence[Phase | None] = (None,)
    if source.named("phase"):
        phases = _PHASES[one(source, "phase")]
    for phase in phases:
        made = mapping(field.mark)
        for name, fields in grouped(source):
            items = [leaf(scalar(each), each.value.mark) for each in fields]
            if name == "phase":
                items[0].data = phase
            many = name in ("stage", "not_stage")
            made.put(name, listing(items, fields[0].mark) if many else items[0], fields[0].mark)
        yield made
