"""One battery for every layer type: what a net, a solver and a test over a set rely on."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
import torch
import yaml
from torch import nn

from protonet.layers import LAYERS
from protonet.layers.record import LayerType, Phase, Setting
from protonet.net import Net
from protonet.net.modules import present
from protonet.records import Record
from tests.layers.building import blob_of
from tests.layers.contract_case import Case
from tests.layers.contract_cases import CASES
from tests.layers.contract_parts import Tensors, blobs_of, module_of, params_of, tensors_of
from tests.specs import spec_of

Item = tuple[str, Case]

ALL = [(name, case) for name, cases in CASES.items() for case in cases]
RUN = [item for item in ALL if "run" not in LAYERS[item[0]].exclusions]
DIFFERENTIABLE = [item for item in RUN if "gradient" not in LAYERS[item[0]].exclusions]
SHAPED = [item for item in RUN if "shape" not in LAYERS[item[0]].exclusions]
LEARNING = [item for item in RUN if LAYERS[item[0]].parameters and item[0] != "BatchNorm"]
"""BatchNorm holds statistics only, which are counted and not learned."""
PHASED = [item for item in RUN if item[0] in ("BatchNorm", "Dropout", "Pooling")]
"""What becomes another module outside training."""
DRAWN_IN_MEMORY_ORDER = {"Dropout": "torch draws the zeros in the order of memory"}
"""Types that are compared outside training where the order in memory differs, and why."""
MEASURED = [item for item in RUN if LAYERS[item[0]].kind != "layer"]


def over(*items: Item) -> pytest.MarkDecorator:
    """Run a test for each case, named after its type and keys."""
    names = [f"{name} {{{case.keys}}} {len(case.bottoms)}" for name, case in items]
    return pytest.mark.parametrize(("name", "case"), items, ids=names)


@pytest.fixture(scope="module", autouse=True)
def _one_thread() -> Iterator[None]:
    """Give a few numbers no team of threads: waking it takes longer than the work."""
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(threads)


def run(module: nn.Module, bottoms: Tensors, seed: int = 1) -> Tensors:
    """Return the tops; what is drawn at random is the same for one seed."""
    torch.manual_seed(seed)
    given = module(*bottoms)
    return given if isinstance(given, tuple) else (given,)


def loss_of(name: str, tops: Tensors) -> torch.Tensor:
    """Return what is minimised: a loss itself, or the squares of what any other layer gives."""
    return tops[0] if LAYERS[name].kind == "loss" else sum_of_squares(tops)


def sum_of_squares(tops: Tensors) -> torch.Tensor:
    return torch.stack([top.square().sum() for top in tops]).sum()


@over(*DIFFERENTIABLE)
def test_gradients_are_those_of_finite_differences(name: str, case: Case) -> None:
    check_gradients(name, case, "train")


@over(*PHASED)
def test_gradients_outside_training_are_too(name: str, case: Case) -> None:
    check_gradients(name, case, "test")


def check_gradients(name: str, case: Case, phase: Phase) -> None:
    module, bottoms = module_of(name, case, phase=phase), tensors_of(case, 2)
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
    net, bottoms = Net(spec_of(spec_text(name, case)).net), tensors_of(case, 3, torch.float32)
    module = module_of(name, case, 3, dtype=torch.float32)
    module.load_state_dict(net.params.get("layer", {}))
    torch.manual_seed(1)
    found = net({f"in{place}": bottom for place, bottom in enumerate(bottoms)})
    assert list(found) == [f"top{place}" for place in range(case.tops)]
    for ours, expected in zip(found.values(), run(module, bottoms), strict=True):
        torch.testing.assert_close(ours, expected)


def spec_text(name: str, case: Case) -> str:
    """Return a spec whose net is this layer alone."""
    inputs = {
        f"in{place}": {
            "shape": [axis or "N" for axis in bottom.shape],
            "batch": False,
            "dtype": str(bottom.blob(1).dtype).removeprefix("torch."),
        }
        for place, bottom in enumerate(case.bottoms)
    }
    layer = {
        "name": "layer",
        "type": name,
        "bottom": list(inputs),
        "top": [f"top{place}" for place in range(case.tops)],
        **yaml.safe_load(f"{{{case.keys}}}"),
    }
    return yaml.safe_dump({"net": {"inputs": inputs, "layers": [layer]}})


@over(*MEASURED)
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
        expected = above / below.clamp(min=1)
        torch.testing.assert_close(run(module, bottoms)[place], expected, check_dtype=False)
        first, second = (part[place] for part in parts)
        torch.testing.assert_close(first[0] + second[0], above)
        # NONE divides the loss of each batch by 1, however large: the sum counts the batches.
        assert torch.equal(first[1] + second[1], 2 * below if "NONE" in case.keys else below)


def measured(module: Any, bottoms: Tensors) -> tuple[Tensors, ...]:
    """Return (numerator, denominator) of each top that is a measurement."""
    found = module.measure(*bottoms)
    return (found,) if isinstance(found[0], torch.Tensor) else found


@over(*RUN)
def test_the_memory_format_changes_nothing(name: str, case: Case) -> None:
    phase: Phase = "test" if name in DRAWN_IN_MEMORY_ORDER else "train"
    module, bottoms = module_of(name, case, phase=phase), tensors_of(case, 2)
    expected, slopes = values_and_slopes(module, bottoms)
    for parameter in module.parameters():
        parameter.data = channels_last(parameter.data)
    found, found_slopes = values_and_slopes(module, tuple(map(channels_last, bottoms)))
    for one, other in zip((*found, *found_slopes), (*expected, *slopes), strict=True):
        torch.testing.assert_close(one, other)


def channels_last(tensor: torch.Tensor) -> torch.Tensor:
    """Return an image in the other memory format, as a new leaf; anything else as it is."""
    if tensor.dim() != 4:
        return tensor
    other = tensor.detach().contiguous(memory_format=torch.channels_last)
    return other.requires_grad_(tensor.requires_grad)


def values_and_slopes(module: nn.Module, bottoms: Tensors) -> tuple[Tensors, Tensors]:
    """Return the tops, and the gradients of the sum of their squares."""
    tops = run(module, bottoms)
    wanted = [tensor for tensor in (*bottoms, *module.parameters()) if tensor.requires_grad]
    learning = [top for top in tops if top.requires_grad]
    if not learning:
        return tops, ()
    return tops, torch.autograd.grad(sum_of_squares(tuple(learning)), wanted)


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
