"""The monitor of a ranking: rows of a search are ranked together."""

import random
from pathlib import Path
from typing import Any

import duckdb
import pytest

from jobs.commands.monitor import run
from jobs.folders import write_json
from jobs.statistics.baseline import statistics
from tests.jobs.columns import relation
from tests.jobs.monitoring.windows import FEATURES, RUN, Row, Window, event, rows

pytestmark = pytest.mark.slow

GROUPS, SIZE = 60, 10


def searched(seed: int, *, spread: float = 1.0) -> list[Row]:
    """Rows of searches, with scores that say something of their relevance."""
    drawn = random.Random(seed)
    made = []
    for number, row in enumerate(rows(GROUPS * SIZE, seed)):
        relevance = drawn.choice([0, 0, 0, 1, 2, 3])
        base = (number // SIZE) % 7  # another level of scores in each search means nothing
        score = round(base + spread * (relevance + drawn.gauss(0, 1)), 6)
        made.append({**row, "who": f"s{number // SIZE}", "score": score, "y": relevance})
    return made


def baseline(window: Window, made: list[Row]) -> None:
    columns: dict[str, list[Any]] = {name: [row.get(name) for row in made] for name in (*FEATURES, "score")}
    means = {
        group: sum(r["score"] for r in made if r["who"] == group) / SIZE for group in {r["who"] for r in made}
    }
    columns["score_within_group"] = [row["score"] - means[row["who"]] for row in made]
    kinds = {**FEATURES, "score": "number", "score_within_group": "number"}
    with duckdb.connect() as connection:
        relation(connection, "t", columns)
        document = statistics(connection, "t", kinds)
    parts = {"score": "score", "score_within_group": "score_within_group"}
    document["mdlc"] = {"run": RUN, "model": "model", "prediction": "score", "predictions": parts}
    write_json(window.folder / "baseline" / "statistics.json", document)
    metrics = {"ndcg@10": {"value": 0.8, "low": 0.78, "high": 0.82}}
    performance = {"schema_version": 1, "task": "ranking", "metrics": metrics, "calibration": None}
    write_json(window.folder / "baseline" / "performance.json", performance)


def monitored(window: Window, **monitor: Any) -> dict[str, Any]:
    changed: dict[str, Any] = {"task": "ranking", "group": "who", "entity": None, "known_after": []}
    run(window.plan(dataset=changed, **monitor), window.folders())
    found: dict[str, Any] = window.output("summary.json")
    return found


def test_metrics_are_of_groups_and_rows_are_drawn_by_group(tmp_path: Path) -> None:
    window = Window(tmp_path / "window")
    made = searched(1)
    window.capture(event(row) for row in made)
    window.label(made[:-3])
    baseline(window, searched(2))
    found = monitored(window, segments=["kind"], protected=["flag"])
    assert not found["drifted"], found["reasons"]
    metrics = found["accuracy"]["metrics"]
    assert {"ndcg", "ndcg@5", "ndcg@10", "map@10"} <= set(metrics)
    assert metrics["ndcg@10"]["low"] < metrics["ndcg@10"]["value"] < metrics["ndcg@10"]["high"]
    assert set(found["accuracy"]["changes"]) == {"ndcg@10"}
    assert {segment["metric"] for segment in found["accuracy"]["segments"]} == {"ndcg@10"}
    assert found["estimate"] is None
    groups = {one["measure"]: one for one in found["accuracy"]["fairness"]}
    assert set(groups) == {"top_5_rate", "relevant_top_5_rate"}
    assert not any(one["certain"] for one in groups.values())
    assert "1 of 60 groups have rows without a label" in found["notes"][0]


@pytest.mark.parametrize("spread", [0.1])
def test_scores_that_no_longer_tell_rows_of_a_group_apart_are_drift(tmp_path: Path, spread: float) -> None:
    window = Window(tmp_path / "window")
    window.capture(event(row) for row in searched(1, spread=spread))
    baseline(window, searched(2))
    found = monitored(window)
    assert found["drifted"] and found["columns"] == []
    assert found["drift"]["predictions"]["score_within_group"]["verdict"] == "drift"


def test_few_groups_are_not_compared(tmp_path: Path) -> None:
    window = Window(tmp_path / "window")
    made = searched(1)[: 9 * SIZE]
    window.capture(event(row) for row in made)
    window.label(made)
    baseline(window, searched(2))
    assert monitored(window)["accuracy"]["changes"] == {}
