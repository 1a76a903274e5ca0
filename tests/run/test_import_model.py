from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from protonet.errors import DataError
from protonet.net import prove_phases
from protonet.run.import_model import Size, check_classes, evaluation_of, model_of
from protonet.schema import Spec, load_spec
from protonet.zoo.model import NET, WEIGHTS

TEXT = """\
name: tiny
net:
  inputs: {data: [1, 2, 2]}
  layers: [{name: ip, type: InnerProduct, num_output: 3}]
"""


@pytest.fixture
def spec(tmp_path: Path) -> Spec:
    (tmp_path / NET).write_text(TEXT)
    return load_spec(tmp_path / NET)


def test_a_model_says_what_is_known_of_it(spec: Spec, tmp_path: Path) -> None:
    (tmp_path / WEIGHTS).write_bytes(b"weights")

    sources = [Path("a/x.prototxt"), Path("y.caffemodel")]
    model = model_of(spec, Size(15, 12), None, sources, tmp_path)

    assert (model.name, model.licence) == ("tiny", "not stated")
    assert model.source == "imported from x.prototxt, y.caffemodel"
    assert (model.parameters, model.multiply_adds) == (15, 12)
    assert model.files[WEIGHTS].size == 7


def test_the_test_set_says_how_images_are_prepared(spec: Spec, tmp_path: Path) -> None:
    sets = {
        "train": {"transform": {"scale": 3}},
        "test": {"transform": {"mean_value": [7], "scale": 2, "crop_size": 2}},
    }

    found = evaluation_of(spec, {"data": sets}, ("a", "b", "c"), tmp_path)

    assert found is not None
    assert (found.input, found.shape, found.classes) == ("data", (1, 2, 2), ("a", "b", "c"))
    assert [step["type"] for step in found.transform] == ["CenterCrop", "Mean", "Scale"]
    assert found.transform[1:] == (
        {"type": "Mean", "value": [7.0]},
        {"type": "Scale", "factor": [2.0]},
    )


def test_of_a_larger_mean_the_middle_is_meant(spec: Spec, tmp_path: Path) -> None:
    np.save(tmp_path / "mean.npy", np.ones((1, 4, 4), np.float32))

    found = evaluation_of(spec, {}, None, tmp_path)

    assert found is not None
    assert [step["type"] for step in found.transform] == ["Mean", "CenterCrop"]


def test_nothing_is_made_up(spec: Spec, tmp_path: Path) -> None:
    assert evaluation_of(spec, {}, None, tmp_path) is None
    missing = {"data": {"test": {"transform": {"mean_file": "none.npy"}}}}
    found = evaluation_of(spec, missing, None, tmp_path)
    assert found is not None
    assert found.transform == ()


def test_a_transform_that_cannot_work_is_refused(spec: Spec, tmp_path: Path) -> None:
    sets = {"test": {"transform": {"mean_value": [1, 2, 3]}}}

    with pytest.raises(DataError) as error:
        evaluation_of(spec, {"data": sets}, None, tmp_path)
    assert str(error.value) == (
        "the transform of the test set: mean_value has 3 values, and samples of the shape "
        "(1, 2, 2) have 1 channel"
    )


def test_names_of_other_classes_are_refused(spec: Spec) -> None:
    deployed = prove_phases(spec.net)["deploy"]
    check_classes(("a", "b", "c"), deployed, "names.txt")

    with pytest.raises(DataError) as error:
        check_classes(("a",), deployed, "names.txt")
    assert str(error.value) == "names.txt: it names 1 classes, and the net gives ip (N, 3)"


def test_the_size_is_that_of_one_sample(spec: Spec) -> None:
    forms = prove_phases(spec.net)

    assert Size.of(spec, forms["test"], {"net": {}}) == Size(4 * 3 + 3, 4 * 3)


def test_a_batch_that_was_left_open_is_no_part_of_the_size(tmp_path: Path) -> None:
    literal = TEXT.replace("[1, 2, 2]", "{shape: [10, 1, 2, 2], batch: false}")
    (tmp_path / NET).write_text(literal)
    spec = load_spec(tmp_path / NET)
    tested = prove_phases(spec.net)["test"]

    freed: dict[str, Any] = {"net": {"inputs": {"data": [1, 2, 2]}}}
    kept: dict[str, Any] = {"net": {"inputs": {"data": {"shape": [10, 1, 2, 2], "batch": False}}}}
    assert Size.of(spec, tested, freed).multiply_adds == 12
    assert Size.of(spec, tested, kept).multiply_adds == 120
