from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch
from torch.nn import functional

from protonet.hooks.display import Row
from protonet.run.evaluator import Evaluator, measure_set
from protonet.run.job import Job, prepare
from protonet.schema import respecified
from tests.small import points, small_spec


def job(folder: Path) -> Job:
    return prepare(small_spec(folder), None, pytest.fail)


def expected(made: Job, count: int = 20) -> tuple[float, float]:
    """Return accuracy and loss of the first points of the test set, in plain torch."""
    stored = points(20, 2)
    data = torch.from_numpy(np.array(stored["data"][:count]))
    labels = torch.from_numpy(np.array(stored["label"][:count]))
    hidden, scores = made.net.params["hidden"], made.net.params["scores"]
    with torch.no_grad():
        middle = functional.linear(data, hidden["weight"], hidden["bias"]).relu()
        out = functional.linear(middle, scores["weight"], scores["bias"])
        right = (out.argmax(1) == labels).double().mean()
        return float(right), float(functional.cross_entropy(out, labels))


def evaluator(made: Job, lines: list[str], rows: list[Row]) -> Evaluator:
    sets = {"test": (made.sets["test"], made.tests["test"])}
    return Evaluator(sets, None, lines.append, rows.append, made.deciding)


def test_the_whole_set_is_measured_exactly_once_whatever_the_batches(tmp_path: Path) -> None:
    """The set has 20 records, and its batches 7, 7 and 6."""
    made = job(tmp_path)
    scores = measure_set(made.sets["test"], made.tests["test"], None)
    accuracy, loss = expected(made)
    assert list(scores) == ["accuracy", "loss"]
    assert scores["accuracy"].value == pytest.approx(accuracy)
    assert scores["loss"].value == pytest.approx(loss, rel=1e-6)
    assert scores["accuracy"].counts == (round(accuracy * 20), 20)


def test_test_iter_is_caffes_mean_of_batches(tmp_path: Path) -> None:
    made = job(tmp_path)
    scores = measure_set(made.sets["test"], made.tests["test"], 2)
    accuracy, loss = expected(made, count=14)  # two batches of 7
    assert scores["accuracy"].value == pytest.approx(accuracy)
    assert scores["loss"].value == pytest.approx(loss, rel=1e-6)


def test_a_test_is_said_recorded_and_remembered(tmp_path: Path) -> None:
    lines: list[str] = []
    rows: list[Row] = []
    made = job(tmp_path)
    accuracy, loss = expected(made)
    testing = evaluator(made, lines, rows)

    testing.test(4)

    result = f"test: accuracy {accuracy:.4f} ({accuracy * 20:.0f}/20) loss {loss:.4f}"
    assert lines == [f"iteration 4  {result}"]
    assert testing.lines() == [result]
    assert testing.iteration == 4
    assert rows == [
        {
            "iteration": 4,
            "phase": "test",
            "set": "test",
            "samples": 20,
            "accuracy": pytest.approx(accuracy),
            "loss": pytest.approx(loss, rel=1e-6),
        }
    ]
    assert testing.values() == {"test": {"accuracy": rows[0]["accuracy"], "loss": rows[0]["loss"]}}
    assert testing.score() == rows[0]["accuracy"]


@pytest.mark.parametrize(("second", "decides"), [("val", "val"), ("other", "test")])
def test_the_best_is_chosen_by_val_and_else_by_the_first_set(
    second: str, decides: str, tmp_path: Path
) -> None:
    """Labels are 0, 1, 2, 0 …; scores that say 0 are right for 7 of 20 and for 20 of 60."""
    text = f"data.{second}={{source: {tmp_path}/points.lmdb/train, batch_size: 9}}"
    made = prepare(respecified(small_spec(tmp_path), [text]), None, pytest.fail)
    for name, value in (("weight", 0.0), ("bias", 0.0)):
        made.net.params["scores"][name].data.fill_(value)
    made.net.params["scores"]["bias"].data[0] = 1
    sets = {name: (made.sets[name], net) for name, net in made.tests.items()}
    testing = Evaluator(sets, None, lambda line: None, lambda row: None, made.deciding)
    testing.test(0)
    assert list(testing.scores) == ["test", second]
    assert testing.score() == pytest.approx({"val": 20 / 60, "test": 7 / 20}[decides])


def test_without_a_metric_less_loss_is_better(tmp_path: Path) -> None:
    spec = respecified(small_spec(tmp_path), ["net.layers.accuracy.phase=deploy"])
    made = prepare(spec, None, pytest.fail)
    testing = evaluator(made, [], [])
    testing.test(0)
    assert testing.score() == pytest.approx(-expected(made)[1], rel=1e-6)


def test_where_less_is_better_the_score_is_negated(tmp_path: Path) -> None:
    accuracy = "net.layers.accuracy"
    changes = [f"{accuracy}.type=MeanAbsoluteError", f"{accuracy}.bottom=[hidden, relu]"]
    spec = respecified(small_spec(tmp_path), changes)
    made = prepare(spec, None, pytest.fail)
    testing = evaluator(made, [], [])
    testing.test(0)
    hidden = made.net.params["hidden"]
    data = torch.from_numpy(np.array(points(20, 2)["data"]))
    with torch.no_grad():
        middle = functional.linear(data, hidden["weight"], hidden["bias"])
    assert testing.score() == pytest.approx(-float((-middle).relu().mean()))


def test_a_table_is_recorded_by_rows_and_shown_at_the_end(tmp_path: Path) -> None:
    spec = respecified(small_spec(tmp_path), ["net.layers.accuracy.type=ConfusionMatrix"])
    made = prepare(spec, None, pytest.fail)
    for name in ("weight", "bias"):
        made.net.params["scores"][name].data.fill_(0)
    lines: list[str] = []
    rows: list[Row] = []
    testing = evaluator(made, lines, rows)

    testing.test(0)

    # always class 0; of 20 labels 7 are 0, 7 are 1 and 6 are 2
    table = [[7.0, 0.0, 0.0], [7.0, 0.0, 0.0], [6.0, 0.0, 0.0]]
    assert rows[0]["accuracy"] == table
    assert testing.values()["test"]["accuracy"] == table
    assert lines == ["iteration 0  test: loss 1.0986"]  # ln 3
    assert testing.lines() == [
        "test: accuracy, a row per actual class, a column per predicted one",
        "     a  b  c",
        "  a  7  0  0",
        "  b  7  0  0",
        "  c  6  0  0",
        "test: loss 1.0986",
    ]
    assert testing.score() == pytest.approx(-1.0986123)  # a table cannot be compared


def test_what_is_not_finite_has_no_value_and_is_never_best(tmp_path: Path) -> None:
    spec = respecified(small_spec(tmp_path), ["net.layers.accuracy.phase=deploy"])
    made = prepare(spec, None, pytest.fail)
    lines: list[str] = []
    testing = evaluator(made, lines, [])
    with torch.no_grad():
        made.net.params["scores"]["bias"].fill_(torch.nan)
    testing.test(0)
    testing.test(4)
    assert lines == [
        "iteration 0  test: loss nan",
        "warning: loss of data.test is nan; this is said once",
        "iteration 4  test: loss nan",
    ]
    assert (testing.values(), testing.score()) == ({"test": {"loss": None}}, None)


def test_before_the_first_test_there_is_no_score(tmp_path: Path) -> None:
    testing = evaluator(job(tmp_path), [], [])
    assert (testing.score(), testing.lines(), testing.iteration) == (None, [], None)
