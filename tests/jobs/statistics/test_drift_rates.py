"""How often quiet windows alarm, and how often known shifts are found: measured, and shown by ``pytest -rP``.

Windows are real flights of one month, drawn anew each time, and columns of chance. A shift below the
threshold is none to alarm about: it must be found as seldom as no shift at all. Bounds are exact limits of
the binomial distribution, passed by chance once in a thousand times for each.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import duckdb
import numpy as np
import pandas as pd
import pytest
from numpy.typing import NDArray
from scipy import stats

from examples.flight_delay.data import write_dataset
from examples.flight_delay.dataset import flights
from jobs.statistics.baseline import statistics
from jobs.statistics.domain_classifier import JointDrift, joint_drift
from jobs.statistics.drift import drift, judge_columns
from jobs.statistics.window import Compared, compare_columns
from mdlc_constructs import DriftThresholds
from mdlc_constructs.settings.payloads.job_plan import Thresholds
from tests.jobs.columns import quiet, quiet_kinds, relation

ALPHA = Thresholds().alpha
UNLIKELY = 0.001
MONTH = 6
BASELINE, WINDOW = 3_000, 1_500
DRAWS, JOINT_DRAWS, QUIET_DRAWS = 5, 2, 12
WIDE, WIDE_DRAWS, JOINT_WINDOW = 200, 2, 300
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
    Shift(what="temperature +0.1 sd", replaced=moved("temperature", 0.1), by_columns=False, jointly=True),
    Shift(what="temperature +0.25 sd", replaced=moved("temperature", 0.25), jointly=True),
    Shift(what="temperature +0.5 sd", replaced=moved("temperature", 0.5), by_columns=True, jointly=True),
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
        jointly=False,
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
    """Make the tables baseline and window of different rows; a window's row also has a lot from 0 to 1, and
    what another one has."""
    random = np.random.default_rng(seed)
    ((rows,),) = connection.execute("SELECT count(*) FROM population").fetchall()
    chosen = pd.DataFrame({"row": random.permutation(rows)[: BASELINE + WINDOW]})
    chosen["place"] = np.arange(len(chosen)) - BASELINE
    chosen["lot"] = random.random(len(chosen))
    connection.register("chosen", chosen)
    connection.execute(
        "CREATE OR REPLACE TABLE drawn AS "
        "SELECT population.*, place, lot FROM chosen JOIN population ON population.rowid = chosen.row"
    )
    connection.execute("CREATE OR REPLACE TABLE baseline AS FROM drawn WHERE place < 0")
    connection.execute(
        f"CREATE OR REPLACE TABLE seen_rows AS "
        f"SELECT a.*, b.scheduled_arrival_minute AS other_arrival "
        f"FROM drawn a JOIN drawn b ON b.place = (a.place + 1) % {WINDOW} WHERE a.place >= 0"
    )


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


@dataclass
class Count:
    """Alarms of columns and of the classifier, a window each, and the classifier's AUCs."""

    columns: list[bool] = field(default_factory=list)
    jointly: list[JointDrift] = field(default_factory=list)

    def row(self, what: str) -> str:
        line = f"{what:28}{share(sum(self.columns), len(self.columns)):>26}"
        if not self.jointly:
            return line
        alarms = sum(joint.drifted for joint in self.jointly)
        auc = np.mean([joint.auc for joint in self.jointly])
        return f"{line}{share(alarms, len(self.jointly)):>26}{auc:10.3f}"

    def wrong(self, columns: bool | None, jointly: bool | None) -> list[str]:
        alarms = sum(joint.drifted for joint in self.jointly)
        judged = {
            "columns": judge(sum(self.columns), len(self.columns), columns),
            "classifier": judge(alarms, len(self.jointly), jointly),
        }
        return [f"{name}: {said}" for name, said in judged.items() if said]


HEADING = f"{'':28}{'by columns':>26}{'by classifier':>26}{'mean AUC':>10}"


@pytest.mark.soak
def test_known_shifts_of_real_flights_are_found_and_quiet_windows_are_not(
    population: duckdb.DuckDBPyConnection,
) -> None:
    counted = {shift.what: Count() for shift in SHIFTS}
    for seed in range(QUIET_DRAWS):
        draw(population, seed)
        document = statistics(population, "baseline", KINDS)
        for shift in SHIFTS if seed < DRAWS else SHIFTS[:1]:
            changes = ", ".join(f"{sql} AS {name}" for name, sql in shift.replaced.items())
            changed = f"* REPLACE ({changes})" if changes else "*"
            population.execute(f"CREATE OR REPLACE TABLE seen AS SELECT {changed} FROM seen_rows")
            count = counted[shift.what]
            count.columns.append(bool(drift(population, "seen", document).drifted))
            if seed < JOINT_DRAWS or not changes:
                joint = joint_drift("baseline", population, "seen", KINDS, seed=seed)
                assert joint is not None
                count.jointly.append(joint)
    print(
        f"\n{len(KINDS)} columns of flights of one month, windows of {WINDOW} rows, baselines of {BASELINE}, "
        f"alpha {ALPHA}:\nwindows that alarm (and limits of their share, 95 %)\n{HEADING}"
    )
    for what, count in counted.items():
        print(count.row(what))
    wrong = {shift.what: counted[shift.what].wrong(shift.by_columns, shift.jointly) for shift in SHIFTS}
    assert {what: said for what, said in wrong.items() if said} == {}


SIZES, SIZE_DRAWS, SIZE_BASELINE = (50, 500, 5_000), 20, 10_000
SENSITIVITIES = {word: DriftThresholds.with_sensitivity(word).to_plan() for word in ("normal", "high")}
DETECTABLE = (
    *(
        Shift(what=f"temperature +{size:g} sd", replaced=moved("temperature", size))
        for size in (0.1, 0.25, 0.5, 1)
    ),
    *(
        Shift(
            what=f"carrier: {percent} of 100 to UA",
            replaced={"carrier": f"CASE WHEN lot < {percent / 100} THEN 'UA' ELSE carrier END"},
        )
        for percent in (10, 30)
    ),
    Shift(
        what="carrier: 3 of 100 are new",
        replaced={"carrier": "CASE WHEN lot < 0.03 THEN 'ZZ' ELSE carrier END"},
    ),
    Shift(
        what="distance: 10 of 100 missing",
        replaced={"distance": "CASE WHEN lot >= 0.1 THEN distance END"},
    ),
)
SURE = {
    ("normal", 500): {"temperature +1 sd", "carrier: 30 of 100 to UA", "distance: 10 of 100 missing"},
    ("normal", 5_000): {what.what for what in DETECTABLE[2:] if "10 of 100 to" not in what.what},
    ("high", 500): {"temperature +0.5 sd", "temperature +1 sd", "carrier: 30 of 100 to UA"},
    ("high", 5_000): {what.what for what in DETECTABLE},
}
"""What is to be found in nearly every window of so many rows."""


@pytest.mark.slow
def test_what_is_detectable_in_how_many_rows_and_that_quiet_windows_are_quiet(
    population: duckdb.DuckDBPyConnection,
) -> None:
    """The table of docs/monitoring.md. A window is resampled from rows that the baseline does not have."""
    random = np.random.default_rng(31)
    ((total,),) = population.execute("SELECT count(*) FROM population").fetchall()
    places = random.permutation(total)

    def take(name: str, chosen: NDArray[Any]) -> None:
        frame = pd.DataFrame({"row": chosen, "lot": random.random(len(chosen))})
        population.register("chosen", frame)
        population.execute(
            f"CREATE OR REPLACE TABLE {name} AS SELECT population.*, lot FROM chosen "
            "JOIN population ON population.rowid = chosen.row"
        )

    take("baseline", places[:SIZE_BASELINE])
    document = statistics(population, "baseline", KINDS)
    found: dict[tuple[str, int, str], int] = {}
    for size in SIZES:
        for _ in range(SIZE_DRAWS):
            take("seen", random.choice(places[SIZE_BASELINE:], size))
            columns = compare_columns(population, "seen", document)
            for shift in (SHIFTS[0], *DETECTABLE):
                changed = [_changed(population, shift, document, column) for column in columns]
                for word, thresholds in SENSITIVITIES.items():
                    drifted = judge_columns(changed, thresholds).drifted
                    found[word, size, shift.what] = found.get((word, size, shift.what), 0) + bool(drifted)
    heading = "".join(f"{word + ' ' + format(size, ','):>14}" for word in SENSITIVITIES for size in SIZES)
    print(
        f"\nof {SIZE_DRAWS} windows those that alarm, by sensitivity and rows; {len(KINDS)} columns, "
        f"baseline of {SIZE_BASELINE:,} rows\n{'':28}{heading}"
    )
    for shift in (SHIFTS[0], *DETECTABLE):
        counts = "".join(f"{found[word, size, shift.what]:14d}" for word in SENSITIVITIES for size in SIZES)
        print(f"{shift.what:28}{counts}")
    quiet_windows = {key: count for key, count in found.items() if key[2] == SHIFTS[0].what}
    assert {key: count for key, count in quiet_windows.items() if count and key[0] == "normal"} == {}
    assert max(quiet_windows.values()) <= stats.binom.ppf(1 - UNLIKELY, SIZE_DRAWS, ALPHA)
    missed = {
        (word, size, what): found[word, size, what]
        for (word, size), shifts in SURE.items()
        for what in shifts
        if found[word, size, what] < SIZE_DRAWS - 1
    }
    assert missed == {}


def _changed(
    population: duckdb.DuckDBPyConnection, shift: Shift, document: Mapping[str, Any], column: Compared
) -> Compared:
    """A column of the table seen, changed where the shift is of it; others need not be counted again."""
    if column.name not in shift.replaced:
        return column
    (feature,) = [one for one in document["features"] if one["name"] == column.name]
    seen = f"(SELECT {shift.replaced[column.name]} AS {column.name} FROM seen)"
    (counted,) = compare_columns(population, seen, {**document, "features": [feature]})
    return counted


@pytest.mark.soak
def test_windows_of_200_quiet_columns_do_not_alarm() -> None:
    connection = duckdb.connect()
    connection.execute("SET threads = 1")
    kinds, total, columns = quiet_kinds(WIDE), Count(), 0
    print(f"\n{WIDE} quiet columns\n{HEADING}")
    for rows, window in ((10_000, 3_000), (5_000, 300), (2_000, 50), (1_000, 5_000)):
        count = Count()
        for seed in range(WIDE_DRAWS):
            random = np.random.default_rng([seed, rows])
            relation(connection, "baseline", quiet(random, rows, WIDE))
            relation(connection, "seen", quiet(random, window, WIDE))
            report = drift(connection, "seen", statistics(connection, "baseline", kinds))
            columns += len(report.drifted)
            count.columns.append(bool(report.drifted))
            if window == JOINT_WINDOW:
                joint = joint_drift("baseline", connection, "seen", kinds, seed=seed)
                assert joint is not None
                count.jointly.append(joint)
        total.columns += count.columns
        total.jointly += count.jointly
        print(count.row(f"{rows} and {window} rows"))
    print(total.row("all"))
    print(f"{columns} of {WIDE * len(total.columns)} columns alarm")
    assert total.wrong(columns=False, jointly=False) == []
    assert columns == 0
