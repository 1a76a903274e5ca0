"""The deploy net, derived: no labels, losses and metrics, and nothing that only they need."""

from __future__ import annotations

import pytest

from protonet.spec.deploy import derive_deploy
from protonet.spec.wiring import Wirer, Wiring
from tests.kinds import KINDS
from tests.specs import INPUTS, net_of, spec_of

IP = "name: ip, type: InnerProduct, num_output: 10"
LOSS = "name: loss, type: SoftmaxWithLoss, bottom: [ip, label]"
ACCURACY = "name: accuracy, type: Accuracy, bottom: [ip, label], phase: test"
AUX = "name: aux, type: InnerProduct, num_output: 10, bottom: data"
AUX_LOSS = "name: aux_loss, type: SoftmaxWithLoss, bottom: [aux, label]"


def deploy(*lines: str, inputs: str = INPUTS) -> Wiring:
    net = net_of(*lines, inputs=inputs, layers=KINDS)
    return derive_deploy(net, KINDS, Wirer(net, KINDS))


def form(wiring: Wiring) -> tuple[list[str], list[str], list[str]]:
    """Return the names of inputs, layers and outputs."""
    return (
        list(wiring.inputs),
        [node.layer.name for node in wiring.nodes],
        [wiring.name_of(value) for value in wiring.unread()],
    )


CASES: dict[str, tuple[list[str], tuple[list[str], list[str], list[str]]]] = {
    "a classifier's loss becomes its activation": (
        [IP, LOSS, ACCURACY],
        (["data"], ["ip", "prob"], ["prob"]),
    ),
    "several losses have their names": (
        [IP, LOSS, AUX, AUX_LOSS],
        (["data"], ["ip", "prob/loss", "aux", "prob/aux_loss"], ["prob/loss", "prob/aux_loss"]),
    ),
    "a loss of weight 0 goes with what only it needs": (
        [IP, LOSS, AUX, f"{AUX_LOSS}, loss_weight: 0"],
        (["data"], ["ip", "prob"], ["prob"]),
    ),
    "a loss of phase train only goes with what only it needs": (
        [IP, LOSS, AUX, "name: r, type: ReLU", f"{AUX_LOSS}, phase: train".replace("aux,", "r,")],
        (["data"], ["ip", "prob"], ["prob"]),
    ),
    "unless all losses are of phase train only": (
        [IP, f"{LOSS}, phase: train", ACCURACY],
        (["data"], ["ip", "prob"], ["prob"]),
    ),
    "a loss of phases train and test counts": (
        [IP, f"{LOSS}, phase: [train, test]"],
        (["data"], ["ip", "prob"], ["prob"]),
    ),
    "a metric goes with what only it needs": (
        [IP, LOSS, "name: soft, type: Softmax, bottom: ip", f"{ACCURACY}".replace("ip,", "soft,")],
        (["data"], ["ip", "prob"], ["prob"]),
    ),
    "a loss without an activation leaves its scores": (
        [IP, "name: loss, type: EuclideanLoss, bottom: [ip, label]"],
        (["data"], ["ip"], ["ip"]),
    ),
    "sigmoid cross-entropy becomes a sigmoid": (
        [IP, "name: loss, type: SigmoidCrossEntropyLoss, bottom: [ip, label]"],
        (["data"], ["ip", "prob"], ["prob"]),
    ),
    "a top that nothing reads is an output": (
        [IP, "name: feature, type: ReLU, bottom: ip, top: feature", LOSS],
        (["data"], ["ip", "feature", "prob"], ["feature", "prob"]),
    ),
    "what is computed from a loss goes": (
        [
            IP,
            "name: loss, type: EuclideanLoss, bottom: [ip, data]",
            "name: half, type: TanH, bottom: loss",
        ],
        (["data"], ["ip"], ["ip"]),
    ),
    "a label that some layer's output shows is an input": (
        [IP, LOSS, "name: shown, type: ReLU, bottom: label"],
        (["data", "label"], ["ip", "prob", "shown"], ["prob", "shown"]),
    ),
    "an input that a layer reads is no label, though a loss does too": (
        [
            "name: code, type: InnerProduct, num_output: 4",
            "name: decode, type: InnerProduct, num_output: 784",
            "name: loss, type: EuclideanLoss, bottom: [decode, data]",
        ],
        (["data"], ["code", "decode"], ["decode"]),
    ),
    "an activation of phase deploy is not made twice": (
        [IP, LOSS, "name: p, type: Softmax, bottom: ip, phase: deploy"],
        (["data"], ["ip", "p"], ["p"]),
    ),
    "prob is taken": (
        [IP, "name: prob, type: Sigmoid, bottom: ip", LOSS],
        (["data"], ["ip", "prob", "prob/loss"], ["prob", "prob/loss"]),
    ),
    "layers of phase deploy are in it": (
        [IP, LOSS, "name: extra, type: TanH, bottom: ip, phase: deploy"],
        (["data"], ["ip", "prob", "extra"], ["prob", "extra"]),
    ),
    "a net without losses is itself": (
        [IP, "name: prob, type: Softmax"],
        (["data"], ["ip", "prob"], ["prob"]),
    ),
    "metrics alone leave nothing": (
        ["name: accuracy, type: Accuracy, bottom: [data, label]"],
        ([], [], []),
    ),
    "a loss on an input alone leaves its activation": (
        ["name: loss, type: SoftmaxWithLoss, bottom: [data, label]"],
        (["data"], ["prob"], ["prob"]),
    ),
}


@pytest.mark.parametrize("name", CASES)
def test_the_deploy_net_is_derived(name: str) -> None:
    lines, expected = CASES[name]
    wiring = deploy(*lines)
    assert form(wiring) == expected
    assert wiring.errors == ()


def test_the_activation_is_the_losss_own() -> None:
    wiring = deploy(
        "name: c, type: Convolution, num_output: 4, kernel_size: 28, axis: 1",
        "name: loss, type: SoftmaxWithLoss, bottom: [c, label], axis: -3",
    )
    prob = wiring.nodes[-1]
    assert (prob.layer.type, prob.layer.params.axis) == ("Softmax", -3)


def test_a_dropout_in_place_is_read_through() -> None:
    wiring = deploy(IP, "name: drop, type: Dropout, bottom: ip, top: ip", LOSS)
    assert form(wiring) == (["data"], ["ip", "drop", "prob"], ["prob"])


def test_what_a_dropped_layer_misses_is_no_error() -> None:
    wiring = deploy(
        IP,
        LOSS,
        "name: s, type: Softmax, bottom: ip, phase: test",
        "name: a, type: Accuracy, bottom: [s, label], phase: test",
    )
    assert (form(wiring)[1], wiring.errors) == (["ip", "prob"], ())


def test_labels_that_deploy_does_not_have_are_no_error() -> None:
    label = "name: label, type: Input, shape: [[2]], dtype: int64, phase: [train, test]"
    wiring = deploy(label, f"{IP}, bottom: data", LOSS, inputs="{data: [4]}")
    assert form(wiring) == (["data"], ["ip", "prob"], ["prob"])
    assert wiring.errors == ()


def test_what_a_kept_layer_misses_is_an_error() -> None:
    wiring = deploy(
        f"{IP}, phase: [train, test]", "name: r, type: ReLU, bottom: ip", "name: s, type: TanH"
    )
    assert [(error.path, error.why) for error in wiring.errors] == [
        (("net", "layers", 1, "bottom", 0), "the blob ip does not exist in phase deploy")
    ]


def declared(keys: str, *lines: str) -> Wiring:
    """Return the deploy net of a net with `deploy: {KEYS}`."""
    layers = "".join(f"    - {{{line}}}\n" for line in lines)
    text = f"net:\n  inputs: {INPUTS}\n  deploy: {{{keys}}}\n  layers:\n{layers}"
    net = spec_of(text, layers=KINDS).net
    return derive_deploy(net, KINDS, Wirer(net, KINDS))


def test_a_deploy_net_may_start_at_an_inner_blob() -> None:
    wiring = declared("inputs: {ip: [10]}", IP, "name: r, type: ReLU", LOSS.replace("ip,", "r,"))
    assert form(wiring) == (["ip"], ["r", "prob"], ["prob"])
    assert wiring.errors == ()


def test_a_deploy_net_may_give_inner_blobs() -> None:
    wiring = declared("outputs: [ip]", IP, "name: r, type: ReLU", LOSS.replace("ip,", "r,"))
    assert form(wiring) == (["data"], ["ip"], ["ip"])


@pytest.mark.parametrize(
    ("keys", "path", "why", "hint"),
    [
        (
            "inputs: {pi: [10]}",
            ("net", "deploy", "inputs", "pi"),
            "the deploy net has no blob of this name to be fed",
            "known: data, ip, label, loss",
        ),
        (
            "outputs: [pi]",
            ("net", "deploy", "outputs", 0),
            "the deploy net has no blob pi",
            "known: data, ip, label, loss, prob",
        ),
    ],
)
def test_a_deploy_net_of_blobs_that_are_not_there_is_refused(
    keys: str, path: tuple[str | int, ...], why: str, hint: str
) -> None:
    (error,) = declared(keys, IP, LOSS).errors
    assert (error.code, error.path, error.why, error.hint) == ("PN023", path, why, hint)
