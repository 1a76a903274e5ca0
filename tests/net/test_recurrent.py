"""A block applied along an axis is the same as its layers written out step by step, and as torch's
own recurrent modules."""

from __future__ import annotations

import pytest
import torch
from torch import nn

from protonet.language import Carried, Loop
from protonet.net import Net
from protonet.net.recurrent import Recurrent, Steps, Zeros, next_key, top_key
from tests.specs import spec_of

HEAD = """\
net:
  inputs: {x: [T, N, 3], h0: [5]}
  defaults: {InnerProduct: {weight_filler: xavier, bias_filler: {type: uniform, min: -1, max: 1}}}
  blocks:
    step:
      args: {out: 5}
      bottoms: [x, h]
      tops: [h_t]
      layers:
        - {name: ih, type: InnerProduct, num_output: $out, bottom: x}
        - {name: hh, type: InnerProduct, num_output: $out, bottom: h}
        - {name: sum, type: Eltwise, bottom: [ih, hh]}
        - {name: h_t, type: TanH}
  layers:
"""
UNROLLED = """\
    - {name: cut, type: Slice, axis: 0, top: [x0, x1, x2]}
    - {name: f0, type: Flatten, bottom: x0, axis: 0, end_axis: 1}
    - {name: f1, type: Flatten, bottom: x1, axis: 0, end_axis: 1}
    - {name: f2, type: Flatten, bottom: x2, axis: 0, end_axis: 1}
    - {name: s0, type: step, bottom: [f0, h0]}
    - {name: s1, type: step, bottom: [f1, s0], share: s0}
    - {name: s2, type: step, bottom: [f2, s1], share: s0}
"""


def net(layers: str, head: str = HEAD, phase: str = "train") -> Net:
    return Net(spec_of(head + layers).net, "train", seed=3).in_phase(phase)  # type: ignore[arg-type]


def drawn(*shape: int) -> torch.Tensor:
    return torch.randn(*shape, generator=torch.Generator().manual_seed(1))


def rnn_of(made: Net, layer: str = "r") -> nn.RNN:
    """Return torch's own RNN with the weights of a layer."""
    rnn = nn.RNN(3, 5)
    for ours, theirs in (("ih", "ih"), ("hh", "hh")):
        for name in ("weight", "bias"):
            parameter = getattr(rnn, f"{name}_{theirs}_l0")
            parameter.data.copy_(made.params[f"{layer}/{ours}"][name])
    return rnn


def test_steps_are_those_of_layers_written_out() -> None:
    made = net("    - {name: r, type: Recurrent, block: step, over: {x: x}, carry: {h: [h_t, h0]}}")
    head = HEAD.replace("x: [T, N, 3]", "x: [3, N, 3]")
    unrolled = net(UNROLLED, head)
    for name, tensor in made.named_tensors().items():
        unrolled.named_tensors()[name.replace("r/", "s0/")].data.copy_(tensor)
    blobs = {"x": drawn(3, 2, 3), "h0": drawn(2, 5)}
    ours = made(blobs)["r"]
    theirs = torch.stack([*unrolled(blobs, ["s0", "s1", "s2"]).values()])
    ours.sum().backward()
    theirs.sum().backward()

    torch.testing.assert_close(ours, theirs)
    for name, tensor in made.named_tensors().items():
        twin = unrolled.named_tensors()[name.replace("r/", "s0/")]
        torch.testing.assert_close(tensor.grad, twin.grad)


def test_the_tops_are_stacked_and_the_last_value_is_a_further_top() -> None:
    made = net(
        "    - {name: r, type: Recurrent, block: step, over: {x: x}, carry: {h: [h_t, h0]},"
        " top: [all, last]}"
    )
    x, h0 = drawn(6, 2, 3), drawn(2, 5)
    every, last = rnn_of(made)(x, h0[None])
    given = made({"x": x, "h0": h0})

    torch.testing.assert_close(given["all"], every)
    torch.testing.assert_close(given["last"], last[0])


@pytest.mark.parametrize("carry", ["{h: h_t}", "{h: [h_t]}", "{h: [h_t, [5]]}"])
def test_what_has_no_first_value_begins_with_zeros(carry: str) -> None:
    made = net(f"    - {{name: r, type: Recurrent, block: step, over: {{x: x}}, carry: {carry}}}")
    assert made.inputs == ("x",)
    x = drawn(6, 4, 3)
    torch.testing.assert_close(made({"x": x})["r"], rnn_of(made)(x)[0])


def test_reverse_goes_from_the_last_step_and_keeps_the_order() -> None:
    made = net(
        "    - {name: r, type: Recurrent, block: step, over: {x: x}, carry: {h: h_t},"
        " reverse: true, top: [all, first]}"
    )
    x = drawn(6, 2, 3)
    every, last = rnn_of(made)(x.flip(0))
    given = made({"x": x})
    torch.testing.assert_close(given["all"], every.flip(0))
    torch.testing.assert_close(given["first"], last[0])


def test_steps_may_lie_along_another_axis() -> None:
    head = HEAD.replace("x: [T, N, 3]", "x: [T, 3]")  # (N, T, 3), as data sets have it
    made = net(
        "    - {name: r, type: Recurrent, block: step, over: {x: x}, carry: {h: h_t}, axis: 1}",
        head,
    )
    x = drawn(4, 6, 3)
    expected = rnn_of(made)(x.transpose(0, 1))[0].transpose(0, 1)
    torch.testing.assert_close(made({"x": x})["r"], expected)


def test_a_constant_is_the_same_in_every_step_and_nothing_need_be_carried() -> None:
    head = """\
net:
  inputs: {x: [T, N, 3], scale: [3]}
  blocks:
    step:
      bottoms: [x, s]
      layers:
        - {name: product, type: Eltwise, operation: PROD, bottom: [x, s]}
  layers:
    - {name: r, type: Recurrent, block: step, over: {x: x}, constant: {s: scale}}
"""
    x, scale = drawn(3, 2, 3), drawn(2, 3)
    given = net("", head)({"x": x, "scale": scale})["r"]
    torch.testing.assert_close(given, x * scale)


STATISTICS = """\
net:
  inputs: {x: [T, N, 3]}
  blocks:
    step:
      layers:
        - {name: bn, type: BatchNorm}
        - {name: scale, type: Scale, bias_term: true}
        - {name: drop, type: Dropout, dropout_ratio: 0.5}
  layers:
    - {name: r, type: Recurrent, block: step, over: {x: x}}
"""


def test_statistics_follow_every_step_and_every_step_drops_others() -> None:
    made = net("", STATISTICS)
    x = drawn(7, 8, 3)
    once = nn.BatchNorm1d(3, eps=1e-5, affine=False)
    torch.manual_seed(0)
    given = made({"x": x})["r"]

    mask = given != 0
    assert len({tuple(step.flatten().tolist()) for step in mask}) == 7
    normal = torch.stack([once(step) for step in x])
    torch.testing.assert_close(given, torch.where(mask, 2 * normal, 0.0), rtol=1e-4, atol=1e-4)
    # Caffe's scale factor: f = 0.999 f + 1 at each of the 7 steps
    factor = sum(0.999**power for power in range(7))
    assert made.params["r/bn"]["scale_factor"].item() == pytest.approx(factor)
    before = made.params["r/bn"]["mean"].clone()
    test = made.in_phase("test")
    torch.testing.assert_close(test({"x": x})["r"][2], test({"x": x[2:3]})["r"][0])
    torch.testing.assert_close(made.params["r/bn"]["mean"], before)


def test_layers_of_one_phase_are_there_in_that_phase_only() -> None:
    head = STATISTICS.replace("dropout_ratio: 0.5", "dropout_ratio: 0.5, phase: train, top: scale")
    made = net("", head)
    x = drawn(3, 4, 3)
    assert (made({"x": x})["r"] == 0).any()
    assert not (made.in_phase("test")({"x": x})["r"] == 0).any()


NESTED = """\
net:
  inputs: {x: [S, T, N, 3], m: [2]}
  defaults: {InnerProduct: {weight_filler: xavier}}
  blocks:
    word:
      bottoms: [x, h, m]
      tops: [h_t]
      layers:
        - {name: both, type: Concat, bottom: [x, h, m]}
        - {name: ip, type: InnerProduct, num_output: 5}
        - {name: h_t, type: nn.Tanh}
    sentence:
      bottoms: [words, h, m]
      tops: [h_t]
      layers:
        - {name: words, type: Recurrent, block: word, over: {x: words}, carry: {h: [h_t, h]},
           constant: {m: m}, top: [all, last]}
        - {name: s, type: Silence, bottom: all}
        - {name: h_t, type: Power, scale: 0.5, bottom: last}
  layers:
    - {name: r, type: Recurrent, block: sentence, over: {words: x}, carry: {h: [h_t, [5]]},
       constant: {m: m}}
"""


def test_a_block_along_an_axis_may_lie_in_another() -> None:
    made = net("", NESTED)
    x, m = drawn(2, 3, 4, 3), drawn(4, 2)
    weight, bias = (made.params["r/words/ip"][name] for name in ("weight", "bias"))
    state, expected = torch.zeros(4, 5), []
    for sentence in x:
        for word in sentence:
            state = torch.tanh(torch.cat([word, state, m], 1) @ weight.T + bias)
        state = state / 2
        expected.append(state)
    torch.testing.assert_close(made({"x": x, "m": m})["r"], torch.stack(expected))


TWO = """\
    - {name: r, type: Recurrent, block: step, over: {x: x}, carry: {h: [h_t, h0]}}
    - {name: last, type: Reduction, axis: 1}
"""


def test_a_net_with_steps_compiles_and_exports() -> None:
    made = net(TWO)
    blobs = (drawn(3, 2, 3), drawn(2, 5))
    expected = made.graph_module(*blobs)["last"]
    compiled = torch.compile(made.graph_module, backend="eager", fullgraph=True)
    torch.testing.assert_close(compiled(*blobs)["last"], expected)
    exported = torch.export.export(made.in_phase("deploy").graph_module, blobs)
    torch.testing.assert_close(exported.module()(*blobs)["last"], expected)


def test_what_learns_is_there_once_and_frozen_layers_do_not() -> None:
    line = "    - {name: r, type: Recurrent, block: step, over: {x: x}, carry: {h: h_t}%s}"
    made = net(line % "")
    assert [slot.name for slot in made.learnable] == [
        *("r/ih/weight", "r/ih/bias", "r/hh/weight", "r/hh/bias"),
    ]
    assert net(line % ", frozen: true").learnable == []


def test_another_recurrent_layer_or_a_plain_use_may_share_the_parameters() -> None:
    made = net(
        "    - {name: r, type: Recurrent, block: step, over: {x: x}, carry: {h: h_t},"
        " top: [all, last]}\n"
        "    - {name: back, type: Recurrent, block: step, over: {x: x}, carry: {h: h_t},"
        " reverse: true, share: r}\n"
        "    - {name: more, type: step, bottom: [last, h0], share: r}\n",
        HEAD.replace("x: [T, N, 3]", "x: [T, N, 5]"),
    )
    assert {name.partition("/")[0] for name in made.named_tensors()} == {"r"}
    assert made.params["back/ih"]["weight"] is made.params["more/ih"]["weight"]


def test_zeros_are_as_long_as_the_bottoms_say() -> None:
    zeros = Zeros(((0, 1), 5), torch.float64)
    made = zeros.tensor([torch.ones(3, 2, 4)])
    assert (made.shape, made.dtype) == ((2, 5), torch.float64)


class Count(nn.Module):
    """Adds what it is given to what was carried."""

    def forward(self, x: torch.Tensor, total: torch.Tensor) -> dict[str, torch.Tensor]:
        return {top_key(0): x + total, next_key("total"): x + total}


def test_one_top_is_a_tensor_and_several_are_a_tuple() -> None:
    loop = Loop(0, (("x", 0),), (), (Carried("total", "sum"),))
    zeros = {"total": Zeros((), torch.float32)}
    one = Recurrent(Count(), Steps(loop, ("x", "total"), zeros, tops=1, finals=0))
    both = Recurrent(Count(), Steps(loop, ("x", "total"), zeros, tops=1, finals=1))
    x = torch.tensor([1.0, 2.0, 3.0])
    assert one(x).tolist() == [1, 3, 6]  # 1, 1 + 2, 1 + 2 + 3
    assert [top.tolist() for top in both(x)] == [[1, 3, 6], 6]
