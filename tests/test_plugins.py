"""Layer types of a user's own."""

from __future__ import annotations

from pathlib import Path

import pytest

from protonet.errors import SpecError
from protonet.schema import Tables, load_spec

SPEC = "net:\n  inputs: {data: [4]}\n  layers: [{name: m, type: Mine}]\n"
PLUGIN = """\
from torch import nn
from protonet.layers.record import LayerType, NoParams

MINE = LayerType(name="Mine", params=NoParams, build=lambda *given: nn.Identity())
"""


@pytest.fixture
def spec(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    Path("mine.py").write_text(PLUGIN)
    path = Path("a.yaml")
    path.write_text(f"plugins: [mine.py]\n{SPEC}")
    return path


def refusal(spec: Path, plugin: str, text: str | None = None) -> str:
    """Return why a plugin of this text is refused."""
    Path("mine.py").write_text(plugin)
    if text is not None:
        spec.write_text(text)
    with pytest.raises(SpecError) as caught:
        load_spec(spec)
    why: str = caught.value.problems[0].why
    return why.replace(f"{Path.cwd()}/", "")


def test_the_layer_types_of_a_plugin_join_the_catalogue(spec: Path) -> None:
    net = load_spec(spec).net
    assert net.layers[0].type == "Mine"
    assert {"Mine", "ReLU"} <= net.types.keys()


def test_a_plugin_is_found_beside_the_file_that_names_it(
    spec: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = spec.absolute()
    monkeypatch.chdir("/")
    assert load_spec(path).net.layers[0].type == "Mine"


def test_a_plugin_of_a_base_runs_only_where_it_is_allowed(spec: Path) -> None:
    Path("mine.py").write_text(f"open('has_run', 'w').close()\n{PLUGIN}")
    above = Path("above.yaml")
    above.write_text("base: a.yaml\n")
    with pytest.raises(SpecError):
        load_spec(above)
    assert not Path("has_run").exists()
    assert load_spec(above, tables=Tables(allow_plugins=True)).net.layers[0].type == "Mine"
    assert Path("has_run").exists()


@pytest.mark.parametrize(
    ("plugin", "why"),
    [
        ("x = 1\n", "mine.py has no LayerType at its top level"),
        ("x = 1\n1 / 0\n", "mine.py:2: ZeroDivisionError: division by zero"),
        ("raise SystemExit(3)\n", "mine.py:1: SystemExit: 3"),
        ("x = = 1\n", "mine.py:1: SyntaxError: invalid syntax (mine.py, line 1)"),
        (
            PLUGIN.replace('"Mine"', '"ReLU"'),
            "mine.py defines ReLU, and there is a layer type of this name",
        ),
    ],
)
def test_a_plugin_that_cannot_be_used_is_refused(spec: Path, plugin: str, why: str) -> None:
    assert refusal(spec, plugin) == why


def test_a_plugin_that_is_not_there_is_refused(spec: Path) -> None:
    assert refusal(spec, PLUGIN, f"plugins: [yours.py]\n{SPEC}") == "there is no file yours.py"


def test_a_file_that_is_no_python_file_is_refused(spec: Path) -> None:
    Path("mine.txt").write_text(PLUGIN)
    why = "mine.txt is no Python file: its name ends in .py"
    assert refusal(spec, PLUGIN, f"plugins: [mine.txt]\n{SPEC}") == why


def test_a_plugin_that_is_named_twice_is_loaded_once(spec: Path) -> None:
    Path("mine.py").write_text(f"with open('runs', 'a') as runs:\n    runs.write('x')\n{PLUGIN}")
    spec.write_text(f"plugins: [mine.py, ./mine.py]\n{SPEC}")
    assert load_spec(spec).net.layers[0].type == "Mine"
    assert Path("runs").read_text() == "x"


def test_a_plugin_may_be_named_by_a_spec_and_its_base(spec: Path) -> None:
    above = Path("above.yaml")
    above.write_text(f"base: {spec}\nplugins: [mine.py]\n")
    assert load_spec(above, tables=Tables(allow_plugins=True)).net.layers[0].type == "Mine"


def test_plugins_are_a_list(spec: Path) -> None:
    assert refusal(spec, PLUGIN, f"plugins: mine.py\n{SPEC}") == "a list of files is needed"
