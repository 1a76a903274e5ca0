"""Small nets as prototxt, and files that they read."""

from __future__ import annotations

from pathlib import Path

import numpy as np

import protonet.pycaffe as caffe

INPUT = 'layer {{ name: "data" type: "Input" top: "data" input_param {{ shape: {{ {dims} }} }} }}\n'

CHAIN = """\
name: "chain"
layer { name: "data" type: "Input" top: "data" input_param { shape: { dim: 2 dim: 3 } } }
layer { name: "ip1" type: "InnerProduct" bottom: "data" top: "ip1"
        inner_product_param { num_output: 4 weight_filler { type: "xavier" } } }
layer { name: "relu1" type: "ReLU" bottom: "ip1" top: "ip1" }
layer { name: "ip2" type: "InnerProduct" bottom: "ip1" top: "ip2"
        inner_product_param { num_output: 2 weight_filler { type: "xavier" } } }
layer { name: "prob" type: "Softmax" bottom: "ip2" top: "prob" }
"""
"""3 numbers → 4 → 2, and their softmax."""

IMAGES = """\
name: "images"
layer { name: "data" type: "Input" top: "data"
        input_param { shape: { dim: 2 dim: 3 dim: 6 dim: 6 } } }
layer { name: "conv" type: "Convolution" bottom: "data" top: "conv"
        convolution_param { num_output: 4 kernel_size: 3 weight_filler { type: "xavier" } } }
layer { name: "relu" type: "ReLU" bottom: "conv" top: "conv" }
layer { name: "pool" type: "Pooling" bottom: "conv" top: "pool"
        pooling_param { pool: AVE global_pooling: true } }
layer { name: "prob" type: "Softmax" bottom: "pool" top: "prob" }
"""
"""Images of 6 x 6 → 4 channels of 4 x 4 → 4 numbers, and their softmax."""

TRAINED = """\
name: "trained"
layer { name: "rows" type: "HDF5Data" top: "data" top: "label"
        hdf5_data_param { source: "rows.txt" batch_size: 4 } }
layer { name: "ip" type: "InnerProduct" bottom: "data" top: "ip"
        inner_product_param { num_output: 3 weight_filler { type: "xavier" } } }
layer { name: "loss" type: "SoftmaxWithLoss" bottom: "ip" bottom: "label" top: "loss" }
layer { name: "accuracy" type: "Accuracy" bottom: "ip" bottom: "label" top: "accuracy"
        include { phase: TEST } }
"""
"""Rows of 5 numbers in 3 classes."""

SOLVER = """\
net: "trained.prototxt"
type: "SGD" base_lr: 0.1 momentum: 0.9 lr_policy: "step" gamma: 0.5 stepsize: 2
test_iter: 3 test_interval: 4 max_iter: 6 display: 3 random_seed: 7
"""


def written(folder: Path, text: str, name: str = "net.prototxt") -> Path:
    """Write a text into a folder; return its path."""
    path = folder / name
    path.write_text(text)
    return path


def net_of(folder: Path, text: str, phase: int = caffe.TEST) -> caffe.Net:
    """Return the net of a text."""
    return caffe.Net(str(written(folder, text)), phase)


def rows(folder: Path) -> tuple[np.ndarray, np.ndarray]:
    """Write 12 rows of 5 numbers, and their classes, as HDF5Data reads them; return them."""
    import h5py

    generator = np.random.default_rng(5)
    labels = np.arange(12) % 3
    data = generator.normal(0, 0.3, (12, 5)).astype(np.float32)
    data[np.arange(12), labels] += 1
    with h5py.File(folder / "rows.h5", "w") as file:
        file["data"], file["label"] = data, labels.astype(np.float32)
    written(folder, "rows.h5\n", "rows.txt")
    return data, labels


def solver_of(folder: Path, text: str = SOLVER, net: str = TRAINED) -> Path:
    """Write a solver, its net and its data; return the solver's path."""
    rows(folder)
    written(folder, net, "trained.prototxt")
    return written(folder, text, "solver.prototxt")
