"""The comparison on public sets, without the sets and without NannyML."""

import io
from pathlib import Path
from typing import Any

import duckdb
import pytest
from rich.console import Console

from benchmarks import truth, truth_ours
from benchmarks.truth import NANNYML, OURS
from benchmarks.truth_data import SETS, TruthSet, write

PRICES = TruthSet(
    name="prices",
    task="regression",
    files=("reference.csv", "analysis.csv", "labels.csv"),
    label="sold",
    score="y_pred",
    metrics={"mae": "mae"},
    columns={"x": "number", "kind": "category"},
)


def window(*, worse: bool, mae: float, estimated: float) -> dict[str, Any]:
    return {
        "columns": ["x"] if worse else [],
        "answers": [],
        "joint": worse,
        "worse": ["mae"] if worse else [],
        "realized": {"mae": mae},
        "estimated": {"mae": estimated},
    }


def results() -> tuple[dict[str, Any], dict[str, Any]]:
    ours = {
        "reference": {"mae": 2.0},
        "windows": [
            window(worse=False, mae=2.0, estimated=2.1),
            window(worse=True, mae=3.0, estimated=2.5),
        ],
    }
    theirs = {
        "columns_drifted": [1, 2],
        "joint_drifted": [False, True],
        "realized": {"mae": {"value": [2.0, 3.0], "alert": [False, True]}},
        "estimated": {"mae": {"value": [2.2, 3.0], "alert": [False, True]}},
    }
    return ours, theirs


def test_false_and_missed_alarms_losses_and_errors() -> None:
    ours, theirs = results()
    found = truth.alarms(ours, theirs)
    assert found[OURS]["any"] == (0, 1) and found[NANNYML]["any"] == (1, 1)
    assert truth.losses("mae", "mae", ours, theirs) == {OURS: (0, 1), NANNYML: (0, 1)}
    off = truth.errors("mae", "mae", ours, theirs)
    assert off[OURS] == pytest.approx((0.1, 0.5)) and off[NANNYML] == pytest.approx((0.2, 0.0))
    written = io.StringIO()
    tables = truth.tables(
        {("prices", 10): {"windows": 2, "alarms": found, "metrics": {"mae": {"worse": {}, "off": off}}}}
    )
    for table in tables:
        Console(width=160, file=written).print(table)
    assert "prices" in written.getvalue() and "0.5" in written.getvalue()


def test_a_gain_is_no_loss() -> None:
    ours, theirs = results()
    theirs["realized"]["mae"] = {"value": [2.0, 1.0], "alert": [False, True]}
    assert truth.losses("mae", "mae", ours, theirs)[NANNYML] == (0, 0)


def test_every_set_names_its_columns_and_files() -> None:
    for each in SETS:
        assert len(each.files) == 3 and each.columns and each.scores
        assert bool(each.classes) == (each.task == "multiclass")
        assert truth.SIZES[each.name]


@pytest.mark.slow
def test_a_small_set_is_measured_as_the_monitor_does(tmp_path: Path) -> None:
    """Errors grow with x, and x is larger in the second window."""
    random = "abs(hash(i * 7 + {}) % 1000) / 1000.0"
    with duckdb.connect() as connection:
        for name, rows, shift in (("reference", 2000, 0.0), ("analysis", 1000, 1.0)):
            connection.execute(
                f"CREATE TABLE {name} AS SELECT i AS id, x, kind, y_pred, y_pred + (e - 0.5) * (1 + 4 * x) "
                f"AS sold, TIMESTAMP '2024-01-01' + to_seconds(i) AS timestamp FROM (SELECT i, "
                f"{random.format(1)} + CASE WHEN i >= 500 THEN {shift} ELSE 0 END AS x, "
                f"'k' || i % 3 AS kind, {random.format(2)} AS y_pred, {random.format(3)} AS e "
                f"FROM range({rows}) AS t(i))"
            )
        connection.execute(f"COPY reference TO '{tmp_path}/reference.csv'")
        connection.execute(f"COPY (SELECT * EXCLUDE (sold) FROM analysis) TO '{tmp_path}/analysis.csv'")
        connection.execute(f"COPY (SELECT id, sold FROM analysis) TO '{tmp_path}/labels.csv'")
    found = truth_ours.measure(PRICES, *write(PRICES, tmp_path, tmp_path), 500)
    quiet, changed = found["windows"]
    assert (quiet["columns"], quiet["worse"]) == ([], [])
    assert changed["columns"] == ["x"] and changed["joint"] and "mae" in changed["worse"]
    assert found["reference"]["mae"] < changed["estimated"]["mae"] <= changed["realized"]["mae"] * 1.1
