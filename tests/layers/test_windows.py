from __future__ import annotations

from typing import Any

import pytest

from protonet.errors import ShapeError
from protonet.layers.one_or_more import Counts, Sizes
from protonet.layers.record import Blob
from protonet.layers.windows import Grid, Sides, Windows, per_axis
from protonet.records import Record
from tests.layers.building import complaints


class Numbers(Record):
    counts: Counts = (1,)
    sizes: Sizes = (0,)


def refused(*arguments: Any, **keys: Any) -> tuple[str, str]:
    with pytest.raises(ShapeError) as caught:
        per_axis(*arguments, **keys)
    return caught.value.why, caught.value.hint


@pytest.mark.parametrize(
    ("keys", "axes", "kernel", "stride", "pad"),
    [
        ({"kernel_size": 3}, 2, (3, 3), (1, 1), (0, 0)),
        ({"kernel_size": 3, "stride": 2, "pad": 1}, 3, (3, 3, 3), (2, 2, 2), (1, 1, 1)),
        ({"kernel_size": [3], "stride": [2], "pad": [0]}, 1, (3,), (2,), (0,)),
        ({"kernel_size": [3, 5], "stride": [1, 2], "pad": [0, 4]}, 2, (3, 5), (1, 2), (0, 4)),
        (
            {"kernel_h": 3, "kernel_w": 5, "stride_h": 1, "stride_w": 2, "pad_h": 4},
            2,
            (3, 5),
            (1, 2),
            (4, 0),
        ),
        ({"kernel_size": 3, "pad_w": 2}, 2, (3, 3), (1, 1), (0, 2)),
        ({"kernel_size": 3}, 0, (), (), ()),
    ],
)
def test_a_size_is_one_number_or_one_per_axis_or_a_pair(
    keys: dict[str, Any], axes: int, kernel: Sides, stride: Sides, pad: Sides
) -> None:
    windows = Windows(**keys)
    assert windows.has_kernel
    assert (windows.kernels(axes), windows.strides(axes), windows.pads(axes)) == (
        kernel,
        stride,
        pad,
    )


def test_a_window_may_be_left_out() -> None:
    assert not Windows.model_validate({"stride": 2}).has_kernel


@pytest.mark.parametrize("stem", ["kernel", "stride", "pad"])
@pytest.mark.parametrize("side", ["h", "w"])
def test_refuses_a_size_given_twice(stem: str, side: str) -> None:
    key = "kernel_size" if stem == "kernel" else stem
    assert complaints(Windows, **{key: 1, f"{stem}_{side}": 1}) == [
        (f"{stem}_{side}", "PN015", f"{key} is given too", "give one of the two")
    ]


@pytest.mark.parametrize("stem", ["kernel", "stride"])
@pytest.mark.parametrize(("side", "other"), [("h", "w"), ("w", "h")])
def test_refuses_half_a_pair(stem: str, side: str, other: str) -> None:
    assert complaints(Windows, **{f"{stem}_{side}": 1}) == [
        (f"{stem}_{side}", "PN011", f"{stem}_{other} is needed beside it", "")
    ]


@pytest.mark.parametrize(
    ("keys", "where", "kind"),
    [
        ({"counts": 0}, "counts", "greater_than"),
        ({"counts": "3"}, "counts", "int_type"),
        ({"counts": True}, "counts", "int_type"),
        ({"counts": 1.5}, "counts", "int_type"),
        ({"counts": []}, "counts", "PN013"),
        ({"counts": [3, 0]}, "counts.1", "greater_than"),
        ({"sizes": -1}, "sizes", "greater_than_equal"),
        ({"sizes": [0, "1"]}, "sizes.1", "int_type"),
        ({"sizes": {"h": 1}}, "sizes", "int_type"),
    ],
)
def test_refuses_what_is_no_size_at_its_place(keys: dict[str, Any], where: str, kind: str) -> None:
    ((found_where, found_kind, _, _),) = complaints(Numbers, **keys)
    assert (found_where, found_kind) == (where, kind)


def test_a_size_is_written_as_people_write_it() -> None:
    assert Numbers(counts=(3,), sizes=(1, 0)).model_dump() == {"counts": 3, "sizes": [1, 0]}
    assert Numbers(**Numbers(counts=(3, 5)).model_dump()) == Numbers(counts=(3, 5))


def test_an_editor_is_told_both_spellings() -> None:
    number = {"type": "integer", "minimum": 1}
    found = Numbers.model_json_schema()["properties"]["counts"]
    assert found["anyOf"] == [number, {"type": "array", "items": number, "minItems": 1}]


def test_refuses_more_numbers_than_axes() -> None:
    assert refused("stride", (1, 2), axes=3) == (
        "stride has 2 numbers, the bottom has 3 spatial axes",
        "",
    )


@pytest.mark.parametrize(
    ("key", "stem"), [("kernel_size", "kernel"), ("stride", "stride"), ("pad", "pad")]
)
def test_refuses_a_pair_for_other_than_two_axes(key: str, stem: str) -> None:
    assert refused(key, None, (3, 3), axes=1) == (
        f"{stem}_h and {stem}_w need 2 spatial axes, the bottom has 1",
        f"give {key} with one number per axis",
    )


@pytest.mark.parametrize(
    ("image", "kernel", "stride", "pad", "dilation", "places"),
    [
        (28, 5, 1, 0, 1, 24),
        (28, 3, 2, 1, 1, 14),  # floor(27 / 2) + 1
        (7, 3, 1, 0, 2, 3),  # a span of 5
        (5, 5, 9, 0, 1, 1),
        (1, 3, 1, 1, 1, 1),
    ],
)
def test_windows_that_fit_are_counted(
    image: int, kernel: int, stride: int, pad: int, dilation: int, places: int
) -> None:
    grid = Grid((image,), (kernel,), (stride,), (pad,), (dilation,))
    assert grid.places(Blob((2, 3, image))) == (places,)


def test_each_axis_is_counted_by_its_own_sizes() -> None:
    grid = Grid((6, 9), (3, 1), (1, 2), (0, 1), (2, 1))
    assert grid.places(Blob((2, 3, 6, 9))) == (2, 6)  # 6 - 5 + 1 and floor(10 / 2) + 1


@pytest.mark.parametrize(
    ("kernel", "stride", "pad", "dilation", "arithmetic"),
    [
        (5, 1, 0, 1, "floor((4 + 2*0 - 5) / 1) + 1 = 0"),
        (9, 2, 1, 1, "floor((4 + 2*1 - 9) / 2) + 1 = -1"),
        (3, 1, 0, 2, "floor((4 + 2*0 - (2*(3 - 1) + 1)) / 1) + 1 = 0"),
    ],
)
def test_refuses_an_image_that_no_window_fits(
    kernel: int, stride: int, pad: int, dilation: int, arithmetic: str
) -> None:
    grid = Grid((8, 4), (1, kernel), (1, stride), (0, pad), (1, dilation))
    with pytest.raises(ShapeError) as caught:
        grid.places(Blob((2, 3, 8, 4)))
    assert (caught.value.why, caught.value.hint) == (
        f"no window fits along axis 3 of (2, 3, 8, 4): {arithmetic}",
        "use a smaller kernel_size or a larger pad",
    )


def test_refuses_an_empty_list() -> None:
    assert complaints(Numbers, sizes=[]) == [
        ("sizes", "PN013", "at least one number is needed", "")
    ]
