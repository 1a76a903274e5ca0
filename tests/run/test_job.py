from __future__ import annotations

from pathlib import Path

import pytest

from protonet.errors import SpecError
from protonet.run.job import prepare
from protonet.schema import load_spec, respecified
from tests.small import small_file, small_spec

NET = """\
net:
  inputs: {data: [6], label: {shape: [], dtype: int64}}
  layers:
    - {name: scores, type: InnerProduct, num_output: 3}
"""
LOSS = "    - {name: loss, type: SoftmaxWithLoss, bottom: [scores, label]}\n"
DATA = "data: {train: {source: points.lmdb/train, batch_size: 8}}\n"
SOLVER = "solver: {base_lr: 0.1, max_iter: 1}\n"


def test_a_job_holds_what_a_training_needs(tmp_path: Path) -> None:
    job = prepare(small_spec(tmp_path, more="iter_size: 3"), None, pytest.fail)
    assert (job.net.phase, list(job.tests), list(job.sets)) == (
        "train",
        ["test"],
        ["train", "test"],
    )
    assert job.samples == 24  # batches of 8, three of them
    assert [slot.name for slot in job.net.learnable] == [
        *("hidden/weight", "hidden/bias", "scores/weight", "scores/bias")
    ]
    assert job.rules[0].rate(0) == pytest.approx(0.1, rel=1e-7)
    assert (job.machine.device, job.machine.threads) == ("cpu", 1)
    assert job.tests["test"].params["hidden"]["weight"] is job.net.params["hidden"]["weight"]


def test_the_evaluation_that_belongs_to_the_weights_is_that_of_the_first_test_set(
    tmp_path: Path,
) -> None:
    spec = respecified(small_spec(tmp_path), ["data.test.transform={scale: 0.5}"])
    evaluation = prepare(spec, None, pytest.fail).evaluation
    assert evaluation.transform == ({"type": "Scale", "factor": [0.5]},)
    assert (evaluation.input, evaluation.shape) == ("data", (6,))
    assert evaluation.classes == ("a", "b", "c")


def test_the_evaluation_that_belongs_to_the_weights_is_that_of_val_where_there_is_one(
    tmp_path: Path,
) -> None:
    val = (
        f"data.val={{source: {tmp_path}/points.lmdb/test, batch_size: 7, transform: {{scale: 3}}}}"
    )
    evaluation = prepare(respecified(small_spec(tmp_path), [val]), None, pytest.fail).evaluation
    assert evaluation.transform == ({"type": "Scale", "factor": [3.0]},)


def test_epochs_are_iterations_once_the_training_set_is_open(tmp_path: Path) -> None:
    spec = small_spec(tmp_path, max_iter="2 epochs", more="iter_size: 2")  # 60 records
    job = prepare(spec, None, pytest.fail)
    assert job.solver.max_iter == 8  # 2 * 60 / (8 * 2) = 7.5
    assert job.durations == ("max_iter: 2 epochs = 8 iterations",)
    assert spec.solver is not None
    assert str(spec.solver.max_iter) == "2 epochs"


def test_a_rate_may_step_by_epochs(tmp_path: Path) -> None:
    more = "lr_policy: {type: step, gamma: 0.1, stepsize: 0.5 epochs}"
    job = prepare(small_spec(tmp_path, more=more), None, pytest.fail)
    (rule,) = job.rules
    rates = [rule.rate(iteration) for iteration in range(6)]  # a step after 60 / 2 / 8 = 3.75
    assert rates == pytest.approx([0.1] * 4 + [0.01] * 2, rel=1e-6)


def test_both_forms_of_the_update_rule_make_the_same_optimizer(tmp_path: Path) -> None:
    path = small_file(tmp_path)
    flat = prepare(load_spec(path), None, pytest.fail).rules[0].optimizer
    path.write_text(
        path.read_text().replace("momentum: 0.9", "optimizer: {type: SGD, momentum: 0.9}")
    )
    mapped = prepare(load_spec(path), None, pytest.fail).rules[0].optimizer
    assert type(mapped) is type(flat)
    assert mapped.state().keys() == flat.state().keys() != set()


def test_what_the_factors_stop_has_no_history(tmp_path: Path) -> None:
    more = "params: [{match: 'hidden', lr_mult: 0}]"
    job = prepare(small_spec(tmp_path, more=more), None, pytest.fail)
    state = job.rules[0].optimizer.state()
    assert sorted(state) == ["history/scores/bias", "history/scores/weight"]


def test_a_factor_that_fits_no_name_is_refused_in_its_line(tmp_path: Path) -> None:
    spec = small_spec(tmp_path, more="params: [{match: hiden, lr_mult: 0}]")
    with pytest.raises(SpecError) as caught:
        prepare(spec, None, pytest.fail)
    assert str(caught.value).replace(f"{tmp_path}/", "") == (
        "error[PN014] small.yaml:15:68 solver.params.0.match: no parameter of the net has such a "
        "name\n"
        "   15 |          snapshot: 4, random_seed: 3, threads: 1, params: [{match: hiden, "
        "lr_mult: 0}]}\n"
        "      |                                                                    ^^^^^\n"
        '      got "hiden"; did you mean hidden?         see: protonet explain PN014\n'
        "1 error in small.yaml"
    )


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (
            NET + LOSS + SOLVER,
            "error[PN042] spec.yaml:1:1 data: there is no data.train to train on",
        ),
        (NET + LOSS + DATA, "error[PN042] spec.yaml:1:1 solver: there is no section solver"),
        (
            NET + DATA + SOLVER,
            "error[PN029] spec.yaml:3:3 net.layers: no loss is left in phase train",
        ),
        (
            NET.replace("3}", "3, frozen: true}") + LOSS + DATA + SOLVER,
            "error[PN029] spec.yaml:3:3 net.layers: no parameter is left to train",
        ),
    ],
)
def test_what_cannot_be_trained_is_refused(text: str, message: str, tmp_path: Path) -> None:
    small_file(tmp_path)
    path = tmp_path / "spec.yaml"
    path.write_text(text)
    with pytest.raises(SpecError) as caught:
        prepare(load_spec(path), None, pytest.fail)
    head = str(caught.value).splitlines()[0].replace(f"{tmp_path}/", "")
    assert head.split(" ", 2)[::2] == message.split(" ", 2)[::2]


def test_a_set_of_which_nothing_would_be_measured_is_refused(tmp_path: Path) -> None:
    overrides = ["net.layers.loss.phase=train", "net.layers.accuracy.phase=deploy"]
    with pytest.raises(SpecError) as caught:
        prepare(respecified(small_spec(tmp_path), overrides), None, pytest.fail)
    assert str(caught.value).splitlines()[0] == (
        f"error[PN029] {tmp_path}/small.yaml:4:9 data.test: nothing is measured on this set: no "
        "loss or metric is left in phase test"
    )


def test_a_set_may_name_the_stage_it_is_tested_in(tmp_path: Path) -> None:
    small_file(tmp_path)
    path = tmp_path / "spec.yaml"
    extra = "    - {name: twice, type: Eltwise, bottom: [scores, scores], include: {stage: two}}\n"
    data = DATA.replace("}}", "}, a: {source: points.lmdb/test, batch_size: 7}, b: {source: ")
    data += "points.lmdb/test, batch_size: 7, stage: two}}\n"
    path.write_text(NET + LOSS + extra + data.replace("source: \n", "source: ") + SOLVER)
    tests = prepare(load_spec(path), None, pytest.fail).tests
    layers = {name: [node.layer.name for node in net.wiring.nodes] for name, net in tests.items()}
    assert layers == {"a": ["scores", "loss"], "b": ["scores", "loss", "twice"]}
