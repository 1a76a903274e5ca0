from __future__ import annotations

import pytest

from protonet.errors import UsageError
from protonet.serve.extra import check_extra


def test_what_is_there_is_enough() -> None:
    check_extra()
    check_extra(["json"])


@pytest.mark.parametrize(
    ("libraries", "why"),
    [
        (["json", "no_such_library"], "serving needs the library no_such_library; get it"),
        (["gone_a", "gone_b"], "serving needs the libraries gone_a and gone_b; get them"),
    ],
)
def test_what_is_missing_is_named_with_what_brings_it(libraries: list[str], why: str) -> None:
    with pytest.raises(UsageError) as caught:
        check_extra(libraries)
    assert str(caught.value) == f"{why} with: pip install 'protonet[serve]'"
