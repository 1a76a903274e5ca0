"""Whatever the bytes of a prototxt or caffemodel are: a net, or an error of ours."""

from __future__ import annotations

import random
from contextlib import suppress
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from protonet.caffe.caffemodel import read_caffemodel
from protonet.caffe.opening import import_prototxt
from protonet.caffe.solver_state import read_solver_state
from protonet.errors import DataError, ProtonetError
from protonet.protobuf import read_blob
from protonet.schema import check_spec
from tests.protobuf.wire import blob, held, layer, v0_layer, v1_layer, whole

NET = b"""name: "n" # text
layer { name: "data" type: "Input" top: "data" input_param { shape { dim: 2 dim: 3 } } }
layer { name: "ip" type: "InnerProduct" bottom: "data" top: "ip" param { lr_mult: 2 }
  inner_product_param { num_output: 4 weight_filler { type: "gaussian" std: 0.1 } } }
layers { name: "c" type: CONVOLUTION bottom: 'ip' top: "c" blobs_lr: 1. }
layers { layer { name: "p" type: "padding" pad: 1 } bottom: "c" top: "p" }
base_lr: 1e-3 net_param < layer: [ { type: "ReLU" }, { include { phase: 0 stage: "a" } } ] >
"""
MODEL = (
    layer("a", blob((2, 2), 1, 2, 3, 4), blob((2,), 5, 6))
    + v1_layer("b", blob((1,), 1))
    + v0_layer("c", blob((1,), 1))
    + held(3, blob((1,), 2))
    + whole(1, 7)
)
CUTS = st.lists(
    st.tuples(st.integers(0, 10_000), st.integers(0, 40), st.binary(max_size=12)), max_size=4
)


def changed(content: bytes, cuts: list[tuple[int, int, bytes]]) -> bytes:
    """Return bytes in which some stretches are others."""
    for place, length, new in cuts:
        start = place % (len(content) + 1)
        content = content[:start] + new + content[start + length :]
    return content


def read_all(path: Path) -> None:
    """Read a file as each of Caffe's binary files."""
    for read in (read_caffemodel, read_solver_state, read_blob):
        with suppress(DataError):
            read(path)


@pytest.fixture(scope="module")
def path(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a file that every example writes anew."""
    return tmp_path_factory.mktemp("fuzz") / "x.prototxt"


@settings(max_examples=200)
@given(CUTS)
def test_a_changed_prototxt_is_a_net_or_refused(
    path: Path, cuts: list[tuple[int, int, bytes]]
) -> None:
    path.write_bytes(changed(NET, cuts))
    with suppress(ProtonetError):
        check_spec(import_prototxt(path).origin)


@settings(max_examples=300)
@given(CUTS)
def test_a_changed_caffemodel_is_weights_or_refused(
    path: Path, cuts: list[tuple[int, int, bytes]]
) -> None:
    path.write_bytes(changed(MODEL, cuts))
    read_all(path)


@settings(max_examples=300)
@given(st.binary(max_size=200))
def test_any_bytes_are_weights_or_refused(path: Path, content: bytes) -> None:
    path.write_bytes(content)
    read_all(path)


def test_every_beginning_of_a_caffemodel_is_weights_or_refused(path: Path) -> None:
    for length in range(len(MODEL)):
        path.write_bytes(MODEL[:length])
        read_all(path)


def test_a_caffemodel_of_messages_in_messages_is_refused_at_once(path: Path) -> None:
    content = b""
    for number in random.Random(1).choices((1, 2, 6, 7, 50, 100), k=2000):
        content = held(number, content)
    path.write_bytes(content)
    read_all(path)
