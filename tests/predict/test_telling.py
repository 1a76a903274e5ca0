from __future__ import annotations

import numpy as np
import pytest

from protonet.predict.batches import Rejected
from protonet.predict.predictor import Predicted
from protonet.predict.scoring import Scores
from protonet.predict.telling import CsvTeller, JsonTeller, Naming, TextTeller

SCORES = np.array([[0.25, 0.625, 0.125], [0.0, 0.0, 1.0]], np.float32)
PREDICTED = Predicted(
    ("a.jpg", 'long, "name".jpg'), {"prob": SCORES}, (Rejected("bad.jpg", "bad.jpg: no"),), ()
)
NOTHING = Predicted((), {}, (Rejected("bad.jpg", "bad.jpg: no"),), ())


def naming(top: int, classes: tuple[str, ...] | None = ("cat", "dog", "a cow")) -> Naming:
    return Naming(Scores("prob", 3), classes, top)


def test_one_class_stands_beside_its_picture() -> None:
    told: list[str] = []
    teller = TextTeller(naming(1), told.append, PREDICTED.paths)
    teller.take(PREDICTED)
    teller.take(NOTHING)
    assert "".join(told) == ('a.jpg             0.6250  dog\nlong, "name".jpg  1.0000  a cow\n')


def test_several_classes_stand_below_it() -> None:
    told: list[str] = []
    TextTeller(naming(2, None), told.append, PREDICTED.paths).take(PREDICTED)
    assert "".join(told) == (
        'a.jpg\n  0.6250  1\n  0.2500  0\nlong, "name".jpg\n  1.0000  2\n  0.0000  0\n'
    )


def test_scores_that_are_no_probabilities_keep_their_digits() -> None:
    told: list[str] = []
    given = Predicted(("a",), {"prob": np.array([[[[-3.25]], [[1234.5678]]]])}, (), ())
    TextTeller(naming(2, None), told.append, ["a"]).take(given)
    assert "".join(told) == "a\n  1234.6  1\n  -3.25  0\n"


def test_csv_has_a_row_for_each_picture_and_class() -> None:
    told: list[str] = []
    teller = CsvTeller(naming(2), told.append)
    teller.take(PREDICTED)
    teller.take(NOTHING)
    assert "".join(told) == (
        "path,rank,class,name,score\n"
        "a.jpg,1,1,dog,0.625\n"
        "a.jpg,2,0,cat,0.25\n"
        '"long, ""name"".jpg",1,2,a cow,1\n'
        '"long, ""name"".jpg",2,0,cat,0\n'
    )


def test_json_lines_name_what_could_not_be_read_too() -> None:
    told: list[str] = []
    JsonTeller(naming(1), told.append).take(PREDICTED)
    assert "".join(told) == (
        '{"path": "a.jpg", "top": [{"class": 1, "name": "dog", "score": 0.625}]}\n'
        '{"path": "long, \\"name\\".jpg", "top": [{"class": 2, "name": "a cow", "score": 1.0}]}\n'
        '{"path": "bad.jpg", "error": "bad.jpg: no"}\n'
    )


@pytest.mark.parametrize("value", [np.nan, np.inf])
def test_json_has_no_word_for_what_is_not_finite(value: float) -> None:
    told: list[str] = []
    given = Predicted(("a",), {"prob": np.array([[value]])}, (), ())
    JsonTeller(Naming(Scores("prob", 1), None, 1), told.append).take(given)
    assert told == ['{"path": "a", "top": [{"class": 0, "name": "0", "score": null}]}\n']
