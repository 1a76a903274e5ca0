from __future__ import annotations

import pytest
import torch

from protonet.errors import ShapeError
from protonet.layers.filter import FILTER
from protonet.layers.record import Blob, NoParams, Setting
from protonet.net import Net
from tests.layers.building import build, gradient, numbers
from tests.specs import spec_of

BOTTOM = numbers([1.0, 2.0], [3.0, 4.0], [5.0, 6.0])

NET = """
net:
  inputs: {data: [2], label: [], kept: []}
  layers:
    - {name: filter, type: Filter, bottom: [data, label, kept], top: [some, labels]}
    - {name: ip, type: InnerProduct, bottom: some, num_output: 2, weight_filler: {value: 1}}
    - {name: loss, type: EuclideanLoss, bottom: [labels, labels]}
"""


@pytest.mark.parametrize(
    "selector", [torch.tensor([1.0, 0.0, -2.0]), torch.tensor([[1], [0], [1]])]
)
def test_samples_go_on_where_the_selector_is_not_zero(selector: torch.Tensor) -> None:
    assert build(FILTER, BOTTOM, selector)(BOTTOM, selector).tolist() == [[1, 2], [5, 6]]


def test_several_bottoms_are_filtered_alike() -> None:
    labels, selector = torch.tensor([7, 8, 9]), torch.tensor([0, 1, 1])
    one, other = build(FILTER, BOTTOM, labels, selector, tops=2)(BOTTOM, labels, selector)
    assert one.tolist() == [[3, 4], [5, 6]]
    assert other.tolist() == [8, 9]


def test_a_sample_that_does_not_go_on_gets_a_gradient_of_zero() -> None:
    selector = torch.tensor([1, 0, 1])
    top = build(FILTER, BOTTOM, selector)(BOTTOM, selector)
    assert gradient(top, BOTTOM).tolist() == [[1, 1], [0, 0], [1, 1]]


def test_none_may_go_on() -> None:
    selector = torch.zeros(3)
    assert build(FILTER, BOTTOM, selector)(BOTTOM, selector).shape == (0, 2)


def test_layers_behind_take_as_many_samples_as_come() -> None:
    net = Net(spec_of(NET).net)
    blobs = {"data": BOTTOM, "label": torch.ones(3), "kept": torch.tensor([1.0, 0.0, 1.0])}
    assert net(blobs)["ip"].tolist() == [[3, 3], [11, 11]]


def refused(*bottoms: Blob, tops: int = 1) -> tuple[str, str]:
    with pytest.raises(ShapeError) as caught:
        FILTER.build(NoParams(), bottoms, Setting(tops=tops))
    return caught.value.why, caught.value.hint


@pytest.mark.parametrize("shape", [(), (4, 2)])
def test_refuses_a_selector_that_is_not_one_number_per_sample(shape: tuple[int, ...]) -> None:
    assert refused(Blob((4, 3)), Blob(shape)) == (
        f"the last bottom of shape {Blob(shape)} is not one number for each sample",
        "it says which samples go on: (N)",
    )


def test_refuses_bottoms_of_another_number_of_samples() -> None:
    assert refused(Blob((4, 3)), Blob((5,)), Blob((4,)), tops=2) == (
        "bottom 1 of shape (5) has not the 4 samples of the last, (4)",
        "the first axis is that of the samples",
    )


def test_refuses_another_number_of_tops() -> None:
    assert refused(Blob((4, 3)), Blob((4,)), Blob((4,))) == (
        "2 bottoms are filtered, and 1 tops are named",
        "give one top for each bottom but the last",
    )
