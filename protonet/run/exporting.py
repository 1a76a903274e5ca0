"""A model written as a file for others, and compared with the original before it appears."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from copy import deepcopy
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import numpy as np
import torch
from torch import Tensor

from protonet.convert.files import ImageFiles
from protonet.data.place import appearing, disk_errors
from protonet.errors import ExportError, UsageError
from protonet.export.comparing import Difference, differences
from protonet.export.folding import folded
from protonet.export.preparing import with_preparation
from protonet.export.writing import (
    Program,
    Run,
    run_onnx,
    run_program,
    write_onnx,
    write_program,
    write_weights,
)
from protonet.net import Net
from protonet.net.axes import axis_sizes
from protonet.predict.preparation import Preparation
from protonet.run.export_caffe import CaffeFiles, caffe_written
from protonet.run.model import Asked, Opened, check_fed, evaluation_for, open_net
from protonet.run.output import Output
from protonet.snapshot import load_weights
from protonet.spec.net import BATCH, InputSpec

Tensors = tuple[Tensor, ...]
Kind = Literal["torch", "onnx", "safetensors", "caffe"]

ENDINGS: Mapping[Kind, str] = {"torch": ".pt2", "onnx": ".onnx", "safetensors": ".safetensors"}
"""What the files end in."""

_SEED = 1
_BATCH = 16
_SHOWN = 8


@dataclass(frozen=True, slots=True)
class Export:
    """What is asked of an export.

    Attributes:
        kind: of file.
        out: the file.
        force: replace it.
        fold: put normalisation into the convolutions before it.
        preprocess: let the file take images as the data set held them.
        images: pictures that it is compared on, besides random numbers.
        tolerance: largest difference, as a share of an output's largest magnitude.
        train_val: of Caffe's files, the net that is trained and tested, too.
        solver: of Caffe's files, the solver, too.
    """

    kind: Kind
    out: Path
    force: bool = False
    fold: bool = False
    preprocess: bool = False
    images: tuple[str, ...] = ()
    tolerance: float = 1e-4
    train_val: bool = False
    solver: bool = False


def export_model(name: str, asked: Asked, wanted: Export, output: Output) -> tuple[Path, ...]:
    """Write a model as a file, which appears if it gives what the model gives; return it, or the
    files where it takes several.

    Args:
        name: of the model, see `open_net`.
        asked: how it is opened.
        wanted: what is asked.
        output: shows what was done, and the largest differences.

    Raises: as `open_net`; UsageError if the net cannot be exported so; DataError if a picture
        cannot be read; ExportError if the file gives something else; StorageError if the disk
        refuses.
    """
    _check(wanted)
    opened = open_net(name, asked, output)
    preparation = None
    if wanted.preprocess or wanted.images:
        evaluation = evaluation_for(opened, asked, output)
        check_fed(name, opened.net, evaluation)
        preparation = Preparation(evaluation, scale=evaluation.stored is not None)
    if wanted.kind == "caffe":
        return _export_caffe(opened, wanted, preparation, output)
    program = _program(opened.net, wanted, preparation, output)
    with appearing(wanted.out, None, force=wanted.force) as file, disk_errors(wanted.out):
        run = _written(wanted, program, opened, file)
        shape = program.example[0].shape[1:]
        fed = _fed(shape, opened.net, wanted, preparation)
        _judge(_largest(opened.net, run, fed), wanted, output)
    return (wanted.out,)


def _export_caffe(
    opened: Opened, wanted: Export, preparation: Preparation | None, output: Output
) -> tuple[Path, ...]:
    """Write a model as Caffe's files; return them."""
    files = _caffe_files(wanted)
    with caffe_written(opened, files, output) as run:
        fed = _fed((), opened.net, wanted, preparation)
        _judge(_largest(opened.net, run, fed), wanted, output)
    return files.all()


def _caffe_files(wanted: Export) -> CaffeFiles:
    return CaffeFiles.at(wanted.out, train_val=wanted.train_val, solver=wanted.solver)


def _check(wanted: Export) -> None:
    """Refuse what does not go together, before the model is opened."""
    if wanted.kind == "caffe":
        _check_caffe(wanted)
        return
    if wanted.train_val or wanted.solver:
        option = "--train-val" if wanted.train_val else "--solver"
        raise UsageError(f"{option}: only --to caffe writes it")
    ending = ENDINGS[wanted.kind]
    if wanted.out.suffix != ending:
        raise UsageError(
            f"{wanted.out}: the name of a file for --to {wanted.kind} ends in {ending}"
        )
    if wanted.kind == "safetensors" and (wanted.fold or wanted.preprocess):
        option = "--fold" if wanted.fold else "--preprocess"
        raise UsageError(f"{option}: safetensors holds the weights of the net as it is, no net")


def _check_caffe(wanted: Export) -> None:
    if wanted.fold or wanted.preprocess:
        option = "--fold" if wanted.fold else "--preprocess"
        raise UsageError(f"{option}: Caffe's files hold the layers of the net as they are")
    _caffe_files(wanted).check_free(force=wanted.force)


def _program(net: Net, wanted: Export, preparation: Preparation | None, output: Output) -> Program:
    """Return what is written, on the CPU, contiguous in memory, and nothing to be learnt in it."""
    module, gone = folded(net) if wanted.fold else (deepcopy(net.graph_module), ())
    if wanted.fold:
        output.line(_folded(gone))
    plain = module.requires_grad_(False)
    for tensor in (*plain.parameters(), *plain.buffers()):
        tensor.data = tensor.data.contiguous()
    sizes = axis_sizes(net.input_specs)[0]
    inputs = {name: spec.axes() for name, spec in net.input_specs.items()}
    example = tuple(
        torch.zeros(spec.sized(sizes), dtype=getattr(torch, spec.dtype))
        for spec in net.input_specs.values()
    )
    if preparation is None or not wanted.preprocess:
        return Program(plain, inputs, example, tuple(net.outputs))
    prepared, shape = with_preparation(plain, preparation.evaluation)
    blob = next(iter(inputs))
    example = (torch.zeros((sizes[BATCH], *shape), dtype=torch.uint8),)
    return Program(prepared.eval(), {blob: (BATCH, *shape)}, example, tuple(net.outputs))


def _folded(gone: Sequence[str]) -> str:
    more = f" and {len(gone) - _SHOWN} more" if len(gone) > _SHOWN else ""
    names = f": {', '.join(gone[:_SHOWN])}{more}" if gone else ""
    return f"folded {len(gone)} layer{'' if len(gone) == 1 else 's'} into convolutions{names}"


def _written(wanted: Export, program: Program, opened: Opened, file: Path) -> Run:
    """Write the file, and return what runs it again."""
    if wanted.kind == "torch":
        write_program(program, file)
        return run_program(file)
    if wanted.kind == "onnx":
        write_onnx(program, file)
        return run_onnx(file, list(program.inputs))
    write_weights(opened.net.named_tensors(), file)
    again = Net(opened.spec.net, "deploy", seed=_SEED, channels_last=False)
    load_weights(again, file)
    return again.graph_module


def _fed(
    sample: Sequence[int], net: Net, wanted: Export, preparation: Preparation | None
) -> Iterator[tuple[str, Tensors, Tensors]]:
    """Yield what the export is compared on: in words, what it is fed, and what the net is.

    Args:
        sample: the shape of a picture, where the file prepares pictures.
        net: the original.
        wanted: what was asked.
        preparation: of pictures.
    """
    generator = torch.Generator().manual_seed(_SEED)
    sizes = axis_sizes(net.input_specs)[1]
    if preparation is not None and wanted.preprocess:
        shape = (sizes[BATCH], *sample)
        noise = torch.randint(0, 256, shape, dtype=torch.uint8, generator=generator)
        yield "random pixels", (noise,), (_samples(preparation, noise),)
    else:
        specs = net.input_specs.values()
        random = tuple(_random(spec, sizes, generator) for spec in specs)
        yield "random numbers", random, random
    if preparation is not None and wanted.images:
        files = ImageFiles(wanted.images, gray=preparation.channels == 1)
        for start in range(0, len(files), _BATCH):
            rows = range(start, min(start + _BATCH, len(files)))
            for pictures in _pictures(files, rows, preparation):
                samples = _samples(preparation, pictures)
                yield "pictures", (pictures if wanted.preprocess else samples,), (samples,)


def _pictures(files: ImageFiles, rows: range, preparation: Preparation) -> Iterator[Tensor]:
    """Yield pictures, (N, C, H, W) uint8; those of another size than the first by themselves."""
    decoded = [preparation.picture(files.load(row), files.name(row)) for row in rows]
    for row, one in zip(rows, decoded, strict=True):
        preparation.check(one.shape, files.name(row))
    for shape in dict.fromkeys(one.shape for one in decoded):
        yield torch.from_numpy(np.stack([one for one in decoded if one.shape == shape]))


def _samples(preparation: Preparation, pictures: Tensor) -> Tensor:
    """Return pictures, (N, C, H, W) uint8, prepared as for a test."""
    images = preparation.ordered(pictures.numpy())
    preparation.check(images.shape[1:], "a picture")
    prepared = preparation.prepared(images, np.arange(len(images)))
    return prepared.pipeline.device(torch.from_numpy(prepared.images), prepared.positions)


def _random(spec: InputSpec, sizes: Mapping[str, int], generator: torch.Generator) -> Tensor:
    dtype = getattr(torch, spec.dtype)
    if dtype.is_floating_point:
        return torch.randn(spec.sized(sizes), generator=generator).to(dtype)
    return torch.randint(0, 2, spec.sized(sizes), dtype=dtype, generator=generator)


def _largest(
    net: Net, run: Run, fed: Iterable[tuple[str, Tensors, Tensors]]
) -> dict[tuple[str, str], Difference]:
    """Return the largest difference for each output and kind of input, by what was fed."""
    found: dict[tuple[str, str], Difference] = {}
    with torch.no_grad():
        for what, given, samples in fed:
            for one in differences(net.graph_module(*samples), run(*given)):
                key = what, one.output
                found[key] = max(one, found.get(key, one), key=lambda each: each.share)
    return found


def _judge(found: Mapping[tuple[str, str], Difference], wanted: Export, output: Output) -> None:
    """Show the differences.

    Raises: ExportError if one is too large.
    """
    for (what, name), one in found.items():
        output.line(f"{name} on {what}: largest difference {one.largest:.2g}")
    worst = max(found.items(), key=lambda pair: pair[1].share, default=None)
    if worst is not None and not worst[1].share <= wanted.tolerance:
        (what, name), one = worst
        raise ExportError(
            f"{wanted.out}: not written: on {what}, {name} differs from the original by "
            f"{one.share:.2g} of its largest magnitude, and {wanted.tolerance:g} is allowed "
            "(--tolerance)"
        )
