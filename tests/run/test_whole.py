from __future__ import annotations

from pathlib import Path

import pytest

from protonet.errors import DataError
from protonet.net import Net
from protonet.run.whole import check_whole, fit_data, fit_lines
from protonet.schema import load_spec
from protonet.snapshot import WeightsReport
from tests.small import small_net

NAMES = ("hidden/weight", "hidden/bias", "scores/weight", "scores/bias")


def report(
    *taken: str, reshaped: tuple[str, ...] = (), skipped: tuple[str, ...] = ()
) -> WeightsReport:
    """Return what became of the weights of the small net, those that are taken among them."""
    left = tuple(name for name in NAMES if name not in (*taken, *reshaped))
    return WeightsReport("w.npz", taken, reshaped, skipped, (), left)


def test_weights_for_every_parameter_are_taken_whatever_else_is_there(tmp_path: Path) -> None:
    whole = report(*NAMES[1:], reshaped=NAMES[:1], skipped=("fc8/weight",))
    check_whole(small_net(tmp_path), whole)
    assert fit_lines(whole) == [
        "weights        4 of 4 parameters match w.npz",
        "  loaded from another shape: hidden/weight",
        "  in the file, not in the net: fc8/weight",
    ]


def test_what_would_stay_as_it_was_filled_is_refused(tmp_path: Path) -> None:
    part = report(*NAMES[:2])
    with pytest.raises(DataError) as caught:
        check_whole(small_net(tmp_path), part)
    assert str(caught.value) == (
        "w.npz: 2 of the net's 4 parameters are not in it, or of another shape: scores/weight, "
        "scores/bias"
    )
    assert fit_lines(part) == [
        "weights        2 of 4 parameters match w.npz",
        "  left as they were, not in the file: scores/weight, scores/bias",
    ]
    assert fit_data(part) == {
        "matched": 2,
        "total": 4,
        "path": "w.npz",
        "loaded": NAMES[:2],
        "reshaped": (),
        "skipped": (),
        "misfit": (),
        "left": NAMES[2:],
    }


def test_five_are_named_and_the_others_counted(tmp_path: Path) -> None:
    path = tmp_path / "deep.yaml"
    layers = "".join(
        f"    - {{name: ip{number}, type: InnerProduct, num_output: 2, bias_term: false}}\n"
        for number in range(8)
    )
    path.write_text(f"net:\n  inputs: {{data: [2]}}\n  layers:\n{layers}")
    with pytest.raises(DataError) as caught:
        check_whole(
            Net(load_spec(path).net), WeightsReport("w.npz", ("ip0/weight",), (), (), (), ())
        )
    assert str(caught.value) == (
        "w.npz: 7 of the net's 8 parameters are not in it, or of another shape: ip1/weight, "
        "ip2/weight, ip3/weight, ip4/weight, ip5/weight and 2 more"
    )
