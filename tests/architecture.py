"""Read a package's files without importing them, and say which rules of its architecture break.

Every rule is a function from the modules read to a list of sentences, empty where the rule is kept.
`test_architecture.py` applies them to protonet, and to small trees that break each one.
"""

from __future__ import annotations

import ast
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from graphlib import CycleError, TopologicalSorter
from pathlib import Path
from typing import Literal

PACKAGE = "protonet"
MAIN = "__main__"

Scope = Literal["module", "function", "typing"]


@dataclass(frozen=True)
class Import:
    """One name that an import statement brings in; `scope` says when it is carried out."""

    line: int
    target: str
    scope: Scope
    relative: bool = False

    @property
    def room(self) -> str:
        """The room imported from; "" for the package itself and for libraries."""
        return room_of(self.target)

    @property
    def is_ours(self) -> bool:
        """Whether it is the package or something in it."""
        return self.target.partition(".")[0] == PACKAGE


@dataclass(frozen=True)
class Module:
    """One file: its path from the root, its dotted name, its syntax tree, its imports."""

    path: str
    name: str
    lines: int
    tree: ast.Module
    imports: tuple[Import, ...]

    @property
    def room(self) -> str:
        """The room it lies in; "" for the package's own `__init__.py`."""
        return room_of(self.name)


def room_of(name: str) -> str:
    """Return `layers` for `protonet.layers.convolution`, and "" for what lies in no room."""
    parts = name.split(".")
    return parts[1] if parts[0] == PACKAGE and len(parts) > 1 else ""


def read_modules(root: Path) -> list[Module]:
    """Read every Python file of the package under `root`, sorted by path."""
    paths = sorted((root / PACKAGE).rglob("*.py"))
    known = {_name(path, root) for path in paths}
    return [_read(path, root, known) for path in paths]


def _name(path: Path, root: Path) -> str:
    return ".".join(path.relative_to(root).with_suffix("").parts).removesuffix(".__init__")


def _read(path: Path, root: Path, known: Collection[str]) -> Module:
    text = path.read_text(encoding="utf-8")
    tree = ast.parse(text, filename=str(path))
    imports = tuple(_imports(tree, "module", known))
    lines = len(text.splitlines())
    return Module(str(path.relative_to(root)), _name(path, root), lines, tree, imports)


def _imports(node: ast.AST, scope: Scope, known: Collection[str]) -> Iterator[Import]:
    for child in ast.iter_child_nodes(node):
        match child:
            case ast.Import(names=names):
                yield from (Import(child.lineno, alias.name, scope) for alias in names)
            case ast.ImportFrom(module=module, names=names, level=level):
                for alias in names:
                    target = _target(module or "", alias.name, known)
                    yield Import(child.lineno, target, scope, relative=level > 0)
            case ast.If(test=test, body=body, orelse=orelse) if _is_type_checking(test):
                yield from _imports(ast.Module(body, []), "typing", known)
                yield from _imports(ast.Module(orelse, []), scope, known)
            case ast.FunctionDef() | ast.AsyncFunctionDef() | ast.Lambda():
                yield from _imports(child, "function", known)
            case _:
                yield from _imports(child, scope, known)


def _target(module: str, name: str, known: Collection[str]) -> str:
    """Return the module that `from module import name` reads; for the package, the name too."""
    whole = f"{module}.{name}"
    return whole if whole in known or module == PACKAGE else module


def _is_type_checking(test: ast.expr) -> bool:
    return ast.unparse(test) in {"TYPE_CHECKING", "typing.TYPE_CHECKING"}


def unknown_rooms(modules: Sequence[Module], order: Sequence[str]) -> list[str]:
    """Name the files that lie in no room of the order."""
    known = {*order, "", MAIN}
    return [
        f"{module.path}: {module.room} is not in the order"
        for module in modules
        if module.room not in known
    ]


def wrong_arrows(
    modules: Sequence[Module], order: Sequence[str], for_types: Collection[tuple[str, str]]
) -> list[str]:
    """Name the imports from a room that does not stand above the importer's.

    `for_types` are the pairs (importer, imported) allowed under TYPE_CHECKING. The package's own
    `__init__.py` stands above all rooms: it may import none, but name any for the type checker.
    """
    rank = {room: position for position, room in enumerate(["", *order, MAIN])}
    return [
        f"{module.path}:{each.line}: {module.room or PACKAGE} may not import {each.target}"
        for module in modules
        for each in module.imports
        if each.is_ours and not _is_upward(module, each, rank, for_types)
    ]


def _is_upward(
    module: Module, each: Import, rank: Mapping[str, int], for_types: Collection[tuple[str, str]]
) -> bool:
    if (
        each.target == f"{PACKAGE}.__version__"
    ):  # the one thing the package's __init__.py defines itself
        return True
    if each.scope == "typing" and (module.room == "" or (module.name, each.target) in for_types):
        return True
    if (
        each.room == "" or each.room not in rank
    ):  # `import protonet`, or a public name through the lazy door
        return False
    return each.room == module.room or rank[each.room] < rank.get(module.room, 0)


def cycles(modules: Sequence[Module]) -> list[str]:
    """Name the first ring of modules that import each other while they load."""
    graph = {
        module.name: sorted(
            {each.target for each in module.imports if each.is_ours and each.scope == "module"}
        )
        for module in modules
    }
    try:
        TopologicalSorter(graph).prepare()
    except CycleError as error:
        return [" imports ".join(reversed(error.args[1]))]
    return []


def relative_imports(modules: Sequence[Module]) -> list[str]:
    """Name the imports that begin with a dot."""
    return sorted(
        {
            f"{module.path}:{each.line}: a relative import"
            for module in modules
            for each in module.imports
            if each.relative
        }
    )


def hidden_imports(
    modules: Sequence[Module], libraries: Collection[str], lazy_rooms: Collection[str]
) -> list[str]:
    """Name the imports inside functions; `lazy_rooms` may import our modules there."""
    return [
        f"{module.path}:{each.line}: imports {each.target} inside a function"
        for module in modules
        for each in module.imports
        if each.scope == "function"
        and each.target.partition(".")[0] not in libraries
        and not (each.is_ours and module.room in lazy_rooms)
    ]


def dynamic_imports(modules: Sequence[Module], allowed: Collection[str]) -> list[str]:
    """Name the calls that import by a computed name, which no rule here can follow."""
    return [
        f"{module.path}:{node.lineno}: imports by a computed name"
        for module in modules
        if module.path not in allowed
        for node in ast.walk(module.tree)
        if isinstance(node, ast.Call)
        and ast.unparse(node.func).rpartition(".")[2] in {"import_module", "__import__"}
    ]


def too_long(
    modules: Sequence[Module], limits: Mapping[str, int], allowed: Collection[str]
) -> list[str]:
    """Name what has more lines than its kind may, docstrings included."""
    return [
        f"{place}: {lines} lines, and a {kind} has at most {limits[kind]}"
        for module in modules
        for place, kind, lines in _lengths(module)
        if lines > limits[kind] and place not in allowed
    ]


def _lengths(module: Module) -> Iterator[tuple[str, str, int]]:
    yield module.path, "file", module.lines
    for node in ast.walk(module.tree):
        if isinstance(node, ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef):
            kind = "class" if isinstance(node, ast.ClassDef) else "function"
            yield (
                f"{module.path}:{node.name}",
                kind,
                (node.end_lineno or node.lineno) - node.lineno + 1,
            )


def missing_tests(modules: Sequence[Module], root: Path, exempt: Mapping[str, str]) -> list[str]:
    """Name the files without a test at the mirrored path; `exempt` holds file names and paths."""
    return [
        f"{module.path}: no {mirror}"
        for module in modules
        if module.path not in exempt and Path(module.path).name not in exempt
        for mirror in [_mirror(module.path)]
        if not (root / mirror).is_file()
    ]


def _mirror(path: str) -> str:
    """Return `tests/layers/test_pooling.py` for `protonet/layers/pooling.py`."""
    inside = Path(path).relative_to(PACKAGE)
    return str(Path("tests") / inside.with_name(f"test_{inside.name}"))
