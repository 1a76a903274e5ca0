"""`base` and `net: FILE`: specs that build on other files."""

from __future__ import annotations

from pathlib import Path

import pytest

from protonet.errors import SpecError
from protonet.language import with_bases
from protonet.schema import load_spec
from protonet.source import read_source

NET = """\
vars: {width: 3}
solver: {base_lr: 0.1, max_iter: 10}
net:
  inputs: {data: [4]}
  layers:
    - {name: ip, type: InnerProduct, num_output: $width}
    - {name: relu, type: ReLU}
"""


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    write("base.yaml", NET)
    return tmp_path


def write(name: str, text: str) -> None:
    Path(name).parent.mkdir(parents=True, exist_ok=True)
    Path(name).write_text(text)


def told(name: str) -> str:
    with pytest.raises(SpecError) as caught:
        load_spec(name)
    return str(caught.value)


@pytest.mark.usefixtures("folder")
def test_a_spec_is_merged_over_its_base_and_chained_afterwards() -> None:
    write("a.yaml", "base: base.yaml\nnet: {layers: [{name: s, type: Sigmoid, before: relu}]}\n")
    spec = load_spec("a.yaml")
    assert [layer.name for layer in spec.net.layers] == ["ip", "s", "relu"]
    assert spec.solver is not None
    assert spec.solver.base_lr == 0.1


@pytest.mark.usefixtures("folder")
def test_bases_build_on_bases_and_paths_start_from_the_file_that_has_them() -> None:
    write("deep/mid.yaml", "base: ../base.yaml\nvars: {width: 7}\n")
    write("a.yaml", "base: deep/mid.yaml\nsolver: {base_lr: 0.5}\n")
    spec = load_spec("a.yaml")
    assert spec.net.layers[0].params.num_output == 7
    assert spec.solver is not None
    assert (spec.solver.base_lr, spec.solver.max_iter) == (0.5, 10)


@pytest.mark.usefixtures("folder")
def test_the_net_of_another_file_comes_with_its_variables_and_without_the_rest() -> None:
    write("a.yaml", "net: base.yaml\n")
    spec = load_spec("a.yaml")
    assert spec.net.layers[0].params.num_output == 3
    assert spec.solver is None


@pytest.mark.usefixtures("folder")
def test_a_net_may_have_a_base_of_its_own() -> None:
    write("a.yaml", "net:\n  base: base.yaml\n  layers: [{name: relu, remove: true}]\n")
    spec = load_spec("a.yaml")
    assert [layer.name for layer in spec.net.layers] == ["ip"]
    assert spec.solver is None


@pytest.mark.usefixtures("folder")
def test_an_override_changes_what_a_base_says() -> None:
    write("a.yaml", "base: base.yaml\n")
    assert load_spec("a.yaml", ["vars.width=9"]).net.layers[0].params.num_output == 9


@pytest.mark.usefixtures("folder")
def test_a_mistake_in_a_base_is_told_where_it_stands() -> None:
    write("bad.yaml", NET.replace("$width}", "$width, pad: 1}"))
    write("a.yaml", "base: bad.yaml\n")
    assert "bad.yaml:6:58 net.layers.ip.pad: unknown key" in told("a.yaml")


@pytest.mark.usefixtures("folder")
def test_files_that_build_on_each_other_in_a_circle_are_refused() -> None:
    write("a.yaml", "base: b.yaml\n")
    write("b.yaml", "base: a.yaml\n")
    assert told("a.yaml") == (
        "error[PN034] b.yaml:1:7 base: a.yaml builds on itself\n"
        "    1 | base: a.yaml\n"
        "      |       ^^^^^^\n"
        "      see: protonet explain PN034\n"
        "1 error in a.yaml"
    )


@pytest.mark.usefixtures("folder")
def test_more_than_twenty_files_in_a_row_are_refused() -> None:
    for place in range(25):
        write(f"f{place}.yaml", f"base: f{place + 1}.yaml\n")
    assert told("f0.yaml") == (
        "error[PN034] f19.yaml:1:7 base: more than 20 files build on each other\n"
        "    1 | base: f20.yaml\n"
        "      |       ^^^^^^^^\n"
        "      see: protonet explain PN034\n"
        "1 error in f0.yaml"
    )


@pytest.mark.usefixtures("folder")
def test_plugins_of_another_file_are_kept_only_where_they_are_allowed() -> None:
    write("p.yaml", f"plugins: [mine.py]\n{NET}")
    write("a.yaml", "base: p.yaml\nplugins: [own.py]\n")
    origin = read_source(Path("a.yaml"))
    refused = with_bases(origin)
    assert refused.data["plugins"] == ["own.py"]
    assert [problem.render() for problem in refused.problems] == [
        "error[PN035] p.yaml:1:10 plugins: plugins run code, and p.yaml is not the file that was "
        "asked for\n"
        "    1 | plugins: [mine.py]\n"
        "      |          ^^^^^^^^^\n"
        "      --allow-plugins loads them all the same   see: protonet explain PN035"
    ]
    allowed = with_bases(origin, allow_plugins=True)
    assert (allowed.data["plugins"], allowed.problems) == (["own.py", "mine.py"], ())


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ('base: "a\\0b"', "base: the path of one file is needed"),
        ('base: ""', "base: the path of one file is needed"),
        ("base: [base.yaml]", "base: the path of one file is needed"),
        ("net: {base: }", "net: the path of one file is needed"),
        ("base: zoo://x", "base: zoo://x: only a file can be named here"),
        ("base: .", "base: .: cannot be read: Is a directory"),
        ("base: bose.yaml", "base: bose.yaml: no such file; did you mean base.yaml?"),
        ("net: solver.yaml", "net: solver.yaml has no net"),
    ],
)
@pytest.mark.usefixtures("folder")
def test_what_is_no_file_to_build_on_is_told(text: str, told: str) -> None:
    write("solver.yaml", "solver: {base_lr: 0.1}\n")
    write("a.yaml", text + "\n")
    problems = with_bases(read_source(Path("a.yaml"))).problems
    assert [(problem.code, f"{problem.path}: {problem.why}") for problem in problems] == [
        ("PN034", told)
    ]


@pytest.mark.parametrize(
    ("text", "is_whole"),
    [
        ("name: x\n", True),
        ("base: good.yaml\n", True),
        ("base: nowhere.yaml\n", False),
        ("base: broken.yaml\n", False),
        ("base: over.yaml\n", False),
        ("net: nowhere.yaml\n", False),
    ],
)
@pytest.mark.usefixtures("folder")
def test_a_spec_knows_whether_all_it_builds_on_could_be_read(text: str, is_whole: bool) -> None:
    write("good.yaml", "name: y\n")
    write("broken.yaml", "a: [1\n")
    write("over.yaml", "base: nowhere.yaml\n")
    write("spec.yaml", text)
    assert with_bases(read_source(Path("spec.yaml"))).is_whole == is_whole
