"""Caffe's nets in OpenCV 4's dnn, whose importer is not ours: another program to compare with."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

import numpy as np

from protonet.errors import UsageError
from protonet.protobuf.arrays import Array

_NO_TYPE = re.compile(r'Can\'t create layer "(?P<layer>.*)" of type "(?P<type>.*)"')
_WHY = re.compile(r"error: \((?P<code>-?\d+):(?P<why>.*)", re.DOTALL)


class NotInOpenCVError(Exception):
    """OpenCV cannot run a net.

    Args:
        why: in its words, shortened.
        layer: that it has no type for; empty where it does not say.
    """

    def __init__(self, why: str, layer: str = "") -> None:
        self.why, self.layer = why, layer
        super().__init__(why)


def opencv_version() -> str:
    """Return the version of OpenCV.

    Raises: UsageError if it is not there, or reads no nets of Caffe's.
    """
    library = _opencv()
    if not hasattr(library.dnn, "readNetFromCaffe"):
        raise UsageError(
            f"--verify needs OpenCV 4, and {library.__version__} no longer reads Caffe's nets; get "
            "it with: pip install 'protonet[verify]'"
        )
    return str(library.__version__)


def layer_outputs(
    prototxt: str, caffemodel: bytes, layers: Mapping[str, str], fed: Mapping[str, Array]
) -> list[list[Array]]:
    """Return the tops of layers, by layer.

    Args:
        prototxt: the net, its inputs with sizes.
        caffemodel: its weights.
        layers: their first tops by their names: OpenCV calls some layers by their tops.
        fed: a batch for each input.

    Raises: NotInOpenCVError if it cannot read the net or run it.
    """
    library = _opencv()
    read = np.frombuffer(prototxt.encode(), np.uint8), np.frombuffer(caffemodel, np.uint8)
    try:
        net = library.dnn.readNetFromCaffe(*read)
        net.setPreferableBackend(library.dnn.DNN_BACKEND_OPENCV)
        net.enableFusion(False)  # else the numbers between fused layers are never made
        net.enableWinograd(False)  # which rounds more than a convolution does
        for name, batch in fed.items():
            net.setInput(np.ascontiguousarray(batch, np.float32), name)
        known = {*net.getLayerNames()}
        wanted = [name if name in known else top for name, top in layers.items()]
        found: list[list[Array]] = net.forwardAndRetrieve(wanted)
    except library.error as error:
        raise _refused(str(error)) from error
    return found


def _refused(text: str) -> NotInOpenCVError:
    if match := _NO_TYPE.search(text):
        return NotInOpenCVError(f"OpenCV has no layer type {match['type']}", match["layer"])
    match = _WHY.search(text)
    return NotInOpenCVError(
        f"OpenCV refuses it: {' '.join((match['why'] if match else text).split())}"
    )


def _opencv() -> Any:
    try:
        import cv2
    except ImportError as error:
        raise UsageError(
            "--verify needs OpenCV 4; get it with: pip install 'protonet[verify]'"
        ) from error
    return cv2
