"""In which order a set is read: what the spec says of it, as an order of the records."""

from __future__ import annotations

from collections.abc import Sequence

from protonet.data.chunks import records_per_chunk
from protonet.data.concatenated import Concatenated
from protonet.data.order import (
    BlockOrder,
    MixtureOrder,
    Order,
    Ordering,
    ReservoirOrder,
    SkippedOrder,
    WindowOrder,
    apportioned,
)
from protonet.data.table import Dataset
from protonet.errors import PathError, PathErrors
from protonet.randomness import key
from protonet.run.sampling import column_of, field_errors, sampled, sampling_errors
from protonet.run.source import OpenSource
from protonet.run.windows import window_errors, window_order
from protonet.spec.addresses import weights_of
from protonet.spec.data import DataSpec
from protonet.spec.shuffle import BLOCK, buffer_of


def order_of(spec: DataSpec, sources: Sequence[OpenSource], seed: int) -> Ordering:
    """Return the order of a set's records.

    With sampling or a reservoir the labels are gone through once: for 10 million records it keeps
    40 MB by class, 80 MB by weight or with a reservoir of int64 labels.

    Args:
        spec: what the spec says of the set; `check_order` finds nothing wrong with it.
        sources: its sources, which are read in step; at least one.
        seed: of all chance.

    Raises: DataError if the labels or weights cannot be drawn by.
    """
    if spec.windows:
        return window_order(spec, spec.windows, sources[0].dataset, key(seed, "windows"))
    if spec.sampling:
        chance = key(seed, "sampling")
        order = sampled(spec.sampling, sources, shuffle=bool(spec.shuffle), seed=chance)
    else:
        order = _in_full(spec, sources, seed)
    if spec.rand_skip:
        order = SkippedOrder(order, key(seed, "rand_skip") % spec.rand_skip)
    if spec.reservoir:
        labels = column_of(sources, spec.reservoir.by)
        order = ReservoirOrder(order, labels, spec.reservoir.size, key(seed, "reservoir"))
    return order


def check_order(spec: DataSpec, sources: Sequence[OpenSource]) -> None:
    """Refuse what no order can be made of, without reading the records.

    Raises: PathErrors for a field that no source has, or that holds no classes or weights, for a
        class that does not exist, for sources in step whose parts differ in length, and for windows
        of a kind that there are none of.
    """
    errors: list[PathError] = []
    if spec.reservoir:
        place = (*sources[0].found.place, "reservoir")
        where = (*place, "by") if "by" in spec.reservoir.model_fields_set else place
        errors += field_errors(sources, spec.reservoir.by, "iu", where)
    if spec.sampling:
        errors += sampling_errors(spec.sampling, sources)
    if weights_of(spec.source) is not None:
        errors += _uneven(sources)
    if spec.windows:
        place = sources[0].found.place
        errors += window_errors(spec, spec.windows, sources[0].dataset, place)
    if errors:
        raise PathErrors(errors)


def _in_full(spec: DataSpec, sources: Sequence[OpenSource], seed: int) -> Ordering:
    """Return an order in which every record of a source stands once before any stands twice."""
    weights = weights_of(spec.source)
    parts = [_parts(source.dataset) for source in sources]
    if weights is None or len(parts[0]) == 1:
        columns = [(source.dataset, source) for source in sources]
        return _shuffled(spec.shuffle, columns, seed)
    orders = [
        _shuffled(spec.shuffle, list(zip(step, sources, strict=True)), key(seed, "source", number))
        for number, step in enumerate(zip(*parts, strict=True))
    ]
    return MixtureOrder(tuple(orders), apportioned(weights), key(seed, "mixture"))


def _shuffled(
    shuffle: bool | str, columns: Sequence[tuple[Dataset, OpenSource]], seed: int
) -> Ordering:
    """Return the order of datasets that are read in step."""
    count = columns[0][0].header.count
    reach = buffer_of(shuffle)
    if reach is not None:
        return WindowOrder(count, reach, seed)
    if shuffle == BLOCK:
        read = [(dataset, source.fields.values()) for dataset, source in columns if source.fields]
        chunk = min((records_per_chunk(*one) for one in read), default=count)
        return BlockOrder(count, chunk, seed)
    return Order(count, bool(shuffle), seed)


def _parts(dataset: Dataset) -> tuple[Dataset, ...]:
    return dataset.parts if isinstance(dataset, Concatenated) else (dataset,)


def _uneven(sources: Sequence[OpenSource]) -> list[PathError]:
    """Return an error for each source in step whose datasets do not hold as many records as those
    of the first."""
    first, *others = ([part.header.count for part in _parts(one.dataset)] for one in sources)
    return [
        PathError(
            "PN041",
            (*source.found.place, "source"),
            f"its datasets hold {', '.join(map(str, counts))} records, and those of the first "
            f"source, with which they are read in step, {', '.join(map(str, first))}",
        )
        for source, counts in zip(sources[1:], others, strict=True)
        if counts != first
    ]
