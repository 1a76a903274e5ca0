from __future__ import annotations

from collections.abc import Iterator, Mapping

import pytest

from protonet.serve.limits import Limits
from tests.serve.nets import png, told
from tests.serve.serving import FORM, PNG, Running, form, served


@pytest.fixture(scope="module")
def server() -> Iterator[Running]:
    with served() as running:
        yield running


def test_a_picture_is_told_by_its_best_classes(server: Running) -> None:
    answer = server.post("/predict", png(10, 30, 20))
    assert answer.status == 200
    assert answer.body["pictures"] == [{"name": "the picture", "top": told(10, 30, 20)}]
    timing = answer.body["timing"]
    assert list(timing) == ["unit", "receiving", "decoding", "waiting", "net", "total", "batch"]
    assert (timing["unit"], timing["batch"]) == ("milliseconds", 1)


def test_as_many_classes_are_told_as_are_asked_for(server: Running) -> None:
    answer = server.post("/predict?top=2", form(("a.png", png(10, 30, 20))), FORM)
    assert answer.body["pictures"] == [{"name": "a.png", "top": told(10, 30, 20)[:2]}]


def test_features_are_told_as_they_are(server: Running) -> None:
    answer = server.post("/features?blob=means&blob=half", png(10, 30, 20))
    assert answer.status == 200
    (picture,) = answer.body["pictures"]
    assert list(picture["blobs"]) == ["means", "half"]
    assert picture["blobs"]["means"] == {
        "shape": [3, 1, 1],
        "dtype": "float32",
        "values": [[[10.0]], [[30.0]], [[20.0]]],
    }
    assert picture["blobs"]["half"]["values"][1] == [[15.0] * 4] * 4


def test_a_net_without_classes_tells_its_outputs() -> None:
    with served(Limits(max_values=4), naming=None, outputs=("means", "half")) as server:
        (picture,) = server.post("/predict", png(10, 30, 20)).body["pictures"]
        assert picture["blobs"]["means"]["values"] == [[[10.0]], [[30.0]], [[20.0]]]
        assert picture["blobs"]["half"]["values"] is None
        refused = server.post("/predict?top=2", png(10, 30, 20))
        assert (refused.status, refused.body) == (
            400,
            {"error": "?top= is no option of /predict; there is none"},
        )


ELSEWHERE = (
    "; there are POST /predict, POST /features?blob=NAME, GET /, /model, /health and /metrics"
)
SEND = (
    "send pictures as multipart/form-data, as in: curl -F image=@photo.jpg …, or one as the body "
    'itself, as in: curl --data-binary @photo.jpg -H "Content-Type: image/jpeg" …'
)
WRONG: dict[str, tuple[str, str, bytes, Mapping[str, str], int, str]] = {
    "an address that is none": ("GET", "/x", b"", {}, 404, "there is nothing at /x" + ELSEWHERE),
    "another method": ("GET", "/predict", b"", {}, 405, "/predict takes POST, and no GET"),
    "no picture, by its type": (
        "POST",
        "/predict",
        b"{}",
        {"Content-Type": "application/json; charset=utf-8"},
        415,
        "Content-Type: application/json: " + SEND,
    ),
    "no type": ("POST", "/predict", b"1", {}, 415, "the request has no Content-Type: " + SEND),
    "nothing": ("POST", "/predict", b"", PNG, 400, "the body is empty; " + SEND),
    "a form of text": (
        "POST",
        "/predict",
        form(("a", b"b")).replace(b'; filename="a"', b""),
        FORM,
        400,
        "no picture came: image is a field of text; with curl, send a file as -F image=@photo.jpg",
    ),
    "a form with no file chosen": (
        "POST",
        "/predict",
        form(("", b"")),
        FORM,
        400,
        "no picture came; " + SEND,
    ),
    "no picture, by its bytes": (
        "POST",
        "/predict",
        form(("notes.txt", b"hello")),
        FORM,
        400,
        "notes.txt: cannot be read as an image: it is none of JPEG, PNG, BMP, GIF, TIFF, WEBP, "
        "PPM, or damaged at its beginning",
    ),
    "several, none a picture": (
        "POST",
        "/predict",
        form(("a.png", b""), ("b.png", b"x")),
        FORM,
        400,
        "none of the 2 pictures can be taken; the first: a.png: cannot be read as an image: it is "
        "empty",
    ),
    "too many pixels": (
        "POST",
        "/predict",
        png(0, 0, 0, size=(101, 100)),
        PNG,
        413,
        "the picture: 101x100 is 10,100 pixels, and a picture may have 10,000; scale it down",
    ),
    "too many bytes": (
        "POST",
        "/predict",
        bytes(20_001),
        PNG,
        413,
        "the request has 20,001 bytes, and at most 20,000 are taken; send smaller pictures, or "
        "fewer at once",
    ),
    "no classes": (
        "POST",
        "/predict?top=0",
        png(0, 0, 0),
        PNG,
        400,
        "top=0: a whole number from 1 is needed",
    ),
    "an option that is none": (
        "POST",
        "/predict?topp=1",
        png(0, 0, 0),
        PNG,
        400,
        "?topp= is no option of /predict; there is top",
    ),
    "no blob": (
        "POST",
        "/features",
        png(0, 0, 0),
        PNG,
        400,
        "no blob is named; as in: /features?blob=fc7. GET /model lists them",
    ),
    "a blob that is none": (
        "POST",
        "/features?blob=haf",
        png(0, 0, 0),
        PNG,
        400,
        "the net has no blob haf; did you mean half?",
    ),
    "very many blobs": (
        "POST",
        "/features?" + "&".join(f"blob=b{n}" for n in range(17)),
        png(0, 0, 0),
        PNG,
        400,
        "17 blobs are asked for, and at most 16 told",
    ),
}


@pytest.mark.parametrize("name", WRONG)
def test_what_is_wrong_with_a_request_is_told(server: Running, name: str) -> None:
    method, path, body, headers, status, why = WRONG[name]
    answer = server.ask(method, path, body, headers)
    assert (answer.status, answer.body) == (status, {"error": why})


def test_the_page_comes_with_a_policy(server: Running) -> None:
    answer = server.get("/")
    assert (answer.status, answer.headers["content-type"]) == (200, "text/html; charset=utf-8")
    assert answer.headers["content-security-policy"].startswith("default-src 'none'; ")
    assert answer.body.startswith("<!doctype html>")


def test_the_model_and_its_health_are_told(server: Running) -> None:
    assert server.get("/model").body == {"name": "means"}
    health = server.get("/health")
    assert (health.status, health.body) == (200, {"status": "ready"})


def test_a_server_that_cannot_answer_is_not_healthy() -> None:
    with served() as server:
        server.service.batcher.close()
        health = server.get("/health")
        assert (health.status, health.body) == (503, {"status": "not ready"})


def test_requests_are_counted() -> None:
    with served() as server:
        server.post("/predict", png(1, 2, 3))
        server.post("/predict", b"")
        server.get("/x")
        server.get("/y")
        found = server.counted()
    assert found['protonet_requests_total{path="/predict",status="200"}'] == 1
    assert found['protonet_requests_total{path="/predict",status="400"}'] == 1
    assert found['protonet_requests_total{path="other",status="404"}'] == 2
    assert found["protonet_batch_size_count"] == 1
    assert found["protonet_pictures_at_work"] == 0


def test_a_mistake_of_ours_is_no_traceback_for_the_client(
    caplog: pytest.LogCaptureFixture,
) -> None:
    def fail(*arguments: object) -> dict[str, object]:
        raise ValueError("our own mistake")

    with served(run=fail) as server:  # type: ignore[arg-type]
        answer = server.post("/predict", png(1, 2, 3))
        assert server.get("/health").status == 200
    assert (answer.status, answer.body) == (
        500,
        {"error": "something went wrong in the server; what, its output says"},
    )
    (record,) = caplog.records
    assert record.exc_info is not None
    assert str(record.exc_info[1]) == "our own mistake"
