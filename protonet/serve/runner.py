"""Runs the net on pictures that are prepared already."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Mapping, Sequence

import numpy as np
import torch

from protonet.data.layout import Array
from protonet.errors import DataError
from protonet.net import Net
from protonet.predict.batches import PictureBatch
from protonet.predict.predictor import given
from protonet.predict.preparation import Prepared
from protonet.transforms import Pipeline

_GRAPHS = 16
"""Graphs that are kept, one for each choice of blobs."""


class Runner:
    """The net, for one thread at a time.

    Args:
        net: in phase deploy; it takes one input.
    """

    def __init__(self, net: Net) -> None:
        self._net = net
        self._graphs: OrderedDict[tuple[str, ...], Callable[..., Mapping[str, torch.Tensor]]]
        self._graphs = OrderedDict()
        specs = next(iter(net.input_specs.values()))
        self._any_size = any(not isinstance(axis, int) for axis in specs.axes()[1:])

    def run(self, samples: Sequence[Prepared], blobs: tuple[str, ...]) -> dict[str, Array]:
        """Return blobs of the net for some pictures, each (N, …).

        Args:
            samples: one picture each, all of one shape before the net.
            blobs: their names.

        Raises: DataError if the net takes pictures of any size, but none of this.
        """
        graph = self._graph(blobs)
        try:
            return given(self._net, graph, _together(samples))
        except RuntimeError as error:
            if self._any_size and not isinstance(error, torch.OutOfMemoryError):
                why = next(iter(str(error).splitlines()), "")
                raise DataError(f"the net cannot take a picture of this size: {why}") from error
            raise

    def _graph(self, blobs: tuple[str, ...]) -> Callable[..., Mapping[str, torch.Tensor]]:
        if blobs not in self._graphs:
            self._graphs[blobs] = self._net.giving(blobs)
        self._graphs.move_to_end(blobs)
        if len(self._graphs) > _GRAPHS:
            self._graphs.popitem(last=False)
        return self._graphs[blobs]


def _together(samples: Sequence[Prepared]) -> PictureBatch:
    """Return single pictures as a batch, those that are prepared alike together."""
    groups: dict[int, tuple[Pipeline, list[int]]] = {}
    for place, sample in enumerate(samples):
        groups.setdefault(id(sample.pipeline), (sample.pipeline, []))[1].append(place)
    view = tuple(
        (
            Prepared(
                np.concatenate([samples[place].images for place in places]),
                pipeline,
                np.concatenate([samples[place].positions for place in places]),
            ),
            np.array(places),
        )
        for pipeline, places in groups.values()
    )
    return PictureBatch(("",) * len(samples), (), (), (view,))
