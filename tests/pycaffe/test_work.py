from __future__ import annotations

import pytest
import torch
from torch import nn

from protonet.errors import UsageError
from protonet.pycaffe.blob import Blob
from protonet.pycaffe.work import ModuleWork, NoWork, SplitWork, run

CPU = torch.device("cpu")


def blob(*numbers: float) -> Blob:
    made = Blob.of_shape((len(numbers),), CPU)
    made.data[...] = numbers
    return made


def test_copies_are_one_memory_and_their_gradients_add_up() -> None:
    bottom, tops = blob(1, 2), [blob(0, 0), blob(0, 0)]
    work = SplitWork()

    work.forward([bottom], tops)
    tops[0].diff[...] = [1, 10]
    tops[1].diff[...] = [2, 20]
    work.backward(tops, [True], [bottom])

    assert tops[1].data.tolist() == [1, 2]
    assert bottom.diff.tolist() == [3, 30]


def test_a_module_in_place_keeps_what_it_needs_of_its_bottom() -> None:
    module = nn.Linear(2, 2, bias=False)
    weight = module.weight
    both = blob(1, 2)
    kept = Blob.of_shape((2, 2), CPU)
    work = ModuleWork(module, [torch.float32], [True], [(weight, weight)], [kept])
    with torch.no_grad():
        weight.copy_(torch.tensor([[1.0, 1.0], [0.0, 2.0]]))

    work.forward([both], [both])
    assert both.data.tolist() == [3, 4]
    both.diff[...] = [1, 1]
    work.backward([both], [True], [both])

    assert both.diff.tolist() == [1, 3]  # column sums of the weight
    assert kept.diff.tolist() == [[1, 2], [1, 2]]  # the bottom as it was


def test_a_bottom_without_a_way_back_keeps_its_gradient() -> None:
    one, other, top = blob(1), blob(2), blob(0)

    class Product(nn.Module):
        def forward(self, first: torch.Tensor, second: torch.Tensor) -> torch.Tensor:
            return first * second

    work = ModuleWork(Product(), [torch.float32] * 2, [True, False], [], [])
    work.forward([one, other], [top])
    top.diff[...] = 5
    other.diff[...] = 7
    work.backward([top], [True, False], [one, other])

    assert (one.diff.tolist(), other.diff.tolist()) == ([10], [7])


def test_what_torch_refuses_is_told_of_the_layer() -> None:
    work = ModuleWork(nn.Linear(3, 1), [torch.float32], [True], [], [])

    with pytest.raises(UsageError) as caught:
        run(work, "ip", "InnerProduct", [blob(1, 2)], [blob(0)])

    assert str(caught.value).startswith("layer ip (InnerProduct) cannot compute from (2,): ")


def test_parameters_that_changed_between_the_passes() -> None:
    module = nn.Linear(1, 1, bias=False)
    bottom, top = blob(1), blob(0)
    work = ModuleWork(module, [torch.float32], [True], [], [])
    work.forward([bottom], [top])
    with torch.no_grad():
        module.weight += 1

    with pytest.raises(UsageError) as caught:
        work.backward([top], [True], [bottom])

    assert str(caught.value) == (
        "the parameters were updated since the last forward pass; call forward first"
    )


def test_no_work_leaves_everything() -> None:
    top = blob(3)

    NoWork().forward([], [top])
    NoWork().backward([top], [], [])

    assert top.data.tolist() == [3]
