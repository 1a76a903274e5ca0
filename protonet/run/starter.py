"""A first spec for a dataset of one's own: small, commented, valid."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from protonet.data import open_dataset
from protonet.data.header import Header
from protonet.data.open import tables_of
from protonet.errors import UsageError
from protonet.records import suggestion
from protonet.run.classifiers import VARIABLE, Classifiers, classifiers
from protonet.run.fine_tuning import BATCH, FineTuning, fine_tuning
from protonet.source.yaml_text import means_itself
from protonet.spec.data import TRAIN
from protonet.zoo.address import is_address
from protonet.zoo.find import net_file as zoo_net
from protonet.zoo.shipped import shipped_nets

_PLAIN = re.compile(r"[\w./-]+")
_BATCH = 64
_SMALLEST_IMAGE = 16
"""Pixels of the shorter side below which three poolings leave nothing."""


@dataclass(frozen=True, slots=True)
class Starter:
    """What a first spec is written from.

    Attributes:
        name: of what is trained.
        sets: for each set, its address as it stands in the spec.
        header: of the training set.
        net: a file of a net to build on, and the layers of it that give the classes; or None.
        tuned: a model of the zoo to begin with; or None.
    """

    name: str
    sets: Mapping[str, str]
    header: Header
    net: tuple[str, Classifiers] | None = None
    tuned: FineTuning | None = None

    def text(self) -> str:
        """Return the spec.

        Raises: UsageError if the dataset is of a kind that there is no first spec for.
        """
        net, solver = self._net(), iter(_SOLVER)
        if self.tuned is not None:
            net, solver = self.tuned.net(), self.tuned.solver()
        return "\n".join([*self._head(), *self._data(), *net, *solver, ""])

    @property
    def _shape(self) -> tuple[int, ...]:
        return self.header.fields[0].shape or ()

    def other_shape(self) -> str:
        """Return what to say where the net does not fit samples that it was not made for; empty
        where it was."""
        sample = () if self.net is None else self.net[1].sample
        if len(sample) != len(self._shape) or sample == self._shape:
            return ""
        size = f"{sample[-1]}x{sample[-2]}" if len(sample) > 2 else ""  # C, H, W
        again = f": convert the data again with --resize {size}" if size else ""
        return f"; it was made for {_times(sample)}{again}"

    def _records(self) -> str:
        of = _times(self._shape) if self._shape else "images of different sizes"
        return f"{self.header.count:,} records of {of}"

    def _head(self) -> Iterator[str]:
        yield _visible(f"# protonet train {self.name}.yaml")
        yield "#"
        classes = self.header.classes or ()
        names = _visible(", ".join(classes[:5]) + (", …" if len(classes) > 5 else ""))
        yield f"# {self._records()} to train on"
        yield f"# {len(classes)} classes: {names}"
        yield f"name: {_written(self.name)}"

    def _data(self) -> Iterator[str]:
        yield "data:"
        has_mean = self.header.mean is not None
        transform = "{mean: dataset, std: dataset}" if has_mean else "{}"
        for name, address in self.sets.items():
            yield f"  {_quoted(name)}:"
            yield f"    source: {_written(address)}"
            yield f"    batch_size: {_BATCH if self.tuned is None else BATCH}"
            if name == TRAIN:
                yield "    shuffle: true                # a new order every epoch"
            if self.tuned is not None:
                yield from self.tuned.transform(training=name == TRAIN)
            else:
                yield f"    transform: {transform}   # from the header of the training set"

    def _net(self) -> Iterator[str]:
        inputs = f"{{data: {list(self._shape)}, label: {{shape: [], dtype: int64}}}}"
        if self.net is not None:
            file, layers = self.net
            if layers.by_variable:
                yield f"vars: {{{VARIABLE}: {len(self.header.classes or ())}}}   # of the base"
            yield f"net:\n  base: {_quoted(file)}"
            yield f"  inputs: {inputs}   # the batch axis N goes in front"
            if not layers.by_variable:
                yield "  layers:                      # what differs from the base"
                for layer in layers.names:
                    yield f"    - {{name: {_written(layer)}, num_output: $data.classes}}"
            return
        is_image = len(self._shape) == 3 and min(self._shape[1:]) >= _SMALLEST_IMAGE
        yield f"net:\n  inputs: {inputs}   # the batch axis N goes in front"
        yield from _IMAGE_NET if is_image else _VECTOR_NET
        yield from _CLASSIFIER


_IMAGE_NET = (
    "  defaults:",
    "    Convolution: {weight_filler: msra, bias_term: false}",
    "    InnerProduct: {weight_filler: xavier}",
    "  blocks:",
    "    conv:                        # used below like a layer type",
    "      args: {out: }",
    "      layers:",
    "        - {name: conv, type: Convolution, num_output: $out, kernel_size: 3, pad: 1}",
    "        - {name: bn, type: BatchNorm}",
    "        - {name: scale, type: Scale, bias_term: true}",
    "        - {name: relu, type: ReLU}",
    "        - {name: pool, type: Pooling, kernel_size: 2, stride: 2}",
    "  layers:                        # a layer without bottom reads the one above it",
    "    - {name: conv1, type: conv, out: 32}",
    "    - {name: conv2, type: conv, out: 64}",
    "    - {name: conv3, type: conv, out: 128}",
    "    - {name: pool, type: Pooling, pool: AVE, global_pooling: true}",
)
_VECTOR_NET = (
    "  defaults:",
    "    InnerProduct: {weight_filler: xavier}",
    "  layers:                        # a layer without bottom reads the one above it",
    "    - {name: hidden, type: InnerProduct, num_output: 128}",
    "    - {name: relu, type: ReLU}",
)
_CLASSIFIER = (
    "    - {name: scores, type: InnerProduct, num_output: $data.classes}",
    "    - {name: loss, type: SoftmaxWithLoss, bottom: [scores, label]}",
    "    - {name: accuracy, type: Accuracy, bottom: [scores, label], phase: test}",
)
_SOLVER = (
    "solver:",
    "  type: SGD",
    "  base_lr: 0.01                  # try 0.1 and 0.001, too",
    "  momentum: 0.9",
    "  weight_decay: 0.0005",
    "  lr_policy: {type: poly, power: 1}   # down to 0 at the end",
    "  max_iter: 20 epochs",
    "  test_interval: 1 epoch",
    "  snapshot: 5 epochs",
    "  random_seed: 1                 # everything random follows from it",
)


def starter(path: Path, data: Path, net: str | None) -> Starter:
    """Return what a first spec for a dataset is written from.

    Args:
        path: the spec to be written; paths inside are relative to its folder.
        data: the dataset.
        net: a net of `configs/nets`, by name, or a file; a model of the zoo, `zoo://resnet18`, with
            its weights; None for a small one, written out.

    Raises: UsageError, DataError.
    """
    folder = path.absolute().parent
    relative = os.path.relpath(data.absolute(), folder)
    tables = tables_of(data)
    names = [table or TRAIN for table in tables]
    if TRAIN not in names:
        names[0] = TRAIN
    sets = {
        name: f"{relative}/{table}".rstrip("/")
        for name, table in sorted(zip(names, tables, strict=True), key=lambda one: one[0] != TRAIN)
    }
    tuned = net is not None and is_address(net)
    header = _header(folder / sets[TRAIN], of_one_shape=not tuned)
    if net is None:
        return Starter(path.stem, sets, header)
    file = zoo_net(net) if tuned else net_file(net)
    layers = classifiers(file)
    if tuned:
        classes = len(header.classes or ())
        return Starter(path.stem, sets, header, tuned=fine_tuning(net, classes, layers, file))
    return Starter(path.stem, sets, header, (os.path.relpath(file.absolute(), folder), layers))


def _header(path: Path, *, of_one_shape: bool) -> Header:
    dataset = open_dataset(os.path.relpath(path))
    header = dataset.header
    dataset.close()
    labels = header.field("label")
    shaped = header.fields[0].shape is not None or not of_one_shape
    if not shaped or not header.classes or labels is None or labels.shape:
        raise UsageError(
            f"{os.path.relpath(path)}: a first spec is for records of one shape with one label "
            "each, whose classes have names; write one by hand, as configs/mnist.yaml"
        )
    return header


def net_file(name: str) -> Path:
    """Return the file of a net: a path, or the name of one that comes with protonet.

    Raises: UsageError if there is none.
    """
    if name.endswith((".yaml", ".yml")):
        if not Path(name).is_file():
            raise UsageError(f"{name}: no such file")
        return Path(name)
    known = shipped_nets()
    variants = [name, f"{name}_torchvision"]
    for variant in variants:
        if variant in known:
            return known[variant]
    raise UsageError(f"no net is named {name}; {suggestion(name, known, most=40)}")


def _quoted(text: str) -> str:
    """Return a text as YAML that means it, in quotes where it needs them."""
    plain = _PLAIN.fullmatch(text) and means_itself(text)
    return text if plain else json.dumps(text, ensure_ascii=False)


def _written(text: str) -> str:
    """Return a text as the language writes it where expressions are computed."""
    return _quoted(text.replace("$", "$$"))


def _visible(text: str) -> str:
    """Return a text that can stand in a comment, of one line."""
    return "".join(letter if letter.isprintable() else " " for letter in text)


def _times(shape: tuple[int | str, ...]) -> str:
    return " x ".join(map(str, shape)) + (" numbers" if len(shape) == 1 else "")
