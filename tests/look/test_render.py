from __future__ import annotations

import shutil
import sysconfig
from pathlib import Path

import pytest

from protonet.errors import StorageError, UsageError
from protonet.look.render import check_drawing, write_drawing

GRAPH = 'digraph { a [label="×"]; a -> b }\n'
PROGRAM = """#!/bin/sh
echo "$@"
cat
"""


@pytest.fixture
def programs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The only folder in which programs are found."""
    folder = tmp_path / "bin"
    folder.mkdir()
    monkeypatch.setenv("PATH", f"{folder}")
    monkeypatch.setattr(sysconfig, "get_path", lambda name: str(tmp_path / "none"))
    return folder


def install(folder: Path, name: str, text: str = PROGRAM) -> None:
    text = text.replace("cat\n", f"{CAT}\n")
    (folder / name).write_text(text)
    (folder / name).chmod(0o755)


CAT = shutil.which("cat")


def test_the_text_needs_no_program(tmp_path: Path, programs: Path) -> None:
    write_drawing(GRAPH, tmp_path / "net.dot")
    assert (tmp_path / "net.dot").read_text() == GRAPH


@pytest.mark.parametrize(
    ("name", "options"),
    [("net.svg", "-Tsvg"), ("net.png", "-Tpng -Gdpi=144")],
)
@pytest.mark.parametrize("program", ["graphviz-pure", "dot"])
def test_a_program_draws(
    program: str, name: str, options: str, tmp_path: Path, programs: Path
) -> None:
    install(programs, program)
    write_drawing(GRAPH, tmp_path / name)
    assert (tmp_path / name).read_text() == f"{options}\n{GRAPH}"


def test_pdf_takes_graphviz_itself(tmp_path: Path, programs: Path) -> None:
    install(programs, "graphviz-pure")
    path = tmp_path / "net.pdf"
    with pytest.raises(UsageError) as caught:
        check_drawing(path)
    assert str(caught.value) == (f"{path}: PDF needs Graphviz's dot; .svg needs graphviz-pure only")
    install(programs, "dot")
    write_drawing(GRAPH, path)
    assert path.read_text() == f"-Tpdf\n{GRAPH}"


def test_the_program_beside_python_is_found_first(
    tmp_path: Path, programs: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    install(programs, "graphviz-pure", "#!/bin/sh\nexit 1\n")
    beside = tmp_path / "scripts"
    beside.mkdir()
    install(beside, "graphviz-pure")
    monkeypatch.setattr(sysconfig, "get_path", lambda name: {"scripts": str(beside)}[name])
    write_drawing(GRAPH, tmp_path / "net.svg")
    assert (tmp_path / "net.svg").read_text() == f"-Tsvg\n{GRAPH}"


def test_without_a_program_it_is_said_how_to_get_one(tmp_path: Path, programs: Path) -> None:
    path = tmp_path / "net.svg"
    with pytest.raises(UsageError) as caught:
        check_drawing(path)
    assert str(caught.value) == (
        f"{path}: no program is there to draw it: pip install graphviz-pure, or install "
        f"Graphviz; {tmp_path / 'net.dot'} needs none"
    )


def test_another_format_is_refused(programs: Path) -> None:
    with pytest.raises(UsageError) as caught:
        check_drawing(Path("net.gif"))
    assert str(caught.value) == "net.gif: a drawing is .svg, .png, .pdf or .dot"


@pytest.mark.parametrize(
    ("program", "why"),
    [
        ("#!/bin/sh\necho first >&2; echo too large >&2; exit 3\n", "too large"),
        ("#!/bin/sh\nexit 3\n", "it ended with 3"),
        ("#!/bin/sh\nexit 0\n", "it ended with 0"),
    ],
)
def test_a_program_that_fails_is_named(
    program: str, why: str, tmp_path: Path, programs: Path
) -> None:
    install(programs, "dot", program)
    path = tmp_path / "net.svg"
    with pytest.raises(UsageError) as caught:
        write_drawing(GRAPH, path)
    assert str(caught.value) == f"{programs / 'dot'} cannot draw {path}: {why}"
    assert not path.exists()


def test_a_program_that_cannot_be_run_is_named(tmp_path: Path, programs: Path) -> None:
    install(programs, "dot", "no program\n")
    with pytest.raises(UsageError) as caught:
        write_drawing(GRAPH, tmp_path / "net.svg")
    assert str(caught.value) == f"{programs / 'dot'} cannot be run: Exec format error"


def test_a_file_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    path = tmp_path / "gone" / "net.dot"
    with pytest.raises(StorageError) as caught:
        write_drawing(GRAPH, path)
    assert str(caught.value) == f"{path} cannot be written: No such file or directory"
