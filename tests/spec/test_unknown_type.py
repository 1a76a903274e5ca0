from __future__ import annotations

import pytest

from protonet.layers import LAYERS
from protonet.spec.unknown_type import unknown_type

READ = "data are no layers here: the section data says what is read"
THEN = "then data: {train: {source: OUT.lmdb, batch_size: 64}}"


@pytest.mark.parametrize(
    ("name", "why", "hint"),
    [
        ("Convolutoin", "unknown layer type", "did you mean Convolution?"),
        ("my_blok", "unknown layer type", "did you mean my_block?"),
        ("nn.Linaer", "torch has no module nn.Linaer", "did you mean nn.Linear?"),
        ("Data", READ, f"protonet convert IMAGES OUT.lmdb, {THEN}"),
        ("ImageData", READ, f"protonet convert LIST.txt OUT.lmdb, {THEN}"),
        ("HDF5Data", READ, "data: {train: {source: FILE.h5, batch_size: 64}}"),
        ("AnnotatedData", READ, "this version reads no boxes beside images"),
        (
            "WindowData",
            READ,
            "data: {train: {source: WINDOWS.txt, windows: {}, transform: {crop_size: 227}, "
            "batch_size: 128}}",
        ),
        ("BN", "unknown layer type", "here it is BatchNorm and a Scale below it"),
        ("SoftmaxLoss", "unknown layer type", "here it is SoftmaxWithLoss"),
        (
            "Python",
            "a layer in Python is a type of its own here, with checked keys in place of param_str",
            "describe it as a LayerType in a file and write plugins: [FILE]; docs/plugins.md shows"
            " how",
        ),
    ],
)
def test_a_type_that_is_not_known_is_explained(name: str, why: str, hint: str) -> None:
    assert unknown_type(name, (*LAYERS, "my_block")) == (why, hint)


def test_without_a_near_name_the_first_of_those_known_are_told() -> None:
    known = [f"type{number}" for number in range(10)]
    why = "known: type0, type1, type2, type3, type4, type5, type6, type7 and 2 more"
    assert unknown_type("zzzz", known) == ("unknown layer type", why)
