from __future__ import annotations

import pytest

from protonet.errors import UsageError
from protonet.pycaffe import coord_map
from protonet.pycaffe import layers as L
from protonet.pycaffe.net_spec import Top


def fcn(pad: int) -> tuple[Top, Top]:
    """Return the image, and what FCN-32s makes of it: five times halved, then 32 times as large."""
    data = L.Input()
    top = L.ReLU(L.Convolution(data, kernel_size=3, pad=pad), in_place=True)
    for _ in range(4):
        top = L.Pooling(top, kernel_size=2, stride=2)
        top = L.Convolution(top, kernel_size=3, pad=1)
    top = L.Pooling(top, kernel_size=2, stride=2)
    score = L.Convolution(L.Convolution(top, kernel_size=7), kernel_size=1)
    up = L.Deconvolution(score, convolution_param={"kernel_size": 64, "stride": 32})
    return data, up


def test_the_offset_of_fcn_32s() -> None:
    data, up = fcn(100)

    axis, a, b = coord_map.coord_map_from_to(up, data)
    crop = coord_map.crop(up, data)

    assert (axis, a, b) == (1, [1], [-19])  # the published net crops 19 pixels
    assert crop.fn.params["crop_param"] == {"axis": 2, "offset": [19]}


def test_elements_stay_and_a_window_of_one_axis_maps_that_axis() -> None:
    data = L.Input()
    both = L.Eltwise(L.ReLU(data), L.Dropout(data))
    wide = L.Pooling(both, kernel_size=[1, 3], stride=[1, 2])

    assert coord_map.coord_map_from_to(both, data) == (None, [1], [0])
    # x = y / a - b / a, of a = 1 / stride and b = (pad - (kernel - 1) / 2) / stride
    assert coord_map.coord_map_from_to(wide, data) == (1, [1, 2], [0, 1])


def test_a_crop_moves_by_its_offset() -> None:
    data = L.Input()
    cropped = L.Crop(data, L.Input(), crop_param={"axis": 2, "offset": [3, 5]})

    assert coord_map.coord_map_from_to(data, cropped) == (1, [1, 1], [-3, -5])


def test_refusals() -> None:
    data, up = fcn(100)
    half = L.Pooling(data, kernel_size=2, stride=2)
    for one, other, why in (
        (half, data, "crop: scale mismatch: 2, not 1"),
        (data, up, "crop: the second blob begins before the first one"),
        (L.Pooling(data, kernel_size=2), data, "crop: the second blob begins before the first one"),
        (data, L.Pooling(data, kernel_size=2), "crop: the offset -1/2 is no whole number"),
        (data, L.Input(), "coord_map: the two blobs have no layer above them in common"),
    ):
        with pytest.raises(UsageError) as caught:
            coord_map.crop(one, other)
        assert str(caught.value) == why


def test_layers_that_map_no_point() -> None:
    data = L.Input()

    with pytest.raises(coord_map.UndefinedMapException) as caught:
        coord_map.crop(data, L.InnerProduct(data))
    assert str(caught.value) == ("coord_map: a layer of type InnerProduct maps no point to another")
    with pytest.raises(coord_map.UndefinedMapException) as caught:
        coord_map.crop(data, L.Pooling(data, kernel_h=2, kernel_w=3))
    assert str(caught.value) == "coord_map: a Pooling by kernel_h and kernel_w has no map"
    with pytest.raises(coord_map.AxisMismatchException) as wrong:
        coord_map.crop(data, L.Convolution(L.Convolution(data, axis=2), kernel_size=3))
    assert str(wrong.value) == "points are mapped along axes from [1, 2] on"
