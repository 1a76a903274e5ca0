"""Mirrors at Hugging Face: their addresses, and the library that may be missing."""

from __future__ import annotations

import sys
from types import SimpleNamespace

import pytest

from protonet.errors import UsageError
from protonet.zoo.hub import Repository
from protonet.zoo.mirrors import WebMirror, mirrors


def test_an_address_names_a_repository_and_a_revision() -> None:
    assert Repository.read("hf://owner/nets") == Repository("owner/nets")
    assert Repository.read("hf://owner/my.nets-2@refs/pr/1") == Repository(
        "owner/my.nets-2", "refs/pr/1"
    )


@pytest.mark.parametrize("address", ["hf://owner", "hf://a/b/c", "hf://a/b@", "hf:///x"])
def test_what_is_no_address_is_refused(address: str) -> None:
    with pytest.raises(UsageError) as raised:
        Repository.read(address)
    assert str(raised.value) == (
        f"{address}: a repository is written hf://OWNER/REPOSITORY, or "
        "hf://OWNER/REPOSITORY@REVISION"
    )


def test_the_library_says_where_a_file_is_and_what_a_question_is_sent_with(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def hf_hub_url(repo_id: str, filename: str, *, revision: str | None) -> str:
        return f"https://hub.example/{repo_id}/resolve/{revision or 'main'}/{filename}?x=1"

    def build_hf_headers(*, library_name: str) -> dict[str, str]:
        return {"authorization": "Bearer secret", "user-agent": library_name}

    library = SimpleNamespace(
        hf_hub_url=hf_hub_url, utils=SimpleNamespace(build_hf_headers=build_hf_headers)
    )
    monkeypatch.setitem(sys.modules, "huggingface_hub", library)
    monkeypatch.setenv("PROTONET_ZOO", "hf://owner/nets@v2")
    assert mirrors() == (
        WebMirror(
            "hf://owner/nets@v2",
            "https://hub.example/owner/nets/resolve/v2",
            {"authorization": "Bearer secret", "user-agent": "protonet"},
            "?x=1",
        ),
    )


def test_without_the_library_it_is_told_how_to_have_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "huggingface_hub", None)
    monkeypatch.setenv("PROTONET_ZOO", "hf://owner/nets")
    with pytest.raises(UsageError) as raised:
        mirrors()
    assert str(raised.value) == (
        "hf://… needs the library huggingface_hub: pip install 'protonet[zoo]'"
    )
