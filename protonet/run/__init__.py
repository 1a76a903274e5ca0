"""A run: spec → net, readers, solver, hooks, run directory."""

from __future__ import annotations

from protonet.run.train import Result, TrainOptions, run_training, train

__all__ = ["Result", "TrainOptions", "run_training", "train"]
