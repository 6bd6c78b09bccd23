"""The prober's entry point over in-memory services, with the input that the release machine gives it."""

import io
import json
import threading
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from lambdas.functions.probe_answers import handler
from lambdas.probing.errors import InvalidRows, NothingToAsk, ProbesLost, TooSlow
from mdlc_constructs.settings.golden_checks import GoldenChecks
from mdlc_constructs.settings.probes import Probes
from mdlc_constructs.settings.rollout import Canary
from mdlc_constructs.settings.serving import Serving
from mdlc_constructs.workflows.real_time_inference.probe_states import WatchedRelease, probing, record_answers
from tests.lambdas.fakes import client_error
from tests.lambdas.probing.test_rows import captured

NOW = datetime(2026, 3, 1, 12, 30, tzinfo=UTC)
WATCHED = WatchedRelease(
    endpoint_name="flights",
    serving=Serving(),
    rollout=Canary(percent=10),
    golden=GoldenChecks(),
    probes=Probes(recent=20),
)
DIMENSIONS = [{"Name": "EndpointName", "Value": "flights"}, {"Name": "VariantName", "Value": "main"}]


def event(mode: str, **changes: Any) -> dict[str, Any]:
    """What the machine hands over, its expressions evaluated."""
    task = record_answers(WATCHED) if mode == "baseline" else probing(WATCHED).state("ProbeAnswers")
    body: Any = task.to_asl()["Arguments"]
    payload = json.loads(json.dumps(body["Payload"]))
    return {**payload, "run": "run", "version": 7, "bucket": "b", **changes}


class Bucket:
    def __init__(self, objects: dict[str, str]) -> None:
        self.objects = objects
        self.read: list[str] = []

    def get_object(self, *, Bucket: str, Key: str) -> dict[str, Any]:
        assert Bucket == "b"
        self.read.append(Key)
        if Key not in self.objects:
            # Who may list only below prefixes is not told that there is no such key.
            raise client_error("AccessDenied", "Access Denied", "GetObject")
        return {"Body": io.BytesIO(self.objects[Key].encode())}

    def put_object(self, *, Bucket: str, Key: str, Body: bytes) -> None:
        assert Bucket == "b"
        self.objects[Key] = Body.decode()

    def get_paginator(self, name: str) -> "Bucket":
        assert name == "list_objects_v2"
        return self

    def paginate(self, *, Bucket: str, Prefix: str) -> Iterator[dict[str, Any]]:
        for key in sorted(self.objects):
            if key.startswith(Prefix):
                yield {"Contents": [{"Key": key}]}
        yield {}


class Cloud:
    """S3, an endpoint with one or two versions behind it, and CloudWatch."""

    def __init__(self) -> None:
        self.s3 = Bucket({})
        self.statuses = ["Updating"]
        self.answers: Callable[[int, str], str | Exception] = lambda n, body: '{"score": 0.5, "version": 6}'
        self.asked: list[str] = []
        self.data: dict[str, float] = {}
        self.lock = threading.Lock()

    def client(self, service: str) -> Any:
        return self.s3 if service == "s3" else self

    def describe_endpoint(self, *, EndpointName: str) -> dict[str, Any]:
        assert EndpointName == "flights"
        status = self.statuses[0] if len(self.statuses) == 1 else self.statuses.pop(0)
        return {"EndpointStatus": status}

    def invoke_endpoint(self, *, EndpointName: str, Body: bytes, **_: Any) -> dict[str, Any]:
        body = Body.decode()
        with self.lock:
            self.asked.append(body)
            answer = self.answers(len(self.asked), body)
        if isinstance(answer, Exception):
            raise answer
        return {"Body": io.BytesIO(answer.encode())}

    def put_metric_data(self, *, Namespace: str, MetricData: list[dict[str, Any]]) -> None:
        assert Namespace == "MDLC"
        for datum in MetricData:
            assert datum["Dimensions"] == DIMENSIONS
            self.data[datum["MetricName"]] = datum["Value"]


@pytest.fixture
def cloud(monkeypatch: pytest.MonkeyPatch) -> Cloud:
    made = Cloud()
    made.s3.objects = {
        "golden/rows.jsonl": '{"x": 1}\n{"x": 2}\n',
        "golden/expected.csv": "row_key,expected\n1,0.4\n2,0.5\n",
    }
    monkeypatch.setattr(handler, "client", made.client)
    monkeypatch.setattr(handler, "runtime", lambda: made)
    monkeypatch.setattr(handler, "utc_now", lambda: NOW)
    return made


def capture(cloud: Cloud, at: datetime, *lines: str) -> None:
    cloud.s3.objects[f"capture/flights/main/{at:%Y/%m/%d/%H/%M-%S}-000-id.jsonl"] = "\n".join(lines)


def recorded(cloud: Cloud) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(cloud.s3.objects["runs/run/probes.json"])
    return found


def test_the_champions_answers_are_recorded_with_their_bands(cloud: Cloud) -> None:
    capture(cloud, NOW, captured('{"x": 3}\n{"x": 1}'), captured('{"x": 9}', inferenceId="probe-old"))
    assert handler.handler(event("baseline"), None) == {"probes": 3, "version": "6"}
    kept = recorded(cloud)
    assert kept["version"] == "6"
    assert {probe["body"]: (probe["low"], probe["high"]) for probe in kept["probes"]} == {
        '{"x": 1}': ([pytest.approx(0.15)], [0.75]),
        '{"x": 2}': ([0.25], [0.75]),
        '{"x": 3}': ([0.25], [0.75]),
    }
    assert sorted(cloud.asked) == ['{"x": 1}', '{"x": 2}', '{"x": 3}'], "each once"


def test_the_newest_captures_come_first_and_no_more_are_read_than_needed(cloud: Cloud) -> None:
    for minutes in range(300):
        capture(cloud, NOW - timedelta(minutes=minutes), captured(f"{minutes}.5\n{minutes}"))
    handler.handler(event("baseline", golden=False), None)
    asked = [probe["body"] for probe in recorded(cloud)["probes"]]
    assert asked[:4] == ["0", "0.5", "1", "1.5"]
    assert len(asked) == 20
    assert len(cloud.s3.read) == 11


def test_requests_that_the_champion_refused_are_not_asked_again(cloud: Cloud) -> None:
    capture(cloud, NOW - timedelta(hours=71), captured("good"), captured("bad"))
    teapot = client_error("ModelError", "a teapot", "InvokeEndpoint")
    cloud.answers = lambda n, body: teapot if body == "bad" else '{"score": 0.5, "version": 6}'
    handler.handler(event("baseline", golden=False), None)
    assert [probe["body"] for probe in recorded(cloud)["probes"]] == ["good"]


@pytest.mark.parametrize("golden", [True, False])
def test_without_anything_to_ask_no_traffic_moves(cloud: Cloud, golden: bool) -> None:
    cloud.s3.objects.clear()
    with pytest.raises(InvalidRows if golden else NothingToAsk, match="record"):
        handler.handler(event("baseline", golden=golden), None)


def test_the_share_of_the_new_versions_bad_answers_is_measured(cloud: Cloud) -> None:
    handler.handler(event("baseline"), None)

    def shared(number: int, body: str) -> str:
        score = 0.5 if number % 30 else 9.0
        return f'{{"score": {score}, "version": 7}}' if number % 10 == 0 else '{"score": 0.5, "version": 6}'

    cloud.asked.clear()
    cloud.answers = shared
    found = handler.handler(event("look"), None)
    assert found["settled"] is False
    assert (found["probes"], found["seen"]) == (1379, 137)
    assert found["outside"] == pytest.approx(45 / 137)
    assert cloud.data == {
        "AnswersOutsideBands": found["outside"],
        "PredictionDrift": pytest.approx(45 / 137),
        "Probes": 1379.0,
        "ProbesSeen": 137.0,
    }
    assert 50 <= found["wait_seconds"] <= 58, "a little less than the rest of the minute"


def test_a_look_that_cannot_see_the_new_fleet_stops_early_and_says_nothing(cloud: Cloud) -> None:
    handler.handler(event("baseline"), None)
    found = handler.handler(event("look"), None)
    assert (found["probes"], found["seen"], found["outside"]) == (66, 0, None)
    assert cloud.data == {"Probes": 66.0, "ProbesSeen": 0.0}


def test_errors_are_bad_answers(cloud: Cloud) -> None:
    handler.handler(event("baseline"), None)
    cloud.answers = lambda n, body: client_error("ModelError", "broken", "InvokeEndpoint")
    assert handler.handler(event("look"), None)["outside"] == 1.0
    assert "PredictionDrift" not in cloud.data


@pytest.mark.parametrize("version", [None, 6])
def test_answers_that_do_not_say_whose_they_are_count_against_the_share(
    cloud: Cloud, version: int | None
) -> None:
    handler.handler(event("baseline"), None)
    cloud.asked.clear()
    cloud.answers = lambda n, body: f'{{"score": {0.5 if n % 20 else 9.0}, "version": 6}}'
    found = handler.handler(event("look", version=version), None)
    assert (found["probes"], found["seen"]) == (1379, None)
    assert found["outside"] == pytest.approx(68 / 1379 / 0.1)
    assert "ProbesSeen" not in cloud.data


@pytest.mark.parametrize(
    ("status", "settled"),
    [
        ("InService", True),
        ("Failed", True),
        ("UpdateRollbackFailed", True),
        ("Creating", False),
        ("RollingBack", False),
        ("SystemUpdating", False),
    ],
)
def test_only_an_update_is_probed(cloud: Cloud, status: str, settled: bool) -> None:
    cloud.statuses = [status]
    found = handler.handler(event("look"), None)
    assert (found["settled"], found["probes"]) == (settled, 0)
    assert (cloud.asked, cloud.data) == ([], {})


def test_an_update_that_ends_during_a_look_has_settled(cloud: Cloud) -> None:
    handler.handler(event("baseline"), None)
    cloud.statuses = ["Updating", "InService"]
    assert handler.handler(event("look"), None)["settled"] is True


def test_lost_probes_fail_the_look(cloud: Cloud) -> None:
    with pytest.raises(ProbesLost, match=r"There is no runs/run/probes\.json"):
        handler.handler(event("look"), None)


def test_an_endpoint_too_slow_to_be_seen_fails_the_look(
    cloud: Cloud, monkeypatch: pytest.MonkeyPatch
) -> None:
    handler.handler(event("baseline"), None)
    monkeypatch.setattr(handler, "LOOK_SHARE", 0)
    with pytest.raises(TooSlow, match="it takes 66 to see the new fleet"):
        handler.handler(event("look"), None)


def test_a_large_file_of_golden_rows_is_read_up_to_a_whole_line(
    cloud: Cloud, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(handler, "MAX_BYTES", 12)
    handler.handler(event("baseline"), None)
    assert [probe["body"] for probe in recorded(cloud)["probes"]] == ['{"x": 1}']
    monkeypatch.setattr(handler, "MAX_BYTES", 1000)
    monkeypatch.setattr(handler, "MAX_GOLDEN", 1)
    assert handler.handler(event("baseline"), None)["probes"] == 1
