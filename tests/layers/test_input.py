from __future__ import annotations

import pytest
import torch

from protonet.errors import ShapeError, SpecError
from protonet.layers.input import INPUT, InputParams
from protonet.layers.record import Setting
from protonet.net import Net
from tests.layers.building import complaints
from tests.specs import spec_of

NET = """
    net:
      layers:
        - {name: data, type: Input, shape: [2, 3]}
        - {name: label, type: Input, shape: [2], dtype: int64}
        - {name: ip, type: InnerProduct, bottom: data, num_output: 4}
        - {name: loss, type: SoftmaxWithLoss, bottom: [ip, label]}
    """


@pytest.mark.parametrize(
    ("written", "shapes"),
    [
        ([1, 3, 8, 8], ((1, 3, 8, 8),)),
        ([5], ((5,),)),
        ([], ((),)),  # one number without axes
        ([[2, 3], [2]], ((2, 3), (2,))),
        ([[2, 3]], ((2, 3),)),
        ([[], [2]], ((), (2,))),
        ({"dim": [2, 3]}, ((2, 3),)),
        ([{"dim": [2, 3]}, {"dim": [2]}], ((2, 3), (2,))),
    ],
)
def test_a_shape_may_stand_alone_in_a_list_or_as_caffe_writes_it(
    written: object, shapes: tuple[tuple[int, ...], ...]
) -> None:
    params = InputParams.model_validate({"shape": written})
    assert params.shapes() == shapes
    assert params.dtype == "float32"


def test_a_single_shape_is_written_bare() -> None:
    assert InputParams.model_validate({"shape": [[2, 3]]}).model_dump()["shape"] == [2, 3]


@pytest.mark.parametrize(
    ("written", "complaint"),
    [
        (5, ("shape", "PN010", "a shape is a list of sizes", "[1, 3, 224, 224]")),
        ({"dims": [2]}, ("shape", "PN010", "a shape is a list of sizes", "[1, 3, 224, 224]")),
        ({"dim": 2}, ("shape", "PN010", "a shape is a list of sizes", "[1, 3, 224, 224]")),
        ([2, 0], ("shape.1", "greater_than", "Input should be greater than 0", "")),
        ([[2], [0]], ("shape.1.0", "greater_than", "Input should be greater than 0", "")),
        ([2, [3]], ("shape.1", "int_type", "Input should be a valid integer", "")),
        (["N", 3], ("shape.0", "int_type", "Input should be a valid integer", "")),
    ],
)
def test_refuses_what_is_no_shape(written: object, complaint: tuple[str, ...]) -> None:
    assert complaints(InputParams, shape=written) == [complaint]


def test_refuses_an_unknown_element_type() -> None:
    known = "'float32', 'float64', 'float16', 'bfloat16', 'int64', 'int32', 'uint8' or 'bool'"
    assert complaints(InputParams, shape=[2], dtype="float") == [
        ("dtype", "literal_error", f"Input should be {known}", "")
    ]


def test_its_tops_are_what_a_net_is_fed() -> None:
    net = Net(spec_of(NET).net)
    assert net.inputs == ("data", "label")
    assert [net.shapes[name].small.shape for name in net.inputs] == [(2, 3), (2,)]
    assert net.shapes["label"].dtype is torch.int64
    # All four scores are equal while nothing is learnt: the loss is ln 4.
    outputs = net({"data": torch.ones(2, 3), "label": torch.tensor([0, 3])})
    assert outputs["loss"].item() == pytest.approx(1.3862944)


def test_labels_are_not_fed_in_a_deployed_net() -> None:
    net = Net(spec_of(NET).net, "deploy")
    assert net.inputs == ("data",)
    assert net({"data": torch.ones(2, 3)})["prob"].tolist() == [[0.25] * 4] * 2


def test_one_shape_is_that_of_every_top() -> None:
    spec = spec_of("""
        net:
          layers:
            - {name: pair, type: Input, shape: [2, 3], top: [a, b]}
            - {name: sum, type: Eltwise, bottom: [a, b]}
        """)
    net = Net(spec.net)
    assert net.inputs == ("a", "b")
    assert net({"a": torch.ones(2, 3), "b": torch.ones(2, 3)})["sum"].tolist() == [[2.0] * 3] * 2


def test_refuses_another_number_of_shapes_than_tops() -> None:
    with pytest.raises(SpecError) as caught:
        spec_of("""
        net:
          layers:
            - {name: three, type: Input, shape: [[2], [3]], top: [a, b, c]}
            - {name: relu, type: ReLU, bottom: a}
        """)
    assert str(caught.value) == (
        "error[PN013] net.yaml:4:41 net.layers.three.shape: 2 shapes for 3 tops\n"
        "    4 |     - {name: three, type: Input, shape: [[2], [3]], top: [a, b, c]}\n"
        "      |                                         ^^^^^^^^^^\n"
        "      give one for each top, or one for all     see: protonet explain PN013\n"
        "1 error in net.yaml"
    )


def test_is_never_built() -> None:
    with pytest.raises(ShapeError) as caught:
        INPUT.build(InputParams(shape=((2,),)), [], Setting())
    assert (caught.value.why, caught.value.hint) == (
        "an Input layer is not built",
        "its tops are inputs of the net",
    )
