"""What is kept and announced of a window, over in-memory services."""

import json
from datetime import timedelta
from typing import Any

import pytest

from lambdas.functions.record_windows import handler
from mdlc_constructs.settings.monitor_metrics import METRICS
from tests.lambdas.monitored import NOW, WINDOW, Services, arn

FOLDER = "s3://b/monitoring/endpoint/w/d/"
SUMMARY: dict[str, Any] = {
    "schema_version": 1,
    "rows": 900,
    "unreadable": 2,
    "package_version": 3,
    "drifted": True,
    "columns": ["distance"],
    "reasons": ["It moved."],
    "drift": {
        "columns": {
            "distance": {"effect": 0.3, "threshold": 0.1},
            "tail": {"effect": 0.01, "threshold": 0.1},
        },
        "prediction": {"effect": 0.05, "threshold": 0.1},
    },
    "joint": {"auc": 0.71, "drifted": True},
    "accuracy": {
        "labelled": 450,
        "coverage": 0.5,
        "contradictory": 1,
        "labelled_until": "2026-03-04T10:00:00Z",
        "delay_seconds": {"p50": 3600.0, "p95": 7200.0},
        "metrics": {"auc": {"value": 0.68, "low": 0.6, "high": 0.75}},
        "baseline": {"auc": 0.8},
        "changes": {"auc": "worse", "brier": "same"},
        "worse": True,
    },
    "estimate": {"metrics": {"auc": 0.7}, "error": {"auc": -0.02}},
    "skew": {"skewed": [], "rows_compared": 450},
    "quality": {"passed": False},
}


class Metrics:
    def __init__(self) -> None:
        self.points: list[dict[str, Any]] = []

    def put_metric_data(self, *, Namespace: str, MetricData: list[dict[str, Any]]) -> None:
        assert Namespace == "MDLC"
        self.points += MetricData

    def values(self) -> dict[str, float]:
        """By name, or by name and metric of accuracy."""
        return {
            " ".join([point["MetricName"], *(d["Value"] for d in point["Dimensions"][2:])]): point["Value"]
            for point in self.points
        }


class Events:
    def __init__(self) -> None:
        self.refused = 0
        self.details: list[dict[str, Any]] = []

    def put_events(self, *, Entries: list[dict[str, Any]]) -> dict[str, Any]:
        (entry,) = Entries
        assert (entry["Source"], entry["DetailType"]) == ("mdlc", "Monitoring Completed")
        self.details.append(json.loads(entry["Detail"]))
        return {"FailedEntryCount": self.refused, "Entries": [{"ErrorMessage": "full"}]}


@pytest.fixture
def services(monkeypatch: pytest.MonkeyPatch) -> Any:
    found: Any = Services()
    found.cloudwatch, found.events = Metrics(), Events()
    found.s3.put(f"{FOLDER}summary.json", json.dumps(SUMMARY))
    monkeypatch.setattr(handler, "client", found.client)
    monkeypatch.setattr(handler, "utc_now", lambda: NOW)
    return found


def event(**window: Any) -> dict[str, Any]:
    return {
        "model": "flights",
        "monitor": "endpoint",
        "bucket": "b",
        "table": "audit",
        "execution": {"id": "arn:execution", "started_at": "2026-03-05T00:20:00.000Z"},
        "labels": {"delay_seconds": 60},
        "least_rows": 100,
        "window": {
            **WINDOW,
            "folder": FOLDER,
            **window,
        },
    }


def test_the_item_holds_what_the_contract_names(services: Any) -> None:
    answered = handler.handler(event(), None)
    assert answered == {
        "id": "20260304T000000Z_20260305T000000Z",
        "outcome": "Recorded",
        "rows": 900,
        "drifted": True,
    }
    (sk, item), *_ = services.dynamodb.items.items()
    assert sk == "WINDOW#endpoint#20260304T000000Z_20260305T000000Z"
    texts = {name: value["S"] for name, value in item.items()}
    assert texts["pk"] == "MODEL#flights"
    assert (texts["rows"], texts["drifted"], texts["version"]) == ("900", "true", "3")
    assert json.loads(texts["columns"]) == ["distance"]
    assert json.loads(texts["metrics"])["auc"]["low"] == 0.6
    assert json.loads(texts["baseline_metrics"]) == {"auc": 0.8}
    assert (texts["worse"], json.loads(texts["changes"])["auc"]) == ("true", "worse")
    assert (texts["labelled"], texts["coverage"]) == ("450", "0.5")
    assert (texts["report"], texts["page"]) == (f"{FOLDER}report.json", f"{FOLDER}report.html")
    assert texts["computed_at"] == "2026-03-05T00:20:00+00:00"


def test_the_event_says_what_a_reader_needs(services: Any) -> None:
    handler.handler(event(), None)
    (detail,) = services.events.details
    assert detail["window"] == {"start": "2026-03-04T00:00:00Z", "end": "2026-03-05T00:00:00Z"}
    assert (detail["drifted"], detail["columns"], detail["reasons"]) == (True, ["distance"], ["It moved."])
    assert (detail["rows"], detail["version"], detail["package_arn"]) == (900, 3, arn(3))
    assert (detail["coverage"], detail["update"], detail["page"]) == (0.5, False, f"{FOLDER}report.html")
    assert detail["labelled"] == 450
    assert (detail["worse"], detail["changes"]) == (True, {"auc": "worse", "brier": "same"})


def test_every_number_of_the_table_that_the_summary_holds_is_a_metric(services: Any) -> None:
    handler.handler(event(consistency={"moved": 0.25, "largest_move": 0.5, "notes": []}), None)
    values = services.cloudwatch.values()
    assert {metric.name for metric in METRICS} <= set(values)
    assert (values["Rows"], values["Drifted"], values["DriftedColumns"]) == (900, 1, 1)
    assert values["LargestEffect"] == pytest.approx(3)
    assert values["PredictionEffect"] == pytest.approx(0.5)
    assert (values["QualityPassed"], values["SkewedFeatures"]) == (0, 0)
    assert (values["LabelCoverage"], values["EstimateError"]) == (0.5, 0.02)
    assert values["WorseThanHoldout"] == 1
    assert (values["AnswersMoved"], values["LargestMove"]) == (0.25, 0.5)
    assert (values["Measured auc"], values["Estimated auc"], values["AtTraining auc"]) == (0.68, 0.7, 0.8)
    dimensions = services.cloudwatch.points[0]["Dimensions"]
    assert [(d["Name"], d["Value"]) for d in dimensions] == [("Model", "flights"), ("Monitor", "endpoint")]


def test_late_labels_repeat_nothing_that_was_measured_without_them(services: Any) -> None:
    handler.handler(event(update=True), None)
    assert set(services.cloudwatch.values()) == {
        *("LabelCoverage", "ContradictoryLabels", "LabelDelay", "EstimateError", "WorseThanHoldout"),
        *("Measured auc", "AtTraining auc"),
    }


def test_few_labels_and_labels_that_are_not_due_ring_nobody(services: Any) -> None:
    given = {**event(), "least_rows": 451, "labels": {"delay_seconds": 3600}}
    handler.handler(given, None)
    assert not {"Measured auc", "LabelCoverage"} & set(services.cloudwatch.values())


def test_a_quiet_row_alone_gives_no_effect_and_no_share(services: Any) -> None:
    one = {
        **SUMMARY,
        "rows": 1,
        "drifted": False,
        "columns": [],
        "accuracy": {**SUMMARY["accuracy"], "labelled": 1},
        "skew": {"skewed": ["distance"], "rows_compared": 1},
    }
    services.s3.put(f"{FOLDER}summary.json", json.dumps(one))
    handler.handler(event(), None)
    assert set(services.cloudwatch.values()) == {
        *("Rows", "Unreadable", "Drifted", "DriftedColumns", "QualityPassed", "AtTraining auc"),
        *("ContradictoryLabels", "LabelDelay"),
    }
    services.cloudwatch.points.clear()
    handler.handler({**event(), "least_rows": 1}, None)
    assert {"LargestEffect", "PredictionEffect", "JointAuc", "LabelCoverage", "SkewedFeatures"} <= set(
        services.cloudwatch.values()
    )


def test_without_labels_there_is_no_coverage(services: Any) -> None:
    services.s3.put(f"{FOLDER}summary.json", json.dumps({**SUMMARY, "accuracy": None, "estimate": None}))
    handler.handler({**event(), "labels": None}, None)
    assert not [name for name in services.cloudwatch.values() if "Label" in name or "auc" in name]


def test_a_window_without_captures_is_known_to_be_empty(services: Any) -> None:
    answered = handler.handler(event(folder="", version=0, package_arn=""), None)
    assert (answered["rows"], answered["drifted"]) == (0, False)
    assert services.cloudwatch.values() == {"Rows": 0, "Drifted": 0, "DriftedColumns": 0}
    (item,) = services.dynamodb.items.values()
    assert (item["rows"], item["report"], item["version"]) == ({"S": "0"}, {"S": ""}, {"S": ""})


def test_what_replaying_found_is_kept_over_updates(services: Any) -> None:
    handler.handler(event(kept='{"moved": 0.125}', update=True), None)
    (item,) = services.dynamodb.items.values()
    assert json.loads(item["consistency"]["S"]) == {"moved": 0.125}


def test_a_window_that_could_not_be_announced_is_not_known(services: Any) -> None:
    services.events.refused = 1
    with pytest.raises(handler.Unannounced, match="full"):
        handler.handler(event(), None)
    (item,) = services.dynamodb.items.values()
    assert item["announced"] == {"S": ""}
    services.events.refused = 0
    handler.handler(event(), None)
    (item,) = services.dynamodb.items.values()
    assert item["announced"] == {"S": "2026-03-05T00:20:00+00:00"}


def test_who_hears_the_event_finds_the_item(services: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    found = []

    def put_events(*, Entries: Any) -> dict[str, int]:
        found.extend(services.dynamodb.items)
        return {"FailedEntryCount": 0}

    monkeypatch.setattr(services.events, "put_events", put_events)
    handler.handler(event(), None)
    assert found == ["WINDOW#endpoint#20260304T000000Z_20260305T000000Z"]


def test_who_was_planned_later_is_not_overwritten(services: Any) -> None:
    later = event()
    later["execution"] = {"id": "later", "started_at": f"{NOW + timedelta(hours=1):%Y-%m-%dT%H:%M:%S.000Z}"}
    handler.handler(later, None)
    handler.handler(event(), None)
    (item,) = services.dynamodb.items.values()
    assert item["execution_arn"] == {"S": "later"}
    assert len(services.events.details) == 1


def test_many_reasons_are_cut_off_and_counted(services: Any) -> None:
    services.s3.put(f"{FOLDER}summary.json", json.dumps({**SUMMARY, "reasons": ["x" * 500] * 200}))
    handler.handler(event(), None)
    (detail,) = services.events.details
    assert detail["reasons"][-1] == "and 180 more"
    assert len(json.dumps(detail)) < 100_000
