"""The contract on waiting: once it has run, a layer neither reads a number nor brings one along.

Either makes the host wait for a GPU in every iteration. No GPU is needed to see it: a number from
Python that becomes a tensor, and a tensor that becomes a number, are operations of their own.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest
from torch.utils._python_dispatch import TorchDispatchMode

from protonet.layers.record import Phase
from tests.layers.contract_case import Case
from tests.layers.contract_parts import RUN, module_of, over, tensors_of, values_and_slopes

_WAITING = frozenset({"lift_fresh", "_local_scalar_dense", "nonzero", "masked_select"})
WAITING_TYPES: Mapping[str, str] = {
    "DetectionOutput": "which boxes are found is decided on the CPU",
    "Filter": "how many samples go on is in the data",
    "Print": "it prints what a blob holds",
    "ROIPooling": "which pixels a cell has is in the boxes",
}
"""Types that have to wait, and why."""


class Watched(TorchDispatchMode):
    """Notes the operations for which a host waits for its device."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []

    def __torch_dispatch__(
        self, function: Any, types: Any, args: Any = (), kwargs: Any = None
    ) -> Any:
        name = function.overloadpacket.__name__
        if name in _WAITING:
            self.found.append(name)
        return function(*args, **(kwargs or {}))


@over(*(item for item in RUN if item[0] not in WAITING_TYPES))
@pytest.mark.parametrize("phase", ["train", "test"])
def test_a_layer_does_not_wait(name: str, case: Case, phase: Phase) -> None:
    module, bottoms = module_of(name, case, phase=phase), tensors_of(case, 2)
    measure: Any = getattr(module, "measure", lambda *bottoms: None)
    values_and_slopes(module, bottoms)
    watched = Watched()
    with watched:
        values_and_slopes(module, bottoms)
        measure(*bottoms)
    assert watched.found == []
