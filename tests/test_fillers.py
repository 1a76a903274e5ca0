"""Expected numbers: Caffe's recorded statistics, the distributions' own, bilinear by hand."""

from __future__ import annotations

import json
import math
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
import torch
import yaml
from pydantic import TypeAdapter, ValidationError

from protonet.errors import ShapeError
from protonet.fillers import FILLERS, Constant, Filler, constant, fill_, parse
from protonet.records import Record

CAFFE = json.loads((Path(__file__).parent / "golden" / "fillers.json").read_text())
EXACT = [name for name, case in CAFFE.items() if "values" in case]
DRAWN = [name for name in CAFFE if name not in EXACT]


class Holder(Record):
    """A layer that has a filler."""

    weight_filler: Filler = constant(0)


def filled(
    written: object, *shape: int, seed: int = 1701, dtype: torch.dtype = torch.float32
) -> torch.Tensor:
    tensor = torch.empty(shape, dtype=dtype)
    fill_(tensor, parse(written), torch.Generator().manual_seed(seed))
    return tensor


def written(case: dict[str, Any]) -> dict[str, Any]:
    """Return a case's filler, `type: "gaussian" std: 0.5`, as a map of YAML."""
    words = case["filler"].replace(":", "").split()
    return {key: yaml.safe_load(text) for key, text in zip(words[::2], words[1::2], strict=True)}


@pytest.mark.parametrize("name", EXACT)
def test_a_filler_without_chance_gives_caffes_numbers(name: str) -> None:
    case = CAFFE[name]
    found = filled(written(case), *case["shape"]).flatten().tolist()
    assert found == pytest.approx(case["values"], abs=1e-7)


@pytest.mark.parametrize("name", DRAWN)
def test_a_filler_spreads_as_caffes_does(name: str) -> None:
    case = CAFFE[name]

    found = filled(written(case), *case["shape"]).double()

    # both are samples: five standard errors, of each about 1 / sqrt(count), relative to the spread
    error = 5 * math.sqrt(2 / found.numel())
    assert found.mean().item() == pytest.approx(case["mean"], abs=error * case["std"])
    assert found.std().item() == pytest.approx(case["std"], rel=error)
    share = case["zeros"] / found.numel()
    apart = 5 * math.sqrt(2 * share * (1 - share) * found.numel())
    assert int((found == 0).sum()) == pytest.approx(case["zeros"], abs=apart)
    if not name.startswith(("gaussian", "msra", "positive")):  # the ends of an even spread are near
        width = case["max"] - case["min"]
        assert found.min().item() == pytest.approx(case["min"], abs=0.01 * width)
        assert found.max().item() == pytest.approx(case["max"], abs=0.01 * width)


def test_every_filler_was_recorded() -> None:
    assert {written(case)["type"] for case in CAFFE.values()} == {*FILLERS}


def test_bilinear_is_a_pyramid_that_doubles_an_image() -> None:
    # side 4: factor 2, centre 3/4; 1 - |x/2 - 3/4| is 1/4, 3/4, 3/4, 1/4 for x = 0, 1, 2, 3
    line = [0.25, 0.75, 0.75, 0.25]
    found = filled("bilinear", 2, 1, 4, 4)
    assert found.tolist() == [[[[one * other for one in line] for other in line]]] * 2


def test_rows_of_the_unit_ball_are_positive_and_sum_to_one() -> None:
    found = filled("positive_unitball", 5, 3, 2, 2)
    assert (found >= 0).all()
    assert found.flatten(1).sum(1).tolist() == pytest.approx([1] * 5)


@pytest.mark.parametrize(
    ("name", "spread"),
    [("xavier", lambda n: math.sqrt(3 / n)), ("msra", lambda n: math.sqrt(2 / n))],
)
@pytest.mark.parametrize(
    ("shape", "norm", "connections"),
    [
        ((50, 20, 5, 5), "FAN_IN", 500),
        ((50, 20, 5, 5), "FAN_OUT", 1250),
        ((50, 20, 5, 5), "AVERAGE", 875),
        ((9000,), "FAN_IN", 1),
        ((9000,), "FAN_OUT", 9000),
    ],
)
def test_the_spread_follows_from_the_connections(
    name: str, spread: Any, shape: Sequence[int], norm: str, connections: int
) -> None:
    found = filled({"type": name, "variance_norm": norm}, *shape)
    if name == "xavier":  # even within the spread: 9,000 draws come within a thousandth of it
        assert found.abs().max().item() == pytest.approx(spread(connections), rel=1e-3)
    else:
        assert found.std().item() == pytest.approx(spread(connections), rel=0.05)


def test_sparse_keeps_so_many_inputs_per_output_on_average() -> None:
    found = filled({"type": "gaussian", "mean": 5, "sparse": 10}, 100, 200)
    # 20,000 times 10 / 100, give or take five standard deviations of 42
    assert int((found != 0).sum()) == pytest.approx(2000, abs=5 * 42.4)


@pytest.mark.parametrize(("sparse", "share"), [(0, 0), (100, 1), (-1, 1)])
def test_sparse_may_keep_none_or_all(sparse: int, share: int) -> None:
    found = filled({"type": "gaussian", "mean": 5, "std": 0.1, "sparse": sparse}, 100, 2)
    assert (found != 0).float().mean().item() == share


@pytest.mark.parametrize("name", FILLERS)
@pytest.mark.parametrize("dtype", [torch.float64, torch.float16, torch.bfloat16])
def test_a_seed_gives_the_same_numbers_in_any_type(name: str, dtype: torch.dtype) -> None:
    one, other = filled(name, 4, 2, 3, 3), filled(name, 4, 2, 3, 3, dtype=dtype)
    assert torch.equal(one.to(dtype), other)


@pytest.mark.parametrize("name", [name for name in FILLERS if name not in ("bilinear", "constant")])
def test_another_seed_gives_other_numbers(name: str) -> None:
    assert not torch.equal(filled(name, 4, 2, seed=1), filled(name, 4, 2, seed=2))


@pytest.mark.gpu
@pytest.mark.parametrize("name", FILLERS)
def test_a_seed_gives_the_same_numbers_on_any_device(name: str) -> None:
    tensor = torch.empty(4, 2, 3, 3, device="cuda")
    fill_(tensor, parse(name), torch.Generator().manual_seed(1701))
    assert torch.equal(tensor.cpu(), filled(name, 4, 2, 3, 3))


@pytest.mark.parametrize("name", FILLERS)
def test_on_the_meta_device_nothing_is_allocated(name: str) -> None:
    """4 TB of it: what could be filled is not refused, what could not is."""
    vast = torch.empty(10**6, 10**6, 1, 1, device="meta")
    fill_(vast, parse(name), torch.Generator())
    assert vast.is_meta
    with pytest.raises(ShapeError, match="^gaussian filler: sparse 5 is above the 3 outputs"):
        fill_(
            torch.empty(3, 4, device="meta"),
            parse({"type": "gaussian", "sparse": 5}),
            torch.Generator(),
        )


def test_the_memory_format_does_not_matter() -> None:
    tensor = torch.empty(4, 3, 2, 2).contiguous(memory_format=torch.channels_last)
    fill_(tensor, parse("xavier"), torch.Generator().manual_seed(1701))
    assert torch.equal(tensor, filled("xavier", 4, 3, 2, 2))
    assert tensor.is_contiguous(memory_format=torch.channels_last)


def test_a_default_device_does_not_matter() -> None:
    with torch.device("meta"):
        tensor = torch.empty(4, 3, device="cpu")
        fill_(tensor, parse("xavier"), torch.Generator().manual_seed(1701))
    assert torch.equal(tensor, filled("xavier", 4, 3))


def test_autograd_does_not_notice() -> None:
    tensor = torch.nn.Parameter(torch.empty(2))
    fill_(tensor, constant(3), torch.Generator())
    assert tensor.tolist() == [3, 3]
    assert tensor.grad_fn is None


@pytest.mark.parametrize("name", ["constant", "uniform", "gaussian"])
def test_a_single_number_can_be_filled(name: str) -> None:
    assert filled(name).shape == ()


def refusal(written: object, *shape: int) -> tuple[str, str]:
    with pytest.raises(ShapeError) as caught:
        filled(written, *shape)
    return caught.value.why, caught.value.hint


def test_refuses_to_keep_more_inputs_than_there_are_outputs() -> None:
    assert refusal({"type": "gaussian", "sparse": 5}, 4, 9) == (
        "gaussian filler: sparse 5 is above the 4 outputs of a parameter of shape (4, 9)",
        "",
    )


@pytest.mark.parametrize("shape", [(2, 1, 3, 4), (5,), (2, 3, 3)])
def test_refuses_bilinear_filters_that_are_not_square(shape: tuple[int, ...]) -> None:
    assert refusal("bilinear", *shape) == (
        f"bilinear filler: the shape {shape} is not that of square 2-d filters",
        "use it on a Convolution or Deconvolution with one kernel_size",
    )


@pytest.mark.parametrize(
    "written", ["xavier", "msra", "positive_unitball", {"type": "gaussian", "sparse": 1}]
)
def test_refuses_to_count_the_connections_of_a_single_number(written: object) -> None:
    assert refusal(written) == (
        "this filler needs at least one axis, the parameter is a single number",
        "use constant, uniform or gaussian without sparse",
    )


@pytest.mark.parametrize(
    ("written", "plain"),
    [
        ("xavier", {"type": "xavier", "variance_norm": "FAN_IN"}),
        ({"value": 0.1}, {"type": "constant", "value": 0.1}),
        ({}, {"type": "constant", "value": 0.0}),
        (
            {"type": "gaussian", "std": 1},
            {"type": "gaussian", "mean": 0.0, "std": 1.0, "sparse": -1},
        ),
        ("uniform", {"type": "uniform", "min": 0.0, "max": 1.0}),
        (constant(2), {"type": "constant", "value": 2.0}),
        ({"type": "uniform", "min": 1, "max": 1}, {"type": "uniform", "min": 1.0, "max": 1.0}),
    ],
)
def test_a_filler_is_a_name_or_a_map_and_comes_out_as_a_map(
    written: object, plain: dict[str, Any]
) -> None:
    holder = TypeAdapter(Holder).validate_python({"weight_filler": written})
    assert holder.model_dump() == {"weight_filler": plain}
    assert TypeAdapter(Holder).validate_python(holder.model_dump()) == holder


KNOWN = "known: bilinear, constant, gaussian, msra, positive_unitball, uniform, xavier"
EXAMPLES = "for example xavier or {type: gaussian, std: 0.01}"


@pytest.mark.parametrize(
    ("written", "where", "code", "why", "hint"),
    [
        ("xaver", "", "PN014", "unknown filler", "did you mean xavier?"),
        ({"type": "orthogonal"}, ".type", "PN014", "unknown filler", KNOWN),
        ({"type": 3}, ".type", "PN014", "unknown filler", KNOWN),
        (0.1, "", "PN010", "a filler is a name or a map", EXAMPLES),
        ({"type": "gaussian", "sdt": 1}, ".sdt", "PN012", "unknown key", "did you mean std?"),
        ({"type": "xavier", "std": 1}, ".std", "PN012", "unknown key", "known: variance_norm"),
        ({"type": "bilinear", "std": 1}, ".std", "PN012", "unknown key", "there is none"),
        ({"value": "0"}, ".value", "float_type", "a number is needed", ""),
        ({"type": "uniform", "min": 2}, "", "PN013", "min 2 is above max 1", ""),
    ],
)
def test_refuses_what_is_no_filler_at_its_place(
    written: object, where: str, code: str, why: str, hint: str
) -> None:
    with pytest.raises(ValidationError) as caught:
        TypeAdapter(Holder).validate_python({"weight_filler": written})
    (error,) = caught.value.errors(include_url=False)
    assert (
        ".".join(map(str, error["loc"])),
        error["type"],
        error["msg"],
        error.get("ctx", {}).get("hint", ""),
    ) == (f"weight_filler{where}", code, why, hint)


@pytest.mark.parametrize(
    ("keys", "where", "kind"),
    [
        ({"type": "gaussian", "std": 0}, "std", "greater_than"),
        ({"type": "gaussian", "sparse": -2}, "sparse", "greater_than_equal"),
        ({"type": "gaussian", "sparse": 1.5}, "sparse", "int_type"),
        ({"type": "msra", "variance_norm": "FAN"}, "variance_norm", "literal_error"),
    ],
)
def test_refuses_numbers_out_of_range(keys: dict[str, Any], where: str, kind: str) -> None:
    with pytest.raises(ValidationError) as caught:
        parse(keys)
    assert [(error["loc"], error["type"]) for error in caught.value.errors()] == [((where,), kind)]


def test_an_editor_is_told_both_spellings() -> None:
    names, *maps = Holder.model_json_schema()["properties"]["weight_filler"]["anyOf"]
    assert names == {"enum": [*FILLERS]}
    assert [one["properties"]["type"] for one in maps] == [{"const": name} for name in FILLERS]
    assert {*maps[2]["properties"]} == {"type", "mean", "std", "sparse"}
    assert not any(one["additionalProperties"] for one in maps)


def test_constant_is_short_for_the_filler_of_one_number() -> None:
    assert constant(2) == Filler("constant", Constant(value=2.0))
