"""Caffe's files, read into protonet's own language: prototxt nets and solvers.

`import_net` and `import_solver` give a spec as plain data whose marks point into the prototxt, so
that `protonet.schema.check_spec` shows errors there::

    imported = import_solver("lenet_solver.prototxt", shapes={"data": (1, 28, 28)})
    spec = check_spec(imported.origin)
"""

from __future__ import annotations

from protonet.caffe.context import Shapes
from protonet.caffe.imported import Imported
from protonet.caffe.net import import_net
from protonet.caffe.solver import import_solver

__all__ = ["Imported", "Shapes", "import_net", "import_solver"]
