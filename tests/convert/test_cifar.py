from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from protonet.convert.cifar import cifar_files, is_cifar_name, list_cifar
from protonet.convert.source import Held
from protonet.errors import DataError
from tests.convert.tables import written


def record(*labels: int, value: int) -> bytes:
    """Return a record whose red is `value`, green one more, blue two more."""
    return bytes(labels) + b"".join(bytes([value + c]) * 1024 for c in range(3))


def test_files_are_known_by_their_names() -> None:
    known = ["data_batch_1.bin", "test_batch.bin", "train.bin", "data_batch_1_first4000.bin"]
    assert all(map(is_cifar_name, known))
    assert not any(map(is_cifar_name, ["a.bin", "data_batch_1", "weights.bin"]))


def test_batches_become_a_table_for_training_and_one_for_testing(tmp_path: Path) -> None:
    written(tmp_path / "data_batch_2.bin", record(1, value=20))
    written(tmp_path / "data_batch_1.bin", record(0, value=10) + record(2, value=15))
    written(tmp_path / "test_batch.bin", record(1, value=30))
    written(tmp_path / "batches.meta.txt", "cat\ndog\nbird\n\n")
    train, test = list_cifar(cifar_files(tmp_path), gray=False)
    assert (train.table, test.table) == ("train", "test")
    assert train.labels.tolist() == [0, 2, 1]
    assert train.classes == test.classes == ("cat", "dog", "bird")
    assert train.images is not None
    assert train.images.load(2).pixels[31, 0].tolist() == [20, 21, 22]


def test_the_hundred_classes_have_coarse_ones_beside_them(tmp_path: Path) -> None:
    path = written(tmp_path / "train.bin", record(1, 3, value=7))
    written(tmp_path / "coarse_label_names.txt", "fish\nfruit\n")
    (part,) = list_cifar([path], gray=True)
    coarse = part.values["coarse_label"]
    assert isinstance(coarse, Held)
    assert (coarse.array.tolist(), coarse.names) == ([1], ("fish", "fruit"))
    assert (part.labels.tolist(), part.classes) == ([3], ("0", "1", "2", "3"))
    assert (part.table, part.order) == (None, "gray")


def test_a_file_that_was_cut_short_is_refused(tmp_path: Path) -> None:
    path = written(tmp_path / "test_batch.bin", record(1, value=1)[:-1])
    with pytest.raises(DataError) as caught:
        list_cifar([path], gray=False)
    assert str(caught.value) == (
        f"{path}: has 3072 bytes, and a record of CIFAR-10 has 3073, one of CIFAR-100 3074: it was "
        "cut short, or is none of CIFAR's; get it again"
    )
    with pytest.raises(DataError) as caught:
        list_cifar([tmp_path / "train.bin"], gray=False)
    assert str(caught.value) == f"{tmp_path}/train.bin: cannot be read: No such file or directory"


def test_files_of_both_sets_are_refused(tmp_path: Path) -> None:
    written(tmp_path / "train.bin", record(1, 2, value=1))
    written(tmp_path / "data_batch_1.bin", record(1, value=1))
    with pytest.raises(DataError) as caught:
        list_cifar(cifar_files(tmp_path), gray=False)
    assert str(caught.value) == f"{tmp_path}: files of CIFAR-10 and of CIFAR-100 are mixed"


def test_the_real_file_holds_what_its_bytes_say(reference: Path) -> None:
    folder = reference / "data" / "cifar10_binary"
    (part,) = list_cifar(cifar_files(folder), gray=False)
    raw = np.fromfile(cifar_files(folder)[0], np.uint8).reshape(4000, 3073)
    assert part.labels.tolist() == raw[:, 0].tolist()
    assert part.classes is not None
    assert part.classes[:2] == ("airplane", "automobile")
    assert part.images is not None
    pixels = part.images.load(3999).pixels
    assert pixels.transpose(2, 0, 1).tobytes() == raw[3999, 1:].tobytes()
