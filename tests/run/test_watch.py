"""What is not finite is put into a net of two linear layers by hand."""

from __future__ import annotations

import math
from pathlib import Path

import pytest
import torch

from protonet.net import Net
from protonet.run.watch import Fault, Watch, bad_samples, sample_of
from protonet.schema import load_spec
from tests.small import small_net


def batch(count: int = 4) -> tuple[torch.Tensor, torch.Tensor]:
    generator = torch.Generator().manual_seed(1)
    return torch.randn(count, 6, generator=generator), torch.arange(count) % 3


def watched(net: Net, *batches: tuple[torch.Tensor, ...]) -> Watch:
    """Run a net forward and backward over batches, and watch."""
    watch = Watch(net)
    with watch.attached(net.learnable):
        for one in watch.fed(batches):
            net.total_loss(net.graph_module(*one)).backward()
    return watch


def test_all_is_finite_and_everything_was_seen(tmp_path: Path) -> None:
    seen = watched(small_net(tmp_path), batch(), batch())
    assert (seen.fault, seen.gradient_fault) == (None, None)
    assert [(one.layer, one.top) for one in seen.given.values()] == [
        (name, name) for name in ("hidden", "relu", "drop", "scores", "loss")
    ]
    scores = seen.given["scores", 0].values
    assert (scores.shape, scores.finite) == ((4, 3), 24)  # of two batches
    assert seen.inputs["label"].most == 2.0
    assert sorted(seen.arrived) == ["hidden/bias", "hidden/weight", "scores/bias", "scores/weight"]
    assert seen.arrived[0].startswith("scores/")


def test_the_samples_of_an_input_are_named(tmp_path: Path) -> None:
    data, labels = batch()
    data[[1, 3], 2] = math.inf
    seen = watched(small_net(tmp_path), batch(), (data, labels))
    assert seen.fault == Fault("the input data is not finite", 1, (1, 3))


def test_the_samples_of_an_output_are_named(tmp_path: Path) -> None:
    net = small_net(tmp_path)
    data, labels = batch()
    data[2] = 3e38
    with torch.no_grad():
        net.params["hidden"]["weight"].fill_(1.0)
    seen = watched(net, (data, labels))
    assert seen.fault == Fault("the output of layer hidden is not finite", 0, (2,))


def test_a_parameter_that_is_not_finite_itself_is_named(tmp_path: Path) -> None:
    net = small_net(tmp_path)
    with torch.no_grad():
        net.params["scores"]["bias"].fill_(math.nan)
    what = "the output of layer scores is not finite, and neither is its bias"
    assert watched(net, batch()).fault == Fault(what, 0, (0, 1, 2, 3))


LOSS = """\
net:
  inputs: {data: [2], target: [2]}
  layers:
    - {name: ip, type: InnerProduct, num_output: 2}
    - {name: loss, type: EuclideanLoss, bottom: [ip, target]}
"""
STEPS = """\
net:
  inputs: {data: {shape: [T, N, 2]}, target: {shape: [T, N, 2]}}
  blocks:
    step:
      bottoms: [x, h]
      layers:
        - {name: sum, type: Eltwise, bottom: [x, h]}
        - {name: power, type: Power, power: 8}
        - {name: h, type: Scale, bottom: power}
      tops: [h]
  layers:
    - {name: all, type: Recurrent, block: step, over: {x: data}, carry: {h: h}}
    - {name: loss, type: EuclideanLoss, bottom: [all, target]}
"""


def net_of(text: str, folder: Path) -> Net:
    (folder / "net.yaml").write_text(text)
    return Net(load_spec(folder / "net.yaml").net)


def test_a_loss_is_asked_about_its_samples_one_by_one(tmp_path: Path) -> None:
    target = torch.tensor([[0.0, 0.0], [3e38, 0.0], [1.0, 1.0]])  # its square is infinite
    seen = watched(net_of(LOSS, tmp_path), (torch.zeros(3, 2), target))
    assert seen.fault == Fault("the output of layer loss is not finite", 0, (1,))


def test_the_step_of_a_recurrent_layer_is_named_with_its_samples(tmp_path: Path) -> None:
    net = net_of(STEPS, tmp_path)
    data = torch.zeros(3, 2, 2)
    data[1, 1] = 1e5  # its 8th power is infinite
    seen = watched(net, (data, torch.zeros(3, 2, 2)))
    assert seen.fault == Fault("the output of layer all/power is not finite in step 2", 0, (1,))


def test_the_first_gradient_on_the_way_back_is_named(tmp_path: Path) -> None:
    net = small_net(tmp_path)
    net.params["scores"]["weight"].register_hook(lambda gradient: gradient * math.inf)
    seen = watched(net, batch())
    assert seen.fault is None
    what = "the gradient of scores/weight is not finite, the first on the way back"
    assert seen.gradient_fault == Fault(what, 0)


@pytest.mark.parametrize(("axes", "found"), [(("N", 2), (1,)), ((2, "N"), (0,)), ((2, 2), None)])
def test_the_batch_axis_is_found_by_its_name(
    axes: tuple[int | str, ...], found: tuple[int, ...] | None
) -> None:
    tensor = torch.tensor([[1.0, 2.0], [math.nan, 4.0]])
    assert bad_samples(tensor, axes) == found


def test_one_sample_keeps_its_axis() -> None:
    tensor = torch.tensor([[1.0, 2.0], [3.0, 4.0]])
    assert sample_of(tensor, ("N", 2), 1).tolist() == [[3.0, 4.0]]
    assert sample_of(tensor, (2, "N"), 1).tolist() == [[2.0], [4.0]]
    assert sample_of(tensor, (2, 2), 1) is tensor
