from __future__ import annotations

import torch

from protonet.layers.noise import NOISE, NoiseParams
from protonet.layers.record import Blob, Phase, Setting


def drawn(params: NoiseParams, samples: int, phase: Phase = "train") -> torch.Tensor:
    bottom = torch.zeros(samples, 1)
    module = NOISE.build(params, [Blob((samples, 1))], Setting(phase))
    result: torch.Tensor = module(bottom)
    return result


def test_each_sample_gets_numbers_of_the_mean_and_deviation_given() -> None:
    torch.manual_seed(1)
    for distribution in ("gaussian", "uniform"):
        params = NoiseParams.model_validate(
            {"shape": [2, 50], "distribution": distribution, "mean": 3.0, "std": 0.5}
        )
        values = drawn(params, 1000)
        assert values.shape == (1000, 2, 50)
        # 100,000 numbers: the mean is off by 0.0016 at one standard deviation
        assert abs(values.mean().item() - 3.0) < 0.008
        assert abs(values.std().item() - 0.5) < 0.008
        if distribution == "uniform":
            assert (values - 3.0).abs().max().item() <= 0.5 * 3**0.5


def test_training_draws_anew_and_testing_does_not() -> None:
    params = NoiseParams(shape=(4,))
    assert not torch.equal(drawn(params, 3), drawn(params, 3))
    assert torch.equal(drawn(params, 3, "test"), drawn(params, 3, "test"))
