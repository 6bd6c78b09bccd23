"""The judging function's entry point over in-memory services."""

import io
import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from lambdas.functions.judge_experiment import handler
from lambdas.functions.judge_experiment.handler import CapturesLate, ExperimentEnded
from mdlc_constructs.settings.experiment import ABTest, Shadow
from mdlc_constructs.settings.payloads.codec import encode
from tests.lambdas.functions.judge_experiment.test_captures import line

NOW = datetime(2026, 3, 2, 0, 30, tzinfo=UTC)
SINCE = NOW - timedelta(hours=1)


class Bucket:
    def __init__(self) -> None:
        self.objects: dict[str, tuple[str, datetime]] = {}

    def put(self, key: str, *lines: str, at: datetime = NOW) -> None:
        self.objects[key] = ("\n".join(lines), at)

    def get_paginator(self, name: str) -> "Bucket":
        assert name == "list_objects_v2"
        return self

    def paginate(self, *, Bucket: str, Prefix: str) -> Any:
        assert Bucket == "b"
        yield {}
        yield {
            "Contents": [
                {"Key": key, "Size": len(text), "LastModified": at}
                for key, (text, at) in self.objects.items()
                if key.startswith(Prefix)
            ]
        }

    def get_object(self, *, Bucket: str, Key: str) -> dict[str, Any]:
        return {"Body": io.BytesIO(self.objects[Key][0].encode())}


class Metrics:
    def __init__(self) -> None:
        self.asked: list[dict[str, Any]] = []
        self.latency = {"main": 100.0, "shadow": 120.0}

    def get_metric_statistics(self, **request: Any) -> dict[str, Any]:
        self.asked.append(request)
        variant = request["Dimensions"][1]["Value"]
        sums = {"ModelLatency": self.latency.get(variant, 0) * 4, "Invocations": 4}
        point = {"Sum": sums.get(request["MetricName"], 0), "SampleCount": 4}
        return {"Datapoints": [point, point]}


class Table:
    item: dict[str, Any] | None = None

    def get_item(self, *, Key: dict[str, Any], **request: Any) -> dict[str, Any]:
        assert Key == {"pk": {"S": "MODEL#m"}, "sk": {"S": "EXPERIMENT#e"}}
        return {"Item": self.item} if self.item else {}


@pytest.fixture
def services(monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    table = Table()
    table.item = {"execution": {"S": "arn:own"}, "running_since": {"S": SINCE.isoformat()}}
    found = {"s3": Bucket(), "cloudwatch": Metrics(), "dynamodb": table}
    monkeypatch.setattr(handler, "client", found.__getitem__)
    monkeypatch.setattr(handler, "utc_now", lambda: NOW)
    return found


def event(kind: str, **settings: Any) -> dict[str, Any]:
    shadow = kind == "shadow"
    own = encode(Shadow(pairs=2).judgement(0.1) if shadow else ABTest(outcomes=30).judgement("tail"))
    return {
        "kind": kind,
        "model": "m",
        "endpoint": "e",
        "bucket": "b",
        "table": "t",
        "execution": "arn:own",
        "champion": "main",
        "challenger": "shadow" if shadow else "challenger",
        "settings": {**own, **settings},
    }


def test_a_shadow_is_judged_over_midnight(services: dict[str, Any]) -> None:
    bucket = services["s3"]
    for variant, scores in (("main", (0.5, 0.6)), ("shadow", (0.52, 0.61))):
        bucket.put(f"capture/e/{variant}/2026/03/01/23/40-00-000-x.jsonl", line(str(scores[0]), event="1"))
        bucket.put(f"capture/e/{variant}/2026/03/02/00/10-00-000-x.jsonl", line(str(scores[1]), event="2"))
    old = SINCE - timedelta(minutes=5)
    bucket.put("capture/e/shadow/2026/03/01/23/20-00-000-x.jsonl", line("9", event="1"), at=old)
    verdict = handler.handler(event("shadow"), None)
    assert verdict["decision"] == "promote"
    assert "2 pairs of answers, 0.0% of them" in verdict["summary"]
    assert "1.20 times the champion's" in verdict["summary"]
    asked = services["cloudwatch"].asked
    assert {one["Period"] for one in asked} == {60}
    assert {one["MetricName"] for one in asked} == {
        "ModelLatency",
        "Invocations",
        "Invocation4XXErrors",
        "Invocation5XXErrors",
    }


def test_captures_that_are_not_written_yet_are_waited_for(services: dict[str, Any]) -> None:
    # Eight requests were copied, and the machine looks again before it says that there were too few.
    with pytest.raises(CapturesLate, match="fewer than 2 pairs were found: 0 pairs of answers"):
        handler.handler(event("shadow"), None)


def test_of_a_long_experiment_metrics_come_by_the_hour(services: dict[str, Any]) -> None:
    services["dynamodb"].item["running_since"] = {"S": (NOW - timedelta(days=7)).isoformat()}
    assert handler.handler(event("shadow", pairs=50), None)["decision"] == "undecided"
    assert {one["Period"] for one in services["cloudwatch"].asked} == {3600}


def test_an_a_b_test_is_judged_by_the_outcomes_of_its_own_time(services: dict[str, Any]) -> None:
    bucket = services["s3"]

    def asked(number: int) -> str:
        row = {"data": json.dumps({"tail": number}), "encoding": "JSON"}
        return line("1", inference=f"r{number}", endpointInput=row)

    def told(numbers: range, better: float) -> list[str]:
        return [json.dumps({"request_id": f"r{n}", "value": better * (n >= 40) + n % 5}) for n in numbers]

    bucket.put("capture/e/main/2026/03/02/00/10-00-000-x.jsonl", *map(asked, range(40)))
    bucket.put("capture/e/challenger/2026/03/02/00/10-00-000-x.jsonl", *map(asked, range(40, 80)))
    bucket.put("outcomes/first.jsonl", *told(range(80), -9), at=NOW - timedelta(minutes=5))
    # What is told later counts, and what was told before the test does not.
    bucket.put("outcomes/later.jsonl", *told(range(80), 3))
    bucket.put("outcomes/old.jsonl", *told(range(80), -50), at=SINCE - timedelta(days=1))
    verdict = handler.handler(event("ab"), None)
    assert verdict["decision"] == "promote"
    assert "difference 3, 95% interval" in verdict["summary"]
    assert handler.handler(event("ab", outcomes=41), None)["error"] == "TooFewOutcomes"


@pytest.mark.parametrize("item", [None, {"execution": {"S": "arn:other"}}])
def test_an_experiment_that_is_anothers_now_is_left_alone(services: dict[str, Any], item: Any) -> None:
    services["dynamodb"].item = item
    with pytest.raises(ExperimentEnded, match="on the endpoint e was ended or taken over by"):
        handler.handler(event("shadow"), None)
