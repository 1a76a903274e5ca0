"""The table of known sets, and the digits that come with protonet."""

from __future__ import annotations

import gzip
import hashlib
import re
from pathlib import Path

import numpy as np
import pytest

from protonet.data.idx import read_idx
from protonet.data.known.original import packaged
from protonet.data.known.sets import DIGITS, FASHION_MNIST, KNOWN_SETS, MNIST, KnownSet

KIND = {"train-images": 0, "train-labels": 1, "t10k-images": 2, "t10k-labels": 3}


def test_the_sets_are_found_by_name() -> None:
    assert {name: known.name for name, known in KNOWN_SETS.items()} == {
        "mnist": "mnist",
        "fashion_mnist": "fashion_mnist",
        "digits": "digits",
    }


@pytest.mark.parametrize("known", KNOWN_SETS.values(), ids=lambda known: known.name)
def test_every_set_has_a_train_and_a_test_part_so_that_any_can_stand_in(known: KnownSet) -> None:
    assert [split.name for split in known.splits] == ["train", "test"]
    assert len({file.name for file in known.files}) == 4
    assert known.packaged or (known.folders and known.mirrors)


@pytest.mark.parametrize(("known", "title"), [(MNIST, "MNIST"), (FASHION_MNIST, "Fashion-MNIST")])
def test_checksums_are_those_of_the_reference(reference: Path, known: KnownSet, title: str) -> None:
    text = (reference / "README.md").read_text()
    listed = re.search(rf"[ ,]{title}: ((?:[a-z0-9]+-[a-z]+ [0-9a-f]{{32}}[, ]*)+)", text)
    assert listed
    sums = dict(pair.split() for pair in listed[1].strip(" ,").split(", "))
    assert [file.md5 for file in known.files] == [sums[kind] for kind in KIND]
    assert [file.name for file in known.files] == [
        f"{kind}-idx{1 if kind.endswith('labels') else 3}-ubyte.gz" for kind in KIND
    ]


@pytest.mark.parametrize(("known", "folder"), [(MNIST, "mnist"), (FASHION_MNIST, "fashion")])
def test_sizes_and_what_is_within_are_those_of_the_real_files(
    reference: Path, known: KnownSet, folder: str
) -> None:
    for file in known.files:
        packed = (reference / "data" / folder / file.name).read_bytes()
        assert len(packed) == file.size
        assert hashlib.md5(gzip.decompress(packed)).hexdigest() == file.unpacked_md5


def test_fashion_mnist_has_its_authors_class_names() -> None:
    # https://github.com/zalandoresearch/fashion-mnist#labels
    assert FASHION_MNIST.classes == (
        "T-shirt/top",
        "Trouser",
        "Pullover",
        "Dress",
        "Coat",
        "Sandal",
        "Shirt",
        "Sneaker",
        "Bag",
        "Ankle boot",
    )


def test_the_packaged_digits_are_those_of_scikit_learn() -> None:
    files = packaged(DIGITS).files
    train, test = DIGITS.splits
    images = [read_idx(files[split.images.name]) for split in (train, test)]
    labels = [read_idx(files[split.labels.name]) for split in (train, test)]
    assert [part.shape for part in images] == [(1437, 8, 8), (360, 8, 8)]
    assert [len(part) for part in labels] == [1437, 360]
    everything = np.concatenate(images)
    assert (everything.min(), everything.max()) == (0, 16)
    # The first image as scikit-learn's user guide prints load_digits().images[0]
    assert images[0][0].tolist() == [
        [0, 0, 5, 13, 9, 1, 0, 0],
        [0, 0, 13, 15, 10, 15, 5, 0],
        [0, 3, 15, 2, 0, 11, 8, 0],
        [0, 4, 12, 0, 0, 8, 8, 0],
        [0, 5, 8, 0, 0, 9, 8, 0],
        [0, 4, 11, 0, 1, 12, 7, 0],
        [0, 2, 14, 5, 10, 12, 0, 0],
        [0, 0, 6, 13, 10, 0, 0, 0],
    ]
    # The UCI page's class distribution of the test set
    counts = [178, 182, 177, 183, 181, 182, 181, 179, 174, 180]
    assert np.bincount(np.concatenate(labels)).tolist() == counts
