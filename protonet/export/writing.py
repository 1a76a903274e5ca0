"""The files: a program of torch.export, ONNX, weights as safetensors; and how each is run again."""

from __future__ import annotations

import logging
import warnings
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, redirect_stdout
from dataclasses import dataclass
from io import StringIO
from pathlib import Path
from typing import Any

import safetensors.torch
import torch
from torch import Tensor, nn

from protonet.errors import StorageError, UsageError

Run = Callable[..., Mapping[str, Tensor]]
"""Takes a tensor for each input, in order; gives the outputs by name."""


@dataclass(frozen=True, slots=True)
class Program:
    """A net that takes tensors in order and gives a dict of them, on the CPU.

    Attributes:
        module: the net.
        inputs: name of each input and its axes, the named ones of any size.
        example: a tensor for each.
        outputs: names of what it gives.
    """

    module: nn.Module
    inputs: Mapping[str, Sequence[int | str]]
    example: tuple[Tensor, ...]
    outputs: tuple[str, ...]

    def dynamic(self) -> tuple[dict[int, Any], ...]:
        """Return the axes of any size of each input, as torch.export takes them."""
        names = {axis for axes in self.inputs.values() for axis in axes if isinstance(axis, str)}
        free = {name: torch.export.Dim(name) for name in names}
        return tuple(
            {place: free[axis] for place, axis in enumerate(axes) if isinstance(axis, str)}
            for axes in self.inputs.values()
        )


def write_program(program: Program, path: Path) -> None:
    """Write a program that `torch.export.load` reads.

    Raises: UsageError if torch cannot export the net; StorageError if the disk refuses.
    """
    exported = _exported(program)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", UserWarning)  # about parameters that share a storage
            torch.export.save(exported, path)
    except RuntimeError as error:  # torch's word for a disk that is full
        raise StorageError(f"{path.name}: cannot be written: {_first(error)}") from error


def run_program(path: Path) -> Run:
    """Return what runs a program again."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)
        return torch.export.load(path).module()


def write_onnx(program: Program, path: Path) -> None:
    """Write a net as ONNX, its weights inside.

    Raises: UsageError if the libraries are missing, or the net holds what ONNX has not.
    """
    _libraries()
    exported = _exported(program)
    try:
        with _quiet():
            torch.onnx.export(
                exported,
                (),
                path,
                dynamo=True,
                external_data=False,
                input_names=list(program.inputs),
                output_names=list(program.outputs),
                verbose=False,
            )
    except Exception as error:  # what torch's exporter raises has no common base
        raise UsageError(f"--to onnx: the net cannot be exported: {_first(error)}") from error


def run_onnx(path: Path, inputs: Sequence[str]) -> Run:
    """Return what runs an ONNX file again, in ONNX Runtime.

    Args:
        path: of the file.
        inputs: names of its inputs, in order.

    Raises: UsageError if it is not installed.
    """
    runtime = _libraries()
    session = runtime.InferenceSession(str(path), providers=["CPUExecutionProvider"])
    names = [one.name for one in session.get_outputs()]

    def run(*tensors: Tensor) -> Mapping[str, Tensor]:
        fed = {name: tensor.numpy() for name, tensor in zip(inputs, tensors, strict=True)}
        return dict(zip(names, map(torch.from_numpy, session.run(None, fed)), strict=True))

    return run


def write_weights(tensors: Mapping[str, Tensor], path: Path) -> None:
    """Write parameters and statistics as safetensors, by `layer/parameter`."""
    plain = {name: tensor.detach().cpu().contiguous() for name, tensor in tensors.items()}
    path.write_bytes(safetensors.torch.save(plain))


def _exported(program: Program) -> torch.export.ExportedProgram:
    try:
        with torch.no_grad():
            return torch.export.export(
                program.module, program.example, dynamic_shapes=program.dynamic()
            )
    except Exception as error:  # what torch's exporter raises has no common base
        raise UsageError(f"torch.export cannot export the net: {_first(error)}") from error


@contextmanager
def _quiet() -> Iterator[None]:
    """Silence what torch's exporter says of itself: what matters is an error of ours."""
    logger = logging.getLogger("torch.onnx")
    level = logger.level
    logger.setLevel(logging.ERROR)
    try:
        with warnings.catch_warnings(), redirect_stdout(StringIO()):
            warnings.simplefilter("ignore")
            yield
    finally:
        logger.setLevel(level)


def _libraries() -> Any:
    try:
        import onnx  # noqa: F401  # torch's exporter needs it, and says so less clearly
        import onnxruntime
        import onnxscript  # noqa: F401  # likewise
    except ImportError as error:
        raise UsageError(
            f"--to onnx needs the library {error.name}; get it with: pip install 'protonet[onnx]'"
        ) from error
    return onnxruntime


def _first(error: Exception) -> str:
    lines = str(error).strip().splitlines()
    return lines[0] if lines else type(error).__name__
