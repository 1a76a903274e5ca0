from __future__ import annotations

from typing import Any

import pytest
from pydantic import ValidationError

from protonet.spec.data import DataSpec


def refusals(**keys: Any) -> list[tuple[str, str]]:
    with pytest.raises(ValidationError) as caught:
        DataSpec.model_validate({"batch_size": 1, **keys})
    return [(".".join(map(str, one["loc"])), one["msg"]) for one in caught.value.errors()]


def test_images_in_files_may_be_scaled_gray_and_lie_elsewhere() -> None:
    keys = {"root_folder": "far", "new_height": 3, "new_width": 4, "is_color": False}
    spec = DataSpec.model_validate({"source": "list.txt", "batch_size": 1, **keys})
    assert {key: getattr(spec, key) for key in keys} == keys
    plain = DataSpec.model_validate({"source": "list.txt", "batch_size": 1})
    assert {getattr(plain, key) for key in (*keys, "records")} == {None}


def test_one_side_needs_the_other() -> None:
    assert refusals(source="a", new_height=3) == [("new_height", "new_height goes with new_width")]
    assert refusals(source="a", new_width=3) == [("new_width", "new_width goes with new_height")]


@pytest.mark.parametrize("source", ["random", "dataset://mnist/train"])
def test_what_is_no_file_has_no_keys_of_files(source: str) -> None:
    why = "goes with images that are read from their files"
    keys = {"root_folder": "far", "new_height": 3, "new_width": 4, "is_color": True}
    assert refusals(source=source, **keys) == [(key, f"{key} {why}") for key in keys]


def test_made_up_samples_have_a_number() -> None:
    spec = DataSpec.model_validate({"source": "random", "batch_size": 1, "records": 9})
    assert spec.records == 9
    assert refusals(source="a.lmdb", records=9) == [
        (
            "records",
            "records goes with source: random or windows, and other sources have what they have",
        )
    ]
