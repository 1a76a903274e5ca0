"""What TensorBoard is shown of a run, and how often."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any

from pydantic import BeforeValidator

from protonet.records import Flag, Record, custom_error
from protonet.spec.duration import TimedInterval


class BoardSpec(Record):
    """What TensorBoard is shown beside the numbers of every display and test. A length is in
    iterations, epochs or minutes; 0 is never."""

    norms: TimedInterval | None = None
    """Between two measurements of the norms of weights and gradients, of how far an update moves
    the weights, and of memory; left out: with every display."""
    by_layer: Flag = False
    """Show the norms of each layer, beside those of the whole net."""
    histograms: TimedInterval | None = None
    """Between two histograms of every parameter and its gradient; left out: with every test."""
    images: TimedInterval | None = None
    """Between two pictures of samples of the evaluation set, with their classes and what the net
    takes them for; left out: with every test."""
    filters: TimedInterval | None = None
    """Between two pictures of the filters of the first convolution; left out: with every test."""
    confusion_matrix: Flag = True
    """Draw each ConfusionMatrix of the net after every test."""
    graph: Flag = True
    """Draw the net, its blocks as boxes that open."""
    hyperparameters: Flag = True
    """List the solver's keys beside the last metrics, so that runs can be compared."""


BOARD_LENGTHS = ("norms", "histograms", "images", "filters")
"""The keys that hold a length."""


def read_board(value: Any) -> Any:
    """Return what true stands for, None for false, and what else there is as it is.

    Raises: PydanticCustomError for what is neither these nor a map.
    """
    if isinstance(value, bool):
        return BoardSpec() if value else None
    if isinstance(value, BoardSpec | Mapping):
        return value
    raise custom_error("PN010", "a map is needed, true or false", "tensorboard: {images: 1 epoch}")


Board = Annotated[BoardSpec | None, BeforeValidator(read_board)]
"""What TensorBoard is shown; None: there is no event file."""
