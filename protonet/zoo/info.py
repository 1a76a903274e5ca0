"""All that is known of one model."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from protonet.errors import UsageError
from protonet.net import shape_errors
from protonet.records import shortened, suggestion
from protonet.schema import load_spec
from protonet.snapshot import Evaluation
from protonet.zoo.address import ZOO, name_of
from protonet.zoo.cache import Pulled
from protonet.zoo.check import totals_of
from protonet.zoo.convert import evaluation_of, shipped_net
from protonet.zoo.index import PUBLISHED
from protonet.zoo.listing import harmless, known_names
from protonet.zoo.mirrors import mirrors
from protonet.zoo.model import MODEL, MOST_BYTES, WEIGHTS, Accuracy, Model, read_model
from protonet.zoo.published import TASK, Published
from protonet.zoo.pull import Pull, places_of

_SHOWN_CLASSES = 5
_WIDEST = len("preprocessing")


def info(name: str, how: Pull | None = None) -> Model | Published:
    """Return what is known of a model, without pulling it.

    Raises: UsageError if there is no such model; DataError if a mirror cannot be read.
    """
    name, how = name_of(name), how or Pull()
    places = places_of(name)
    for place in places:
        if (pulled := place.pulled()) is not None:
            return pulled.model
    download = how.download(places[0].cache)
    for mirror in mirrors():
        data = mirror.text(f"{name}/{MODEL}", MOST_BYTES, download)
        if data is not None:
            return read_model(data, f"{mirror.address.rstrip('/')}/{name}/{MODEL}")
    if name in PUBLISHED:
        return PUBLISHED[name]
    raise UsageError(
        f"{ZOO}{name}: there is no such model; {suggestion(name, known_names(download))}"
    )


def data_of(model: Model | Published) -> dict[str, Any]:
    """Return what is known as plain data; of a model that was never pulled, no files."""
    if isinstance(model, Model):
        return model.model_dump(mode="json")
    totals = totals_of(load_spec(shipped_net(model), prove=shape_errors))
    return {
        "name": model.name,
        "task": TASK,
        "source": model.source,
        "licence": model.licence,
        "accuracy": [one.model_dump(mode="json") for one in model.accuracy],
        "evaluation": evaluation_of(model).model_dump(mode="json"),
        "parameters": totals.parameters,
        "multiply_adds": totals.multiply_adds,
        "original": {"url": model.url},
    }


def lines_of(data: Mapping[str, Any], pulled: Pulled | None) -> list[str]:
    """Return the same as people read it.

    Args:
        data: what `data_of` gave.
        pulled: the model in the cache; None where it is not there.
    """
    rows = [*_rows(data), ("weights", _weights(data, pulled))]
    rows.append(("use", f"net: {{base: {ZOO}{data['name']}}}, --weights {ZOO}{data['name']}"))
    lines = [f"{data['name']}: {data['task']}"]
    lines += [f"  {key:<{_WIDEST}}  {text}" for key, text in rows]
    return list(map(harmless, lines))


def _rows(data: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    parameters, work = data["parameters"], data["multiply_adds"]
    yield "net", f"{parameters:,} parameters, {work:,} multiply-adds per sample"
    yield "accuracy", _accuracy([Accuracy.model_validate(one) for one in data["accuracy"]])
    yield "source", data["source"]
    yield "licence", data["licence"]
    if data["evaluation"] is None:
        yield "preprocessing", "not known"
        return
    evaluation = Evaluation.model_validate(data["evaluation"])
    yield (
        "input",
        f"{_times(evaluation.shape)}{f', {evaluation.channels}' * bool(evaluation.channels)}",
    )
    yield "preprocessing", "; ".join(map(_step, evaluation.transform)) or "none"
    if evaluation.classes:
        names, rest = evaluation.classes[:_SHOWN_CLASSES], len(evaluation.classes) - _SHOWN_CLASSES
        more = f" and {rest:,} more" if rest > 0 else ""
        yield "classes", f"{len(evaluation.classes):,}: {', '.join(names)}{more}"


def _step(step: Mapping[str, Any]) -> str:
    keys = [f"{key} {shortened(value)}" for key, value in step.items() if key != "type"]
    return " ".join([str(step.get("type")), *keys])


def _accuracy(accuracy: Sequence[Accuracy]) -> str:
    if not accuracy:
        return "not stated"
    words = [f"{one.metric} {one.value:.4f}" for one in accuracy]
    return f"{', '.join(words)} ({accuracy[0].data}; {accuracy[0].by})"


def _weights(data: Mapping[str, Any], pulled: Pulled | None) -> str:
    if pulled is not None:
        facts = pulled.model.files[WEIGHTS]
        return f"{facts.size / 1e6:,.1f} MB in {pulled.folder}"
    if "files" in data:
        return f"{data['files'][WEIGHTS]['size'] / 1e6:,.1f} MB, not pulled yet"
    return f"not pulled yet: {data['original']['url']}"


def _times(shape: Sequence[int | str]) -> str:
    return " x ".join(map(str, shape))
