import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import duckdb
import pytest

from jobs.commands.monitor import ROW_COLUMNS, _write_rows, run
from jobs.database import connect, memory_bytes, single
from jobs.errors import InputError
from jobs.folders import message
from jobs.plan import Plan
from mdlc_constructs.settings.payloads.job_plan import PreviousSection
from mdlc_constructs.settings.payloads.moments import Interval
from tests.jobs.monitoring.windows import RUN, START, VERSION, Window, event, rows, write_statistics

pytestmark = pytest.mark.slow


def test_a_quiet_window(served: Window) -> None:
    verdict = run(served.plan(segments=["kind"], protected=["flag"]), served.folders(), memory="200MB")
    assert verdict.passed and list(verdict.reasons) == [] and verdict.rows == 800
    assert len(message(verdict).encode()) <= 1024
    found = served.output("summary.json")
    assert (found["drifted"], found["columns"], found["reasons"], found["notes"]) == (False, [], [], [])
    assert {column["verdict"] for column in found["drift"]["columns"].values()} == {"quiet"}
    assert found["drift"]["prediction"]["verdict"] == "quiet"
    accuracy = found["accuracy"]
    assert (accuracy["labelled"], accuracy["coverage"]) == (800, 1.0)
    auc = accuracy["metrics"]["auc"]
    assert 0.65 < auc["low"] < auc["value"] < auc["high"] < 0.8
    assert accuracy["baseline"]["auc"] == 0.72
    assert [segment["value"] for segment in accuracy["segments"]] == ["c d", "b", "a"]
    assert abs(found["estimate"]["error"]["auc"]) < 0.05
    assert found["skew"]["rows_compared"] == 800 and found["skew"]["skewed"] == []
    assert found["quality"] == {"passed": True, "reasons": []}


def test_the_schema_of_the_summary(served: Window) -> None:
    run(served.plan(), served.folders())
    found = served.output("summary.json")
    assert list(found) == [
        *("schema_version", "model", "monitor", "window", "package_version", "package_arn", "rows"),
        *("unreadable", "other_versions", "drifted", "columns", "reasons", "drift", "last_window", "joint"),
        *("accuracy", "estimate", "skew", "quality", "notes"),
    ]
    assert list(found["accuracy"]) == [
        *("labelled", "coverage", "duplicates", "contradictory", "labelled_until", "delay_seconds"),
        *("metrics", "baseline", "changes", "worse", "segments", "fairness"),
    ]
    assert set(found) <= set(served.output("report.json"))


def test_everything_that_was_read_is_written(served: Window) -> None:
    run(served.plan(), served.folders())
    path = served.folder / "out" / "monitoring" / "rows.parquet"
    with duckdb.connect() as connection:
        described = connection.execute(f"DESCRIBE FROM '{path}'").fetchall()
        read = connection.execute(f"FROM '{path}' ORDER BY served_at LIMIT 1").fetchall()
    assert [(name, kind) for name, kind, *_ in described] == [
        ("inference_id", "VARCHAR"),
        ("row_key", "VARCHAR"),
        ("entity", "VARCHAR"),
        ("event_time", "TIMESTAMP"),
        ("served_at", "TIMESTAMP"),
        ("score", "DOUBLE"),
        ("package_version", "BIGINT"),
        ("label", "DOUBLE"),
        ("amount", "DOUBLE"),
        ("count", "BIGINT"),
        ("kind", "VARCHAR"),
        ("flag", "BOOLEAN"),
    ]
    first = rows(800)[0]
    assert read[0][:8] == (
        f"event-r1-0-{VERSION}-0",
        "r1-0",
        "w0",
        START,
        START,
        first["score"],
        VERSION,
        float(first["y"]),
    )


def test_the_same_inputs_give_the_same_documents(served: Window) -> None:
    run(served.plan(segments=["kind"]), served.folders())
    folder = served.folder / "out" / "monitoring"
    names = ["summary.json", "statistics.json", "report.html", "replay/requests.jsonl", "replay/features.csv"]
    first = {name: (folder / name).read_bytes() for name in names}
    run(served.plan(segments=["kind"]), served.folders())
    assert {name: (folder / name).read_bytes() for name in names} == first


def behind(plan: Plan, window: Mapping[str, str]) -> Plan:
    """The plan with a window before its own."""
    return replace(plan, payload=replace(plan.payload, previous=PreviousSection(window=Interval(**window))))


def test_drift_against_the_baseline_and_the_window_before(window: Window) -> None:
    made = rows(600)
    moved = [{**row, "amount": None if row["amount"] is None else row["amount"] + 12} for row in made]
    window.capture(event(row) for row in moved)
    before = {"start": "2024-02-29T00:00:00+00:00", "end": "2024-03-01T00:00:00+00:00"}
    write_statistics(window.folder / "previous" / "statistics.json", moved)
    plan = window.plan()
    verdict = run(behind(plan, before), window.folders())
    found = window.output("summary.json")
    assert found["drifted"] and found["columns"] == ["amount"]
    assert "'amount' changed" in verdict.reasons[0]
    assert found["last_window"] == {"drifted": False, "columns": [], "window": before}
    own = window.output("statistics.json")
    assert own["dataset"]["item_count"] == 600
    assert [feature["name"] for feature in own["features"]] == ["amount", "count", "kind", "flag", "score"]


def test_the_window_behind_one_without_judged_rows(window: Window) -> None:
    run(window.plan(), window.folders())
    previous = window.folder / "previous"
    previous.mkdir(exist_ok=True)
    left = window.folder / "out" / "monitoring" / "statistics.json"
    (previous / "statistics.json").write_bytes(left.read_bytes())
    window.capture(event(row) for row in rows(300))
    before = {"start": "2024-02-29T00:00:00+00:00", "end": "2024-03-01T00:00:00+00:00"}
    plan = window.plan()
    run(behind(plan, before), window.folders())
    found = window.output("summary.json")
    assert found["rows"] == 300 and found["last_window"] is None
    assert "The window before has no judged rows" in " ".join(found["notes"])


def test_queries_leave_memory_to_what_is_computed_beside_them(
    window: Window, monkeypatch: pytest.MonkeyPatch
) -> None:
    given: list[Any] = []

    @contextmanager
    def seen(*memory: Any, **options: Any) -> Iterator[Any]:
        with connect(*memory, **options) as made:
            given.append(single(made[0], "SELECT current_setting('memory_limit')")[0])
            yield made

    monkeypatch.setattr("jobs.commands.monitor.connect", seen)
    run(window.plan(), window.folders())
    with connect() as (connection, _):
        whole = str(single(connection, "SELECT current_setting('memory_limit')")[0])
    assert memory_bytes(str(given[0])) <= 0.65 * memory_bytes(whole)


def test_labels_that_never_come(window: Window) -> None:
    window.capture(event(row) for row in rows(300))
    run(window.plan(), window.folders())
    found = window.output("summary.json")
    assert found["accuracy"]["metrics"] == {} and found["accuracy"]["coverage"] == 0.0
    assert found["accuracy"]["labelled_until"] is None
    assert found["estimate"]["metrics"]["auc"] > 0.6 and found["estimate"]["error"] is None
    assert found["skew"] is None


def test_a_window_without_traffic(window: Window) -> None:
    verdict = run(window.plan(segments=["kind"], protected=["kind"]), window.folders())
    found = window.output("summary.json")
    assert verdict.rows == found["rows"] == 0
    assert not found["drifted"] and found["estimate"] is None
    assert {column["verdict"] for column in found["drift"]["columns"].values()} == {"unknown"}
    assert found["notes"] == [f"No row that version {VERSION} answered could be read in this window."]
    folder = window.folder / "out" / "monitoring"
    assert window.output("statistics.json")["features"] == []
    assert (folder / "replay" / "requests.jsonl").read_text() == ""
    assert (folder / "rows.parquet").exists() and (folder / "report.html").exists()


def test_a_window_without_readable_traffic(window: Window) -> None:
    window.capture(event(rows(1)[0])[:150].encode())
    run(window.plan(), window.folders())
    found = window.output("summary.json")
    assert (found["rows"], found["unreadable"]) == (0, 1)
    assert found["notes"][0] == "1 captured lines are no events: half-written, or of another kind."


def test_clock_skew_puts_no_row_into_two_windows(window: Window) -> None:
    made = rows(40)
    late = [event(row, at=START - timedelta(seconds=5)) for row in made[:10]]
    early = [event(row, at=START + timedelta(days=1)) for row in made[10:20]]
    window.capture([*late, *early, *(event(row) for row in made[20:])])
    run(window.plan(), window.folders())
    found = window.output("summary.json")
    assert (found["rows"], found["unreadable"]) == (20, 0)


def test_a_column_that_vanished(window: Window) -> None:
    window.capture(event({k: v for k, v in row.items() if k != "count"}) for row in rows(400))
    run(window.plan(), window.folders())
    found = window.output("summary.json")
    assert found["columns"] == ["count"]
    assert found["reasons"] == ["Column 'count' is gone."]
    assert not found["quality"]["passed"]
    assert "'count' is missing in 100.0%" in found["quality"]["reasons"][0]
    assert "count" in window.output("report.json")["not_sent"]
    assert "count" not in {f["name"] for f in window.output("statistics.json")["features"]}


def test_a_baseline_of_another_version_is_refused(served: Window) -> None:
    served.baseline(rows(100), run="9999888877776666")
    with pytest.raises(InputError, match=f"of run 9999888877776666, version 7 was made by run {RUN}"):
        run(served.plan(), served.folders())


def test_labels_of_one_class(window: Window) -> None:
    made = [{**row, "y": 0} for row in rows(300)]
    window.capture(event(row) for row in made)
    window.label(made)
    run(window.plan(segments=["kind"]), window.folders())
    found = window.output("summary.json")
    assert "accuracy" in found["accuracy"]["metrics"] and "auc" not in found["accuracy"]["metrics"]
    assert "auc, pr_auc: not defined for labels of one class only." in found["notes"]
    assert "auc" not in found["estimate"]["error"]


def test_a_regression(window: Window) -> None:
    made = [{**row, "score": row["score"] * 100, "after": row["score"] * 100 + row["y"]} for row in rows(300)]
    window.capture(event(row) for row in made)
    window.label(made)
    window.baseline(
        made, performance={"task": "regression", "metrics": {"rmse": {"value": 0.7}}, "calibration": None}
    )
    changed = {"label": "after", "task": "regression", "known_after": []}
    run(window.plan(dataset=changed, segments=["kind"], protected=["flag"]), window.folders())
    found = window.output("summary.json")
    assert set(found["accuracy"]["metrics"]) == {"rmse", "mae", "r2"}
    assert found["accuracy"]["metrics"]["rmse"]["value"] == pytest.approx(0.7, abs=0.1)
    assert {segment["metric"] for segment in found["accuracy"]["segments"]} == {"rmse"}
    assert found["estimate"] is None
    measures = [entry["measure"] for entry in found["accuracy"]["fairness"]]
    assert measures == ["mean_prediction", "mean_error", "mean_absolute_error"]


def test_the_scores_of_anomalies_are_watched(window: Window) -> None:
    made = [{**row, "score": row["score"] * 10} for row in rows(300)]
    window.baseline(made, performance={"task": "anomaly", "metrics": {}, "calibration": None})
    window.capture(event({**row, "score": row["score"] + 20}) for row in made)
    changed: dict[str, Any] = {"label": None, "task": "anomaly", "known_after": []}
    run(window.plan(dataset=changed), window.folders())
    found = window.output("summary.json")
    assert (found["rows"], found["unreadable"], found["drifted"]) == (300, 0, True)
    assert found["drift"]["prediction"]["verdict"] == "drift"
    assert {column["verdict"] for column in found["drift"]["columns"].values()} == {"quiet"}
    assert (found["accuracy"]["metrics"], found["estimate"]) == ({}, None)


def test_a_model_that_answers_lists_or_no_numbers(window: Window) -> None:
    made = rows(7)
    answers = [
        '{"score": [0.1, 0.9], "version": 7}',
        '{"score": NaN, "version": 7}',
        '{"score": null}',
        "oops",
    ]
    lines = [event(row, answers=[answer]) for row, answer in zip(made, answers, strict=False)]
    lines += [event(made[4], answers=['{"score": [0.25], "version": 7}']), event(made[5], answers=["0.75"])]
    lines += [event(made[6], answers=['{"score": 1.5, "version": 7}'])]
    window.capture(lines)
    run(window.plan(), window.folders())
    found = window.output("summary.json")
    assert (found["rows"], found["unreadable"]) == (2, 5)
    assert window.output("report.json")["faults"] == {"score": 4, "several": 1}


def test_versions_are_judged_apart(window: Window) -> None:
    made = rows(90)
    window.capture(event(row, version=7 if number < 30 else 8) for number, row in enumerate(made))
    run(window.plan(), window.folders())
    found = window.output("summary.json")
    assert (found["rows"], found["other_versions"]) == (30, {"8": 60})
    assert "Version 8 answered 60 rows, more than the 30 of version 7" in found["notes"][0]


def test_the_summary_stays_small(window: Window) -> None:
    made = [{**row, "who": f"w{number % 300}"} for number, row in enumerate(rows(1200))]
    window.capture(event(row) for row in made)
    window.label(made)
    run(window.plan(segments=["who", "kind"], least_rows=2), window.folders())
    assert len(json.dumps(window.output("summary.json"))) < 100_000
    assert len(window.output("summary.json")["accuracy"]["segments"]) == 20
    assert len(window.output("report.json")["accuracy"]["segments"]) > 200


def test_a_feature_may_be_called_as_one_of_the_first_columns_of_rows_parquet(tmp_path: Path) -> None:
    with duckdb.connect() as connection:
        own = ", ".join(f"{number} AS {name}" for number, name in enumerate(ROW_COLUMNS.values()))
        connection.execute(f"CREATE TABLE joined AS SELECT {own}, 99 AS label, 98 AS amount")
        _write_rows(connection, {"label": "number", "amount": "number"}, tmp_path / "rows.parquet")
        read = connection.execute(f"SELECT label, feature_label, amount FROM '{tmp_path}/rows.parquet'")
        assert read.fetchall() == [(7, 99, 98)]


def test_the_largest_numbers_are_judged_as_numbers(window: Window) -> None:
    """Through every part: drift, classifier, skew against offline rows, page, statistics."""
    large = (1e200, -1e308, 1.7e308, 5e-324)
    made = [{**row, "amount": large[place % 4]} for place, row in enumerate(rows(200))]
    window.capture(event(row) for row in made)
    window.label([{**row, "amount": -row["amount"]} for row in made])
    window.baseline([{**row, "amount": large[place % 4]} for place, row in enumerate(rows(400, seed=9))])
    run(window.plan(joint=True), window.folders())
    found = window.output("summary.json")
    assert (found["drifted"], found["rows"]) == (False, 200)
    report = window.output("report.json")
    (amount,) = [one for one in report["baseline"]["columns"] if one["name"] == "amount"]
    assert amount["measures"]["window_missing_share"] == 0
    assert found["skew"]["skewed"] == ["amount"]


def test_one_quiet_row(window: Window) -> None:
    window.capture([event(rows(1)[0])])
    window.label(rows(1))
    window.baseline(rows(1000, seed=9))
    run(window.plan(), window.folders())
    found = window.output("summary.json")
    assert (found["drifted"], found["quality"]["passed"], found["accuracy"]["worse"]) == (False, True, None)
