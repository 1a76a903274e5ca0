"""Which records are drawn how often: by a field of the dataset, whose values are gone through."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

import numpy as np
import numpy.typing as npt

from protonet.data.header import FieldSpec
from protonet.data.order import GroupOrder, Ordering, WeightedOrder, apportioned
from protonet.errors import DataError, Path, PathError
from protonet.records import suggestion
from protonet.run.source import OpenSource
from protonet.spec.sampling import SamplingSpec

_AT_ONCE = 1 << 16
"""Values that are read at a time."""
_MOST_NAMED = 10


def sampled(
    sampling: SamplingSpec, sources: Sequence[OpenSource], *, shuffle: bool, seed: int
) -> Ordering:
    """Return the order in which records are drawn.

    Args:
        sampling: how often; `sampling_errors` finds nothing wrong with it.
        sources: of the set, in step.
        shuffle: False takes the records of a class in the order of the dataset.
        seed: of all chance.

    Raises: DataError if the labels or weights cannot be drawn by.
    """
    if sampling.weight is not None:
        weights = _weights(sources, sampling.weight)
        return WeightedOrder(weights, shuffle=shuffle, seed=seed)
    labels, groups = np.unique(column_of(sources, sampling.by), return_inverse=True)
    present = [int(label) for label in labels]
    given = _by_label(sampling, sources)
    absent = sorted(label for label in given.keys() - set(present) if given[label])
    path = _holder(sources, sampling.by)[0].dataset.path
    if absent:
        shown = ", ".join(map(str, absent[:_MOST_NAMED]))
        raise DataError(f"{path}: no record is of class {shown}, to which sampling gives a weight")
    weights_of_classes = [given.get(label, 1.0) for label in present]
    if not any(weights_of_classes):
        raise DataError(f"{path}: sampling gives every class that has records the weight 0")
    return GroupOrder(groups, apportioned(weights_of_classes), shuffle=shuffle, seed=seed)


def sampling_errors(sampling: SamplingSpec, sources: Sequence[OpenSource]) -> list[PathError]:
    """Return what is wrong with it, without reading the records: a field that no source has, or
    that holds no classes or weights; a class that does not exist."""
    place = (*sources[0].found.place, "sampling")
    if sampling.weight is not None:
        return field_errors(sources, sampling.weight, "iufb", (*place, "weight"))
    where = (*place, "by") if "by" in sampling.model_fields_set else place
    errors = field_errors(sources, sampling.by, "iub", where)
    return errors or list(_class_errors(sampling.weights, _names(sources, sampling.by), place))


def field_errors(
    sources: Sequence[OpenSource], field: str, kinds: str, where: Path
) -> list[PathError]:
    """Return an error if no source has a field, or if its values are none that records are drawn
    by.

    Args:
        sources: of the set, in step.
        field: its name.
        kinds: NumPy's letters for the types that it may have.
        where: the spec names it there.
    """
    known = [spec.name for source in sources for spec in source.header.fields]
    if field not in known:
        hint = suggestion(field, known)
        return [PathError("PN040", where, f"the dataset has no field {field}", hint=hint)]
    spec = _holder(sources, field)[1]
    if spec.kind == "fixed" and spec.shape == () and np.dtype(spec.dtype).kind in kinds:
        return []
    what = "number" if "f" in kinds else "whole number"
    shape = "of many shapes" if spec.shape is None else f"of the shape {list(spec.shape)}"
    why = f"{field} is {spec.dtype} {shape}, and a {what} for each record is needed to draw by"
    return [PathError("PN040", where, why)]


def column_of(sources: Sequence[OpenSource], field: str) -> npt.NDArray[np.int64]:
    """Return a field of all records, (N,), of its own type."""
    source, spec = _holder(sources, field)
    count = source.header.count
    values = np.empty(count, spec.dtype)
    for first in range(0, count, _AT_ONCE):
        rows = np.arange(first, min(first + _AT_ONCE, count))
        source.dataset.gather(rows, {field: values[first : first + len(rows)]})
    return values


def _weights(sources: Sequence[OpenSource], field: str) -> npt.NDArray[np.float64]:
    """Return the weight of each record.

    Raises: DataError if one cannot be drawn by.
    """
    weights = column_of(sources, field).astype(np.float64)
    path = _holder(sources, field)[0].dataset.path
    strange = np.flatnonzero(~(np.isfinite(weights) & (weights >= 0)))
    if strange.size:
        row = int(strange[0])
        raise DataError(
            f"{path}: record {row} has the {field} {weights[row]:g}, and records are drawn by it; "
            "a weight is a finite number of at least 0"
        )
    if not weights.any():
        raise DataError(f"{path}: every record has the {field} 0, so none can be drawn")
    return weights


def _holder(sources: Sequence[OpenSource], field: str) -> tuple[OpenSource, FieldSpec]:
    """Return the first source that has a field, and the field."""
    for source in sources:
        spec = source.header.field(field)
        if spec is not None:
            return source, spec
    raise DataError(f"{sources[0].dataset.path}: there is no field {field}")


def _class_errors(
    weights: Mapping[str, float], names: Sequence[str], place: Path
) -> Iterator[PathError]:
    """Yield an error for each weight of a class that does not exist."""
    for name in weights:
        where = (*place, "weights", name)
        if name in names or (_is_number(name) and not names):
            continue
        if not names:
            why = f"the classes have no names, and {name} is no number"
            yield PathError("PN040", where, why)
        elif not _is_number(name) or not 0 <= int(name) < len(names):
            why = f"the dataset has no class {name}"
            yield PathError("PN040", where, why, hint=suggestion(name, names))


def _is_number(name: str) -> bool:
    digits = name.removeprefix("-")
    return digits.isascii() and digits.isdecimal()


def _names(sources: Sequence[OpenSource], field: str) -> tuple[str, ...]:
    """Return what the values of a field are called, from 0; nothing where they have no names."""
    source, spec = _holder(sources, field)
    return (source.header.classes if field == "label" else spec.names) or ()


def _by_label(sampling: SamplingSpec, sources: Sequence[OpenSource]) -> dict[int, float]:
    """Return the weights by the value of the field. A name wins over a number."""
    names = list(_names(sources, sampling.by))
    return {
        names.index(name) if name in names else int(name): weight
        for name, weight in sampling.weights.items()
    }
