"""The data section of a spec: where batches come from."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import BeforeValidator, Field, model_validator

from protonet.records import Count, Flag, Record, Text
from protonet.spec.keys import line, refused
from protonet.transforms import read_transform

TRAIN = "train"
KNOWN = "dataset://"
"""What the source of a known set begins with."""


class DataSpec(Record):
    """One set of samples: its source, how they are batched, what is done to them."""

    source: Text
    """A dataset (`data.lmdb`, `data.h5/train`), or a known one (`dataset://mnist/train`)."""
    fallback: Text | None = None
    """A known set used, loudly, where a `dataset://` source cannot be had."""
    batch_size: Count
    """Samples in a batch, over all processes."""
    shuffle: Flag = False
    """Read in a new random order every epoch."""
    fields: dict[str, Text] = Field(default_factory=dict)
    """Renames: field of the dataset → input of the net."""
    transform: Annotated[Any, BeforeValidator(read_transform)] = ()
    """What is done to the images: Caffe's map (scale, mirror, crop_size, mean_value …), or an
    ordered list."""
    stage: Text | None = None
    """A stage set in the net while this set is evaluated."""

    @model_validator(mode="after")
    def _fallback_needs_a_known_set(self) -> DataSpec:
        if self.fallback and not is_known(self.source):
            why = "fallback goes with a dataset:// source only"
            raise refused(line("PN015", why, "remove it", ("fallback",), self.fallback))
        return self


def evaluation_sets(data: dict[str, DataSpec]) -> dict[str, DataSpec]:
    """Return every set but `train`, in the order of the file."""
    return {name: spec for name, spec in data.items() if name != TRAIN}


def is_known(source: str) -> bool:
    """Return whether a source names a known set, `dataset://mnist/train`."""
    return source.startswith(KNOWN)
