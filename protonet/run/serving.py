"""A model that answers over HTTP: the parts of a server put together."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np

from protonet import __version__
from protonet.data.image import encode
from protonet.data.layout import Array
from protonet.debug.printed import printed
from protonet.errors import DataError, DeviceError, UsageError
from protonet.look.summary import summarise
from protonet.net import Net
from protonet.predict.preparation import Preparation, Prepared
from protonet.predict.telling import Naming
from protonet.run.machine import why_no_memory
from protonet.run.model import Asked, Model, open_model
from protonet.run.output import Output
from protonet.run.predicting import naming_of
from protonet.serve.app import Served, build_app
from protonet.serve.batcher import Batcher, Run
from protonet.serve.limits import Limits
from protonet.serve.metrics import Metrics
from protonet.serve.picture import PictureReader
from protonet.serve.refused import Refused
from protonet.serve.runner import Runner
from protonet.serve.server import Server, address_of, listen
from protonet.serve.service import Service
from protonet.spec.net import BATCH
from protonet.zoo.address import is_address
from protonet.zoo.find import find
from protonet.zoo.folder import model_in

_TOP = 5
_ANY_SIDE = 224
"""Pixels of the picture that a net which takes any size is warmed up with."""
_LONGEST_LIST = 100
"""Numbers of a list in a transform that GET /model writes out: a mean image has a million."""


@dataclass(frozen=True, slots=True)
class Place:
    """Where a server is, and what is asked of the model.

    Attributes:
        host: a name or an address of this machine.
        port: the port; 0 for any free one.
        output: the blob that holds the scores of classes; None finds it.
        scale: scale pictures of another size than the data had.
    """

    host: str = "127.0.0.1"
    port: int = 8000
    output: str | None = None
    scale: bool = False


def serve_model(
    name: str,
    asked: Asked,
    place: Place,
    limits: Limits,
    output: Output,
) -> None:
    """Answer requests until a signal ends it: the first lets what runs be finished.

    Args:
        name: of the model, see `open_net`.
        asked: how it is opened.
        place: where the server is, and what is asked of the model.
        limits: what it takes on.
        output: shows the address, and what is to be known of the model.

    Raises: as `open_model`; UsageError if it cannot listen there; DeviceError if memory is too
        small for a batch; Interrupted if a second signal ended it before all was answered.
    """
    with closing(listen(place.host, place.port)) as bound:
        model = open_model(name, asked, output)
        with printed(output.line), open_service(model, place, limits, output) as (app, service):
            server = Server(
                app,
                limits,
                lambda: output.line(f"{name} answers at {address_of(bound)}   (Ctrl-C ends it)"),
                lambda: service.pictures.taken,
            )
            server.run([bound])
    server.check_ended()


@contextmanager
def open_service(
    model: Model, place: Place, limits: Limits, output: Output
) -> Iterator[tuple[Any, Service]]:
    """Give the application and what answers in it, warm.

    Args:
        model: that answers.
        place: what is asked of it.
        limits: what it takes on.
        output: shows what is to be known of it.

    Raises: UsageError if it takes no pictures, or its outputs hold nothing of single ones;
        DeviceError if memory is too small for a batch.
    """
    reader = PictureReader(
        Preparation(model.evaluation, model.seed, place.scale), limits.max_pixels
    )
    served = _served(model, place, limits, output)
    blobs = (served.naming.scores.blob,) if served.naming else served.outputs
    run = _in_memory(Runner(model.net).run)
    first = _first(model, reader)
    metrics: Metrics

    def warm_up() -> None:
        for count in {1, limits.batch_size}:
            run([first] * count, blobs)

    batcher = Batcher(
        run,
        limits.batch_size,
        limits.max_wait,
        warm_up,
        lambda size, seconds: metrics.batch(size, seconds),
    )
    service = Service(reader, batcher, limits)
    metrics = Metrics(lambda: len(batcher), lambda: service.pictures.taken)
    with closing(service):
        batcher.ready.result()
        yield build_app(served, service, metrics), service


def _in_memory(run: Run) -> Run:
    """Return the same, with a word of its own for too little memory."""

    def tried(samples: Sequence[Prepared], blobs: tuple[str, ...]) -> Mapping[str, Array]:
        try:
            return run(samples, blobs)
        except (RuntimeError, MemoryError) as error:
            why = why_no_memory(error)
            if why is None:
                raise
            raise DeviceError(
                f"out of memory: {why}; a smaller --batch-size than {len(samples)} needs less"
            ) from error

    return tried


def _first(model: Model, reader: PictureReader) -> Prepared:
    """Return a grey picture of a size that the net's data had.

    Raises: DataError if the net does not take it.
    """
    stored = model.evaluation.stored
    shape = (stored and stored.shape) or model.evaluation.shape
    height, width = (axis if isinstance(axis, int) else _ANY_SIDE for axis in shape[1:])
    pixels = np.full((height, width, 3), 128, np.uint8)
    try:
        return reader.read(encode(pixels, "PNG"), f"a picture of {width}x{height}", 0).sample
    except Refused as error:
        raise DataError(f"{model.name}: {error.why}") from error


def _served(model: Model, place: Place, limits: Limits, output: Output) -> Served:
    """Return what is served of a model.

    Raises: UsageError if its outputs hold nothing of single pictures.
    """
    net = model.net
    naming = _naming(model, place.output, output)
    outputs = {name: net.axes(value) for name, value in net.outputs.items()}
    single = {name: axes for name, axes in outputs.items() if axes[:1] == (BATCH,)}
    if not single:
        raise UsageError(
            f"{model.name}: its outputs, {', '.join(outputs)}, hold nothing for each picture"
        )
    return Served(net, naming, tuple(single), _facts(model, naming, limits))


def _naming(model: Model, blob: str | None, output: Output) -> Naming | None:
    """Return what is told of the scores; None for a net that gives none.

    Raises: UsageError if the blob that is named holds none.
    """
    try:
        return naming_of(model, blob, _TOP, output)
    except UsageError:
        if blob is not None:
            raise
        output.line("the net gives no scores of classes: its outputs are told as they are")
        return None


def _facts(model: Model, naming: Naming | None, limits: Limits) -> dict[str, Any]:
    """Return what GET /model tells."""
    net, known = model.net, model.evaluation
    totals = summarise(model.spec, "deploy").totals
    classes = naming and naming.classes
    return {
        "name": _shown_name(model),
        "protonet": __version__,
        "input": {"blob": known.input, "shape": list(known.shape), "channels": known.channels},
        "transform": _short(list(known.transform)),
        "scores": naming and naming.scores.blob,
        "classes": naming and {"count": naming.scores.count, "names": classes},
        "outputs": list(net.outputs),
        "blobs": _blobs(net),
        "parameters": totals.parameters,
        "multiply_adds": totals.multiply_adds,
        "device": str(net.device),
        "limits": asdict(limits),
        **_of_zoo(model.name),
    }


def _shown_name(model: Model) -> str:
    """Return what strangers are told that the model is called: no path of this machine."""
    return model.name if is_address(model.name) else model.spec.net.name or model.spec.run_name


def _blobs(net: Net) -> dict[str, list[int | str]]:
    """Return the shape of each blob that POST /features gives."""
    axes = {name: net.axes(value) for name, value in net.blobs().items()}
    return {name: list(one) for name, one in axes.items() if one[:1] == (BATCH,)}


def _of_zoo(name: str) -> dict[str, Any]:
    """Return what a model.json says of a model of the zoo, or in a folder."""
    model = find(name).model if is_address(name) else model_in(Path(name))
    if model is None:
        return {}
    told = model.model_dump(mode="json")
    return {key: told[key] for key in ("task", "source", "licence", "accuracy")}


def _short(value: Any) -> Any:
    """Return plain data with the longest lists counted."""
    if isinstance(value, dict):
        return {key: _short(one) for key, one in value.items()}
    if not isinstance(value, list | tuple):
        return value
    count = np.asarray(value, object).size
    return f"{count:,} numbers" if count > _LONGEST_LIST else [_short(one) for one in value]
