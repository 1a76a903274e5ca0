from __future__ import annotations

import pytest

from protonet.errors import ShapeError
from protonet.transforms import TRANSFORMS, Context
from protonet.transforms.record import images_of, shown


def test_the_table_holds_every_transform_by_its_own_name() -> None:
    assert {name: kind.name for name, kind in TRANSFORMS.items()} == {
        name: name for name in TRANSFORMS
    }
    assert list(TRANSFORMS) == sorted(TRANSFORMS)


@pytest.mark.parametrize("name", TRANSFORMS)
def test_every_key_of_every_transform_is_documented(name: str) -> None:
    fields = TRANSFORMS[name].params.model_fields

    assert {key: bool(field.description) for key, field in fields.items()} == dict.fromkeys(
        fields, True
    )


def test_images_have_channels_rows_and_columns() -> None:
    assert images_of(Context(shape=(3, 28, 20))) == (3, 28, 20)


@pytest.mark.parametrize(
    ("shape", "text"), [((4,), "(4)"), ((), "()"), ((1, 2, 3, 4), "(1, 2, 3, 4)")]
)
def test_refuses_samples_that_are_no_images(shape: tuple[int, ...], text: str) -> None:
    with pytest.raises(ShapeError) as caught:
        images_of(Context(shape=shape))

    assert str(caught.value) == (
        f"it takes images (C, H, W), and the samples have the shape {text}"
    )


def test_a_shape_is_shown_as_people_write_it() -> None:
    assert [shown(shape) for shape in [(), (3,), (3, 28, 28)]] == ["()", "(3)", "(3, 28, 28)"]
