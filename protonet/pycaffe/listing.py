"""What is in a net, by the names that pycaffe gives it.

Source: Caffe, python/caffe/pycaffe.py and _caffe.cpp.
"""

from __future__ import annotations

from protonet.net import Net as Core
from protonet.pycaffe.blob import Blob
from protonet.pycaffe.building import Built
from protonet.pycaffe.named import Named
from protonet.pycaffe.step import Layer


class Listing:
    """A net as it can be looked at; `Net` runs it.

    Args:
        built: the net, put together.
    """

    def __init__(self, built: Built) -> None:
        self._built = built

    @property
    def built(self) -> Built:
        """Return the net's parts."""
        return self._built

    @property
    def core(self) -> Core:
        """Return the net of protonet's that computes."""
        return self._built.core

    @property
    def name(self) -> str:
        """Return the name that the prototxt gives."""
        return self.core.spec.name or ""

    @property
    def blobs(self) -> Named[Blob]:
        """Return the blobs by name, in the order of the layers that first give them."""
        return Named("blob", self._built.named.items())

    @property
    def params(self) -> Named[list[Blob]]:
        """Return the blobs of every layer that has parameters."""
        held = ((layer.name, layer.blobs) for layer in self.layers if layer.blobs)
        return Named("layer with parameters", held)

    @property
    def layers(self) -> list[Layer]:
        """Return the layers in order, those that Caffe puts in too."""
        return self._built.layers

    @property
    def layer_dict(self) -> Named[Layer]:
        """Return the layers by name."""
        return Named("layer", ((layer.name, layer) for layer in self.layers))

    @property
    def _layer_names(self) -> list[str]:
        return [layer.name for layer in self.layers]

    @property
    def _blob_names(self) -> list[str]:
        return list(self._built.plan.names)

    @property
    def blob_loss_weights(self) -> Named[float]:
        """Return what each blob counts in the loss."""
        plan = self._built.plan
        return Named("blob", zip(plan.names, plan.weights, strict=True))

    @property
    def inputs(self) -> list[str]:
        """Return the names of the blobs that whoever runs the net writes."""
        return self._built.inputs

    @property
    def outputs(self) -> list[str]:
        """Return the names of the blobs that no layer reads."""
        return self._built.plan.outputs()

    @property
    def top_names(self) -> Named[list[str]]:
        """Return the names of what each layer gives."""
        plan = self._built.plan
        tops = ((each.name, [plan.names[top] for top in each.tops]) for each in plan.stages)
        return Named("layer", tops)

    @property
    def bottom_names(self) -> Named[list[str]]:
        """Return the names of what each layer reads."""
        plan = self._built.plan
        reads = ((each.name, [plan.names[one] for one in each.bottoms]) for each in plan.stages)
        return Named("layer", reads)

    @property
    def loss(self) -> float:
        """Return the loss of the last forward pass: the sum of the tops that count in it."""
        return self._built.loss()
