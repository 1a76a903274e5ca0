from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
from pydantic import ValidationError

from protonet.optim import OPTIMIZERS
from protonet.optim.keys import BELOW_ONE, as_float32

TOO_SMALL = ("greater_than_equal", "Input should be greater than or equal to 0")


@pytest.mark.parametrize(
    ("name", "wrong", "told"),
    [
        ("AdaGrad", {"momentum": 0.9}, ("PN015", "this update rule takes no momentum")),
        ("RMSProp", {"momentum": 0.9}, ("PN015", "this update rule takes no momentum")),
        ("RMSProp", {"momentum": -1}, TOO_SMALL),
        ("RMSProp", {"rms_decay": 1}, ("less_than", "Input should be less than 1")),
        ("AdaDelta", {"momentum": 1.0}, ("less_than", "Input should be less than 1")),
        ("Adam", {"momentum": 1.0}, ("less_than", "Input should be less than 1")),
        ("Adam", {"momentum2": 1.0}, ("less_than", "Input should be less than 1")),
        ("Adam", {"momentum2": math.inf}, ("finite_number", "Input should be a finite number")),
        ("Adam", {"delta": 0}, ("greater_than", "Input should be greater than 0")),
        ("AdaGrad", {"delta": "1"}, ("float_type", "a number is needed")),
        ("AdaGrad", {"rms_decay": 0.9}, ("PN012", "unknown key")),
        ("Nesterov", {"delta": 0.9}, ("PN012", "unknown key")),
        ("AdaDelta", {"weight_decay": -1}, TOO_SMALL),
        ("Adam", {"regularization_type": "L3"}, ("literal_error", "Input should be 'L2' or 'L1'")),
    ],
)
def test_what_no_rule_takes_is_refused(
    name: str, wrong: dict[str, Any], told: tuple[str, str]
) -> None:
    with pytest.raises(ValidationError) as caught:
        OPTIMIZERS[name].params(**wrong)

    (error,) = caught.value.errors()
    assert error["loc"] == tuple(wrong)
    assert (error["type"], error["msg"]) == told


@pytest.mark.parametrize("name", ["AdaGrad", "RMSProp"])
def test_a_momentum_of_0_is_none(name: str) -> None:
    params = OPTIMIZERS[name].params
    assert params.model_validate({"momentum": 0}) == params()


@pytest.mark.parametrize("share", [0.0, 0.1, 0.9, 0.99, 0.999])
def test_a_share_is_rounded_as_numpy_does(share: float) -> None:
    assert as_float32(share) == float(np.float32(share))


def test_a_share_below_1_stays_below() -> None:
    assert as_float32(1 - 1e-12) == BELOW_ONE == float(np.nextafter(np.float32(1), np.float32(0)))
