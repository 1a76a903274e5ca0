"""The built-in index: what was published, and that our nets are those that it is for."""

from __future__ import annotations

import pytest

from protonet.schema import load_spec
from protonet.transforms import Context, build_pipeline, read_transform
from protonet.zoo.convert import evaluation_of, shipped_net
from protonet.zoo.index import PUBLISHED, imagenet_classes
from tests.torchvision_nets import KNOWN

EVERY = pytest.mark.parametrize("name", PUBLISHED)


def test_every_net_of_torchvision_has_weights_and_every_licence_is_permissive() -> None:
    assert KNOWN.keys() <= PUBLISHED.keys()
    caffe = [name for name, one in PUBLISHED.items() if one.rules is None]
    assert caffe == ["bvlc_alexnet", "bvlc_caffenet", "bvlc_googlenet"]
    licences = {one.licence.partition(" (")[0] for one in PUBLISHED.values()}
    assert licences == {"BSD-3-Clause", "Apache-2.0", "unrestricted use"}


@EVERY
def test_the_file_is_verified_by_what_is_published_of_it(name: str) -> None:
    one = PUBLISHED[name]
    if one.rules is None:
        assert (one.algorithm, len(one.checksum)) == ("sha1", 40)
    else:
        assert one.url.startswith(
            ("https://download.pytorch.org/models/", "https://github.com/huggingface/")
        )
        assert one.url.endswith(f"-{one.checksum}.pth")
        assert one.algorithm == "sha256"
        assert len(one.checksum) >= 8
    assert int(one.checksum, 16) > 0


@EVERY
def test_images_are_prepared_to_what_the_net_takes(name: str) -> None:
    evaluation = evaluation_of(PUBLISHED[name])
    wanted = load_spec(shipped_net(PUBLISHED[name])).net.inputs["data"]
    assert (list(evaluation.shape), evaluation.channels) == (list(wanted.shape), wanted.channels)
    context = Context(shape=(3, 500, 375), channels=evaluation.channels)
    pipeline = build_pipeline(read_transform(list(evaluation.transform)), context)
    assert pipeline.shape == evaluation.shape


@pytest.mark.parametrize(
    ("name", "transform"),
    [
        (
            "resnet18",
            # torchvision: (x / 255 - 0.485) / 0.229 is (x - 123.675) / 58.395
            [
                {"type": "Resize", "short": 256},
                {"type": "CenterCrop", "size": [224, 224]},
                {
                    "type": "Normalize",
                    "mean": [0.485 * 255, 0.456 * 255, 0.406 * 255],
                    "std": [0.229 * 255, 0.224 * 255, 0.225 * 255],
                },
            ],
        ),
        (
            "inception_v3",
            # its transform_input turns (x / 255 - mean) / std into (x / 255 - 0.5) / 0.5
            [
                {"type": "Resize", "short": 342},
                {"type": "CenterCrop", "size": [299, 299]},
                {"type": "Normalize", "mean": [127.5] * 3, "std": [127.5] * 3},
            ],
        ),
        (
            "bvlc_googlenet",
            [
                {"type": "Resize", "size": [256, 256]},
                {"type": "CenterCrop", "size": [224, 224]},
                {"type": "Mean", "value": [104, 117, 123]},
            ],
        ),
    ],
)
def test_images_are_prepared_as_published(name: str, transform: list[dict[str, object]]) -> None:
    found = [dict(step) for step in evaluation_of(PUBLISHED[name]).transform]
    for step, wanted in zip(found, transform, strict=True):
        assert step == {
            key: pytest.approx(value) if key in ("mean", "std") else value
            for key, value in wanted.items()
        }


def test_the_classes_are_imagenets() -> None:
    classes = imagenet_classes()
    assert len(set(classes)) == len(classes) == 1000
    # n01440764, n02012849 and n03126707, n15075141 of the synset words
    assert [classes[place] for place in (0, 134, 517, 999)] == [
        "tench",
        "crane (bird)",
        "crane (machine)",
        "toilet tissue",
    ]
