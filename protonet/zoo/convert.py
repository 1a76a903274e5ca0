"""From published weights to a model: its net, its weights under our names, and what is known."""

from __future__ import annotations

import pickle
from collections.abc import Mapping
from pathlib import Path

import torch
from torch import Tensor

from protonet.errors import DataError
from protonet.language import with_bases
from protonet.net import shape_errors
from protonet.schema import Spec, load_spec
from protonet.snapshot import Evaluation
from protonet.snapshot.tensor_file import write_tensors
from protonet.snapshot.weight_files import read_weights
from protonet.source import read_source
from protonet.source.written import written
from protonet.zoo.check import difference, shapes_of, totals_of
from protonet.zoo.index import imagenet_classes
from protonet.zoo.model import NET, WEIGHTS, FileFacts, Model, Original, digest_of, facts_of
from protonet.zoo.published import TASK, Published
from protonet.zoo.renaming import renamed
from protonet.zoo.shipped import shipped_nets


def shipped_net(published: Published) -> Path:
    """Return the file of a model's net, which comes with protonet.

    Raises: DataError if it is missing.
    """
    nets = shipped_nets()
    if published.net not in nets:
        raise DataError(
            f"{published.net}.yaml: this file of protonet's own is missing; install protonet again"
        )
    return nets[published.net]


def convert(published: Published, file: Path, folder: Path) -> Model:
    """Write net and weights of a model into a folder, and return what is known of it.

    Args:
        published: the model.
        file: the file that was published, verified.
        folder: where the two files are put.

    Raises: DataError if the file holds other weights than the net's; OSError if the disk refuses.
    """
    path = shipped_net(published)
    spec = load_spec(path, prove=shape_errors)
    tensors = weights_of(published, file, spec)
    (folder / NET).write_text(_alone(path), encoding="utf-8")
    (folder / WEIGHTS).unlink(missing_ok=True)
    sha256 = write_tensors(folder / WEIGHTS, tensors)
    totals = totals_of(spec)
    size = (folder / WEIGHTS).stat().st_size
    return Model(
        name=published.name,
        task=TASK,
        source=published.source,
        licence=published.licence,
        accuracy=published.accuracy,
        evaluation=evaluation_of(published),
        parameters=totals.parameters,
        multiply_adds=totals.multiply_adds,
        files={NET: facts_of(folder / NET), WEIGHTS: FileFacts(size=size, sha256=sha256)},
        original=Original(url=published.url, sha256=digest_of(file)),
    )


def evaluation_of(published: Published) -> Evaluation:
    """Return how an image is prepared, and the names of the classes."""
    preprocessing = published.preprocessing
    return Evaluation(
        input="data",
        shape=(3, preprocessing.crop, preprocessing.crop),
        transform=preprocessing.transform(),
        channels=preprocessing.channels,
        classes=imagenet_classes(),
    )


def weights_of(published: Published, file: Path, spec: Spec) -> dict[str, Tensor]:
    """Return published weights by the names of our net.

    Raises: DataError if the file is damaged, or holds others.
    """
    wanted = shapes_of(spec)
    if published.rules is not None:
        return renamed(_torch_file(file), published.rules, wanted, published.url)
    return _numbered(read_weights(file), wanted, published.url)


def _alone(path: Path) -> str:
    """Return a net as a text that needs no other file."""
    data = with_bases(read_source(path)).data
    return written({key: data[key] for key in ("name", "vars", "net") if key in data})


def _torch_file(path: Path) -> Mapping[str, Tensor]:
    """Return the tensors of a file that torch wrote, whose pickle may make nothing but tensors.

    Raises: DataError if it holds something else.
    """
    try:
        held = torch.load(path, map_location="cpu", weights_only=True)
    except (pickle.UnpicklingError, RuntimeError, EOFError, ValueError, KeyError) as error:
        raise DataError(f"{path}: this is no file of weights that torch wrote") from error
    if not isinstance(held, dict) or not all(isinstance(one, Tensor) for one in held.values()):
        raise DataError(f"{path}: it holds something else than weights by name")
    return held


def _numbered(
    given: Mapping[str, Tensor], wanted: Mapping[str, torch.Size], where: str
) -> dict[str, Tensor]:
    """Return weights of Caffe's, `layer/0`, under the names of our parameters, in their shapes.

    Raises: DataError if they do not fit.
    """
    counts: dict[str, int] = {}
    found: dict[str, Tensor] = {}
    for name, shape in wanted.items():
        layer = name.rpartition("/")[0]
        number = counts[layer] = counts.get(layer, -1) + 1
        blob = given.get(f"{layer}/{number}")
        if blob is not None:  # before 2014, every blob had four axes
            same = blob.numel() == shape.numel()
            found[name] = blob.reshape(shape) if same else blob
    if misfit := difference({name: one.shape for name, one in found.items()}, wanted):
        raise DataError(f"{where}: these are other weights than the net's: {misfit}")
    return {name: one.to(torch.float32).contiguous() for name, one in found.items()}
