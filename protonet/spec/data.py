"""The data section of a spec: where batches come from."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Annotated, Any, Literal

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
from protonet.records import Count, Size, Text, custom_error, shortened
from protonet.spec.addresses import Source, addresses_of, weights_of
from protonet.spec.keys import line, lines_of, plain, refused
from protonet.spec.sampling import BALANCED, ReservoirSpec, Sampling, SamplingSpec
from protonet.spec.shuffle import Shuffle
from protonet.spec.unconverted import MEMORY, RANDOM, Unconverted, contradictions
from protonet.spec.window_source import drawn_twice, window_contradictions
from protonet.transforms import read_transform

TRAIN = "train"
VALIDATION = "val"
_OF_ALL = ("batch_size", "shuffle", "sampling", "reservoir", "rand_skip", "stage")
"""Keys that the sources of a list have in common."""
KNOWN = "dataset://"
"""What the source of a known set begins with."""


class SourceSpec(Unconverted):
    """One source of samples: a dataset, what it feeds, what is done to it."""

    source: Source
    """A dataset (`data.lmdb`, `data.h5/train`), or a known one (`dataset://mnist/train`); a folder
    of class folders, a list of images, or whatever else `protonet convert` reads; `random`, which
    is made up; `memory`, which a program hands over. A list of them, read one after the other; or
    a map of them with weights, `{a.lmdb: 3, b.lmdb: 1}`."""
    fallback: Text | None = None
    """A known set used, loudly, where a `dataset://` source cannot be had."""
    fields: dict[str, Text] = Field(default_factory=dict)
    """Renames: field of the dataset → input of the net."""
    transform: Annotated[Any, BeforeValidator(read_transform)] = ()
    """What is done to the images: Caffe's map (scale, mirror, crop_size, mean_value …), or an
    ordered list."""
    cache: Literal["none", "ram", "device"] = "none"
    """`ram` keeps what was read of the files in memory, for network mounts and slow disks; `device`
    keeps the whole set's images where the net is, for small sets beside a GPU. Samples are the same
    to the last bit."""

    @model_validator(mode="after")
    def _keys_go_with_what_is_named(self) -> SourceSpec:
        named = addresses_of(self.source)
        files, made_up = any(map(is_path, named)), RANDOM in named
        problems = list(contradictions(self, has_files=files, is_made_up=made_up))
        problems += window_contradictions(self, has_file=files and isinstance(self.source, str))
        if problems:
            raise refused(*problems)
        return self

    @model_validator(mode="after")
    def _fallback_needs_a_known_set(self) -> SourceSpec:
        if self.fallback and not (isinstance(self.source, str) and is_known(self.source)):
            why = "fallback goes with a dataset:// source only"
            raise refused(line("PN015", why, "remove it", ("fallback",), self.fallback))
        return self


class LaterSource(SourceSpec):
    """A source after the first of a list, read in step with it; it may repeat what the first says
    of the set."""

    batch_size: Count | None = None
    """The first source's, where it is given."""
    shuffle: Shuffle | None = None
    """The first source's, where it is given."""
    sampling: Sampling | None = None
    """The first source's, where it is given."""
    reservoir: ReservoirSpec | None = None
    """The first source's, where it is given."""
    rand_skip: Size | None = None
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
    shuffle: Shuffle = False
    """Read in a new random order every epoch: `true` or `full` is any order of all records; `block`
    one in which the disk is read in stretches of some MiB; `buffer:N` one in which a record moves
    N places at most."""
    sampling: Sampling | None = None
    """How often each record of the training set is drawn, where that is not once an epoch:
    `balanced` is each class equally often."""
    reservoir: ReservoirSpec | None = None
    """The training set is a stream, and batches are drawn from a sample of it that is kept."""
    rand_skip: Size = 0
    """The training starts as many records further on as chance says, fewer than so many."""
    stage: Text | None = None
    """A stage set in the net while this set is evaluated."""
    _later: tuple[LaterSource, ...] | None = PrivateAttr(default=None)

    @property
    def sources(self) -> dict[Path, SourceSpec]:
        """The sources by their place below the set: `()` in a map, `(0,)`, `(1,)` … in a list."""
        return dict(placed(self if self._later is None else [self, *self._later]))

    @model_validator(mode="after")
    def _one_way_to_draw(self) -> DataSpec:
        problems = [*_drawn_twice(self), *drawn_twice(self)]
        if problems:
            raise refused(*problems)
        return self

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


def is_path(source: str) -> bool:
    """Return whether a source names a file or a folder.

    >>> is_path("photos/train"), is_path("dataset://mnist/train"), is_path("random")
    (True, False, False)
    """
    return not is_known(source) and source not in (RANDOM, MEMORY)


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
        for key in _OF_ALL:
            own, common = getattr(source, key), getattr(first, key)
            if own is not None and own != common:
                has = f"no {key}" if common is None else f"{key}: {_shown(common)}"
                why = f"the first source has {has}, and all are read in step"
                problem = line("PN015", why, "leave it out here", (key,), plain(own))
                yield {**problem, "loc": (place, key)}
        own, common = weights_of(source.source), weights_of(first.source)
        if own != common:
            has = f"the weights {', '.join(map(str, common))}" if common else "no weights"
            why = f"the first source has {has}, and all are read in step"
            problem = line("PN015", why, "write as many here, with the same weights", (), "")
            yield {**problem, "loc": (place, "source"), "input": source.source}
    for place, one in enumerate((first, *later)):
        if one.windows is not None:
            why = "windows are drawn at random, so a window file is read alone"
            problem = line("PN015", why, "remove the other sources", (), "")
            yield {**problem, "loc": (place, "windows"), "input": plain(one.windows)}


def _drawn_twice(data: DataSpec) -> Iterator[InitErrorDetails]:
    """Yield the keys that say another time which records are drawn."""
    if data.sampling is not None and weights_of(data.source) is not None:
        why = "the weights of the sources say already what is drawn"
        yield line("PN015", why, "remove one", ("sampling",), plain(data.sampling))
    if data.sampling is not None and data.reservoir is not None:
        why = "a reservoir keeps a sample of the stream as it comes"
        yield line("PN015", why, "remove one", ("sampling",), plain(data.sampling))
    if data.sampling is not None and not isinstance(data.shuffle, bool):
        why = "with sampling, records come from all over the set"
        yield line("PN015", why, "shuffle is true or false here", ("shuffle",), data.shuffle)


def _shown(value: Any) -> str:
    return BALANCED if value == SamplingSpec() else shortened(plain(value))
