"""The place of an error of the transforms: the step, Caffe's key, or the source where none is
given."""

from __future__ import annotations

from pathlib import Path

import pytest

from protonet.errors import ShapeError
from protonet.run.found import Found
from protonet.run.transform_errors import refused
from protonet.schema import load_spec
from protonet.transforms.record import StepError
from tests.run.pairs import open_train, write_pairs


def found(folder: Path, transform: str) -> Found:
    path = write_pairs(folder)
    opened, _ = open_train(path)
    changes = [f"data.train.0.transform={transform}"] if transform else []
    source = load_spec(path, changes).data["train"].sources[(0,)]
    return Found(("data", "train", 0), source, opened.first.dataset)


KEY, STEP = StepError("crop_size", "crop_size: too large"), StepError(1, "too large", "smaller")


@pytest.mark.parametrize(
    ("transform", "error", "place", "why"),
    [
        ("", KEY, "source", "crop_size: too large"),
        ("", ShapeError("no images"), "source", "no images"),
        ("{crop_size: 9}", KEY, "transform.crop_size", "too large"),
        ("{mirror: true}", KEY, "transform", "crop_size: too large"),
        ("[{type: Mirror}, {type: Mirror}]", STEP, "transform.1", "too large"),
        ("[{type: Mirror}]", ShapeError("no images"), "transform", "no images"),
    ],
)
def test_an_error_is_told_where_it_was_caused(
    transform: str, error: ShapeError, place: str, why: str, tmp_path: Path
) -> None:
    problem = refused(found(tmp_path, transform), error)
    assert ".".join(map(str, problem.path)) == f"data.train.0.{place}"
    assert (problem.code, problem.why, problem.hint) == ("PN041", why, error.hint)
