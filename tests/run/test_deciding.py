from __future__ import annotations

from pathlib import Path

import pytest
import torch

from protonet.errors import PathError
from protonet.evaluate import Score
from protonet.net import Net
from protonet.run.deciding import Deciding, deciding, unwatched
from protonet.spec.solver import SolverSpec
from tests.specs import spec_of

NET = """\
net:
  inputs: {data: [4], label: {shape: [], dtype: int64}}
  layers:
    - {name: ip, type: InnerProduct, num_output: 3}
    - {name: loss, type: SoftmaxWithLoss, bottom: [ip, label]}
    - {name: each, type: F1Score, average: none, bottom: [ip, label], phase: test}
    - {name: accuracy, type: Accuracy, bottom: [ip, label], phase: test}
    - {name: error, type: MeanSquaredError, bottom: [ip, ip], phase: test}
"""


def nets(*names: str) -> dict[str, Net]:
    net = Net(spec_of(NET).net)
    return {name: net.in_phase("test") for name in names}


def solver_of(**keys: object) -> SolverSpec:
    return SolverSpec.model_validate({"base_lr": 0.1, "max_iter": 5, **keys})


def test_the_first_metric_of_val_decides_that_is_one_number() -> None:
    assert deciding(nets("test", "val"), None) == Deciding("val", "accuracy", True)
    assert deciding(nets("one", "two"), None) == Deciding("one", "accuracy", True)
    assert deciding({}, None) is None


@pytest.mark.parametrize(
    ("best", "expected"),
    [
        ("error", Deciding("val", "error", False)),
        ("loss", Deciding("val", "loss", False)),
        ("test/accuracy", Deciding("test", "accuracy", True)),
    ],
)
def test_a_name_chooses(best: str, expected: Deciding) -> None:
    assert deciding(nets("test", "val"), best) == expected


@pytest.mark.parametrize("best", ["acuracy", "val/acuracy", "each", "train/accuracy"])
def test_what_is_not_measured_as_one_number_is_refused(best: str) -> None:
    with pytest.raises(PathError) as caught:
        deciding(nets("val"), best)
    error = caught.value
    assert (error.code, error.path, error.got) == ("PN014", ("solver", "best"), best)
    assert error.why == "no evaluation set measures this as one number"
    if best == "acuracy":
        assert error.hint == "did you mean accuracy?"


def test_less_is_better_the_other_way_round() -> None:
    scores = {"val": {"error": Score(0.25), "table": Score([1.0]), "wild": Score(torch.inf)}}
    assert Deciding("val", "error", False).value(scores) == 0.25
    assert Deciding("val", "error", False).score(scores) == -0.25
    assert Deciding("val", "error", True).score(scores) == 0.25
    for blob in ("table", "wild", "absent"):
        assert Deciding("val", blob, True).score(scores) is None
    assert Deciding("other", "error", True).value(scores) is None


def test_a_test_net_of_a_spec_without_metrics_is_known_by_its_loss(tmp_path: Path) -> None:
    text = "\n".join(line for line in NET.splitlines() if "phase: test" not in line)
    net = Net(spec_of(text).net).in_phase("test")
    assert deciding({"test": net}, None) == Deciding("test", "loss", False)


def test_early_stopping_needs_something_that_is_tested() -> None:
    solver = solver_of(early_stop={"patience": 2}, test_interval=1)
    assert list(unwatched(solver, Deciding("val", "loss", False))) == []
    with pytest.raises(PathError) as caught:
        list(unwatched(solver, None))
    error = caught.value
    assert (error.code, error.path) == ("PN029", ("solver", "early_stop"))
    assert error.why == "nothing is tested that could stop getting better"
    assert error.hint == "an evaluation set with a loss or a metric"


def test_what_waits_for_tests_that_never_come_is_told() -> None:
    plateau = "lr_scheduler.ReduceLROnPlateau"
    rule = {"losses": ["a"], "params": ["b"], "optimizer": "SGD", "lr_policy": plateau}
    early = "solver.early_stop stops nothing without a solver.test_interval"
    rate = f"{plateau} changes nothing without a solver.test_interval"
    for keys, told in (
        ({}, []),
        ({"early_stop": {"patience": 1}}, [early]),
        ({"lr_policy": plateau, "early_stop": {"patience": 1}}, [early, rate]),
        ({"updates": [rule]}, [rate]),
        ({"lr_policy": plateau, "test_interval": "1 epoch"}, []),
    ):
        assert list(unwatched(solver_of(**keys), Deciding("val", "loss", False))) == told
