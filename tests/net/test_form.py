"""What a net is in one phase: inputs, outputs, losses, what is measured."""

from __future__ import annotations

import pytest
import torch

from protonet.errors import UsageError
from protonet.layers.softmax_with_loss import SoftmaxWithLoss
from protonet.net import LossTerm, Net
from protonet.net.axes import shown
from tests.kinds import KINDS
from tests.specs import INPUTS, net_of

IP = "name: ip, type: InnerProduct, num_output: 10"
LOSS = "name: loss, type: SoftmaxWithLoss, bottom: [ip, label]"
ACCURACY = "name: accuracy, type: Accuracy, bottom: [ip, label], phase: test"


def net(*lines: str, inputs: str = INPUTS) -> Net:
    return Net(net_of(*lines, inputs=inputs, layers=KINDS))


def test_a_classifier_has_its_phases_outputs() -> None:
    train = net(IP, LOSS, ACCURACY)
    assert (train.inputs, list(train.outputs)) == (("data", "label"), ["loss"])
    test = train.in_phase("test")
    assert (test.inputs, list(test.outputs)) == (("data", "label"), ["loss", "accuracy"])
    deploy = train.in_phase("deploy")
    assert (deploy.inputs, list(deploy.outputs)) == (("data",), ["prob"])


def test_inputs_come_in_the_order_of_the_file_with_what_the_spec_says_of_them() -> None:
    made = net(f"{IP}, bottom: data", LOSS, inputs="{label: {shape: [], dtype: int64}, data: [3]}")
    specs = made.input_specs
    assert list(specs) == ["label", "data"]
    assert (specs["label"].dtype, specs["data"].axes()) == ("int64", ("N", 3))


@pytest.mark.parametrize(
    ("lines", "terms"),
    [
        ([IP, LOSS], (LossTerm("loss", 1.0, True),)),
        ([IP, f"{LOSS}, loss_weight: 0.3"], (LossTerm("loss", 0.3, True),)),
        ([IP, f"{LOSS}, loss_weight: 0"], ()),
        ([f"{IP}, loss_weight: 2"], (LossTerm("ip", 2.0, False),)),
        ([IP, f"{LOSS}, top: [loss, prob]"], (LossTerm("loss", 1.0, True),)),
        ([IP, f"{LOSS}, top: [loss, prob], loss_weight: [0, 1]"], (LossTerm("prob", 1.0, False),)),
        ([f"{IP}, loss_weight: 2", "name: r, type: ReLU"], (LossTerm("ip", 2.0, False),)),
    ],
)
def test_what_is_minimised_is_an_output_with_its_weight(
    lines: list[str], terms: tuple[LossTerm, ...]
) -> None:
    made = net(*lines)
    assert made.loss_terms == terms
    assert {term.output for term in terms} <= set(made.outputs)


def test_the_total_loss_is_the_weighed_sum() -> None:
    made = net(
        IP,
        "name: one, type: EuclideanLoss, bottom: [ip, ip], loss_weight: 0.5",
        "name: two, type: ReLU, bottom: ip, loss_weight: 3",
    )
    outputs = {"one": torch.tensor(4.0), "two": torch.tensor([[1.0, 2.0]])}
    assert float(made.total_loss(outputs)) == 11  # 0.5 * 4 + 3 * (1 + 2)


def test_a_single_loss_of_weight_1_is_the_total_itself() -> None:
    loss = torch.tensor(4.0)
    assert net(IP, LOSS).total_loss({"loss": loss}) is loss


def test_a_net_without_a_loss_has_no_total() -> None:
    with pytest.raises(UsageError) as caught:
        net(IP).total_loss({})
    assert str(caught.value) == "the net has no loss in phase train"


def test_losses_and_metrics_are_measured() -> None:
    made = net(IP, LOSS, f"{ACCURACY}, top: [accuracy, per_class]").in_phase("test")
    assert made.measured == {"loss": (1, 0), "accuracy": (2, 0), "per_class": (2, 1)}


def test_the_softmax_beside_a_loss_is_no_measurement() -> None:
    made = net(IP, f"{LOSS}, top: [loss, prob]").in_phase("test")
    assert made.measured == {"loss": (1, 0)}


def test_what_is_no_quotient_says_what_it_makes_of_its_sums() -> None:
    made = net(IP, LOSS, "name: f1, type: F1Score, bottom: [ip, label]").in_phase("test")
    assert made.conclusion("loss") is None
    conclude = made.conclusion("f1")
    assert conclude is not None
    assert float(conclude(torch.tensor([[1.0, 1], [2, 1], [1, 2]]))) == pytest.approx(2 / 3)


def test_the_measuring_module_gives_numerators_and_denominators() -> None:
    made = net(IP, LOSS, ACCURACY).in_phase("test")
    labels = torch.tensor([0, 3, 0, 9])
    measured = made.measuring_module(torch.zeros(4, 1, 28, 28), labels)
    right, counted = measured["accuracy"]
    # All scores are 0: Caffe calls a label right if no other score reaches its own.
    assert (int(right), int(counted)) == (0, 4)
    total, count = measured["loss"]
    assert float(total.detach()) == pytest.approx(4 * 2.302585093)  # ln 10 each
    assert int(count) == 4


def test_two_losses_of_one_top_are_told_apart() -> None:
    made = net(
        IP,
        "name: first, type: EuclideanLoss, bottom: [ip, ip], top: loss",
        "name: second, type: EuclideanLoss, bottom: [ip, ip], top: loss",
    )
    assert [term.output for term in made.loss_terms] == ["layer:first", "loss"]
    assert list(made.outputs) == ["layer:first", "loss"]


def test_shapes_and_axes_are_those_of_the_last_value_and_of_any() -> None:
    made = net(IP, "name: f, type: Flatten, bottom: data, top: data")
    assert made.shapes["data"].small.shape == (2, 784)
    assert {name: shown(made.axes(value)) for name, value in made.blobs().items()} == {
        "data": "(N, 784)",
        "label": "(N)",
        "ip": "(N, 10)",
        "layer:ip": "(N, 10)",
        "layer:f": "(N, 784)",
        "input:data": "(N, 1, 28, 28)",
        "input:label": "(N)",
    }


def test_a_layers_module_is_found_by_its_name() -> None:
    made = net(IP, LOSS)
    assert isinstance(made.layer("loss"), SoftmaxWithLoss)
    with pytest.raises(UsageError) as caught:
        made.layer("los")
    assert str(caught.value) == "the net has no layer los; did you mean loss?"


def test_a_layer_that_acts_is_run_though_nobody_reads_it() -> None:
    made = Net(net_of(IP, "name: kept, type: HDF5Output, bottom: [ip, label], file_name: a.h5"))
    kept = "kept(ip, label)"
    assert kept in made.graph_module.code
    assert kept in made.measuring_module.code
    assert kept not in made.giving(["ip"]).code
    assert made.outputs == {}
