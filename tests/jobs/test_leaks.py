import numpy as np
import pytest
from sklearn.metrics import roc_auc_score

from jobs.database import connect
from jobs.leaks import strengths
from jobs.names import LABEL
from mdlc_constructs.settings.payloads.dataset import DatasetSection

ROWS = 3000


def measured(column: str, kind: str, task: str = "binary") -> float:
    """How strong a column is that SQL makes of the row number `i`, the label `y` and chance `r`."""
    dataset = DatasetSection(
        format="csv",
        timestamp="t",
        row_key=("i",),
        columns={"x": kind},
        features=("x",),
        positive="1",
        task=task,
    )
    with connect() as (connection, _):
        connection.execute("SELECT setseed(0.5)")
        connection.execute(
            f"CREATE TABLE labelled AS SELECT i, y AS {LABEL}, {column} AS x FROM "
            f"(SELECT i, CAST(i % 3 = 0 AS INTEGER) AS y, random() AS r FROM range({ROWS}) t(i))"
        )
        return strengths(connection, "labelled", dataset)["x"]


def test_the_measure_is_the_auc_of_scikit_learn() -> None:
    dataset = DatasetSection(
        format="csv",
        timestamp="t",
        row_key=("i",),
        columns={"x": "number"},
        features=("x",),
        positive="1",
        task="binary",
    )
    generator = np.random.default_rng(1)
    values, labels = generator.integers(0, 9, 200), generator.integers(0, 2, 200)
    with connect() as (connection, _):
        connection.execute(f"CREATE TABLE labelled (i INTEGER, x DOUBLE, {LABEL} INTEGER)")
        for row in zip(range(200), values.tolist(), labels.tolist(), strict=True):
            connection.execute("INSERT INTO labelled VALUES (?, ?, ?)", list(row))
        found = strengths(connection, "labelled", dataset)["x"]
    expected = roc_auc_score(labels, values)
    assert found == pytest.approx(max(expected, 1 - expected))


@pytest.mark.parametrize(
    ("column", "kind"),
    [
        ("y * 5 + r", "number"),
        ("-y", "integer"),
        ("CASE WHEN y = 1 THEN NULL ELSE r END", "number"),  # missingness tells
        ("y = 1", "boolean"),
        ("CASE WHEN y = 1 THEN 'yes' || (i % 5) ELSE 'no' || (i % 5) END", "category"),
        ("CASE WHEN y = 0 THEN 'x' END", "category"),
    ],
)
def test_what_knows_the_label_is_found(column: str, kind: str) -> None:
    assert measured(column, kind) > 0.99


@pytest.mark.parametrize(
    ("column", "kind"),
    [
        ("r", "number"),
        ("'name ' || i", "category"),  # a name for every row knows nothing about other rows
        ("(i // 10)::VARCHAR", "category"),
        ("CAST(NULL AS DOUBLE)", "number"),
        ("r > 0.5", "boolean"),
    ],
)
def test_what_knows_nothing_is_not(column: str, kind: str) -> None:
    assert measured(column, kind) < 0.6


def test_a_number_is_measured_by_correlation() -> None:
    assert measured("y * -3.0", "number", "regression") == pytest.approx(1)
    assert measured("r", "number", "regression") < 0.1
