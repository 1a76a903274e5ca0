"""What a net gave for a picture, as JSON has it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import numpy as np

from protonet.data.layout import Array
from protonet.predict.predictor import Predicted
from protonet.predict.telling import Naming


def best_classes(values: Mapping[str, Array], naming: Naming, top: int) -> dict[str, Any]:
    """Return the best classes of a picture, the best first, as `protonet predict` has them.

    Args:
        values: the blob of the scores, without the batch axis.
        naming: where the scores are, and what classes are called.
        top: how many classes are told, at most.
    """
    blob = naming.scores.blob
    asked = replace(naming, top=min(top, naming.scores.count))
    one = Predicted(("",), {blob: values[blob][None]}, (), ())
    return {"top": [asked.described(best) for _, best in asked.pictures(one)][0]}


def arrays(values: Mapping[str, Array], most: int) -> dict[str, Any]:
    """Return blobs of a picture as nested lists.

    Numbers that are not finite are null. Of a blob with too many numbers, `values` is null and
    `note` says why.

    Args:
        values: the blobs, without the batch axis.
        most: numbers of a blob that are told.
    """
    return {"blobs": {name: _array(value, most) for name, value in values.items()}}


def _array(value: Array, most: int) -> dict[str, Any]:
    about = {"shape": list(value.shape), "dtype": str(value.dtype)}
    if value.size > most:
        note = f"{value.size:,} numbers are more than the {most:,} that are told of a blob"
        return {**about, "values": None, "note": note}
    finite = np.isfinite(value)
    if not finite.all():
        value = value.astype(object)
        value[~finite] = None
    return {**about, "values": value.tolist()}
