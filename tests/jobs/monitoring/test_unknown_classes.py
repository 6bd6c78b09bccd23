"""Labels of classes that the model does not have."""

import duckdb
import pytest

from jobs.monitoring.unknown_classes import unknown_classes, view_unknown
from jobs.names import VERSION

pytestmark = pytest.mark.slow

SERVED = (
    f"CREATE TABLE served AS SELECT k, v AS {VERSION} "
    "FROM (VALUES ('1', 7), ('2', 7), ('3', 7), ('other', 6)) AS t(k, v)"
)
ABOUT = "of a class that the model does not have"


def note(*labels: tuple[str, str | None, float | None]) -> list[str]:
    """The note on labels, each a key, a text and a number."""
    with duckdb.connect() as connection:
        connection.execute(SERVED)
        connection.execute("CREATE TABLE given (k VARCHAR, t VARCHAR, n DOUBLE)")
        connection.executemany("INSERT INTO given VALUES (?, ?, ?)", [list(label) for label in labels])
        view_unknown(connection, "SELECT k, t, n FROM given")
        return unknown_classes(connection, "k", 7)


def test_rows_are_counted_and_classes_named() -> None:
    elsewhere = ("other", "x", None), ("?", "x", None)
    assert note(("1", "x", None), ("1", "x", None), ("2", "a", 0.0), *elsewhere) == [
        f"1 row has a label {ABOUT} ('x'): left out of accuracy. If it is a new class, add it to "
        "dataset.classes and train again."
    ]
    (many,) = note(("1", "e", None), ("2", "d", None), ("3", "c", None), ("1", "b", None))
    assert many.startswith(f"3 rows have labels {ABOUT} ('b', 'c', 'd' and 1 more)")


def test_known_and_empty_labels_are_no_unknown_classes() -> None:
    assert note(("1", "a", 0.0), ("2", "", None), ("3", None, None)) == []
