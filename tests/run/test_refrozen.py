"""Freezing and unfreezing by `solver.params` when a run goes on."""

from __future__ import annotations

from pathlib import Path

import pytest

from protonet.errors import UsageError
from protonet.run.train import train
from protonet.schema import load_spec
from tests.small import small_file

FREEZES = "solver.params freezes hidden/weight, hidden/bias, which the update rule remembers"
FREES = "solver.params trains hidden/weight, hidden/bias again, which the update rule does not know"
SGD = "{type: optim.SGD, momentum: 0.9}"


@pytest.fixture(autouse=True)
def _here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def go_on(folder: Path, rule: str, before: str, now: str) -> int:
    """Train for four iterations with some parameters frozen, go on to the sixth with others; return
    the iteration it came to."""
    path = small_file(folder, max_iter=4)
    written = path.read_text()
    path.write_text(written.replace("momentum: 0.9", f"optimizer: {rule}, params: [{before}]"))
    train(path)
    changed = written.replace("max_iter: 4", "max_iter: 6")
    path.write_text(changed.replace("momentum: 0.9", f"optimizer: {rule}, params: [{now}]"))
    return train(load_spec(path), resume=True).iteration


JOINED = ("AdamW", "Adagrad", "Adafactor", "Adamax", "ASGD", "NAdam", "RMSprop", "Rprop")
FROZEN = "{match: 'hidden/*', lr_mult: 0}"


@pytest.mark.parametrize(
    ("rule", "before", "now", "why"),
    [
        ("{type: SGD, momentum: 0.9}", "", FROZEN, FREEZES),
        ("{type: SGD, momentum: 0.9}", FROZEN, "", FREES),
        ("{type: Adam}", FROZEN, "", FREES),
        ("{type: optim.AdamW}", "", FROZEN, FREEZES),
        (SGD, "", FROZEN, FREEZES),
        (SGD, FROZEN, "", FREES),
        ("{type: optim.LBFGS}", "", FROZEN, FREEZES),
        ("{type: optim.LBFGS}", FROZEN, "", FREES),
    ],
)
def test_what_an_update_rule_cannot_go_on_with_is_refused(
    rule: str, before: str, now: str, why: str, tmp_path: Path
) -> None:
    with pytest.raises(UsageError) as caught:
        go_on(tmp_path, rule, before, now)
    assert str(caught.value) == (
        f"runs/small/1/snapshots/iter_4: belongs to another training: {why}. Put it back, or train "
        "anew without --resume"
    )


@pytest.mark.parametrize(
    ("rule", "before", "now"),
    [
        ("{type: SGD}", "", FROZEN),
        ("{type: SGD}", FROZEN, ""),
        ("{type: optim.SGD}", "", FROZEN),
        ("{type: optim.SGD}", FROZEN, ""),
        *((f"{{type: optim.{name}}}", FROZEN, "") for name in JOINED),
        ("{type: SGD, momentum: 0.9}", "", "{match: 'hidden/*', lr_mult: 0.1}"),
        ("{type: SGD, momentum: 0.9}", FROZEN, "{match: hidden, lr_mult: 0}"),
    ],
)
def test_what_has_no_history_or_needs_none_goes_on(
    rule: str, before: str, now: str, tmp_path: Path
) -> None:
    assert go_on(tmp_path, rule, before, now) == 6
