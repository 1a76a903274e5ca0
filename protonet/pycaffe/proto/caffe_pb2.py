"""Caffe's messages under the names of the module that protoc makes of caffe.proto.

`from protonet.pycaffe.proto import caffe_pb2`, then `caffe_pb2.NetParameter()`, and
`google.protobuf.text_format.Merge(text, net)`: they are messages of the protobuf library, with
Caffe's own field numbers, so that binary files are read and written with them too.
"""

from __future__ import annotations

from typing import Any

from protonet.pycaffe.proto.messages import classes

TRAIN, TEST = 0, 1
"""The phases, as Caffe numbers them."""


def __getattr__(name: str) -> Any:
    """Return the class of a message."""
    found = classes().get(name)
    if found is None:
        raise AttributeError(
            f"Caffe's messages have no {name} here; the layers of forks, and of nets of 2013, are "
            "not among them"
        )
    return found


def __dir__() -> list[str]:
    """Return the names of the messages."""
    return sorted({*globals(), *classes()})
