"""When frames around no layer give blobs other names: of layers that are left out."""

from __future__ import annotations

from pydantic import ValidationError
from pydantic_core import InitErrorDetails

from protonet.language import Plan
from protonet.spec.keys import lines_of
from protonet.spec.state import Presence


def presences(plan: Plan | None) -> tuple[dict[int, Presence], list[InitErrorDetails]]:
    """Return of each such frame, by its place, when it does so if not in every net; and what is
    wrong with the keys that say so."""
    found: dict[int, Presence] = {}
    lines: list[InitErrorDetails] = []
    for place, frame in enumerate(plan.frames if plan else ()):
        if frame.when:
            try:
                found[place] = Presence.model_validate(frame.when)
            except ValidationError as error:
                lines += [
                    {**one, "loc": ("frames", place, *one.get("loc", ()))}
                    for one in lines_of(error)
                ]
    return found, lines
