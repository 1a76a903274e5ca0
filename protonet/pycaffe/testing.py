"""What a test net gives: the mean of its outputs over some batches.

Source: Caffe, solver.cpp, Solver::Test.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from protonet.pycaffe import passes
from protonet.pycaffe.memory import Array
from protonet.pycaffe.net import Net
from protonet.pycaffe.telling import LOGGER

Tested = dict[str, Array]
"""By output, the mean of it over the batches."""


def means_of(net: Net, batches: int, number: int, iteration: int) -> Tested:
    """Return the means, and log them as Caffe does.

    Args:
        net: in phase TEST.
        batches: how many.
        number: of the net.
        iteration: updates made.
    """
    LOGGER.info("Iteration %d, Testing net (#%d)", iteration, number)
    totals: dict[str, Any] = {}
    for _ in range(batches):
        passes.run_forward(net.built)
        for name in net.outputs:
            value = net.blobs[name].data.astype(np.float64)
            totals[name] = np.add(totals.get(name, 0.0), value)
    means = {name: np.asarray(total / batches) for name, total in totals.items()}
    tell_outputs("Test", net, means)
    return means


def tell_outputs(kind: str, net: Net, values: Mapping[str, Array]) -> None:
    """Log what a net gives, number by number, as Caffe does.

    Args:
        kind: Test or Train.
        net: the net.
        values: by output.
    """
    numbers = ((name, one) for name, value in values.items() for one in value.reshape(-1))
    for place, (name, number) in enumerate(numbers):
        weight = net.blob_loss_weights[name]
        more = f" (* {weight:g} = {weight * number:g} loss)" if weight else ""
        LOGGER.info("    %s net output #%d: %s = %g%s", kind, place, name, number, more)
