"""Windows of a window file for a net: drawn as the spec says, and empty where there is no image.

Where Caffe's transform fields go: `crop_size` is the size that windows are warped to; `mirror`
turns every other window when it is cut out, and with it what stays empty; mean and scale are the
transform's as everywhere, but that of a mean image the part at its centre is subtracted, from
turned windows, too. Then what lies outside the image becomes 0, as if the mean were there.
Source: Caffe, window_data_layer.cpp.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from types import MappingProxyType

import numpy as np
import torch
from torch import Tensor

from protonet.convert.window_list import WindowReading, open_windows
from protonet.data.table import Dataset
from protonet.data.window_crops import Warp
from protonet.data.window_order import DrawnWindows, foreground_of
from protonet.data.window_records import FILLED, WindowDataset
from protonet.errors import Path, PathError
from protonet.spec.data import DataSpec, SourceSpec
from protonet.spec.window_source import WindowsSpec
from protonet.transforms.arithmetic import MEAN, MeanParams
from protonet.transforms.caffe import CaffeTransform, steps_of
from protonet.transforms.mean_image import MeanImage, read_mean
from protonet.transforms.record import Array, Context, Shape, Step, StepError

_CUT = MappingProxyType({"crop_size": 0, "mirror": False, "mean_file": None})
"""What of Caffe's map is done otherwise here, left out."""


def open_window_source(
    path: str, root: str | None, source: SourceSpec, windows: WindowsSpec
) -> WindowDataset:
    """Open a window file as a spec says.

    Args:
        path: of the file.
        root: folder in front of its paths; None is the file's own.
        source: that names it, whose transform is Caffe's map.
        windows: its `windows`.

    Raises: DataError if it cannot be read so.
    """
    transform: CaffeTransform = source.transform
    reading = WindowReading(
        root=root,
        fg_threshold=windows.fg_threshold,
        bg_threshold=windows.bg_threshold,
        warp=Warp(transform.crop_size, windows.context_pad, windows.crop_mode == "square"),
        mirror=transform.mirror,
        count=source.records,
        keep=windows.cache_images,
    )
    return open_windows(path, reading)


def window_order(spec: DataSpec, windows: WindowsSpec, dataset: Dataset, seed: int) -> DrawnWindows:
    """Return the order in which the windows of a set are drawn.

    Args:
        spec: the set.
        windows: its `windows`.
        dataset: what `open_window_source` gave.
        seed: of the drawing.
    """
    drawn, (background, foreground) = _drawn(spec, windows), _kinds(dataset)
    mirror = bool(spec.transform.mirror)
    count = dataset.header.count
    return DrawnWindows(count, spec.batch_size, drawn, background, foreground, mirror, seed)


def window_errors(
    spec: DataSpec, windows: WindowsSpec, dataset: Dataset, place: Path
) -> Iterator[PathError]:
    """Yield an error for each kind of windows that is drawn, and that there are none of.

    Args:
        spec: the set.
        windows: its `windows`.
        dataset: what `open_window_source` gave.
        place: where in the spec the source is.
    """
    drawn, kinds = _drawn(spec, windows), _kinds(dataset)
    wanted = {"background": spec.batch_size - drawn, "foreground": drawn}
    told = {
        "background": f"below bg_threshold {windows.bg_threshold:g}",
        "foreground": f"of at least fg_threshold {windows.fg_threshold:g}",
    }
    for count, (kind, number) in zip(kinds, wanted.items(), strict=True):
        if number and not count:
            why = (
                f"{number} of {spec.batch_size} windows of a batch are {kind}, of an overlap "
                f"{told[kind]}, and {dataset.path} has none"
            )
            hint = f"fg_fraction: {int(kind == 'background')} draws none of them"
            yield PathError("PN041", (*place, "windows"), why, hint=hint)


def window_steps(transform: CaffeTransform, context: Context) -> tuple[Step, ...]:
    """Return what is done to windows that are cut out: mean and scale.

    Args:
        transform: Caffe's map.
        context: what is known of the windows.

    Raises: as `steps_of`; StepError if the mean image is smaller than the windows.
    """
    steps = steps_of(transform.model_copy(update=dict(_CUT)), context)
    if transform.mean_file is None:
        return steps
    file = context.folder / transform.mean_file
    mean = _centre(read_mean(file), context.shape, str(file))
    image = MeanImage.of(np.ascontiguousarray(mean, np.float32))
    return (Step(MEAN, MeanParams(image=image), "mean_file"), *steps)


def filled_blobs(dataset: Dataset, image: str | None) -> Mapping[str, str]:
    """Return what is read beside the samples of an input: under a name that no input has, the field
    that says which part of each is filled; nothing where all of it is.

    Args:
        dataset: of a source.
        image: the input that takes its images, or None.
    """
    extends = isinstance(dataset, WindowDataset) and dataset.records.warp.extends
    return {filled_blob(image): FILLED} if image and extends else {}


def filled_blob(image: str) -> str:
    """Return what a reader calls the parts of an input's samples that are filled."""
    return f"{image}: {FILLED}"


def emptied(images: Tensor, filled: Tensor) -> Tensor:
    """Make what is not filled 0, in place.

    Args:
        images: (N, C, H, W).
        filled: top, left, height and width of the part of each that is, (N, 4).
    """
    top, left, height, width = filled.to(images.device).unbind(1)
    rows, columns = (
        (place >= first[:, None]) & (place < (first + size)[:, None])
        for first, size, place in (
            (top, height, torch.arange(images.shape[2], device=images.device)),
            (left, width, torch.arange(images.shape[3], device=images.device)),
        )
    )
    shown = rows[:, None, :, None] & columns[:, None, None, :]  # (N, 1, H, W)
    return images.masked_fill_(~shown, 0)


def _drawn(spec: DataSpec, windows: WindowsSpec) -> int:
    return foreground_of(spec.batch_size, windows.fg_fraction)


def _kinds(dataset: Dataset) -> tuple[int, int]:
    """Return how many windows are background and foreground."""
    if not isinstance(dataset, WindowDataset):
        raise TypeError(f"{dataset.path} has no windows")
    windows = dataset.records.windows
    return windows.background, len(windows) - windows.background


def _centre(mean: Array, shape: Shape, where: str) -> Array:
    """Return the part of a mean image, (…, H, W), that lies under samples of this shape; a number
    for each channel as it is.

    As in Caffe, it begins as many rows from the top as columns from the left.

    Raises: StepError if it is too small.
    """
    if mean.ndim < len(shape) or mean.shape[-2:] == (1, 1):
        return mean
    rows, columns = mean.shape[-2:]
    size = shape[-1]
    begin = (columns - size) // 2
    if begin < 0 or begin + size > rows:
        raise StepError(
            "mean_file",
            f"mean_file: {where}: the mean image has {columns}x{rows} pixels, and windows have "
            f"{size}x{size}",
            "a mean image at least as large, or the mean of each channel in mean_value",
        )
    return mean[..., begin : begin + size, begin : begin + size]
