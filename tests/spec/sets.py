"""Training sets from a few keys, for the tests of what their keys take."""

from __future__ import annotations

from protonet.errors import SpecError
from protonet.spec.data import DataSpec
from tests.specs import spec_of


def train_of(keys: str, source: str = "a.lmdb") -> DataSpec:
    """Return a training set with these keys beside its source."""
    train = f"{{source: {source}, batch_size: 2, {keys}}}"
    return spec_of(f"data: {{train: {train}}}\nnet: {{layers: []}}").data["train"]


def problems_of(error: SpecError) -> list[tuple[str, str, str, str]]:
    """Return code, path, reason and hint of each problem."""
    return [(one.code, one.path, one.why, one.hint) for one in error.problems]
