"""What translating one prototxt needs besides the prototxt itself."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from protonet.caffe.check import check
from protonet.caffe.foreign import without_foreign
from protonet.caffe.holes import Holes
from protonet.caffe.report import Report
from protonet.caffe.text_format import Message
from protonet.layers.record import LayerType
from protonet.spec.state import Phase

Shapes = Mapping[str, Sequence[int | str] | Mapping[str, Any]]
"""By blob what stands under `net.inputs` in YAML: a shape without the batch axis, `(1, 28, 28)`, or
a map, `{"shape": (2, 3), "batch": False}`."""


@dataclass(frozen=True, slots=True)
class Context:
    """What a translation is made with.

    Attributes:
        layers: the table of layer types.
        shapes: inputs whose shapes the caller knows; they win over those of the prototxt.
        report: gains problems and notes.
        places: folders in which files named in the prototxt are looked for; what lies in the
            first is left as it is written, since that is where the spec's relative paths start.
        phases: the phases whose data sets are wanted.
        holes: takes the layers of unknown types; None: they are refused.
    """

    layers: Mapping[str, LayerType]
    shapes: Shapes
    report: Report
    places: tuple[Path, ...]
    phases: tuple[Phase, ...] = ("train", "test")
    holes: Holes | None = None

    def checked(self, net: Message) -> Message:
        """Return a parsed net with every value as its field's type has it; what is wrong goes into
        the report."""
        if self.holes is not None:
            known = self.holes.take(net)
        else:
            known = without_foreign(net, self.layers, self.report)
        return check(known, "NetParameter", self.report)

    def path(self, written: str) -> str:
        """Return a path as a spec has it: as written, or absolute where it lies elsewhere."""
        home, *others = self.places
        if not is_there(home / written) and (found := find(written, others)):
            return str(found)
        return written

    def new_path(self, written: str) -> str:
        """Return the path of a file that is to be made as a spec has it: as written, or absolute
        where its folder lies elsewhere."""
        folder = Path(written).parent
        found = next((place for place in self.places if (place / folder).is_dir()), self.places[0])
        return written if found == self.places[0] else str(found / written)


def places_of(*files: Path) -> tuple[Path, ...]:
    """Return where files named in these files are looked for.

    Caffe's paths start from the folder it was called in, usually the root of its repository. So:
    the folder of each file, the folders above it, and the current one.
    """
    folders = [file.absolute().parent for file in files]
    above = [parent for folder in folders for parent in folder.parents]
    return tuple(dict.fromkeys([*folders, Path.cwd(), *above]))


def find(written: str, places: Sequence[Path]) -> Path | None:
    """Return the first file or folder of this name, or None where no place has it."""
    return next((place / written for place in places if is_there(place / written)), None)


def is_there(path: Path) -> bool:
    """Return whether a path is that of a file, a folder, or a table of a data set."""
    above = path.parent
    return path.exists() or above.is_file() or (above / "data.mdb").is_file()
