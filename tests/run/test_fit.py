"""What `test_sets.py` does not reach: types, batches of a literal size, classes."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from protonet.errors import SpecError
from tests.data.encoded import write_encoded
from tests.run.pairs import write_pairs
from tests.run.test_found import refusal as refusal_of_pairs
from tests.run.test_sets import images, opened, write_images

INT64 = {"dtype": "int64"}
LABEL = {"shape": [], **INT64}


def refusal(folder: Path, data: dict[str, Any], inputs: dict[str, Any] | None = None) -> list[str]:
    """Return the lines of the error that opening gives."""
    with pytest.raises(SpecError) as caught:
        opened(folder, data, inputs)
    return [line.replace(f"{folder}/", "") for line in str(caught.value).splitlines()]


def test_a_shape_that_only_a_conversion_mends_says_so(tmp_path: Path) -> None:
    write_images(tmp_path / "images.lmdb", images())
    lines = refusal(tmp_path, {}, {"data": [3, 8, 6], "label": LABEL})
    assert lines == [
        "error[PN041] spec.yaml:3:13 data.train.source: a sample of data has the shape (3, 4, 4), "
        "the net's input takes (3, 8, 6)",
        "    3 |     source: images.lmdb",
        "      |             ^^^^^^^^^^^",
        "      convert with --resize 6x8, or crop; net.inputs.data: [3, 4, 4] fits these data  "
        "see: protonet explain PN041",
        "1 error in spec.yaml",
    ]


def test_a_literal_batch_is_that_of_the_net(tmp_path: Path) -> None:
    write_images(tmp_path / "images.lmdb", images())
    data = {"shape": [4, 3, 4, 4], "batch": False}
    lines = refusal(tmp_path, {}, {"data": data, "label": {**data, "shape": [4], **INT64}})
    assert lines[0] == (
        "error[PN041] spec.yaml:4:17 data.train.batch_size: the net's input data takes batches of "
        "4, and batch_size is 2"
    )


def test_a_literal_batch_is_held_against_the_first_source(tmp_path: Path) -> None:
    three = "{shape: [3, 1, 6, 6], batch: false"
    overrides = [f"net.inputs.data={three}}}", f"net.inputs.mask={three}, dtype: int64}}"]
    lines = refusal_of_pairs(write_pairs(tmp_path), *overrides)
    assert [line for line in lines if line.startswith("error")] == [
        f"error[PN041] pairs.yaml:4:41 data.train.0.batch_size: the net's input {name} takes "
        "batches of 3, and batch_size is 4"
        for name in ("data", "mask")
    ]


def test_a_set_of_more_classes_than_scores_is_refused_before_training(tmp_path: Path) -> None:
    write_images(tmp_path / "images.lmdb", images(), classes=5)
    assert refusal(tmp_path, {}) == [
        "error[PN041] spec.yaml:3:13 data.train.source: the set has 5 classes, and ip, which layer "
        "loss compares with its labels, has 3 scores",
        "    3 |     source: images.lmdb",
        "      |             ^^^^^^^^^^^",
        "      the layer that gives ip needs num_output: 5  see: protonet explain PN041",
        "1 error in spec.yaml",
    ]


def test_fewer_classes_than_scores_are_no_error(tmp_path: Path) -> None:
    write_images(tmp_path / "images.lmdb", images(), classes=2)
    assert opened(tmp_path, {}).classes == ("0", "1")


def test_images_of_different_sizes_make_no_batch(tmp_path: Path) -> None:
    pictures = [np.zeros((4, 4, 3), np.uint8), np.zeros((5, 4, 3), np.uint8)]
    write_encoded(tmp_path / "images.lmdb", pictures)
    assert refusal(tmp_path, {}) == [
        "error[PN041] spec.yaml:3:13 data.train.source: the images have different sizes, and a "
        "batch has one",
        "    3 |     source: images.lmdb",
        "      |             ^^^^^^^^^^^",
        "      {type: RandomResizedCrop, size: [4, 4]} makes one of them, and so do {type: Resize, "
        "short: 4} and after it {type: CenterCrop, size: [4, 4]}  see: protonet explain PN041",
        "1 error in spec.yaml",
    ]
