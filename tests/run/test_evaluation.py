from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from protonet.data.header import FieldSpec, Header
from protonet.errors import DataError
from protonet.run.evaluation import evaluation_of, evaluation_with, prepared_as, stored_of
from protonet.snapshot import Evaluation, Stored
from tests.run.test_sets import first, images, opened, write_images
from tests.zoo.made import EVALUATION, pushed


def header(made_by: dict[str, str], **field: Any) -> Header:
    data = {"name": "data", "dtype": "uint8", "shape": (3, 4, 5), **field}
    return Header(
        fields=(FieldSpec(**data),), count=1, channels="RGB", content_hash="0", made_by=made_by
    )


@pytest.mark.parametrize(
    ("made_by", "resize", "encode"),
    [
        ({}, None, None),
        ({"command": "known", "resize": "5x4"}, None, None),
        ({"command": "convert", "resize": "5x4"}, "5x4", None),
        ({"command": "read", "resize": "5x4"}, "5x4", None),
        ({"command": "convert", "resize": "short:4", "encode": "png"}, "short:4", None),
        ({"command": "convert", "encode": "kept"}, None, None),
        ({"command": "convert", "encode": "jpg:70"}, None, "jpg:70"),
        # what was scaled cannot keep its bytes; 95 is the quality that OpenCV, and Caffe, take
        ({"command": "convert", "resize": "5x4", "encode": "kept"}, "5x4", "jpg:95"),
    ],
)
def test_the_header_says_what_became_of_a_file(
    made_by: dict[str, str], resize: str | None, encode: str | None
) -> None:
    expected = Stored(shape=(3, 4, 5), channels="RGB", resize=resize, encode=encode)
    assert stored_of(header(made_by)) == expected


def test_samples_that_are_no_images_were_no_files() -> None:
    assert stored_of(header({}, shape=(6,), dtype="float32")) is None
    assert stored_of(header({}, shape=None, kind="variable")) is None
    found = stored_of(header({}, shape=None, kind="image"))
    assert found == Stored(shape=None, channels="RGB")


CROP = {"type": "CenterCrop", "size": [4, 4]}
MEAN = {"type": "Mean", "value": [1.0, 2.0, 3.0]}


def kept(*transform: dict[str, Any], **keys: Any) -> Evaluation:
    given: dict[str, Any] = {"channels": "RGB", "shape": (3, 4, 4), **keys}
    return Evaluation(input="data", transform=transform, **given)


def test_images_are_prepared_as_the_weights_say(tmp_path: Path) -> None:
    write_images(tmp_path / "images.lmdb", images())
    found = opened(tmp_path, {"transform": {"scale": 0.5}})
    changed, note = prepared_as(found, kept(MEAN), "w", 0)
    assert first(tmp_path, changed)[0, :, 0, 0].tolist() == [0 - 1, 16 - 2, 32 - 3]
    assert note == (
        "data.train: images are prepared as w says, by Mean {value: [1.0, 2.0, 3.0]}; the spec "
        "says Scale {factor: [0.5]}, and --transform spec does that"
    )


def test_the_order_of_channels_belongs_to_it(tmp_path: Path) -> None:
    write_images(tmp_path / "images.lmdb", images())
    found = opened(tmp_path, {})
    changed, note = prepared_as(found, kept(channels="BGR"), "w", 0)
    assert first(tmp_path, changed)[0, :, 0, 0].tolist() == [32, 16, 0]
    assert note.startswith("data.train: images are prepared as w says, by nothing, as BGR; ")


def test_what_the_spec_says_too_changes_nothing(tmp_path: Path) -> None:
    write_images(tmp_path / "images.lmdb", images())
    found = opened(tmp_path, {"transform": [MEAN]})
    again = Evaluation.model_validate_json(evaluation_of(found).model_dump_json())
    assert prepared_as(found, again, "w", 0) == (found, "")


@pytest.mark.parametrize(
    ("transform", "why"),
    [
        (
            {**CROP, "size": [5, 5]},
            "transform 1 (CenterCrop): a window of 5 x 5 does not fit into images of 4 x 4: 4 - 5 "
            "= -1 rows left, 4 - 5 = -1 columns left",
        ),
        (
            {**CROP, "size": [2, 2]},
            "the samples that it gives and those of the spec: (3, 2, 2) and (3, 4, 4)",
        ),
    ],
)
def test_what_does_not_fit_is_refused(tmp_path: Path, transform: dict[str, Any], why: str) -> None:
    write_images(tmp_path / "images.lmdb", images())
    with pytest.raises(DataError) as caught:
        prepared_as(opened(tmp_path, {}), kept(transform), "w", 0)
    assert str(caught.value) == (
        f"data.train: what w says of preparing images does not fit: {why}; --transform spec "
        "prepares them as the spec says"
    )


def test_a_file_of_weights_says_nothing_of_it(tmp_path: Path) -> None:
    assert evaluation_with(tmp_path / "w.safetensors") is None


def test_the_model_json_beside_weights_says_it(tmp_path: Path) -> None:
    folder = pushed(tmp_path) / "tiny"
    for name in (folder, folder / "weights.safetensors", str(folder)):
        assert evaluation_with(name) == EVALUATION
    assert evaluation_with(folder / "other.safetensors") is None
