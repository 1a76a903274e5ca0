from __future__ import annotations

import threading
from collections.abc import Sequence
from types import MappingProxyType
from typing import Any

import pytest
import torch
from torch import nn

from protonet.debug.gradcheck_layer import Layer, layers_of
from protonet.errors import DataError, PathError
from protonet.layers import LAYERS
from protonet.layers.torch_nn import Types
from protonet.net import Net
from tests.debug.checking import MINE
from tests.specs import net_of

ONES = torch.ones(2, 3, dtype=torch.float64)


def layer_of(line: str, inputs: str = "{x: [3]}") -> Layer:
    """Return the only layer of a net."""
    net = Net(net_of(f"name: a, {line}", inputs=inputs, layers=Types({**LAYERS, **MINE})))
    (layer,) = layers_of(net.wiring.nodes, net.layers, [*net.modules()], 1)
    return layer


def around(module: nn.Module) -> Layer:
    """Return a layer around a module."""
    layer = layer_of("type: TanH")
    return Layer(0, layer.node, layer.kind, module, 1)


@pytest.mark.parametrize("line", ["type: Dropout", "type: BatchNorm", "type: RightSquare"])
def test_the_same_bottoms_give_the_same_tops(line: str, capsys: pytest.CaptureFixture[str]) -> None:
    layer = layer_of(line)
    bottom = torch.randn(2, 3, dtype=torch.float64)
    one, other = layer.run([bottom]), layer.run([bottom])
    assert torch.equal(one[0], other[0])
    assert one[0].dtype == torch.float64
    assert capsys.readouterr() == ("", "")  # what a layer prints is dropped


def test_statistics_are_put_back() -> None:
    layer = layer_of("type: BatchNorm")
    (before,) = [layer.module.mean.clone()]  # type: ignore[operator]
    layer.first_run([torch.randn(2, 3, dtype=torch.float64)])
    assert torch.equal(layer.module.mean, before)  # type: ignore[arg-type]


class Remembers(nn.Module):
    """Remembers in every way that there is."""

    def __init__(self) -> None:
        super().__init__()
        self.count, self.seen, self.kept = 0, [0.0], torch.zeros(())
        self.lock = threading.Lock()  # which cannot be copied

    def forward(self, bottom: torch.Tensor) -> torch.Tensor:
        before = self.count + sum(self.seen) + float(self.kept) + getattr(self, "late", 0)
        with self.lock:
            self.count += 1
            self.seen.append(1.0)
            self.kept += 1
            self.late = 1
        return bottom + before


def test_whatever_a_layer_remembers_is_put_back() -> None:
    layer = around(Remembers())
    assert torch.equal(layer.run([ONES])[0], ONES)
    assert torch.equal(layer.run([ONES])[0], ONES)


@pytest.mark.parametrize(
    ("line", "is_ours"), [("type: TanH", True), ("type: nn.Tanh", True), ("type: Detached", False)]
)
def test_whose_type_it_is(line: str, is_ours: bool) -> None:
    assert layer_of(line).is_ours is is_ours


@pytest.mark.parametrize(
    ("line", "inputs", "why"),
    [
        ("type: TanH", "{x: [3]}", ""),
        ("type: Silence", "{x: [3]}", "it has no top"),
        ("type: Threshold", "{x: [3]}", "a step has none"),
        (
            "type: Accuracy, bottom: [x, label]",
            "{x: [3], label: {shape: [], dtype: int64}}",
            "a metric: nothing learns from it",
        ),
    ],
)
def test_why_there_is_no_gradient(line: str, inputs: str, why: str) -> None:
    assert layer_of(line, inputs).why_not == why


def test_parameters_are_float64_and_statistics_none_of_them() -> None:
    found = layer_of("type: InnerProduct, num_output: 2").parameters()
    assert [*found] == ["weight", "bias"]
    assert {one.dtype for one in found.values()} == {torch.float64}
    assert layer_of("type: BatchNorm").parameters() == MappingProxyType({})


def test_a_gradient_is_stopped_where_the_spec_says_so() -> None:
    layer = layer_of("type: Eltwise, bottom: [x, x, x], propagate_down: [true, false]")
    assert [layer.is_stopped(place) for place in range(3)] == [False, True, False]
    assert not layer_of("type: TanH").is_stopped(0)


@pytest.mark.parametrize("line", ["type: Flatten", "type: nn.Identity", "type: Split"])
def test_a_top_is_no_view_of_what_will_be_moved(line: str) -> None:
    bottom = ONES.clone()
    (top,) = layer_of(line).run([bottom])
    bottom += 1
    assert torch.equal(top, ONES)


class Gives(nn.Module):
    """Gives tensors, whatever it reads."""

    def __init__(self, tops: Sequence[torch.Tensor]) -> None:
        super().__init__()
        self.tops = tuple(tops)

    def forward(self, bottom: torch.Tensor) -> tuple[torch.Tensor, ...]:
        return self.tops


def test_tops_become_float64_and_whole_numbers_stay() -> None:
    layer = around(Gives([torch.ones(2, dtype=torch.float16), torch.ones(2, dtype=torch.int32)]))
    assert [top.dtype for top in layer.run([ONES])] == [torch.float64, torch.int32]


def test_what_goes_wrong_is_told_with_the_place_of_the_layer() -> None:
    with pytest.raises(PathError) as caught:
        layer_of("type: Refusing").first_run([ONES])
    assert (caught.value.code, caught.value.path) == ("PN026", ("net", "layers", 0))
    assert caught.value.why == "it cannot be run: ValueError: not today"


def test_what_goes_wrong_in_a_plugin_is_told_with_its_line() -> None:
    code = "\ndef forward(*bottoms):\n    raise KeyError('no')"
    names: dict[str, Any] = {"__name__": "protonet_plugin_mine"}
    exec(compile(code, "mine.py", "exec"), names)  # as a plugin's own code is run
    module: Any = Gives([ONES])
    module.forward = names["forward"]
    with pytest.raises(PathError) as caught:
        around(module).first_run([ONES])
    assert caught.value.why == "it cannot be run: mine.py:3: KeyError: 'no'"


def test_an_error_without_a_text_is_told_by_its_name() -> None:
    assert layer_of("type: TanH").failure("it fails", KeyError()).why == "it fails: KeyError"


def test_a_refusal_of_numbers_is_told_with_the_name_of_the_layer() -> None:
    with pytest.raises(DataError) as caught:
        layer_of("type: Embed, num_output: 2, input_dim: 3").first_run([7 * ONES])
    assert str(caught.value) == (
        "layer a, with random inputs: index 7 is outside the 3 vectors (0 to 2)"
    )


def test_shared_parameters_stay_shared() -> None:
    line = "type: InnerProduct, num_output: 3, param: {weight: {name: w}}"
    net = Net(net_of(f"name: a, {line}", f"name: b, {line}", inputs="{x: [3]}"))
    one, other = layers_of(net.wiring.nodes, net.layers, [*net.modules()], 1)
    assert one.parameters()["weight"] is other.parameters()["weight"]
    assert one.parameters()["bias"] is not other.parameters()["bias"]
