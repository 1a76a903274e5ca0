from __future__ import annotations

import pytest
import torch

from protonet.errors import UsageError
from protonet.pycaffe.blob import Blob

CPU = torch.device("cpu")


def test_sizes_as_caffe_calls_them() -> None:
    blob = Blob.of_shape((2, 3, 4, 5), CPU)
    short = Blob.of_shape((7, 8), CPU)

    assert (blob.num, blob.channels, blob.height, blob.width, blob.count) == (2, 3, 4, 5, 120)
    assert (short.num, short.channels, short.height, short.width) == (7, 8, 1, 1)
    assert blob.shape == blob.data.shape == blob.diff.shape == (2, 3, 4, 5)


def test_five_axes_have_no_such_names() -> None:
    with pytest.raises(UsageError) as caught:
        _ = Blob.of_shape((1, 2, 3, 4, 5), CPU).num

    assert str(caught.value) == (
        "a blob of 5 axes has no num, channels, height and width; its shape is (1, 2, 3, 4, 5)"
    )


def test_data_and_diff_are_written_into_and_not_replaced() -> None:
    blob = Blob.of_shape((2,), CPU)
    blob.data[...] = 1
    blob.diff[0] = 2

    assert blob.data.tolist() == [1, 1]
    assert blob.diff.tolist() == [2, 0]
    with pytest.raises(AttributeError) as caught:
        blob.data = [3, 3]
    assert str(caught.value) == (
        "a blob's data is written into, not replaced: blob.data[...] = array"
    )
    with pytest.raises(AttributeError) as caught:
        blob.diff = 0
    assert str(caught.value) == (
        "a blob's diff is written into, not replaced: blob.diff[...] = array"
    )


def test_reshape_keeps_as_many_numbers() -> None:
    blob = Blob.of_shape((2, 3), CPU)
    blob.data[...] = [[0, 1, 2], [3, 4, 5]]
    blob.diff[...] = 1

    blob.reshape(3, 2)

    assert blob.data.tolist() == [[0, 1], [2, 3], [4, 5]]
    assert blob.diff.shape == (3, 2)
    blob.reshape(1, 2)
    assert blob.data.tolist() == [[0, 0]]


@pytest.mark.parametrize("dims", [(-1, 2), (1.5, 2)])
def test_refuses_sizes_that_are_none(dims: tuple[float, ...]) -> None:
    with pytest.raises(UsageError) as caught:
        Blob.of_shape((2,), CPU).reshape(*dims)  # type: ignore[arg-type]

    assert str(caught.value) == (
        f"reshape{dims}: sizes are whole numbers from 0 on; -1 means nothing"
    )


def test_two_blobs_share_a_memory() -> None:
    one, other = Blob.of_shape((2,), CPU), Blob.of_shape((2,), CPU)

    other.share(one.memory)
    one.data[...] = 4

    assert other.data.tolist() == [4, 4]
    assert other.diff.tolist() == [0, 0]


def test_gradients_add_up() -> None:
    blob = Blob.of_shape((2,), CPU)

    blob.add_to_diff(torch.tensor([1.0, 2.0]))
    blob.add_to_diff(torch.tensor([1.0, 2.0]))

    assert blob.diff.tolist() == [2, 4]
