from __future__ import annotations

import pytest
import torch

from protonet.errors import DataError
from protonet.net import Net
from protonet.net.culprit import naming_layers
from tests.specs import net_of

NET = Net(
    net_of(
        "name: ip, type: InnerProduct, num_output: 3",
        "name: flat, type: Flatten, bottom: label, axis: 0",
        "name: judge, type: SoftmaxWithLoss, bottom: [ip, flat]",
    )
)
IMAGES = torch.zeros(2, 1, 28, 28)


@pytest.mark.parametrize("module", ["graph_module", "measuring_module"])
def test_an_error_of_the_data_names_the_layer_it_came_up_in(module: str) -> None:
    with pytest.raises(DataError) as caught, naming_layers(NET):
        getattr(NET, module)(IMAGES, torch.tensor([0, 3]))
    assert str(caught.value) == (
        "layer judge: label 3 is outside the 3 classes (0 to 2), first at sample 1 of the batch"
    )


def test_an_error_of_nobody_stays_as_it_is() -> None:
    error = DataError("points.lmdb: damaged")
    with pytest.raises(DataError) as caught, naming_layers(NET):
        raise error
    assert caught.value is error


def test_other_errors_pass() -> None:
    with pytest.raises(ZeroDivisionError), naming_layers(NET):
        raise ZeroDivisionError
