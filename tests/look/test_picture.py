from __future__ import annotations

from dataclasses import replace

from protonet.look.forms import Proved, prove_net
from protonet.look.picture import Arrow, Box, Picture, frames_of, picture, sample_shape
from protonet.spec.state import Phase
from tests.specs import net_of

CONV = "type: Convolution, num_output: 4, kernel_size: 3, pad: 1"
TWO_PATHS = (
    f"name: stem, {CONV}",
    "name: stem_relu, type: ReLU, top: stem",
    f"name: a/left, {CONV}, bottom: stem",
    f"name: a/right, {CONV}, bottom: stem",
    "name: a/sum, type: Eltwise, bottom: [a/left, a/right]",
    "name: scores, type: InnerProduct, num_output: 10",
    "name: loss, type: SoftmaxWithLoss, bottom: [scores, label]",
)


def drawn(*lines: str, phase: Phase = "train", open_frames: int | None = None) -> Picture:
    return picture(prove_net(net_of(*lines), phase), "title", open_frames)


def in_blocks(proved: Proved, blocks: dict[str, tuple[str, ...]]) -> Proved:
    """Return the net with blocks around some of its layers."""
    nodes = tuple(
        replace(
            node, layer=node.layer.model_copy(update={"instances": blocks.get(node.layer.name, ())})
        )
        for node in proved.wiring.nodes
    )
    return replace(proved, wiring=replace(proved.wiring, nodes=nodes))


def test_boxes_have_types_and_numbers_and_layers_in_place_share_one() -> None:
    assert drawn(*TWO_PATHS).boxes == (
        Box("input data", "data", ("1×28×28",), "input"),
        Box("input label", "label", ("scalar",), "input"),
        Box("layer 0", "stem", ("Convolution 4, 3×3, pad 1", "ReLU"), "convolution"),
        Box("layer 2", "left", ("Convolution 4, 3×3, pad 1",), "convolution", ("a",)),
        Box("layer 3", "right", ("Convolution 4, 3×3, pad 1",), "convolution", ("a",)),
        Box("layer 4", "sum", ("Eltwise SUM",), "joining", ("a",)),
        Box("layer 5", "scores", ("InnerProduct 10",), "dense"),
        Box("layer 6", "loss", ("SoftmaxWithLoss",), "loss"),
    )


def test_arrows_bear_shapes() -> None:
    assert drawn(*TWO_PATHS).arrows == (
        Arrow("input data", "layer 0", ""),
        Arrow("layer 0", "layer 2", "4×28×28"),
        Arrow("layer 0", "layer 3", "4×28×28"),
        Arrow("layer 2", "layer 4", "4×28×28"),
        Arrow("layer 3", "layer 4", "4×28×28"),
        Arrow("layer 4", "layer 5", "4×28×28"),
        Arrow("layer 5", "layer 6", "10"),
        Arrow("input label", "layer 6", ""),
    )


def test_what_nothing_reads_is_an_output() -> None:
    given = drawn(*TWO_PATHS, phase="deploy")
    assert given.boxes[-1] == Box("output prob 6", "prob", ("10",), "output")
    assert given.arrows[-1] == Arrow("layer 6", "output prob 6", "")


def test_a_layer_whose_bottom_is_read_elsewhere_has_its_own_box() -> None:
    given = drawn(
        f"name: conv, {CONV}",
        "name: relu, type: ReLU, bottom: conv",
        "name: sum, type: Eltwise, bottom: [conv, relu]",
    )
    assert [box.title for box in given.boxes] == ["data", "conv", "relu", "sum", "sum"]


def test_a_chain_goes_into_one_box() -> None:
    given = drawn(
        f"name: conv, {CONV}",
        "name: norm, type: BatchNorm",
        "name: scale, type: Scale",
        "name: relu, type: ReLU",
        "name: lrn, type: LRN",
    )
    assert [box.lines for box in given.boxes[1:3]] == [
        ("Convolution 4, 3×3, pad 1", "BatchNorm + Scale + ReLU"),
        ("LRN",),
    ]


def test_names_frame_layers_where_there_are_no_blocks() -> None:
    proved = prove_net(net_of(*TWO_PATHS), "train")
    assert [frames for frames in frames_of(proved) if frames] == [("a",)] * 3
    few = prove_net(net_of(f"name: a/one, {CONV}", f"name: a/two, {CONV}"), "train")
    assert frames_of(few) == [(), ()]


BLOCKS = {
    "a/left": ("res", "res/inner"),
    "a/right": ("res", "res/inner"),
    "a/sum": ("res",),
    "scores": (),
}


def test_blocks_are_frames() -> None:
    proved = in_blocks(prove_net(net_of(*TWO_PATHS), "train"), BLOCKS)
    assert frames_of(proved)[2:5] == [("res", "res/inner"), ("res", "res/inner"), ("res",)]
    given = {box.title: box.frames for box in picture(proved, "title").boxes}
    assert given["a/left"] == ("res", "res/inner")
    assert given["a/sum"] == ("res",)


def test_a_box_that_is_alone_in_its_frame_takes_its_name() -> None:
    lone = {
        "stem": ("top", "top/conv"),
        "stem_relu": ("top", "top/conv"),
        "a/left": ("res", "res/left"),
        "a/right": ("res",),
    }
    proved = in_blocks(prove_net(net_of(*TWO_PATHS), "train"), lone)
    given = {box.title: box.frames for box in picture(proved, "title").boxes[2:5]}
    assert given == {"top": (), "left": ("res",), "a/right": ("res",)}


def test_a_block_can_be_one_box() -> None:
    proved = in_blocks(prove_net(net_of(*TWO_PATHS), "train"), BLOCKS)
    given = picture(proved, "title", 0)
    assert given.boxes[3] == Box("block res", "res", ("3 layers",), "block")
    assert given.arrows[1:3] == (
        Arrow("layer 0", "block res", "4×28×28"),  # two layers in it read the blob
        Arrow("block res", "layer 5", "4×28×28"),
    )
    inner = picture(proved, "title", 1)
    assert inner.boxes[3] == Box("block res res/inner", "inner", ("2 layers",), "block", ("res",))
    assert picture(proved, "title", 2) == picture(proved, "title")


def test_one_of_several_tops_is_named() -> None:
    given = drawn(
        "name: scores, type: InnerProduct, num_output: 10",
        "name: loss, type: SoftmaxWithLoss, bottom: [scores, label], top: [loss, chances]",
        "name: best, type: Softmax, bottom: chances",
    )
    assert given.arrows[3] == Arrow("layer 1", "layer 2", "chances: 10")


def test_a_shape_is_that_of_a_sample() -> None:
    assert sample_shape(("N", 20, 24, 24)) == "20×24×24"
    assert sample_shape((10, 3)) == "10×3"
    assert sample_shape(()) == "scalar"
