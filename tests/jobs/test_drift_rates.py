"""How often quiet windows alarm, and how often known shifts are found: measured, and shown by ``pytest -rP``.

Windows are real flights of one month, drawn anew each time, and columns of chance. A shift below the threshold
is none to alarm about: it must be found as seldom as no shift at all. Bounds are exact limits of the binomial
distribution, passed by chance once in a thousand times for each.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import duckdb
import numpy as np
import pytest
from scipy import stats

from examples.flight_delay.data import write_dataset
from examples.flight_delay.dataset import flights
from jobs.baseline import statistics
from jobs.domain import joint_drift
from jobs.drift import drift
from jobs.thresholds import Thresholds
from tests.jobs.columns import quiet, quiet_kinds, relation

ALPHA = Thresholds().alpha
UNLIKELY = 0.001
MONTH = 6
BASELINE, WINDOW = 4_000, 2_000
DRAWS, QUIET_DRAWS = 6, 30
WIDE, WIDE_DRAWS = 200, 5
DATASET = flights("s3://flights/raw/")
KINDS = {name: DATASET.columns[name] for name in DATASET.resolved_features}


@dataclass(frozen=True, kw_only=True)
class Shift:
    """A change of a window: SQL that replaces a column, and whether columns and classifier are to see it."""

    what: str
    replaced: Mapping[str, str] = field(default_factory=dict)
    by_columns: bool | None = None
    jointly: bool | None = None
    """None where it lies at the threshold: measured, and nothing asserted."""


def moved(column: str, deviations: float) -> dict[str, str]:
    return {column: f"{column} + {deviations} * (SELECT stddev_pop({column}) FROM population)"}


SHIFTS = (
    Shift(what="nothing", by_columns=False, jointly=False),
    Shift(what="temperature +0.1 sd", replaced=moved("temperature", 0.1), by_columns=False),
    Shift(what="temperature +0.25 sd", replaced=moved("temperature", 0.25)),
    Shift(what="temperature +0.5 sd", replaced=moved("temperature", 0.5), by_columns=True),
    Shift(what="temperature +1 sd", replaced=moved("temperature", 1), by_columns=True, jointly=True),
    Shift(
        what="carrier: 3 of 100 to UA",
        replaced={"carrier": "CASE WHEN lot < 0.03 THEN 'UA' ELSE carrier END"},
        by_columns=False,
        jointly=False,
    ),
    Shift(
        what="carrier: 30 of 100 to UA",
        replaced={"carrier": "CASE WHEN lot < 0.3 THEN 'UA' ELSE carrier END"},
        by_columns=True,
        jointly=True,
    ),
    Shift(
        what="carrier: 3 of 100 are new",
        replaced={"carrier": "CASE WHEN lot < 0.03 THEN 'ZZ' ELSE carrier END"},
        by_columns=True,
        jointly=False,
    ),
    Shift(
        what="distance: 2 of 100 missing",
        replaced={"distance": "CASE WHEN lot >= 0.02 THEN distance END"},
        by_columns=False,
        jointly=False,
    ),
    Shift(
        what="distance: 10 of 100 missing",
        replaced={"distance": "CASE WHEN lot >= 0.1 THEN distance END"},
        by_columns=True,
    ),
    Shift(
        what="distance: 40 of 100 missing",
        replaced={"distance": "CASE WHEN lot >= 0.4 THEN distance END"},
        by_columns=True,
        jointly=True,
    ),
    Shift(
        what="temperature in Celsius",
        replaced={"temperature": "(temperature - 32) / 1.8"},
        by_columns=True,
        jointly=True,
    ),
    Shift(
        what="arrival of another flight",
        replaced={"scheduled_arrival_minute": "other_arrival"},
        by_columns=False,
        jointly=True,
    ),
)


@pytest.fixture(scope="module")
def population(tmp_path_factory: pytest.TempPathFactory) -> duckdb.DuckDBPyConnection:
    """All flights of a month."""
    (path,) = write_dataset(tmp_path_factory.mktemp("flights"), (MONTH,))
    connection = duckdb.connect()
    connection.execute("SET threads = 1")
    columns = ", ".join(KINDS)
    connection.execute(f"CREATE TABLE population AS SELECT {columns} FROM read_csv('{path}')")
    return connection


def draw(connection: duckdb.DuckDBPyConnection, seed: int) -> None:
    """Make the tables baseline and window of different rows; a window row also has a lot, and what another
    row has."""
    connection.execute(
        f"CREATE OR REPLACE TABLE drawn AS SELECT *, row_number() OVER (ORDER BY hash({seed}, rowid)) AS place, "
        f"hash({seed} + 1, rowid) / 2.0**64 AS lot FROM population"
    )
    connection.execute(f"CREATE OR REPLACE TABLE baseline AS FROM drawn WHERE place <= {BASELINE}")
    connection.execute(
        f"CREATE OR REPLACE TABLE window_rows AS SELECT a.*, b.scheduled_arrival_minute AS other_arrival "
        f"FROM drawn a JOIN drawn b ON b.place = CASE WHEN a.place = {BASELINE + WINDOW} "
        f"THEN {BASELINE + 1} ELSE a.place + 1 END "
        f"WHERE a.place BETWEEN {BASELINE + 1} AND {BASELINE + WINDOW}"
    )


def found(
    connection: duckdb.DuckDBPyConnection, window: str, document: Mapping[str, Any], kinds: Mapping[str, str]
) -> tuple[bool, bool, float]:
    """Whether columns alarm, whether the classifier does, and its AUC."""
    joint = joint_drift("baseline", connection, window, kinds, seed=1)
    assert joint is not None
    return bool(drift(connection, window, document).drifted), joint.drifted, joint.auc


def judge(alarms: int, draws: int, expected: bool | None) -> str | None:
    """What is wrong with so many alarms; None when nothing is.

    A shift that is to be found may be missed as seldom as a quiet window may alarm.
    """
    unwanted = draws - alarms if expected else alarms
    if expected is not None and unwanted > stats.binom.ppf(1 - UNLIKELY, draws, ALPHA):
        return f"{alarms} of {draws} alarm"
    return None


def share(alarms: int, draws: int) -> str:
    interval = stats.binomtest(alarms, draws).proportion_ci(0.95)
    return f"{alarms:3d} of {draws:3d} ({interval.low:.2f} to {interval.high:.2f})"


def test_known_shifts_of_real_flights_are_found_and_quiet_windows_are_not(
    population: duckdb.DuckDBPyConnection,
) -> None:
    counted: dict[str, list[tuple[bool, bool, float]]] = {shift.what: [] for shift in SHIFTS}
    for seed in range(QUIET_DRAWS):
        draw(population, 10 * seed)
        document = statistics(population, "baseline", KINDS)
        for shift in SHIFTS if seed < DRAWS else SHIFTS[:1]:
            changes = ", ".join(f"{sql} AS {name}" for name, sql in shift.replaced.items())
            changed = f"* REPLACE ({changes})" if changes else "*"
            population.execute(f"CREATE OR REPLACE TABLE seen AS SELECT {changed} FROM window_rows")
            counted[shift.what].append(found(population, "seen", document, KINDS))
    wrong = []
    print(
        f"\n{len(KINDS)} columns of flights of month {MONTH}: windows of {WINDOW} rows, "
        f"baselines of {BASELINE}, alpha {ALPHA}; alarms (and 95 % limits of their share)"
    )
    print(f"{'shift':30}{'by columns':>28}{'by classifier':>28}{'mean AUC':>10}")
    for shift in SHIFTS:
        results = counted[shift.what]
        draws = len(results)
        columns, jointly = (sum(result[i] for result in results) for i in (0, 1))
        auc = np.mean([result[2] for result in results])
        print(f"{shift.what:30}{share(columns, draws):>28}{share(jointly, draws):>28}{auc:10.3f}")
        for name, alarms, expected in (
            ("columns", columns, shift.by_columns),
            ("classifier", jointly, shift.jointly),
        ):
            if said := judge(alarms, draws, expected):
                wrong.append(f"{shift.what}, {name}: {said}")
    assert wrong == []
