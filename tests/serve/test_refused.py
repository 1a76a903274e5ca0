from __future__ import annotations

from protonet.serve.refused import SOON, Refused


def test_a_refusal_has_headers_of_its_own() -> None:
    first, second = Refused(400, "no"), Refused(503, "later", dict(SOON))
    first.headers["Connection"] = "close"
    assert (first.status, first.why) == (400, "no")
    assert second.headers == {"Retry-After": "1"}
    assert Refused(400, "no").headers == {}
