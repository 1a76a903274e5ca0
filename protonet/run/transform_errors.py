"""An error of the transforms of a source, at its place in the spec."""

from __future__ import annotations

from protonet.errors import PathError, ShapeError
from protonet.run.found import Found
from protonet.transforms.record import StepError


def refused(found: Found, error: ShapeError) -> PathError:
    """Return an error of the transforms at its place: the step, or the key of Caffe's map."""
    place, why = (*found.place, "transform"), error.why
    if "transform" not in found.spec.model_fields_set:
        place = (*found.place, "source")
    elif isinstance(error, StepError):
        if isinstance(error.place, int):
            place = (*place, error.place)
        elif error.place in found.spec.transform.model_fields_set:
            place, why = (*place, error.place), why.removeprefix(f"{error.place}: ")
    return PathError("PN041", place, why, hint=error.hint)
