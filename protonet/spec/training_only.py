"""What only a training set takes."""

from __future__ import annotations

from protonet.spec.addresses import addresses_of, weights_of
from protonet.spec.data import DataSpec, evaluation_sets
from protonet.spec.keys import line, plain, refused

_MEASURED = "an evaluation measures every record once"
_KEYS = ("sampling", "reservoir", "rand_skip")


def check_training_only(data: dict[str, DataSpec]) -> dict[str, DataSpec]:
    """Return the sets as they are.

    Raises: ValidationError for each evaluation set that says which records are drawn how often: of
        a test over the records of two sets by weight nobody could say what it measured.
    """
    problems = []
    for name, spec in evaluation_sets(data).items():
        for key in _KEYS:
            value = getattr(spec, key)
            if value:
                why = f"{key} is for the training set: {_MEASURED}"
                problems.append(line("PN015", why, "remove it", (name, key), plain(value)))
        for below, source in spec.sources.items():
            if weights_of(source.source) is not None:
                why = f"weights are for the training set: {_MEASURED}"
                hint = f"source: [{', '.join(addresses_of(source.source))}] reads each once"
                problem = line("PN015", why, hint, (), source.source)
                problems.append({**problem, "loc": (name, *below, "source")})
    if problems:
        raise refused(*problems)
    return data
