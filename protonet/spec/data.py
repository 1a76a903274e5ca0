"""The data section of a spec: where batches come from."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Annotated, Any

from pydantic import (
    BeforeValidator,
    Field,
    ModelWrapValidatorHandler,
    PrivateAttr,
    ValidationError,
    model_validator,
)
from pydantic_core import InitErrorDetails

from protonet.errors import Path
from protonet.records import Count, Flag, Record, Text, custom_error, shortened
from protonet.spec.keys import line, lines_of, refused
from protonet.transforms import read_transform

TRAIN = "train"
VALIDATION = "val"
KNOWN = "dataset://"
"""What the source of a known set begins with."""


class SourceSpec(Record):
    """One source of samples: a dataset, what it feeds, what is done to it."""

    source: Text
    """A dataset (`data.lmdb`, `data.h5/train`), or a known one (`dataset://mnist/train`)."""
    fallback: Text | None = None
    """A known set used, loudly, where a `dataset://` source cannot be had."""
    fields: dict[str, Text] = Field(default_factory=dict)
    """Renames: field of the dataset → input of the net."""
    transform: Annotated[Any, BeforeValidator(read_transform)] = ()
    """What is done to the images: Caffe's map (scale, mirror, crop_size, mean_value …), or an
    ordered list."""

    @model_validator(mode="after")
    def _fallback_needs_a_known_set(self) -> SourceSpec:
        if self.fallback and not is_known(self.source):
            why = "fallback goes with a dataset:// source only"
            raise refused(line("PN015", why, "remove it", ("fallback",), self.fallback))
        return self


class LaterSource(SourceSpec):
    """A source after the first of a list, read in step with it; it may repeat what the first says
    of the set."""

    batch_size: Count | None = None
    """The first source's, where it is given."""
    shuffle: Flag | None = None
    """The first source's, where it is given."""
    stage: Text | None = None
    """The first source's, where it is given."""


class DataSpec(SourceSpec):
    """One set of samples: its source, how they are batched, what is done to them.

    Written as a map, or as a list of maps: sources that are read in step, a label image beside an
    image. The first says how the set is batched.
    """

    batch_size: Count
    """Samples in a batch, over all processes."""
    shuffle: Flag = False
    """Read in a new random order every epoch."""
    stage: Text | None = None
    """A stage set in the net while this set is evaluated."""
    _later: tuple[LaterSource, ...] | None = PrivateAttr(default=None)

    @property
    def sources(self) -> dict[Path, SourceSpec]:
        """The sources by their place below the set: `()` in a map, `(0,)`, `(1,)` … in a list."""
        return dict(placed(self if self._later is None else [self, *self._later]))

    @model_validator(mode="wrap")
    @classmethod
    def _one_source_or_several(cls, written: Any, handler: ModelWrapValidatorHandler[Any]) -> Any:
        return _in_step(written, handler) if isinstance(written, list) else handler(written)


def placed(written: Any) -> Iterator[tuple[Path, Any]]:
    """Yield a set's sources, written as one or as a list, each after its place below the set."""
    if isinstance(written, list):
        yield from (((number,), source) for number, source in enumerate(written))
    else:
        yield (), written


def evaluation_sets(data: Mapping[str, DataSpec]) -> dict[str, DataSpec]:
    """Return every set but `train`, in the order of the file."""
    return {name: spec for name, spec in data.items() if name != TRAIN}


def deciding_set(names: Iterable[str]) -> str | None:
    """Return the evaluation set that says which weights are best: `val`, else the first.

    >>> deciding_set(["train", "test", "val"]), deciding_set(["train", "b", "a"])
    ('val', 'b')
    """
    evaluated = [name for name in names if name != TRAIN]
    return VALIDATION if VALIDATION in evaluated else next(iter(evaluated), None)


def is_known(source: str) -> bool:
    """Return whether a source names a known set, `dataset://mnist/train`."""
    return source.startswith(KNOWN)


def _in_step(written: list[Any], handler: ModelWrapValidatorHandler[Any]) -> DataSpec:
    """Read a list of sources.

    Raises: ValidationError with the problems of all.
    """
    if not written:
        raise custom_error("PN013", "a list of sources has at least one")
    read: list[Any] = []
    problems: list[InitErrorDetails] = []
    for place, source in enumerate(written):
        try:
            read.append(LaterSource.model_validate(source) if place else handler(source))
        except ValidationError as error:
            problems += [{**one, "loc": (place, *one.get("loc", ()))} for one in lines_of(error)]
    if not problems:
        problems = list(_contradictions(read[0], read[1:]))
    if problems:
        raise refused(*problems)
    first: DataSpec = read[0]
    first._later = tuple(read[1:])
    return first


def _contradictions(first: DataSpec, later: list[LaterSource]) -> Iterator[InitErrorDetails]:
    for place, source in enumerate(later, 1):
        for key in ("batch_size", "shuffle", "stage"):
            own, common = getattr(source, key), getattr(first, key)
            if own is not None and own != common:
                has = f"no {key}" if common is None else f"{key}: {shortened(common)}"
                why = f"the first source has {has}, and all are read in step"
                problem = line("PN015", why, "leave it out here", (key,), own)
                yield {**problem, "loc": (place, key)}
