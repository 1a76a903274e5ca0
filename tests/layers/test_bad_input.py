"""What every layer type does with bottoms and axes that it is not made for: it refuses them in
words of its own before anything runs, or it runs. Nothing else gets out."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
import torch
import yaml
from pydantic import ValidationError

from protonet.errors import DataError, ShapeError, SpecError
from protonet.layers import LAYERS
from protonet.layers.record import Blob, Setting
from tests.layers.building import blob_of
from tests.layers.contract_case import Case
from tests.layers.contract_cases import CASES
from tests.layers.contract_parts import blobs_of, params_of
from tests.specs import spec_of

BUILT = [name for name in CASES if "run" not in LAYERS[name].exclusions]
LENGTHS = (3, 2, 4, 5, 2, 3)
DTYPES = (torch.int64, torch.bool, torch.uint8, torch.float16, torch.float64)
BEYOND = (99, -99)
NOT_RUN = {"Print": "it would print hundreds of lines, and takes whatever has numbers"}


def strange(blobs: list[Blob]) -> Iterator[list[Blob]]:
    """Yield bottoms of which one has any other rank, length or type."""
    for place, blob in enumerate(blobs):
        for other in _others(blob):
            yield [*blobs[:place], other, *blobs[place + 1 :]]


def _others(blob: Blob) -> Iterator[Blob]:
    for rank in range(7):
        yield Blob(LENGTHS[:rank], blob.dtype)
    for axis, length in enumerate(blob.shape):
        for other in (length + 1, 1):
            yield Blob((*blob.shape[:axis], other, *blob.shape[axis + 1 :]), blob.dtype)
    for dtype in DTYPES:
        yield Blob(blob.shape, dtype)


def refusal_of(name: str, params: Any, blobs: list[Blob], setting: Setting) -> str:
    """Return why a layer is refused before anything runs; nothing if it is not.

    What it takes is run, and must give what was foretold; only the numbers may be refused then.
    """
    kind = LAYERS[name]
    try:
        with torch.device("meta"):
            module = kind.build(params, blobs, setting)
            if kind.infer is None:
                foretold = tops(module(*map(zeros, blobs)))
            else:
                foretold = kind.infer(params, blobs, setting)
    except ShapeError as error:
        return error.why
    if name in NOT_RUN:
        return ""
    module = kind.build(params, blobs, setting)
    with torch.no_grad():
        for tensor in (*module.parameters(), *module.buffers()):
            tensor.zero_()
    try:
        given = tops(module(*map(zeros, blobs)))
    except DataError:
        return ""
    assert "shape" in kind.exclusions or given == foretold
    return ""


def zeros(blob: Blob) -> torch.Tensor:
    return torch.zeros(blob.shape, dtype=blob.dtype)


def tops(given: torch.Tensor | tuple[torch.Tensor, ...]) -> tuple[Blob, ...]:
    return tuple(map(blob_of, given if isinstance(given, tuple) else (given,)))


def text_of(name: str, case: Case, bottoms: int) -> str:
    """Return a spec with one layer of so many bottoms."""
    names = [f"in{place}" for place in range(bottoms)]
    layer = {"name": "layer", "type": name, "bottom": names, **yaml.safe_load(f"{{{case.keys}}}")}
    layer["top"] = [f"top{place}" for place in range(case.tops)]
    inputs = {name: {"shape": [2, 2, 4, 3], "batch": False} for name in names}
    return yaml.safe_dump({"net": {"inputs": inputs, "layers": [layer]}})


@pytest.mark.parametrize("name", BUILT)
def test_strange_bottoms_are_refused_in_words_or_run(name: str) -> None:
    for case in CASES[name]:
        params, setting = params_of(name, case), Setting("train", case.tops, "layer")
        for blobs in strange(blobs_of(case, 2)):
            refusal_of(name, params, blobs, setting)


AXES = [
    (name, key)
    for name in BUILT
    for key in LAYERS[name].params.model_fields
    if key.endswith("axis")
]


@pytest.mark.parametrize(("name", "key"), AXES, ids="-".join)
@pytest.mark.parametrize("axis", BEYOND)
def test_an_axis_that_does_not_exist_is_refused(name: str, key: str, axis: int) -> None:
    whys = []
    for case in CASES[name]:
        keys = yaml.safe_load(f"{{{case.keys}}}")
        try:
            params = LAYERS[name].params.model_validate({**keys, key: axis})
        except ValidationError:
            continue  # it contradicts another key of this case
        setting = Setting("train", case.tops, "layer")
        whys.append(refusal_of(name, params, blobs_of(case, 2), setting))
    assert any(f"{axis}" in why for why in whys)


@pytest.mark.parametrize("name", CASES)
def test_a_bottom_too_few_or_too_many_is_told_with_the_number_needed(name: str) -> None:
    arity = LAYERS[name].bottoms
    wrong = [arity.least - 1] if arity.least > 1 else []  # the first is chained, or cannot miss
    wrong += [arity.most + 1] if arity.most is not None else []
    for bottoms in wrong:
        with pytest.raises(SpecError) as caught:
            spec_of(text_of(name, CASES[name][0], bottoms))
        (problem,) = caught.value.problems
        assert (problem.code, problem.why) == (
            "PN024",
            f"{name} reads {arity} bottom{'' if str(arity) == '1' else 's'}, here {bottoms}",
        )
