from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import pytest

from protonet.errors import SpecError
from protonet.spec.board import BOARD_LENGTHS, BoardSpec
from protonet.spec.duration import Duration
from protonet.spec.solver import SolverSpec
from tests.small import small_spec
from tests.specs import spec_of


def solver(written: str) -> SolverSpec:
    found = spec_of(f"""
        net: {{inputs: {{x: [3]}}, layers: [{{name: r, type: ReLU}}]}}
        solver: {{base_lr: 0.1, max_iter: 10, tensorboard: {written}}}
    """).solver
    assert found is not None
    return found


def test_everything_is_shown_unless_something_else_is_said(tmp_path: Path) -> None:
    left_out = small_spec(tmp_path).solver
    assert left_out is not None
    assert left_out.tensorboard == BoardSpec() == solver("true").tensorboard
    assert solver("false").tensorboard is None


def test_lengths_are_iterations_epochs_or_minutes() -> None:
    written = "{norms: 10, histograms: 2 epochs, images: 3 minutes, filters: 0, by_layer: true}"
    assert solver(written).tensorboard == BoardSpec(
        norms=10,
        histograms=Duration(Fraction(2)),
        images=Duration(Fraction(180), "seconds"),
        filters=0,
        by_layer=True,
    )


def test_the_keys_that_hold_a_length_are_known() -> None:
    lengths = [name for name, field in BoardSpec.model_fields.items() if field.default is None]
    assert tuple(lengths) == BOARD_LENGTHS


@pytest.mark.parametrize(
    ("written", "message"),
    [
        ("3", "a map is needed, true or false"),
        ("", "a map is needed, true or false"),
        ("{image: 1}", "unknown key"),
        ("{images: 1 year}", "unknown unit year"),
        ("{images: -1}", "must be at least 0"),
        ("{graph: 1}", "true or false is needed"),
    ],
)
def test_what_cannot_be_meant_is_refused_at_its_place(written: str, message: str) -> None:
    with pytest.raises(SpecError) as caught:
        solver(written)
    (problem,) = caught.value.problems
    assert problem.why == message
