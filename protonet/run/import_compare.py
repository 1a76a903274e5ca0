"""What an import is verified with: its files as another program reads them, and pictures."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor

from protonet.caffe.caffemodel import is_for_opencv
from protonet.caffe.imported import Became
from protonet.caffe.opening import is_solver
from protonet.caffe.prototxt import read_prototxt
from protonet.caffe.said import files_of
from protonet.caffe.text_format import Message, parse
from protonet.caffe.writing.caffemodel import caffemodel_parts
from protonet.caffe.writing.for_opencv import place_of
from protonet.caffe.writing.net import write_net
from protonet.caffe.writing.text import text_of
from protonet.convert.files import ImageFiles
from protonet.errors import UsageError
from protonet.net import Net
from protonet.predict.preparation import Preparation
from protonet.protobuf.arrays import Array
from protonet.run.import_verify import Batch, Source, Standing, compared
from protonet.run.opencv import opencv_version
from protonet.schema import Spec, located
from protonet.snapshot import Evaluation
from protonet.snapshot.state import Stored as Given
from protonet.spec.net import BATCH, InputSpec
from protonet.transforms.mean_image import MeanImage

_IMAGE = 4
_BATCH = 4
"""Pictures that are run at once, where the net takes any number: every blob of them is kept."""

_SEED = 1


def verify(
    spec: Spec,
    layers: Sequence[Became],
    tensors: Mapping[str, Tensor],
    weights: Path,
    pictures: tuple[Sequence[str], Evaluation | None],
    say: Callable[[str], None],
) -> None:
    """Compare an imported net with OpenCV's reading of the same files.

    Args:
        spec: the net.
        layers: what became of each layer of the prototxt.
        tensors: the weights, by `layer/parameter`.
        weights: the file they are from.
        pictures: paths of them, and how they are prepared, as far as that is known.
        say: takes the report, a line at a time.

    Raises: UsageError if OpenCV is missing, or the net takes no pictures; DataError if one cannot
        be read; VerifyError if a layer differs.
    """
    version = opencv_version()
    net = _loaded(spec, tensors)
    source = _source(spec, layers, net, weights, say)
    paths, evaluation = pictures
    found = compared(net, source, _batches(net, paths, evaluation))
    others = [node.layer.name for node in net.wiring.nodes if node.layer.name not in source.layers]
    say("")
    say(f"the layers on {len(paths)} picture{'s' * (len(paths) != 1)}, against OpenCV {version}")
    for line in found.lines(others):
        say(line)
    found.check()


def _loaded(spec: Spec, tensors: Mapping[str, Tensor]) -> Net:
    """Return the deployed net with its weights.

    Raises: UsageError if some are missing.
    """
    with located(spec):
        net = Net(spec.net, "deploy", channels_last=False)
    for name, tensor in net.named_tensors().items():
        if name not in tensors:
            raise UsageError(f"--verify: the weights do not hold {name}, and both nets need it")
        with torch.no_grad():
            tensor.copy_(tensors[name])
    return net


def _source(
    spec: Spec, layers: Sequence[Became], net: Net, weights: Path, say: Callable[[str], None]
) -> Source:
    """Return the files as they are, or, where those are of a kind that only protonet reads, as
    protonet writes them."""
    nets = [file for file in files_of(spec) if not is_solver(file)]
    tops = {node.layer.name: node.tops[0].blob for node in net.wiring.nodes if node.tops}
    if len(nets) == 1 and weights.suffix == ".caffemodel" and is_for_opencv(weights):
        parsed = read_prototxt(nets[0])
        if not any(_is_v0(field.value) for field in parsed.named("layers")):
            return Source(parsed, weights.read_bytes(), _places(layers, tops))
    say("")
    say("OpenCV reads the net and the weights as protonet writes them, not the files themselves")
    return _rewritten(spec, net)


def _is_v0(layer: object) -> bool:
    return isinstance(layer, Message) and bool(layer.named("layer"))


def _places(layers: Sequence[Became], tops: Mapping[str, str]) -> dict[str, Standing]:
    """Return where layers stand; of those that share one name, none.

    Args:
        layers: of the prototxt.
        tops: the first top of each layer of ours.
    """
    kept = [one for one in layers if one.kind == "layer" and one.names[0] in tops]
    counts = Counter(one.name for one in kept)
    return {
        one.names[0]: Standing(place_of(one.mark), one.name, tops[one.names[0]])
        for one in kept
        if counts[one.name] == 1
    }


def _rewritten(spec: Spec, net: Net) -> Source:
    """Return the deployed net and its weights as an export to Caffe writes them."""
    with located(spec):
        made = write_net(spec.net, {"deploy": net}, {"deploy": 1})
    parsed = parse(text_of(made.message), "")
    content = b"".join(caffemodel_parts("", made.stored(net.named_tensors())))
    layers = zip(made.layers, parsed.named("layer")[-len(made.layers) :], strict=True)
    standing = {
        wired.node.layer.name: Standing(place_of(field.mark), wired.node.layer.name, wired.tops[0])
        for wired, field in layers
        if wired.tops
    }
    return Source(parsed, content, standing)


def _batches(net: Net, paths: Sequence[str], evaluation: Evaluation | None) -> Iterator[Batch]:
    """Yield what both nets are fed: the pictures, and random numbers for inputs that take none.

    A net that takes a batch of one size gets the last picture as often as it takes.

    Raises: UsageError if no input takes pictures; DataError if a picture cannot be read.
    """
    images = [name for name, one in net.input_specs.items() if len(one.axes()) == _IMAGE]
    if not images:
        raise UsageError("--verify: no input of the net takes pictures, (N, C, H, W)")
    blob = evaluation.input if evaluation and evaluation.input in images else images[0]
    spec = net.input_specs[blob]
    preparation = _preparation(spec, blob, evaluation)
    files = ImageFiles(paths, gray=preparation.channels == 1)
    first = spec.axes()[0]
    size = first if isinstance(first, int) else _BATCH
    for start in range(0, len(paths), size):
        rows = list(range(start, min(start + size, len(paths))))
        rows += [rows[-1]] * (size - len(rows) if isinstance(first, int) else 0)
        samples = _samples(preparation, files, rows)
        generator = torch.Generator().manual_seed(_SEED)
        others = {
            name: torch.randn(one.sized({BATCH: len(rows)}), generator=generator).numpy()
            for name, one in net.input_specs.items()
            if name != blob
        }
        yield {blob: samples, **others}


def _preparation(spec: InputSpec, blob: str, evaluation: Evaluation | None) -> Preparation:
    """Return how pictures are prepared: as is known of the net, else only brought to its size."""
    shape = tuple(int(axis) for axis in spec.axes()[1:])
    known = evaluation or Evaluation(input=blob, shape=shape, transform=())
    stored = known.stored or Given(shape=_stored(known.transform, shape))
    return Preparation(known.model_copy(update={"stored": stored}), scale=True)


def _stored(transform: Sequence[Mapping[str, Any]], shape: tuple[int, ...]) -> tuple[int, ...]:
    """Return the shape of the pictures that a transform takes: a mean image's, else the net's."""
    images = [step["image"] for step in transform if "image" in step]
    means = [MeanImage.model_validate(image).shape for image in images]
    return next((mean for mean in means if len(mean) == len(shape)), shape)


def _samples(preparation: Preparation, files: ImageFiles, rows: Sequence[int]) -> Array:
    """Return pictures, prepared, (N, C, H, W) float32."""
    pictures = [preparation.picture(files.load(row), files.name(row)) for row in rows]
    images = preparation.ordered(np.stack(pictures))
    preparation.check(images.shape[1:], files.name(rows[0]))
    prepared = preparation.prepared(images, np.array(rows))
    device = prepared.pipeline.device(torch.from_numpy(prepared.images), prepared.positions)
    return np.asarray(device.numpy(), np.float32)
