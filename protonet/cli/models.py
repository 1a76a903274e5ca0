"""Arguments of the commands that ask a trained net about pictures."""

from __future__ import annotations

import argparse
import re
from typing import TYPE_CHECKING

from protonet.errors import UsageError

if TYPE_CHECKING:
    from protonet.run.model import Asked

_DEVICE = re.compile(r"(auto|cpu|mps|cuda(:\d+)?)\Z")
_NUMBER = re.compile(r"[1-9][0-9]{0,11}", re.ASCII)
_MOST_WORKERS = 8
"""Decoding threads that are started unasked: each has pictures of its own in memory."""

Group = argparse.ArgumentParser | argparse._ArgumentGroup


def add_model(parser: argparse.ArgumentParser) -> None:
    """Declare the model."""
    parser.add_argument(
        "model",
        metavar="MODEL",
        help="a run or snapshot (runs/NAME/1), the folder of a model, zoo://NAME, or a YAML or "
        "prototxt file, with --weights or else the newest run of its name",
    )


def add_weights(parser: Group, why: str = "") -> None:
    """Declare where the weights come from, and what they are for."""
    parser.add_argument(
        "--weights",
        metavar="FILE",
        help=f"{why}.safetensors, .npz, .caffemodel, a snapshot, a run or zoo://NAME",
    )


def add_output(parser: Group) -> None:
    """Declare which blob holds the scores."""
    parser.add_argument(
        "--output",
        metavar="BLOB",
        help="the blob that holds the scores of classes (default: prob, or the last that fits)",
    )


def add_preparing(parser: Group) -> None:
    """Declare how pictures become samples, where the model does not say it."""
    parser.add_argument(
        "--resize",
        action="store_true",
        help="scale pictures that do not have the size of the net's data; where converting the "
        "data scaled them, they are scaled alike in any case",
    )
    parser.add_argument(
        "--transform",
        metavar="YAML",
        help="for nets of which nothing says it, such as Caffe's: what is done to pictures, as a "
        "spec has it: '[{type: Resize, size: 227}, {type: Mean, value: [104, 117, 123]}]'",
    )
    parser.add_argument(
        "--channels",
        choices=("RGB", "BGR", "gray"),
        help="for such nets: the order of channels that they expect",
    )


def add_machine(parser: Group) -> None:
    """Declare what decodes, and what computes."""
    parser.add_argument(
        "--workers",
        metavar="N",
        help="decoding threads (default: one for each core, at most 8; of serve half as many where "
        "the net is on the same cores)",
    )
    parser.add_argument(
        "--device", metavar="DEVICE", help="auto, cpu, mps, cuda or cuda:0 (default: as training)"
    )


def asked_of(options: argparse.Namespace) -> Asked:
    """Return how the model is opened.

    Raises: UsageError if the device has no such name.
    """
    from protonet.run.by_hand import ByHand
    from protonet.run.model import Asked

    by_hand = ByHand(options.transform, options.channels)
    return Asked(options.weights, device_name(options.device), options.allow_plugins, by_hand)


def workers_of(options: argparse.Namespace, *, beside_net: bool = False) -> int:
    """Return how many threads decode.

    Args:
        options: as given.
        beside_net: whether they do so while the net computes; else they take turns with it, where
            it is on the same cores.

    Raises: UsageError if it is no number.
    """
    from protonet.convert.options import ConvertOptions

    if options.workers is not None:
        return number_of("--workers", options.workers)
    threads = ConvertOptions().threads
    if beside_net and not _computes_elsewhere(options.device):
        threads = max(1, threads // 2)
    return min(threads, _MOST_WORKERS)


def _computes_elsewhere(device: str | None) -> bool:
    import torch

    if device in (None, "auto"):
        return torch.cuda.is_available()
    return device != "cpu"


def number_of(option: str, text: str) -> int:
    """Return a whole number from 1.

    Raises: UsageError if it is none.
    """
    if not _NUMBER.fullmatch(text):
        raise UsageError(f'{option} "{text}": a whole number from 1 is needed')
    return int(text)


def device_name(name: str | None) -> str | None:
    """Return the name of a device, as it was given.

    Raises: UsageError if no device has such a name.
    """
    if name is None or _DEVICE.match(name):
        return name
    raise UsageError(f'--device "{name}": auto, cpu, mps, cuda or cuda:0 is needed')
