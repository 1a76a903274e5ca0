"""Metrics against what torchmetrics gave on the same scores and labels (SOURCE.txt)."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import torch

from protonet.layers import LAYERS
from tests.layers.building import build

CASES: dict[str, Any] = json.loads(Path(__file__).with_name("metrics.json").read_text())["cases"]
VALUES = [(case, key) for case, found in CASES.items() for key in found["values"]]
OTHER_MEANS = {"four classes, one never seen nor said": "AUROC macro"}
"""There torchmetrics counts a class without pairs as 0; protonet leaves it out of the mean."""


def keys_of(name: str, variant: str, ignore_label: int | None) -> dict[str, Any]:
    """Return a layer's keys for what torchmetrics was asked for."""
    keys: dict[str, Any] = {"ignore_label": ignore_label} if ignore_label is not None else {}
    if name == "ConfusionMatrix":
        return {**keys, "normalize": variant or None}
    if name.startswith("Mean") and name != "MeanIoU":
        return {"root": True} if variant else {}
    return {**keys, **({"bins": 65536} if name == "AUROC" else {}), "average": variant}


def value_of(case: Any, key: str) -> Any:
    """Return what the layer gives for two uneven batches of a case, and for all at once."""
    name, _, variant = key.partition(" ")
    scores, labels = torch.tensor(case["scores"]), torch.tensor(case["labels"])
    keys = keys_of(name, variant, case["ignore_label"])
    module: Any = build(LAYERS[name], scores, labels, **keys)
    parts = [module.measure(scores[part], labels[part]) for part in (slice(0, 7), slice(7, None))]
    if hasattr(module, "conclude"):
        found = module.conclude((parts[0] + parts[1]).double())
    else:
        found = (parts[0][0] + parts[1][0]) / (parts[0][1] + parts[1][1])
    torch.testing.assert_close(module(scores, labels), found, check_dtype=False)
    return found


@pytest.mark.parametrize(("case", "key"), VALUES)
def test_a_metric_is_torchmetrics(case: str, key: str) -> None:
    found, expected = value_of(CASES[case], key), CASES[case]["values"][key]
    if OTHER_MEANS.get(case) == key:
        expected *= 4 / 3  # three classes have pairs
    wanted = torch.tensor(expected, dtype=found.dtype)
    torch.testing.assert_close(found, wanted, rtol=0, atol=2e-6)
