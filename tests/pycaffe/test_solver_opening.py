from __future__ import annotations

from pathlib import Path

import pytest

from protonet.errors import SpecError, UsageError
from protonet.pycaffe.solver_opening import open_solver
from tests.pycaffe.prototxts import SOLVER, TRAINED, solver_of, written


def test_settings_rule_and_nets(tmp_path: Path) -> None:
    opened = open_solver(solver_of(tmp_path), "")

    assert (opened.param.test_interval, list(opened.param.test_iter)) == (4, [3])
    assert (opened.param.iter_size, opened.param.clip_gradients) == (1, -1)
    assert (opened.spec.optimizer.type, opened.spec.base_lr) == ("SGD", 0.1)
    assert [line.name for line in opened.train.lines] == ["rows", "ip", "loss"]
    assert [[line.name for line in test.lines] for test in opened.tests] == [
        ["rows", "ip", "loss", "accuracy"]
    ]


def test_the_type_that_is_made_wins(tmp_path: Path) -> None:
    opened = open_solver(solver_of(tmp_path, SOLVER + "momentum2: 0.99\n"), "Adam")

    assert opened.spec.optimizer.type == "Adam"


def test_several_nets_in_states_of_their_own(tmp_path: Path) -> None:
    text = (
        'train_net: "trained.prototxt" test_net: "trained.prototxt" test_net: "trained.prototxt"\n'
        'test_iter: 1 test_iter: 2 train_state: { stage: "fit" }\n'
        'test_state: { stage: "small" } test_state: { level: 2 }\n'
        'base_lr: 0.1 lr_policy: "fixed"\n'
    )
    staged = TRAINED + (
        'layer { name: "fit" type: "Silence" bottom: "ip" include { stage: "fit" } }\n'
        'layer { name: "small" type: "Silence" bottom: "ip" include { stage: "small" } }\n'
        'layer { name: "high" type: "Silence" bottom: "ip" include { min_level: 2 } }\n'
    )

    opened = open_solver(solver_of(tmp_path, text, staged), "")

    assert [one.lines[-1].name for one in (opened.train, *opened.tests)] == ["fit", "small", "high"]


def test_a_net_that_stands_in_the_solver(tmp_path: Path) -> None:
    inside = SOLVER.replace('net: "trained.prototxt"', f"net_param {{ {TRAINED} }}")

    opened = open_solver(solver_of(tmp_path, inside), "")

    assert [line.name for line in opened.train.lines] == ["rows", "ip", "loss"]


def test_without_max_iter_a_program_counts_itself(tmp_path: Path) -> None:
    opened = open_solver(solver_of(tmp_path, SOLVER.replace("max_iter: 6", "")), "")

    assert opened.param.max_iter == 0


@pytest.mark.parametrize(
    ("old", "new", "why"),
    [
        (
            'net: "trained.prototxt"',
            "",
            "a solver names one net to train, by net, net_param, train_net or train_net_param; "
            "this one has none",
        ),
        (
            'net: "trained.prototxt"',
            'net: "trained.prototxt" train_net: "x.prototxt"',
            "a solver names one net to train, by net, net_param, train_net or train_net_param; "
            "this one has net, train_net",
        ),
        (
            "test_iter: 3",
            "test_iter: 3 test_state: {} test_state: {}",
            "2 test_state for 1 test nets; give one for each, or none",
        ),
        (
            "test_iter: 3",
            'test_net: "trained.prototxt" test_net: "trained.prototxt" test_iter: 3',
            "2 test nets need as many test_iter, not 1",
        ),
    ],
)
def test_nets_that_do_not_fit(old: str, new: str, why: str, tmp_path: Path) -> None:
    path = solver_of(tmp_path, SOLVER.replace(old, new))

    with pytest.raises(UsageError) as caught:
        open_solver(path, "")

    assert str(caught.value) == f"{path}: {why}"


def test_a_net_that_is_not_there(tmp_path: Path) -> None:
    path = written(tmp_path, SOLVER.replace("trained.prototxt", "far/away.prototxt"))

    with pytest.raises(UsageError) as caught:
        open_solver(path, "")

    assert str(caught.value) == (
        f"{path}:1:6: the net far/away.prototxt is neither beside net.prototxt, nor in a folder "
        "above it, nor in the current one"
    )


def test_a_net_is_no_solver(tmp_path: Path) -> None:
    path = written(tmp_path, TRAINED)

    with pytest.raises(UsageError) as caught:
        open_solver(path, "")

    assert str(caught.value) == (
        f"{path}: it is the prototxt of a net, and a solver is made of a solver's"
    )


def test_a_mistake_is_told_with_its_line(tmp_path: Path) -> None:
    path = solver_of(tmp_path, SOLVER.replace("momentum: 0.9", "momentun: 0.9"))

    with pytest.raises(SpecError) as caught:
        open_solver(path, "")

    assert f"{path}:2:26 momentun: Caffe has no such field here" in str(caught.value)
    assert "did you mean momentum?" in str(caught.value)
