"""`pull`: from a web server, a folder, or what was published; and in every way that fails."""

from __future__ import annotations

import errno
import hashlib
import json
import os
import threading
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from types import MappingProxyType

import pytest
import safetensors.torch
import torch

from protonet.data.cache import cache_folder
from protonet.errors import DataError, ProtonetError, UsageError
from protonet.zoo import convert as converting
from protonet.zoo import find, info, listing
from protonet.zoo import pull as pulling
from protonet.zoo.cache import BUILTIN, Pulled, pinned, source_folder
from protonet.zoo.index import PUBLISHED
from protonet.zoo.model import NET, WEIGHTS
from protonet.zoo.published import Published
from protonet.zoo.pull import Pull, pull
from tests.zoo.conftest import Server
from tests.zoo.made import files_of, pushed, weights
from tests.zoo.recorded import state_dict

Publish = Callable[..., Published]


@pytest.fixture
def mirror(server: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Server:
    """A web server with the model `tiny`, which is the mirror."""
    server.files = files_of(pushed(tmp_path / "models"))
    monkeypatch.setenv("PROTONET_ZOO", server.url)
    return server


def here() -> dict[str, bytes]:
    """Return all that the cache holds of models but for the files that arrive."""
    return files_of(cache_folder() / "zoo")


def refusal(name: str = "tiny") -> str:
    """Return why a model cannot be pulled, and check that none is there."""
    with pytest.raises(ProtonetError) as raised:
        pull(name, Pull(seconds=0.5))
    assert not list((cache_folder() / "zoo").glob("*/*/pulled"))
    return str(raised.value)


def loaded(pulled: Pulled) -> dict[str, torch.Tensor]:
    return safetensors.torch.load_file(pulled.folder / WEIGHTS)


def test_a_model_comes_from_a_web_server_and_then_needs_none(mirror: Server) -> None:
    pulled = pull("tiny")
    assert pulled.folder.parent == cache_folder() / "zoo" / source_folder(mirror.url) / "tiny"
    assert {path.name for path in pulled.folder.iterdir()} == {"model.json", NET, WEIGHTS}
    assert torch.equal(loaded(pulled)["ip/weight"], weights()["ip/weight"])
    mirror.files.clear()
    before = list(mirror.asked)
    assert find.find("zoo://tiny") == pulled
    assert mirror.asked == before


def test_a_model_comes_from_a_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PROTONET_ZOO", str(pushed(tmp_path / "models")))
    assert torch.equal(loaded(pull("tiny"))["ip/bias"], weights()["ip/bias"])


def test_a_newer_revision_replaces_the_old_and_only_what_differs_is_fetched(
    mirror: Server, tmp_path: Path
) -> None:
    old = pull("tiny")
    pushed(tmp_path / "models", 2.0, force=True)
    mirror.files = files_of(tmp_path / "models")
    mirror.asked.clear()
    new = pull("tiny")
    assert torch.equal(loaded(new)["ip/bias"], weights(2.0)["ip/bias"])
    assert not old.folder.exists()
    assert [path for path, _ in mirror.asked] == [
        f"tiny/{name}" for name in ("model.json", WEIGHTS)
    ]


def test_one_that_is_there_is_not_fetched_again(mirror: Server) -> None:
    pull("tiny")
    mirror.asked.clear()
    pull("tiny")
    assert mirror.asked == [("tiny/model.json", None)]


def test_a_damaged_model_is_fetched_again(mirror: Server) -> None:
    pulled = pull("tiny")
    (pulled.folder / WEIGHTS).write_bytes(b"damaged")
    assert pulled.damage()
    assert pull("tiny").damage() == ""


def test_the_first_mirror_that_has_a_model_gives_it(
    mirror: Server, other_server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PROTONET_ZOO", f"{other_server.url},{mirror.url}/")
    pulled = pull("tiny")
    assert pulled.folder.parent.parent.name == source_folder(mirror.url)
    assert other_server.asked == [("tiny/model.json", None)]


def test_several_processes_that_pull_one_model_fetch_it_once(mirror: Server) -> None:
    threads = [threading.Thread(target=pull, args=("tiny",)) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    asked = [path for path, _ in mirror.asked]
    assert asked.count(f"tiny/{WEIGHTS}") == 1
    assert find.find("zoo://tiny").damage() == ""


def test_an_unknown_name_is_told_with_the_nearest(mirror: Server) -> None:
    assert refusal("tinny") == "zoo://tinny: there is no such model; did you mean tiny?"
    assert refusal("resnet19") == "zoo://resnet19: there is no such model; did you mean resnet18?"


def test_a_mirror_that_cannot_be_reached_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PROTONET_ZOO", "http://127.0.0.1:9/zoo")
    url = "http://127.0.0.1:9/zoo/resnet18/model.json"
    assert refusal("resnet18") == f"{url}: Connection refused"


def test_weights_that_are_others_are_refused(mirror: Server) -> None:
    good = mirror.files[f"tiny/{WEIGHTS}"]
    mirror.files[f"tiny/{WEIGHTS}"] = bytes(len(good))
    found, wanted = (hashlib.sha256(data).hexdigest() for data in (bytes(len(good)), good))
    assert refusal() == (
        f"{mirror.url}/tiny/{WEIGHTS}: sends another file: its SHA-256 is {found}, and the "
        f"model's is {wanted}"
    )


def test_a_server_that_stalls_is_given_up_and_gone_on_with_later(mirror: Server) -> None:
    mirror.silent = {f"tiny/{WEIGHTS}": 0}
    assert refusal() == f"{mirror.url}/tiny/{WEIGHTS}: no answer within 0.5 s"
    mirror.silent = {}
    mirror.asked.clear()
    assert pull("tiny").damage() == ""
    assert f"tiny/{NET}" not in [path for path, _ in mirror.asked]


def rewritten(server: Server, **keys: object) -> None:
    document = json.loads(server.files["tiny/model.json"])
    server.files["tiny/model.json"] = json.dumps({**document, **keys}).encode()


def test_a_model_of_another_name_or_a_newer_protonet_is_refused(mirror: Server) -> None:
    where = f"{mirror.url}/tiny/model.json"
    rewritten(mirror, name="other")
    assert refusal() == f"{where}: this is the model 'other', and not tiny"
    rewritten(mirror, version=2)
    assert refusal() == (
        f"{where}: written by a newer protonet; upgrade protonet to use this model"
    )


def replaced(server: Server, file: str, data: bytes) -> None:
    """Let a server's model have another file, with its checksum."""
    server.files[f"tiny/{file}"] = data
    files = json.loads(server.files["tiny/model.json"])["files"]
    files[file] = {"size": len(data), "sha256": hashlib.sha256(data).hexdigest()}
    rewritten(server, files=files)


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("base: ../../../secret.yaml\nnet: {}", 'base: {}"../../../secret.yaml"'),
        ("net: {base: /etc/x.yaml}", 'net: {}"/etc/x.yaml"'),
        ("net: zoo://other", 'net: {}"zoo://other"'),
        ("plugins: [x.py]\nnet: {}", 'plugins: {}["x.py"]'),
    ],
)
def test_a_net_that_leads_to_other_files_is_refused(mirror: Server, text: str, why: str) -> None:
    replaced(mirror, NET, text.encode())
    path = cache_folder() / "zoo" / source_folder(mirror.url) / "tiny" / ".arriving" / NET
    alone = "a model of the zoo stands alone, and this names "
    assert refusal() == f"{path}: {why.format(alone)}"
    assert not path.exists()


def test_a_net_that_writes_files_is_refused(mirror: Server) -> None:
    writing = "{name: out, type: HDF5Output, bottom: [ip, label], file_name: /tmp/x.h5}"
    text = mirror.files[f"tiny/{NET}"].decode().rstrip() + f"\n  - {writing}\n"
    replaced(mirror, NET, text.encode())
    path = cache_folder() / "zoo" / source_folder(mirror.url) / "tiny" / ".arriving" / NET
    why = "HDF5Output writes files, which no model of the zoo may"
    assert refusal() == f"{path}: net.layers.out: {why}"


def test_a_net_that_cannot_be_is_refused(mirror: Server) -> None:
    replaced(mirror, NET, b"net: {inputs: {x: [1]}, layers: [{name: a, type: Sofmax}]}\n")
    told = refusal()
    assert "this is no net that can be used:\nerror[PN020]" in told
    assert "did you mean Softmax?" in told


def test_weights_of_another_net_are_refused(mirror: Server) -> None:
    replaced(mirror, WEIGHTS, safetensors.torch.save({"ip/weight": torch.zeros(2, 4)}))
    path = cache_folder() / "zoo" / source_folder(mirror.url) / "tiny" / ".arriving" / WEIGHTS
    assert refusal() == (
        f"{path}: these are other weights than the net's: it has no ip/bias; of another shape are "
        "ip/weight"
    )
    replaced(mirror, WEIGHTS, b"no weights at all")
    assert refusal() == f"{path}: the weights are damaged, or no safetensors file"


@pytest.fixture
def publish(server: Server, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Publish:
    """A function that publishes a file as that of squeezenet1_1, on a server of this machine."""

    def published(file: object, name: str = "squeezenet1_1-x.pth") -> Published:
        path = tmp_path / "published.pth"
        torch.save(file, path)
        server.files = {name: path.read_bytes()}
        one = replace(
            PUBLISHED["squeezenet1_1"],
            url=f"{server.url}/{name}",
            checksum=hashlib.sha256(path.read_bytes()).hexdigest()[:8],
        )
        table = MappingProxyType({"squeezenet1_1": one})
        for module in (pulling, find, info, listing):
            monkeypatch.setattr(module, "PUBLISHED", table)
        return one

    return published


def test_what_was_published_is_converted_and_pinned(publish: Publish, server: Server) -> None:
    given = state_dict("squeezenet1_1")
    one = publish(given)
    said: list[str] = []
    pulled = pull("squeezenet1_1", Pull(say=said.append))
    assert pulled.folder.parent == cache_folder() / "zoo" / BUILTIN / "squeezenet1_1"
    ours = loaded(pulled)
    assert torch.equal(ours["fire9/squeeze/weight"], given["features.12.squeeze.weight"])
    assert len(ours) == len(given)
    model = pulled.model
    sha256 = hashlib.sha256(next(iter(server.files.values()))).hexdigest()
    assert (model.parameters, model.original) == (
        1_235_496,
        type(model.original)(url=one.url, sha256=sha256) if model.original else None,
    )
    assert pinned(cache_folder(), one.url) == sha256
    assert said == ["converting squeezenet1_1-x.pth to the layers of squeezenet1_1_torchvision"]
    assert sorted(path.name for path in pulled.folder.iterdir()) == ["model.json", NET, WEIGHTS]


def test_another_file_of_the_same_beginning_is_refused_after_the_first_pull(
    publish: Publish, server: Server
) -> None:
    one = publish(state_dict("squeezenet1_1"))
    place = pull("squeezenet1_1").folder.parent
    for path in sorted(place.rglob("*"), reverse=True):
        path.unlink() if path.is_file() else path.rmdir()
    name = one.url.rpartition("/")[2]
    first = hashlib.sha256(server.files[name]).hexdigest()
    server.files[name] += b"x"
    second = hashlib.sha256(server.files[name]).hexdigest()
    assert refusal("squeezenet1_1") == (
        f"zoo://squeezenet1_1 cannot be had: {one.url}: sends another file: its SHA-256 is "
        f"{second}, and the model's is {first}. Connect to the internet and pull it once, or name "
        "a mirror that has it: PROTONET_ZOO=FOLDER or an address"
    )


def test_a_disk_that_is_full_while_weights_are_converted_leaves_what_was_downloaded(
    publish: Publish, server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*arguments: object, **options: object) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    publish(state_dict("squeezenet1_1"))
    with monkeypatch.context() as patch:
        patch.setattr(converting, "write_tensors", full)
        assert refusal("squeezenet1_1") == (
            f"{cache_folder()}: the cache cannot be written: No space left on device; set "
            "PROTONET_CACHE to a folder that can"
        )
    asked = list(server.asked)
    assert pull("squeezenet1_1").damage() == ""
    assert server.asked == asked


class Evil:
    """What a pickle could run."""

    def __reduce__(self) -> tuple[Callable[[str], object], tuple[str]]:
        return (print, ("run by a pickle",))


@pytest.mark.parametrize("file", [Evil(), {"a": Evil()}, [1, 2], {"a": 1}])
def test_a_file_that_holds_no_weights_is_refused_and_runs_nothing(
    publish: Publish, file: object, capsys: pytest.CaptureFixture[str]
) -> None:
    publish(file)
    told = refusal("squeezenet1_1")
    assert told.endswith(
        (
            ": this is no file of weights that torch wrote",
            ": it holds something else than weights by name",
        )
    )
    assert capsys.readouterr().out == ""


def test_a_model_that_cannot_be_downloaded_says_what_to_do(monkeypatch: pytest.MonkeyPatch) -> None:
    one = replace(PUBLISHED["squeezenet1_1"], url="http://127.0.0.1:9/x.pth")
    monkeypatch.setattr(pulling, "PUBLISHED", MappingProxyType({one.name: one}))
    assert refusal("squeezenet1_1") == (
        "zoo://squeezenet1_1 cannot be had: http://127.0.0.1:9/x.pth: Connection refused. Connect "
        "to the internet and pull it once, or name a mirror that has it: PROTONET_ZOO=FOLDER or "
        "an address"
    )


def test_what_is_no_name_is_refused() -> None:
    with pytest.raises(UsageError, match=r"^'\.\./x': a model is named by"):
        pull("../x")


def test_what_is_damaged_in_the_cache_is_told_with_the_cure(mirror: Server) -> None:
    pulled = pull("tiny")
    (pulled.folder / WEIGHTS).write_bytes(b"x")
    size = pulled.model.files[WEIGHTS].size
    with pytest.raises(DataError) as raised:
        find.weights_file("zoo://tiny")
    assert str(raised.value) == (
        f"{pulled.folder}: the model is damaged in the cache: {WEIGHTS}: 1 bytes, and the model's "
        f"has {size}; get it again: protonet zoo pull tiny"
    )
    (pulled.folder / "model.json").write_bytes(b"{}")
    with pytest.raises(DataError) as raised:
        find.weights_file("zoo://tiny")
    assert str(raised.value) == (
        f"{pulled.folder.parent}: the model is damaged in the cache: model.json: its checksum is "
        "another; get it again: protonet zoo pull tiny"
    )
    assert pull("tiny").damage() == ""
