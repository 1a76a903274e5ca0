"""Caffe's binary files, as far as protobuf says what they are: messages, and the arrays in them."""

from __future__ import annotations

from protonet.protobuf.blob_file import read_blob
from protonet.protobuf.file import Parsed, read_message

__all__ = ["Parsed", "read_blob", "read_message"]
