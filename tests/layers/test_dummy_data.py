from __future__ import annotations

from typing import Any

import pytest
import torch

from protonet.errors import ShapeError
from protonet.fillers import constant
from protonet.layers.dummy_data import DUMMY_DATA, DummyData, DummyDataParams
from protonet.layers.record import Setting
from protonet.net import Net
from tests.layers.building import build, complaints, tops_of
from tests.specs import spec_of


def test_every_top_has_its_shape_and_filler() -> None:
    tops = tops_of(
        DUMMY_DATA, tops=2, shape=[{"dim": [1, 2]}, [3]], data_filler=[{"value": 7}, {"value": 2}]
    )
    assert [top.tolist() for top in tops] == [[[7, 7]], [2, 2, 2]]


def test_one_shape_and_one_filler_are_those_of_every_top() -> None:
    tops = tops_of(DUMMY_DATA, tops=2, shape=[2], data_filler={"value": 7})
    assert [top.tolist() for top in tops] == [[7, 7]] * 2


def test_tops_are_zero_without_a_filler() -> None:
    assert DummyDataParams(shape=((2,),)).data_filler == (constant(0),)


def test_caffes_older_words_for_the_shape_are_taken() -> None:
    (one,) = tops_of(DUMMY_DATA, num=2, channels=3, height=4, width=5)
    assert one.shape == (2, 3, 4, 5)
    tops = tops_of(DUMMY_DATA, tops=2, num=[2, 6], channels=[3, 1], height=[4, 1], width=[5, 1])
    assert [top.shape for top in tops] == [(2, 3, 4, 5), (6, 1, 1, 1)]


def test_the_element_type_may_be_that_of_labels() -> None:
    (top,) = tops_of(DUMMY_DATA, shape=[2], data_filler={"value": 3}, dtype="int64")
    assert top.dtype == torch.int64
    assert top.tolist() == [3, 3]


def test_numbers_are_drawn_anew_each_time_in_the_fillers_range() -> None:
    module = build(DUMMY_DATA, shape=[100], data_filler={"type": "uniform", "min": 2, "max": 3})
    torch.manual_seed(1)
    first, second = module(), module()
    assert not torch.equal(first, second)
    assert first.min() >= 2
    assert first.max() <= 3
    torch.manual_seed(1)
    assert torch.equal(module(), first)


def test_a_net_may_run_on_made_up_data_alone() -> None:
    net = Net(
        spec_of("""
        net:
          layers:
            - {name: made, type: DummyData, shape: [2, 3], data_filler: {value: 1}}
            - {name: ip, type: InnerProduct, num_output: 1, weight_filler: {value: 2}}
        """).net
    )
    assert net({})["ip"].tolist() == [[6], [6]]


@pytest.mark.parametrize(
    ("tops", "keys", "why"),
    [
        (3, {"shape": [[1], [2]]}, "2 shapes for 3 tops"),
        (1, {"shape": [[1], [2]]}, "2 shapes for 1 top"),
        (3, {"shape": [1], "data_filler": ["xavier", "msra"]}, "2 fillers for 3 tops"),
    ],
)
def test_refuses_another_number_than_that_of_the_tops(
    tops: int, keys: dict[str, Any], why: str
) -> None:
    with pytest.raises(ShapeError) as caught:
        DUMMY_DATA.build(DummyDataParams(**keys), [], Setting(tops=tops))
    assert (caught.value.why, caught.value.hint) == (why, "give one for each top, or one for all")


def test_refuses_a_filler_that_is_not_defined_for_the_shape() -> None:
    with pytest.raises(ShapeError) as caught:
        build(DUMMY_DATA, shape=[2, 3], data_filler="bilinear")
    assert caught.value.why == (
        "bilinear filler: the shape (2, 3) is not that of square 2-d filters"
    )


@pytest.mark.parametrize(
    ("keys", "problem"),
    [
        ({}, ("PN011", "shape is missing", "shape: [64, 10]")),
        ({"num": 2, "width": 3}, ("PN011", "channels, height are missing", "shape: [64, 10]")),
        (
            {"shape": [2], "num": 2},
            ("PN015", "shape and num say the same thing", "keep shape"),
        ),
        (
            {"num": [1, 2], "channels": 1, "height": 1, "width": 1},
            (
                "PN013",
                "2 num, 1 channels, 1 height, 1 width: not equally many",
                "one shape has one of each",
            ),
        ),
    ],
)
def test_refuses_a_shape_that_is_not_told_once(
    keys: dict[str, Any], problem: tuple[str, str, str]
) -> None:
    assert complaints(DummyDataParams, **keys) == [("", *problem)]


def test_editors_learn_that_a_list_of_one_needs_no_brackets() -> None:
    schema = DummyDataParams.model_json_schema()["properties"]["num"]
    assert [option.get("type") for option in schema["anyOf"]] == ["integer", "array"]


@pytest.mark.parametrize("dtype", ["float64", "float16", "int64"])
def test_numbers_are_made_where_and_as_they_are_needed(dtype: str) -> None:
    module = build(DUMMY_DATA, shape=[2, 3], data_filler="xavier", dtype=dtype)
    assert isinstance(module, DummyData)
    module.device = torch.device("meta")  # the only other device that is always there
    assert module().device == torch.device("meta")
    assert module().dtype == getattr(torch, dtype)


@pytest.mark.gpu
def test_what_is_drawn_is_the_same_on_a_gpu() -> None:
    module = build(DUMMY_DATA, shape=[2, 3], data_filler="xavier")
    assert isinstance(module, DummyData)
    torch.manual_seed(1)
    expected = module()
    module.device = torch.device("cuda")
    torch.manual_seed(1)
    found = module()
    assert found.is_cuda
    assert torch.equal(found.cpu(), expected)
