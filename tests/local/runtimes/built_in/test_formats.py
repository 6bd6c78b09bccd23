"""The formats of requests and answers, by the predictor of k-means in this process."""

import json

import numpy
import pytest

from mdlc_local.runtimes.built_in import recordio
from mdlc_local.runtimes.built_in.kmeans import Clusters
from mdlc_local.runtimes.built_in.recordio import Record, Tensor

CLUSTERS = Clusters(numpy.array([[0, 0], [3, 4]], dtype=numpy.float32))
ROWS = [[0.0, 0.0], [3.0, 3.0]]
WANTED = [
    {"closest_cluster": 0.0, "distance_to_cluster": 0.0},
    {"closest_cluster": 1.0, "distance_to_cluster": 1.0},
]
RECORDIO = "application/x-recordio-protobuf"
BODIES = {
    "text/csv": b"0,0\n3,3\n",
    "text/csv;label_size=1": b"7,0,0\n7,3,3\n",
    "application/json": json.dumps({"instances": [{"features": row} for row in ROWS]}).encode(),
    "application/jsonlines": b'{"features": [0, 0]}\n{"data": {"features": {"values": [3, 3]}}}\n',
    "application/JSONLINES; charset=utf-8": b'{"features": [3, 3]}'.join(
        [b'{"data": {"features": {"keys": [0], "shape": [2], "values": [0]}}}\n', b""]
    ),
    RECORDIO: recordio.encode(Record(features={"values": Tensor(values=row)}) for row in ROWS),
}


@pytest.mark.parametrize("kind", BODIES)
def test_requests(kind: str) -> None:
    status, answered, body = CLUSTERS.answer(BODIES[kind], kind, "application/json")
    assert (status, answered) == (200, "application/json")
    assert json.loads(body) == {"predictions": WANTED}


def test_answers() -> None:
    def answered(accept: str) -> bytes:
        status, _, body = CLUSTERS.answer(BODIES["text/csv"], "text/csv", accept)
        assert status == 200
        return body

    assert json.loads(answered("*/*")) == {"predictions": WANTED}
    assert [json.loads(line) for line in answered("application/jsonlines").splitlines()] == WANTED
    assert answered("text/csv") == b"0.0,0.0\n1.0,1.0\n"
    for row, record in zip(WANTED, recordio.decode(answered(RECORDIO)), strict=True):
        assert {name: float(tensor.values[0]) for name, tensor in record.label.items()} == row


@pytest.mark.parametrize(
    ("kind", "accept", "body", "status"),
    [
        ("text/csv", "*/*", b"1,x\n", 400),
        ("text/csv", "*/*", b"1,2\n3\n", 400),
        ("text/csv", "*/*", b"1\n", 400),
        ("text/csv", "*/*", b"1,\n", 400),
        ("text/csv", "*/*", b"1,nan\n", 400),
        ("text/csv", "*/*", b"\xff\xfe\n", 400),
        ("text/csv", "*/*", b"", 400),
        ("application/json", "*/*", b"{}", 400),
        ("application/json", "*/*", b"[", 400),
        ("application/json", "*/*", b'{"instances": []}', 400),
        ("application/json", "*/*", b'{"instances": [{"features": [1, "a"]}]}', 400),
        ("application/json", "*/*", b'{"instances": [{"features": [1, null]}]}', 400),
        ("application/json", "*/*", b'{"instances": [{"features": [[1, 2]]}]}', 400),
        ("application/jsonlines", "*/*", b'{"features": {"keys": [5], "shape": [2], "values": [1]}}', 400),
        ("application/jsonlines", "*/*", b'{"features": {"keys": ["a"], "shape": [2], "values": [1]}}', 400),
        (RECORDIO, "*/*", b"none of ours", 400),
        ("image/png", "*/*", b"", 415),
        ("text/csv", "image/png", b"1,2", 406),
    ],
)
@pytest.mark.filterwarnings("ignore:loadtxt. input contained no data")
def test_what_cannot_be_answered(kind: str, accept: str, body: bytes, status: int) -> None:
    answered, _, text = CLUSTERS.answer(body, kind, accept)
    assert answered == status, text
    assert text and b"\n" not in text.strip()
