from __future__ import annotations

from protonet.caffe.merging import merged
from protonet.caffe.text_format import Field, Message
from protonet.caffe.values import message, one, scalar, texts
from tests.caffe.reading import checked


def both(train: str, test: str) -> Message:
    return merged(checked(train, "NetParameter"), checked(test, "NetParameter"))


def phases(net: Message) -> list[tuple[str, list[str]]]:
    """Return the name of each layer, and the phases that it is of."""
    return [(str(one(message(layer), "name")), phases_of(layer)) for layer in net.named("layer")]


def phases_of(layer: Field) -> list[str]:
    rules = message(layer).named("include")
    return [str(scalar(field)) for rule in rules for field in message(rule).fields]


def test_layers_of_both_are_written_once_and_keep_their_order() -> None:
    net = both(
        "layer { name: 'd' type: 'Data' data_param { batch_size: 1 } }"
        "layer { name: 'a' type: 'ReLU' } layer { name: 'loss' type: 'SoftmaxWithLoss' }",
        "layer { name: 'd' type: 'Data' data_param { batch_size: 2 } }"
        "layer { name: 'x' type: 'ReLU' } layer { name: 'a' type: 'ReLU' }"
        "layer { name: 'prob' type: 'Softmax' }",
    )

    assert phases(net) == [
        ("d", ["TRAIN"]),
        ("d", ["TEST"]),
        ("x", ["TEST"]),
        ("a", []),
        ("loss", ["TRAIN"]),
        ("prob", ["TEST"]),
    ]


def test_what_only_training_needs_makes_no_difference() -> None:
    net = both(
        "layer { name: 'c' type: 'Convolution' param { lr_mult: 2 } convolution_param "
        "{ num_output: 3 weight_filler { type: 'xavier' } } }",
        "layer { name: 'c' type: 'Convolution' convolution_param { num_output: 3 } }",
    )

    assert phases(net) == [("c", [])]
    (layer,) = net.named("layer")
    assert message(layer).named("param")


def test_a_batch_norm_that_chooses_by_the_phase_is_one() -> None:
    text = "layer {{ name: 'b' type: 'BatchNorm' batch_norm_param {{ use_global_stats: {} }} }}"

    assert phases(both(text.format("false"), text.format("true"))) == [("b", [])]
    (by_phase,) = both(text.format("false"), text.format("true")).named("layer")
    assert not message(message(by_phase).named("batch_norm_param")[0]).fields
    (always,) = both(text.format("true"), text.format("true")).named("layer")
    assert one(message(message(always).named("batch_norm_param")[0]), "use_global_stats") is True
    assert phases(both(text.format("false"), text.format("false"))) == [
        ("b", ["TRAIN"]),
        ("b", ["TEST"]),
    ]


def test_layers_that_a_net_does_not_have_are_left_out() -> None:
    net = both(
        "layer { name: 'a' type: 'ReLU' include { phase: TEST } }",
        "layer { name: 'b' type: 'ReLU' include { phase: TEST } }",
    )

    assert phases(net) == [("b", ["TEST"])]


def test_inputs_are_those_of_the_net_that_has_them() -> None:
    net = both("name: 'x'", "input: 'data' layer { name: 'a' type: 'ReLU' }")

    assert texts(net, "input") == ["data"]
    assert one(net, "name") == "x"
