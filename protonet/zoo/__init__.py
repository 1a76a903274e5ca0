"""Named nets with weights, `zoo://NAME`: pulled, verified, kept, passed on.

A model is a folder of three files:

- `net.yaml`: the net, which needs no other file;
- `weights.safetensors`: every parameter and statistic of it, by `layer/parameter`;
- `model.json`: what it is, where it comes from, how samples are prepared, and the checksums of the
  other two.

Models come from the mirrors in `$PROTONET_ZOO`, or from where their authors published weights for
our nets (`protonet.zoo.index`); these are converted at the first pull. What has been pulled is used
from the cache, without a network.
"""
