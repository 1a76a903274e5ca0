"""Valid specs that together use what the language has, to be spoilt."""

from __future__ import annotations

from pathlib import Path

MNIST = (Path(__file__).parents[1] / "configs" / "mnist.yaml").read_text("utf-8")
BASE = """\
vars: {classes: 5, wide: [4, 6]}
net:
  inputs: {data: [3, 16, 16], label: {shape: [], dtype: int64}}
  layers:
    - {name: conv0, type: Convolution, num_output: "$(wide[0])", kernel_size: 3, pad: 1}
    - {name: fc, type: InnerProduct, num_output: $classes}
    - {name: loss, type: SoftmaxWithLoss, bottom: [fc, label]}
"""
BLOCKS = """\
base: base.yaml
name: blocks
vars: {width: 4, deep: true}
net:
  blocks:
    conv_bn:
      args: {out: , k: 1, relu: true}
      bottoms: [x]
      tops: [scale]
      layers:
        - {name: conv, type: Convolution, num_output: $out, kernel_size: $k, pad: $(k // 2)}
        - {name: bn, type: BatchNorm}
        - {name: scale, type: Scale, bias_term: true}
        - {name: relu, type: ReLU, bottom: scale, top: scale, if: $relu}
    pair:
      args: {width: }
      layers:
        - {name: a, type: conv_bn, bottom: x, out: $width}
        - {name: b, type: conv_bn, out: $(2 * width), k: 3, relu: false}
        - {name: c, type: conv_bn, bottom: x, out: $width, share: a}
        - {name: both, type: Concat, bottom: [b, c]}
  layers:
    - {name: first, type: pair, width: $width, after: conv0}
    - {name: rest, type: conv_bn, after: first, out: $(width + 1), repeat: $(2 + 1)}
    - {name: more, type: ReLU, after: rest, if: $deep}
"""
SOLVER = """\
name: solver
data:
  train:
    - {source: a.lmdb, batch_size: 8, shuffle: true, transform: {mirror: true, crop_size: 12}}
    - {source: b.lmdb}
  test: {source: b.lmdb, batch_size: 5, transform: {crop_size: 12, mean: [1, 2, 3]}}
net:
  inputs: {data: [3, 12, 12], label: {shape: [], dtype: int64}}
  layers:
    - {name: pool, type: Pooling, pool: AVE, kernel_size: 3, stride: 3}
    - {name: drop, type: Dropout, dropout_ratio: 0.25, phase: train}
    - {name: ip, type: InnerProduct, num_output: 5, weight_filler: {type: gaussian, std: 0.1},
       param: {weight: {lr_mult: 1, decay_mult: 1}, bias: {lr_mult: 2, decay_mult: 0}}}
    - {name: loss, type: SoftmaxWithLoss, bottom: [ip, label], loss_weight: 0.5}
    - {name: accuracy, type: Accuracy, bottom: [ip, label], top_k: 2, phase: test}
solver:
  type: SGD
  base_lr: 0.1
  momentum: 0.9
  lr_policy: {type: multistep, gamma: 0.1, stepvalue: [10, 20]}
  max_iter: 40
  display: 10
"""
TORCH = """\
name: torch
data:
  train: {source: a.lmdb, batch_size: 8, shuffle: true}
  val: {source: b.lmdb, batch_size: 4}
net:
  inputs: {data: [3, 12, 12], label: {shape: [], dtype: int64}}
  defaults:
    InnerProduct: {weight_filler: xavier, param: {bias: {lr_mult: 2}}}
  deploy: {outputs: [prob]}
  layers:
    - {name: conv, type: nn.Conv2d, out_channels: 4, kernel_size: [3, 3], bias: false}
    - {name: act, type: nn.LeakyReLU, negative_slope: 0.2}
    - {name: left, type: InnerProduct, num_output: 6}
    - {name: right, type: InnerProduct, num_output: 6, bottom: act, share: left}
    - {name: sum, type: Eltwise, bottom: [left, right], operation: SUM, coeff: [1, -1]}
    - {name: ip, type: InnerProduct, num_output: 5, frozen: false,
       param: {weight: {name: w, lr_mult: 1}}}
    - {name: loss, type: SoftmaxWithLoss, bottom: [ip, label], propagate_down: [true, false]}
    - {name: top, type: Accuracy, bottom: [ip, label], include: [{phase: test, stage: [all]}]}
solver:
  optimizer: {type: optim.AdamW, weight_decay: 0.1, betas: [0.9, 0.99]}
  base_lr: 0.01
  lr_policy: {type: lr_scheduler.StepLR, step_size: 10, gamma: 0.5}
  params: [{match: "conv*", lr_mult: 0.1}]
  max_iter: 9 epochs
  random_seed: 1
"""
RECURRENT = """\
name: recurrent
net:
  inputs: {words: {shape: [T, N], dtype: int64}, label: {shape: [T, N], dtype: int64}}
  blocks:
    step:
      args: {width: 6}
      bottoms: [x, h]
      layers:
        - {name: both, type: Concat, bottom: [x, h]}
        - {name: next, type: InnerProduct, num_output: $width}
        - {name: act, type: TanH}
  layers:
    - {name: embedded, type: Embed, input_dim: 20, num_output: 4}
    - {name: hidden, type: Recurrent, block: step, width: 6, over: {x: embedded}, carry: {h: act}}
    - {name: scores, type: InnerProduct, num_output: 20, axis: 2}
    - {name: loss, type: SoftmaxWithLoss, bottom: [scores, label], axis: 2}
"""
SPECS = {
    "mnist": MNIST,
    "blocks": BLOCKS,
    "solver": SOLVER,
    "torch": TORCH,
    "recurrent": RECURRENT,
}
"""Each by its name; `BLOCKS` builds on a file `base.yaml` with the text `BASE`."""
