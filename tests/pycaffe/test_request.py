from __future__ import annotations

from pathlib import Path

import pytest

from protonet.errors import UsageError
from protonet.pycaffe.mode import TEST, TRAIN
from protonet.pycaffe.request import Request
from protonet.spec.state import State

FORMS = "it is Net(prototxt, phase) or Net(prototxt, weights, phase)"


@pytest.mark.parametrize(
    ("given", "named"),
    [
        (("w.caffemodel", TEST), {}),
        ((TEST,), {"weights": "w.caffemodel"}),
        ((), {"phase": TEST, "weights": Path("w.caffemodel")}),
        ((TEST, 0, None, "w.caffemodel"), {}),
    ],
)
def test_the_forms_of_caffe(given: tuple[object, ...], named: dict[str, object]) -> None:
    assert Request.of("net.prototxt", given, named) == Request(
        Path("net.prototxt"), State("test"), ("w.caffemodel",)
    )


def test_level_stages_and_several_weights() -> None:
    named = {"phase": TRAIN, "level": 2, "stages": ["a", "b"], "weights": "x.caffemodel, y.h5"}

    assert Request.of(Path("net.prototxt"), (), named) == Request(
        Path("net.prototxt"), State("train", 2, frozenset({"a", "b"})), ("x.caffemodel", "y.h5")
    )


@pytest.mark.parametrize(
    ("file", "given", "named", "why"),
    [
        (3, (TEST,), {}, f"the prototxt is a path, not 3; {FORMS}"),
        ("n", (), {}, f"the phase is TRAIN or TEST, not None; {FORMS}"),
        ("n", (7,), {}, f"the phase is TRAIN or TEST, not 7; {FORMS}"),
        ("n", (TEST,), {"phase": TEST}, f"too many arguments; {FORMS}"),
        ("n", (TEST, 0, [], "w", 1), {}, f"too many arguments; {FORMS}"),
        ("n", (TEST, "x"), {}, "the level is a whole number, not 'x'"),
        ("n", (TEST,), {"stages": "deploy"}, "stages are a list of names, not 'deploy'"),
    ],
)
def test_refuses_other_arguments(
    file: object, given: tuple[object, ...], named: dict[str, object], why: str
) -> None:
    with pytest.raises(UsageError) as caught:
        Request.of(file, given, named)

    assert str(caught.value) == f"Net: {why}"
