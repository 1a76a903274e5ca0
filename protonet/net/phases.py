"""Whether a net can be at all: wired and proved in every phase, none of it allocated."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from protonet.errors import PathError, PathErrors
from protonet.layers import LAYERS
from protonet.layers.record import LayerType
from protonet.net.modules import Prover
from protonet.spec.deploy import derive_deploy
from protonet.spec.joints import once
from protonet.spec.net import NetSpec
from protonet.spec.sharing import Sharing
from protonet.spec.wiring import Wirer, Wiring


def prove_phases(
    spec: NetSpec, layers: Mapping[str, LayerType] = LAYERS, stages: Iterable[str] = ()
) -> dict[str, Wiring]:
    """Prove the shapes of a net in all three phases without allocating any of it.

    Args:
        spec: the net.
        layers: the table of layer types.
        stages: stages that evaluation sets name; phase test is proved for each besides.

    Returns: the wiring of each phase, and of `test/STAGE` for each stage.
    Raises: PathErrors with everything wrong in any phase, repeated ones once.
    """
    wirings, errors = _proved(spec, layers, stages)
    if not any(wiring.nodes for wiring in wirings.values()):
        errors = [*errors, PathError("PN029", ("net", "layers"), "no layer is left in any phase")]
    if errors:
        raise PathErrors(errors)
    return wirings


def shape_errors(spec: NetSpec, layers: Mapping[str, LayerType] = LAYERS) -> list[PathError]:
    """Return everything wrong with a net, some of whose layers may have been refused already.

    For `protonet.schema.load_spec`, which then reports it with the rest.
    """
    return _proved(spec, layers, ())[1]


def _proved(
    spec: NetSpec, layers: Mapping[str, LayerType], stages: Iterable[str]
) -> tuple[dict[str, Wiring], list[PathError]]:
    wirer = Wirer(spec, layers)
    prover = Prover(spec, layers, Sharing(spec, layers))
    wirings = {phase: wirer.wire(spec.net_state(phase)) for phase in ("train", "test")}
    wirings |= {
        f"test/{stage}": wirer.wire(spec.net_state("test", (stage,)))
        for stage in dict.fromkeys(stages)
    }
    wirings["deploy"] = derive_deploy(spec, layers, wirer)
    errors = list(wirer.errors)
    for wiring in wirings.values():
        errors += [*wiring.errors, *prover.prove(wiring).errors]
    return wirings, once(errors)
