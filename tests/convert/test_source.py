from __future__ import annotations

import numpy as np
import pytest

from protonet.convert.source import MOST_CLASSES, numbered_classes


@pytest.mark.parametrize(
    ("labels", "classes"),
    [([2, 0], ("0", "1", "2")), ([0], ("0",)), ([], ()), ([MOST_CLASSES], None)],
)
def test_classes_without_names_are_called_by_their_number(
    labels: list[int], classes: tuple[str, ...] | None
) -> None:
    assert numbered_classes(np.array(labels, np.int64)) == classes


def test_the_largest_label_that_is_a_class() -> None:
    classes = numbered_classes(np.array([MOST_CLASSES - 1]))
    assert classes is not None
    assert len(classes) == MOST_CLASSES
