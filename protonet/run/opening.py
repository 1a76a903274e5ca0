"""What a source names, opened: a dataset, a known set, data that are read as they lie, arrays that
a program hands over, or samples that are made up."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path as Folder

from protonet.convert.direct import Reading, open_directly
from protonet.convert.source import DATA
from protonet.data.dataset import ChunkedDataset
from protonet.data.known import Search, locate
from protonet.data.open import open_dataset
from protonet.errors import DataError, Path, PathError, ShapeError, UsageError
from protonet.net.form import Form
from protonet.run.made_up import made_up
from protonet.run.paths import home, near
from protonet.run.windows import open_window_source
from protonet.schema import Spec
from protonet.spec.data import KNOWN, SourceSpec, is_known
from protonet.spec.unconverted import MEMORY, RANDOM
from protonet.transforms import Context
from protonet.transforms.caffe import CaffeTransform
from protonet.transforms.record import Shape, Step
from protonet.transforms.sizing import build_sizing

_IMAGES = 4
"""Axes of a batch of images."""

Say = Callable[[str], object]


@dataclass(frozen=True, slots=True)
class Opened:
    """What was opened.

    Attributes:
        dataset: it.
        is_stand_in: whether a fallback is read in place of the known set that was named.
    """

    dataset: ChunkedDataset
    is_stand_in: bool = False


@dataclass(frozen=True, slots=True)
class Opener:
    """Opens what the sources of a spec name.

    Attributes:
        spec: the spec.
        search: how known sets are looked for.
        say: takes what a person must know: a set downloaded, files left out.
        net: that is fed, for samples that are made up; None where it does not matter.
    """

    spec: Spec
    search: Search
    say: Say
    net: Form | None = None

    def open(self, address: str, place: Path, source: SourceSpec) -> Opened:
        """Open what one address of a source names.

        Args:
            address: a path, a known set, `memory` or `random`.
            place: where in the spec the source is: `("data", "train")`, or one number more.
            source: what the spec says of it.

        Raises: PathError if it cannot be had.
        """
        try:
            if address == RANDOM:
                return Opened(self._made_up(place, source))
            if address == MEMORY:
                return Opened(self._handed_over(str(place[1])))
            if is_known(address):
                return self._known(address, source)
            return Opened(self._file(address, place, source))
        except (DataError, UsageError) as error:
            raise PathError("PN040", (*place, "source"), str(error)) from error

    def _made_up(self, place: Path, source: SourceSpec) -> ChunkedDataset:
        if len(place) > len(("data", "train")):
            raise UsageError("random makes samples for every input of the net, so it is read alone")
        if self.net is None:
            raise UsageError("random makes samples for a net, and there is none")
        return made_up(self.net, place, source.records, self.spec)

    def _handed_over(self, name: str) -> ChunkedDataset:
        given = self.spec.given.get(name)
        if not isinstance(given, ChunkedDataset):
            raise UsageError(
                f"memory is what a program hands over, and nothing is given for {name}: "
                f'protonet.train(…, data={{"{name}": {{"data": array, "label": array}}}})'
            )
        return given

    def _known(self, address: str, source: SourceSpec) -> Opened:
        known = locate(address, source.fallback, self.search)
        for note in known.notes:
            self.say(note)
        asked = address.removeprefix(KNOWN).partition("/")[0]
        return Opened(open_dataset(known.address), known.name != asked)

    def _file(self, address: str, place: Path, source: SourceSpec) -> ChunkedDataset:
        path = near(home(self.spec, *place, "source"), address)
        root = source.root_folder
        if root is not None:
            root = near(home(self.spec, *place, "root_folder"), root)
        if source.windows is not None:
            return open_window_source(path, root, source, source.windows)
        height, width = source.new_height, source.new_width
        size = None if height is None or width is None else (width, height)
        folder = home(self.spec, *place, "transform", "mean_file")
        alike = partial(_made_alike, source.transform, folder)
        gray = None if source.is_color is None else not source.is_color
        direct = open_directly(path, Reading(root, size, gray, self._takes_gray(source), alike))
        for note in direct.notes:
            self.say(note)
        return direct.dataset

    def _takes_gray(self, source: SourceSpec) -> bool:
        """Return whether images are wanted with one channel: by the transform, else by the net."""
        asked = source.transform
        if isinstance(asked, CaffeTransform) and (asked.force_gray or asked.force_color):
            return asked.force_gray
        blob = source.fields.get(DATA, DATA)
        wanted = self.net.input_specs.get(blob) if self.net else None
        if wanted is None or len(wanted.axes()) != _IMAGES:
            return False
        return wanted.channels == "gray" or wanted.axes()[1] == 1


def _made_alike(transform: CaffeTransform | tuple[Step, ...], folder: Folder, shape: Shape) -> bool:
    """Return whether transforms give images of any size one.

    Args:
        transform: what `read_transform` gave.
        folder: where its relative paths begin.
        shape: of an image as it is read, (C, H, W).
    """
    anything = (1.0,) * shape[0]
    context = Context(shape=shape, mean=anything, std=anything, folder=folder)
    try:
        build_sizing(transform, context, (shape[1], shape[2]))
    except (ShapeError, DataError):  # told of where the transforms are built for the net
        return False
    return True
