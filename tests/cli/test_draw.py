from __future__ import annotations

from pathlib import Path

import pytest

from protonet.cli import main
from protonet.errors import UsageError
from protonet.look.render import check_drawing
from tests.small import small_file

Capture = pytest.CaptureFixture[str]


def test_a_net_is_drawn(tmp_path: Path, capsys: Capture) -> None:
    path, out = small_file(tmp_path), tmp_path / "net.dot"
    assert main(["draw", str(path), str(out), "--rankdir", "LR", "--phase", "deploy"]) == 0
    # the inputs' data; hidden with relu and dropout; scores; the softmax; the output prob
    assert capsys.readouterr().out == f"made {out}: 5 boxes, 4 arrows\n"
    text = out.read_text()
    assert 'rankdir=LR, label="small, phase deploy"' in text
    assert "<b>hidden</b>" in text


def test_blocks_are_collapsed_on_request(tmp_path: Path, capsys: Capture) -> None:
    path, out = small_file(tmp_path), tmp_path / "net.dot"
    assert main(["draw", str(path), str(out), "--collapse"]) == 0
    assert main(["draw", str(path), str(out), "--collapse", "2"]) == 0
    assert main(["draw", str(path), str(out), "--collapse", "x"]) == 2
    assert capsys.readouterr().err == 'error: --collapse "x": a whole number is needed\n'


def test_overrides_follow_the_picture(tmp_path: Path) -> None:
    path, out = small_file(tmp_path), tmp_path / "net.dot"
    assert main(["draw", str(path), str(out), "net.layers.hidden.num_output=77"]) == 0
    assert "InnerProduct 77" in out.read_text()


def test_a_format_that_cannot_be_is_refused_before_the_spec_is_read(
    tmp_path: Path, capsys: Capture
) -> None:
    assert main(["draw", str(tmp_path / "gone.yaml"), "net.gif"]) == 2
    assert capsys.readouterr().err == "error: net.gif: a drawing is .svg, .png, .pdf or .dot\n"


def test_a_picture_is_made(tmp_path: Path) -> None:
    path, out = small_file(tmp_path), tmp_path / "net.png"
    try:
        check_drawing(out)
    except UsageError:
        pytest.skip("neither graphviz-pure nor dot is installed")
    assert main(["draw", str(path), str(out)]) == 0
    assert out.read_bytes().startswith(b"\x89PNG")
