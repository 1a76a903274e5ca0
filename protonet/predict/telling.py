"""Predictions as people and programs read them: lines of text, CSV, JSON lines."""

from __future__ import annotations

import csv
import io
import json
import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from protonet.predict.predictor import Predicted
from protonet.predict.scoring import Scores, best

Write = Callable[[str], object]


class Teller(Protocol):
    """Takes what a net gave, and tells it."""

    def take(self, predicted: Predicted) -> None:
        """Tell some pictures, those that could not be read where that has a place."""
        ...


@dataclass(frozen=True, slots=True)
class Naming:
    """What is told of the scores.

    Attributes:
        scores: where they are.
        classes: name of each class; None where there are none, or of another number of classes.
        top: how many classes are told of each picture, the best first.
    """

    scores: Scores
    classes: tuple[str, ...] | None
    top: int

    def name(self, number: int) -> str:
        """Return what a class is called: its number, where it has no name."""
        return self.classes[number] if self.classes else str(number)

    def described(self, best_classes: Sequence[tuple[int, float]]) -> list[dict[str, Any]]:
        """Return number, name and score of classes as JSON has them.

        A score that is not finite is null: JSON has no word for it.
        """
        return [
            {
                "class": number,
                "name": self.name(number),
                "score": score if math.isfinite(score) else None,
            }
            for number, score in best_classes
        ]

    def pictures(self, predicted: Predicted) -> Iterator[tuple[str, list[tuple[int, float]]]]:
        """Yield the path of each picture, and number and score of its best classes."""
        if not predicted.paths:
            return
        scores = predicted.blobs[self.scores.blob].reshape(len(predicted.paths), -1)
        for path, row, chosen in zip(
            predicted.paths, scores, best(scores, self.top).tolist(), strict=True
        ):
            yield path, [(number, float(row[number])) for number in chosen]


class TextTeller:
    """One line for each picture, or with several classes a line for each of them below it.

    Args:
        naming: what is told.
        write: takes the text.
        paths: of all pictures, so that what stands beside them is aligned.
    """

    def __init__(self, naming: Naming, write: Write, paths: Sequence[str]) -> None:
        self._naming, self._write = naming, write
        self._width = min(max(map(len, paths), default=0), _WIDEST)

    def take(self, predicted: Predicted) -> None:
        """Write the pictures."""
        for path, best_classes in self._naming.pictures(predicted):
            lines = [f"{_number(score)}  {self._naming.name(at)}" for at, score in best_classes]
            if len(lines) == 1:
                self._write(f"{path:<{self._width}}  {lines[0]}\n")
            else:
                self._write("\n  ".join([path, *lines]) + "\n")


class CsvTeller:
    """A row for each picture and class: path, rank from 1, number and name of the class, score.

    Args:
        naming: what is told.
        write: takes the text.
    """

    def __init__(self, naming: Naming, write: Write) -> None:
        self._naming, self._write = naming, write
        self._row(("path", "rank", "class", "name", "score"))

    def take(self, predicted: Predicted) -> None:
        """Write the rows."""
        for path, best_classes in self._naming.pictures(predicted):
            for rank, (number, score) in enumerate(best_classes, 1):
                self._row((path, rank, number, self._naming.name(number), f"{score:.9g}"))

    def _row(self, values: Sequence[object]) -> None:
        text = io.StringIO()
        csv.writer(text, lineterminator="\n").writerow(values)
        self._write(text.getvalue())


class JsonTeller:
    """An object on each line: path and best classes of a picture, or path and error.

    Args:
        naming: what is told.
        write: takes the text.
    """

    def __init__(self, naming: Naming, write: Write) -> None:
        self._naming, self._write = naming, write

    def take(self, predicted: Predicted) -> None:
        """Write the lines; those of pictures that could not be read come after their batch's."""
        for path, best_classes in self._naming.pictures(predicted):
            self._line({"path": path, "top": self._naming.described(best_classes)})
        for rejected in predicted.rejected:
            self._line({"path": rejected.path, "error": rejected.why})

    def _line(self, value: object) -> None:
        self._write(json.dumps(value, ensure_ascii=False) + "\n")


_WIDEST = 100
"""Characters up to which paths are aligned."""


def _number(score: float) -> str:
    """Return a score as wide as the others, if it is a probability."""
    return f"{score:.4f}" if 0 <= score <= 1 else f"{score:.5g}"
