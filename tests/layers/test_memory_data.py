from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch

from protonet.errors import UsageError
from protonet.layers.memory_data import MEMORY_DATA, MemoryData, MemoryDataParams
from protonet.layers.record import Blob, Setting
from protonet.net import Net
from tests.specs import spec_of

KEYS: dict[str, Any] = {"batch_size": 2, "channels": 1, "height": 1, "width": 3}
DATA = np.arange(18, dtype=np.float32).reshape(6, 1, 1, 3)
LABELS = np.arange(6)
NO_MULTIPLE = (
    "no multiple of its batch_size, 2; Caffe asks the same: leave some out, or choose a divisor"
)


def layer(tops: int = 2, **keys: Any) -> MemoryData:
    """Return a layer named `images`."""
    module = MEMORY_DATA.build(
        MemoryDataParams(**KEYS, **keys), [], Setting("train", tops, "images")
    )
    assert isinstance(module, MemoryData)
    return module


def test_batches_follow_each_other_and_begin_again_after_the_last() -> None:
    module = layer()
    module.reset(DATA, LABELS)
    labels = [module()[1].tolist() for _ in range(4)]
    assert labels == [[0, 1], [2, 3], [4, 5], [0, 1]]
    data, _ = module()
    assert data.tolist() == DATA[2:4].tolist()


def test_other_arrays_begin_with_their_first_batch() -> None:
    module = layer()
    module.reset(DATA, LABELS)
    module()
    module.reset(torch.from_numpy(DATA[:2] + 100), torch.tensor([7, 8]).view(2, 1, 1, 1))
    data, labels = module()
    assert data.flatten().tolist() == [100, 101, 102, 103, 104, 105]
    assert labels.tolist() == [7, 8]


def test_labels_are_not_needed_without_a_top_for_them() -> None:
    module = layer(tops=1)
    module.reset(DATA)
    top = module()
    assert isinstance(top, torch.Tensor)
    assert top.shape == (2, 1, 1, 3)
    module.reset(DATA, LABELS)  # and do no harm
    assert isinstance(module(), torch.Tensor)


def test_batches_have_the_types_foretold() -> None:
    module = layer(label_dtype="float32")
    module.reset(DATA.astype(np.float64), LABELS)
    data, labels = module()
    assert (data.dtype, labels.dtype) == (torch.float32, torch.float32)
    assert MEMORY_DATA.infer is not None
    assert MEMORY_DATA.infer(MemoryDataParams(**KEYS), [], Setting(tops=2)) == (
        Blob((2, 1, 1, 3)),
        Blob((2,), torch.int64),
    )


@pytest.mark.parametrize(
    ("data", "labels", "why"),
    [
        (DATA[:5], LABELS[:5], f"5 samples are {NO_MULTIPLE}"),
        (DATA[:0], LABELS[:0], f"0 samples are {NO_MULTIPLE}"),
        (DATA, LABELS[:4], "4 labels are given for 6 samples; give one for each"),
        (DATA, None, "its second top needs labels; reset(data, labels)"),
        (DATA[:, :, :, :2], LABELS, "data of shape (6, 1, 1, 2) do not fit; give (n, 1, 1, 3)"),
        (torch.ones(()), LABELS, "data of shape () do not fit; give (n, 1, 1, 3)"),
    ],
)
def test_refuses_arrays_that_do_not_fit(data: Any, labels: Any, why: str) -> None:
    with pytest.raises(UsageError) as caught:
        layer().reset(data, labels)
    assert str(caught.value) == f"layer images: {why}"


def test_arrays_may_be_lists_or_go_backwards_but_must_be_numbers() -> None:
    module = layer(tops=1)
    module.reset(DATA[::-1])
    assert float(module().flatten()[0]) == DATA[5].flatten()[0]
    module.reset([[[[1.0, 2.0, 3.0]]]] * 2)
    assert module().flatten().tolist() == [1, 2, 3, 1, 2, 3]
    with pytest.raises(UsageError) as caught:
        module.reset(np.array([["a"]]))
    assert str(caught.value).startswith("layer images: can't convert np.ndarray of type numpy.str_")
    assert str(caught.value).endswith("; give arrays of numbers")


def test_a_net_that_was_given_nothing_says_how_to_give_it() -> None:
    net = Net(
        spec_of("""
        net:
          layers:
            - {name: images, type: MemoryData, top: [data, label], batch_size: 2, channels: 1,
               height: 1, width: 3}
            - {name: ip, type: InnerProduct, bottom: data, num_output: 2}
            - {name: loss, type: SoftmaxWithLoss, bottom: [ip, label]}
        """).net
    )
    with pytest.raises(UsageError) as caught:
        net({})
    assert str(caught.value) == (
        'layer images: no arrays were given; net.layer("images").reset(data, labels)'
    )
    module = net.layer("images")
    assert isinstance(module, MemoryData)
    module.reset(DATA, LABELS % 2)
    assert float(net({})["loss"].detach()) == pytest.approx(0.6931472)  # all scores are 0: ln 2
