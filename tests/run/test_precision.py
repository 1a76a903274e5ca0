from __future__ import annotations

import pytest
import torch

from protonet.run.precision import arithmetic, loss_scale, set_tensor_cores

CPU = torch.device("cpu")


@pytest.mark.parametrize(
    ("precision", "expected"),
    [
        ("float32", torch.float32),
        ("tf32", torch.float32),
        ("bf16", torch.bfloat16),
        ("fp16", torch.float16),
    ],
)
def test_products_are_computed_in_the_type_asked_for(precision: str, expected: torch.dtype) -> None:
    computing = arithmetic(precision, CPU)  # type: ignore[arg-type]  # one of the four
    one = torch.ones(2, 2)
    for _ in range(2):  # it is entered for every batch
        with computing:
            assert (one @ one).dtype == expected
    assert (one @ one).dtype == torch.float32


def test_only_float16_needs_its_loss_scaled() -> None:
    assert loss_scale("fp16", CPU) is not None
    assert loss_scale("float32", CPU) is loss_scale("bf16", CPU) is None


def test_float32_means_every_digit_on_a_gpu_too() -> None:
    matmul, cudnn = torch.backends.cuda.matmul, torch.backends.cudnn
    before = matmul.allow_tf32, cudnn.allow_tf32
    try:
        set_tensor_cores("tf32")
        assert (matmul.allow_tf32, cudnn.allow_tf32) == (True, True)
        set_tensor_cores("float32")
        assert (matmul.allow_tf32, cudnn.allow_tf32) == (False, False)
    finally:
        matmul.allow_tf32, cudnn.allow_tf32 = before
