from typing import Any

import pytest

from examples.flight_delay import rebook
from tests.cli.fakes import FakeClient

EVENT: dict[str, Any] = {
    "request_id": "r1",
    "row": {"flight_id": "20131201-AA1-JFK"},
    "score": 0.5,
    "at": "2013-12-01T00:00:00+00:00",
}


def test_the_same_request_writes_the_same_row_again(monkeypatch: pytest.MonkeyPatch) -> None:
    client = FakeClient(put_item={})
    monkeypatch.setattr("boto3.client", lambda service: client)
    monkeypatch.setenv("REBOOKINGS", "rebookings")
    for _ in range(2):
        rebook.handler(EVENT, None)
    (_, first), (_, second) = client.calls
    assert first == second
    assert first["TableName"] == "rebookings"
    assert first["Item"]["request_id"] == {"S": "r1"}
