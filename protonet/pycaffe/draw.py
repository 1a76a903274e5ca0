"""caffe.draw: a net as a picture, by protonet's own drawing.

Source: Caffe, python/caffe/draw.py, whose colours and boxes were others.
"""

from __future__ import annotations

import tempfile
from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Any

from protonet.caffe.text_format import parse
from protonet.errors import UsageError
from protonet.look.dot import RankDir, dot_text
from protonet.look.forms import prove_net
from protonet.look.picture import picture
from protonet.look.render import write_drawing
from protonet.pycaffe.mode import TEST
from protonet.pycaffe.opening import open_message
from protonet.pycaffe.request import PHASES
from protonet.schema import located
from protonet.spec.state import State

_DIRECTIONS: Mapping[str, RankDir] = MappingProxyType({"LR": "LR", "TB": "TB", "BT": "BT"})
_NAME = "net.prototxt"


def dot_of(caffe_net: Any, rankdir: str = "LR", phase: int | None = None) -> str:
    """Return a net in the language of Graphviz.

    Args:
        caffe_net: a NetParameter.
        rankdir: data flow from left to right, LR, from top to bottom, TB, or upwards, BT.
        phase: TRAIN or TEST; left out: TEST.

    Raises: UsageError for another direction or phase; SpecError if the net is wrong.
    """
    if rankdir not in _DIRECTIONS:
        raise UsageError(f"draw: rankdir is LR, TB or BT, not {rankdir}")
    chosen = TEST if phase is None else phase
    if chosen not in PHASES:
        raise UsageError(f"draw: the phase is TRAIN or TEST, not {phase}")
    path = Path(_NAME)
    opened = open_message(parse(str(caffe_net), _NAME), path, State(PHASES[chosen]))
    with located(opened.spec):
        proved = prove_net(opened.net, opened.phase)
    return dot_text(picture(proved, caffe_net.name or "net"), _DIRECTIONS[rankdir])


def draw_net(
    caffe_net: Any, rankdir: str = "LR", ext: str = "png", phase: int | None = None
) -> bytes:
    """Return a drawing of a net as the bytes of an image.

    Args:
        caffe_net, rankdir, phase: as in `dot_of`.
        ext: png, svg, pdf, or dot.

    Raises: UsageError if no program is there to draw it, or `ext` is none of these.
    """
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / f"net.{ext}"
        write_drawing(dot_of(caffe_net, rankdir, phase), file)
        return file.read_bytes()


def draw_net_to_file(
    caffe_net: Any, filename: str | Path, rankdir: str = "LR", phase: int | None = None
) -> None:
    """Draw a net to a file, in the format that its name ends with.

    Raises: as `draw_net`; StorageError if it cannot be written.
    """
    write_drawing(dot_of(caffe_net, rankdir, phase), Path(filename))
