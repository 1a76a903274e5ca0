"""What training would refuse is foreseen without data, and without allocating the net."""

from __future__ import annotations

from pathlib import Path

import pytest

from protonet.errors import SpecError
from protonet.run.foreseen import check_training
from protonet.run.job import prepare
from protonet.schema import Spec, load_spec, located
from tests.small import small_file

ONE_CYCLE = "type: lr_scheduler.OneCycleLR, max_lr: 0.1"
CALM = f"{ONE_CYCLE}, cycle_momentum: false"


def foreseen(spec: Spec) -> list[tuple[str, str, str]]:
    try:
        with located(spec):
            check_training(spec)
    except SpecError as error:
        return told(error)
    return []


def told(error: SpecError) -> list[tuple[str, str, str]]:
    return [(one.code, one.path, one.why) for one in error.problems]


@pytest.mark.parametrize(
    ("overrides", "expected"),
    [
        (
            ["solver.best=nope"],
            [("PN014", "solver.best", "no evaluation set measures this as one number")],
        ),
        (
            ["solver.updates=[{losses: [los], params: ['*'], optimizer: {type: SGD}}]"],
            [
                ("PN014", "solver.updates.0.losses.0", "no loss of phase train has such a name"),
                ("PN029", "solver.updates", "no update minimises loss"),
            ],
        ),
        (
            [f"solver.lr_policy={{{ONE_CYCLE}, total_steps: 3 epochs}}"],
            [
                (
                    "PN015",
                    "solver.lr_policy",
                    "it cycles the momentum, and the update rule has none that could be changed",
                )
            ],
        ),
        (
            [f"solver.lr_policy={{{CALM}, total_steps: 5}}"],
            [("PN015", "solver.lr_policy", "it has rates for 5 iterations")],
        ),
        (
            ["solver.lr_policy={type: lr_scheduler.StepLR, step_size: 0}"],
            [
                (
                    "PN013",
                    "solver.lr_policy",
                    "there is no rate for iteration 1: torch would divide by zero",
                )
            ],
        ),
        (
            ["solver.updates=[{losses: [loss], params: ['*'], optimizer: {type: optim.Muon}}]"],
            [
                (
                    "PN013",
                    "solver.updates.0.optimizer",
                    "torch refuses this: Muon only supports 2D parameters whereas we found a "
                    "parameter with size: torch.Size([5])",
                )
            ],
        ),
        (
            ["solver.params=[{match: '*', lr_mult: 0}]"],
            [("PN029", "solver.params", "no parameter is left to train")],
        ),
        (
            ["net.layers.hidden.frozen=true", "net.layers.scores.frozen=true"],
            [("PN029", "net.layers", "no parameter is left to train")],
        ),
        (
            ["solver.checkpoint=[res*]"],
            [
                (
                    "PN014",
                    "solver.checkpoint.0",
                    "no layer or instance of a block has such a name",
                )
            ],
        ),
    ],
)
def test_what_training_would_refuse_is_told_in_its_words(
    overrides: list[str], expected: list[tuple[str, str, str]], tmp_path: Path
) -> None:
    spec = load_spec(small_file(tmp_path), overrides)
    assert foreseen(spec) == expected
    with pytest.raises(SpecError) as caught:
        prepare(spec, None, lambda text: None)
    assert told(caught.value) == expected


def test_several_mistakes_are_told_at_once(tmp_path: Path) -> None:
    spec = load_spec(small_file(tmp_path), ["solver.best=nope", "solver.checkpoint=[res*]"])
    assert [path for _, path, _ in foreseen(spec)] == ["solver.checkpoint.0", "solver.best"]


@pytest.mark.parametrize(
    "overrides",
    [
        [],
        ["solver.max_iter=2 epochs"],
        ["solver.max_iter=2 epochs", f"solver.lr_policy={{{CALM}, total_steps: 2 epochs}}"],
        [f"solver.lr_policy={{{CALM}, total_steps: 2 epochs}}"],
        ["solver.max_iter=2 minutes", "solver.lr_policy={type: exp, gamma: 0.9}"],
    ],
)
def test_what_the_data_decide_is_not_judged_without_them(
    overrides: list[str], tmp_path: Path
) -> None:
    """A set of 60 points in batches of 8 has 15 iterations in two epochs."""
    spec = load_spec(small_file(tmp_path), overrides)
    assert foreseen(spec) == []
    prepare(spec, None, lambda text: None)


def test_a_spec_that_is_not_for_training_is_left_alone(tmp_path: Path) -> None:
    path = small_file(tmp_path)
    lines = path.read_text().splitlines(keepends=True)
    path.write_text("".join(line for line in lines if not line.startswith("  train:")))
    assert foreseen(load_spec(path, ["solver.best=nope"])) == []
