"""Net: a prototxt at work, blob by blob, as pycaffe has it.

Source: Caffe, python/caffe/pycaffe.py and net.cpp.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from protonet.pycaffe import batches, passes, weights_files
from protonet.pycaffe.building import Hook, build
from protonet.pycaffe.listing import Listing
from protonet.pycaffe.memory import Array
from protonet.pycaffe.opening import Opened, open_net
from protonet.pycaffe.request import Request

Arrays = dict[str, Array]


class Net(Listing):
    """A net in one phase.

    `Net(prototxt, phase)`, `Net(prototxt, weights, phase)`, or by keywords.

    Args:
        network_file: the prototxt.
        given: the phase, or weights and phase, as Caffe's two forms have them.
        phase: TRAIN or TEST.
        level, stages: what else the rules of the prototxt's layers are held against.
        weights: a caffemodel, or another file of weights.

    Raises: UsageError, SpecError, DataError for what cannot be read, is wrong, or does not fit.
    """

    def __init__(
        self,
        network_file: str | Path,
        *given: object,
        phase: int | None = None,
        level: int | None = None,
        stages: Sequence[str] | None = None,
        weights: str | Path | None = None,
    ) -> None:
        named = {"phase": phase, "level": level, "stages": stages, "weights": weights}
        request = Request.of(network_file, given, named)
        super().__init__(build(open_net(request.file, request.state)))
        for path in request.weights:
            self.copy_from(path)

    @classmethod
    def made_of(cls, opened: Opened) -> Net:
        """Return the net of a prototxt that was read."""
        made = cls.__new__(cls)
        Listing.__init__(made, build(opened))
        return made

    def forward(
        self,
        blobs: Sequence[str] | None = None,
        start: str | None = None,
        end: str | None = None,
        **kwargs: Array,
    ) -> Arrays:
        """Run the layers from `start` to `end`; return the outputs and the blobs asked for.

        Args:
            blobs: names of blobs to return besides.
            start, end: names of the first and last layer; with `end`, its tops are the outputs.
            kwargs: an array for each input.

        Raises: UsageError for a layer, an input or a shape that the net does not have.
        """
        return passes.forward(self._built, blobs or (), (start, end), kwargs)

    def backward(
        self,
        diffs: Sequence[str] | None = None,
        start: str | None = None,
        end: str | None = None,
        **kwargs: Array,
    ) -> Arrays:
        """Run the layers back from `start` to `end`; return the gradients of the inputs and of the
        blobs asked for. Gradients of parameters are added to what is there.

        Args:
            diffs: names of blobs whose gradients to return besides.
            start, end: names of the first and last layer, the first nearer to the loss; with `end`,
                its bottoms' gradients are returned.
            kwargs: the gradient of each output.

        Raises: UsageError for a layer, an output or a shape that the net does not have.
        """
        return passes.backward(self._built, diffs or (), (start, end), kwargs)

    def forward_all(self, blobs: Sequence[str] | None = None, **kwargs: Array) -> Arrays:
        """Run any number of samples in batches; return the outputs of all, padding left out."""
        return batches.forward_all(self._built, blobs or (), kwargs)

    def forward_backward_all(
        self,
        blobs: Sequence[str] | None = None,
        diffs: Sequence[str] | None = None,
        **kwargs: Array,
    ) -> tuple[Arrays, Arrays]:
        """Do the same forward and backward; return the blobs and the gradients of all."""
        return batches.forward_backward_all(self._built, blobs or (), diffs or (), kwargs)

    def reshape(self) -> None:
        """Give every blob the shape that follows from those of the inputs.

        Raises: SpecError where a layer does not allow it.
        """
        self._built.reshape()

    def clear_param_diffs(self) -> None:
        """Set the gradients of all parameters to 0."""
        for blob in self._built.parameters():
            blob.diff_memory.write(0.0)

    def before_forward(self, run: Hook) -> None:
        """Have a function called before each layer's forward pass, with the layer's number."""
        self.built.hooks["before_forward"].append(run)

    def after_forward(self, run: Hook) -> None:
        """The same, after it."""
        self.built.hooks["after_forward"].append(run)

    def before_backward(self, run: Hook) -> None:
        """The same, before its backward pass."""
        self.built.hooks["before_backward"].append(run)

    def after_backward(self, run: Hook) -> None:
        """The same, after that."""
        self.built.hooks["after_backward"].append(run)

    def set_input_arrays(self, data: Array, labels: Array) -> None:
        """Hand a MemoryData layer its arrays.

        Raises: UsageError if the net has no such layer, or they do not fit.
        """
        self._built.set_input_arrays(data, labels)

    def copy_from(self, path: str | Path) -> None:
        """Load the weights of layers of the same names. Raises: DataError if they do not fit."""
        weights_files.copy_from(self._built, Path(path))

    load_hdf5 = copy_from

    def share_with(self, other: Net) -> None:
        """Take the parameters of another net's layers of the same names as one's own: from then on
        they are one memory.

        Raises: UsageError where shapes differ.
        """
        weights_files.share(self._built, other._built)

    def save(self, path: str | Path) -> None:
        """Write a caffemodel.

        Raises: StorageError if it cannot be written.
        """
        weights_files.save(self._built, Path(path))

    def save_hdf5(self, path: str | Path, write_diff: bool = False) -> None:
        """Write a caffemodel in HDF5, with the gradients too if asked for.

        Raises: StorageError if it cannot be written.
        """
        weights_files.save_hdf5(self._built, Path(path), with_diff=write_diff)
