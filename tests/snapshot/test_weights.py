from __future__ import annotations

from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest
import torch

from protonet.errors import DataError
from protonet.snapshot.weights import WeightsReport, check_missing, load_weights
from tests.small import small_net

Arrays = dict[str, npt.NDArray[np.float32]]


def saved(folder: Path, arrays: Arrays) -> Path:
    np.savez(folder / "w.npz", **arrays)  # type: ignore[arg-type]  # numpy types the next argument
    return folder / "w.npz"


def filled(*shape: int) -> npt.NDArray[np.float32]:
    return np.arange(np.prod(shape), dtype=np.float32).reshape(shape)


@pytest.mark.parametrize(
    ("weight", "bias"),
    [
        ("hidden/weight", "hidden/bias"),
        ("hidden.weight", "hidden.bias"),
        ("hidden/0", "hidden/1"),  # Caffe's blob order
    ],
)
def test_names_of_every_custom_find_their_parameter(weight: str, bias: str, tmp_path: Path) -> None:
    net = small_net(tmp_path)
    path = saved(tmp_path, {weight: filled(5, 6), bias: filled(5)})

    report = load_weights(net, path)

    assert net.params["hidden"]["weight"].tolist() == filled(5, 6).tolist()
    assert net.params["hidden"]["bias"].tolist() == filled(5).tolist()
    assert report.loaded == ("hidden/weight", "hidden/bias")
    assert report.left == ("scores/weight", "scores/bias")


def test_a_net_of_another_phase_sees_the_weights(tmp_path: Path) -> None:
    net = small_net(tmp_path)
    test = net.in_phase("test")
    load_weights(net, saved(tmp_path, {"hidden/weight": filled(5, 6)}))
    blobs = {"data": torch.ones(1, 6), "label": torch.zeros(1, dtype=torch.int64)}
    hidden = test(blobs, ["layer:hidden"])["layer:hidden"]
    assert hidden.tolist() == [[15.0, 51.0, 87.0, 123.0, 159.0]]  # sums of 0-5, 6-11, …


def test_every_mismatch_is_told(tmp_path: Path) -> None:
    net = small_net(tmp_path)
    before = net.params["scores"]["weight"].clone()
    path = saved(
        tmp_path,
        {
            "hidden/weight": filled(5, 6),
            "hidden/bias": filled(1, 1, 1, 5),
            "scores/weight": filled(10, 5),
            "fc8/weight": filled(2),
        },
    )

    report = load_weights(net, path)

    assert torch.equal(net.params["scores"]["weight"], before)
    assert report.lines() == [
        f"weights from {path}: 2 of 4 parameters loaded",
        "  loaded from another shape: hidden/bias",
        "  left as they were, of another shape in the file: scores/weight (10, 5) for (3, 5)",
        "  left as they were, not in the file: scores/bias",
        "  in the file, not in the net: fc8/weight",
    ]
    assert report.whole() == [*report.lines()[:1], "  loaded: hidden/weight", *report.lines()[1:]]


def test_a_parameter_that_the_file_has_under_two_names_counts_once(tmp_path: Path) -> None:
    arrays = {"hidden/weight": filled(5, 6), "scores/weight": filled(10, 5)}
    path = saved(tmp_path, {**arrays, "scores.weight": filled(10, 5)})
    report = load_weights(small_net(tmp_path), path)
    assert report.misfit == ("scores/weight (10, 5) for (3, 5)",)
    assert report.lines()[0] == f"weights from {path}: 1 of 4 parameters loaded"


def test_the_whole_report_names_every_parameter() -> None:
    names = tuple(f"layer_{number}/weight" for number in range(20))
    report = WeightsReport("w.npz", names, (), (), (), names[:9])
    assert report.total == 29
    eight, nine = ", ".join(names[:8]), ", ".join(names[:9])
    assert report.lines() == [
        "weights from w.npz: 20 of 29 parameters loaded",
        f"  left as they were, not in the file: {eight} and 1 more",
    ]
    whole = report.whole()
    listed = " ".join(line.strip() for line in whole[1:])
    assert listed == f"loaded: {', '.join(names)} left as they were, not in the file: {nine}"
    assert max(map(len, whole)) <= 100


@pytest.mark.parametrize(
    ("shape", "fits"),
    [
        ((5, 6), True),
        ((1, 1, 5, 6), True),  # Caffe's old blobs
        ((5, 3, 2, 1), True),  # a convolution over all of its image
        ((5, 1, 2, 3), True),
        ((6, 5), False),  # as many values, each in another place
        ((30,), False),
        ((10, 3), False),
        ((5, 7), False),
    ],
)
def test_an_array_of_another_shape_is_taken_only_where_it_means_the_same(
    shape: tuple[int, ...], fits: bool, tmp_path: Path
) -> None:
    net = small_net(tmp_path)
    path = saved(tmp_path, {"hidden/weight": filled(*shape), "hidden/bias": filled(5)})
    report = load_weights(net, path)
    assert ("hidden/weight" in report.taken) == fits
    if fits:
        assert net.params["hidden"]["weight"].tolist() == filled(5, 6).tolist()


HIDDEN = {"hidden/weight": (5, 6), "hidden/bias": (5,)}


@pytest.mark.parametrize("allowed", [True, ("scores",), ("scores/*", "hidden/bias"), ("s*",)])
def test_what_may_stay_as_it_is_may_be_missing(
    allowed: bool | tuple[str, ...], tmp_path: Path
) -> None:
    net = small_net(tmp_path)
    path = saved(tmp_path, {name: filled(*shape) for name, shape in HIDDEN.items()})
    check_missing(net, [load_weights(net, path)], allowed)


@pytest.mark.parametrize(
    ("allowed", "missing"),
    [
        (False, "2 of 4 parameters would stay as they are, and {}: scores/weight, scores/bias"),
        (("scores/b*",), "1 of 4 parameters would stay as they are, and {}: scores/weight"),
    ],
)
def test_what_may_not_be_missing_is_refused_by_name(
    allowed: bool | tuple[str, ...], missing: str, tmp_path: Path
) -> None:
    net = small_net(tmp_path)
    path = saved(tmp_path, {name: filled(*shape) for name, shape in HIDDEN.items()})
    with pytest.raises(DataError) as caught:
        check_missing(net, [load_weights(net, path)], allowed)
    reason = missing.format("solver.allow_missing does not permit it")
    assert str(caught.value) == f"{path}: {reason}"


def test_several_files_complete_each_other(tmp_path: Path) -> None:
    net = small_net(tmp_path)
    reports = [
        load_weights(net, saved(tmp_path, {f"{layer}/weight": filled(*shape)}))
        for layer, shape in (("hidden", (5, 6)), ("scores", (3, 5)))
    ]
    check_missing(net, reports, ("*/bias",))
    with pytest.raises(DataError) as caught:
        check_missing(net, reports, False)
    assert str(caught.value) == (
        f"{tmp_path}/w.npz and {tmp_path}/w.npz: 2 of 4 parameters would stay as they are, and "
        "solver.allow_missing does not permit it: hidden/bias, scores/bias"
    )


def test_a_pattern_that_fits_nothing_is_refused(tmp_path: Path) -> None:
    with pytest.raises(DataError) as caught:
        check_missing(small_net(tmp_path), [], ("score",))
    assert str(caught.value) == (
        'solver.allow_missing: no parameter of the net is called "score"; did you mean scores?'
    )


def test_refuses_a_file_of_which_nothing_fits(tmp_path: Path) -> None:
    path = saved(tmp_path, {"fc6/weight": filled(2), "fc6/bias": filled(7)})
    with pytest.raises(DataError) as caught:
        load_weights(small_net(tmp_path), path)
    assert str(caught.value) == (
        f"{path}: none of its 2 arrays fits the net. It has fc6/weight, fc6/bias; the net has "
        "hidden/weight, hidden/bias, scores/weight, scores/bias"
    )


def test_refuses_a_file_whose_names_fit_and_sizes_do_not(tmp_path: Path) -> None:
    path = saved(tmp_path, {"fc6/weight": filled(2), "hidden/bias": filled(7)})
    with pytest.raises(DataError) as caught:
        load_weights(small_net(tmp_path), path)
    assert str(caught.value) == (
        f"{path}: no array of it fits the net: of another shape are hidden/bias (7,) for (5,)"
    )


def test_refuses_a_file_without_arrays(tmp_path: Path) -> None:
    path = saved(tmp_path, {})
    with pytest.raises(DataError) as caught:
        load_weights(small_net(tmp_path), path)
    assert str(caught.value) == f"{path}: holds no arrays"
