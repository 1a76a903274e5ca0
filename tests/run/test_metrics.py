from __future__ import annotations

import json
import math
from contextlib import closing
from pathlib import Path

from protonet.run.growing import GrowingFile
from protonet.run.metrics import MetricsFile


def test_a_row_is_a_line_of_json_in_the_order_it_was_given(tmp_path: Path) -> None:
    with closing(GrowingFile(tmp_path / "metrics.jsonl")) as file:
        MetricsFile(file).record({"iteration": 0, "phase": "train", "loss": 2.5})
        MetricsFile(file).record({"iteration": 4, "set": "test", "per_class": [0.5, 1.0]})
    assert (tmp_path / "metrics.jsonl").read_text() == (
        '{"iteration": 0, "phase": "train", "loss": 2.5}\n'
        '{"iteration": 4, "set": "test", "per_class": [0.5, 1.0]}\n'
    )


def test_what_json_has_no_word_for_is_null(tmp_path: Path) -> None:
    with closing(GrowingFile(tmp_path / "metrics.jsonl")) as file:
        MetricsFile(file).record({"loss": math.nan, "list": [math.inf, 1.0]})
    assert json.loads((tmp_path / "metrics.jsonl").read_text()) == {"loss": None, "list": [None, 1]}
