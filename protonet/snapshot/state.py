"""What a snapshot holds beside tensors, as it stands in `state.json`."""

from __future__ import annotations

from typing import Any

from pydantic import Field

from protonet.records import ChannelOrder, Count, Flag, Integer, Number, Record, Size, Text

STATE_VERSION = 1
"""Grows when an older protonet could no longer go on from what this one writes."""


class Machine(Record):
    """What the bits of a run depend on, beside its spec and its data."""

    device: Text
    """What computes: cpu, cuda:0 …"""
    threads: Count
    """Threads that torch computes with on the CPU: another number rounds differently."""
    channels_last: Flag
    """Whether images and filters lie with their channels last in memory."""
    compile: Flag | Text = False
    """Whether the net is compiled, or in which mode."""
    processes: Count = 1
    """Processes that trained together, each with so many threads."""
    micro_batch: Count | None = None
    """Samples that were computed at once; null for whole batches."""
    processor: Text
    """The instructions that the CPU's kernels use, in torch's words."""
    torch: Text
    """Version of torch."""


class Stored(Record):
    """What became of an image file in the data set, before the first transform."""

    shape: tuple[Size, ...] | None
    """Channels, height and width in pixels; null where images keep sizes of their own."""
    dtype: Text = "uint8"
    """NumPy's name of the element type; pictures are uint8."""
    channels: ChannelOrder | None = None
    """Order of the channels in the data set; null where it does not say."""
    resize: Text | None = None
    """What every image was scaled to, 64x64 or short:256 (`protonet convert --resize`)."""
    encode: Text | None = None
    """What it was encoded as after that, jpg:90, which changes pixels a little; null where that
    changes nothing."""


class Evaluation(Record):
    """How a sample must be prepared for these weights, and what their outputs mean."""

    input: Text | None
    """The net's input that the images go to; null where there are no images."""
    shape: tuple[int | str, ...]
    """Shape of one prepared sample."""
    transform: tuple[dict[str, Any], ...]
    """What was done to the evaluation data, every number filled in (`protonet.transforms`)."""
    channels: ChannelOrder | None = None
    """Order of the channels that the net was fed."""
    classes: tuple[str, ...] | None = None
    """Name of each class."""
    stored: Stored | None = None
    """What the transform begins with; null where it begins with image files as they are."""


Measured = Number | list[Number | None] | list[list[Number | None]] | None
"""What a loss or metric came to: a number, a list, or a table by rows; null for what is not
finite."""


class State(Record):
    """Everything about a run at one iteration that is no tensor."""

    version: Count = STATE_VERSION
    """Version of the format."""
    iteration: Size
    """Updates made."""
    position: Size
    """Training batches consumed."""
    seed: Integer
    """Everything random follows from it, the iteration and the position."""
    spec: dict[str, Any]
    """The resolved spec."""
    data: dict[str, Text]
    """Content hash of each set."""
    machine: Machine
    """What the bits depend on."""
    evaluation: Evaluation
    """What belongs to the weights."""
    metrics: dict[str, dict[str, Measured]] = Field(default_factory=dict)
    """The last test of each set, at this iteration, null for what was not finite; empty where there
    was none."""
    score: Number | None = None
    """What the best snapshot is chosen by; larger is better."""
    result: str = ""
    """The line that a person reads, `test: accuracy …`; empty where nothing was tested."""
    losses: tuple[Number, ...] = ()
    """The training losses that the next displayed average holds, oldest first."""
    seconds: Number = 0.0
    """What the run has trained, without tests and snapshots."""
    best: Number | None = None
    """The best score of a test so far; null where nothing waits for a better one."""
    waited: Size = 0
    """Tests since the best one."""
    measured: tuple[tuple[Number, ...], ...] = ()
    """What the learning rate of each update that waits for a plateau has seen of the tests."""
    owes_test: Flag = False
    """Whether the run was stopped in the test of this iteration, which is still to be made."""
    lengths: dict[str, Size] = Field(default_factory=dict)
    """Bytes of each file of the run that only grows; a resume cuts them back to these."""
