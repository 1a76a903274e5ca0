"""Which records a training set draws, where that is not each once an epoch."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import BeforeValidator, Field, model_validator

from protonet.records import Count, NonNegative, Record, Text, custom_error
from protonet.spec.keys import line, refused

BALANCED = "balanced"
_KINDS = "balanced, or a map with by, weights or weight"


class SamplingSpec(Record):
    """How often records are drawn: by their class, or by a weight of their own.

    `balanced` alone means by label, every class equally often.
    """

    by: Text = "label"
    """The field whose values are the classes: whole numbers without a shape."""
    weights: dict[str, NonNegative] = Field(default_factory=dict)
    """How often each class is drawn in proportion to the others, by its name or its number; 1 for
    those that are not named, 0 leaves one out."""
    weight: Text | None = None
    """A field of numbers without a shape: how often each record is drawn, in proportion to the
    others; in place of `by` and `weights`."""

    @model_validator(mode="after")
    def _either_by_class_or_by_record(self) -> SamplingSpec:
        for key in ("by", "weights"):
            if self.weight is not None and key in self.model_fields_set:
                why = "each record has its own weight by `weight`"
                raise refused(line("PN015", why, "remove one", (key,), getattr(self, key)))
        return self


class ReservoirSpec(Record):
    """A reservoir that the stream of records goes through; batches are drawn from what it keeps.

    It keeps a sample of the stream in which each class has as large a part as what came of it
    allows (class-balancing reservoir sampling; Chrysakis, Moens, ICML 2020).
    """

    size: Count
    """Samples that it keeps."""
    by: Text = "label"
    """The field whose values are the classes: whole numbers without a shape."""


def read_sampling(written: Any) -> Any:
    """Return what the model of a map is to judge.

    Raises: PydanticCustomError for what is neither a map nor the one word that means one.
    """
    if written == BALANCED:
        return {}
    if isinstance(written, str):
        raise custom_error("PN014", f"no sampling has this name: it is {_KINDS}")
    if not isinstance(written, dict | SamplingSpec):
        raise custom_error("PN010", f"{_KINDS} is needed")
    return written


Sampling = Annotated[SamplingSpec, BeforeValidator(read_sampling)]
"""How often each record is drawn."""
