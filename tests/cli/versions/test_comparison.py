from __future__ import annotations

import json
from typing import Any

import pytest

from mdlc_cli.versions import comparison
from mdlc_cli.versions.comparison import Difference, Metric, TrainingFacts

REPORT: dict[str, Any] = {
    "champion": {"version": 2},
    "metrics": {
        "challenger": {
            "auc": {"value": 0.73456, "low": 0.71019, "high": 0.75629, "standard_deviation": 0.01},
            "log_loss": {"value": None, "low": None, "high": None},
        },
        "champion": {"auc": {"value": 0.7, "low": 0.68, "high": 0.72}, "brier": {"value": 0.1}},
    },
    "checks": [
        {"sentence": "auc 0.7346 passes: asked was at least 0.7.", "passed": True},
        {"sentence": "brier 0.3 fails: asked was at most 0.2.", "passed": False},
    ],
}


def test_metrics_of_a_report_have_their_intervals() -> None:
    auc, log_loss = comparison.metrics_of(REPORT)
    assert (auc.name, auc.number, auc.interval) == ("auc", "0.7346", "0.7102 to 0.7563")
    assert (log_loss.number, log_loss.interval) == ("", "")
    assert comparison.compared_with(REPORT) == 2
    assert comparison.checks(REPORT, passed=False) == ("brier 0.3 fails: asked was at most 0.2.",)
    assert comparison.checks(REPORT, passed=True) == ("auc 0.7346 passes: asked was at least 0.7.",)


def test_a_report_that_is_gone_has_no_metrics_and_the_audit_has_those_without_an_interval() -> None:
    assert comparison.metrics_of({}) == () and comparison.compared_with({}) is None
    (auc,) = comparison.recorded_metrics({"metrics": json.dumps({"auc": 0.7346})})
    assert (auc.number, auc.interval) == ("0.7346", "")
    assert comparison.recorded_metrics({"metrics": "no JSON"}) == ()


def test_metrics_side_by_side_have_a_gap_where_only_one_has_a_metric() -> None:
    pairs = comparison.side_by_side(
        comparison.metrics_of(REPORT), comparison.metrics_of(REPORT, comparison.CHAMPION)
    )
    assert [(left.name, left.number, right.number) for left, right in pairs] == [
        ("auc", "0.7346", "0.7000"),
        ("log_loss", "", ""),
        ("brier", "", "0.1000"),
    ]


@pytest.mark.parametrize(
    ("value", "text"), [(0.5, "0.5000"), (0, "0.0000"), (123456.789, "1.235e+05"), (0.00012, "0.00012")]
)
def test_numbers_are_short_at_every_size(value: float, text: str) -> None:
    assert Metric(name="rmse", value=value).number == text


PLAN = {
    "data": {"version": "d2", "files": [{"name": "a", "size": 10}, {"name": "b", "size": 5}]},
    "split": {
        "fractions": None,
        "window": {"start": "2026-01-01T00:00:00", "end": None},
        "intervals": {
            "train": {"start": None, "end": "2026-05-01T00:00:00"},
            "validation": {"start": "2026-05-01T00:00:00", "end": "2026-06-01T00:00:00"},
            "holdout": {"start": "2026-06-01T00:00:00", "end": None},
        },
    },
}


def test_the_facts_of_a_training_come_from_its_item_package_and_plan() -> None:
    facts = comparison.training_facts(
        2,
        training={"rows": "1200", "image": "repo:1", "hyperparameters": '{"max_depth": 6, "eta": "0.3"}'},
        package={"metadata": {"data_version": "d2", "job_code": "code.zip", "image": "older"}},
        plan=PLAN,
    )
    assert facts == TrainingFacts(
        version=2,
        data_version="d2",
        files=2,
        bytes=15,
        rows="1200",
        window="from 2026-01-01",
        split_by="by time",
        split={
            "train": "until 2026-05-01",
            "validation": "2026-05-01 to 2026-06-01",
            "holdout": "from 2026-06-01",
        },
        job_code="code.zip",
        image="repo:1",
        hyperparameters={"max_depth": "6", "eta": "0.3"},
    )
    assert facts.data == "2 files, 1,200 rows"


def test_only_what_differs_is_listed_and_hyperparameters_by_their_names() -> None:
    old = TrainingFacts(
        version=1, data_version="d1", files=1, rows="900", code_version="a1", image="repo:1",
        hyperparameters={"max_depth": "6", "eta": "0.3", "gamma": "1"}, split={"train": "70% of the rows"},
    )  # fmt: skip
    new = TrainingFacts(
        version=2, data_version="d2", files=2, rows="1200", code_version="a1", image="repo:1",
        hyperparameters={"max_depth": "8", "eta": "0.3", "alpha": "2"}, split={"train": "60% of the rows"},
    )  # fmt: skip
    assert comparison.differences(old, new) == [
        Difference(name="data version", old="d1", new="d2"),
        Difference(name="data", old="1 file, 900 rows", new="2 files, 1,200 rows"),
        Difference(name="split train", old="70% of the rows", new="60% of the rows"),
        Difference(name="max_depth", old="6", new="8"),
        Difference(name="gamma", old="1", new=comparison.NOT_SET),
        Difference(name="alpha", old=comparison.NOT_SET, new="2"),
    ]
    assert comparison.differences(old, old) == []


def test_a_version_of_which_nothing_is_known_differs_in_what_is_known_only() -> None:
    known = TrainingFacts(version=2, data_version="d2", hyperparameters={"eta": "0.3"})
    assert comparison.differences(TrainingFacts(version=1), known) == [
        Difference(name="data version", old="", new="d2")
    ]
