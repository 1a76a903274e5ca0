"""The way of a batch to a CUDA device: through pinned memory, on a stream of its own, so that it
travels while the net computes on the batch before it."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass

import torch


@dataclass(frozen=True, slots=True)
class Arrival:
    """When the blobs of some batches have arrived.

    Attributes:
        event: that is over then.
        device: where they arrive.
    """

    event: torch.cuda.Event
    device: torch.device

    def wait(self, blobs: Collection[torch.Tensor]) -> None:
        """Let what is queued on the device from now on wait for the blobs; the host does not.

        Their memory is not given away before what is queued by then is done with it.
        """
        stream = torch.cuda.current_stream(self.device)
        stream.wait_event(self.event)
        for blob in blobs:
            if blob.device == self.device:
                blob.record_stream(stream)


class Travel:
    """Sends blobs to a CUDA device.

    A block that is sent takes its bytes on the device, too, and once more in pinned memory until it
    has arrived; a reader is as many batches ahead as ever.

    Args:
        device: the device.
        blobs: those that are sent; the others stay on the host.
    """

    def __init__(self, device: torch.device, blobs: Collection[str]) -> None:
        self._device, self._blobs = device, frozenset(blobs)
        self._stream = torch.cuda.Stream(device)

    def send(self, blobs: Mapping[str, torch.Tensor]) -> tuple[dict[str, torch.Tensor], Arrival]:
        """Return the blobs, some of them on their way to the device, and when they have arrived.

        The host does not wait. The pinned memory is torch's, which uses it again once it was read.
        """
        sent = dict(blobs)
        with torch.cuda.stream(self._stream):
            for name in self._blobs & blobs.keys():
                if blobs[name].device.type == "cpu":
                    pinned = blobs[name].pin_memory()
                    sent[name] = pinned.to(self._device, non_blocking=True)
            return sent, Arrival(self._stream.record_event(), self._device)
