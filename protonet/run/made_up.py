"""`source: random`: samples such as a net takes, made up."""

from __future__ import annotations

import numpy as np
import torch

from protonet.data.dataset import ChunkedDataset
from protonet.data.layout import Array
from protonet.data.random_records import pool_size, random_dataset
from protonet.debug.gradcheck_inputs import BOXES, PLACES, Use, uses_of
from protonet.errors import Path, PathError
from protonet.look.summary import sizes_of
from protonet.net.form import Form
from protonet.randomness import key
from protonet.records import ChannelOrder
from protonet.schema import Spec
from protonet.spec.net import InputSpec
from protonet.spec.unconverted import RANDOM, RECORDS

_IMAGE = 3
_GRAYS = 256


def made_up(net: Form, place: Path, count: int | None, spec: Spec) -> ChunkedDataset:
    """Return samples for every input of a net.

    Images, which are of three axes, are bytes; other inputs of numbers are normal, or what the
    layer that reads them takes: shares, marks of 0 and 1. Labels lie within the classes of the
    layers that compare them, and indices within the tables that they are looked up in.

    Args:
        net: the net.
        place: where the spec names the source.
        count: samples in an epoch; None leaves it to `RECORDS`.
        spec: the spec, with the seed, and the sizes of named axes.

    Raises: PathError for an input that nothing can be made up for.
    """
    sizes = sizes_of(spec, {})
    uses = uses_of(net, sizes)
    seed = key(spec.solver.random_seed if spec.solver else 0, "made up", str(place[1]))
    pools: dict[str, tuple[tuple[int, ...], Array]] = {}
    inputs = sorted(net.input_specs.items(), key=lambda one: len(one[1].axes()) <= _IMAGE)
    for blob, wanted in inputs:  # an image first, since that is what transforms are for
        use = uses.get(net.wiring.inputs[blob][0])
        if use in (BOXES, PLACES):
            what = "boxes" if use is BOXES else "places in a map"
            why = f"the net's input {blob} takes {what}, which cannot be made up"
            raise PathError("PN040", (*place, "source"), why)
        _, *shape = wanted.sized(sizes)
        pools[blob] = (tuple(shape), _pool(wanted, tuple(shape), use, key(seed, blob)))
    order = _channels(inputs[0][1], *next(iter(pools.values())))
    return random_dataset(RANDOM, pools, count=count or RECORDS, seed=seed, channels=order)


def _pool(wanted: InputSpec, shape: tuple[int, ...], use: Use | None, seed: int) -> Array:
    size, dtype = pool_size(shape), getattr(torch, wanted.dtype)
    if use is None and (dtype == torch.uint8 or (dtype.is_floating_point and len(shape) == _IMAGE)):
        return np.random.default_rng(seed).integers(0, _GRAYS, size, np.uint8)
    generator = torch.Generator().manual_seed(seed >> 1)
    if use is not None:
        made = use.make((size,), generator)
    elif dtype.is_floating_point:
        made = torch.randn(size, generator=generator)
    else:
        made = torch.randint(2, (size,), generator=generator)
    return np.asarray(made.to(torch.float32 if dtype.is_floating_point else dtype).numpy())


def _channels(wanted: InputSpec, shape: tuple[int, ...], pool: Array) -> ChannelOrder | None:
    """Return the order of the channels of the first input: what the net expects of it."""
    if len(shape) != _IMAGE or pool.dtype != np.uint8 or shape[0] not in (1, 3):
        return None
    return wanted.channels or ("gray" if shape[0] == 1 else "RGB")
