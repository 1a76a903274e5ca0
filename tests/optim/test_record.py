from __future__ import annotations

import dataclasses
from pathlib import Path

import pytest
import torch

from protonet import optim
from protonet.optim import OPTIMIZERS, OptimizerType, Slot

FOLDER = Path(optim.__file__).parent


def test_a_parameter_learns_at_the_nets_own_rate_unless_it_says_otherwise() -> None:
    slot = Slot("ip/weight", torch.zeros(1))

    assert (slot.lr_mult, slot.decay_mult) == (1.0, 1.0)


def test_records_are_frozen() -> None:
    slot = Slot("ip/weight", torch.zeros(1))

    with pytest.raises(dataclasses.FrozenInstanceError):
        slot.lr_mult = 2.0  # type: ignore[misc]  # the very thing that must fail


def test_the_table_lists_every_rule_that_a_file_declares() -> None:
    declared = [
        line.split(" = ")[0]
        for file in FOLDER.glob("*.py")
        for line in file.read_text().splitlines()
        if " = OptimizerType(" in line
    ]

    assert sorted(name.upper() for name in OPTIMIZERS) == sorted(declared)


@pytest.mark.parametrize("name", OPTIMIZERS)
def test_every_rule_is_found_by_its_own_name_and_documents_its_keys(name: str) -> None:
    kind: OptimizerType = OPTIMIZERS[name]

    assert kind.name == name
    assert kind.params.__doc__
    assert all(field.description for field in kind.params.model_fields.values())
