"""Whether a net can be at all: wired and proved in every phase, none of it allocated."""

from __future__ import annotations

from collections.abc import Iterable

from protonet.errors import MOST_SHOWN, PathError, PathErrors
from protonet.net.form import Form
from protonet.net.modules import Prover
from protonet.spec.deploy import derive_deploy
from protonet.spec.joints import once
from protonet.spec.kept import sharing_of, wirer_of
from protonet.spec.net import NetSpec


def prove_phases(spec: NetSpec, stages: Iterable[str] = ()) -> dict[str, Form]:
    """Prove the shapes of a net in all three phases without allocating any of it.

    Args:
        spec: the net.
        stages: stages that evaluation sets name; phase test is proved for each besides.

    Returns: the net in each phase, and in `test/STAGE` for each stage.
    Raises: PathErrors with everything wrong in any phase, repeated ones once.
    """
    forms, errors = _proved(spec, stages)
    if not any(form.wiring.nodes for form in forms.values()):
        errors = [*errors, PathError("PN029", ("net", "layers"), "no layer is left in any phase")]
    if errors:
        raise PathErrors(errors)
    return forms


def shape_errors(spec: NetSpec) -> list[PathError]:
    """Return everything wrong with a net, some of whose layers may have been refused already.

    For `protonet.schema.load_spec`, which then reports it with the rest.
    """
    return _proved(spec, ())[1]


def _proved(spec: NetSpec, stages: Iterable[str]) -> tuple[dict[str, Form], list[PathError]]:
    layers = spec.types
    wirer = wirer_of(spec)
    prover = Prover(spec, layers, sharing_of(spec))
    wirings = {phase: wirer.wire(spec.net_state(phase)) for phase in ("train", "test")}
    wirings |= {
        f"test/{stage}": wirer.wire(spec.net_state("test", (stage,)))
        for stage in dict.fromkeys(stages)
    }
    wirings["deploy"] = derive_deploy(spec, layers, wirer)
    errors, forms = list(wirer.errors), {}
    for phase, wiring in wirings.items():
        proof = prover.prove(wiring)
        errors = once([*errors, *wiring.errors, *proof.errors])
        forms[phase] = Form(wiring, proof, layers)
        if len(errors) > MOST_SHOWN:  # the other phases would add nothing that is told
            break
    return forms, errors
