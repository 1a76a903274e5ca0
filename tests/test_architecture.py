"""The arrows between rooms and the sizes of files, held by reading; nothing of ours is imported."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from tests.architecture import (
    Module,
    cycles,
    dynamic_imports,
    hidden_imports,
    missing_tests,
    read_modules,
    relative_imports,
    too_long,
    unknown_rooms,
    wrong_arrows,
)

ROOT = Path(__file__).parent.parent

ORDER = [
    "errors",
    "problems",
    "records",
    "randomness",
    "windows",
    "protobuf",
    "source",
    "language",
    "fillers",
    "lr_policy",
    "layers",
    "optim",
    "transforms",
    "spec",
    "plugins",
    "schema",
    "net",
    "look",
    "editor",
    "debug",
    "data",
    "convert",
    "caffe",
    "snapshot",
    "evaluate",
    "step",
    "hooks",
    "solver",
    "distributed",
    "zoo",
    "export",
    "predict",
    "serve",
    "run",
    "pycaffe",
    "cli",
]
"""Every room; each may import from itself and from those that stand before it."""

FOR_TYPES = {
    (
        "protonet.errors",
        "protonet.problems",
    ): "SpecError holds problems, and stands above all that raise it",
}
"""Imports against the order that only a type checker carries out."""

LAZY_LIBRARIES = {
    "torch": "takes more than a second to import, and `protonet --help` must not wait for it",
    "pydantic": "`protonet --help` must not wait for it",
    "tensorboard": "a fifth of a second, and only a run that logs needs it",
    "google": "protobuf, a twentieth of a second, and only Caffe's binary files need it",
    "h5py": "a sixth of a second, and only HDF5 needs it",
    "lmdb": "only LMDB needs it",
    "PIL": "only images that are no JPEG need it",
    "simplejpeg": "only JPEGs need it",
    "huggingface_hub": "an extra, and only mirrors at Hugging Face need it",
    "plyvel": "optional: only LevelDB needs it",
    "pyarrow": "optional: only Parquet needs it",
    "onnx": "optional: only an export to ONNX needs it",
    "onnxruntime": "optional: only an export to ONNX needs it",
    "onnxscript": "optional: only an export to ONNX needs it",
    "cv2": "optional: only import --verify needs it",
}
"""Libraries that a function may import when it is called."""

LAZY_ROOMS = {"cli": "a command imports what it runs, so that `protonet --help` does not"}
"""Rooms whose functions may import our own modules."""

DYNAMIC = {
    "protonet/__init__.py": "the public names are imported when they are first used",
    "protonet/pycaffe/python_layers.py": "a net in Python names the modules of its own layers",
}
"""Files that may import by a computed name."""

LIMITS = {"file": 300, "class": 150, "function": 40}
"""STYLE rule 2, in lines. Arguments and complexity are ruff's part."""

LONG: dict[str, str] = {}
"""`file` or `file:name` that may exceed a limit, with the reason."""

WITHOUT_MIRROR = {
    "__init__.py": "a room's door, tested through the room; protonet's own by test_package.py",
    "__main__.py": "run by test_package.py",
}
"""File names and paths that need no test file of their own, with the reason."""


def none(violations: list[str]) -> None:
    """Fail with all of them, one a line; an assert would show the first."""
    if violations:
        pytest.fail("\n".join(violations), pytrace=False)


@pytest.fixture(scope="module")
def modules() -> list[Module]:
    return read_modules(ROOT)


def test_every_file_lies_in_a_room_of_the_order(modules: list[Module]) -> None:
    none(unknown_rooms(modules, ORDER))


def test_imports_point_one_way(modules: list[Module]) -> None:
    none(wrong_arrows(modules, ORDER, FOR_TYPES))


def test_no_module_imports_itself_in_a_ring(modules: list[Module]) -> None:
    none(cycles(modules))


def test_imports_are_absolute(modules: list[Module]) -> None:
    none(relative_imports(modules))


def test_functions_import_only_what_is_slow_or_optional(modules: list[Module]) -> None:
    none(hidden_imports(modules, LAZY_LIBRARIES, LAZY_ROOMS))


def test_imports_can_be_read(modules: list[Module]) -> None:
    none(dynamic_imports(modules, DYNAMIC))


def test_nothing_is_too_long(modules: list[Module]) -> None:
    none(too_long(modules, LIMITS, LONG))


def test_every_module_has_a_test_at_the_same_path(modules: list[Module]) -> None:
    none(missing_tests(modules, ROOT, WITHOUT_MIRROR))


Tree = dict[str, str]
Rule = Callable[[list[Module], Path], list[str]]

BROKEN: dict[str, tuple[Rule, Tree, list[str]]] = {
    "a room outside the order": (
        lambda modules, root: unknown_rooms(modules, ["net"]),
        {"attic.py": "", "net.py": "", "__init__.py": "", "__main__.py": ""},
        ["protonet/attic.py: attic is not in the order"],
    ),
    "an arrow down": (
        lambda modules, root: wrong_arrows(modules, ["net", "run"], {}),
        {"net.py": "from protonet.run import train\n", "run.py": "from protonet.net import Net\n"},
        ["protonet/net.py:1: net may not import protonet.run"],
    ),
    "an arrow down, inside a function": (
        lambda modules, root: wrong_arrows(modules, ["net", "run"], {}),
        {"net.py": "def f():\n    import protonet.run\n", "run.py": ""},
        ["protonet/net.py:2: net may not import protonet.run"],
    ),
    "an arrow down, for types only": (
        lambda modules, root: wrong_arrows(
            modules, ["a", "b", "c"], {("protonet.a", "protonet.b")}
        ),
        {
            "a.py": "if TYPE_CHECKING:\n    import protonet.b\n    import protonet.c\n",
            "b.py": "",
            "c.py": "",
        },
        ["protonet/a.py:3: a may not import protonet.c"],
    ),
    "an arrow allowed for types, carried out": (
        lambda modules, root: wrong_arrows(modules, ["a", "b"], {("protonet.a", "protonet.b")}),
        {"a.py": "if TYPE_CHECKING:\n    pass\nelse:\n    import protonet.b\n", "b.py": ""},
        ["protonet/a.py:4: a may not import protonet.b"],
    ),
    "a room below, through the package": (
        lambda modules, root: wrong_arrows(modules, ["net", "run"], {}),
        {"net.py": "from protonet import __version__, run\n", "run.py": ""},
        ["protonet/net.py:1: net may not import protonet.run"],
    ),
    "the lazy door, from inside the house": (
        lambda modules, root: wrong_arrows(modules, ["net", "run"], {}),
        {"run.py": "import protonet\nfrom protonet import Net\n", "net.py": ""},
        [
            "protonet/run.py:1: run may not import protonet",
            "protonet/run.py:2: run may not import protonet.Net",
        ],
    ),
    "a package that imports its rooms": (
        lambda modules, root: wrong_arrows(modules, ["net"], {}),
        {
            "__init__.py": "if TYPE_CHECKING:\n    import protonet.net\nimport protonet.net\n",
            "__main__.py": "import protonet.net\n",
            "net.py": "",
        },
        ["protonet/__init__.py:3: protonet may not import protonet.net"],
    ),
    "a ring inside a room": (
        lambda modules, root: cycles(modules),
        {
            "data/lmdb.py": "from protonet.data import hdf5\n",
            "data/hdf5.py": "from protonet.data.lmdb import read\n",
        },
        ["protonet.data.hdf5 imports protonet.data.lmdb imports protonet.data.hdf5"],
    ),
    "a relative import": (
        lambda modules, root: relative_imports(modules),
        {"net.py": "from . import run\nfrom .run import a, b\nimport os\n"},
        ["protonet/net.py:1: a relative import", "protonet/net.py:2: a relative import"],
    ),
    "an import inside a function": (
        lambda modules, root: hidden_imports(modules, {"torch"}, {"cli"}),
        {
            "net.py": "class A:\n  def f():\n    import torch.nn, json\n    import protonet.run\n",
            "cli/train.py": "def f():\n    from protonet.run import train\n    import csv\n",
        },
        [
            "protonet/cli/train.py:3: imports csv inside a function",
            "protonet/net.py:3: imports json inside a function",
            "protonet/net.py:4: imports protonet.run inside a function",
        ],
    ),
    "an import by a computed name": (
        lambda modules, root: dynamic_imports(modules, {"protonet/__init__.py"}),
        {
            "net.py": "importlib.import_module(x)\n__import__('y')\n",
            "__init__.py": "import_module(x)\n",
        },
        [
            "protonet/net.py:1: imports by a computed name",
            "protonet/net.py:2: imports by a computed name",
        ],
    ),
    "a file, a class and a function that grew": (
        lambda modules, root: too_long(
            modules, {"file": 5, "class": 3, "function": 2}, {"protonet/long.py:g"}
        ),
        {"long.py": "class A:\n  def f(self):\n    a = 1\n    b = 2\ndef g():\n  c = 3\n  d = 4\n"},
        [
            "protonet/long.py: 7 lines, and a file has at most 5",
            "protonet/long.py:A: 4 lines, and a class has at most 3",
            "protonet/long.py:f: 3 lines, and a function has at most 2",
        ],
    ),
    "a module without a test": (
        lambda modules, root: missing_tests(modules, root, {"__init__.py": "a door"}),
        {"__init__.py": "", "net.py": "", "data/lmdb.py": "", "../tests/data/test_lmdb.py": ""},
        ["protonet/net.py: no tests/test_net.py"],
    ),
}
"""Small trees that break one rule each, and what is said of them: a check must be able to fail."""


@pytest.mark.parametrize("name", BROKEN)
def test_a_broken_rule_is_found(name: str, tmp_path: Path) -> None:
    rule, tree, expected = BROKEN[name]
    for path, text in tree.items():
        file = (tmp_path / "protonet" / path).resolve()
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)
    assert rule(read_modules(tmp_path), tmp_path) == expected


def test_exceptions_name_what_exists(modules: list[Module]) -> None:
    paths = {module.path for module in modules}
    names = {module.name for module in modules}
    stale = [place for place in (*LONG, *DYNAMIC) if place.partition(":")[0] not in paths]
    stale += [place for pair in FOR_TYPES for place in pair if place not in names]
    stale += [place for place in WITHOUT_MIRROR if "/" in place and place not in paths]
    none(stale)
