"""Mirrors at Hugging Face, `hf://OWNER/REPOSITORY@REVISION`, by the library huggingface_hub."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from protonet.errors import UsageError

HUB = "hf://"

_ADDRESS = re.compile(r"hf://([\w.-]+/[\w.-]+?)(?:@([\w./-]+))?/?", re.ASCII)
_PROBE = "model.json"
"""A file's name, from whose address that of the folder is taken."""


@dataclass(frozen=True, slots=True)
class Repository:
    """A repository, at one revision.

    Attributes:
        name: OWNER/REPOSITORY.
        revision: a branch, a tag or a commit; None for the main branch.
    """

    name: str
    revision: str | None = None

    @classmethod
    def read(cls, address: str) -> Repository:
        """Return the repository that an address means.

        Raises: UsageError if it means none.
        """
        match = _ADDRESS.fullmatch(address)
        if match is None:
            raise UsageError(
                f"{address}: a repository is written {HUB}OWNER/REPOSITORY, or "
                f"{HUB}OWNER/REPOSITORY@REVISION"
            )
        return cls(match[1], match[2])


def url_of(repository: Repository) -> tuple[str, str]:
    """Return the address of a repository's folder, without a slash, and what follows a file's name.

    Raises: UsageError if huggingface_hub is not installed.
    """
    url = _hub().hf_hub_url(repository.name, _PROBE, revision=repository.revision)
    query = urlsplit(url).query
    folder = url.partition("?")[0].removesuffix(f"/{_PROBE}")
    return folder, f"?{query}" if query else ""


def headers_of() -> Mapping[str, str]:
    """Return what a question to Hugging Face is sent with: the user's token, where there is one.

    Raises: UsageError if huggingface_hub is not installed.
    """
    headers: Mapping[str, str] = _hub().utils.build_hf_headers(library_name="protonet")
    return headers


def _hub() -> Any:
    try:
        import huggingface_hub
    except ImportError as error:
        raise UsageError(
            f"{HUB}… needs the library huggingface_hub: pip install 'protonet[zoo]'"
        ) from error
    return huggingface_hub
