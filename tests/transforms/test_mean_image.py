from __future__ import annotations

import io
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest

from protonet.errors import DataError, ShapeError
from protonet.transforms.mean_image import MeanImage, read_mean, sized_for
from tests.transforms.running import floats, refusals

MEAN = (np.arange(24) / 7).astype(np.float32).reshape(2, 3, 4)


def npy(array: npt.NDArray[np.generic]) -> bytes:
    file = io.BytesIO()
    np.save(file, array)
    return file.getvalue()


def npz(compressed: bool = False, **arrays: Any) -> bytes:
    file = io.BytesIO()
    (np.savez_compressed if compressed else np.savez)(file, **arrays)
    return file.getvalue()


def refusal(path: Path) -> str:
    with pytest.raises(DataError) as caught:
        read_mean(path)
    return str(caught.value)


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("m.npy", npy(MEAN)),
        ("m.npz", npz(anything=MEAN)),
        ("m.npz", npz(mean=MEAN, other=MEAN + 1)),
        ("m.npz", npz(True, mean=MEAN)),
    ],
    ids=["npy", "the only one", "the one named mean", "compressed"],
)
def test_reads_a_mean_from_numpys_files(name: str, content: bytes, tmp_path: Path) -> None:
    path = tmp_path / name
    path.write_bytes(content)

    assert np.array_equal(read_mean(path), MEAN)


def test_refuses_a_file_that_is_not_there(tmp_path: Path) -> None:
    path = tmp_path / "none.npy"

    assert refusal(path) == f"{path}: the mean file cannot be read: No such file or directory"


def test_reads_caffes_own_form(tmp_path: Path) -> None:
    path = tmp_path / "mean.binaryproto"
    numbers = MEAN.astype("<f4").tobytes()
    lengths = bytes([1, *MEAN.shape])
    # field 7 (shape) with its dims packed in field 1, then field 5 (data) with its length
    shape = bytes([0x3A, len(lengths) + 2, 0x0A, len(lengths)]) + lengths
    size = bytes([len(numbers)]) if len(numbers) < 128 else bytes([len(numbers) % 128 + 128, 1])
    path.write_bytes(shape + b"\x2a" + size + numbers)

    assert np.array_equal(read_mean(path)[0], MEAN)


def test_refuses_other_endings(tmp_path: Path) -> None:
    path = tmp_path / "mean.txt"

    assert refusal(path) == f"{path}: a mean file ends in .npy, .npz or .binaryproto"


@pytest.mark.parametrize(
    ("arrays", "held"), [({}, "nothing"), ({"a": MEAN, "b": MEAN}, "a, b")], ids=["none", "two"]
)
def test_refuses_an_archive_that_leaves_open_which_is_meant(
    arrays: dict[str, Any], held: str, tmp_path: Path
) -> None:
    path = tmp_path / "m.npz"
    path.write_bytes(npz(**arrays))

    assert refusal(path) == f"{path}: holds {held}; a mean file has one array, or one named mean"


@pytest.mark.parametrize(
    ("array", "kind"),
    [(np.array([True]), "bool"), (np.array(["a"]), "<U1"), (np.array([1j]), "complex128")],
)
def test_refuses_what_is_no_number(
    array: npt.NDArray[np.generic], kind: str, tmp_path: Path
) -> None:
    path = tmp_path / "m.npy"
    path.write_bytes(npy(array))

    assert refusal(path) == f"{path}: a mean image holds numbers, not {kind}"


@pytest.mark.parametrize("value", [np.nan, np.inf, 1e39])
def test_refuses_numbers_that_float32_cannot_hold(value: float, tmp_path: Path) -> None:
    path = tmp_path / "m.npy"
    path.write_bytes(npy(np.array([1.0, value])))

    assert refusal(path) == f"{path}: a number is infinite, or too large for float32"


def spoilt(content: bytes, place: int, *values: int) -> bytes:
    """Return the content with other bytes from a place on."""
    return content[:place] + bytes(values) + content[place + len(values) :]


DAMAGED = {
    "empty.npy": b"",
    "cut_short.npy": npy(MEAN)[:-1],
    "text.npy": b"104 117 123",
    "pickled.npy": npy(np.array([1, 2])).replace(b"<i8", b"|O "),
    "header.npy": npy(MEAN).replace(b"(2, 3, 4)", b"((((((((("),
    "empty.npz": b"",
    "cut_short.npz": npz(mean=MEAN)[:-40],
    "stream.npz": spoilt(npz(True, mean=MEAN), 70, 0xFF, 0xFF, 0xFF, 0xFF),
    "method.npz": spoilt(npz(mean=MEAN), npz(mean=MEAN).index(b"PK\x01\x02") + 10, 99),
}
"""Files for which NumPy raises errors of many kinds, tokenize's, zlib's and zipfile's too."""


@pytest.mark.parametrize("name", DAMAGED)
def test_refuses_a_damaged_file(name: str, tmp_path: Path) -> None:
    path = tmp_path / name
    path.write_bytes(DAMAGED[name])

    assert refusal(path) == f"{path}: the mean file is damaged, or no NumPy file"


@pytest.mark.parametrize(
    ("given", "fitted"),
    [
        ((2, 3, 4), (2, 3, 4)),
        ((1, 2, 3, 4), (2, 3, 4)),  # as Caffe stores it
        ((2,), (2, 1, 1)),
        ((2, 1, 1), (2, 1, 1)),
    ],
)
def test_a_mean_fits_the_samples(given: tuple[int, ...], fitted: tuple[int, ...]) -> None:
    mean = np.arange(np.prod(given), dtype=np.float64).reshape(given)

    result = sized_for(mean, (2, 3, 4), "mean.npy")

    assert (result.dtype.name, result.shape) == ("float32", fitted)
    assert result.ravel().tolist() == mean.ravel().tolist()


@pytest.mark.parametrize("shape", [(2, 4, 3), (3,), (1,), (), (2, 3), (2, 2, 3, 4)])
def test_refuses_a_mean_of_another_shape(shape: tuple[int, ...]) -> None:
    with pytest.raises(ShapeError) as caught:
        sized_for(np.zeros(shape), (2, 3, 4), "mean.npy")

    shown = ", ".join(map(str, shape))
    assert str(caught.value) == (
        f"mean.npy: the mean has the shape ({shown}), and the samples (2, 3, 4)"
    )
    assert caught.value.hint == "a mean of shape (2, 3, 4) or (2) fits"


def test_a_mean_as_text_keeps_every_bit() -> None:
    mean = floats([[[0.1, -0.0, 1e-45, 3.4e38]]])

    text = MeanImage.of(mean)

    assert text.shape == (1, 1, 4)
    assert text.array().tobytes() == mean.tobytes()


def test_the_text_is_little_endian_float32_in_base64() -> None:
    """1.0 is 0x3F800000, -2.0 is 0xC0000000."""
    assert MeanImage.of(floats([1, -2])).float32 == "AACAPwAAAMA="


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("AACAPw==", "float32 holds 4 bytes, and the shape (2) needs 8"),
        ("AACAPwAAAMA", "float32 is not base64: Incorrect padding"),
        ("é", "float32 is not base64: string argument should contain only ASCII characters"),
    ],
)
def test_refuses_a_text_that_is_no_image(text: str, why: str) -> None:
    step = {"type": "Mean", "image": {"shape": [2], "float32": text}}

    assert refusals([step]) == [f"0.image: {why}"]
