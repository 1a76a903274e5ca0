"""Every layer is built and proved without memory, for two sizes of every named axis."""

from __future__ import annotations

import pytest
import torch

from protonet.errors import PathError
from protonet.net.axes import shown
from protonet.net.modules import Prover, present
from protonet.net.proof import Proof
from protonet.spec.net import NetSpec
from protonet.spec.sharing import Sharing
from protonet.spec.state import Phase
from protonet.spec.wiring import Wirer
from tests.kinds import KINDS
from tests.specs import INPUTS, net_of

IP = "name: ip, type: InnerProduct, num_output: 10"


def net(*lines: str, inputs: str = INPUTS) -> NetSpec:
    return net_of(*lines, inputs=inputs, layers=KINDS)


def prove(spec: NetSpec, phase: Phase = "train") -> Proof:
    prover = Prover(spec, KINDS, Sharing(spec, KINDS))
    return prover.prove(Wirer(spec, KINDS).wire(spec.net_state(phase)))


def shapes(proof: Proof) -> dict[str, str]:
    return {value.blob: shown(shape.axes(proof.sizes)) for value, shape in proof.shapes.items()}


def test_shapes_follow_the_batch() -> None:
    proof = prove(
        net(
            "name: conv1, type: Convolution, num_output: 20, kernel_size: 5",
            "name: flat, type: Flatten",
            IP,
            "name: loss, type: SoftmaxWithLoss, bottom: [ip, label]",
        )
    )
    assert proof.errors == []
    assert shapes(proof) == {
        "data": "(N, 1, 28, 28)",
        "label": "(N)",
        "conv1": "(N, 20, 24, 24)",  # floor((28 + 2*0 - 5) / 1) + 1 = 24
        "flat": "(N, 11520)",  # 20 * 24 * 24
        "ip": "(N, 10)",
        "loss": "()",
    }


def test_shapes_follow_other_named_axes() -> None:
    proof = prove(
        net(
            "name: conv, type: Convolution, num_output: 8, kernel_size: 3, bottom: snd",
            "name: half, type: Convolution, num_output: 4, kernel_size: 2, stride: 2, bottom: snd",
            "name: joined, type: Concat, bottom: [words, words], axis: 0",
            "name: each, type: InnerProduct, num_output: 5, axis: 2, bottom: words",
            inputs="{snd: [1, L], words: [T, N, 4]}",
        )
    )
    assert proof.errors == []
    assert shapes(proof) == {
        "snd": "(N, 1, L)",
        "words": "(T, N, 4)",
        "conv": "(N, 8, L-2)",
        "half": "(N, 4, L/2)",
        "joined": "(2T, N, 4)",
        "each": "(T, N, 5)",
    }


def test_a_net_without_a_named_axis_is_proved_too() -> None:
    inputs = "{x: {shape: [2, 3], batch: false}}"
    assert shapes(prove(net(IP, inputs=inputs))) == {"x": "(2, 3)", "ip": "(2, 10)"}


def test_types_are_proved_with_the_shapes() -> None:
    proof = prove(net("name: r, type: ReLU", inputs="{x: {shape: [3], dtype: float64}}"))
    assert [shape.dtype for shape in proof.shapes.values()] == [torch.float64, torch.float64]


def test_modules_hold_no_memory_and_know_their_phase() -> None:
    spec = net(IP)
    for phase in ("train", "test"):
        (module,) = prove(spec, "train" if phase == "train" else "test").modules.values()
        assert module.training is (phase == "train")
        assert {tensor.device.type for tensor in module.parameters()} == {"meta"}


def test_a_frozen_layer_is_built_as_its_type_says() -> None:
    modules = prove(net("name: a, type: Counter", "name: b, type: Counter, frozen: true")).modules
    assert [module.frozen for module in modules.values()] == [False, True]


def test_a_module_has_the_parameters_that_it_holds() -> None:
    (module,) = prove(net(f"{IP}, bias_term: false")).modules.values()
    assert present(KINDS["InnerProduct"], module) == ("weight",)


@pytest.mark.parametrize("written", ["{lr_mult: 0}", "{decay_mult: 0}"])
def test_a_statistic_may_be_said_not_to_learn(written: str) -> None:
    layer = "name: bn, type: BatchNorm, param: {mean: " + written + "}"
    assert prove(net_of(layer, inputs=INPUTS)).errors == []


def test_a_statistic_cannot_be_made_to_learn() -> None:
    spec = net_of("name: bn, type: BatchNorm, param: {mean: {lr_mult: 1}}", inputs=INPUTS)
    assert told(prove(spec).errors) == [
        (
            "PN027",
            (0, "param", "mean"),
            "mean is a statistic of BatchNorm, which no gradient changes",
            "leave lr_mult out, or write 0",
        )
    ]


def told(errors: list[PathError]) -> list[tuple[str, object, str, str]]:
    return [(one.code, one.path[2:], one.why, one.hint) for one in errors]


def test_a_refusal_says_where_each_bottom_comes_from_and_shows_the_arithmetic() -> None:
    proof = prove(
        net(
            "name: conv1, type: Convolution, num_output: 20, kernel_size: 5",
            "name: conv2, type: Convolution, num_output: 50, kernel_size: 25",
            "name: after, type: ReLU",
            "name: other, type: Convolution, num_output: 1, kernel_size: 29, pad: 0, bottom: data",
        )
    )
    assert told(proof.errors) == [
        (
            "PN026",
            (1,),
            "no window fits along axis 2 of (2, 20, 24, 24): floor((24 + 2*0 - 25) / 1) + 1 = 0",
            "use a smaller kernel_size or a larger pad\n"
            "bottom conv1 (N, 20, 24, 24) from layer conv1\n"
            "tried with N = 2",
        ),
        (
            "PN026",
            (3,),
            "no window fits along axis 2 of (2, 1, 28, 28): floor((28 + 2*0 - 29) / 1) + 1 = 0",
            "use a smaller kernel_size or a larger pad\n"
            "bottom data (N, 1, 28, 28) from the net's inputs\n"
            "tried with N = 2",
        ),
    ]
    assert "after" not in shapes(proof)


def test_only_the_axes_that_a_bottom_follows_are_told_with_their_size() -> None:
    proof = prove(
        net(
            "name: ip, type: InnerProduct, num_output: 4",
            "name: sum, type: Eltwise, bottom: [x, ip]",
            inputs="{x: {shape: [LINE, 3], batch: false}}",
        )
    )
    (error,) = proof.errors
    assert error.hint.splitlines()[1:] == [
        "bottom x (LINE, 3) from the net's inputs",
        "bottom ip (LINE, 4) from layer ip",
        "tried with LINE = 256",  # and no N, though the name has one
    ]


def test_a_bottom_made_in_place_is_from_the_layer_that_made_it_last() -> None:
    proof = prove(
        net(
            IP,
            "name: relu, type: ReLU, top: ip",
            "name: sum, type: Eltwise, bottom: [ip, data]",
        )
    )
    assert told(proof.errors) == [
        (
            "PN026",
            (2,),
            "bottom 1 has the shape (2, 1, 28, 28), bottom 0 has (2, 10)",
            "Eltwise needs bottoms of one shape; nothing is broadcast\n"
            "bottom ip (N, 10) from layer relu\n"
            "bottom data (N, 1, 28, 28) from the net's inputs\n"
            "tried with N = 2",
        )
    ]


def test_what_fails_at_the_second_size_only_is_told_with_that_size() -> None:
    proof = prove(net("name: fixed, type: Fixed", inputs="{x: [3]}"))  # 2 * 3 elements, then 3 * 3
    assert told(proof.errors) == [
        (
            "PN026",
            (0,),
            "shape '[2, 3]' is invalid for input of size 9",
            "bottom x (N, 3) from the net's inputs\ntried with N = 3",
        )
    ]


def test_parameters_may_not_follow_the_batch() -> None:
    proof = prove(net("name: ip, type: InnerProduct, num_output: 10, axis: 0", inputs="{x: [4]}"))
    assert told(proof.errors) == [
        (
            "PN026",
            (0,),
            "the parameter weight would have the shape (10, 4N), which is not fixed",
            "bottom x (N, 4) from the net's inputs",
        )
    ]


def test_layers_that_were_refused_already_are_passed_over() -> None:
    spec = net(IP, "name: r, type: ReLU")
    layers = (spec.layers[0].model_copy(update={"params": None}), spec.layers[1])
    proof = prove(spec.model_copy(update={"layers": layers}))
    assert (proof.errors, proof.modules) == ([], {})


def test_a_layer_with_too_few_bottoms_is_passed_over() -> None:
    spec = net("name: sum, type: Eltwise, bottom: [data, data]")
    layers = (spec.layers[0].model_copy(update={"bottom": ("data",)}),)
    assert prove(spec.model_copy(update={"layers": layers})).errors == []


def test_a_shared_parameter_of_two_shapes_is_told_at_the_second() -> None:
    shared = "param: {weight: {name: w}}"
    proof = prove(
        net(
            f"name: a, type: InnerProduct, num_output: 3, bottom: data, {shared}",
            f"name: b, type: InnerProduct, num_output: 4, bottom: data, {shared}",
        )
    )
    assert told(proof.errors) == [
        (
            "PN028",
            (1, "param", "weight", "name"),
            "b/weight (4, 784) is shared with a/weight (3, 784)",
            "shared parameters have one shape",
        )
    ]


def test_layers_of_one_name_in_two_phases_share_their_parameters() -> None:
    spec = net(
        "name: ip, type: InnerProduct, num_output: 3, phase: train",
        "name: ip, type: InnerProduct, num_output: 4, phase: test, bias_term: false",
    )
    prover = Prover(spec, KINDS, Sharing(spec, KINDS))
    wirer = Wirer(spec, KINDS)
    assert prover.prove(wirer.wire(spec.net_state("train"))).errors == []
    assert told(prover.prove(wirer.wire(spec.net_state("test"))).errors) == [
        (
            "PN028",
            (1,),
            "ip/weight (4, 784) is shared with ip/weight (3, 784) of phase train",
            "shared parameters have one shape",
        )
    ]


def test_an_operation_that_meta_tensors_lack_is_our_mistake(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def lacking(self: object, bottom: torch.Tensor) -> torch.Tensor:
        raise NotImplementedError("no meta kernel")

    monkeypatch.setattr("tests.kinds.Fixed.forward", lacking)
    with pytest.raises(NotImplementedError):
        prove(net("name: fixed, type: Fixed", inputs="{x: [3]}"))


@pytest.mark.parametrize(
    "error",
    [
        AssertionError("0D or 1D target tensor expected, got 2D"),
        NotImplementedError("Got 4D input, but linear mode needs 3D input"),
    ],
)
def test_a_shape_that_torch_refuses_in_other_words_is_the_layers_error(
    error: Exception, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refusing(self: object, bottom: torch.Tensor) -> torch.Tensor:
        raise error

    monkeypatch.setattr("tests.kinds.Fixed.forward", refusing)
    proof = prove(net("name: fixed, type: Fixed", inputs="{x: [3]}"))
    assert [one.why for one in proof.errors] == [str(error)]
