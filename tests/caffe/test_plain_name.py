from __future__ import annotations

from protonet.caffe.plain_name import plain_name


def test_dots_go_and_slashes_stay() -> None:
    assert plain_name("res2a.branch/conv.1") == "res2a_branch/conv_1"
