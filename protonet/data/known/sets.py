"""The known sets: where each comes from, and what it holds."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from protonet.records import catalogue


@dataclass(frozen=True, slots=True)
class OriginalFile:
    """One file as its authors published it: an IDX file within gzip.

    Attributes:
        name: the file's name, ending in .gz.
        size: bytes.
        md5: checksum of the file, hexadecimal.
        unpacked_md5: checksum of what is within the gzip.
    """

    name: str
    size: int
    md5: str
    unpacked_md5: str


@dataclass(frozen=True, slots=True)
class Split:
    """One part of a set, which becomes one table.

    Attributes:
        name: `train` or `test`.
        count: records.
        images: the file of images, (count, height, width) uint8.
        labels: the file of labels, (count,) uint8.
    """

    name: str
    count: int
    images: OriginalFile
    labels: OriginalFile


@dataclass(frozen=True, slots=True)
class KnownSet:
    """A set of gray images that can be had by its name.

    Attributes:
        name: as in `dataset://NAME/SPLIT`.
        what: what the images are, in the plural.
        height: of every image, in pixels.
        width: of every image, in pixels.
        highest: the largest value of a pixel.
        classes: name of each class.
        splits: its parts.
        folders: where its files may lie under `$PROTONET_DATA`; the first is the one advised.
        mirrors: addresses that its files' names are appended to, in the order of preference.
        packaged: its files are part of protonet.
    """

    name: str
    what: str
    height: int
    width: int
    highest: int
    classes: tuple[str, ...]
    splits: tuple[Split, ...]
    folders: tuple[str, ...] = ()
    mirrors: tuple[str, ...] = ()
    packaged: bool = False

    @property
    def files(self) -> Iterator[OriginalFile]:
        """Every file of the set."""
        for split in self.splits:
            yield split.images
            yield split.labels


_Facts = tuple[int, str, str]
"""What is known of a file beside its name, in the order of `OriginalFile`."""


def _like_mnist(
    train_images: _Facts, train_labels: _Facts, test_images: _Facts, test_labels: _Facts
) -> tuple[Split, Split]:
    """Return the parts of a set whose files have MNIST's names and numbers of records."""
    train = (
        OriginalFile("train-images-idx3-ubyte.gz", *train_images),
        OriginalFile("train-labels-idx1-ubyte.gz", *train_labels),
    )
    test = (
        OriginalFile("t10k-images-idx3-ubyte.gz", *test_images),
        OriginalFile("t10k-labels-idx1-ubyte.gz", *test_labels),
    )
    return Split("train", 60_000, *train), Split("test", 10_000, *test)


_DIGITS = tuple("0123456789")

MNIST = KnownSet(
    name="mnist",
    what="handwritten digits",
    height=28,
    width=28,
    highest=255,
    classes=_DIGITS,
    splits=_like_mnist(
        (9_912_422, "f68b3c2dcbeaaa9fbdd348bbdeb94873", "6bbc9ace898e44ae57da46a324031adb"),
        (28_881, "d53e105ee54ea40749a09fcbcd1e9432", "a25bea736e30d166cdddb491f175f624"),
        (1_648_877, "9fb629c4189551a2d022fa330f9573f3", "2646ac647ad5339dbf082846283269ea"),
        (4_542, "ec29112dd5afa0611ce80d1b7f02629c", "27ae3e4e09519cfbb04c329615203637"),
    ),
    folders=("mnist",),
    mirrors=(
        "https://ossci-datasets.s3.amazonaws.com/mnist/",
        "https://storage.googleapis.com/cvdf-datasets/mnist/",
    ),
)
"""Y. LeCun, C. Cortes, C. Burges: The MNIST database of handwritten digits."""

FASHION_MNIST = KnownSet(
    name="fashion_mnist",
    what="photos of clothes",
    height=28,
    width=28,
    highest=255,
    classes=(
        *("T-shirt/top", "Trouser", "Pullover", "Dress", "Coat"),
        *("Sandal", "Shirt", "Sneaker", "Bag", "Ankle boot"),
    ),
    splits=_like_mnist(
        (26_421_880, "8d4fb7e6c68d591d4c3dfef9ec88bf0d", "f4a8712d7a061bf5bd6d2ca38dc4d50a"),
        (29_515, "25c81989df183df01b3e8a0aad5dffbe", "9018921c3c673c538a1fc5bad174d6f9"),
        (4_422_102, "bef4ecab320f06d8554ea6380940ec79", "8181f5470baa50b63fa0f6fddb340f0a"),
        (5_148, "bb300cfdad3c16e7a12a480ee83cd310", "15d484375f8d13e6eb1aabb0c3f46965"),
    ),
    folders=("fashion_mnist", "fashion"),
    mirrors=(
        "http://fashion-mnist.s3-website.eu-central-1.amazonaws.com/",
        "https://raw.githubusercontent.com/zalandoresearch/fashion-mnist/master/data/fashion/",
    ),
)
"""H. Xiao, K. Rasul, R. Vollgraf: Fashion-MNIST, 2017."""

DIGITS = KnownSet(
    name="digits",
    what="handwritten digits",
    height=8,
    width=8,
    highest=16,
    classes=_DIGITS,
    splits=(
        Split(
            "train",
            1_437,
            OriginalFile(
                "digits-train-images-idx3-ubyte.gz",
                35_546,
                "fcfa85fbc74af309136098524639600f",
                "0b2422c2514f3758d2252e415d6e2a64",
            ),
            OriginalFile(
                "digits-train-labels-idx1-ubyte.gz",
                135,
                "1034eca47fcadb1495fc4da3da490c0b",
                "cde1decbe58ddf5d702ae9ce67ea98eb",
            ),
        ),
        Split(
            "test",
            360,
            OriginalFile(
                "digits-test-images-idx3-ubyte.gz",
                8_978,
                "9f36657e1ef2e1533d3478d3521e1edb",
                "d166641af00d247f835c8e9b912a1513",
            ),
            OriginalFile(
                "digits-test-labels-idx1-ubyte.gz",
                119,
                "5931393b1794e36dd216ca8681b2a489",
                "4ebe13fc8908fbebeac459f0aa9a6d68",
            ),
        ),
    ),
    packaged=True,
)
"""E. Alpaydin, C. Kaynak: Optical Recognition of Handwritten Digits, UCI Machine Learning
Repository, 1998: of its 1,797 test images the first 1,437 to train on, the last 360 to test."""

KNOWN_SETS = catalogue([MNIST, FASHION_MNIST, DIGITS])
"""Name → known set."""
