"""Layer types of a user's own."""

from __future__ import annotations

from pathlib import Path

import pytest

from protonet.errors import PathErrors, SpecError
from protonet.layers import LAYERS
from protonet.net import prove_phases
from protonet.plugins import line_in_plugin, read_with_plugins
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
    return why


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
            "def f():\n    raise ValueError('no')\n\n\nf()\n",
            "mine.py:2: ValueError: no",
        ),
        (
            PLUGIN.replace('"Mine"', '"ReLU"'),
            "mine.py defines ReLU, and there is a layer type of this name",
        ),
        (
            f"{PLUGIN}OTHER = LayerType(name='Mine', params=NoParams, build=lambda *given: None)\n",
            "mine.py defines Mine, and there is a layer type of this name",
        ),
        (
            PLUGIN.replace("params=NoParams", "params=dict"),
            "mine.py: the params of Mine are no class that derives from protonet.records.Record",
        ),
        (
            PLUGIN.replace("lambda *given:", "lambda params:"),
            "mine.py: the build of Mine is no function of (params, bottoms, setting)",
        ),
        (
            "from protonet.records import Record\n"
            f"class Own(Record):\n    phase: int = 3\n\n\n{PLUGIN.replace('NoParams,', 'Own,')}",
            "mine.py: Mine has a key phase of its own, and every layer has one of this name",
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


def test_a_plugin_that_is_reached_in_two_ways_is_loaded_once(spec: Path) -> None:
    Path("link.py").symlink_to("mine.py")
    spec.write_text(f"plugins: [mine.py, link.py]\n{SPEC}")
    assert load_spec(spec).net.layers[0].type == "Mine"


def test_a_plugin_may_be_named_by_a_spec_and_its_base(spec: Path) -> None:
    above = Path("above.yaml")
    above.write_text(f"base: {spec}\nplugins: [mine.py]\n")
    assert load_spec(above, tables=Tables(allow_plugins=True)).net.layers[0].type == "Mine"


def test_plugins_are_a_list(spec: Path) -> None:
    assert refusal(spec, PLUGIN, f"plugins: mine.py\n{SPEC}") == "a list of files is needed"


@pytest.mark.parametrize("name", ["3", '""', "[mine.py]", r'"a\0b.py"'])
def test_each_plugin_is_a_path(spec: Path, name: str) -> None:
    why = "the path of a Python file is needed"
    assert refusal(spec, PLUGIN, f"plugins: [{name}]\n{SPEC}") == why


def test_a_path_that_no_disk_can_hold_is_refused(spec: Path) -> None:
    name = f"{'a' * 300}.py"
    assert refusal(spec, PLUGIN, f"plugins: [{name}]\n{SPEC}") == f"there is no file {name}"


def test_a_plugin_in_another_folder_is_shown_as_its_path_from_here(
    spec: Path, tmp_path: Path
) -> None:
    (tmp_path / "below").mkdir()
    text = f"plugins: [../below/yours.py]\n{SPEC}"
    assert refusal(spec, PLUGIN, text) == f"there is no file {tmp_path.parent}/below/yours.py"
    assert refusal(spec, PLUGIN, f"plugins: [below/../x.py]\n{SPEC}") == "there is no file x.py"


FAULTS = {
    "build": (
        "{}['heat']",
        "mine.py:4: KeyError: 'heat'",
    ),
    "forward": (
        "Broken()",
        "mine.py:8: TypeError: bad heat",
    ),
    "no module": (
        "3",
        "build gives no torch.nn.Module, but 3",
    ),
    "no tensor": (
        "Empty()",
        "it gives NoneType, and tensors are needed",
    ),
    "unnamed": (
        "nn.Linear(4, 4, bias=False)",
        "its module holds weight, which the LayerType Mine does not name",
    ),
    "refused": (
        "refuse()",
        "no heat",
    ),
}
FAULTY = """\
from torch import nn
from protonet.errors import ShapeError
from protonet.layers.record import LayerType, NoParams
def build(*given): return %s


class Broken(nn.Module):
    def forward(self, bottom): raise TypeError("bad heat")


class Empty(nn.Module):
    def forward(self, bottom): pass


def refuse():
    raise ShapeError("no heat", "write more")


MINE = LayerType(name="Mine", params=NoParams, build=build)
"""


@pytest.mark.parametrize("fault", FAULTS)
def test_what_a_plugin_raises_when_a_net_is_proved_is_told_with_its_line(
    spec: Path, fault: str
) -> None:
    text, why = FAULTS[fault]
    Path("mine.py").write_text(FAULTY % text)
    net = load_spec(spec).net
    with pytest.raises(PathErrors) as caught:
        prove_phases(net)
    assert [(error.path, error.why) for error in caught.value.errors] == [
        (("net", "layers", 0), why)
    ]


def test_the_types_of_a_spec_are_read_without_the_rest_of_it(spec: Path) -> None:
    spec.write_text("plugins: [mine.py]\nnet: {layers: [{name: x, type: Nothing}]}\n")
    origin, types = read_with_plugins(spec, LAYERS, allow_plugins=False)
    assert origin.data["net"] == {"layers": [{"name": "x", "type": "Nothing"}]}
    assert types.keys() == {*LAYERS, "Mine"}


def test_types_that_cannot_be_read_are_an_error_of_the_spec(spec: Path) -> None:
    spec.write_text("base: nowhere.yaml\nplugins: [yours.py]\n")
    with pytest.raises(SpecError) as caught:
        read_with_plugins(spec, LAYERS, allow_plugins=False)
    assert [problem.code for problem in caught.value.problems] == ["PN034", "PN035"]


def test_a_type_that_a_lost_plugin_may_have_is_no_error_beside_it(spec: Path) -> None:
    spec.write_text(f"plugins: [yours.py]\n{SPEC[:-2]}, {{name: n, type: nn.Gelu}}]\n")
    with pytest.raises(SpecError) as caught:
        load_spec(spec)
    assert [(one.code, one.path) for one in caught.value.problems] == [
        ("PN035", "plugins.0"),
        ("PN020", "net.layers.n.type"),
    ]


def test_an_error_outside_plugins_has_no_line_in_one() -> None:
    with pytest.raises(ValueError, match="no") as caught:
        raise ValueError("no")
    assert line_in_plugin(caught.value) == ""
