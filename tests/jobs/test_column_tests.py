"""The tests of one column that `jobs.statistics.drift` does not make of every column."""

import duckdb
import numpy as np

from jobs.statistics.baseline import statistics
from jobs.statistics.drift import drift
from mdlc_constructs.settings.payloads.job_plan import Thresholds
from tests.jobs.columns import relation
from tests.jobs.statistics.test_drift import alarms

RANDOM = np.random.default_rng(17)


def test_a_small_shift_is_found_where_it_is_asked_for() -> None:
    connection = duckdb.connect()
    before, after = RANDOM.normal(0, 1, 10_000), RANDOM.normal(0.1, 1, 5_000)
    document = statistics(connection, relation(connection, "b", {"x": before}), {"x": "number"})
    window = relation(connection, "w", {"x": after})
    assert drift(connection, window, document).columns[0].verdict == "quiet"
    (column,) = drift(connection, window, document, Thresholds(shift=0.03)).columns
    assert (alarms(column), column.reasons[0][:31]) == ({"shift"}, "The values of 'x' moved up: one")


def test_ranks_do_not_judge_a_column_that_is_nearly_constant() -> None:
    connection = duckdb.connect()
    before = relation(connection, "b", {"x": [2] * 9_950 + [1] * 50})
    document = statistics(connection, before, {"x": "integer"})
    window = relation(connection, "w", {"x": [2] * 48 + [1] * 2})
    (column,) = drift(connection, window, document, Thresholds(shift=0.01)).columns
    assert "shift" not in {finding.test for finding in column.findings}
