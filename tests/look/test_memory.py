from __future__ import annotations

from protonet.look.forms import prove_net
from protonet.look.memory import eval_memory, tensors_of, train_memory
from protonet.look.trace import trace_net
from protonet.spec.solver import SolverSpec
from tests.specs import net_of

INPUTS = "{data: [6], label: {shape: [], dtype: int64}}"
HIDDEN = "name: hidden, type: InnerProduct, num_output: 5"
RELU = "name: relu, type: ReLU"
SCORES = "name: scores, type: InnerProduct, num_output: 3"
LOSS = "name: loss, type: SoftmaxWithLoss, bottom: [scores, label]"
NET = (HIDDEN, RELU, SCORES, LOSS)
PARAMETERS = 4 * ((6 * 5 + 5) + (5 * 3 + 3))
DATA = 8 * 6 * 4 + 8 * 8  # 8 samples of 6 float32, and as many labels of int64


def train_bytes(*lines: str, **solver: object) -> dict[str, int]:
    proved = prove_net(net_of(*lines, inputs=INPUTS), "train", {"N": 8})
    rule = SolverSpec.model_validate({"base_lr": 0.1, "max_iter": 1, **solver}) if solver else None
    return {part.name: part.bytes for part in train_memory(proved, trace_net(proved), rule)}


def test_training_takes_weights_gradients_history_activations_and_data() -> None:
    assert train_bytes(*NET, momentum=0.9) == {
        "weights": PARAMETERS,
        "gradients": PARAMETERS,
        "optimizer": PARAMETERS,
        "activations": 260,  # test_trace.py has the sum
        "data": DATA,
    }


def test_a_rule_without_memory_takes_none() -> None:
    assert train_bytes(*NET, momentum=0.0)["optimizer"] == 0


def test_without_a_solver_a_momentum_is_assumed() -> None:
    assert train_bytes(*NET)["optimizer"] == PARAMETERS


def test_what_does_not_learn_has_no_gradient_and_no_history() -> None:
    parts = train_bytes(f"{HIDDEN}, frozen: true", *NET[1:], momentum=0.9)
    learning = 4 * (5 * 3 + 3)
    sizes = (parts["weights"], parts["gradients"], parts["optimizer"])
    assert sizes == (PARAMETERS, learning, learning)


def test_what_is_shared_counts_once() -> None:
    again = (
        "name: again, type: InnerProduct, num_output: 5, bottom: data, param: {weight: {name: w}}"
    )
    lines = (f"{HIDDEN}, param: {{weight: {{name: w}}}}", again)
    proved = prove_net(net_of(*lines, inputs=INPUTS), "test", {"N": 8})
    assert [one.owner for one in tensors_of(proved).values()] == [
        "hidden/weight",
        "hidden/bias",
        "again/bias",
    ]


def test_statistics_are_weights_that_do_not_learn() -> None:
    parts = train_bytes("name: norm, type: BatchNorm", momentum=0.9)
    assert parts["weights"] == 4 * (6 + 6 + 1)  # mean, variance and the factor they are summed with
    assert parts["gradients"] == parts["optimizer"] == 0


def test_testing_takes_weights_live_blobs_and_data() -> None:
    proved = prove_net(net_of(*NET, inputs=INPUTS), "test", {"N": 8})
    parts = {part.name: part.bytes for part in eval_memory(proved, trace_net(proved))}
    # hidden and relu together: 8 * (5 + 5) * 4
    assert parts == {"weights": PARAMETERS, "activations": 320, "data": DATA}
