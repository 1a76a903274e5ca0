"""A prototxt for one net state, as Caffe builds it: the layers that are in it, and what feeds
them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Literal

from protonet.caffe.context import Context, find, places_of
from protonet.caffe.data_layers import PARAM, own
from protonet.caffe.imported import imported
from protonet.caffe.inputs import INPUT
from protonet.caffe.marked import Marked, leaf, listing, mapping
from protonet.caffe.net import translate
from protonet.caffe.opening import is_solver
from protonet.caffe.prototxt import read_prototxt
from protonet.caffe.report import Report
from protonet.caffe.rules import exists
from protonet.caffe.text_format import Field, Message
from protonet.caffe.upgrade import upgraded
from protonet.caffe.values import message, one, scalar, texts
from protonet.errors import UsageError
from protonet.layers import LAYERS
from protonet.layers.memory_data import MemoryDataParams
from protonet.problems import Mark
from protonet.pycaffe.hdf5_rows import Hdf5Rows, read_rows
from protonet.pycaffe.python_layers import PYTHON, PythonLayers
from protonet.schema import Spec, Tables, check_spec
from protonet.source import Origin
from protonet.spec.data import is_known
from protonet.spec.net import InputSpec, NetSpec
from protonet.spec.state import Phase, State

Kind = Literal["input", "data", "layer"]

_OF_FIELDS = "input"
"""What Caffe calls the layer that it makes of the fields `input`."""
_BY_HAND = "MemoryData"


@dataclass(frozen=True, slots=True)
class Line:
    """One layer of a net, in the order of the prototxt.

    Attributes:
        name, type: as the prototxt has them.
        kind: what gives its tops: whoever runs the net, data, or the layer itself.
        tops: names of what it gives.
    """

    name: str
    type: str
    kind: Kind
    tops: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Source:
    """The data set of a data layer.

    Attributes:
        spec: a net that does nothing but read the tops, and the set that feeds it.
        batch_size: samples of a batch.
    """

    spec: Spec
    batch_size: int


Feeding = Source | Hdf5Rows | MemoryDataParams
"""What a data layer reads: a set, arrays of files, or arrays that the program hands over."""


@dataclass(frozen=True, slots=True)
class Opened:
    """A net in one state.

    Attributes:
        spec: its net has the whole shape of every input, and the layers without the inputs.
        phase: that it is built for.
        lines: all layers, those that give inputs too.
        feeds: of each data layer, by its name, what it reads.
        python: the layers that are written in Python.
    """

    spec: Spec
    phase: Phase
    lines: tuple[Line, ...]
    feeds: Mapping[str, Feeding]
    python: PythonLayers

    @property
    def net(self) -> NetSpec:
        """Return the section `net` of the spec, with the whole shape of every input."""
        sizes = {
            top: feed.batch_size
            for line in self.lines
            if (feed := self.feeds.get(line.name)) is not None
            for top in line.tops
        }
        inputs = {
            blob: _whole(given, sizes.get(blob, 1)) for blob, given in self.spec.net.inputs.items()
        }
        return self.spec.net.model_copy(update={"inputs": inputs})


def open_net(path: Path, wanted: State) -> Opened:
    """Read a prototxt for one state.

    Args:
        path: the file, in any of Caffe's dialects.
        wanted: phase, level and stages; those of the prototxt's own `state` are set besides.

    Raises: UsageError if there is no such file; SpecError with all that is wrong with it.
    """
    if path.suffix in (".yaml", ".yml"):
        raise UsageError(
            f"{path}: a Net here is made of a prototxt; of a YAML file protonet.Net makes one"
        )
    if is_solver(path):
        raise UsageError(f"{path}: it is the prototxt of a solver, and a Net is made of a net's")
    return open_message(read_prototxt(path), path, wanted)


def open_message(parsed: Message, path: Path, wanted: State) -> Opened:
    """Read a parsed net for one state.

    Args:
        parsed: the net.
        path: of the file that it stands in; the files that it names are looked for beside it.
        wanted: as in `open_net`.

    Raises: SpecError with all that is wrong with it.
    """
    report = Report(str(path))
    layers = PythonLayers()
    types = {**LAYERS, PYTHON: layers.type}
    context = Context(types, {}, report, places_of(path), phases=(wanted.phase,))
    net = upgraded(context.checked(parsed), report)
    report.stop_at_problems()
    net = _filtered(net, _with_own(wanted, net))
    data = [each for each in map(message, net.named("layer")) if one(each, "type") in PARAM]
    feeds: dict[str, Feeding] = {}
    shapes: dict[str, tuple[int, ...]] = {}
    for layer in data:
        feed = _feeding(net, layer, context)
        feeds[str(one(layer, "name") or "")] = feed
        if isinstance(feed, Hdf5Rows):
            pairs = zip(texts(layer, "top"), feed.arrays, strict=True)
            shapes |= {top: array.shape[1:] for top, array in pairs}
    origin = _translated(net, replace(context, shapes=shapes))
    spec = check_spec(origin, Tables(layers=types))
    return Opened(spec, wanted.phase, tuple(_lines(net)), feeds, layers)


def _feeding(net: Message, layer: Message, context: Context) -> Feeding:
    kind = one(layer, "type")
    if kind == _BY_HAND:
        return _memory(layer)
    return _rows(layer, context) if kind == "HDF5Data" else _source(net, layer, context)


def _with_own(wanted: State, net: Message) -> State:
    """Return a state with the level and stages that the net itself names."""
    fields = net.named("state")
    if not fields:
        return wanted
    written = message(fields[0])
    level = wanted.level or one(written, "level") or 0
    return State(wanted.phase, level, wanted.stages.union(texts(written, "stage")))


def _filtered(net: Message, state: State) -> Message:
    """Return a net without the layers that are not in it, and without the rules that say so."""
    fields = [
        _without_rules(field) if field.name == "layer" else field
        for field in net.fields
        if field.name != "state" and (field.name != "layer" or exists(message(field), state))
    ]
    return replace(net, fields=tuple(fields))


def _without_rules(layer: Field) -> Field:
    kept = [each for each in message(layer).fields if each.name not in ("include", "exclude")]
    return replace(layer, value=replace(message(layer), fields=tuple(kept)))


def _translated(net: Message, context: Context) -> Origin:
    """Return a net as a spec, without data sets."""
    sections = translate(net, context)
    if not sections.net.data["layers"]:  # a net of data alone, which is read here and not run
        tops = [top for layer in net.named("layer") for top in texts(message(layer), "top")]
        sections.net.put("layers", reader_of(tops, net.mark))
    return imported(Path(context.report.name), {"net": sections.net}, context.report).origin


def _source(net: Message, layer: Message, context: Context) -> Source:
    """Return the data set of one layer, whatever other data layers there are.

    Raises: SpecError if it cannot be read as one.
    """
    field = next(each for each in net.named("layer") if each.value is layer)
    tops = texts(layer, "top")
    _check_there(layer, context)
    report = Report(context.report.name)
    alone = replace(context, report=report)
    sections = translate(replace(net, fields=(field,)), alone)
    sections.net.put("layers", reader_of(tops, layer.mark))
    parts = {"data": sections.data, "net": sections.net}
    spec = check_spec(imported(Path(report.name), parts, report).origin)
    entry = next(iter(spec.data.values()))
    return Source(spec, entry.batch_size)


def _check_there(layer: Message, context: Context) -> None:
    """Refuse a data layer whose source is nowhere.

    Raises: UsageError.
    """
    written = one(own(layer), "source")
    if written and not is_known(str(written)) and find(str(written), context.places) is None:
        raise UsageError(
            f"{layer.mark}: layer {one(layer, 'name')} reads {written}, which is neither beside "
            "the prototxt, nor in a folder above it, nor in the current one"
        )


def reader_of(blobs: Sequence[str], mark: Mark) -> Marked:
    """Return the layers of a net that does nothing but read some blobs."""
    layer = mapping(mark)
    for key, value in (("name", "read"), ("type", "Silence")):
        layer.put(key, leaf(value, mark))
    for key, names in (("bottom", blobs), ("top", ())):
        layer.put(key, listing((leaf(name, mark) for name in names), mark))
    return listing([layer], mark)


def _memory(layer: Message) -> MemoryDataParams:
    written = own(layer)
    keys: dict[str, Any] = {field.name: scalar(field) for field in written.fields}
    return MemoryDataParams(**keys, label_dtype="float32")


def _rows(layer: Message, context: Context) -> Hdf5Rows:
    """Return the arrays of an HDF5Data layer.

    Raises: DataError if they cannot be read; UsageError if the layer does not say what to read.
    """
    keys: dict[str, Any] = {field.name: scalar(field) for field in own(layer).fields}
    if "source" not in keys or "batch_size" not in keys:
        raise UsageError(
            f"{layer.mark}: layer {one(layer, 'name')} needs hdf5_data_param {{ source: … "
            "batch_size: … }"
        )
    written = str(keys["source"])
    place = find(written, context.places) or Path(written)
    shuffle = bool(keys.get("shuffle"))
    return read_rows(place, texts(layer, "top"), int(keys["batch_size"]), shuffle=shuffle)


def _lines(net: Message) -> Iterator[Line]:
    names = texts(net, "input")
    if names:
        yield Line(_OF_FIELDS, INPUT, "input", tuple(names))
    for layer in map(message, net.named("layer")):
        kind = str(one(layer, "type") or "")
        name, tops = str(one(layer, "name") or ""), tuple(texts(layer, "top"))
        yield Line(name, kind, _kind(kind), tops)


def _kind(layer_type: str) -> Kind:
    return "input" if layer_type == INPUT else "data" if layer_type in PARAM else "layer"


def _whole(given: InputSpec, batch_size: int) -> InputSpec:
    """Return an input with a size for every axis."""
    shape = tuple(size if isinstance(size, int) else batch_size for size in given.axes())
    return InputSpec(shape=shape, dtype=given.dtype, channels=given.channels, batch=False)
