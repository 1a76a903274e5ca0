"""Attention and transformers from plain numbers."""

from __future__ import annotations

from typing import Any

import pytest
import torch
from torch import nn

from protonet.layers import LAYERS
from protonet.layers.torch_nn.attention import MOST_LAYERS, parameter_names, stack
from protonet.layers.torch_nn.nested import flat
from tests.layers.building import build

QUERY = torch.arange(24, dtype=torch.float32).reshape(2, 3, 4) / 24  # (N, T, features)


def test_attention_takes_masks_and_gives_its_weights_as_a_second_top() -> None:
    padding = torch.tensor([[False, False, True], [False, False, False]])
    causal = torch.ones(3, 3, dtype=torch.bool).triu(1)
    bottoms = (QUERY, QUERY, QUERY, padding, causal)
    kind = LAYERS["nn.MultiheadAttention"]
    module = build(kind, *bottoms, tops=2, num_heads=2, batch_first=True)
    theirs = nn.MultiheadAttention(4, 2, batch_first=True)
    held = dict(module.named_parameters())
    theirs.load_state_dict({name: held[flat(name)] for name in theirs.state_dict()})
    expected = theirs(QUERY, QUERY, QUERY, padding, attn_mask=causal)
    torch.testing.assert_close(module(*bottoms), expected)


@pytest.mark.parametrize("name", ["TransformerEncoder", "TransformerDecoder"])
@pytest.mark.parametrize("norm", [True, False])
def test_a_stack_has_as_many_layers_as_asked_for(name: str, norm: bool) -> None:
    numbers = {"d_model": 4, "nhead": 2, "dim_feedforward": 3, "layer_norm_eps": 1e-3}
    module = stack(name, {**numbers, "num_layers": 3, "norm": norm})
    assert isinstance(module, nn.TransformerEncoder | nn.TransformerDecoder)
    assert len(module.layers) == 3
    assert (module.norm is not None) is norm
    assert not isinstance(module.norm, nn.LayerNorm) or module.norm.eps == 1e-3


def test_every_parameter_of_every_transformer_has_a_name() -> None:
    with torch.device("meta"):
        layers = {
            "TransformerEncoderLayer": nn.TransformerEncoderLayer(2, 2, 2),
            "TransformerDecoderLayer": nn.TransformerDecoderLayer(2, 1, 2),
            "Transformer": nn.Transformer(2, 2, MOST_LAYERS, MOST_LAYERS, 2, batch_first=True),
            "MultiheadAttention": nn.MultiheadAttention(2, 1, add_bias_kv=True, kdim=3),
        }
    for name, module in layers.items():
        found = {flat(one) for one, _ in module.named_parameters()}
        assert found <= set(parameter_names(name))
        assert len(set(parameter_names(name))) == len(parameter_names(name))


def test_a_transformer_in_a_net_learns_in_training_and_answers_outside() -> None:
    kind = LAYERS["nn.TransformerEncoder"]
    keys: Any = {"nhead": 2, "num_layers": 1, "dim_feedforward": 4, "batch_first": True}
    keys["dropout"] = 0.0
    module = build(kind, QUERY, **keys)
    trained = module(QUERY)
    with torch.no_grad():  # torch's own fast path
        torch.testing.assert_close(module.eval()(QUERY), trained)
