from __future__ import annotations

from tensorboard.compat.proto.node_def_pb2 import NodeDef

from protonet.net import Net
from protonet.run.board.graph import graph_of
from tests.specs import net_of, spec_of


def drawn(net: Net) -> dict[str, NodeDef]:
    return {node.name: node for node in graph_of(net).node}


def shapes(node: NodeDef) -> list[list[int]]:
    return [[dim.size for dim in one.dim] for one in node.attr["_output_shapes"].list.shape]


def test_layers_are_nodes_with_their_type_their_keys_and_their_shapes() -> None:
    net = Net(
        net_of(
            "name: conv, type: Convolution, num_output: 4, kernel_size: 5",
            "name: ip, type: InnerProduct, num_output: 10",
            "name: loss, type: SoftmaxWithLoss, bottom: [ip, label]",
        )
    )
    found = drawn(net)
    assert {name: (node.op, list(node.input)) for name, node in found.items()} == {
        "data": ("Placeholder", []),
        "label": ("Placeholder", []),
        "conv": ("Convolution", ["data"]),
        "ip": ("InnerProduct", ["conv"]),
        "loss": ("SoftmaxWithLoss", ["ip", "label"]),
    }
    # 28 - 5 + 1 = 24; -1 stands for the batch axis
    assert shapes(found["data"]) == [[-1, 1, 28, 28]]
    assert shapes(found["conv"]) == [[-1, 4, 24, 24]]
    assert shapes(found["loss"]) == [[]]
    keys = {key: value.s.decode() for key, value in found["conv"].attr.items() if key[0] != "_"}
    assert keys == {"num_output": "4", "kernel_size": "5"}


def test_blocks_are_scopes_and_second_tops_are_numbered() -> None:
    net = spec_of("""
        net:
          inputs: {data: [4, 8]}
          blocks:
            pair:
              layers:
                - {name: cut, type: Slice, top: [x, y]}
                - {name: sum, type: Eltwise, bottom: [x, y]}
          layers:
            - {name: one, type: pair}
    """).net
    found = drawn(Net(net, "deploy"))
    assert list(found) == ["data", "one/cut", "one/sum"]
    assert list(found["one/sum"].input) == ["one/cut", "one/cut:1"]
    assert shapes(found["one/cut"]) == [[-1, 2, 8], [-1, 2, 8]]


def test_a_layer_without_tops_is_a_node() -> None:
    net = Net(
        net_of(
            "name: ip, type: InnerProduct, num_output: 10",
            "name: quiet, type: Silence, bottom: data",
            "name: loss, type: SoftmaxWithLoss, bottom: [ip, label]",
        )
    )
    found = drawn(net)
    assert list(found["quiet"].input) == ["data"]
    assert shapes(found["quiet"]) == []
    assert list(found["loss"].input) == ["ip", "label"]


def test_an_input_and_a_layer_of_one_name_are_two_nodes() -> None:
    net = net_of("name: data, type: ReLU")
    found = drawn(Net(net, "deploy"))
    assert list(found) == ["data (input)", "data"]
    assert list(found["data"].input) == ["data (input)"]


def test_what_a_recurrent_layer_does_in_each_step_stands_inside_it() -> None:
    net = spec_of("""
        net:
          inputs: {x: [T, N, 3], h0: [N, 2]}
          blocks:
            step:
              bottoms: [x, h]
              layers:
                - {name: a, type: InnerProduct, bottom: x, num_output: 2}
                - {name: sum, type: Eltwise, bottom: [a, h]}
          layers:
            - {name: rnn, type: Recurrent, block: step, over: {x: x}, carry: {h: [sum, h0]}}
    """).net
    found = drawn(Net(net, "deploy"))
    assert list(found) == ["x", "h0", "rnn/x", "rnn/h", "rnn/a", "rnn/sum", "rnn"]
    assert list(found["rnn/x"].input) == ["x", "h0"]
    assert list(found["rnn/sum"].input) == ["rnn/a", "rnn/h"]
    assert list(found["rnn"].input) == ["x", "h0"]
