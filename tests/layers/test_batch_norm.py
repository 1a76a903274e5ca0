from __future__ import annotations

import pytest
import torch

from protonet.layers.batch_norm import BATCH_NORM, BatchNormParams
from protonet.layers.record import Blob, Phase, Setting
from protonet.net import Net
from tests.layers.building import build, complaints, refusal, top_of
from tests.specs import spec_of

BATCH = torch.tensor([[1.0, 0.0], [3.0, 0.0], [5.0, 6.0]])
"""Channel 0: mean 3, variance 8/3, 8/2 with m / (m - 1). Channel 1: mean 2, variance 8, 12."""


def stored(module: torch.nn.Module) -> dict[str, list[float]]:
    return {name: tensor.tolist() for name, tensor in module.named_buffers()}


def test_a_batch_gets_mean_zero_and_variance_one() -> None:
    first, second = (8 / 3) ** -0.5, 8**-0.5  # one over the biased standard deviations
    expected = torch.tensor([[-2 * first, -2 * second], [0, -2 * second], [2 * first, 4 * second]])
    torch.testing.assert_close(top_of(BATCH_NORM, BATCH, eps=0), expected)


def test_eps_is_added_to_the_variance() -> None:
    # 8 + 1 = 3²: (0 - 2) / 3 and (6 - 2) / 3
    top = top_of(BATCH_NORM, BATCH, eps=1)
    torch.testing.assert_close(top[:, 1], torch.tensor([-2 / 3, -2 / 3, 4 / 3]))


def test_all_positions_of_a_channel_count() -> None:
    # The same six numbers as (3, 2), laid out as (1, 2, 3): channels are the second axis.
    image = BATCH.t()[None]
    expected = top_of(BATCH_NORM, BATCH).t()[None]
    torch.testing.assert_close(top_of(BATCH_NORM, image), expected)


def test_a_bottom_of_one_axis_is_one_channel() -> None:
    expected = top_of(BATCH_NORM, BATCH)[:, 0]
    torch.testing.assert_close(top_of(BATCH_NORM, BATCH[:, 0]), expected)


def test_each_batch_is_added_to_what_is_left_of_those_before() -> None:
    module = build(BATCH_NORM, BATCH, moving_average_fraction=0.5)
    module(BATCH)
    assert stored(module) == {"mean": [3, 2], "variance": [4, 12], "scale_factor": [1]}
    module(2 * BATCH)
    # 3/2 + 6, 2/2 + 4; four times the variance: 4/2 + 16, 12/2 + 48; 1/2 + 1
    assert stored(module) == {"mean": [7.5, 5], "variance": [18, 54], "scale_factor": [1.5]}


def test_a_single_number_per_channel_has_no_variance() -> None:
    module = build(BATCH_NORM, BATCH[:1])
    assert module(BATCH[:1]).tolist() == [[0, 0]]
    assert stored(module) == {"mean": [1, 0], "variance": [0, 0], "scale_factor": [1]}


@pytest.mark.parametrize("phase", ["test", "deploy"])
def test_stored_statistics_are_divided_by_their_weight(phase: Phase) -> None:
    module = build(BATCH_NORM, BATCH, phase=phase, eps=0)
    module.load_state_dict(
        {
            "mean": torch.tensor([2.0, 4.0]),
            "variance": torch.tensor([8.0, 32.0]),
            "scale_factor": torch.tensor([2.0]),
        }
    )
    # (x - 2/2) / √(8/2) and (x - 4/2) / √(32/2)
    assert module(BATCH).tolist() == [[0, -0.5], [1, -0.5], [2, 1]]
    assert stored(module) == {"mean": [2, 4], "variance": [8, 32], "scale_factor": [2]}


def test_where_nothing_is_stored_mean_and_variance_are_zero() -> None:
    # 1 / √0.25 = 2; what is stored does not count without a weight
    module = build(BATCH_NORM, BATCH, phase="test", eps=0.25)
    module.load_state_dict({**module.state_dict(), "mean": torch.tensor([7.0, 7.0])})
    assert module(BATCH).tolist() == (2 * BATCH).tolist()


@pytest.mark.parametrize(
    ("given", "phase", "keeps"),
    [
        (None, "train", False),
        (None, "test", True),
        (None, "deploy", True),
        (True, "train", True),
        (False, "test", False),
    ],
)
def test_the_phase_decides_whose_statistics_are_used(
    given: bool | None, phase: Phase, keeps: bool
) -> None:
    module = build(BATCH_NORM, BATCH, phase=phase, use_global_stats=given)
    module(BATCH)
    assert (stored(module)["scale_factor"] == [0]) is keeps


def test_a_frozen_layer_uses_and_keeps_what_is_stored() -> None:
    frozen = BATCH_NORM.freeze(BatchNormParams(eps=0.5))
    assert frozen == BatchNormParams(eps=0.5, use_global_stats=True)
    module = BATCH_NORM.build(frozen, [Blob((3, 2))], Setting("train"))
    module(BATCH)
    assert stored(module)["scale_factor"] == [0]


def test_statistics_may_change_between_forward_and_backward() -> None:
    # Train and test net share them, so that another forward may come between.
    bottom = BATCH.clone().requires_grad_()
    module = build(BATCH_NORM, bottom, use_global_stats=True, eps=0.25)
    top = module(bottom)
    for tensor in module.buffers():
        tensor.add_(5)
    # 1 / √(0 + 0.25), as they were
    assert torch.autograd.grad(top.sum(), bottom)[0].tolist() == [[2, 2]] * 3


def test_statistics_are_no_parameters() -> None:
    module = build(BATCH_NORM, BATCH)
    assert list(module.parameters()) == []
    assert not any(tensor.requires_grad for tensor in module.buffers())


def test_what_training_stores_is_what_the_test_net_uses() -> None:
    spec = spec_of("""
        net:
          inputs: {data: [2]}
          layers:
            - {name: bn, type: BatchNorm, eps: 0}
        """)
    net = Net(spec.net)
    net({"data": BATCH})
    tested = net.in_phase("test")({"data": BATCH})["bn"]
    # (6 - 2) / √12
    assert tested[2, 1].item() == pytest.approx(1.1547005)
    assert net.params["bn"]["scale_factor"].item() == 1
    assert net.learnable == []


def test_refuses_a_single_number() -> None:
    assert refusal(BATCH_NORM, Blob(())) == (
        "the bottom is a single number",
        "BatchNorm needs a batch of them",
    )


@pytest.mark.parametrize("keys", [{"eps": -1}, {"moving_average_fraction": 1.5}])
def test_refuses_numbers_out_of_range(keys: dict[str, float]) -> None:
    ((where, kind, _, _),) = complaints(BatchNormParams, **keys)
    assert where in keys
    assert kind in ("greater_than_equal", "less_than_equal")


@pytest.mark.parametrize(
    ("dtype", "statistics"),
    [(torch.float64, torch.float64), (torch.bfloat16, torch.float32)],
)
def test_statistics_are_as_exact_as_the_bottom_and_no_less_than_float32(
    dtype: torch.dtype, statistics: torch.dtype
) -> None:
    bottom = torch.tensor([[1.0], [3.0]], dtype=dtype)
    module = build(BATCH_NORM, bottom)
    assert module(bottom).flatten().tolist() == pytest.approx([-1, 1], rel=1e-2)
    assert module.mean.dtype == statistics
