import numpy as np
import pytest
from sklearn.metrics import roc_auc_score

from jobs.database import connect
from jobs.leaks import strengths
from jobs.names import LABEL
from mdlc_constructs.settings.payloads.dataset import DatasetSection

ROWS = 3000


CLASSES = ("red", "green", "blue")


def section(kind: str, task: str) -> DatasetSection:
    """A data set whose only feature is x."""
    return DatasetSection(
        format="csv",
        timestamp="t",
        row_key=("i",),
        columns={"x": kind},
        features=("x",),
        positive="1",
        task=task,
        classes=CLASSES if task == "multiclass" else None,
    )


def measured(column: str, kind: str, task: str = "binary") -> float:
    """How strong a column is that SQL makes of the row number `i`, the label `y` and chance `r`."""
    dataset = section(kind, task)
    with connect() as (connection, _):
        connection.execute("SELECT setseed(0.5)")
        connection.execute(
            f"CREATE TABLE labelled AS SELECT i, y AS {LABEL}, {column} AS x FROM "
            f"(SELECT i, CAST(i % 3 = 0 AS INTEGER) AS y, random() AS r FROM range({ROWS}) t(i))"
        )
        return strengths(connection, "labelled", dataset)["x"].value


def test_the_measure_is_the_auc_of_scikit_learn() -> None:
    dataset = section("number", "binary")
    generator = np.random.default_rng(1)
    values, labels = generator.integers(0, 9, 200), generator.integers(0, 2, 200)
    with connect() as (connection, _):
        connection.execute(f"CREATE TABLE labelled (i INTEGER, x DOUBLE, {LABEL} INTEGER)")
        for row in zip(range(200), values.tolist(), labels.tolist(), strict=True):
            connection.execute("INSERT INTO labelled VALUES (?, ?, ?)", list(row))
        found = strengths(connection, "labelled", dataset)["x"].value
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


@pytest.mark.parametrize("column", ["exp(y / 2.5)", "abs(y - 1000)", "CASE WHEN y > 1000 THEN y END"])
def test_a_number_may_know_the_label_by_a_curve(column: str) -> None:
    assert measured_number(column) > 0.7
    assert measured_number("r") < 0.1


def test_a_curve_that_knows_the_label_exceeds_the_limit() -> None:
    assert measured_number("exp(y / 20.0)") > 0.98


def measured_number(column: str) -> float:
    """The same of a label that is a number from 0 to about 1400, in the order of the rows."""
    dataset = section("number", "regression")
    with connect() as (connection, _):
        connection.execute("SELECT setseed(0.5)")
        connection.execute(
            f"CREATE TABLE labelled AS SELECT i, y AS {LABEL}, {column} AS x FROM "
            f"(SELECT i, i / 2.1 AS y, random() AS r FROM range({ROWS}) t(i))"
        )
        return strengths(connection, "labelled", dataset)["x"].value


def measured_classes(column: str, kind: str) -> float:
    """How strong a column is that SQL makes of the row number `i`, the class's number `y` and chance `r`."""
    dataset = section(kind, "multiclass")
    with connect() as (connection, _):
        connection.execute("SELECT setseed(0.5)")
        connection.execute(
            f"CREATE TABLE labelled AS SELECT i, CAST(y AS DOUBLE) AS {LABEL}, {column} AS x FROM "
            f"(SELECT i, i % 3 AS y, random() AS r FROM range({ROWS}) t(i))"
        )
        return strengths(connection, "labelled", dataset)["x"].value


@pytest.mark.parametrize(
    ("column", "kind"),
    [
        ("y", "integer"),
        ("(y + 1) % 3 + 0.9 * r", "number"),  # the class in the middle has the lowest values
        ("'c' || y", "category"),
        ("CASE WHEN y = 1 THEN NULL ELSE 5 * y + r END", "number"),
    ],
)
def test_what_knows_the_class_is_found(column: str, kind: str) -> None:
    assert measured_classes(column, kind) > 0.98


@pytest.mark.parametrize(("column", "kind"), [("r", "number"), ("'name ' || i", "category")])
def test_what_knows_nothing_of_the_class_is_not(column: str, kind: str) -> None:
    assert measured_classes(column, kind) < 0.6


def test_what_knows_one_class_of_three_is_no_leak_of_the_label() -> None:
    assert 0.7 < measured_classes("CASE WHEN y = 1 THEN 5 ELSE r END", "number") < 0.9


def test_few_rows_are_enough_to_find_what_knows_the_class(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(globals(), "ROWS", 150)
    assert measured_classes("(y + 1) % 3 + 0.9 * r", "number") > 0.95


def test_what_tells_one_class_is_named() -> None:
    dataset = section("number", "multiclass")
    with connect() as (connection, _):
        connection.execute(
            f"CREATE TABLE labelled AS SELECT i, CAST(i % 3 AS DOUBLE) AS {LABEL}, "
            "CASE WHEN i % 3 = 1 THEN 1.0 ELSE 0.0 END AS x FROM range(300) t(i)"
        )
        strength = strengths(connection, "labelled", dataset)["x"]
    assert strength.best_class == "green" and strength.best_value == pytest.approx(1)
    assert strength.value < 0.9


def test_two_values_of_a_feature_say_nothing() -> None:
    assert measured_number("CASE WHEN i IN (5, 900) THEN y END") < 0.1
