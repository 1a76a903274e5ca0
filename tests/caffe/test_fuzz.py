"""Whatever the bytes of a prototxt or caffemodel are: a net, or an error of ours."""

from __future__ import annotations

import random
import tracemalloc
from collections.abc import Iterator
from contextlib import contextmanager, suppress
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
from tests.protobuf.wire import blob, held, layer, v0_layer, v1_layer, varint, whole

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


FLIPS = st.lists(st.integers(0, 100_000), min_size=1, max_size=6)
MOST_BYTES = 30_000_000
"""Memory that refusing a file of some kilobytes may take."""


def flipped(content: bytes, bits: list[int]) -> bytes:
    """Return bytes in which some bits are others."""
    made = bytearray(content)
    for bit in bits:
        made[bit // 8 % len(made)] ^= 1 << bit % 8
    return bytes(made)


@contextmanager
def little_memory() -> Iterator[None]:
    """Fail where the block takes more memory than it may."""
    tracemalloc.start()
    try:
        yield
        assert tracemalloc.get_traced_memory()[1] <= MOST_BYTES
    finally:
        tracemalloc.stop()


@settings(max_examples=200)
@given(FLIPS)
def test_a_prototxt_with_bits_turned_over_is_a_net_or_refused(path: Path, bits: list[int]) -> None:
    path.write_bytes(flipped(NET, bits))
    with suppress(ProtonetError):
        check_spec(import_prototxt(path).origin)


@settings(max_examples=300)
@given(FLIPS)
def test_a_caffemodel_with_bits_turned_over_is_weights_or_refused(
    path: Path, bits: list[int]
) -> None:
    path.write_bytes(flipped(MODEL, bits))
    read_all(path)


def test_every_beginning_of_a_prototxt_is_a_net_or_refused(path: Path) -> None:
    for length in range(0, len(NET), 3):
        path.write_bytes(NET[:length])
        with suppress(ProtonetError):
            check_spec(import_prototxt(path).origin)


LIES = [varint(number) for number in (127, 1 << 20, 1 << 31, (1 << 32) - 1, (1 << 63) - 1)]
"""Lengths that nothing of the file has."""


@pytest.mark.parametrize("lie", LIES, ids=[str(len(lie)) for lie in LIES])
def test_a_length_that_lies_takes_no_memory(path: Path, lie: bytes) -> None:
    with little_memory():
        for place in range(len(MODEL)):
            path.write_bytes(MODEL[:place] + lie + MODEL[place + 1 :])
            read_all(path)


@pytest.mark.parametrize("dims", [(1 << 40,), (1 << 31, 1 << 31), (0, 1 << 62), (1,) * 500])
def test_a_shape_that_lies_takes_no_memory(path: Path, dims: tuple[int, ...]) -> None:
    path.write_bytes(layer("a", blob(dims, 1.0)))
    with little_memory(), pytest.raises(DataError):
        read_caffemodel(path)


@pytest.mark.parametrize("depth", [101, 10_000, 200_000])
@pytest.mark.parametrize("opener", ["layer {", "layer: <", "a [ { "])
def test_a_prototxt_of_messages_in_messages_is_refused_at_once(
    path: Path, opener: str, depth: int
) -> None:
    path.write_text(opener * depth)
    with little_memory(), pytest.raises(ProtonetError):
        import_prototxt(path)


@pytest.mark.parametrize(
    "text",
    ["[" * 100_000, "a: " + "[" * 5_000, 'a: "' + "\\" * 200_001, "a: -" * 50_000, "9" * 10**6],
)
def test_a_prototxt_of_one_sign_is_refused_at_once(path: Path, text: str) -> None:
    path.write_text(text)
    with little_memory(), pytest.raises(ProtonetError):
        import_prototxt(path)
