"""Runs a net over batches of pictures."""

from __future__ import annotations

from collections.abc import Callable, Generator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass

import torch

from protonet.data.layout import Array
from protonet.net import Net
from protonet.predict.batches import PictureBatch, Rejected, read_batches
from protonet.predict.preparation import Preparation
from protonet.predict.scoring import on_host

Graph = Callable[[torch.Tensor], Mapping[str, torch.Tensor]]
"""What `Net.giving` returns."""


@dataclass(frozen=True, slots=True)
class Predicted:
    """What a net gave for some pictures.

    Attributes:
        paths: of the pictures, as text.
        blobs: by name, (N, …).
        rejected: pictures that should have been among them.
        remarks: what was amiss with some that could be read.
    """

    paths: tuple[str, ...]
    blobs: Mapping[str, Array]
    rejected: tuple[Rejected, ...]
    remarks: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Pace:
    """How pictures are read.

    Attributes:
        batch_size: pictures in a batch.
        threads: that read and decode.
    """

    batch_size: int = 32
    threads: int = 1


def predict(
    net: Net, views: Sequence[Preparation], blobs: Sequence[str], paths: Sequence[str], pace: Pace
) -> Generator[Predicted, None, None]:
    """Yield what a net gives for pictures, batch by batch.

    Args:
        net: in phase deploy; it takes one input.
        views: ways to prepare each picture; what the net gives for them is averaged.
        blobs: names of the blobs that are wanted.
        paths: of the pictures.
        pace: how they are read.
    """
    graph = net.giving(blobs)
    ahead = net.device.type != "cpu"
    reading = read_batches(paths, views, pace.batch_size, pace.threads, ahead=ahead)
    with closing(reading) as batches:
        for batch in batches:
            values = given(net, graph, batch) if batch.paths else {}
            yield Predicted(batch.paths, values, batch.rejected, batch.remarks)


def given(net: Net, graph: Graph, batch: PictureBatch) -> dict[str, Array]:
    """Return what a net gives for pictures, averaged over the ways in which they are prepared.

    Args:
        net: in phase deploy; it takes one input.
        graph: of the net, which gives the blobs that are wanted.
        batch: the pictures, at least one.
    """
    layout = net.memory_format is torch.channels_last
    dtype = getattr(torch, next(iter(net.input_specs.values())).dtype)
    each = []
    with torch.inference_mode():
        for view in range(len(batch.views)):
            samples = batch.samples(view, net.device, channels_last=layout)
            each.append(graph(samples.to(dtype)))
    return {name: on_host(_mean([one[name] for one in each])) for name in each[0]}


def _mean(values: Sequence[torch.Tensor]) -> torch.Tensor:
    return values[0] if len(values) == 1 else torch.stack(list(values)).mean(0)
