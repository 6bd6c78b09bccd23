"""What is measured of groups, without the job around it."""

import duckdb
import pytest

from jobs.monitoring.group_measures import TASKS, group_measures
from jobs.monitoring.intervals import difference
from jobs.monitoring.measured_groups import Sample, difference_of
from jobs.names import ANSWER, LABEL, SCORE
from mdlc_constructs.settings.payloads.tasks import TASKS as EVERY
from mdlc_constructs.settings.task_steps import runs
from tests.jobs.monitoring.windows import Window

TABLE = f"CREATE TABLE judged (grp VARCHAR, {LABEL} DOUBLE, {ANSWER} DOUBLE[], {SCORE} DOUBLE)"
ROWS = [  # group, label, probabilities of the classes a, b, c
    *[("x", 0, [0.8, 0.1, 0.1])] * 3,
    *[("x", 0, [0.1, 0.8, 0.1])] * 1,
    *[("x", 1, [0.1, 0.8, 0.1])] * 2,
    *[("y", 0, [0.1, 0.1, 0.8])] * 2,
    *[("y", None, [0.8, 0.1, 0.1])] * 2,
    *[("z", 0, [0.8, 0.1, 0.1])] * 1,
]


def test_rates_of_each_class(window: Window) -> None:
    settings = window.settings(
        least_rows=2,
        dataset={"task": "multiclass", "classes": ["a", "b", "c"]},
    )
    with duckdb.connect() as connection:
        connection.execute(TABLE)
        connection.executemany("INSERT INTO judged VALUES (?, ?, ?, list_max(?))", [[*r, r[2]] for r in ROWS])
        found = {m.name: m for m in group_measures(connection, settings, "grp", "multiclass")}
    assert [*found] == [
        *("selection_rate:a", "selection_rate:b", "selection_rate:c"),
        *("true_positive_rate:a", "true_positive_rate:b", "true_positive_rate:c"),
    ]
    assert found["selection_rate:a"].groups == {
        "x": Sample(value=0.5, rows=6),
        "y": Sample(value=0.5, rows=4),
    }
    rates = found["true_positive_rate:a"]
    assert rates.labelled and rates.groups == {
        "x": Sample(value=0.75, rows=4),
        "y": Sample(value=0.0, rows=2),
    }
    assert found["true_positive_rate:c"].groups == {}


def test_differences_of_shares_and_of_means() -> None:
    shares = Sample(value=0.5, rows=40), Sample(value=0.25, rows=80)
    assert difference_of(*shares, 1.96) == difference((20, 40), (20, 80), 1.96)
    means = Sample(value=5.0, rows=100, variance=4.0), Sample(value=4.0, rows=400, variance=9.0)
    gap, (low, high) = difference_of(*means, 2.0)
    half = 2.0 * (4 / 100 + 9 / 400) ** 0.5
    assert (gap, low, high) == pytest.approx((1.0, 1 - half, 1 + half))


def test_every_task_that_the_constructor_takes_is_measured() -> None:
    assert set(TASKS) == {task for task in EVERY if runs("fairness", task) == "yes"}
