"""Where something infinite or not a number came from: the batch of that iteration, once more."""

from __future__ import annotations

from contextlib import closing

import torch

from protonet.run.job import Job
from protonet.solver import seed_generators


def explain(job: Job, iteration: int) -> str:
    """Return what was not finite first, in words.

    The weights are still those before the update that failed, so its forward can be repeated.

    Args:
        job: the training.
        iteration: the one that failed.
    """
    solver = job.solver
    seed = solver.random_seed
    first = iteration * solver.iter_size
    feed = job.train_set.feed(job.net, endless=True, seed=seed, start=first)
    seed_generators(seed, iteration, job.net.device)
    with closing(feed.reader), torch.no_grad():
        for _ in range(solver.iter_size):
            found = _first_culprit(job, dict(zip(job.net.inputs, next(feed), strict=True)))
            if found:
                return found
    return "the loss was finite, but a gradient was not"


def _first_culprit(job: Job, blobs: dict[str, torch.Tensor]) -> str:
    for name, value in blobs.items():
        if not bool(torch.isfinite(value).all()):
            return f"the input {name} is not finite"
    owns = [f"layer:{node.layer.name}" for node in job.net.wiring.nodes if node.tops]
    for own, value in job.net(blobs, owns).items():
        if not bool(torch.isfinite(value).all()):
            return f"the output of layer {own.removeprefix('layer:')} is not finite"
    return ""
