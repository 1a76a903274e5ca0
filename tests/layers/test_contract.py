"""One battery for every layer type: what a net, a solver and a test over a set rely on."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
import torch
import yaml
from torch import nn

from protonet.layers.record import LayerType, Phase, Setting
from protonet.net import Net
from protonet.net.modules import present
from protonet.records import Record
from tests.layers.building import blob_of
from tests.layers.contract_case import Case
from tests.layers.contract_cases import CASES
from tests.layers.contract_parts import (
    ALL,
    RUN,
    Tensors,
    blobs_of,
    module_of,
    over,
    params_of,
    run,
    spec_text,
    sum_of_squares,
    tensors_of,
)
from tests.layers.contract_types import LAYERS
from tests.specs import spec_of

DIFFERENTIABLE = [item for item in RUN if "gradient" not in LAYERS[item[0]].exclusions]
SHAPED = [item for item in RUN if "shape" not in LAYERS[item[0]].exclusions]
LEARNING = [item for item in RUN if LAYERS[item[0]].parameters and item[0] != "BatchNorm"]
"""BatchNorm holds statistics only, which are counted and not learned."""
PHASED = [item for item in RUN if item[0] in ("BatchNorm", "Dropout", "Pooling")]
"""What becomes another module outside training."""
ALONE = [item for item in RUN if "slice_dim: 0" not in item[1].keys]
"""What takes a batch of one; a batch that is cut in two has two samples."""
MEASURED = [item for item in RUN if LAYERS[item[0]].kind != "layer"]
CONCLUDED = [item for item in MEASURED if hasattr(module_of(*item), "conclude")]
"""Metrics whose value is no quotient of two sums."""
QUOTIENTS = [item for item in MEASURED if item not in CONCLUDED]


@pytest.fixture(scope="module", autouse=True)
def _one_thread() -> Iterator[None]:
    """Give a few numbers no team of threads: waking it takes longer than the work."""
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(threads)


def loss_of(name: str, tops: Tensors) -> torch.Tensor:
    """Return what is minimised: a loss itself, or the squares of what any other layer gives."""
    return tops[0] if LAYERS[name].kind == "loss" else sum_of_squares(tops)


@over(*DIFFERENTIABLE)
def test_gradients_are_those_of_finite_differences(name: str, case: Case) -> None:
    check_gradients(name, case, "train")


@over(*PHASED)
def test_gradients_outside_training_are_too(name: str, case: Case) -> None:
    check_gradients(name, case, "test")


@over(*(item for item in DIFFERENTIABLE if item in ALONE))
def test_gradients_of_a_sample_alone_are_too(name: str, case: Case) -> None:
    check_gradients(name, case, "train", batch=1)


def check_gradients(name: str, case: Case, phase: Phase, batch: int = 2) -> None:
    module, bottoms = module_of(name, case, batch, phase), tensors_of(case, batch)
    if LAYERS[name].kind == "metric":
        assert not any(top.requires_grad for top in run(module, bottoms))  # nobody learns from it
        return
    # All are arguments, so that each is moved; the module reads its parameters by reference.
    moved = [*bottoms, *module.parameters()]
    assert torch.autograd.gradcheck(lambda *_: run(module, bottoms), moved)


@over(*SHAPED)
@pytest.mark.parametrize("batch", [2, 3])
def test_shapes_are_foretold_without_running_anything(name: str, case: Case, batch: int) -> None:
    kind, params, blobs = LAYERS[name], params_of(name, case), blobs_of(case, batch)
    setting = Setting(tops=case.tops)
    bottoms = tensors_of(case, batch, torch.float32)
    real = tuple(map(blob_of, run(module_of(name, case, batch, dtype=torch.float32), bottoms)))
    with torch.device("meta"):
        unreal = kind.build(params, blobs, setting)
        given = run(unreal, tuple(torch.empty(blob.shape, dtype=blob.dtype) for blob in blobs))
    assert tuple(map(blob_of, given)) == real
    assert len(real) == case.tops
    if kind.infer is not None:
        assert kind.infer(params, blobs, setting) == real


@over(*RUN)
def test_a_layer_built_for_one_batch_size_runs_with_another(name: str, case: Case) -> None:
    bottoms = tensors_of(case, 3)
    built_for_two, built_for_three = module_of(name, case, 2), module_of(name, case, 3)
    built_for_two.load_state_dict(built_for_three.state_dict())
    for ours, theirs in zip(
        run(built_for_two, bottoms), run(built_for_three, bottoms), strict=True
    ):
        torch.testing.assert_close(ours, theirs, rtol=0, atol=0)


@over(*ALONE)
def test_a_batch_may_be_a_single_sample(name: str, case: Case) -> None:
    tops = run(module_of(name, case), tensors_of(case, 1))
    assert all(top.isfinite().all() for top in tops)
    infer = LAYERS[name].infer
    if infer is not None and "shape" not in LAYERS[name].exclusions:
        foretold = infer(params_of(name, case), blobs_of(case, 1), Setting(tops=case.tops))
        assert [blob.shape for blob in foretold] == [tuple(top.shape) for top in tops]


@over(*ALL)
def test_params_survive_a_way_through_yaml(name: str, case: Case) -> None:
    params = params_of(name, case)
    text = yaml.safe_dump(params.model_dump(mode="json"))
    assert type(params).model_validate(yaml.safe_load(text)) == params


@over(*RUN)
def test_a_module_holds_what_the_type_says_and_nothing_else(name: str, case: Case) -> None:
    kind, module = LAYERS[name], module_of(name, case)
    held = {*dict(module.named_parameters()), *dict(module.named_buffers())}
    assert held == {*present(kind, module)}  # a net gives these their memory, and no others
    assert {*kind.fillers(params_of(name, case))} <= {*kind.parameters}


@over(*LEARNING)
def test_a_step_against_the_gradient_lowers_the_loss(name: str, case: Case) -> None:
    module, bottoms = module_of(name, case), tensors_of(case, 3)
    weights: list[torch.Tensor] = [*module.parameters()]
    if not weights:
        assert len(case.bottoms) == 2  # a Scale or Bias whose numbers are a bottom
        weights = [bottoms[1]]
    before = loss_of(name, run(module, bottoms))
    slopes = torch.autograd.grad(before, weights)
    with torch.no_grad():
        for weight, slope in zip(weights, slopes, strict=True):
            weight.sub_(1e-3 * slope)
    assert loss_of(name, run(module, bottoms)) < before


@over(*RUN)
@pytest.mark.parametrize("phase", ["test", "deploy"])
def test_nothing_is_drawn_outside_training(name: str, case: Case, phase: Phase) -> None:
    module, bottoms = module_of(name, case, phase=phase), tensors_of(case, 2)
    for one, other in zip(run(module, bottoms, 1), run(module, bottoms, 2), strict=True):
        torch.testing.assert_close(one, other, rtol=0, atol=0)


@over(*RUN)
def test_bottoms_stay_as_they_are(name: str, case: Case) -> None:
    module, bottoms = module_of(name, case), tensors_of(case, 2)
    before = [bottom.detach().clone() for bottom in bottoms]
    tops = run(module, bottoms)
    for top in tops:
        if top.requires_grad:
            top.sum().backward(retain_graph=True)
    assert all(torch.equal(bottom, old) for bottom, old in zip(bottoms, before, strict=True))


@over(*RUN)
def test_a_net_of_one_layer_gives_what_the_layer_gives(name: str, case: Case) -> None:
    net = Net(spec_of(spec_text(name, case), layers=LAYERS).net)
    bottoms = tensors_of(case, 3, torch.float32)
    module = module_of(name, case, 3, dtype=torch.float32)
    module.load_state_dict(net.params.get("layer", {}))
    torch.manual_seed(1)
    found = net({f"in{place}": bottom for place, bottom in enumerate(bottoms)})
    assert list(found) == [f"top{place}" for place in range(case.tops)]
    for ours, expected in zip(found.values(), run(module, bottoms), strict=True):
        torch.testing.assert_close(ours, expected)


@over(*QUOTIENTS)
def test_a_measurement_is_the_quotient_of_two_sums(name: str, case: Case) -> None:
    module: Any = module_of(name, case, phase="test")
    bottoms = tensors_of(case, 4)
    whole, parts = (
        measured(module, bottoms),
        [
            measured(module, tuple(bottom[part] for bottom in bottoms))
            for part in (slice(0, 1), slice(1, 4))
        ],
    )
    for place, (above, below) in enumerate(whole):
        expected = above / below.where(below != 0, 1)
        torch.testing.assert_close(run(module, bottoms)[place], expected, check_dtype=False)
        first, second = (part[place] for part in parts)
        torch.testing.assert_close(first[0] + second[0], above)
        # NONE divides the loss of each batch by 1, however large: the sum counts the batches.
        counted = 2 * below if "NONE" in case.keys else below
        torch.testing.assert_close(first[1] + second[1], counted)


@over(*CONCLUDED)
def test_a_conclusion_is_drawn_from_sums(name: str, case: Case) -> None:
    module: Any = module_of(name, case, phase="test")
    bottoms = tensors_of(case, 4)
    whole = module.measure(*bottoms)
    first, second = (
        module.measure(*(bottom[part] for bottom in bottoms)) for part in (slice(0, 1), slice(1, 4))
    )
    torch.testing.assert_close(first + second, whole)
    (top,) = run(module, bottoms)
    for sums in (whole, whole.double()):  # a test over a set adds up in wide numbers
        torch.testing.assert_close(module.conclude(sums), top, check_dtype=False)


def measured(module: Any, bottoms: Tensors) -> tuple[Tensors, ...]:
    """Return (numerator, denominator) of each top that is a measurement."""
    found = module.measure(*bottoms)
    return (found,) if isinstance(found[0], torch.Tensor) else found


@over(*RUN)
def test_work_is_a_whole_number_of_at_least_zero(name: str, case: Case) -> None:
    kind, blobs = LAYERS[name], blobs_of(case, 2)
    tops = [blob_of(top) for top in run(module_of(name, case), tensors_of(case, 2))]
    work = kind.multiply_adds(params_of(name, case), blobs, tops)
    assert isinstance(work, int)
    assert work >= 0


@over(*ALL)
def test_a_frozen_layer_has_the_params_of_its_type(name: str, case: Case) -> None:
    frozen: Record = LAYERS[name].freeze(params_of(name, case))
    assert type(frozen) is LAYERS[name].params


@pytest.mark.parametrize("kind", LAYERS.values(), ids=list(LAYERS))
def test_what_takes_a_loss_into_a_deployed_net_is_a_layer(kind: LayerType) -> None:
    if kind.kind != "loss":
        assert kind.deploy is None
        return
    assert kind.deploy is not None
    for case in CASES[kind.name]:
        form = kind.deploy(params_of(kind.name, case))
        if form is not None:
            name, params = form
            assert type(params) is LAYERS[name].params
            blobs = [case.bottoms[0].blob(2)]
            assert isinstance(LAYERS[name].build(params, blobs, Setting("deploy")), nn.Module)
