from __future__ import annotations

from dataclasses import replace

import pytest
import torch

from protonet.debug.timing import Compiled, LayerTime, Spread, Timing, WholeTime
from protonet.debug.timing_text import Measured, timing_data, timing_lines
from protonet.net import Net
from tests.specs import net_of


def spread(median: float) -> Spread:
    return Spread(mean=median + 1, median=median)


WHAT = Measured("lenet", "train", "cpu", 2, "channels_last", "float32")
LAYERS = (
    LayerTime("conv1", "Convolution", (("N", 20, 24, 24),), spread(2.0), spread(4.0)),
    LayerTime("ip", "InnerProduct", (("N", 10),), spread(0.5), spread(1.0)),
    LayerTime("loss", "SoftmaxWithLoss", ((),), spread(0.2), spread(0.3)),
    LayerTime("quiet", "Silence", (), spread(0.0), spread(0.0)),
)
ADDED = WholeTime(spread(2.75), spread(5.25), spread(8.25))
WHOLE = WholeTime(spread(2.5), spread(5.5), spread(8.0))
TIMING = Timing(samples=64, iterations=50, layers=LAYERS, added=ADDED, whole=WHOLE, compiled=None)
FASTER = Compiled(WholeTime(spread(1.0), spread(3.0), spread(4.0)), seconds=12.34)


def test_the_table_shows_each_layer_its_share_and_the_whole() -> None:
    # all layers: 2.7 + 5.3 = 8; conv1 has 6 of it, and the whole bar of 12; ip 1.5, so 3 of 12;
    # loss 0.5, so 1; images: 64 / 2.5 ms, 64 / 8 ms
    assert timing_lines(WHAT, TIMING) == [
        "lenet, phase train, N = 64, on cpu, 2 threads, channels_last, float32",
        "medians of 50 iterations, in ms",
        "",
        "layer  type             shape            forward  backward  share",
        "─" * 79,
        "conv1  Convolution      (N, 20, 24, 24)    2.000     4.000  75.0%  " + "█" * 12,
        "ip     InnerProduct     (N, 10)            0.500     1.000  18.8%  " + "█" * 3,
        "loss   SoftmaxWithLoss  ()                 0.200     0.300   6.2%  " + "█",
        "quiet  Silence                             0.000     0.000   0.0%",
        "─" * 79,
        "               forward  backward   both",
        "layers, added    2.750     5.250  8.250",
        "whole net        2.500     5.500  8.000",
        "longest: conv1 75.0%, ip 18.8%, loss 6.2%",
        "",
        "images/s: 25,600 forward, 8,000 forward and backward",
    ]


def test_the_table_fits_a_narrow_terminal() -> None:
    lines = timing_lines(WHAT, TIMING, width=60)

    assert max(map(len, lines[2:])) <= 60
    assert "75.0%" in lines[5]


def test_a_compiled_net_stands_beside_the_other() -> None:
    lines = timing_lines(WHAT, replace(TIMING, compiled=FASTER))

    assert lines[11:] == [
        "layers, added    2.750     5.250  8.250",
        "whole net        2.500     5.500  8.000",
        "compiled         1.000     3.000  4.000",
        "longest: conv1 75.0%, ip 18.8%, loss 6.2%",
        "compiled in 12.3 s, at its first pass",
        "",
        "images/s: 25,600 forward, 8,000 forward and backward",
        "images/s, compiled: 64,000 forward, 16,000 forward and backward",
    ]


def test_why_nothing_is_compiled() -> None:
    lines = timing_lines(WHAT, replace(TIMING, compiled=Compiled(None, 0.1, "no g++")))

    assert lines[14] == (
        "not compiled: no g++; a C++ compiler (g++) is needed on a CPU, triton on a GPU"
    )
    assert len(lines) == 17


@pytest.mark.parametrize(
    ("phase", "second"),
    [
        ("test", "medians of 50 iterations, in ms"),
        (
            "train",
            "medians of 50 iterations, in ms; forward only: the net has no loss, or nothing that "
            "learns, in phase train",
        ),
    ],
)
def test_forward_alone_has_no_columns_for_more(phase: str, second: str) -> None:
    layers = tuple(replace(layer, backward=None) for layer in LAYERS[:2])
    whole = WholeTime(spread(2.5), None, spread(2.5))
    timing = Timing(
        samples=None, iterations=50, layers=layers, added=whole, whole=whole, compiled=None
    )

    lines = timing_lines(replace(WHAT, phase=phase, device="cuda:0", threads=None), timing)

    assert lines == [
        f"lenet, phase {phase}, on cuda:0, channels_last, float32",
        second,
        "",
        "layer  type          shape            forward  share",
        "─" * 66,
        "conv1  Convolution   (N, 20, 24, 24)    2.000  80.0%  " + "█" * 12,
        "ip     InnerProduct  (N, 10)            0.500  20.0%  " + "█" * 3,
        "─" * 66,
        "               forward",
        "layers, added    2.500",
        "whole net        2.500",
        "longest: conv1 80.0%, ip 20.0%",
        "",
        "passes/s: 400 forward",
    ]


def test_the_data_hold_means_medians_and_shares() -> None:
    data = timing_data(WHAT, replace(TIMING, compiled=FASTER))

    assert data["layers"][1] == {
        "name": "ip",
        "type": "InnerProduct",
        "tops": (("N", 10),),
        "forward": {"mean": 1.5, "median": 0.5},
        "backward": {"mean": 2.0, "median": 1.0},
        "share": 0.1875,
    }
    assert data["whole"]["both"] == {"mean": 9.0, "median": 8.0}
    assert data["compiled"]["seconds"] == 12.34
    assert data["added"]["backward"] == {"mean": 6.25, "median": 5.25}
    assert data["images_per_second"] == {
        "whole": {"forward": 25600, "both": 8000},
        "compiled": {"forward": 64000, "both": 16000},
    }
    assert {key: data[key] for key in ("device", "threads", "layout", "precision", "samples")} == {
        "device": "cpu",
        "threads": 2,
        "layout": "channels_last",
        "precision": "float32",
        "samples": 64,
    }


def test_it_is_said_what_a_net_computes_with() -> None:
    line = "name: ip, type: InnerProduct, num_output: 2, bottom: data"
    net = Net(net_of(line, inputs="{data: [3]}")).in_phase("test")

    assert Measured.of("small", net, 1, "bf16") == Measured(
        "small", "test", "cpu", 1, "contiguous", "bf16"
    )
    images = "name: conv, type: Convolution, num_output: 2, kernel_size: 1, bottom: data"
    net = Net(net_of(images, inputs="{data: [1, 2, 2]}"))
    assert net.memory_format is torch.channels_last
    assert Measured.of("small", net, 1, "bf16").layout == "channels_last"
