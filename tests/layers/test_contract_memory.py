"""The contract where the numbers of a blob lie otherwise in memory: the same tops and slopes."""

from __future__ import annotations

from collections.abc import Callable

import pytest
import torch

from protonet.layers.record import Phase
from tests.layers.contract_case import Case
from tests.layers.contract_parts import RUN, module_of, over, tensors_of, values_and_slopes

Layout = Callable[[torch.Tensor], torch.Tensor]
"""The same numbers in another order in memory, as a new leaf."""

DRAWN_IN_MEMORY_ORDER = {"Dropout": "torch draws the zeros in the order of memory"}
"""Types that are compared outside training where the order in memory differs, and why."""
FORMATS = {4: torch.channels_last, 5: torch.channels_last_3d}


def channels_last(tensor: torch.Tensor) -> torch.Tensor:
    """Return images with their channels side by side; anything else as it is."""
    if tensor.dim() not in FORMATS:
        return tensor
    return tensor.contiguous(memory_format=FORMATS[tensor.dim()])


def transposed(tensor: torch.Tensor) -> torch.Tensor:
    """Return the axes in the opposite order in memory."""
    axes = [*reversed(range(tensor.dim()))]
    return tensor.permute(axes).contiguous().permute(axes)


def every_other(tensor: torch.Tensor) -> torch.Tensor:
    """Return a part of a larger tensor: every other one along each axis, not from the first on."""
    sides = [2 * side + 1 for side in tensor.shape]
    part = tensor.new_full(sides, 99)[tuple(slice(1, side, 2) for side in sides)]
    return part.copy_(tensor)


@over(*RUN)
@pytest.mark.parametrize("layout", [channels_last, transposed, every_other])
def test_the_order_in_memory_changes_nothing(name: str, case: Case, layout: Layout) -> None:
    phase: Phase = "test" if name in DRAWN_IN_MEMORY_ORDER else "train"
    module, bottoms = module_of(name, case, phase=phase), tensors_of(case, 2)
    expected, slopes = values_and_slopes(module, bottoms)

    other = module_of(name, case, phase=phase)
    for parameter, numbers in zip(other.parameters(), module.parameters(), strict=True):
        parameter.data = channels_last(numbers.detach().clone())
    for buffer, kept in zip(other.buffers(), module.buffers(), strict=True):
        buffer.copy_(kept)
    laid = [layout(bottom.detach()).requires_grad_(bottom.requires_grad) for bottom in bottoms]
    found, found_slopes = values_and_slopes(other, tuple(laid))

    for one, wanted in zip((*found, *found_slopes), (*expected, *slopes), strict=True):
        torch.testing.assert_close(one, wanted)


@over(*RUN)
def test_samples_may_share_their_memory(name: str, case: Case) -> None:
    module, other = module_of(name, case), module_of(name, case)
    other.load_state_dict(module.state_dict())
    shared = tuple(
        bottom[:1].detach().expand(bottom.shape).requires_grad_(bottom.requires_grad)
        for bottom in tensors_of(case, 2)
    )
    copied = tuple(
        bottom.detach().clone().requires_grad_(bottom.requires_grad) for bottom in shared
    )
    found, slopes = values_and_slopes(module, shared)
    expected, wanted_slopes = values_and_slopes(other, copied)
    for one, wanted in zip((*found, *slopes), (*expected, *wanted_slopes), strict=True):
        torch.testing.assert_close(one, wanted)


ROWS_OF_TORCH = "torch's own kernel writes its result in the order of the axes"
ITS_OWN = "it computes in the order of the axes"
IN_THE_ORDER_OF_THE_AXES = {
    "ArgMax": ITS_OWN,
    "BatchReindex": ROWS_OF_TORCH,
    "Crop": "it is a view, not dense in any order",
    "Filter": ROWS_OF_TORCH,
    "Im2col": ITS_OWN,
    "InfogainLoss": ROWS_OF_TORCH,
    "MVN": "its means are those of runs along the last axes",
    "Permute": "it names the order",
    "ROIPooling": ITS_OWN,
    "Reorg": ITS_OWN,
    "ShuffleChannel": ITS_OWN,
    "Slice": "its tops are views, not dense in any order",
    "Softmax": ROWS_OF_TORCH,
    "Upsample": "a mask counts places in the order of the axes",
}
"""Types whose tops are not channels_last though their bottoms are, and why."""


def keeps_the_order(name: str, case: Case) -> bool:
    """Return whether a layer leaves images in channels_last; one dimension less is not theirs."""
    in_order = name in IN_THE_ORDER_OF_THE_AXES or "STOCHASTIC" in case.keys
    return not in_order and "axis: 2" not in case.keys


@over(*[item for item in RUN if keeps_the_order(*item)])
def test_images_in_channels_last_stay_so(name: str, case: Case) -> None:
    """One layer that does not makes every layer behind it convert its bottoms, or run slower."""
    module = module_of(name, case)
    for parameter in module.parameters():
        parameter.data = channels_last(parameter.detach().clone())
    tops = module(*map(channels_last, tensors_of(case, 2)))
    images = [top for top in (tops if isinstance(tops, tuple) else (tops,)) if is_image(top)]
    assert all(image.is_contiguous(memory_format=torch.channels_last) for image in images)


def is_image(top: torch.Tensor) -> bool:
    """Return whether a tensor has rows, columns and channels, so that their order can be seen."""
    return top.dim() == 4 and top.shape[1] > 1 and top.shape[2:].numel() > 1
