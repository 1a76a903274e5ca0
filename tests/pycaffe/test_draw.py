from __future__ import annotations

from pathlib import Path

import pytest
from google.protobuf import text_format

import protonet.pycaffe as caffe
from protonet.errors import UsageError
from protonet.look.render import write_drawing
from protonet.pycaffe.draw import dot_of, draw_net, draw_net_to_file
from protonet.pycaffe.proto import caffe_pb2
from tests.pycaffe.prototxts import CHAIN


def chain() -> object:
    return text_format.Parse(CHAIN, caffe_pb2.NetParameter())


def test_the_net_is_in_the_drawing() -> None:
    text = dot_of(chain(), "LR", caffe.TRAIN)

    assert "rankdir=LR" in text
    assert 'label="chain"' in text
    for name in ("data", "ip1", "ip2", "prob"):
        assert f"<b>{name}</b>" in text


def test_drawn_to_a_file_and_to_bytes(tmp_path: Path) -> None:
    draw_net_to_file(chain(), str(tmp_path / "net.dot"), "TB")

    assert (tmp_path / "net.dot").read_bytes() == draw_net(chain(), "TB", "dot")
    assert (tmp_path / "net.dot").read_text().startswith("digraph net {")


def test_an_image_where_a_program_draws_it(tmp_path: Path) -> None:
    try:
        write_drawing("digraph g {}", tmp_path / "probe.png")
    except UsageError:
        pytest.skip("no program here draws")

    assert draw_net(chain()).startswith(b"\x89PNG")


def test_refusals(tmp_path: Path) -> None:
    with pytest.raises(UsageError) as caught:
        dot_of(chain(), "RL")
    assert str(caught.value) == "draw: rankdir is LR, TB or BT, not RL"
    with pytest.raises(UsageError) as caught:
        dot_of(chain(), phase=2)
    assert str(caught.value) == "draw: the phase is TRAIN or TEST, not 2"
