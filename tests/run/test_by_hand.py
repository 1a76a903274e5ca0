from __future__ import annotations

from pathlib import Path

import pytest

from protonet.errors import UsageError
from protonet.net import Net
from protonet.run.by_hand import ByHand, by_hand
from protonet.schema import Spec, load_spec
from protonet.snapshot import Evaluation, Stored
from tests.run.test_output import Shown

NET = """\
net:
  inputs: {data: {shape: [%d, 4, 4]%s}}
  layers: [{name: ip, type: InnerProduct, num_output: 2}]
"""


def spec(folder: Path, channels: int = 3, more: str = "") -> Spec:
    (folder / "net.yaml").write_text(NET % (channels, more))
    return load_spec(folder / "net.yaml")


def found(spec: Spec, said: ByHand, output: Shown) -> Evaluation:
    return by_hand(spec, Net(spec.net, "deploy"), said, output)


@pytest.mark.parametrize(
    ("count", "more", "said", "channels"),
    [
        (3, "", ByHand(), "RGB"),
        (3, ", channels: BGR", ByHand(), "BGR"),
        (3, "", ByHand(channels="BGR"), "BGR"),
        (1, "", ByHand(), "gray"),
    ],
)
def test_pixels_are_fed_as_they_are_which_is_told(
    tmp_path: Path, count: int, more: str, said: ByHand, channels: str
) -> None:
    output = Shown()
    one = found(spec(tmp_path, count, more), said, output)
    assert (one.transform, one.channels) == ((), channels)
    assert one.stored == Stored(shape=(count, 4, 4))
    assert output.lines == [
        f"{tmp_path}/net.yaml does not say how samples are prepared: the net is fed pixels as they "
        f"are, 0 to 255, {channels}; say it with --transform and --channels"
    ]


def test_a_transform_is_taken_as_a_spec_has_it(tmp_path: Path) -> None:
    output = Shown()
    said = ByHand("{mean_value: [1, 2, 3], scale: 0.5}", "BGR")
    assert found(spec(tmp_path), said, output) == Evaluation(
        input="data",
        shape=(3, 4, 4),
        transform=({"type": "Mean", "value": [1.0, 2.0, 3.0]}, {"type": "Scale", "factor": [0.5]}),
        channels="BGR",
    )
    assert output.lines == []


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("{mean: x", "did not find expected ',' or '}'"),
        ("{scal: 1}", "scal: unknown key; did you mean scale?"),
        ("[{type: Resiz}]", "0: type: unknown transform; did you mean Resize?"),
        (
            "3",
            "a map or a list of transforms is needed; for example {scale: 0.00390625} or [{type: "
            "Scale, factor: 0.00390625}]",
        ),
        (
            "[{type: CenterCrop, size: 5}]",
            "transform 1 (CenterCrop): a window of 5 x 5 does not fit into images of 4 x 4: 4 - 5 "
            "= -1 rows left, 4 - 5 = -1 columns left; crop at most 4 x 4",
        ),
    ],
)
def test_what_is_no_transform_is_refused(tmp_path: Path, text: str, why: str) -> None:
    with pytest.raises(UsageError) as caught:
        found(spec(tmp_path), ByHand(text), Shown())
    assert str(caught.value) == f"--transform: {why}"
