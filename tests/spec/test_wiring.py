"""Which layer reads what: chaining, in-place tops, own outputs, phases."""

from __future__ import annotations

import pytest

from protonet.errors import PathError
from protonet.spec.net import NetSpec
from protonet.spec.state import Phase
from protonet.spec.wiring import FROM_INPUTS, FROM_NOTHING, Value, Wirer, Wiring
from tests.kinds import KINDS
from tests.specs import INPUTS, net_of

IP = "name: ip, type: InnerProduct, num_output: 10"
LOSS = "name: loss, type: SoftmaxWithLoss, bottom: [ip, label]"
ACCURACY = "name: accuracy, type: Accuracy, bottom: [ip, label], phase: test"


def net(*lines: str, inputs: str = INPUTS) -> NetSpec:
    return net_of(*lines, inputs=inputs, layers=KINDS)


def wire(spec: NetSpec, phase: Phase = "train", *stages: str) -> Wiring:
    return Wirer(spec, KINDS).wire(spec.net_state(phase, stages))


def bottoms(wiring: Wiring) -> dict[str, list[str]]:
    """Return what each layer reads: the name of the layer that made it, or of the input."""
    makers = {top: node.layer.name for node in wiring.nodes for top in node.tops}
    return {
        node.layer.name: [makers.get(value, value.blob) for value in node.bottoms]
        for node in wiring.nodes
    }


def test_a_layer_without_bottom_reads_the_first_top_of_the_layer_above() -> None:
    spec = net(
        "name: split, type: Two, top: [a, b]",
        "name: relu, type: ReLU",
        IP,
    )
    wiring = wire(spec)
    assert bottoms(wiring) == {"split": ["data"], "relu": ["split"], "ip": ["relu"]}
    assert wiring.nodes[1].bottoms == (Value("a", 0, 0),)


def test_chaining_passes_over_losses_metrics_and_layers_without_tops() -> None:
    spec = net(
        IP, LOSS, ACCURACY, "name: sink, type: Sink, bottom: ip", "name: prob, type: Softmax"
    )
    assert bottoms(wire(spec, "test"))["prob"] == ["ip"]


def test_chaining_passes_over_layers_that_are_missing_in_some_phase_of_the_reader() -> None:
    spec = net(
        IP,
        "name: train_only, type: ReLU, phase: train",
        "name: every, type: Sigmoid",
        "name: also_train, type: TanH, bottom: train_only, phase: train",
        "name: chained, type: ReLU, phase: train",
    )
    found = bottoms(wire(spec))
    assert (found["train_only"], found["every"]) == (["ip"], ["ip"])
    assert found["chained"] == ["also_train"]


def test_the_first_layer_reads_the_first_input() -> None:
    spec = net("name: a, type: ReLU", inputs="{first: [1], second: [1]}")
    assert bottoms(wire(spec)) == {"a": ["first"]}


def test_an_input_layer_is_an_input_and_chained_to() -> None:
    spec = net(
        "name: data, type: Input, shape: [[2, 3]], top: [x]", "name: r, type: ReLU", inputs="{}"
    )
    wiring = wire(spec)
    assert bottoms(wiring) == {"r": ["x"]}
    assert wiring.nodes[0].bottoms == (Value("x", FROM_INPUTS),)
    assert wiring.read_inputs()["x"].axes() == (2, 3)


def test_one_shape_serves_all_tops_of_an_input_layer() -> None:
    spec = net(
        "name: data, type: Input, shape: [[2]], top: [x, y], dtype: int64",
        "name: sum, type: Eltwise, bottom: [x, y]",
        inputs="{}",
    )
    inputs = wire(spec).read_inputs()
    assert [(name, one.axes(), one.dtype) for name, one in inputs.items()] == [
        ("x", (2,), "int64"),
        ("y", (2,), "int64"),
    ]


def test_an_input_layer_is_there_only_in_its_phases() -> None:
    spec = net(
        "name: x, type: Input, shape: [[2]], phase: test",
        "name: r, type: ReLU, bottom: x, phase: test",
        inputs="{}",
    )
    assert list(wire(spec, "train").inputs) == []
    assert list(wire(spec, "test").inputs) == ["x"]


def test_a_top_that_names_an_existing_blob_means_the_new_value_from_there_on() -> None:
    spec = net(
        IP,
        "name: relu, type: ReLU, top: ip",
        "name: drop, type: Dropout, bottom: ip, top: ip",
        "name: after, type: Sigmoid, bottom: ip",
        "name: before, type: TanH, bottom: 'layer:ip'",
        "name: middle, type: TanH, bottom: 'layer:relu'",
    )
    wiring = wire(spec)
    assert bottoms(wiring) == {
        "ip": ["data"],
        "relu": ["ip"],
        "drop": ["relu"],
        "after": ["drop"],
        "before": ["ip"],
        "middle": ["relu"],
    }
    assert wiring.blobs["ip"] == Value("ip", 2)


def test_an_in_place_layer_of_one_phase_leaves_the_name_valid_in_the_others() -> None:
    spec = net(
        IP, "name: drop, type: Dropout, top: ip, phase: train", "name: r, type: ReLU, bottom: ip"
    )
    assert bottoms(wire(spec, "train"))["r"] == ["drop"]
    assert bottoms(wire(spec, "test"))["r"] == ["ip"]


def test_stages_bring_layers_in() -> None:
    spec = net(IP, "name: extra, type: ReLU, include: {phase: test, stage: val}")
    assert "extra" not in bottoms(wire(spec, "test"))
    assert "extra" in bottoms(wire(spec, "test", "val"))


def test_outputs_are_the_tops_that_nothing_reads() -> None:
    spec = net("name: split, type: Two, top: [a, b]", "name: r, type: ReLU, bottom: a")
    assert wire(spec).unread() == (Value("b", 0, 1), Value("r", 1))


def test_only_what_is_read_has_to_be_fed() -> None:
    assert list(wire(net(IP)).read_inputs()) == ["data"]
    assert list(wire(net(IP, LOSS)).read_inputs()) == ["data", "label"]


def test_every_value_has_a_name_of_its_own() -> None:
    spec = net(
        "name: split, type: Two, top: [a, b]",
        "name: r, type: ReLU, bottom: a, top: a",
        "name: s, type: ReLU, bottom: a, top: b",
    )
    wiring = wire(spec)
    values = [top for node in wiring.nodes for top in node.tops]
    assert [wiring.name_of(value) for value in values] == ["layer:split", "layer:split.1", "a", "b"]
    assert [wiring.own_outputs()[name] for name in ("layer:split.1", "layer:s")] == [
        Value("b", 0, 1),
        Value("b", 2),
    ]


# What is missing: texts are in tests/errors/PN023_*.txt; here only what no file shows.


def unchecked(*lines: str) -> NetSpec:
    """Return a net whose wiring was not looked at."""
    spec = net(*(line for line in lines if "missing" not in line))
    broken = [line for line in lines if "missing" in line]
    layers = list(spec.layers)
    for line in broken:
        good = net(line.replace("missing", "data")).layers[0]
        layers.append(good.model_copy(update={"bottom": ("missing",)}))
    return spec.model_copy(update={"layers": tuple(layers)})


def test_a_missing_bottom_keeps_its_place() -> None:
    wiring = wire(unchecked("name: r, type: ReLU, bottom: missing"))
    assert wiring.nodes[0].bottoms == (Value("missing", FROM_NOTHING),)
    (error,) = wiring.errors
    assert isinstance(error, PathError)
    assert (error.code, error.path) == ("PN023", ("net", "layers", 0, "bottom", 0))


@pytest.mark.parametrize("phase", ["train", "test"])
def test_each_wiring_tells_what_it_misses(phase: Phase) -> None:
    spec = unchecked("name: r, type: ReLU, bottom: missing")
    wirer = Wirer(spec, KINDS)
    wirer.wire(spec.net_state("deploy"))
    assert len(wirer.wire(spec.net_state(phase)).errors) == 1


def test_a_layer_of_an_unknown_type_still_gives_its_tops() -> None:
    spec = net(IP, "name: r, type: ReLU, bottom: ip")
    layers = (spec.layers[0].model_copy(update={"type": "Odd", "params": None}), spec.layers[1])
    wiring = wire(spec.model_copy(update={"layers": layers}))
    assert wiring.errors == ()
    assert [node.layer.name for node in wiring.nodes] == ["r"]


def test_a_blob_of_another_stage_is_told_so() -> None:
    spec = unchecked(
        "name: extra, type: ReLU, top: missin, include: {stage: val}".replace("missin", "m"),
        "name: r, type: ReLU, bottom: missing",
    )
    reader = spec.layers[1].model_copy(update={"bottom": ("m",)})
    (error,) = wire(spec.model_copy(update={"layers": (spec.layers[0], reader)})).errors
    assert (error.why, error.hint) == (
        "the blob m does not exist in phase train",
        "layer extra gives it in other stages or levels only",
    )
