import json
import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from botocore.credentials import Credentials

from examples.flight_delay import asking
from examples.flight_delay.dataset import COLUMNS, PLANE_FACTS
from tests.cli.fakes import FakeTarget

KEYS = Credentials("000000000000", "secret")
FLIGHT: asking.Row = {
    "flight_id": "20131201-AA1-JFK",
    "tail_number": "N1",
    "scheduled_minute": 340,
    "temperature": 37.9,
    "seats": 178,
    "plane_year": None,
}


class Api(ThreadingHTTPServer):
    """Answers as a decision API does, and remembers what it was asked."""

    def __init__(self) -> None:
        self.asked: list[tuple[str, dict[str, str], dict[str, Any]]] = []
        self.status = 200
        super().__init__(("127.0.0.1", 0), _Answers)

    @property
    def api(self) -> asking.Api:
        return asking.Api(
            address=f"http://127.0.0.1:{self.server_port}/decisions", region="eu-west-1", credentials=KEYS
        )


class _Answers(BaseHTTPRequestHandler):
    server: Api
    protocol_version = "HTTP/1.1"

    def do_POST(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        self.server.asked.append((self.path, dict(self.headers), body))
        answer = json.dumps({"decision": "wait", "score": 0.25, "model_version": 1}).encode()
        self.send_response(self.server.status)
        self.send_header("Content-Length", str(len(answer)))
        self.end_headers()
        self.wfile.write(answer)

    def log_message(self, format: str, *arguments: object) -> None:
        """Nothing on standard error."""


@pytest.fixture
def server() -> Iterator[Api]:
    with Api() as made:
        thread = threading.Thread(target=made.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield made
        made.shutdown()
        thread.join()


def test_rows_of_a_file_have_their_columns_types(tmp_path: Path) -> None:
    path = tmp_path / "2013-12.csv"
    path.write_text("flight_id,scheduled_minute,temperature,plane_year\nA,340,37.94,\n")
    (row,) = asking.raw_rows(path)
    assert row == {"flight_id": "A", "scheduled_minute": 340, "temperature": 37.94, "plane_year": None}
    assert isinstance(row["scheduled_minute"], int)


def test_a_passenger_does_not_know_the_plane() -> None:
    whole = dict.fromkeys(COLUMNS)
    assert set(whole) - set(asking.known_to_passengers(whole)) == set(PLANE_FACTS)


def test_flights_are_drawn_once_each_and_have_a_plane() -> None:
    rows: list[asking.Row] = [{"tail_number": tail} for tail in ("a", None, "b", "c")]
    found = [row["tail_number"] for row in asking.drawn(rows, 3, seed=1)]
    assert sorted(map(str, found)) == ["a", "b", "c"]
    assert asking.drawn(rows, 2, seed=5) == asking.drawn(rows, 2, seed=5)


def test_requests_are_signed_and_say_what_a_passenger_knows(server: Api) -> None:
    asked = asking.in_turn(server.api, "mine", [FLIGHT, FLIGHT])
    path, headers, body = server.asked[0]
    assert path == "/decisions"
    assert headers["Authorization"].startswith("AWS4-HMAC-SHA256 Credential=000000000000/")
    assert "/eu-west-1/execute-api/aws4_request" in headers["Authorization"]
    assert headers["Content-Type"] == "application/json"
    assert body == {
        "request_id": "mine-0",
        "row": {name: FLIGHT[name] for name in FLIGHT if name not in PLANE_FACTS},
    }
    assert [one.request_id for one in asked] == ["mine-0", "mine-1"]
    assert all(one.answered and one.version == 1 and one.seconds > 0 for one in asked)
    assert asked[0].flight_id == FLIGHT["flight_id"]


def test_an_error_is_no_decision(server: Api) -> None:
    server.status = 503
    (one,) = asking.in_turn(server.api, "mine", [FLIGHT])
    assert (one.answered, one.status) == (False, 503)


def test_silence_is_remembered_too(server: Api) -> None:
    gone = asking.Api(address="http://127.0.0.1:9/decisions", region="eu-west-1", credentials=KEYS)
    (one,) = asking.in_turn(gone, "mine", [FLIGHT])
    assert (one.answered, one.status, one.version) == (False, 0, None)
    assert "message" in one.answer


def test_passengers_ask_until_the_block_ends_each_request_under_an_id_of_its_own(server: Api) -> None:
    with asking.all_the_time(server.api, "all", [FLIGHT], apps=2, per_second=200) as asked:
        deadline = time.monotonic() + 10
        while len(asked) < 20 and time.monotonic() < deadline:
            time.sleep(0.01)
    ended = len(asked)
    assert ended >= 20
    assert len({one.request_id for one in asked}) == ended == len(server.asked)
    time.sleep(0.05)
    assert len(server.asked) == ended


def test_the_url_of_the_stack_leads_to_the_same_api_on_this_machine() -> None:
    url = "https://abc123.execute-api.us-east-1.amazonaws.com/live/"
    reached = asking.reached_at(FakeTarget(), url)
    assert reached.address == "http://127.0.0.1:1/_aws/execute-api/abc123/live/decisions"


@pytest.mark.parametrize(("share", "value"), [(0.5, 3), (0.99, 4), (0, 1)])
def test_a_quantile_is_one_of_the_values(share: float, value: float) -> None:
    assert asking.quantile([4, 1, 3, 2], share) == value
