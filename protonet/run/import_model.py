"""`model.json` of an imported folder, which makes a model of the zoo of it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from torch import nn

from protonet.errors import DataError, ShapeError
from protonet.net.form import Form
from protonet.net.modules import present
from protonet.run.import_data import MEANS
from protonet.schema import Spec
from protonet.snapshot import Evaluation
from protonet.spec.data import deciding_set
from protonet.spec.kept import sharing_of
from protonet.spec.net import BATCH
from protonet.transforms import Context, build_pipeline, read_transform
from protonet.transforms.mean_image import read_mean
from protonet.transforms.record import StepError
from protonet.zoo.model import NET, WEIGHTS, Model, facts_of

_IMAGE = 3
_UNKNOWN = "not stated"


@dataclass(frozen=True, slots=True)
class Size:
    """How large a net is in phase test.

    Attributes:
        parameters: numbers that are learnt, shared ones once.
        multiply_adds: of one sample.
    """

    parameters: int
    multiply_adds: int

    @classmethod
    def of(cls, spec: Spec, tested: Form, data: Mapping[str, Any]) -> Size:
        """Return the size of a net, without a pass through it.

        Args:
            spec: the net as it was read.
            tested: its phase test.
            data: the plain data that are written, where the batch may have been left open.
        """
        sharing = sharing_of(spec.net)
        learnt: dict[str, int] = {}
        work, samples = 0, 1
        for leaf in tested.leaves():
            layer, shapes = leaf.node.layer, leaf.proof.shapes
            kind = tested.layers[layer.type]
            bottoms, tops = (
                [shapes[value].small for value in side]
                for side in (leaf.node.bottoms, leaf.node.tops)
            )
            work += kind.multiply_adds(layer.params, bottoms, tops)
            samples = _samples(spec, data, leaf.proof.sizes[0])
            for name in present(kind, leaf.module):
                tensor = getattr(leaf.module, name)
                if isinstance(tensor, nn.Parameter):
                    learnt[sharing.owner(layer.name, name)] = tensor.numel()
        return cls(sum(learnt.values()), work // samples)


def _samples(spec: Spec, data: Mapping[str, Any], sizes: Mapping[str, int]) -> int:
    """Return the samples of a batch that shapes were proved with: of a named size, or of one that
    the prototxt wrote and the spec leaves open."""
    inputs = spec.net.inputs
    if any(BATCH in one.axes() for one in inputs.values()):
        return sizes[BATCH]
    written = data["net"].get("inputs", {})
    for blob, one in inputs.items():
        first = next(iter(one.axes()), 1)
        keys = written.get(blob)
        is_kept = isinstance(keys, Mapping) and keys.get("batch") is False
        if isinstance(first, int) and not is_kept:
            return first
    return 1


def model_of(
    spec: Spec,
    size: Size,
    evaluation: Evaluation | None,
    sources: Sequence[Path],
    folder: Path,
) -> Model:
    """Return what is known of an imported model whose files lie in a folder.

    Args:
        spec: the net.
        size: of the net.
        evaluation: how its images are prepared, and the names of the classes.
        sources: the files that it was imported from.
        folder: that the net and the weights lie in.
    """
    return Model(
        name=spec.net.name or spec.run_name,
        task=_UNKNOWN,
        source=f"imported from {', '.join(path.name for path in sources)}",
        licence=_UNKNOWN,
        evaluation=evaluation,
        parameters=size.parameters,
        multiply_adds=size.multiply_adds,
        files={name: facts_of(folder / name) for name in (NET, WEIGHTS)},
    )


def evaluation_of(
    spec: Spec, data: Mapping[str, Any], classes: tuple[str, ...] | None, folder: Path
) -> Evaluation | None:
    """Return how images are prepared for a net, as its test set says, or a mean image that came
    without one; None where nothing says it and the classes have no names.

    Args:
        spec: the net.
        data: the plain data that were written.
        classes: name of each class.
        folder: that the mean images lie in.

    Raises: DataError if the transforms cannot work on images of the net's.
    """
    blob, shape = next(
        (
            (blob, one.axes()[1:])
            for blob, one in spec.net.inputs.items()
            if len(one.axes()) > _IMAGE
        ),
        (None, ()),
    )
    written = _transform(data.get("data", {}), shape, folder)
    if written is None and classes is None:
        return None
    sizes = tuple(size for size in shape if isinstance(size, int))
    is_known = blob is not None and len(sizes) == len(shape)
    steps = _described(written, sizes, folder) if written and is_known else []
    return Evaluation(input=blob, shape=shape, transform=tuple(steps), classes=classes)


def _transform(sets: Mapping[str, Any], shape: tuple[int | str, ...], folder: Path) -> Any:
    """Return what is done to the images that the net is tested on; None where nothing says it.

    Of a larger mean image than the net's, the middle is meant, as Caffe crops it.
    """
    name = deciding_set(sets) or next(iter(sets), None)
    keys = sets[name] if name is not None else None
    if isinstance(keys, Mapping):
        return keys.get("transform", {})
    mean = next(iter(sorted(folder.glob(MEANS))), None)
    if mean is None:
        return None
    sides = read_mean(mean).shape[1:]
    cropped = sides and sides != shape[1:] and len({*shape[1:]}) == 1
    return {"mean_file": mean.name, **({"crop_size": shape[1]} if cropped else {})}


def _described(written: Any, shape: tuple[int, ...], folder: Path) -> list[dict[str, Any]]:
    """Return a transform as a list that needs no file; empty where its file is not there, which
    the report has said."""
    file = written.get("mean_file") if isinstance(written, Mapping) else None
    if file is not None and not (folder / file).is_file():
        return []
    mean = read_mean(folder / file) if file is not None else None
    stored = mean.shape if mean is not None and mean.ndim == _IMAGE else shape
    try:
        context = Context(shape=stored, folder=folder)
        return build_pipeline(read_transform(written), context).describe()
    except (ShapeError, StepError) as error:
        raise DataError(f"the transform of the test set: {error}") from error


def check_classes(classes: tuple[str, ...], deployed: Form, file: str) -> None:
    """Refuse names of other classes than the net tells apart.

    Args:
        classes: the names.
        deployed: the net as it is deployed.
        file: that they stand in.

    Raises: DataError.
    """
    axes = {name: deployed.axes(value) for name, value in deployed.outputs.items()}
    if axes and all(len(classes) not in shape[1:] for shape in axes.values()):
        shown = ", ".join(f"{name} ({', '.join(map(str, shape))})" for name, shape in axes.items())
        raise DataError(f"{file}: it names {len(classes)} classes, and the net gives {shown}")
