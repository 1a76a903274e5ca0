from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from protonet.data.header import FieldSpec
from protonet.data.open import open_dataset
from protonet.run.decoding import decoding_of, sample_shape
from protonet.spec.net import InputSpec
from protonet.transforms import Context, build_pipeline, read_transform
from tests.data.test_decoding_records import SIZES, write

CROP = {"type": "RandomResizedCrop", "size": 8}
FIXED, VARIED = (
    FieldSpec(name="data", dtype="uint8", shape=shape, kind="image")
    for shape in ((3, 40, 56), None)
)
PIXELS = FieldSpec(name="data", dtype="uint8", shape=(3, 40, 56))


@pytest.mark.parametrize(
    ("field", "step", "decoded"),
    [
        (VARIED, CROP, True),
        (VARIED, {"type": "CenterCrop", "size": 8}, True),
        (FIXED, CROP, True),
        (FIXED, {"type": "CenterCrop", "size": 8}, False),  # cut as it is read
        (PIXELS, CROP, False),
    ],
)
def test_images_are_decoded_into_the_batch_where_they_differ_or_are_scaled_first(
    field: FieldSpec, step: dict[str, object], decoded: bool
) -> None:
    transform, context = read_transform([step]), Context(shape=(3, 40, 56))
    pipeline = build_pipeline(transform, context)

    made = decoding_of(field, transform, context, pipeline, InputSpec(shape=(3, 8, 8)))

    assert (made is not None and made.shape == (3, 8, 8)) == decoded
    assert (made is None) != decoded


def test_the_first_image_stands_for_those_of_other_sizes(tmp_path: Path) -> None:
    write(tmp_path / "a.lmdb", SIZES)
    with open_dataset(tmp_path / "a.lmdb") as dataset:
        data, label = dataset.header.fields
        assert sample_shape(dataset, data) == (3, *SIZES[0])
        assert sample_shape(dataset, label) == ()
        assert np.array_equal(dataset[0]["data"].shape, (3, *SIZES[0]))
