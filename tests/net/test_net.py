"""A net runs, in every phase, around the same parameters."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from protonet.errors import PathErrors, SpecError, UsageError
from protonet.net import Net
from protonet.schema import located
from protonet.spec.net import InputSpec
from tests.kinds import KINDS
from tests.specs import net_of, spec_of

IP = "name: ip, type: InnerProduct, num_output: 2"
LOSS = "name: loss, type: SoftmaxWithLoss, bottom: [ip, label]"
INPUTS = "{data: [3], label: {shape: [], dtype: int64}}"


def net(*lines: str) -> Net:
    made = Net(net_of(*lines, inputs=INPUTS, layers=KINDS))
    if "ip" in made.params:
        with torch.no_grad():
            made.params["ip"]["weight"].copy_(torch.tensor([[1.0, 0, 0], [0, 1, -1]]))
            made.params["ip"]["bias"].copy_(torch.tensor([0.0, 1]))
    return made


DATA = torch.tensor([[1.0, 2, 3], [-4, 0, 1]])
SCORES = [[1.0, 0.0], [-4.0, 0.0]]  # x0; x1 - x2 + 1


def test_a_net_gives_its_outputs_by_name() -> None:
    assert {name: value.tolist() for name, value in net(IP)({"data": DATA}).items()} == {
        "ip": SCORES
    }


def test_a_loss_is_what_numpy_says() -> None:
    made = net(IP, LOSS)
    loss = made({"data": DATA, "label": torch.tensor([1, 1])})["loss"]
    scores = np.array(SCORES)
    expected = np.mean(np.log(np.exp(scores).sum(1)) - scores[:, 1])
    assert float(loss.detach()) == pytest.approx(expected, rel=1e-6)


def test_any_blob_is_given_on_request() -> None:
    made = net(IP, "name: r, type: ReLU, bottom: ip, top: ip", "name: d, type: Two, top: [d, e]")
    given = made({"data": DATA}, ["ip", "layer:ip", "e", "data", "layer:d.1"])
    relu = [[1.0, 0.0], [0.0, 0.0]]
    twice = [[2.0, 0.0], [0.0, 0.0]]
    assert {name: value.tolist() for name, value in given.items()} == {
        "ip": relu,
        "layer:ip": SCORES,
        "e": twice,
        "data": DATA.tolist(),
        "layer:d.1": twice,
    }


def test_in_place_layers_change_no_tensor() -> None:
    made = net("name: r, type: ReLU, top: data", f"{IP}, bottom: data")
    data = DATA.clone()
    made({"data": data})
    assert torch.equal(data, DATA)


def test_a_missing_input_is_told() -> None:
    with pytest.raises(UsageError) as caught:
        net(IP, LOSS)({"data": DATA})
    assert str(caught.value) == "the net's input label is missing; it takes data, label"


def test_an_unknown_blob_is_told() -> None:
    with pytest.raises(UsageError) as caught:
        net(IP)({"data": DATA}, ["ipp"])
    assert str(caught.value) == "the net has no blob ipp; did you mean ip?"


def test_the_deploy_net_gives_probabilities_of_the_trained_weights() -> None:
    deploy = net(IP, LOSS).in_phase("deploy")
    prob = deploy({"data": DATA})["prob"].detach().numpy()
    expected = np.exp(SCORES) / np.exp(SCORES).sum(1, keepdims=True)
    np.testing.assert_allclose(prob, expected, rtol=1e-6)


def test_dropout_is_active_in_phase_train_only() -> None:
    train = net("name: drop, type: Dropout, dropout_ratio: 0.5")
    ones = {"data": torch.ones(100, 3)}
    assert sorted(train(ones)["drop"].unique().tolist()) == [0, 2]  # 1 / (1 - 0.5)
    assert torch.equal(train.in_phase("test")(ones)["drop"], ones["data"])


def test_stages_are_set_for_one_phase() -> None:
    train = net(IP, "name: extra, type: ReLU, include: {phase: test, stage: val}")
    assert list(train.in_phase("test").outputs) == ["ip"]
    assert list(train.in_phase("test", ("val",)).outputs) == ["extra"]


def test_a_net_begins_in_any_phase() -> None:
    spec = net_of(IP, LOSS, inputs=INPUTS)
    deploy = Net(spec, "deploy", seed=3)
    train = deploy.in_phase("train")
    assert (deploy.phase, train.phase, list(train.outputs)) == ("deploy", "train", ["loss"])
    assert train.params is deploy.params
    assert train.spec is spec


def test_the_table_names_layers_shapes_and_parameters() -> None:
    made = Net(
        net_of(
            "name: conv1, type: Convolution, num_output: 20, kernel_size: 5",
            "name: relu, type: ReLU, top: conv1",
            "name: ip, type: InnerProduct, num_output: 10, bottom: conv1",
            "name: loss, type: SoftmaxWithLoss, bottom: [ip, label]",
        )
    )
    assert [(node.layer.name, tops, count) for node, tops, count in made.table()] == [
        ("conv1", (("N", 20, 24, 24),), 520),  # 20 * 1 * 5 * 5 + 20
        ("relu", (("N", 20, 24, 24),), 0),
        ("ip", (("N", 10),), 115_210),  # 10 * 20 * 24 * 24 + 10
        ("loss", ((),), 0),
    ]


def test_any_batch_size_runs() -> None:
    made = net(IP)
    assert [made({"data": torch.zeros(size, 3)})["ip"].shape[0] for size in (0, 1, 7)] == [0, 1, 7]


def test_parameters_lie_on_the_device() -> None:
    made = Net(net_of(IP, inputs=INPUTS), device="cpu")
    assert {tensor.device for tensor in made.named_tensors().values()} == {made.device}


@pytest.mark.gpu
def test_parameters_lie_on_the_gpu_with_the_values_of_the_cpu() -> None:
    spec = net_of(f"{IP}, weight_filler: xavier", inputs=INPUTS)
    made = Net(spec, device="cuda")
    weight = made.params["ip"]["weight"]
    assert weight.is_cuda
    assert torch.equal(weight.cpu(), Net(spec).params["ip"]["weight"])


def test_a_phase_without_layers_is_told() -> None:
    train = net(f"{IP}, phase: train")
    with pytest.raises(PathErrors) as caught:
        train.in_phase("test")
    (error,) = caught.value.errors
    assert (error.code, error.path, error.why) == (
        "PN029",
        ("net", "layers"),
        "no layer is left in phase test",
    )


def test_errors_are_located_in_the_file() -> None:
    spec = spec_of(
        """\
        net:
          inputs: {data: [3]}
          layers:
            - {name: a, type: ReLU, phase: [train, test]}
            - {name: b, type: TanH, bottom: a}
        """
    )
    train = Net(spec.net)
    with pytest.raises(SpecError) as caught, located(spec):
        train.in_phase("deploy")
    assert str(caught.value) == (
        "error[PN023] net.yaml:5:37 net.layers.b.bottom: the blob a does not exist in phase"
        " deploy\n"
        "    5 |     - {name: b, type: TanH, bottom: a}\n"
        "      |                                     ^\n"
        "      layer a gives it in phase train, test only  see: protonet explain PN023\n"
        "1 error in net.yaml"
    )


def test_gradients_are_torchs_own() -> None:
    made = net(IP, LOSS)
    labels = torch.tensor([0, 1])
    made.total_loss(made({"data": DATA, "label": labels})).backward()
    weight = made.params["ip"]["weight"].detach().clone().requires_grad_()
    scores = DATA @ weight.T + made.params["ip"]["bias"].detach()
    torch.nn.functional.cross_entropy(scores, labels).backward()
    torch.testing.assert_close(made.params["ip"]["weight"].grad, weight.grad, rtol=1e-6, atol=0)


@pytest.mark.parametrize(
    ("layer", "memory_format"),
    [
        ("type: Convolution, num_output: 2, kernel_size: 3", torch.channels_last),
        ("type: DepthwiseConvolution, num_output: 3, kernel_size: 3", torch.channels_last),
        ("type: nn.Conv2d, out_channels: 2, kernel_size: 3", torch.channels_last),
        ("type: nn.ConvTranspose2d, out_channels: 2, kernel_size: 3", torch.channels_last),
        ("type: nn.Linear, out_features: 2", torch.contiguous_format),
    ],
)
def test_nets_with_convolutions_run_channels_last(
    layer: str, memory_format: torch.memory_format
) -> None:
    made = Net(net_of(f"name: x, {layer}", inputs="{data: [3, 8, 8]}"))
    assert made.memory_format == memory_format


def test_the_same_net_for_other_inputs_has_the_same_parameters() -> None:
    made = net(IP)

    other = made.with_inputs({"data": InputSpec(shape=(1, 3), batch=False)})

    assert other.params["ip"]["weight"] is made.params["ip"]["weight"]
    assert other.shapes["ip"].small.shape == (1, 2)
    assert (other.phase, other.spec.inputs["label"]) == (made.phase, made.spec.inputs["label"])
    assert other({"data": DATA[:1]})["ip"].tolist() == SCORES[:1]


def test_inputs_that_a_parameter_does_not_allow() -> None:
    with pytest.raises(PathErrors) as caught:
        net(IP).with_inputs({"data": InputSpec(shape=(4,))})

    (error,) = caught.value.errors
    assert (error.code, error.path) == ("PN026", ("net", "layers", 0))
    assert error.why == "weight: it would need the shape (2, 4), and it has (2, 3)"
