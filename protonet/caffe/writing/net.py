"""A net of protonet's → a net of Caffe's: the prototxt, and which weights belong to it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import count

import numpy as np
from torch import Tensor

from protonet.caffe.fork_fields import FORKS
from protonet.caffe.text_format import Field, Message
from protonet.caffe.writing.blob_names import BlobNames, blob_names
from protonet.caffe.writing.caffemodel import Stored
from protonet.caffe.writing.layer import Use, Wired, layer_field
from protonet.caffe.writing.refusals import free_axes, missing_reading
from protonet.caffe.writing.tree import group, message, number, shape, text, word
from protonet.errors import PathError, PathErrors
from protonet.net.form import Form
from protonet.net.modules import present
from protonet.net.proof import Leaf
from protonet.protobuf.arrays import Array
from protonet.spec.kept import sharing_of
from protonet.spec.net import BATCH, InputSpec, NetSpec
from protonet.spec.state import Phase

_CAFFES: Mapping[Phase, str] = {"train": "TRAIN", "test": "TEST", "deploy": "TEST"}


@dataclass(frozen=True, slots=True)
class Written:
    """A net as Caffe has it.

    Attributes:
        message: the fields of its prototxt.
        layers: with what they read and give, in order.
        names: what the blobs are called.
        matrices: of losses, by the file that the prototxt names.
    """

    message: Message
    layers: tuple[Wired, ...]
    names: BlobNames
    matrices: Mapping[str, Array] = field(default_factory=dict)

    def stored(self, tensors: Mapping[str, Tensor]) -> Iterator[Stored]:
        """Yield the layers as a caffemodel has them.

        Args:
            tensors: the parameters, by what they are stored under.
        """
        for wired in self.layers:
            layer = wired.node.layer
            blobs = [tensors[use.owner].detach().cpu().float().numpy() for use in wired.parameters]
            yield Stored(layer.name, layer.type, blobs)

    @property
    def forks(self) -> dict[str, str]:
        """Types of layers that forks of Caffe have, and which."""
        types = dict.fromkeys(wired.node.layer.type for wired in self.layers)
        return {name: FORKS[name] for name in types if name in FORKS}


def write_net(
    net: NetSpec,
    forms: Mapping[Phase, Form],
    batches: Mapping[Phase, int],
    *,
    stem: str = "net",
    name: str | None = None,
) -> Written:
    """Return a net for one phase, or for train and test together, as Caffe has it.

    Args:
        net: the net.
        forms: by phase.
        batches: by phase, how many samples a batch has: Caffe's inputs have a size.
        stem: what the names of further files begin with.
        name: of the net, where it has none of its own.

    Raises: PathErrors with everything that Caffe has not, each at its layer.
    """
    names = blob_names([form.wiring for form in forms.values()])
    problems: list[PathError] = []
    layers = list(_wired(net, forms, names, problems))
    matrices = _matrices(layers, stem)
    files = {layer: file for layer, (file, _) in matrices.items()}
    specs = {phase: form.input_specs for phase, form in forms.items()}
    problems += {
        error.path: error for inputs in specs.values() for error in free_axes(inputs)
    }.values()
    fields = [layer_field(wired, problems, files) for wired in layers]
    if problems:
        raise PathErrors(problems)
    taken = {wired.node.layer.name for wired in layers}
    head = [*_head(net, name), *_inputs(specs, batches, taken)]
    return Written(message([*head, *fields]), tuple(layers), names, dict(matrices.values()))


def _head(net: NetSpec, name: str | None) -> Iterator[Field]:
    if called := net.name or name:
        yield text("name", called)
    if net.force_backward:
        yield word("force_backward", "true")
    state = [text("stage", stage) for stage in net.state.stage]
    if net.state.level:
        state = [number("level", net.state.level), *state]
    if state:
        yield group("state", state)


def _inputs(
    specs: Mapping[Phase, Mapping[str, InputSpec]], batches: Mapping[Phase, int], taken: set[str]
) -> Iterator[Field]:
    """Yield an Input layer for each input, one for each phase where those differ."""
    blobs = dict.fromkeys(blob for inputs in specs.values() for blob in inputs)
    for blob in blobs:
        sized = {
            phase: inputs[blob].sized({BATCH: batches[phase]})
            for phase, inputs in specs.items()
            if blob in inputs
        }
        is_one = len({*sized.values()}) == 1 and len(sized) == len(specs)
        for phase, sizes in list(sized.items())[: 1 if is_one else None]:
            name = next(one for one in _input_names(blob) if one not in taken)
            taken.add(name)
            fields = [text("name", name), text("type", "Input"), text("top", blob)]
            if not is_one:
                fields.append(group("include", [word("phase", _CAFFES[phase])]))
            yield group("layer", [*fields, group("input_param", [shape("shape", sizes)])])


def _input_names(blob: str) -> Iterator[str]:
    """Yield names for the layer that an input becomes."""
    yield blob
    yield from (f"{blob}_{place}" for place in count(2))


def _wired(
    net: NetSpec, forms: Mapping[Phase, Form], names: BlobNames, problems: list[PathError]
) -> Iterator[Wired]:
    """Yield every layer of the phases, once, in their order; not those of recurrent steps, whose
    layer Caffe has not."""
    leaves: dict[int, list[Leaf]] = {}
    kinds = {}
    for form in forms.values():
        outer = {node.index for node in form.wiring.nodes}
        for leaf in (leaf for leaf in form.leaves() if leaf.node.index in outer):
            leaves.setdefault(leaf.node.index, []).append(leaf)
            kinds[leaf.node.index] = form.layers[leaf.node.layer.type]
    shared = _shared(net)
    for index in sorted(leaves):
        first = leaves[index][0]
        read = {names.of(leaf.node.bottoms) for leaf in leaves[index]}
        if len(read) > 1 or index in names.clashes:
            problems.append(missing_reading(first.node.layer.name, index))
        kind = kinds[index]
        uses = tuple(_uses(net, first, present(kind, first.module), shared))
        yield Wired(first.node, kind, min(read), names.of(first.node.tops), uses)


def _uses(
    net: NetSpec, leaf: Leaf, parameters: Sequence[str], shared: Mapping[str, str]
) -> Iterator[Use]:
    sharing, layer = sharing_of(net), leaf.node.layer
    for parameter in parameters:
        owner = sharing.owner(layer.name, parameter)
        yield Use(owner, shared.get(owner, ""), layer.param_spec(parameter))


def _shared(net: NetSpec) -> dict[str, str]:
    """Return the names of parameters that are named, or that several layers use, by what they are
    stored under."""
    found: dict[str, str] = {}
    for owner, uses in sharing_of(net).uses.items():
        named = next((use.spec.name for use in uses if use.spec.name), None)
        if named or len(uses) > 1:
            found[owner] = named or owner
    return found


def _matrices(layers: Sequence[Wired], stem: str) -> dict[str, tuple[str, Array]]:
    """Return the matrices of losses, which Caffe reads from files: name and array by layer."""
    found: dict[str, tuple[str, Array]] = {}
    for wired in layers:
        rows = getattr(wired.node.layer.params, "matrix", ())
        if rows:
            file = f"{stem}_{wired.node.layer.name.replace('/', '_')}.binaryproto"
            found[wired.node.layer.name] = file, np.array(rows, np.float32)[None, None]
    return found
