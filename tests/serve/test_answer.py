from __future__ import annotations

import json
import math

import numpy as np

from protonet.data.layout import Array
from protonet.serve.answer import arrays, best_classes
from tests.serve.nets import NAMING, told


def test_classes_come_best_first_with_number_name_and_score() -> None:
    values = {"means": np.array([[[1.5]], [[2.5]], [[0.5]]], np.float32)}
    assert best_classes(values, NAMING, 2) == {"top": told(1.5, 2.5, 0.5)[:2]}
    assert best_classes(values, NAMING, 99) == {"top": told(1.5, 2.5, 0.5)}


def test_a_score_that_is_no_number_is_null() -> None:
    told = best_classes({"means": np.array([1, math.nan, 0], np.float32)}, NAMING, 3)
    assert sorted(json.dumps(one["score"]) for one in told["top"]) == ["0.0", "1.0", "null"]


def test_blobs_are_nested_lists() -> None:
    values: dict[str, Array] = {
        "a": np.array([[1.5, math.nan], [-math.inf, 2]], np.float32),
        "b": np.array(7, np.int64),
    }
    assert arrays(values, 4) == {
        "blobs": {
            "a": {"shape": [2, 2], "dtype": "float32", "values": [[1.5, None], [None, 2]]},
            "b": {"shape": [], "dtype": "int64", "values": 7},
        }
    }


def test_of_many_numbers_only_the_count_is_told() -> None:
    assert arrays({"a": np.zeros((40, 50), np.float32)}, 1999) == {
        "blobs": {
            "a": {
                "shape": [40, 50],
                "dtype": "float32",
                "values": None,
                "note": "2,000 numbers are more than the 1,999 that are told of a blob",
            }
        }
    }
