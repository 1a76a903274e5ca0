from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from protonet.errors import ShapeError
from protonet.transforms import Context, build_pipeline, read_transform
from protonet.transforms.record import StepError
from protonet.transforms.sizing import build_sizing, rest_of
from protonet.windows.sizing import Sizing
from tests.transforms.photos import photos

CONTEXT = Context(shape=(3, 40, 56), training=True, seed=4)
SHORT = {"type": "Resize", "short": 24}


def sizing(*steps: dict[str, object]) -> Sizing:
    return build_sizing(read_transform(list(steps)), CONTEXT, (16, 24))


def refusal(written: object) -> tuple[str, str]:
    with pytest.raises(ShapeError) as caught:
        build_sizing(read_transform(written), CONTEXT, (16, 24))
    return caught.value.why, caught.value.hint


@pytest.mark.parametrize(
    ("steps", "shape", "count"),
    [
        ([{"type": "CenterCrop", "size": [16, 24]}], (3, 16, 24), 1),
        ([SHORT, {"type": "RandomCrop", "size": 20}, {"type": "Mirror"}], (3, 20, 20), 2),
        ([{"type": "Resize", "size": 9}, {"type": "Scale", "factor": 2}], (3, 9, 9), 1),
        ([{"type": "RandomResizedCrop", "size": 12}, {"type": "Mirror"}], (3, 12, 12), 2),
        (
            [{"type": "ToGray"}, {"type": "RandomCrop", "size": 20}, {"type": "Mean", "value": 1}],
            (1, 20, 20),
            2,
        ),
    ],
)
def test_the_first_transforms_make_images_alike(
    steps: list[dict[str, object]], shape: tuple[int, ...], count: int
) -> None:
    context = replace(CONTEXT, channels="RGB")
    found = build_sizing(read_transform(steps), context, (16, 24))

    assert (found.shape, found.count) == (shape, count)
    rest = rest_of(found, build_pipeline(read_transform(steps), context))
    assert len(rest.on_host) + len(rest.on_device) == len(steps) - count


def test_each_image_gets_what_its_own_size_would_get() -> None:
    found = sizing(SHORT, {"type": "RandomCrop", "size": 20}, {"type": "Mirror"})
    positions = np.array([7])

    for height, width in ((40, 56), (61, 33), (24, 24)):
        image = photos(1, height=height, width=width)
        alone = build_pipeline(
            read_transform([SHORT, {"type": "RandomCrop", "size": 20}]),
            replace(CONTEXT, shape=image.shape[1:]),
        )
        made = found.host(image.shape[1:])(image, positions)
        assert np.array_equal(made, alone.host(image, positions))


def test_what_cuts_and_turns_after_the_scaling_goes_with_it() -> None:
    found = sizing(
        {"type": "RandomResizedCrop", "size": 24},
        {"type": "RandomCrop", "size": 20},
        {"type": "Mirror", "probability": 1},
        {"type": "GaussianNoise", "std": 1},
    )

    assert found.count == 3
    assert found.windows is not None
    windows = found.windows(np.arange(3))
    assert (windows.height, windows.width, windows.mirrored.tolist()) == (20, 20, [True] * 3)


def test_images_that_stay_different_are_refused() -> None:
    told = (
        "the images have different sizes, and a batch has one",
        "{type: RandomResizedCrop, size: [16, 24]} makes one of them, and so do {type: Resize, "
        "short: 16} and after it {type: CenterCrop, size: [16, 24]}",
    )
    assert refusal([]) == told
    assert refusal([SHORT, {"type": "Mirror"}]) == told
    assert refusal({"mirror": True, "scale": 0.5}) == told


def test_what_works_on_batches_comes_after() -> None:
    assert refusal([{"type": "Scale", "factor": 2}, {"type": "Resize", "size": 9}]) == (
        "transform 1 (Scale) works on batches, and the images have different sizes until Resize",
        "put Resize before it",
    )


def test_the_first_image_is_one_that_the_transforms_must_take() -> None:
    with pytest.raises(StepError) as caught:
        build_sizing(read_transform({"crop_size": 50}), CONTEXT, (16, 24))
    assert caught.value.why == (
        "crop_size: a window of 50 x 50 does not fit into images of 40 x 56: "
        "40 - 50 = -10 rows left, 56 - 50 = 6 columns left"
    )
