from __future__ import annotations

from collections.abc import Sequence
from functools import partial

import pytest
from torch import nn

from protonet.errors import UsageError
from protonet.layers import LAYERS
from protonet.layers.record import TWO, Arity, Blob, LayerType, NoParams, Setting
from protonet.look.catalogue import first_sentence, overview, page
from protonet.look.keys import REQUIRED


def build(params: object, bottoms: Sequence[Blob], setting: Setting) -> nn.Module:
    """Halve each number, which
    takes two lines. Then more is said.

    Bottom: (N, …).
    """
    return nn.Identity()


HALF = LayerType(name="Half", params=NoParams, build=build)
JUDGE = LayerType(
    name="Judge", params=NoParams, build=build, bottoms=Arity(2, 3), targets=(-1, -2), kind="loss"
)


def test_the_first_sentence_says_what_a_type_does() -> None:
    assert first_sentence(HALF) == "Halve each number, which takes two lines."


def test_a_builder_with_arguments_given_is_read_too() -> None:
    kind = LayerType(name="Part", params=NoParams, build=partial(build))
    assert first_sentence(kind) == "Halve each number, which takes two lines."


def test_without_a_docstring_the_models_is_taken() -> None:
    kind = LayerType(name="Bare", params=NoParams, build=lambda *given: nn.Identity())
    assert first_sentence(kind) == "A layer without keys of its own."


def test_a_page_has_all_of_a_type() -> None:
    given = page("SoftmaxWithLoss")
    assert (given.name, given.kind, given.tops, given.deploy) == (
        "SoftmaxWithLoss",
        "loss",
        "1 to 2",
        "Softmax",
    )
    assert given.bottoms == "2; class indices: bottom 2"
    assert given.parameters == ()
    assert "axis" in [key.name for key in given.keys]
    assert [key.name for key in given.common if key.default == REQUIRED] == ["name", "type"]
    assert given.text.startswith(f"{given.sentence}\n\nBottoms: scores")


def test_a_layer_that_applies_a_block_has_no_keys_of_the_layers_in_it() -> None:
    names = {key.name for key in page("Recurrent").common}
    assert names == {"name", "type", "top", "phase", "include", "exclude", "frozen", "share"}


def test_targets_from_the_end_are_said_to_be() -> None:
    layers = {"Judge": JUDGE}
    given = page("Judge", layers)
    assert given.bottoms == "2 to 3; targets: the last, the last but 1"
    assert given.deploy is None
    assert (
        page(
            "Two", {"Two": LayerType(name="Two", params=NoParams, build=build, bottoms=TWO)}
        ).bottoms
        == "2"
    )


@pytest.mark.parametrize("name", LAYERS)
def test_every_type_has_a_page_and_every_key_a_description(name: str) -> None:
    given = page(name)
    assert given.sentence.endswith(".")
    assert [key.name for key in given.keys if not key.description] == []


def test_the_overview_lists_every_type_once_by_kind() -> None:
    given = overview()
    assert sorted(name for names in given.values() for name in names) == sorted(LAYERS)
    assert [*given] == ["layer", "loss", "metric"]
    assert overview({"Half": HALF, "Judge": JUDGE})["loss"] == {
        "Judge": "Halve each number, which takes two lines."
    }


def test_an_unknown_type_is_refused_with_the_nearest_name() -> None:
    with pytest.raises(UsageError) as caught:
        page("Convolutoin")
    assert str(caught.value) == ("Convolutoin: unknown layer type; did you mean Convolution?")
