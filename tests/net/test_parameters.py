"""Parameters are made once, filled from their names, and shared by all phases."""

from __future__ import annotations

import pytest
import torch
from torch import nn

from protonet.errors import PathErrors
from protonet.net import Net
from tests.kinds import KINDS
from tests.specs import net_of

XAVIER = "{InnerProduct: {weight_filler: xavier}, Convolution: {weight_filler: xavier}}"
A = "name: a, type: InnerProduct, num_output: 4, bottom: data"
B = "name: b, type: InnerProduct, num_output: 4, bottom: data"


def net(*lines: str, seed: int = 0, defaults: str = XAVIER, inputs: str = "{data: [3]}") -> Net:
    spec = net_of(*lines, defaults=defaults, inputs=inputs, layers=KINDS)
    return Net(spec, seed=seed)


def test_first_values_follow_from_seed_and_name_not_from_the_order_of_layers() -> None:
    forth, back, alone = net(A, B), net(B, A), net(B)
    for name in ("a", "b"):
        assert torch.equal(forth.params[name]["weight"], back.params[name]["weight"])
    assert torch.equal(forth.params["b"]["weight"], alone.params["b"]["weight"])
    assert not torch.equal(forth.params["a"]["weight"], forth.params["b"]["weight"])


def test_another_seed_gives_other_values() -> None:
    first, second = (net(A, seed=seed).params["a"]["weight"] for seed in (1, 2))
    assert not torch.equal(first, second)
    assert torch.equal(first, net(A, seed=1).params["a"]["weight"])


def test_on_the_meta_device_a_net_of_any_size_is_made() -> None:
    """Layers with fillers, and those of torch that bring first values of their own."""
    size = 10**6
    spec = net_of(
        f"name: a, type: InnerProduct, num_output: {size}, weight_filler: xavier, bottom: data",
        f"name: b, type: nn.Linear, out_features: {size}",
        "name: c, type: nn.BatchNorm1d",
        inputs="{data: [3]}",
    )
    made = Net(spec, device="meta")
    assert all(tensor.is_meta for tensor in made.named_tensors().values())
    assert made.params["b"]["weight"].shape == (size, size)
    assert [slot.name for slot in made.learnable] == [
        *("a/weight", "a/bias", "b/weight", "b/bias", "c/weight", "c/bias")
    ]


def test_the_global_generator_is_left_alone() -> None:
    before = torch.get_rng_state()
    net(A)
    assert torch.equal(torch.get_rng_state(), before)


def test_a_parameter_without_a_filler_starts_at_0_and_fillers_are_heard() -> None:
    params = net(f"{A}, bias_filler: {{type: constant, value: 3}}", B).params
    assert torch.equal(params["a"]["bias"], torch.full((4,), 3.0))
    assert torch.equal(params["b"]["bias"], torch.zeros(4))
    bound = (3 / 3) ** 0.5  # xavier: sqrt(3 / fan_in), 3 inputs
    assert 0 < float(params["a"]["weight"].detach().abs().max()) <= bound


def test_learnable_are_the_parameters_with_a_rate_each_once_in_order() -> None:
    slots = net(
        f"{A}, param: {{bias: {{lr_mult: 0}}, weight: {{lr_mult: 2, decay_mult: 0.5}}}}",
        "name: count, type: Counter, bottom: a",
        B,
    ).learnable
    assert [(slot.name, slot.lr_mult, slot.decay_mult) for slot in slots] == [
        ("a/weight", 2, 0.5),
        ("b/weight", 1, 1),
        ("b/bias", 1, 1),
    ]


def test_lr_mult_0_and_frozen_compute_no_gradient_but_pass_it_on() -> None:
    last = "name: c, type: InnerProduct, num_output: 1, bottom: b"
    chain = B.replace("bottom: data", "bottom: a")
    made = net(A, f"{chain}, param: {{weight: {{lr_mult: 0}}}}", f"{last}, frozen: true")
    made({"data": torch.ones(2, 3)})["c"].sum().backward()
    has_gradient = {name: tensor.grad is not None for name, tensor in made.named_tensors().items()}
    assert has_gradient == {
        "a/weight": True,
        "a/bias": True,
        "b/weight": False,
        "b/bias": True,
        "c/weight": False,
        "c/bias": False,
    }


def gradient(made: Net) -> torch.Tensor:
    """Return the gradient that the weight of layer a has gathered."""
    found = made.params["a"]["weight"].grad
    assert found is not None
    return found


def shared(keys: str = "") -> str:
    return "param: {weight: {name: w" + keys + "}}"


def test_parameters_of_one_name_are_one_tensor() -> None:
    made = net(f"{A}, {shared()}", f"{B}, {shared(', lr_mult: 3')}")
    assert made.params["a"]["weight"] is made.params["b"]["weight"]
    assert list(made.named_tensors()) == ["a/weight", "a/bias", "b/bias"]
    assert [(slot.name, slot.lr_mult) for slot in made.learnable] == [
        ("a/weight", 3),
        ("a/bias", 1),
        ("b/bias", 1),
    ]


def test_the_gradient_of_a_shared_parameter_is_the_sum_over_its_uses() -> None:
    made = net(f"{A}, {shared()}", f"{B}, {shared()}", inputs="{data: [3], more: [3]}")
    outputs = made({"data": torch.tensor([[1.0, 2, 3]])})
    (outputs["a"].sum() + 10 * outputs["b"].sum()).backward()
    row = torch.tensor([11.0, 22, 33])  # 1 * x from a, 10 * x from b
    assert torch.equal(gradient(made), row.expand(4, 3))


@pytest.mark.parametrize("frozen", ["a", "b"])
def test_a_frozen_layer_gives_no_gradient_to_what_another_trains(frozen: str) -> None:
    lines = [
        f"{line}, {shared()}" + (", frozen: true" if name == frozen else "")
        for name, line in (("a", A), ("b", B))
    ]
    made = net(*lines)
    outputs = made({"data": torch.tensor([[1.0, 2, 3]])})
    (outputs["a"].sum() + 10 * outputs["b"].sum()).backward()
    factor = 10 if frozen == "a" else 1
    row = factor * torch.tensor([1.0, 2, 3])
    assert torch.equal(gradient(made), row.expand(4, 3))
    with torch.no_grad():
        made.params["a"]["weight"].fill_(1)  # both layers see the update
    outputs = made({"data": torch.tensor([[1.0, 2, 3]])})
    assert outputs["a"].tolist() == outputs["b"].tolist() == [[6, 6, 6, 6]]  # 1 + 2 + 3


def test_phases_share_tensors_but_not_modules() -> None:
    train = net(A, "name: count, type: Counter")
    test = train.in_phase("test")
    assert test.params is train.params
    assert test.named_tensors() == train.named_tensors()
    pairs = list(zip(train.modules(), test.modules(), strict=True))
    assert all(one is not other for one, other in pairs)
    assert [(one.training, other.training) for one, other in pairs] == [(True, False)] * 2
    module = pairs[0][1]
    assert module.weight is train.params["a"]["weight"]


def test_a_statistic_that_training_changes_is_seen_in_the_test_net() -> None:
    train = net("name: count, type: Counter")
    test = train.in_phase("test")
    batch = {"data": torch.zeros(1, 3)}
    assert [train(batch)["count"].tolist(), train(batch)["count"].tolist()] == [
        [[1] * 3],
        [[2] * 3],
    ]
    assert [test(batch)["count"].tolist(), test(batch)["count"].tolist()] == [[[2] * 3], [[2] * 3]]


def test_parameters_of_a_test_layer_are_not_trained_by_the_training_net() -> None:
    train = net(A, f"{B}, phase: test")
    test = train.in_phase("test")
    assert [slot.name for slot in train.learnable] == ["a/weight", "a/bias"]
    assert [slot.name for slot in test.learnable] == ["a/weight", "a/bias", "b/weight", "b/bias"]


def test_the_stored_name_is_the_same_in_every_phase() -> None:
    lines = (f"{A}, phase: train, {shared()}", f"{B}, {shared()}")
    spec = net_of(*lines, inputs="{data: [3]}")
    assert list(Net(spec, "train").named_tensors()) == ["a/weight", "a/bias", "b/bias"]
    assert list(Net(spec, "deploy").named_tensors()) == ["a/weight", "b/bias"]


@pytest.mark.parametrize(
    ("channels_last", "line", "expected"),
    [
        (None, "name: c, type: Convolution, num_output: 2, kernel_size: 3", True),
        (False, "name: c, type: Convolution, num_output: 2, kernel_size: 3", False),
        (True, "name: c, type: Convolution, num_output: 2, kernel_size: 3", True),
    ],
)
def test_convolutions_are_channels_last_unless_told(
    channels_last: bool | None, line: str, expected: bool
) -> None:
    spec = net_of(line, inputs="{data: [3, 8, 8]}", defaults=XAVIER)
    made = Net(spec, channels_last=channels_last)
    weight = made.params["c"]["weight"]
    assert (made.memory_format is torch.channels_last) is expected
    assert weight.is_contiguous(memory_format=torch.channels_last) is expected
    other = Net(spec, channels_last=not expected).params["c"]["weight"]
    assert torch.equal(weight, other)  # the layout changes no value


def test_filters_of_one_channel_are_channels_last_to_the_last_stride() -> None:
    """Their elements lie the same either way, but torch chooses its kernels by the strides."""
    spec = net_of(
        "name: c, type: Convolution, num_output: 2, kernel_size: 3",
        inputs="{data: [1, 8, 8]}",
        defaults=XAVIER,
    )
    assert Net(spec).params["c"]["weight"].stride() == (9, 1, 3, 1)
    assert Net(spec, channels_last=False).params["c"]["weight"].stride() == (9, 9, 3, 1)


def test_without_convolutions_the_layout_is_torchs_own() -> None:
    assert net(A).memory_format is torch.contiguous_format


def test_parameters_and_statistics_stay_what_they_are() -> None:
    made = net(A, "name: count, type: Counter")
    assert isinstance(made.params["a"]["weight"], nn.Parameter)
    assert not isinstance(made.params["count"]["count"], nn.Parameter)
    first, second = made.modules()
    assert [name for name, _ in first.named_parameters()] == ["weight", "bias"]
    assert [name for name, _ in second.named_buffers()] == ["count"]


def test_a_filler_that_does_not_fit_is_told_with_the_parameter() -> None:
    with pytest.raises(PathErrors) as caught:
        net(f"{A}, weight_filler: bilinear")
    (error,) = caught.value.errors
    assert (error.code, error.path, error.why) == (
        "PN026",
        ("net", "layers", 0),
        "weight: bilinear filler: the shape (4, 3) is not that of square 2-d filters",
    )
