"""pycaffe's manners: `import protonet.pycaffe as caffe`, and the scripts that people have run.

docs/pycaffe.md says what is there, what differs, and what is not there.
"""

from __future__ import annotations

from protonet.pycaffe import coord_map, draw, io, net_spec, proto
from protonet.pycaffe.blob import Blob
from protonet.pycaffe.classifier import Classifier
from protonet.pycaffe.detector import Detector
from protonet.pycaffe.mode import (
    TEST,
    TRAIN,
    has_nccl,
    layer_type_list,
    set_device,
    set_mode_cpu,
    set_mode_gpu,
    set_random_seed,
    solver_count,
    solver_rank,
)
from protonet.pycaffe.net import Net
from protonet.pycaffe.net_spec import NetSpec, layers, params, to_proto
from protonet.pycaffe.proto import caffe_pb2
from protonet.pycaffe.python_layers import Layer
from protonet.pycaffe.solver import Solver
from protonet.pycaffe.solvers import (
    AdaDeltaSolver,
    AdaGradSolver,
    AdamSolver,
    NesterovSolver,
    RMSPropSolver,
    SGDSolver,
    get_solver,
)
from protonet.pycaffe.telling import init_log, log
from protonet.pycaffe.timer import Timer

__all__ = [
    "TEST",
    "TRAIN",
    "AdaDeltaSolver",
    "AdaGradSolver",
    "AdamSolver",
    "Blob",
    "Classifier",
    "Detector",
    "Layer",
    "Net",
    "NetSpec",
    "NesterovSolver",
    "RMSPropSolver",
    "SGDSolver",
    "Solver",
    "Timer",
    "caffe_pb2",
    "coord_map",
    "draw",
    "get_solver",
    "has_nccl",
    "init_log",
    "io",
    "layer_type_list",
    "layers",
    "log",
    "net_spec",
    "params",
    "proto",
    "set_device",
    "set_mode_cpu",
    "set_mode_gpu",
    "set_random_seed",
    "solver_count",
    "solver_rank",
    "to_proto",
]
