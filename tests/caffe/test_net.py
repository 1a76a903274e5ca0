from __future__ import annotations

from pathlib import Path

import pytest

from protonet.caffe import import_net
from protonet.caffe.net import translate
from protonet.errors import SpecError, UsageError
from protonet.net import Net
from protonet.schema import check_spec
from protonet.spec.state import Rule
from tests.caffe.reading import checked, context, lines

NET = """\
name: "tiny"
layer {
  name: "in" type: "Data" top: "data" top: "label" include { phase: TRAIN }
  transform_param { scale: 0.00390625 }
  data_param { source: "train_lmdb" batch_size: 64 backend: LMDB }
}
layer {
  name: "in" type: "Data" top: "data" top: "label" include { phase: TEST }
  data_param { source: "test_lmdb" batch_size: 100 }
}
layer {
  name: "ip" type: "InnerProduct" bottom: "data" top: "ip"
  param { lr_mult: 1 } param { lr_mult: 2 }
  inner_product_param { num_output: 3 weight_filler { type: "xavier" } }
}
layer { name: "relu" type: "ReLU" bottom: "ip" top: "ip" }
layer {
  name: "accuracy" type: "Accuracy" bottom: "ip" bottom: "label" top: "accuracy"
  include { phase: TEST }
}
layer { name: "loss" type: "SoftmaxWithLoss" bottom: "ip" bottom: "label" top: "loss" }
"""


@pytest.fixture
def file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return the name of a prototxt in the current folder: messages are the same anywhere."""
    monkeypatch.chdir(tmp_path)
    return Path("net.prototxt")


def test_a_net_becomes_a_spec(file: Path) -> None:
    file.write_text(NET)

    found = import_net(file, {"data": (4,)})

    assert found.origin.data == {
        "data": {
            "train": {
                "source": "train_lmdb",
                "batch_size": 64,
                "transform": {"scale": 0.00390625},
            },
            "test": {"source": "test_lmdb", "batch_size": 100},
        },
        "net": {
            "name": "tiny",
            "inputs": {"data": {"shape": [4]}, "label": {"dtype": "int64", "shape": []}},
            "layers": [
                {
                    "name": "ip",
                    "type": "InnerProduct",
                    "bottom": ["data"],
                    "top": ["ip"],
                    "param": {"weight": {"lr_mult": 1}, "bias": {"lr_mult": 2}},
                    "num_output": 3,
                    "weight_filler": {"type": "xavier"},
                },
                {"name": "relu", "type": "ReLU", "bottom": ["ip"], "top": ["ip"]},
                {
                    "name": "accuracy",
                    "type": "Accuracy",
                    "bottom": ["ip", "label"],
                    "top": ["accuracy"],
                    "phase": ["test", "deploy"],
                },
                {
                    "name": "loss",
                    "type": "SoftmaxWithLoss",
                    "bottom": ["ip", "label"],
                    "top": ["loss"],
                },
            ],
        },
    }
    assert lines(found.notes) == [
        "5:52 layer.in.data_param.backend: protonet sees the format of a source itself"
    ]


def test_the_spec_is_valid_and_its_net_can_be_built(file: Path) -> None:
    file.write_text(NET)

    spec = check_spec(import_net(file, {"data": (4,)}).origin)

    assert tuple(Net(spec.net, "train").outputs) == ("loss",)
    assert set(Net(spec.net, "test").outputs) == {"accuracy", "loss"}
    assert tuple(Net(spec.net, "deploy").outputs) == ("prob",)


def test_a_deploy_net_has_its_inputs_literally(file: Path) -> None:
    file.write_text("""
        input: "data" input_shape { dim: 10 dim: 3 }
        layer { name: "more" type: "Input" top: "more" input_param { shape { dim: 10 dim: 1 } } }
        layer { name: "both" type: "Concat" bottom: "data" bottom: "more" top: "both" }""")

    found = import_net(file).origin

    assert found.data["net"]["inputs"] == {
        "data": {"shape": [10, 3], "batch": False},
        "more": {"shape": [10, 1], "batch": False},
    }
    assert "data" not in found.data
    net = Net(check_spec(found).net, "test")
    assert net.axes(net.wiring.blobs["both"]) == (10, 4)


def test_level_stages_and_force_backward_are_the_nets_own(file: Path) -> None:
    file.write_text("""\
name: ""
force_backward: true
debug_info: true
state { phase: TEST level: 2 stage: "a" stage: "b" }
layer { name: "r" type: "ReLU" bottom: "x" top: "y" include { min_level: 2 stage: "a" } }
""")

    found = import_net(file)

    net = found.origin.data["net"]
    assert net.keys() == {"force_backward", "state", "layers"}
    assert net["force_backward"] is True
    assert net["state"] == {"level": 2, "stage": ["a", "b"]}
    assert Rule.model_validate(net["layers"][0]["include"][0]) == Rule(min_level=2, stage=("a",))
    assert lines(found.notes) == [
        "3:1 debug_info: a solver's debug_info decides, as it does in Caffe",
        "4:9 state.phase: protonet builds a net in every phase it is needed in",
    ]


def test_what_the_spec_refuses_is_shown_at_its_line(file: Path) -> None:
    file.write_text("""\
input: "data" input_shape { dim: 2 dim: 3 }
layer { name: "a" type: "Whiten" bottom: "data" top: "a" }
layer {
  name: "b" type: "InnerProduct" bottom: "a" top: "b"
  inner_product_param { bias_filler { type: "constand" } }
}
layer { name: "c" type: "ReLU" bottom: "d" top: "c" relu_param { negative_slope: inf } }
""")

    with pytest.raises(SpecError) as error:
        check_spec(import_net(file).origin)

    assert [(one.code, str(one.mark), one.path) for one in error.value.problems] == [
        ("PN020", "net.prototxt:2:25", "net.layers.a.type"),
        ("PN011", "net.prototxt:3:1", "net.layers.b.num_output"),
        ("PN014", "net.prototxt:5:45", "net.layers.b.bias_filler.type"),
        ("PN023", "net.prototxt:7:40", "net.layers.c.bottom.0"),
        ("PN013", "net.prototxt:7:82", "net.layers.c.negative_slope"),
    ]


def test_an_unknown_layer_type_is_named(file: Path) -> None:
    file.write_text("""\
input: "x" input_shape { dim: 2 }
layer {
  name: "a"
  type: "Sigmod"
  bottom: "x"
  top: "a"
}
""")

    with pytest.raises(SpecError) as error:
        check_spec(import_net(file).origin)

    assert (
        str(error.value)
        == """\
error[PN020] net.prototxt:4:9 net.layers.a.type: unknown layer type
    4 |   type: "Sigmod"
      |         ^^^^^^^^
      got "Sigmod"; did you mean Sigmoid?       see: protonet explain PN020
1 error in net.prototxt"""
    )


def test_all_that_cannot_be_imported_is_told_at_once(file: Path) -> None:
    file.write_text("""\
layer { name: "in" type: "HDF5Data" top: "data" top: "label" }
layer { name: "ip" type: "InnerProduct" bottom: "data" param { } param { } param { } }
layer { nam: "x" }
""")

    with pytest.raises(SpecError) as error:
        import_net(file)

    assert [(one.code, str(one.mark), one.path) for one in error.value.problems] == [
        ("PN011", "net.prototxt:1:42", "net.inputs.data.shape"),
        ("PN011", "net.prototxt:1:54", "net.inputs.label.shape"),
        ("PN027", "net.prototxt:2:76", "layer.ip.param"),
        ("PN051", "net.prototxt:3:9", "layer.nam"),
    ]


def test_shapes_for_a_net_without_inputs_are_refused(file: Path) -> None:
    file.write_text('layer { name: "r" type: "ReLU" }')

    with pytest.raises(UsageError) as error:
        import_net(file, {"data": (1,)})
    assert str(error.value) == "shapes: the net has no input data; there is none"


def test_a_table_of_other_layer_types_is_taken(file: Path) -> None:
    file.write_text('layer { name: "r" type: "ReLU" bottom: "x" relu_param { negative_slope: 1 } }')

    found = import_net(file, layers={})

    assert found.origin.data["net"]["layers"] == [
        {"name": "r", "type": "ReLU", "bottom": ["x"], "top": []}
    ]


def test_repeated_names_and_messages_of_other_types_are_noted() -> None:
    within = context()
    net = checked(
        "layer { name: 'x' type: 'ReLU' top: 'x' pooling_param { } }\n"
        "layer { name: 'x' type: 'ReLU' top: 'y' }",
        "NetParameter",
    )

    sections = translate(net, within)

    assert [layer["name"] for layer in sections.net.data["layers"]] == ["x", "y"]
    assert lines(within.report.notes) == [
        "1:41 layer.x.pooling_param: Caffe does not read pooling_param in a layer of type ReLU",
        "2:15 layer.x.name: a layer above has this name too, here this one is called y",
    ]
