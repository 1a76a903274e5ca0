"""Which outputs of a net are quotients, sums or means over the samples of a batch."""

from __future__ import annotations

import pytest
import torch

from protonet.errors import PathErrors
from protonet.net import Net
from protonet.net.adding import Parted, adding_of
from tests.specs import net_of

INPUTS = "{data: [6], label: {shape: [], dtype: int64}, goal: [3]}"
IP = "name: ip, type: InnerProduct, num_output: 3, bottom: data, weight_filler: xavier"
SOFTMAX = "name: loss, type: SoftmaxWithLoss, bottom: [ip, label]"


def net(*lines: str) -> Net:
    return Net(net_of(*lines, inputs=INPUTS))


@pytest.mark.parametrize(
    ("line", "how"),
    [
        (SOFTMAX, "quotient"),
        (f"{SOFTMAX}, ignore_label: 2", "quotient"),
        (f"{SOFTMAX}, normalization: NONE", "sum"),
        (f"{SOFTMAX}, normalization: BATCH_SIZE", "quotient"),
        ("name: loss, type: EuclideanLoss, bottom: [ip, goal]", "quotient"),
        ("name: loss, type: nn.MSELoss, bottom: [ip, goal]", "quotient"),
        ("name: loss, type: nn.MSELoss, reduction: sum, bottom: [ip, goal]", "sum"),
        ("name: loss, type: Reduction, bottom: ip, loss_weight: 1", "sum"),
        ("name: loss, type: Reduction, operation: MEAN, bottom: ip, loss_weight: 1", "mean"),
        ("name: loss, type: Reduction, axis: 1, bottom: ip, loss_weight: 1", "sum"),
        ("name: loss, type: Power, bottom: ip, loss_weight: 1", "sum"),
    ],
)
def test_a_loss_adds_up_as_it_divides(line: str, how: str) -> None:
    made = net(IP, line)
    assert adding_of(made, ["loss"]) == {"loss": how}


def test_what_depends_on_no_sample_is_the_same_in_every_part() -> None:
    made = net(
        IP,
        SOFTMAX,
        "name: scale, type: Parameter, shape: [2, 2]",
        "name: decay, type: Reduction, operation: SUMSQ, bottom: scale, loss_weight: 0.1",
    )
    assert adding_of(made, made.outputs) == {"loss": "quotient", "decay": "mean"}


def test_what_nothing_minimises_is_averaged_or_each_has_its_own() -> None:
    made = net(
        IP,
        SOFTMAX,
        "name: other, type: InnerProduct, num_output: 2, bottom: data",
        "name: mean, type: Reduction, operation: MEAN, bottom: ip",
        "name: accuracy, type: Accuracy, bottom: [ip, label]",
    )
    assert adding_of(made, made.outputs) == {
        "loss": "quotient",
        "other": "own",
        "mean": "mean",
        "accuracy": "quotient",
    }


def test_an_axis_whose_name_has_an_n_is_no_batch() -> None:
    lines = (IP, "name: loss, type: Power, bottom: ip, loss_weight: 1")
    made = Net(net_of(*lines, inputs="{data: {shape: [LENGTH, 6], batch: false}}"))
    with pytest.raises(PathErrors) as caught:
        adding_of(made, ["loss"])
    assert str(caught.value).startswith("loss is minimised, and it cannot be told whether it is")


def test_refuses_what_may_be_a_mean_or_a_sum() -> None:
    made = net(
        IP,
        "name: sum, type: Reduction, bottom: ip",
        "name: loss, type: Power, bottom: sum, loss_weight: 1",
    )
    with pytest.raises(PathErrors) as caught:
        adding_of(made, made.outputs)
    (error,) = caught.value.errors
    assert (error.code, error.path) == ("PN015", ("net", "layers", 2))
    assert error.why == (
        "loss is minimised, and it cannot be told whether it is a mean or a sum over the samples of"
        " a batch, of which each process sees a part"
    )
    assert error.hint == "end in a loss layer, or in a Reduction of what has the batch axis"


def test_parts_of_a_batch_add_up_to_the_whole() -> None:
    made = net(IP, f"{SOFTMAX}, ignore_label: 1", "name: m, type: Accuracy, bottom: [ip, label]")
    parted = Parted(made, made.outputs, acting=True)
    generator = torch.Generator().manual_seed(0)
    data, labels = torch.randn(8, 6, generator=generator), torch.tensor([0, 1, 2, 0, 1, 1, 1, 2])
    whole = made({"data": data, "label": labels})
    for name in ("loss", "m"):
        pairs = [parted(data[part], labels[part])[name] for part in (slice(0, 5), slice(5, 8))]
        numerator, denominator = (sum(one) for one in zip(*pairs, strict=True))
        torch.testing.assert_close(numerator / denominator, whole[name])


def test_no_gradient_flows_where_none_may() -> None:
    made = net(IP, f"{SOFTMAX}, propagate_down: [false, false]")
    (numerator, _) = Parted(made, ["loss"], acting=True)(torch.ones(2, 6), torch.tensor([0, 1]))[
        "loss"
    ]
    assert not numerator.requires_grad
